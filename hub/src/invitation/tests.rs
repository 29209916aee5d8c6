use base::{MeetingId, Timestamp};
use jiff::tz::TimeZone;
use signaling::{
    Attendance, Reply, Substitute,
    ports::{Invitation, InvitationKind, Invitee, ReplyLetter},
};

use super::{Letterhead, calendar, compose};

fn invitee(name: &str, address: &str) -> Invitee {
    Invitee {
        person: None,
        name: name.to_owned(),
        address: address.to_owned(),
        unit_name: "Sở Thông tin và Truyền thông".to_owned(),
        position: "Chuyên viên".to_owned(),
        order: 90,
    }
}

fn invitation(kind: InvitationKind, sequence: u32) -> Invitation {
    Invitation {
        key: format!("7.{sequence}"),
        kind,
        meeting: MeetingId::from_u128(7),
        sequence,
        title: "Giao ban UBND tỉnh; tháng 3, đợt 1".to_owned(),
        room: Some("Phòng họp số 1".to_owned()),
        chair: "Họ tên mẫu 01".to_owned(),
        // 2016-09-13T01:00:00Z is 08:00 in Vietnam, a Tuesday.
        starts_at: Timestamp::from_seconds(1_473_728_400),
        ends_at: Timestamp::from_seconds(1_473_732_000),
        organiser: Some(invitee("Văn phòng UBND tỉnh", "vpubnd@quangbinh.example")),
        recipients: vec![
            invitee("Trần Đức Khánh", "khanhtd.stttt@quangbinh.example"),
            invitee("Lê Thị Thu Nga, \"văn thư\"", "ngaltt.stttt@quangbinh.example"),
        ],
        reply: None,
        at: Timestamp::from_seconds(1_473_700_000),
    }
}

fn head() -> Letterhead {
    Letterhead {
        domain: "quangbinh.example".to_owned(),
        zone: TimeZone::get("Asia/Ho_Chi_Minh").unwrap(),
        public_url: "https://hub.quangbinh.example".to_owned(),
        office: ("Hệ thống".to_owned(), "hethong@quangbinh.example".to_owned()),
    }
}

#[test]
fn the_letter_says_when_in_the_official_form_and_how_to_join() {
    let letter = compose(&invitation(InvitationKind::Request, 0), &head()).unwrap();
    let bytes = letter.formatted();
    let parsed = mail_parser::MessageParser::default().parse(&bytes).unwrap();
    let text = parsed.body_text(0).unwrap();
    assert!(text.contains("08 giờ 00 phút, ngày 13 tháng 9 năm 2016 (thứ Ba)"), "{text}");
    assert!(text.contains("https://hub.quangbinh.example/hop/"), "{text}");
    assert_eq!(parsed.subject().unwrap(), "Giấy mời họp: Giao ban UBND tỉnh; tháng 3, đợt 1");
    assert_eq!(letter.envelope().to().len(), 2);
}

#[test]
fn an_answer_is_a_letter_of_the_invited_to_the_organiser() {
    let mut answer = invitation(InvitationKind::Reply, 2);
    let attendee = answer.recipients.remove(0);
    answer.recipients = answer.organiser.clone().into_iter().collect();
    let substitute = Substitute {
        name: "Lê Thị Thu Nga".to_owned(),
        address: "ngaltt.stttt@quangbinh.example".to_owned(),
    };
    let reply = Reply {
        attendance: Attendance::Delegated,
        comment: "Bận công tác".to_owned(),
        substitute: Some(substitute),
    };
    answer.reply = Some(ReplyLetter { attendee, reply });
    let letter = compose(&answer, &head()).unwrap();
    let from = letter.envelope().from().unwrap().to_string();
    assert_eq!(from, "khanhtd.stttt@quangbinh.example");
    assert_eq!(letter.envelope().to()[0].to_string(), "vpubnd@quangbinh.example");
    let bytes = letter.formatted();
    let text =
        mail_parser::MessageParser::default().parse(&bytes).unwrap().body_text(0).unwrap().into_owned();
    assert!(text.contains("Trần Đức Khánh cử Lê Thị Thu Nga dự thay"), "{text}");
    let object = calendar::object(&answer, &head()).replace("\r\n ", "");
    assert!(object.contains("METHOD:REPLY") && object.contains("SEQUENCE:2"), "{object}");
    let attendees: Vec<_> = object.lines().filter(|line| line.starts_with("ATTENDEE")).collect();
    assert_eq!(attendees.len(), 1, "{object}");
    assert!(attendees[0].contains("PARTSTAT=DELEGATED") && attendees[0].contains("DELEGATED-TO"), "{object}");
}

#[test]
fn a_calendar_replaces_and_cancels_the_same_entry() {
    let first = calendar::object(&invitation(InvitationKind::Request, 0), &head());
    let changed = calendar::object(&invitation(InvitationKind::Update, 1), &head());
    let cancelled = calendar::object(&invitation(InvitationKind::Cancel, 2), &head());
    let uid = format!("UID:{}@quangbinh.example", MeetingId::from_u128(7));
    for object in [&first, &changed, &cancelled] {
        assert!(object.contains(&uid), "{object}");
        assert!(object.contains("DTSTART:20160913T010000Z"), "{object}");
        assert!(object.lines().all(|line| line.len() <= 75), "{object}");
    }
    assert!(first.contains("METHOD:REQUEST") && first.contains("SEQUENCE:0"));
    assert!(changed.contains("SEQUENCE:1"));
    assert!(cancelled.contains("METHOD:CANCEL") && cancelled.contains("STATUS:CANCELLED"));
}

#[test]
fn names_with_commas_and_quotes_cannot_break_a_property() {
    let object = calendar::object(&invitation(InvitationKind::Request, 0), &head()).replace("\r\n ", "");
    let attendee = object.lines().find(|line| line.contains("ngaltt")).unwrap();
    assert!(attendee.contains("CN=\"Lê Thị Thu Nga, 'văn thư'\""), "{attendee}");
    assert!(object.contains("SUMMARY:Giao ban UBND tỉnh\\; tháng 3\\, đợt 1"), "{object}");
}
