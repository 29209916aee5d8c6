use base::Timestamp;

use super::{
    Address, BlobId, Summary,
    blob::PartBlob,
    compose::{Content, Draft, Field, Part},
    header::HeaderProperty,
    parse, strip,
};

fn address(name: &str, email: &str) -> Address {
    Address { name: Some(name.to_owned()), email: email.to_owned() }
}

fn draft(subject: &str, body: Part) -> Draft {
    Draft {
        fields: vec![
            (
                "From".into(),
                Field::Addresses(vec![address("Nguyễn Thị Mỹ Hạnh", "hanhntm.stttt@quangbinh.example")]),
            ),
            ("To".into(), Field::Addresses(vec![address("Sở Tài chính", "stc@quangbinh.example")])),
            ("Subject".into(), Field::Text(subject.to_owned())),
        ],
        body: Some(body),
    }
}

#[test]
fn what_is_written_is_read_back() {
    let file = Part {
        media_type: "application/pdf".into(),
        name: Some("Báo cáo quý I – Đồng Hới.pdf".into()),
        disposition: Some("attachment".into()),
        cid: None,
        content: Content::Bytes(b"%PDF-1.4".to_vec()),
    };
    let text = Part::text("text/plain", "Kính gửi: Sở Tài chính\nĐơn vị báo cáo.\n".into());
    let html = Part::text("text/html", "<p>Kính gửi</p>".into());
    let raw = draft(
        "Báo cáo tình hình sử dụng thư điện tử công vụ của đơn vị quý I/2021",
        Part::usual(Some(text), Some(html), vec![file]),
    )
    .write("1@quangbinh.example", Timestamp::from_seconds(1_617_148_800))
    .unwrap();
    let summary = Summary::of(&raw);
    assert_eq!(
        summary.subject.as_deref(),
        Some("Báo cáo tình hình sử dụng thư điện tử công vụ của đơn vị quý I/2021")
    );
    assert_eq!(summary.from, Some(vec![address("Nguyễn Thị Mỹ Hạnh", "hanhntm.stttt@quangbinh.example")]));
    assert_eq!(summary.message_id, Some(vec!["1@quangbinh.example".into()]));
    assert_eq!(summary.sent_at.as_deref(), Some("2021-03-31T00:00:00Z"));
    assert!(summary.has_attachment);
    assert_eq!(summary.preview, "Kính gửi: Sở Tài chính Đơn vị báo cáo.");
    let message = parse::parse(&raw);
    let names: Vec<_> = message.attachments().filter_map(parse::file_name).collect();
    assert_eq!(names, ["Báo cáo quý I – Đồng Hới.pdf"]);
}

#[test]
fn no_letter_ever_holds_a_bare_line_end_or_a_smuggled_header() {
    let text = Part::text("text/plain", "a\rb\nc\r\nd\n.\nQUIT\r\n".into());
    let mut evil = draft("x\r\nBcc: an@evil.example\r\n\r\nbody", text);
    evil.fields.push(("X-Note".into(), Field::Raw("a\nBcc: hai@evil.example".into())));
    let raw = evil.write("1@a", Timestamp::default()).unwrap();
    for (at, byte) in raw.iter().enumerate() {
        match byte {
            b'\n' => assert_eq!(raw.get(at - 1), Some(&b'\r')),
            b'\r' => assert_eq!(raw.get(at + 1), Some(&b'\n')),
            _ => {}
        }
    }
    assert_eq!(Summary::of(&raw).bcc, None);
}

#[test]
fn values_that_would_break_the_letter_are_refused() {
    let body = || Part::text("text/plain", String::new());
    for bad in ["an@x>\r\nBcc: b@c", "an b@c", "", "<a@b>"] {
        let mut one = draft("x", body());
        one.fields.push(("Cc".into(), Field::Addresses(vec![Address { name: None, email: bad.into() }])));
        assert!(one.write("1@a", Timestamp::default()).is_err(), "{bad:?}");
    }
    let mut one = draft("x", body());
    one.fields.push(("X: y\r\nBcc".into(), Field::Text(String::new())));
    assert!(one.write("1@a", Timestamp::default()).is_err());
}

#[test]
fn hidden_recipients_leave_with_their_continuation_lines_and_nothing_else() {
    let raw = b"From: a@b\r\nBCC: x@y,\r\n z@y\r\nbcc : q@y\r\nSubject: Bcc: no\r\n\r\nBcc: body\r\n";
    let stripped = strip::without_headers(raw, &["Bcc"]);
    assert_eq!(stripped, b"From: a@b\r\nSubject: Bcc: no\r\n\r\nBcc: body\r\n");
}

