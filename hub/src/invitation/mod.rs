//! An invitation: where a meeting becomes a letter.

mod calendar;
mod letter;

use jiff::tz::TimeZone;
use signaling::ports::Invitation;

pub use letter::compose;

/// What every letter about a meeting has in common on this hub.
#[derive(Debug, Clone)]
pub struct Letterhead {
    /// The mail domain; right side of the Message-ID and of the calendar's UID.
    pub domain: String,
    /// The zone of every time in the text.
    pub zone: TimeZone,
    /// The address people open, without a slash at its end.
    pub public_url: String,
    /// Name and address of who writes when nobody in particular does.
    pub office: (String, String),
}

impl Letterhead {
    /// Where the invited join.
    fn link(&self, invitation: &Invitation) -> String {
        format!("{}/hop/{}", self.public_url, invitation.meeting)
    }

    /// Name and address of who writes: whoever answers, else whoever invites.
    fn sender(&self, invitation: &Invitation) -> (String, String) {
        let answers = invitation.reply.as_ref().map(|answer| &answer.attendee);
        answers.map_or_else(|| self.organiser(invitation), |who| (who.name.clone(), who.address.clone()))
    }

    /// Name and address of who invites.
    fn organiser(&self, invitation: &Invitation) -> (String, String) {
        let organiser = invitation.organiser.as_ref().filter(|o| !o.address.is_empty());
        organiser.map_or_else(|| self.office.clone(), |o| (o.name.clone(), o.address.clone()))
    }
}

#[cfg(test)]
mod tests;
