use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use super::{AGENCY, AN, Hub, person};

async fn upload(hub: &Hub, raw: &str) -> Value {
    let path = format!("/jmap/upload/{AN}/");
    let request =
        Request::post(path).header("content-type", "message/rfc822").body(Body::from(raw.to_owned()));
    let reply = hub.request(Some(person(1)), request.unwrap()).await;
    reply.json()["blobId"].clone()
}

const LETTER: &str = "Received: from a by b; Wed, 31 Mar 2021 08:00:00 +0700\r\nMessage-ID: <1@a>\r\nSubject: Giấy mời\r\n\r\nKính mời";

#[tokio::test]
async fn a_letter_is_imported_with_its_marks_and_its_date() {
    let hub = Hub::new().await;
    let blob = upload(&hub, LETTER).await;
    let email = json!({ "blobId": blob, "mailboxIds": { "archive": true }, "keywords": { "$seen": true } });
    let nowhere = json!({ "blobId": blob, "mailboxIds": { "khong-co": true } });
    let noise = json!({ "blobId": "a".repeat(64), "mailboxIds": { "inbox": true } });
    let emails = json!({ "a": email, "b": nowhere, "c": noise });
    let answer = hub.call("Email/import", json!({ "emails": emails })).await;
    assert_eq!(answer["notCreated"]["b"]["type"], "invalidProperties");
    assert_eq!(answer["notCreated"]["c"]["properties"], json!(["blobId"]));
    let id = answer["created"]["a"]["id"].clone();
    let properties = ["receivedAt", "keywords", "mailboxIds", "subject"];
    let got = hub.call("Email/get", json!({ "ids": [id], "properties": properties })).await;
    let letter = &got["list"][0];
    assert_eq!(letter["receivedAt"], "2021-03-31T01:00:00Z");
    assert_eq!(letter["keywords"], json!({ "$seen": true }));
    assert_eq!(letter["mailboxIds"], json!({ "archive": true }));
    assert_eq!(letter["subject"], "Giấy mời");
}

#[tokio::test]
async fn a_letter_is_copied_to_the_agency_and_the_original_goes_away() {
    let hub = Hub::new().await;
    let id = hub.deliver(AN, LETTER).await;
    hub.call("Mailbox/get", json!({ "accountId": AGENCY })).await;
    let copy = json!({
        "fromAccountId": AN, "accountId": AGENCY, "onSuccessDestroyOriginal": true,
        "create": { "c": { "id": id, "mailboxIds": { "inbox": true } } },
    });
    let answers = hub.calls_as(1, json!([["Email/copy", copy, "0"]])).await;
    assert_eq!((&answers[0][0], &answers[1][0]), (&json!("Email/copy"), &json!("Email/set")), "{answers:?}");
    assert_eq!(answers[1][1]["destroyed"], json!([id]));
    let found =
        hub.call("Email/query", json!({ "accountId": AGENCY, "filter": { "text": "kinh moi" } })).await;
    assert_eq!(
        found["ids"],
        json!([answers[0][1]["created"]["c"]["id"]]),
        "the agency finds its copy by words"
    );
    let left = hub.call("Email/query", json!({ "filter": { "text": "kinh moi" } })).await;
    assert_eq!(left["ids"], json!([]));
    let strange = json!({ "fromAccountId": "x", "accountId": AN, "create": {} });
    assert_eq!(hub.error("Email/copy", strange).await, "fromAccountNotFound");
}

#[tokio::test]
async fn a_letter_inside_a_letter_is_parsed_without_being_stored_as_one() {
    let hub = Hub::new().await;
    let outer = format!(
        "Subject: Fwd\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nxem thư\r\n--b\r\n\
         Content-Type: message/rfc822\r\n\r\n{LETTER}\r\n--b--\r\n"
    );
    let id = hub.deliver(AN, &outer).await;
    let got = hub.call("Email/get", json!({ "ids": [id], "properties": ["attachments"] })).await;
    let blob = got["list"][0]["attachments"][0]["blobId"].as_str().unwrap().to_owned();
    let answer =
        hub.call("Email/parse", json!({ "blobIds": [blob, "khong"], "fetchTextBodyValues": true })).await;
    let parsed = &answer["parsed"][&blob];
    assert_eq!(parsed["subject"], "Giấy mời");
    let part = parsed["textBody"][0]["partId"].as_str().unwrap();
    assert_eq!(parsed["bodyValues"][part]["value"].as_str().unwrap().trim(), "Kính mời");
    assert_eq!(answer["notFound"], json!(["khong"]));
    assert_eq!(hub.call("Email/query", json!({ "calculateTotal": true })).await["total"], 1);
}

