//! Who may do what: the one table of permissions.

use serde::{Deserialize, Serialize};

/// What a seat is in the meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// *Chủ trì*.
    Chair,
    /// *Người điều hành*.
    Moderator,
    /// *Thư ký*.
    Secretary,
    /// *Đại biểu*.
    Delegate,
    /// *Điểm cầu*: a room with many delegates.
    Site,
    /// *Khách mời*.
    Guest,
    /// Sees and hears only.
    Observer,
    /// *Kỹ thuật trung tâm*.
    Operator,
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Ok(match text {
            "chair" => Self::Chair,
            "moderator" => Self::Moderator,
            "secretary" => Self::Secretary,
            "delegate" => Self::Delegate,
            "site" => Self::Site,
            "guest" => Self::Guest,
            "observer" => Self::Observer,
            "operator" => Self::Operator,
            _ => return Err(UnknownRole),
        })
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Chair => "chair",
            Self::Moderator => "moderator",
            Self::Secretary => "secretary",
            Self::Delegate => "delegate",
            Self::Site => "site",
            Self::Guest => "guest",
            Self::Observer => "observer",
            Self::Operator => "operator",
        })
    }
}

/// The text names no role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRole;

impl std::fmt::Display for UnknownRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a role is chair, moderator, secretary, delegate, site, guest, observer or operator")
    }
}

impl std::error::Error for UnknownRole {}

/// An act that not everybody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// Send sound and pictures, raise a hand, write chat.
    TakePart,
    /// Switch off other people's microphones.
    Mute,
    /// See the waiting room, let in, turn away.
    Admit,
    /// Remove a participant.
    Remove,
    /// Lock the meeting.
    Lock,
    /// See how good everybody's line is.
    SeeLines,
    /// Give the floor.
    Call,
    /// End the meeting for all.
    End,
    /// Read chat addressed to the chair.
    ReadChairChat,
    /// Make a link for guests.
    InviteGuests,
    /// Change or cancel the plan.
    Edit,
}

impl Role {
    /// Whether the role, of itself, may do `act`.
    pub fn may(self, act: Act) -> bool {
        match act {
            Act::TakePart => self != Self::Observer,
            Act::Remove | Act::Lock | Act::Call => matches!(self, Self::Chair | Self::Moderator),
            Act::Mute => matches!(self, Self::Chair | Self::Moderator | Self::Operator),
            Act::Admit | Act::SeeLines => {
                matches!(self, Self::Chair | Self::Moderator | Self::Secretary | Self::Operator)
            }
            Act::ReadChairChat | Act::InviteGuests | Act::Edit => {
                matches!(self, Self::Chair | Self::Moderator | Self::Secretary)
            }
            Act::End => self == Self::Chair,
        }
    }

    /// Whether the organiser of the meeting may do `act` whatever his role: a meeting whose only
    /// chair is absent must not be stuck.
    pub(crate) fn organiser_may(act: Act) -> bool {
        matches!(act, Act::Admit | Act::ReadChairChat | Act::InviteGuests | Act::Edit | Act::End)
    }
}
