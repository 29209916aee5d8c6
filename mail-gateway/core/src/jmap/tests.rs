use std::collections::BTreeMap;

use base::Timestamp;
use serde_json::{Value, json};

use super::{
    MethodError, Object, Request, RequestError, date, draft,
    email::{Wanted, render},
    filter::{Condition, Filter},
    patch::{self, Patch},
    request,
};
use crate::{
    message::{BlobId, Summary},
    search::Words,
};

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is not an object"),
    }
}

#[test]
fn requests_are_refused_as_the_standard_tells_them_apart() {
    let parse = |text: &str| Request::parse(text.as_bytes());
    assert_eq!(parse("{"), Err(RequestError::NotJson));
    assert!(matches!(parse("[]"), Err(RequestError::NotRequest(_))));
    assert!(matches!(parse(r#"{"using":[],"methodCalls":[["a",{}]]}"#), Err(RequestError::NotRequest(_))));
    assert!(matches!(
        parse(r#"{"using":["urn:x"],"methodCalls":[]}"#),
        Err(RequestError::UnknownCapability(_))
    ));
    let many = json!({ "using": [], "methodCalls": vec![json!(["Core/echo", {}, "a"]); 33] });
    assert_eq!(parse(&many.to_string()), Err(RequestError::Limit("maxCallsInRequest")));
    let nested = "[".repeat(100_000);
    assert_eq!(parse(&nested), Err(RequestError::NotJson));
    let good = r#"{"using":["urn:ietf:params:jmap:core"],"methodCalls":[["Core/echo",{"a":1},"0"]],"createdIds":{"k":"v"}}"#;
    let good = parse(good).unwrap();
    assert_eq!((good.calls.len(), good.created), (1, Some(BTreeMap::from([("k".into(), "v".into())]))));
}

#[test]
fn back_references_reach_into_lists() {
    let answers = vec![(
        "Email/get".to_owned(),
        json!({ "list": [{ "threadId": "t1", "to": [1, 2] }, { "threadId": "t2", "to": [3] }], "a/b": 5 }),
        "0".to_owned(),
    )];
    let resolve = |path: &str| {
        let reference = json!({ "resultOf": "0", "name": "Email/get", "path": path });
        request::resolve(object(json!({ "#ids": reference })), &answers)
            .map(|found| found.get("ids").cloned())
    };
    assert_eq!(resolve("/list/*/threadId"), Ok(Some(json!(["t1", "t2"]))));
    assert_eq!(resolve("/list/*/to"), Ok(Some(json!([1, 2, 3]))));
    assert_eq!(resolve("/list/1/threadId"), Ok(Some(json!("t2"))));
    assert_eq!(resolve("/a~1b"), Ok(Some(json!(5))));
    assert!(matches!(resolve("/list/9"), Err(MethodError::InvalidResultReference(_))));
    let both = object(json!({ "ids": [], "#ids": {} }));
    assert!(matches!(request::resolve(both, &answers), Err(MethodError::InvalidArguments(_))));
}

#[test]
fn filters_fold_words_and_refuse_what_they_do_not_know() {
    let parsed = Filter::parse(&json!({ "text": "Báo  CÁO" })).unwrap();
    assert_eq!(parsed, Filter::Condition(Condition::Text(Words::parse("Báo  CÁO"))));
    assert!(matches!(Filter::parse(&json!({ "colour": 1 })), Err(MethodError::UnsupportedFilter(_))));
    assert!(matches!(Filter::parse(&json!({ "before": "soon" })), Err(MethodError::InvalidArguments(_))));
    let mut deep = json!({ "text": "a" });
    for _ in 0..50 {
        deep = json!({ "operator": "NOT", "conditions": [deep] });
    }
    assert!(matches!(Filter::parse(&deep), Err(MethodError::UnsupportedFilter(_))));
}

#[test]
fn patches_are_whole_or_by_path() {
    let mut update = object(json!({ "keywords/$seen": true, "keywords/$flagged": null, "x": 1 }));
    let members = BTreeMap::from([("$seen".to_owned(), true), ("$flagged".to_owned(), false)]);
    assert_eq!(patch::take(&mut update, "keywords"), Ok(Some(Patch::Members(members))));
    assert_eq!(update.len(), 1);
    let mut both = object(json!({ "keywords": {}, "keywords/$seen": true }));
    assert_eq!(patch::take(&mut both, "keywords").unwrap_err().kind, "invalidPatch");
    let mut odd = object(json!({ "keywords/$seen": false }));
    assert_eq!(patch::take(&mut odd, "keywords").unwrap_err().kind, "invalidPatch");
}

#[test]
fn dates_go_both_ways() {
    let at = date::parse("2021-03-31T08:00:00+07:00").unwrap();
    assert_eq!(date::utc(at), "2021-03-31T01:00:00Z");
    for bad in ["", "2021-03-31", "2021-03-31T08:00:00", "2021-13-31T08:00:00Z", "31/03/2021 08:00:00Z"] {
        assert_eq!(date::parse(bad), None, "{bad}");
    }
}

fn write(email: Value, blobs: &draft::BlobBytes) -> Result<Vec<u8>, super::SetError> {
    Ok(draft::parse(object(email), blobs)?.write("1@a", Timestamp::default()).unwrap())
}

#[test]
fn a_described_letter_is_written_and_rendered_again() {
    let picture = "a".repeat(64);
    let blobs = BTreeMap::from([(picture.clone(), b"PNG".to_vec())]);
    let raw = write(
        json!({
            "from": [{ "name": "Văn phòng", "email": "vp@quangbinh.example" }],
            "to": [{ "email": "stc@quangbinh.example" }],
            "subject": "Giấy mời", "inReplyTo": ["0@a"], "sentAt": "2021-03-31T08:00:00+07:00",
            "header:X-So:asText": "123/GM-UBND",
            "textBody": [{ "partId": "t", "type": "text/plain" }],
            "htmlBody": [{ "partId": "h" }],
            "attachments": [{ "blobId": picture, "type": "image/png", "cid": "p@a", "disposition": "inline" }],
            "bodyValues": { "t": { "value": "Kính mời" }, "h": { "value": "<img src=cid:p@a>" } },
        }),
        &blobs,
    )
    .unwrap();
    let wanted = Wanted::parse(&object(json!({
        "properties": ["bodyStructure", "textBody", "htmlBody", "attachments", "bodyValues", "header:X-So:asText"],
        "bodyProperties": ["partId", "type", "cid", "blobId"], "fetchAllBodyValues": true,
    })))
    .unwrap();
    let (mut out, blob) = (Object::new(), BlobId::of(&raw));
    render(&raw, &blob, &wanted, &mut out);
    assert_eq!(out["header:X-So:asText"], "123/GM-UBND");
    assert_eq!(out["bodyStructure"]["type"], "multipart/alternative");
    assert_eq!(out["bodyStructure"]["subParts"][1]["type"], "multipart/related");
    let text = out["textBody"][0]["partId"].as_str().unwrap();
    assert_eq!(out["bodyValues"][text]["value"], "Kính mời");
    assert_eq!(Summary::of(&raw).sent_at.as_deref(), Some("2021-03-31T08:00:00+07:00"));
    assert!(!Summary::of(&raw).has_attachment, "a picture inside the text is no attachment");
}

#[test]
fn descriptions_that_cannot_be_written_name_the_property() {
    let kind = |email: Value| write(email, &BTreeMap::new()).unwrap_err();
    assert_eq!(kind(json!({ "attachments": [{ "blobId": "nope" }] })).kind, "blobNotFound");
    for (email, property) in [
        (json!({ "subject": 7 }), "subject"),
        (json!({ "to": "an@b" }), "to"),
        (json!({ "colour": "red" }), "colour"),
        (json!({ "header:Content-Type": "text/html" }), "header:Content-Type"),
        (json!({ "textBody": [{ "partId": "x" }] }), "bodyValues"),
        (json!({ "textBody": [{ "partId": "x" }, { "partId": "y" }] }), "textBody"),
        (json!({ "sentAt": "soon" }), "sentAt"),
    ] {
        let error = kind(email).into_json();
        assert_eq!(
            (error["type"].as_str(), &error["properties"][0]),
            (Some("invalidProperties"), &json!(property))
        );
    }
}

#[test]
fn a_letter_of_ten_thousand_parts_is_shown_in_part() {
    let mut raw = "Content-Type: multipart/mixed; boundary=b\r\n\r\n".to_owned();
    raw.push_str(&"--b\r\nContent-Disposition: attachment; filename=x\r\n\r\ny\r\n".repeat(10_000));
    let wanted = Wanted::parse(&object(json!({ "properties": ["bodyStructure", "attachments"] }))).unwrap();
    let mut out = Object::new();
    render(raw.as_bytes(), &BlobId::of(b""), &wanted, &mut out);
    assert!(out["attachments"].as_array().unwrap().len() <= 1000);
    assert!(out["bodyStructure"]["subParts"].as_array().unwrap().len() <= 1000);
}

#[test]
fn fuzz_requests() {
    bolero::check!().with_type::<Vec<u8>>().for_each(|body| {
        if let Ok(parsed) = Request::parse(body) {
            for call in parsed.calls {
                let _ = request::resolve(call.arguments, &[]);
            }
        }
        let Ok(value) = serde_json::from_slice::<Value>(body) else { return };
        let _ = Filter::parse(&value);
        if let Value::Object(email) = value {
            let _ = Wanted::parse(&email);
            if let Ok(draft) = draft::parse(email, &BTreeMap::new()) {
                let _ = draft.write("1@a", Timestamp::default());
            }
        }
    });
}
