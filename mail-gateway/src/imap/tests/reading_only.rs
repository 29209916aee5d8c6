//! What a mailbox lets somebody do who may only read it, and what is noted of those who may more.

use super::*;
use crate::{
    store::query::{Order, Query, Start},
    tests::AGENCY,
};

const FOLDER: &str = "\"Hộp thư cơ quan/coquan@tinh.example/INBOX\"";
const OTHER: &str = "\"Hộp thư cơ quan/coquan@tinh.example/Mới\"";

/// Signs in with the agency's inbox open.
async fn at_the_agency(hub: &Hub, login: &str) -> (Client, String) {
    let mut client = Client::of(hub, login).await;
    client.say("ENABLE UTF8=ACCEPT").await;
    let answer = client.say(&format!("SELECT {FOLDER}")).await;
    (client, answer)
}

#[tokio::test]
async fn who_may_only_read_changes_nothing() {
    let hub = Hub::start(|_| {}).await;
    deliver(&hub, AGENCY, "Công văn đến").await;
    let (mut reader, answer) = at_the_agency(&hub, "doc").await;
    assert!(answer.contains("[READ-ONLY]") && answer.contains("[PERMANENTFLAGS ()]"), "{answer}");
    let rights = reader.say(&format!("MYRIGHTS {FOLDER}")).await;
    assert!(rights.contains("INBOX\" lr\r\n") || rights.contains("INBOX\" lr\n"), "{rights}");
    for command in [
        "STORE 1 +FLAGS (\\Flagged)",
        "STORE 1 +FLAGS (\\Deleted)",
        "EXPUNGE",
        "UID MOVE 1 INBOX",
        "MOVE 1 INBOX",
    ] {
        let answer = reader.say(command).await;
        assert!(answer.contains("NO [READ-ONLY]"), "{command}: {answer}");
    }
    reader.say("FETCH 1 BODY[]").await;
    let answer = reader.say("COPY 1 INBOX").await;
    assert!(answer.contains("OK [COPYUID"), "a copy of what may be read is the reader's own: {answer}");
    reader.say("SELECT INBOX").await;
    for command in [
        format!("COPY 1 {FOLDER}"),
        format!("MOVE 1 {FOLDER}"),
        format!("DELETE {FOLDER}"),
        format!("RENAME {FOLDER} {OTHER}"),
        format!("CREATE {OTHER}"),
    ] {
        let answer = reader.say(&command).await;
        assert!(answer.contains("NO [NOPERM]") || answer.contains("NO [CANNOT]"), "{command}: {answer}");
    }
    let (mut clerk, answer) = at_the_agency(&hub, "binh").await;
    assert!(answer.contains("* 1 EXISTS") && answer.contains("[READ-WRITE]"), "{answer}");
    let flags = clerk.say("FETCH 1 FLAGS").await;
    assert!(flags.contains("FLAGS ()"), "untouched, unread: {flags}");
}

#[tokio::test]
async fn a_mark_of_handling_set_in_a_mail_program_has_a_name() {
    let hub = Hub::start(|_| {}).await;
    deliver(&hub, AGENCY, "Công văn đến").await;
    let (mut clerk, _) = at_the_agency(&hub, "binh").await;
    let (mut other, _) = at_the_agency(&hub, "chi").await;
    assert!(clerk.say("STORE 1 +FLAGS (da-xu-ly)").await.contains("FLAGS (da-xu-ly)"));
    assert!(other.say("NOOP").await.contains("FLAGS (da-xu-ly)"), "every clerk sees it at once");
    let store = hub.mail.store();
    let query = Query { account: AGENCY, filter: None, order: Order::NewestFirst, collapse: false };
    let page = store.page(&query, &Start::Position(0), 1).await.unwrap().unwrap();
    let letters: Vec<String> = page.hits.into_iter().map(|hit| hit.id).collect();
    let acts = store.acts(AGENCY, &letters).await.unwrap();
    let handled = acts.values().next().and_then(|acts| acts.handled.clone()).expect("noted");
    assert_eq!(handled.name, "Nguyễn Văn An");
    other.say("STORE 1 -FLAGS (da-xu-ly)").await;
    assert!(store.acts(AGENCY, &letters).await.unwrap().is_empty(), "taken back, nobody has handled it");
}
