//! A mailbox that several people keep: who may only read it, who has handled a letter, who answers it.

use axum::{body::Body, http::Request};
use directory_core::Principal;
use serde_json::{Value, json};

use super::{AGENCY, Hub, person};

const LETTER: &str = "From: ubnd@huyen.example\r\nTo: stc@quangbinh.example\r\nMessage-ID: <cv1@huyen>\r\n\
                      Subject: V/v dự toán\r\n\r\nKính gửi Sở.\r\n";

/// Somebody who reads the agency's mailbox and has no other right to it.
fn reader() -> Principal {
    let mut reader = person(3);
    for grant in reader.mailboxes.iter_mut().filter(|grant| grant.mailbox == AGENCY) {
        grant.may_send = false;
    }
    reader
}

impl Hub {
    async fn one(&self, principal: Principal, name: &str, arguments: Value) -> Value {
        let body = json!({
            "using": ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"],
            "methodCalls": [[name, arguments, "0"]],
        });
        let request = Request::post("/jmap/api").body(Body::from(body.to_string())).unwrap();
        let reply = self.request(Some(principal), request).await;
        reply.json()["methodResponses"][0].clone()
    }

    async fn letter(&self, n: u128, id: &str) -> Value {
        let properties = json!(["mailboxIds", "keywords", "handledBy", "writtenBy"]);
        let arguments = json!({ "accountId": AGENCY, "ids": [id], "properties": properties });
        self.calls_as(n, json!([["Email/get", arguments, "0"]])).await[0][1]["list"][0].clone()
    }
}

#[tokio::test]
async fn who_may_only_read_a_mailbox_changes_nothing_in_it() {
    let hub = Hub::new().await;
    let id = hub.deliver(AGENCY, LETTER).await;
    let own = json!(base::MailboxId::from_u128(3));
    for (name, arguments) in [
        ("Email/set", json!({ "update": { &id: { "keywords/$flagged": true } } })),
        ("Email/set", json!({ "destroy": [&id] })),
        ("Email/set", json!({ "update": { &id: { "mailboxIds": { "trash": true } } } })),
        ("Email/import", json!({ "emails": {} })),
        ("Mailbox/set", json!({ "create": { "f": { "name": "Mới" } } })),
        ("DeletedEmail/restore", json!({ "ids": [] })),
        ("VacationResponse/set", json!({ "update": {} })),
        ("SieveScript/set", json!({ "create": {} })),
        ("Email/copy", json!({ "fromAccountId": &own, "create": {} })),
    ] {
        let mut arguments = arguments;
        arguments["accountId"] = json!(AGENCY);
        let answer = hub.one(reader(), name, arguments).await;
        assert_eq!((&answer[0], &answer[1]["type"]), (&json!("error"), &json!("accountReadOnly")), "{name}");
    }
    let moved = json!({
        "fromAccountId": AGENCY, "accountId": &own, "onSuccessDestroyOriginal": true,
        "create": { "c": { "id": &id, "mailboxIds": { "inbox": true } } },
    });
    assert_eq!(hub.one(reader(), "Email/copy", moved).await[1]["type"], "accountReadOnly");
    let letter = hub.letter(1, &id).await;
    assert_eq!((&letter["keywords"], &letter["mailboxIds"]), (&json!({}), &json!({ "inbox": true })));

    let folders = hub.one(reader(), "Mailbox/get", json!({ "accountId": AGENCY, "ids": ["inbox"] })).await;
    let rights = &folders[1]["list"][0]["myRights"];
    assert_eq!((&rights["mayReadItems"], &rights["maySetKeywords"]), (&json!(true), &json!(false)));
    let request = Request::get("/jmap/session").body(Body::empty()).unwrap();
    let session = hub.request(Some(reader()), request).await.json();
    assert_eq!(session["accounts"][AGENCY.to_string()]["isReadOnly"], true);
}

#[tokio::test]
async fn a_mark_of_handling_says_who_to_every_clerk_until_it_is_taken_back() {
    let hub = Hub::new().await;
    let id = hub.deliver(AGENCY, LETTER).await;
    let mark = |on: Value| {
        let patch = json!({ &id: { "keywords/da-xu-ly": on } });
        json!([["Email/set", { "accountId": AGENCY, "update": patch }, "0"]])
    };
    hub.calls_as(1, mark(json!(true))).await;
    let letter = hub.letter(2, &id).await;
    assert_eq!(letter["keywords"], json!({ "da-xu-ly": true }));
    assert_eq!(letter["handledBy"]["personId"], json!(person(1).person));
    assert_eq!(letter["handledBy"]["name"], "Nguyễn Văn An");
    // Who marks it once more does not take the work over.
    hub.calls_as(2, mark(json!(true))).await;
    assert_eq!(hub.letter(2, &id).await["handledBy"]["personId"], json!(person(1).person));
    hub.calls_as(2, mark(Value::Null)).await;
    let letter = hub.letter(1, &id).await;
    assert_eq!((&letter["keywords"], &letter["handledBy"]), (&json!({}), &Value::Null));
}

#[tokio::test]
async fn an_answer_begun_and_sent_is_known_to_the_other_clerks() {
    let hub = Hub::new().await;
    let id = hub.deliver(AGENCY, LETTER).await;
    let draft = json!({
        "mailboxIds": { "drafts": true }, "keywords": { "$draft": true, "$seen": true },
        "from": [{ "email": "stc@quangbinh.example" }], "to": [{ "email": "ubnd@huyen.example" }],
        "subject": "Re: V/v dự toán", "inReplyTo": ["cv1@huyen"], "references": ["cv1@huyen"],
        "textBody": [{ "partId": "t" }], "bodyValues": { "t": { "value": "Đã nhận." } },
    });
    let calls = json!([["Email/set", { "accountId": AGENCY, "create": { "d": draft } }, "0"]]);
    let answer = hub.calls_as(1, calls).await[0][1]["created"]["d"]["id"].as_str().unwrap().to_owned();
    let seen = hub.letter(2, &answer).await;
    assert_eq!(
        (&seen["keywords"]["$draft"], &seen["writtenBy"]["personId"]),
        (&json!(true), &json!(person(1).person))
    );
    assert_eq!(hub.letter(2, &id).await["keywords"], json!({}), "not answered yet");

    // A colleague looks it through and sends it: from then on the answer is his.
    let submission = json!({
        "accountId": AGENCY, "create": { "s": { "identityId": "main", "emailId": &answer } },
        "onSuccessUpdateEmail": { "#s": {
            "mailboxIds/drafts": null, "mailboxIds/sent": true, "keywords/$draft": null,
        } },
    });
    let done = hub.calls_as(2, json!([["EmailSubmission/set", submission, "0"]])).await;
    assert!(done[0][1]["created"]["s"]["id"].is_string(), "{}", done[0]);
    let seen = hub.letter(1, &answer).await;
    assert_eq!(
        (&seen["mailboxIds"], &seen["writtenBy"]["personId"]),
        (&json!({ "sent": true }), &json!(person(2).person))
    );
    assert_eq!(
        hub.letter(1, &id).await["keywords"],
        json!({ "$answered": true }),
        "mail programs see it too"
    );
}
