//! The folders every account has, with their official Vietnamese names (RFC 8621 §2, RFC 6154).

use std::fmt;

/// The purpose of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Where letters arrive.
    Inbox,
    /// Letters being written.
    Drafts,
    /// Letters that were sent.
    Sent,
    /// Letters kept out of the way.
    Archive,
    /// Letters taken for spam.
    Junk,
    /// Letters to be deleted.
    Trash,
}

impl Role {
    /// Every role, in the order of the folder list.
    pub const ALL: [Self; 6] =
        [Self::Inbox, Self::Drafts, Self::Sent, Self::Archive, Self::Junk, Self::Trash];

    /// The JMAP role, which is also the id of the folder within its account.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Drafts => "drafts",
            Self::Sent => "sent",
            Self::Archive => "archive",
            Self::Junk => "junk",
            Self::Trash => "trash",
        }
    }

    /// The name on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inbox => "Hộp thư đến",
            Self::Drafts => "Thư nháp",
            Self::Sent => "Thư đã gửi",
            Self::Archive => "Lưu trữ",
            Self::Junk => "Thư rác",
            Self::Trash => "Thùng rác",
        }
    }

    /// The role called `name` in JMAP.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The keyword of a letter that somebody of an agency has dealt with (*đã xử lý*): no registered one says
/// so, and mail programs show this one as it is.
pub const HANDLED: &str = "da-xu-ly";

/// Whether `keyword` may be set on a letter: 1–255 printable ASCII characters without those that
/// IMAP atoms exclude (RFC 8621 §4.1.1).
pub fn is_keyword(keyword: &str) -> bool {
    (1..=255).contains(&keyword.len())
        && keyword.bytes().all(|b| (0x21..=0x7e).contains(&b) && !b"(){]%*\"\\".contains(&b))
}
