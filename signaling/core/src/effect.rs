//! What the world outside has to do about an event.

use base::id::SeatId;

use crate::{Event, Invitee, MediaKind, Meeting, Reply};

/// Work for the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Set a gate of the media plane; repeating it is harmless.
    Gate {
        /// Whose.
        seat: SeatId,
        /// Which track.
        kind: MediaKind,
        /// `true` forwards.
        open: bool,
    },
    /// Whether a seat's voice comes before others where not all can be heard; repeating it is harmless.
    Lead {
        /// Whose.
        seat: SeatId,
        /// `true`: it chairs or has the floor.
        leads: bool,
    },
    /// The seat's media is over.
    CloseMedia {
        /// Whose.
        seat: SeatId,
    },
    /// All media of the meeting is over.
    EndMedia,
    /// An answer goes to the organiser as a letter.
    Reply {
        /// Who answers.
        attendee: Box<Invitee>,
        /// What is said.
        reply: Reply,
        /// To whom.
        organiser: Box<Invitee>,
    },
    /// Letters go out.
    Invite {
        /// What they say.
        letter: Letter,
        /// To whom.
        recipients: Vec<Invitee>,
    },
}

/// Kind of letter about a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letter {
    /// First invitation.
    Request,
    /// Changed.
    Update,
    /// Called off, or no longer invited.
    Cancel,
}

impl Meeting {
    /// What has to be done about `event`, which this meeting has just recorded.
    pub fn effects(&self, event: &Event) -> Vec<Effect> {
        match event {
            Event::Created { plan, announced } if *announced => {
                letter(Letter::Request, plan.invitees.clone())
            }
            Event::Changed { letters, facts, added, dropped, .. } => {
                let mut effects =
                    if *letters { self.announce_change(*facts, added, dropped) } else { Vec::new() };
                effects.extend(self.voices());
                effects
            }
            Event::Answered { address, reply } => self.answered(address, reply),
            Event::Cancelled { .. } => {
                let invited = if self.is_announced() { self.plan().invitees.clone() } else { Vec::new() };
                let mut effects = letter(Letter::Cancel, invited);
                effects.push(Effect::EndMedia);
                effects
            }
            Event::Ended { .. } => vec![Effect::EndMedia],
            Event::Left { seat, .. } => vec![Effect::CloseMedia { seat: *seat }],
            Event::Entered { seat, .. }
            | Event::Returned { seat, .. }
            | Event::Admitted { seat, .. }
            | Event::Wished { seat, .. } => self.gates(*seat),
            Event::Muted { seat, .. } => vec![self.gate_effect(*seat, MediaKind::Microphone)],
            Event::Called { .. } => self.voices(),
            Event::Created { .. }
            | Event::Absent { .. }
            | Event::Hand { .. }
            | Event::Said { .. }
            | Event::Locked { .. }
            | Event::Track { .. } => Vec::new(),
        }
    }

    /// Every gate of a seat as it must stand now, and whether it leads.
    pub fn gates(&self, seat: SeatId) -> Vec<Effect> {
        let gates = MediaKind::ALL.into_iter().map(|kind| self.gate_effect(seat, kind));
        gates.chain([self.lead_effect(seat)]).collect()
    }

    /// Who is heard, and who before others.
    fn voices(&self) -> Vec<Effect> {
        let gates = self.seats().map(|seat| self.gate_effect(seat.id, MediaKind::Microphone));
        self.seats().map(|seat| self.lead_effect(seat.id)).chain(gates).collect()
    }

    fn lead_effect(&self, seat: SeatId) -> Effect {
        Effect::Lead { seat, leads: self.leads(seat) }
    }

    fn gate_effect(&self, seat: SeatId, kind: MediaKind) -> Effect {
        Effect::Gate { seat, kind, open: self.gate(seat, kind) }
    }

    fn answered(&self, address: &str, reply: &Reply) -> Vec<Effect> {
        let attendee = self.plan().invited_at(address).cloned();
        let organiser = self.plan().organiser.clone().filter(|organiser| !organiser.address.is_empty());
        let letter = attendee.zip(organiser).filter(|_| self.is_announced());
        letter
            .map(|(attendee, organiser)| Effect::Reply {
                attendee: Box::new(attendee),
                reply: reply.clone(),
                organiser: Box::new(organiser),
            })
            .into_iter()
            .collect()
    }

    /// Updates for those who stay, first invitations for the new, cancellations for those who go.
    fn announce_change(&self, facts: bool, added: &[String], dropped: &[Invitee]) -> Vec<Effect> {
        let (new, stay): (Vec<_>, Vec<_>) =
            self.plan().invitees.iter().cloned().partition(|who| added.contains(&who.address));
        let mut effects = if facts { letter(Letter::Update, stay) } else { Vec::new() };
        effects.extend(letter(Letter::Request, new));
        effects.extend(letter(Letter::Cancel, dropped.to_vec()));
        effects
    }
}

fn letter(letter: Letter, recipients: Vec<Invitee>) -> Vec<Effect> {
    if recipients.is_empty() { Vec::new() } else { vec![Effect::Invite { letter, recipients }] }
}
