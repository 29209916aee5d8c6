//! The letter around the calendar part, in the form Vietnamese offices expect.

use jiff::{Timestamp as Moment, tz::TimeZone};
use lettre::{
    Message,
    message::{Mailbox, MultiPart, SinglePart, header::ContentType},
};

use signaling::{
    Attendance,
    ports::{Invitation, InvitationKind, ReplyLetter},
};

use super::{Letterhead, calendar};

/// The letter, ready for the queue.
///
/// # Errors
/// When an address or the text cannot be put into a letter; the cause is lettre's.
pub fn compose(invitation: &Invitation, head: &Letterhead) -> Result<Message, lettre::error::Error> {
    let mailbox = |name: &str, address: &str| -> Option<Mailbox> {
        Some(Mailbox::new(Some(name.to_owned()), address.parse().ok()?))
    };
    let (name, address) = head.sender(invitation);
    let mut builder = Message::builder()
        // Stable, so that a letter handed over twice is one letter.
        .message_id(Some(format!("<{}@{}>", invitation.key, head.domain)))
        .date(std::time::UNIX_EPOCH + invitation.at.since(base::Timestamp::default()))
        .subject(subject(invitation));
    if let Some(from) = mailbox(&name, &address) {
        builder = builder.from(from);
    }
    for to in invitation.recipients.iter().filter_map(|i| mailbox(&i.name, &i.address)) {
        builder = builder.to(to);
    }
    let kind = format!("text/calendar; charset=utf-8; method={}", calendar::method(invitation));
    let kind = ContentType::parse(&kind).unwrap_or(ContentType::TEXT_PLAIN);
    builder.multipart(
        MultiPart::alternative()
            .singlepart(SinglePart::plain(text(invitation, head)))
            .singlepart(SinglePart::builder().header(kind).body(calendar::object(invitation, head))),
    )
}

/// What the organiser reads who has no calendar.
fn answer_text(invitation: &Invitation, answer: &ReplyLetter, head: &Letterhead) -> String {
    let who = &answer.attendee.name;
    let said = match (&answer.reply.attendance, &answer.reply.substitute) {
        (Attendance::Accepted, _) => format!("{who} đồng ý dự cuộc họp:"),
        (Attendance::Declined, _) => format!("{who} không dự được cuộc họp:"),
        (Attendance::Delegated, Some(substitute)) => {
            format!("{who} cử {} dự thay cuộc họp:", substitute.name)
        }
        (Attendance::Delegated, None) => format!("{who} cử người khác dự thay cuộc họp:"),
    };
    let mut lines = vec![
        said,
        String::new(),
        format!("Nội dung: {}", invitation.title),
        format!("Thời gian: {}", written_time(invitation.starts_at, &head.zone)),
    ];
    if !answer.reply.comment.is_empty() {
        lines.push(format!("Ý kiến: {}", answer.reply.comment));
    }
    lines.extend([String::new(), "Trân trọng./.".to_owned(), who.clone()]);
    lines.join("\r\n")
}

fn subject(invitation: &Invitation) -> String {
    let kind = match invitation.kind {
        InvitationKind::Request => "Giấy mời họp",
        InvitationKind::Update => "Thay đổi lịch họp",
        InvitationKind::Cancel => "Hủy họp",
        InvitationKind::Reply => "Trả lời giấy mời họp",
    };
    format!("{kind}: {}", invitation.title)
}

fn text(invitation: &Invitation, head: &Letterhead) -> String {
    if let Some(answer) = &invitation.reply {
        return answer_text(invitation, answer, head);
    }
    let opening = match invitation.kind {
        InvitationKind::Request => "Trân trọng kính mời dự cuộc họp:",
        InvitationKind::Update => "Cuộc họp sau đây có thay đổi; nội dung dưới đây thay cho giấy mời trước:",
        InvitationKind::Cancel | InvitationKind::Reply => "Cuộc họp sau đây đã hủy:",
    };
    let mut lines = vec![
        opening.to_owned(),
        String::new(),
        format!("Nội dung: {}", invitation.title),
        format!("Thời gian: {}", written_time(invitation.starts_at, &head.zone)),
        format!("Địa điểm: {}", invitation.room.as_deref().unwrap_or("Họp trực tuyến")),
    ];
    if !invitation.chair.is_empty() {
        lines.push(format!("Chủ trì: {}", invitation.chair));
    }
    if invitation.kind != InvitationKind::Cancel {
        lines.push(format!("Vào họp: {}", head.link(invitation)));
        lines.push(String::new());
        lines.push("Đề nghị kiểm tra micro, camera và vào phòng chờ trước giờ họp 10 phút.".to_owned());
    }
    lines.extend([String::new(), "Trân trọng./.".to_owned(), head.sender(invitation).0]);
    lines.join("\r\n")
}

/// "08 giờ 00 phút, ngày 13 tháng 9 năm 2016 (thứ Ba)": the form of official invitations, with a
/// leading zero for days below 10 and months 1 and 2 only.
fn written_time(at: base::Timestamp, zone: &TimeZone) -> String {
    let Ok(moment) = Moment::from_microsecond(at.as_micros()) else { return String::new() };
    let local = moment.to_zoned_datetime(zone.clone());
    let weekday = WEEKDAYS.get(local.weekday().to_monday_zero_offset() as usize).copied().unwrap_or_default();
    let month = if local.month() <= 2 { format!("{:02}", local.month()) } else { local.month().to_string() };
    format!(
        "{:02} giờ {:02} phút, ngày {:02} tháng {month} năm {} ({weekday})",
        local.hour(),
        local.minute(),
        local.day(),
        local.year()
    )
}

const WEEKDAYS: [&str; 7] = ["thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"];
