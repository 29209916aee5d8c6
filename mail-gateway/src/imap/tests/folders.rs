use super::*;

#[tokio::test]
async fn folders_are_listed_made_renamed_and_deleted() {
    let hub = Hub::start(|_| {}).await;
    let mut client = Client::of(&hub, "an").await;
    let list = client.say("LIST \"\" *").await;
    assert!(list.contains("* LIST (\\HasNoChildren) \"/\" \"INBOX\""), "{list}");
    assert!(list.contains("\\Drafts) \"/\" \"Th&AbA- nh&AOE-p\""), "{list}");
    assert!(client.say("LIST \"\" \"\"").await.contains("* LIST (\\Noselect) \"/\" \"\""));
    assert!(client.say("CREATE \"D&AfE- &AOE-n/2026\"").await.contains("OK [MAILBOXID"));
    assert!(client.say("CREATE inbox").await.contains("NO [ALREADYEXISTS]"));
    let list = client.say("LIST \"\" (\"D*\") RETURN (STATUS (MESSAGES UIDNEXT SIZE) SUBSCRIBED)").await;
    assert!(list.contains("(\\HasChildren \\Subscribed) \"/\" \"D&AfE- &AOE-n\""), "{list}");
    assert!(list.contains("STATUS \"D&AfE- &AOE-n/2026\" (MESSAGES 0 UIDNEXT 1 SIZE 0)"), "{list}");
    assert!(client.say("RENAME \"D&AfE- &AOE-n/2026\" Khac/Moi").await.contains("OK"));
    assert!(client.say("DELETE \"D&AfE- &AOE-n\"").await.contains("OK"));
    assert!(client.say("DELETE Khac").await.contains("NO [HASCHILDREN]"));
    assert!(client.say("DELETE INBOX").await.contains("NO [CANNOT]"));
    assert!(client.say("UNSUBSCRIBE Khac/Moi").await.contains("OK"));
    let list = client.say("LIST (SUBSCRIBED) \"\" Khac*").await;
    assert!(list.contains("\"Khac\"") && !list.contains("Khac/Moi"), "{list}");
    // After ENABLE, names are UTF-8.
    client.say("ENABLE UTF8=ACCEPT").await;
    assert!(client.say("LIST \"\" %").await.contains("\"Thư nháp\""));
}

#[tokio::test]
async fn a_folder_made_anew_has_another_uidvalidity() {
    let hub = Hub::start(|_| {}).await;
    let mut client = Client::of(&hub, "an").await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..5 {
        client.say("CREATE Tam").await;
        let status = client.say("STATUS Tam (UIDVALIDITY)").await;
        assert!(seen.insert(status.lines().next().unwrap().to_owned()), "{status}");
        client.say("DELETE Tam").await;
    }
}

#[tokio::test]
async fn clerks_share_an_agency_mailbox_under_its_namespace() {
    let hub = Hub::start(|_| {}).await;
    deliver(&hub, crate::tests::AGENCY, "Công văn đến").await;
    let mut binh = Client::of(&hub, "binh").await;
    let mut chi = Client::of(&hub, "chi").await;
    let namespace = binh.say("NAMESPACE").await;
    assert!(namespace.contains("NAMESPACE ((\"\" \"/\")) NIL ((\"H&"), "{namespace}");
    for client in [&mut binh, &mut chi] {
        client.say("ENABLE UTF8=ACCEPT").await;
        let list = client.say("LIST \"\" \"Hộp thư cơ quan*\"").await;
        assert!(list.contains("\\Noselect) \"/\" \"Hộp thư cơ quan/coquan@tinh.example\""), "{list}");
        let answer = client.say("SELECT \"Hộp thư cơ quan/coquan@tinh.example/INBOX\"").await;
        assert!(answer.contains("* 1 EXISTS") && answer.contains("[READ-WRITE]"), "{answer}");
    }
    binh.say("STORE 1 +FLAGS (\\Seen)").await;
    assert!(chi.say("NOOP").await.contains("* 1 FETCH (UID 1 FLAGS (\\Seen))"));
    let rights = chi.say("MYRIGHTS \"Hộp thư cơ quan/coquan@tinh.example/INBOX\"").await;
    assert!(rights.contains("lrswipkte"), "{rights}");
    assert!(chi.say("SETACL INBOX an lr").await.contains("NO [NOPERM]"));
    // A letter moves from the agency's mailbox to one's own.
    assert!(chi.say("MOVE 1 INBOX").await.contains("* 1 EXPUNGE"));
    assert!(binh.say("NOOP").await.contains("* 1 EXPUNGE"));
    let mut an = Client::of(&hub, "an").await;
    assert!(!an.say("LIST \"\" *").await.contains("coquan"), "nobody else sees it");
}
