//! Answers of who is away and filter scripts, as the webmail sets them.

use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use super::{AN, Hub, person};

async fn upload(hub: &Hub, script: &str) -> String {
    let request = Request::post(format!("/jmap/upload/{AN}/")).header("content-type", "application/sieve");
    let reply = hub.request(Some(person(1)), request.body(Body::from(script.to_owned())).unwrap()).await;
    reply.json()["blobId"].as_str().unwrap().to_owned()
}

async fn set(hub: &Hub, arguments: Value) -> Value {
    let mut arguments = arguments;
    arguments["accountId"] = json!(AN);
    hub.calls_as(1, json!([["SieveScript/set", arguments, "0"]])).await[0][1].clone()
}

#[tokio::test]
async fn an_answer_is_off_until_it_is_set_and_keeps_what_was_set() {
    let hub = Hub::new().await;
    let get = json!([["VacationResponse/get", { "accountId": AN, "ids": null }, "0"]]);
    let first = hub.calls_as(1, get.clone()).await[0][1].clone();
    assert_eq!(first["list"][0]["isEnabled"], false);
    let update = json!({ "isEnabled": true, "fromDate": "2026-12-01T00:00:00Z", "toDate": "2026-12-05T00:00:00Z",
        "subject": "Đi công tác", "textBody": "Đồng chí Hải xử lý thay." });
    let done = hub
        .calls_as(
            1,
            json!([["VacationResponse/set", { "accountId": AN, "update": { "singleton": update } }, "0"]]),
        )
        .await;
    assert_eq!(done[0][1]["updated"], json!({ "singleton": null }));
    let after = hub.calls_as(1, get).await[0][1].clone();
    assert_ne!(after["state"], first["state"]);
    assert_eq!(after["list"][0]["toDate"], "2026-12-05T00:00:00Z");
    assert_eq!(after["list"][0]["subject"], "Đi công tác");
    let backwards = json!({ "fromDate": "2026-12-09T00:00:00Z" });
    let refused = hub
        .calls_as(
            1,
            json!([["VacationResponse/set", { "accountId": AN, "update": { "singleton": backwards },
                "destroy": ["singleton"] }, "0"]]),
        )
        .await;
    assert_eq!(refused[0][1]["notUpdated"]["singleton"]["type"], "invalidProperties");
    assert_eq!(refused[0][1]["notDestroyed"]["singleton"]["type"], "singleton");
}

#[tokio::test]
async fn a_script_is_made_activated_renamed_and_read_back() {
    let hub = Hub::new().await;
    let blob = upload(&hub, "keep;").await;
    let create = json!({ "create": { "a": { "name": "Quy tắc", "blobId": blob } },
        "onSuccessActivateScript": "#a" });
    let made = set(&hub, create).await;
    let id = made["created"]["a"]["id"].as_str().unwrap().to_owned();
    let get = json!([["SieveScript/get", { "accountId": AN, "ids": null }, "0"]]);
    let kept = hub.calls_as(1, get.clone()).await[0][1]["list"][0].clone();
    assert_eq!((kept["isActive"].clone(), kept["name"].clone()), (json!(true), json!("Quy tắc")));
    let text = hub.get(&format!("/jmap/download/{AN}/{}/a", kept["blobId"].as_str().unwrap())).await;
    assert_eq!(text.text(), "keep;");
    let active = set(&hub, json!({ "destroy": [id] })).await;
    assert_eq!(active["notDestroyed"][&id]["type"], "sieveIsActive");
    let again = set(&hub, json!({ "create": { "b": { "name": "Quy tắc", "blobId": blob } } })).await;
    assert_eq!(again["notCreated"]["b"]["type"], "alreadyExists");
    set(&hub, json!({ "update": { (&id): { "name": "Khác" } }, "onSuccessDeactivateScript": true })).await;
    let renamed = hub.calls_as(1, get).await[0][1]["list"][0].clone();
    assert_eq!((renamed["id"].clone(), renamed["isActive"].clone()), (json!(id), json!(false)));
    assert_eq!(set(&hub, json!({ "destroy": [id] })).await["destroyed"], json!([id]));
}

#[tokio::test]
async fn a_script_that_cannot_run_is_refused_in_words() {
    let hub = Hub::new().await;
    let blob = upload(&hub, "keep;\nbay;").await;
    let refused = set(&hub, json!({ "create": { "a": { "name": "x", "blobId": blob } } })).await;
    assert_eq!(refused["notCreated"]["a"]["type"], "invalidSieve");
    assert!(refused["notCreated"]["a"]["description"].as_str().unwrap().contains("dòng 2"), "{refused}");
    let checked =
        hub.calls_as(1, json!([["SieveScript/validate", { "accountId": AN, "blobId": blob }, "0"]])).await;
    assert_eq!(checked[0][1]["error"]["type"], "invalidSieve");
}