#[tokio::test]
async fn a_search_shows_why_and_puts_the_exact_first() {
    let hub = Hub::new().await;
    let folded = hub.deliver(AN, "Subject: xã Quang Phú\r\n\r\nmột").await;
    let exact = hub.deliver(AN, "Subject: xã Quảng Phú\r\n\r\nhai").await;
    let text = hub.deliver(AN, "Subject: khác\r\n\r\ngửi xã Quảng Phú <b>báo cáo</b>").await;
    let filter = json!({ "text": "Quảng Phú" });
    let sort = json!([{ "property": "relevance", "isAscending": false }]);
    let found = hub.call("Email/query", json!({ "filter": filter, "sort": sort })).await;
    assert_eq!(found["ids"], json!([exact, folded, text]));
    let snippets =
        hub.call("SearchSnippet/get", json!({ "filter": filter, "emailIds": [exact, text, "x"] })).await;
    assert_eq!(snippets["list"][0]["subject"], "xã <mark>Quảng Phú</mark>");
    assert_eq!(snippets["list"][1]["preview"], "gửi xã <mark>Quảng Phú</mark> &lt;b&gt;báo cáo&lt;/b&gt;");
    assert_eq!(snippets["notFound"], json!(["x"]));
}

#[tokio::test]
async fn a_full_mailbox_says_so_and_tells_how_full_it_is() {
    let hub = Hub::new().await;
    hub.deliver(AN, LETTER).await;
    let blob = upload(&hub, LETTER).await;
    let size = u64::try_from(LETTER.len()).unwrap();
    hub.store.set_quota(AN, Some(size * 2 - 1)).await.unwrap();
    let quota = hub.call("Quota/get", json!({ "ids": null })).await;
    assert_eq!(
        (&quota["list"][0]["used"], &quota["list"][0]["hardLimit"]),
        (&json!(size), &json!(size * 2 - 1))
    );
    let emails = json!({ "a": { "blobId": blob, "mailboxIds": { "inbox": true } } });
    let answer = hub.call("Email/import", json!({ "emails": emails })).await;
    assert_eq!(answer["notCreated"]["a"]["type"], "overQuota");
    hub.store.set_quota(AN, None).await.unwrap();
    assert!(hub.call("Email/import", json!({ "emails": emails })).await["created"]["a"]["id"].is_string());
}

#[tokio::test]
async fn a_destroyed_letter_is_listed_and_comes_back_once() {
    let hub = Hub::new().await;
    let id = hub.deliver(AN, LETTER).await;
    hub.call("Email/set", json!({ "destroy": [id] })).await;
    let deleted = hub.call("DeletedEmail/get", json!({})).await;
    assert_eq!((&deleted["list"][0]["id"], &deleted["list"][0]["subject"]), (&json!(id), &json!("Giấy mời")));
    let done = hub.call("DeletedEmail/restore", json!({ "ids": [id] })).await;
    let back = done["restored"][&id]["id"].clone();
    let got = hub.call("Email/get", json!({ "ids": [back], "properties": ["mailboxIds"] })).await;
    assert_eq!(got["list"][0]["mailboxIds"], json!({ "inbox": true }));
    let again = hub.call("DeletedEmail/restore", json!({ "ids": [id] })).await;
    assert_eq!(again["notRestored"][&id]["type"], "notFound");
    let foreign = hub.calls_as(2, json!([["DeletedEmail/get", { "accountId": AN }, "0"]])).await;
    assert_eq!(foreign[0][1]["type"], "accountNotFound");
}
