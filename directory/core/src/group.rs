//! Addresses that stand for people: lists (*nhóm người nhận*) and positions (*địa chỉ theo chức vụ*).
//! Who is behind one is found when a letter arrives, so that nobody keeps lists of names.

use base::{
    fold::fold,
    id::{GroupId, MailboxId, PersonId, UnitId},
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Period;

/// What a group's address means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum GroupKind {
    /// A list: everybody behind it gets the letter.
    List,
    /// A position: whoever holds it today; while nobody does, the agency mailbox of its unit.
    Position,
}

/// How far below its unit a rule looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Reach {
    /// The unit's own people.
    Unit,
    /// Also those of its divisions and centres.
    Divisions,
    /// Also those of every unit below.
    Everything,
}

/// Who may write to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Posting {
    /// Its members, and the agency mailbox of its unit.
    Members,
    /// Every mailbox of this hub.
    Inside,
    /// Also the outside.
    Anyone,
}

/// Whom a rule finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// In which unit.
    pub unit: UnitId,
    /// And how far below.
    pub reach: Reach,
    /// Only holders of this title, diacritics and case aside; empty: everybody.
    pub title: String,
}

/// Somebody who belongs to a group by name: a guest of a list, the acting holder of a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub person: PersonId,
    /// From when to when.
    pub valid: Period,
}

/// People behind one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// What its address means.
    pub kind: GroupKind,
    /// Whom it finds; `None`: named members alone.
    pub rule: Option<Rule>,
    /// Who may write to it.
    pub posting: Posting,
    /// Members by name.
    pub members: Vec<Member>,
}

/// Who hands a letter in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Poster<'a> {
    /// A stranger; what a letter claims in *From* counts for nothing.
    Outside,
    /// Somebody signed in who sends for these mailboxes.
    Inside(&'a [MailboxId]),
    /// The hub itself: invitations, reports.
    Hub,
}

impl Rule {
    /// Whether holding a position of this title is meant.
    pub fn means(&self, title: &str) -> bool {
        let wanted = self.title.trim();
        wanted.is_empty() || fold(wanted) == fold(title.trim())
    }
}

impl Posting {
    /// Whether `poster` may write to a group with these members; `agency` is its unit's mailbox.
    pub fn admits(self, poster: Poster<'_>, members: &[MailboxId], agency: Option<MailboxId>) -> bool {
        match (self, poster) {
            (Self::Anyone, _) | (_, Poster::Hub) => true,
            (_, Poster::Outside) => false,
            (Self::Inside, Poster::Inside(_)) => true,
            (Self::Members, Poster::Inside(own)) => {
                own.iter().any(|mailbox| members.contains(mailbox) || agency == Some(*mailbox))
            }
        }
    }
}

macro_rules! words {
    ($($name:ident { $($variant:ident = $word:literal),* })*) => {$(
        impl $name {
            /// The stable word in the store.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// What the store's word means.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    )*};
}

words! {
    GroupKind { List = "list", Position = "position" }
    Reach { Unit = "unit", Divisions = "divisions", Everything = "everything" }
    Posting { Members = "members", Inside = "inside", Anyone = "anyone" }
}

#[cfg(test)]
mod tests {
    use base::id::MailboxId;

    use super::{Poster, Posting};

    #[test]
    fn only_who_a_list_is_open_to_may_write_to_it() {
        let (member, agency, other) =
            (MailboxId::from_u128(1), MailboxId::from_u128(2), MailboxId::from_u128(3));
        fn admits(posting: Posting, poster: Poster<'_>) -> bool {
            posting.admits(poster, &[MailboxId::from_u128(1)], Some(MailboxId::from_u128(2)))
        }
        assert!(!admits(Posting::Members, Poster::Inside(&[other])));
        assert!(admits(Posting::Members, Poster::Inside(&[other, member])));
        assert!(admits(Posting::Members, Poster::Inside(&[agency])));
        assert!(admits(Posting::Inside, Poster::Inside(&[other])));
        assert!(!admits(Posting::Inside, Poster::Outside));
        assert!(admits(Posting::Anyone, Poster::Outside));
        assert!(admits(Posting::Members, Poster::Hub));
    }
}