#[test]
fn names_in_decomposed_form_become_composed() {
    let name = "Ba\u{301}o ca\u{301}o quy\u{301} I.docx";
    let raw = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/octet-stream\r\n\
         Content-Disposition: attachment; filename*=UTF-8''{}\r\n\r\nx\r\n--b--\r\n",
        name.bytes().map(|b| format!("%{b:02X}")).collect::<String>()
    );
    let message = parse::parse(raw.as_bytes());
    let names: Vec<_> = message.attachments().filter_map(parse::file_name).collect();
    assert_eq!(names, ["Báo cáo quý I.docx"]);
}

#[test]
fn file_names_cannot_play_tricks() {
    let raw = "Content-Type: application/x-msdownload; name=\"x\u{202e}fdp.exe\"\r\nContent-Disposition: attachment\r\n\r\nx";
    let message = parse::parse(raw.as_bytes());
    let name = message.parts.first().and_then(parse::file_name).unwrap_or_default();
    assert!(!name.contains('\u{202e}'), "{name:?}");
}

#[test]
fn broken_mime_is_read_as_far_as_it_goes() {
    for raw in [
        &b""[..],
        b"\r\n",
        b"no header at all",
        b"Subject: x",
        b"Content-Type: multipart/mixed\r\n\r\n--b\r\n",
        b"Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n----\r\n",
        b"Content-Type: text/html; charset=nonsense\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
        b"From: =?utf-8?B?////?= <>\r\nTo: ,,,;;\r\nDate: yesterday\r\n\r\n\xff\xfe\0",
        b"Subject: \xd0\xcf\r\n\r\n\x1b$B",
    ] {
        let summary = Summary::of(raw);
        assert!(summary.preview.chars().count() <= 256);
    }
}

#[test]
fn ten_thousand_parts_and_deep_nests_stay_within_bounds() {
    let mut many = "Content-Type: multipart/mixed; boundary=b\r\n\r\n".to_owned();
    many.push_str(&"--b\r\nContent-Disposition: attachment; filename=x\r\n\r\ny\r\n".repeat(10_000));
    assert!(Summary::of(many.as_bytes()).has_attachment);
    // Each level would be freed by one recursion; without a bound this overflows the stack.
    let nested = "Content-Type: message/rfc822\r\n\r\n".repeat(200_000);
    Summary::of(nested.as_bytes());
    let mut deep = String::new();
    for level in 0..5_000 {
        deep.push_str(&format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"));
    }
    Summary::of(deep.as_bytes());
}

#[test]
fn a_reply_shares_the_base_subject() {
    let of = |subject: &str| Summary::of(format!("Subject: {subject}\r\n\r\n").as_bytes()).base_subject();
    assert_eq!(of("Re: Fwd: Giấy mời họp"), of("Giấy mời họp"));
    assert_ne!(of("Giấy mời họp"), of("Giấy mời"));
}

#[test]
fn header_properties_are_parsed_strictly() {
    for good in ["header:Subject", "header:List-Id:asText", "header:To:asAddresses:all", "header:X:all"] {
        assert!(HeaderProperty::parse(good).is_some(), "{good}");
    }
    for bad in
        ["header:", "header:a b", "header:X:asFoo", "header:X:all:asText", "header:X:asText:all:x", "subject"]
    {
        assert!(HeaderProperty::parse(bad).is_none(), "{bad}");
    }
    let raw = b"X-So: 12/GM\r\nX-So:  13/GM \r\nReferences: <a@b> <c@d>\r\n\r\n";
    let message = parse::parse(raw);
    let value = |name: &str| HeaderProperty::parse(name).unwrap().value(&message);
    assert_eq!(value("header:X-So"), "  13/GM ");
    assert_eq!(value("header:X-So:asText:all"), serde_json::json!(["12/GM", "13/GM"]));
    assert_eq!(value("header:References:asMessageIds"), serde_json::json!(["a@b", "c@d"]));
    assert_eq!(value("header:Absent:asText"), serde_json::Value::Null);
}

#[test]
fn blob_ids_are_hashes_and_cannot_be_paths() {
    let id = BlobId::of(b"abc");
    assert_eq!(id.as_str(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert!("../../etc/passwd".parse::<BlobId>().is_err());
    let part: PartBlob = format!("{id}_3").parse().unwrap();
    assert_eq!((part.part, part.to_string()), (Some(3), format!("{id}_3")));
}

#[test]
fn fuzz_reading_letters() {
    bolero::check!().with_type::<Vec<u8>>().for_each(|raw| {
        let summary = Summary::of(raw);
        let _ = summary.thread_ids();
        let page = crate::html::page::page(raw, crate::html::RemoteImages::Block);
        assert!(!page.body.to_lowercase().contains("<script"));
    });
}
