use serde_json::{Value, json};

use super::{AN, Hub};

fn draft(to: &str) -> Value {
    json!({
        "mailboxIds": { "drafts": true }, "keywords": { "$draft": true, "$seen": true },
        "from": [{ "name": "Nguyễn Văn An", "email": "nguoi1@quangbinh.example" }],
        "to": [{ "email": to }], "bcc": [{ "email": "kin@quangbinh.example" }],
        "subject": "Báo cáo quý I", "textBody": [{ "partId": "t" }],
        "bodyValues": { "t": { "value": "Kính gửi…" } },
    })
}

fn submission(email: &str) -> Value {
    json!({
        "accountId": AN,
        "create": { "s": { "identityId": "main", "emailId": email } },
        "onSuccessUpdateEmail": { "#s": {
            "mailboxIds/drafts": null, "mailboxIds/sent": true, "keywords/$draft": null,
        } },
    })
}

#[tokio::test]
async fn a_draft_is_sent_and_filed_in_one_request() {
    let hub = Hub::new().await;
    let calls = json!([
        ["Email/set", { "accountId": AN, "create": { "d": draft("stc@quangbinh.example") } }, "0"],
        ["EmailSubmission/set", submission("#d"), "1"],
    ]);
    let answers = hub.calls_as(1, calls).await;
    let letter = answers[0][1]["created"]["d"]["id"].as_str().unwrap().to_owned();
    assert!(answers[1][1]["created"]["s"]["id"].is_string(), "{}", answers[1]);
    assert_eq!((&answers[2][0], &answers[2][2]), (&json!("Email/set"), &json!("1")));
    let got = hub
        .call("Email/get", json!({ "ids": [letter], "properties": ["mailboxIds", "keywords", "bcc"] }))
        .await;
    assert_eq!(got["list"][0]["mailboxIds"], json!({ "sent": true }));
    assert_eq!(got["list"][0]["keywords"], json!({ "$seen": true }));
    assert_eq!(got["list"][0]["bcc"][0]["email"], "kin@quangbinh.example", "the sender's copy keeps it");
    let sent = hub.sent.0.lock().unwrap();
    let (envelope, raw) = sent.first().unwrap();
    assert_eq!(envelope.sender.as_deref(), Some("nguoi1@quangbinh.example"));
    assert_eq!(envelope.recipients, ["stc@quangbinh.example", "kin@quangbinh.example"]);
    let text = String::from_utf8_lossy(raw).to_lowercase();
    assert!(!text.contains("bcc") && !text.contains("kin@"), "hidden recipients stay hidden: {text}");
}

