//! The iCalendar part of an invitation or of an answer (RFC 5545, iTIP RFC 5546, iMIP RFC 6047).

use base::Timestamp;
use icalendar::{Calendar, Component, Event, EventLike, Property};

use signaling::{
    Attendance,
    ports::{Invitation, InvitationKind, ReplyLetter},
};

use super::Letterhead;

/// The iTIP method of a letter: RFC 5546 §3.2.2, §3.2.5.
pub fn method(invitation: &Invitation) -> &'static str {
    match invitation.kind {
        InvitationKind::Request | InvitationKind::Update => "REQUEST",
        InvitationKind::Cancel => "CANCEL",
        // RFC 5546 §3.2.3.
        InvitationKind::Reply => "REPLY",
    }
}

/// The text/calendar object, its `UID` stable over changes so that calendars replace the entry.
pub fn object(invitation: &Invitation, head: &Letterhead) -> String {
    let link = head.link(invitation);
    let (name, address) = head.organiser(invitation);
    let mut event = Event::new();
    event
        .uid(&format!("{}@{}", invitation.meeting, head.domain))
        .summary(&invitation.title)
        .location(invitation.room.as_deref().unwrap_or("Họp trực tuyến"))
        .url(&link)
        .description(&format!("Vào họp: {link}"))
        .sequence(invitation.sequence)
        .add_property("DTSTAMP", utc(invitation.at))
        .add_property("DTSTART", utc(invitation.starts_at))
        .add_property("DTEND", utc(invitation.ends_at))
        .append_property(
            Property::new("ORGANIZER", format!("mailto:{address}"))
                .add_parameter("CN", &parameter(&name))
                .done(),
        );
    if let Some(answer) = &invitation.reply {
        event.append_multi_property(attendee(answer));
        if !answer.reply.comment.is_empty() {
            event.add_property("COMMENT", &answer.reply.comment);
        }
    }
    let asked: &[_] = if invitation.reply.is_some() { &[] } else { &invitation.recipients };
    for invitee in asked {
        event.append_multi_property(
            Property::new("ATTENDEE", format!("mailto:{}", invitee.address))
                .add_parameter("CN", &parameter(&invitee.name))
                .add_parameter("ROLE", "REQ-PARTICIPANT")
                .add_parameter("PARTSTAT", "NEEDS-ACTION")
                .add_parameter("RSVP", "TRUE")
                .done(),
        );
    }
    let cancelled = invitation.kind == InvitationKind::Cancel;
    event.add_property("STATUS", if cancelled { "CANCELLED" } else { "CONFIRMED" });
    Calendar::new()
        .append_property(Property::new("METHOD", method(invitation)))
        .push(event.done())
        .done()
        .to_string()
}

/// RFC 5546 §3.2.3: the one attendee who answers; §3.2.2.3: and whom he sends.
fn attendee(answer: &ReplyLetter) -> Property {
    let status = match answer.reply.attendance {
        Attendance::Accepted => "ACCEPTED",
        Attendance::Declined => "DECLINED",
        Attendance::Delegated => "DELEGATED",
    };
    let mut property = Property::new("ATTENDEE", format!("mailto:{}", answer.attendee.address));
    property.add_parameter("CN", &parameter(&answer.attendee.name)).add_parameter("PARTSTAT", status);
    if let Some(substitute) = &answer.reply.substitute {
        property.add_parameter("DELEGATED-TO", &format!("mailto:{}", parameter(&substitute.address)));
    }
    property.done()
}

/// RFC 5545 §3.3.5, form 2: UTC.
fn utc(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.as_micros())
        .map(|moment| moment.strftime("%Y%m%dT%H%M%SZ").to_string())
        .unwrap_or_default()
}

/// RFC 5545 §3.2: a parameter value can hold no double quote.
fn parameter(text: &str) -> String {
    text.replace('"', "'").replace(char::is_control, " ")
}
