use base::random::Seeded;
use mail_parser::MimeHeaders;

use super::*;

fn failure(recipient: &str) -> Failure {
    Failure {
        recipient: recipient.to_owned(),
        answer: Answer {
            status: "5.1.1".into(),
            text: "550 5.1.1 không có người này\r\nInjected: yes".into(),
            server: Some("mx.bo.example".into()),
        },
    }
}

fn build(failures: &[Failure]) -> Vec<u8> {
    let letter = b"From: an@tinh.example\r\nSubject: =?utf-8?B?R2nhuqV5IG3hu51p?=\r\nMessage-ID: <1@tinh.example>\r\n\r\nmat\r\n";
    let report = Report {
        domain: "tinh.example",
        sender: "an@tinh.example",
        failures,
        letter,
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