#[tokio::test]
async fn an_unknown_recipient_is_named_and_the_draft_stays() {
    let hub = Hub::new().await;
    let calls = json!([
        ["Email/set", { "accountId": AN, "create": { "d": draft("khong-co@quangbinh.example") } }, "0"],
        ["EmailSubmission/set", submission("#d"), "1"],
        ["Email/query", { "accountId": AN, "filter": { "inMailbox": "drafts" } }, "2"],
    ]);
    let answers = hub.calls_as(1, calls).await;
    let error = &answers[1][1]["notCreated"]["s"];
    assert_eq!(error["type"], "invalidRecipients");
    assert_eq!(error["invalidRecipients"], json!(["khong-co@quangbinh.example"]));
    assert!(error["description"].as_str().unwrap().contains("khong-co@quangbinh.example"));
    let drafts = answers.iter().find(|answer| answer[2] == "2").unwrap();
    assert_eq!(drafts[1]["ids"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_sends_as_somebody_else() {
    let hub = Hub::new().await;
    let mut forged = draft("stc@quangbinh.example");
    forged["from"] = json!([{ "email": "chutich@quangbinh.example" }]);
    let mut envelope = submission("#e");
    envelope["create"]["s"]["envelope"] = json!({
        "mailFrom": { "email": "chutich@quangbinh.example" }, "rcptTo": [{ "email": "stc@quangbinh.example" }],
    });
    let mut nobody = draft("stc@quangbinh.example");
    (nobody["to"], nobody["bcc"]) = (json!([]), json!([]));
    let drafts = json!({ "d": forged, "e": draft("stc@quangbinh.example"), "n": nobody });
    let calls = json!([
        ["Email/set", { "accountId": AN, "create": drafts }, "0"],
        ["EmailSubmission/set", submission("#d"), "1"],
        ["EmailSubmission/set", envelope, "2"],
        ["EmailSubmission/set", submission("#n"), "3"],
        ["EmailSubmission/set", submission("khong-co"), "4"],
    ]);
    let answers = hub.calls_as(1, calls).await;
    let kind = |id: &str| {
        let answer = answers.iter().find(|a| a[2] == id && a[0] == "EmailSubmission/set").unwrap();
        answer[1]["notCreated"]["s"]["type"].clone()
    };
    assert_eq!(kind("1"), "forbiddenFrom");
    assert_eq!(kind("2"), "forbiddenMailFrom");
    assert_eq!(kind("3"), "noRecipients");
    assert_eq!(kind("4"), "invalidProperties");
    assert!(hub.sent.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_attachment_travels_and_a_stranger_cannot_attach_it() {
    let hub = Hub::new().await;
    let uploaded = hub.post(&format!("/jmap/upload/{AN}/"), "nội dung tệp".to_owned()).await;
    assert_eq!(uploaded.status, 201);
    let blob = uploaded.json()["blobId"].as_str().unwrap().to_owned();
    let mut email = draft("stc@quangbinh.example");
    email["attachments"] = json!([{ "blobId": blob, "type": "text/plain", "name": "Báo cáo (NFD).txt" }]);
    let made = hub.call("Email/set", json!({ "create": { "d": email } })).await;
    let id = made["created"]["d"]["id"].as_str().unwrap().to_owned();
    let got =
        hub.call("Email/get", json!({ "ids": [id], "properties": ["attachments", "hasAttachment"] })).await;
    let part = &got["list"][0]["attachments"][0];
    assert_eq!(
        (&part["name"], &got["list"][0]["hasAttachment"]),
        (&json!("Báo cáo (NFD).txt"), &json!(true))
    );
    let path = format!("/jmap/download/{AN}/{}/x.txt", part["blobId"].as_str().unwrap());
    assert_eq!(hub.get(&path).await.text(), "nội dung tệp");
    let mut theirs = draft("stc@quangbinh.example");
    theirs["attachments"] = json!([{ "blobId": blob }]);
    let other = base::MailboxId::from_u128(2);
    let calls = json!([["Email/set", { "accountId": other, "create": { "d": theirs } }, "0"]]);
    let answers = hub.calls_as(2, calls).await;
    assert_eq!(answers[0][1]["notCreated"]["d"]["type"], "blobNotFound");
}

#[tokio::test]
async fn the_signature_is_kept_and_the_address_is_the_directorys() {
    let hub = Hub::new().await;
    let update = json!({ "update": { "main": { "textSignature": "Trân trọng./." } } });
    assert!(hub.call("Identity/set", update).await["updated"].get("main").is_some());
    let got = hub.call("Identity/get", json!({ "ids": null })).await;
    assert_eq!(got["list"][0]["textSignature"], "Trân trọng./.");
    assert_eq!(got["list"][0]["email"], "nguoi1@quangbinh.example");
    let forged = json!({ "update": { "main": { "email": "chutich@quangbinh.example" } } });
    assert_eq!(hub.call("Identity/set", forged).await["notUpdated"]["main"]["type"], "invalidProperties");
}

#[tokio::test]
async fn a_draft_keeps_its_file_through_every_save() {
    let hub = Hub::new().await;
    let uploaded = hub.post(&format!("/jmap/upload/{AN}/"), "tệp".to_owned()).await.json();
    let mut email = draft("stc@quangbinh.example");
    email["attachments"] = json!([{ "blobId": uploaded["blobId"], "name": "a.txt", "type": "text/plain" }]);
    let first =
        hub.call("Email/set", json!({ "create": { "d": email } })).await["created"]["d"]["id"].clone();
    let got = hub.call("Email/get", json!({ "ids": [first], "properties": ["attachments"] })).await;
    // Taken up again, the draft names the part of its own first version, which each save destroys.
    email["attachments"][0]["blobId"] = got["list"][0]["attachments"][0]["blobId"].clone();
    let mut last = first;
    for _ in 0..3 {
        let saved = hub.call("Email/set", json!({ "create": { "d": email }, "destroy": [last] })).await;
        assert!(saved["notCreated"].is_null(), "{saved}");
        last = saved["created"]["d"]["id"].clone();
    }
}
