use base::random::Seeded;
use mail_parser::MimeHeaders;

use super::*;

fn failure(recipient: &str) -> Entry {
    Entry {
        recipient: recipient.to_owned(),
        original: String::new(),
        action: Action::Failed,
        answer: Answer {
            status: "5.1.1".into(),
            text: "550 5.1.1 không có người này\r\nInjected: yes".into(),
            server: Some("mx.bo.example".into()),
        },
    }
}

fn build(entries: &[Entry]) -> Vec<u8> {
    built(entries, false, "")
}

fn built(entries: &[Entry], whole: bool, envelope_id: &str) -> Vec<u8> {
    let letter = b"From: an@tinh.example\r\nSubject: =?utf-8?B?R2nhuqV5IG3hu51p?=\r\nMessage-ID: <1@tinh.example>\r\n\r\nmat\r\n";
    let report = Report {
        domain: "tinh.example",
        sender: "an@tinh.example",
        entries,
        letter,
        whole,
        envelope_id,
        accepted_at: Timestamp::from_seconds(1_790_000_000),
        now: Timestamp::from_seconds(1_790_000_600),
    };
    report.build(&mut Seeded::new(1))
}

#[test]
fn the_sender_reads_who_was_not_reached_and_why_in_vietnamese() {
    let bytes = build(&[failure("binh@bo.example")]);
    let letter = MessageParser::new().parse(&bytes).unwrap();
    assert_eq!(letter.subject(), Some("Không gửi được thư / Delivery failure"));
    let text = letter.body_text(0).unwrap();
    assert!(text.contains("binh@bo.example") && text.contains("Địa chỉ không tồn tại"), "{text}");
    assert!(text.contains("Trích yếu: Giấy mời"), "{text}");
    assert!(!text.contains("mat"), "the body of the letter is not sent around");
}

#[test]
fn programs_read_the_same_from_the_status_part() {
    let bytes = build(&[failure("binh@bo.example"), failure("chi@bo.example")]);
    let letter = MessageParser::new().parse(&bytes).unwrap();
    let root = letter.parts[0].content_type().unwrap();
    assert_eq!((root.ctype(), root.attribute("report-type")), ("multipart", Some("delivery-status")));
    let kinds: Vec<_> =
        letter.parts.iter().filter_map(|p| p.content_type()).filter_map(|c| c.subtype()).collect();
    assert_eq!(kinds, ["report", "plain", "delivery-status", "rfc822-headers"]);
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(text.matches("Action: failed").count(), 2);
    assert!(text.contains("Final-Recipient: rfc822; chi@bo.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"));
    assert!(text.contains("In-Reply-To: <1@tinh.example>"));
    assert!(!text.contains("\nInjected:"), "a peer cannot write fields into our report");
}

#[test]
fn addresses_beyond_ascii_use_the_global_form() {
    let text = String::from_utf8(build(&[failure("hạnh@bộ.example")])).unwrap();
    assert!(text.contains("message/global-delivery-status"));
    assert!(text.contains("Final-Recipient: utf-8; hạnh@bộ.example"));
}

#[test]
fn a_report_answers_what_the_sender_asked() {
    let mut late = failure("binh@bo.example");
    late.action = Action::Delayed;
    late.original = "rfc822;Binh+2B1@bo.example".into();
    let mut there = failure("chi@bo.example");
    there.action = Action::Delivered;
    let bytes = built(&[there.clone(), late], false, "hi+20there");
    let letter = MessageParser::new().parse(&bytes).unwrap();
    assert_eq!(letter.subject(), Some("Thư chưa đến nơi, hệ thống vẫn đang gửi / Delivery delayed"));
    let text = letter.body_text(0).unwrap();
    assert!(text.contains("vẫn tiếp tục thử gửi") && text.contains("đã được chuyển vào hộp thư"), "{text}");
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains("\r\nOriginal-Envelope-Id: hi there\r\n"), "{text}");
    assert!(text.contains("Original-Recipient: rfc822; Binh+1@bo.example\r\nFinal-Recipient: rfc822; binh@bo.example\r\nAction: delayed"));
    assert!(text.contains("chi@bo.example\r\nAction: delivered"));
    let whole = built(&[failure("x@bo.example")], true, "");
    assert!(String::from_utf8(whole).unwrap().contains("Content-Type: message/rfc822\r\n"));
}
