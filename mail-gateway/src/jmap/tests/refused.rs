use axum::{body::Body, http::Request};
use serde_json::json;

use super::{AN, Hub, person};

#[tokio::test]
async fn nothing_is_answered_to_strangers() {
    let hub = Hub::new().await;
    for path in ["/jmap/session", "/jmap/eventsource", "/mail/view/a/b", "/jmap/download/a/b/c"] {
        let reply = hub.request(None, Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, 401, "{path}");
        assert_eq!(reply.json()["error"]["code"], "signInNeeded");
    }
    let other = base::MailboxId::from_u128(2);
    assert_eq!(hub.error("Mailbox/get", json!({ "accountId": other, "ids": null })).await, "accountNotFound");
    assert_eq!(hub.post(&format!("/jmap/upload/{other}/"), "x").await.status, 404);
}

#[tokio::test]
async fn errors_have_the_standards_names() {
    let hub = Hub::new().await;
    let problem = hub.post("/jmap/api", "{").await;
    assert_eq!(problem.status, 400);
    assert_eq!(problem.header("content-type"), "application/problem+json");
    assert_eq!(problem.json()["type"], "urn:ietf:params:jmap:error:notJSON");
    assert_eq!(hub.error("Calendar/get", json!({})).await, "unknownMethod");
    assert_eq!(hub.error("Email/get", json!({ "accountId": AN, "ids": [1] })).await, "invalidArguments");
    let many: Vec<String> = (0..501).map(|n| n.to_string()).collect();
    assert_eq!(hub.error("Email/get", json!({ "accountId": AN, "ids": many })).await, "requestTooLarge");
    assert_eq!(
        hub.error("Email/changes", json!({ "accountId": AN, "sinceState": "x" })).await,
        "cannotCalculateChanges"
    );
    let set = json!({ "accountId": AN, "ifInState": "x", "destroy": [] });
    assert_eq!(hub.error("Email/set", set).await, "stateMismatch");
    let filter = json!({ "accountId": AN, "filter": { "colour": 1 } });
    assert_eq!(hub.error("Email/query", filter).await, "unsupportedFilter");
    let reference = json!({ "accountId": AN, "#ids": { "resultOf": "z", "name": "a", "path": "/ids" } });
    assert_eq!(hub.error("Email/get", reference).await, "invalidResultReference");
}

#[tokio::test]
async fn a_failing_call_leaves_the_others_alone() {
    let hub = Hub::new().await;
    let answers = hub.calls_as(1, json!([["No/such", {}, "a"], ["Core/echo", { "x": 1 }, "b"]])).await;
    assert_eq!(answers[0], json!(["error", { "type": "unknownMethod" }, "a"]));
    assert_eq!(answers[1], json!(["Core/echo", { "x": 1 }, "b"]));
}

#[tokio::test]
async fn an_oversized_file_is_refused_in_words() {
    let hub = Hub::new().await;
    let reply = hub.post(&format!("/jmap/upload/{AN}/"), vec![0u8; 26_214_401]).await;
    assert_eq!(reply.status, 413);
    assert!(reply.json()["error"]["message"].as_str().unwrap().contains("vượt giới hạn 25 MB"));
    assert_eq!(hub.post(&format!("/jmap/upload/{AN}/"), vec![0u8; 26_214_400]).await.status, 201);
}

#[tokio::test]
async fn downloads_never_run_in_the_hubs_name() {
    let hub = Hub::new().await;
    let request = Request::post(format!("/jmap/upload/{AN}/")).header("content-type", "text/html");
    let reply = hub.request(Some(person(1)), request.body("<script>alert(1)</script>".into()).unwrap()).await;
    let blob = reply.json()["blobId"].as_str().unwrap().to_owned();
    let path = format!("/jmap/download/{AN}/{blob}/b%C3%A1o%22%0D%0Ac%C3%A1o.html?type=text/html&inline=1");
    let reply = hub.get(&path).await;
    assert_eq!(reply.header("content-type"), "application/octet-stream");
    let disposition = reply.header("content-disposition");
    assert!(disposition.starts_with("attachment; filename=\"bao"), "{disposition}");
    assert!(disposition.contains("filename*=UTF-8''b%C3%A1o%22c%C3%A1o.html"), "{disposition}");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert!(reply.header("content-security-policy").starts_with("sandbox;"));
    let other = format!("/jmap/download/{}/{blob}/x", base::MailboxId::from_u128(9));
    assert_eq!(hub.get(&other).await.status, 404, "another account of the same person does not have it");
}
