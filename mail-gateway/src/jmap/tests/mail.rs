use serde_json::json;

use super::{AGENCY, AN, Hub};

#[tokio::test]
async fn one_batched_request_opens_the_inbox() {
    let hub = Hub::new().await;
    hub.deliver(AN, "Message-ID: <1@a>\r\nFrom: VP <vp@a.example>\r\nSubject: Giấy mời\r\n\r\nKính mời")
        .await;
    hub.deliver(AN, "Message-ID: <2@a>\r\nIn-Reply-To: <1@a>\r\nSubject: Re: Giấy mời\r\n\r\nĐồng ý").await;
    let reference = |of: &str, name: &str, path: &str| json!({ "resultOf": of, "name": name, "path": path });
    let calls = json!([
        ["Mailbox/get", { "accountId": AN, "ids": null }, "m"],
        ["Email/query", {
            "accountId": AN, "filter": { "inMailbox": "inbox" }, "collapseThreads": true, "calculateTotal": true,
            "sort": [{ "property": "receivedAt", "isAscending": false }], "limit": 30,
        }, "q"],
        ["Email/get", {
            "accountId": AN, "#ids": reference("q", "Email/query", "/ids"), "properties": ["threadId"],
        }, "e"],
        ["Thread/get", {
            "accountId": AN, "#ids": reference("e", "Email/get", "/list/*/threadId"),
        }, "t"],
        ["Email/get", {
            "accountId": AN, "#ids": reference("t", "Thread/get", "/list/*/emailIds"),
            "properties": ["subject", "from", "preview", "keywords", "receivedAt"],
        }, "l"],
    ]);
    let answers = hub.calls_as(1, calls).await;
    let inbox =
        answers[0][1]["list"].as_array().unwrap().iter().find(|one| one["id"] == "inbox").unwrap().clone();
    assert_eq!(
        (&inbox["totalEmails"], &inbox["unreadEmails"], &inbox["unreadThreads"]),
        (&json!(2), &json!(2), &json!(1))
    );
    assert_eq!(answers[1][1]["total"], 1);
    assert_eq!(answers[3][1]["list"][0]["emailIds"].as_array().unwrap().len(), 2);
    let letters = answers[4][1]["list"].as_array().unwrap();
    assert_eq!((letters.len(), &letters[0]["subject"]), (2, &json!("Giấy mời")));
    assert_eq!(letters[0]["from"], json!([{ "name": "VP", "email": "vp@a.example" }]));
}

#[tokio::test]
async fn two_readers_of_an_agency_mailbox_see_each_others_changes() {
    let hub = Hub::new().await;
    let id = hub.deliver(AGENCY, "Subject: Công văn\r\n\r\n").await;
    let before = hub.calls_as(2, json!([["Email/get", { "accountId": AGENCY, "ids": [] }, "0"]])).await;
    let since = before[0][1]["state"].clone();
    let mark =
        json!([["Email/set", { "accountId": AGENCY, "update": { &id: { "keywords/$seen": true } } }, "0"]]);
    hub.calls_as(1, mark).await;
    let after =
        hub.calls_as(2, json!([["Email/changes", { "accountId": AGENCY, "sinceState": since }, "0"]])).await;
    assert_eq!(after[0][1]["updated"], json!([id]));
}

#[tokio::test]
async fn letters_are_marked_moved_and_destroyed() {
    let hub = Hub::new().await;
    let id = hub.deliver(AN, "Subject: x\r\n\r\n").await;
    let folder = hub.call("Mailbox/set", json!({ "create": { "f": { "name": "Việc gấp" } } })).await;
    let folder = folder["created"]["f"]["id"].as_str().unwrap().to_owned();
    let update = json!({ "update": { &id: {
        "keywords/$flagged": true, "mailboxIds": { &folder: true },
    } } });
    hub.call("Email/set", update).await;
    let found =
        hub.call("Email/query", json!({ "filter": { "inMailbox": folder, "hasKeyword": "$flagged" } })).await;
    assert_eq!(found["ids"], json!([id]));
    let refused = hub.call("Mailbox/set", json!({ "destroy": [folder, "inbox"] })).await;
    assert_eq!(refused["notDestroyed"][&folder]["type"], "mailboxHasEmail");
    assert_eq!(refused["notDestroyed"]["inbox"]["type"], "forbidden");
    let twice = hub.call("Email/set", json!({ "destroy": [id] })).await;
    assert_eq!(twice["destroyed"], json!([id]));
    let again = hub.call("Email/set", json!({ "destroy": [id] })).await;
    assert_eq!(again["notDestroyed"][&id]["type"], "notFound");
    let gone = hub.call("Email/get", json!({ "ids": [id] })).await;
    assert_eq!(gone["notFound"], json!([id]));
    let subject = hub.deliver(AN, "Subject: y\r\n\r\n").await;
    let odd = hub.call("Email/set", json!({ "update": { &subject: { "subject": "z" } } })).await;
    assert_eq!(odd["notUpdated"][&subject]["properties"], json!(["subject"]));
}

#[tokio::test]
async fn search_finds_without_marks() {
    let hub = Hub::new().await;
    let id = hub.deliver(AN, "Subject: =?utf-8?B?QsOhbyBjw6Fv?=\r\n\r\n").await;
    let found = hub.call("Email/query", json!({ "filter": { "text": "bao cao" } })).await;
    assert_eq!(found["ids"], json!([id]));
    let none = hub.call("Email/query", json!({ "filter": { "text": "bao chi" } })).await;
    assert_eq!(none["ids"], json!([]));
}

#[tokio::test]
async fn body_values_are_fetched_and_cut() {
    let hub = Hub::new().await;
    let id = hub.deliver(AN, "Content-Type: text/plain; charset=utf-8\r\n\r\nĐồng Hới\r\nhai").await;
    let wanted = json!({
        "ids": [id], "properties": ["bodyValues", "textBody"], "fetchTextBodyValues": true, "maxBodyValueBytes": 3,
    });
    let got = hub.call("Email/get", wanted).await;
    let letter = &got["list"][0];
    let value = &letter["bodyValues"][letter["textBody"][0]["partId"].as_str().unwrap()];
    // Đ is two octets, ồ three: the cut never falls inside a letter.
    assert_eq!((&value["value"], &value["isTruncated"]), (&json!("Đ"), &json!(true)));
}

#[tokio::test]
async fn the_session_names_accounts_and_limits() {
    let hub = Hub::new().await;
    let session = hub.get("/jmap/session").await.json();
    assert_eq!(session["primaryAccounts"]["urn:ietf:params:jmap:mail"], json!(AN));
    assert_eq!(session["accounts"].as_object().unwrap().len(), 2);
    assert_eq!(session["accounts"][AGENCY.to_string()]["isPersonal"], false);
    assert_eq!(session["capabilities"]["urn:ietf:params:jmap:core"]["maxSizeUpload"], 26_214_400);
    assert_eq!(session["apiUrl"], "/jmap/api");
}
