//! Every command a client may send, parsed (RFC 9051 §6 and the extensions named at each).

use super::set::Set;
use crate::message::mime::section::Section;

/// A command and its tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    /// Repeated in the answer.
    pub tag: String,
    /// The command.
    pub command: Command,
}

/// A command. `by_uid` says that it was sent with `UID` before it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the arguments of the RFC's own commands")]
pub enum Command {
    Capability,
    Noop,
    Logout,
    Check,
    StartTls,
    Idle,
    Namespace,
    Close,
    Unselect,
    Unauthenticate,
    Compress,
    Id,
    Login {
        user: Vec<u8>,
        password: Vec<u8>,
    },
    Authenticate {
        mechanism: String,
        initial: Option<Vec<u8>>,
    },
    Enable(Vec<String>),
    Select {
        name: String,
        parameters: SelectParameters,
        read_only: bool,
    },
    Create {
        name: String,
    },
    Delete {
        name: String,
    },
    Rename {
        from: String,
        to: String,
    },
    Subscribe {
        name: String,
    },
    Unsubscribe {
        name: String,
    },
    List(List),
    Lsub {
        reference: String,
        pattern: String,
    },
    Status {
        name: String,
        items: Vec<StatusItem>,
    },
    Append {
        name: String,
        letters: Vec<Append>,
    },
    Replace {
        by_uid: bool,
        set: Set,
        name: String,
        letter: Append,
    },
    Expunge {
        uids: Option<Set>,
    },
    Search {
        by_uid: bool,
        results: Option<Vec<ResultOption>>,
        charset: Option<String>,
        key: Key,
    },
    Sort {
        by_uid: bool,
        results: Option<Vec<ResultOption>>,
        order: Vec<SortKey>,
        charset: String,
        key: Key,
    },
    Thread {
        by_uid: bool,
        algorithm: Algorithm,
        charset: String,
        key: Key,
    },
    Fetch {
        by_uid: bool,
        set: Set,
        items: Vec<Item>,
        changed_since: Option<i64>,
        vanished: bool,
    },
    Store {
        by_uid: bool,
        set: Set,
        unchanged_since: Option<i64>,
        change: FlagChange,
    },
    Copy {
        by_uid: bool,
        set: Set,
        name: String,
    },
    Move {
        by_uid: bool,
        set: Set,
        name: String,
    },
    GetQuota {
        root: String,
    },
    GetQuotaRoot {
        name: String,
    },
    MyRights {
        name: String,
    },
    ListRights {
        name: String,
        who: String,
    },
    GetAcl {
        name: String,
    },
    /// SETACL, DELETEACL, SETQUOTA: rights and quotas are the directory's.
    OfTheDirectory,
}

/// The parameters of SELECT and EXAMINE.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SelectParameters {
    /// `CONDSTORE` (RFC 7162 §3.1.8).
    pub condstore: bool,
    /// `QRESYNC` (RFC 7162 §3.2.5).
    pub qresync: Option<Resync>,
}

/// What a client remembers of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resync {
    /// The UIDVALIDITY it knew.
    pub uid_validity: u32,
    /// The mod-sequence up to which it knows everything.
    pub modseq: i64,
    /// The UIDs it knows.
    pub known: Option<Set>,
}

/// LIST with everything of RFC 5258, 5819, 6154.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    /// Selection options.
    pub only_subscribed: bool,
    /// Only folders with a special use.
    pub only_special: bool,
    /// Parents of matching folders are wanted too.
    pub recursive_match: bool,
    /// What patterns are relative to.
    pub reference: String,
    /// The patterns.
    pub patterns: Vec<String>,
    /// Whether subscriptions are to be named.
    pub return_subscribed: bool,
    /// Whether it used the extended form, which has no empty-pattern question.
    pub is_extended: bool,
    /// STATUS of every folder (RFC 5819).
    pub status: Option<Vec<StatusItem>>,
    /// MYRIGHTS of every folder (RFC 8440).
    pub my_rights: bool,
}

/// An item of STATUS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of RFC 9051 §6.3.11, RFC 7162, RFC 8474, RFC 7889")]
pub enum StatusItem {
    Messages,
    Recent,
    UidNext,
    UidValidity,
    Unseen,
    Deleted,
    Size,
    HighestModseq,
    MailboxId,
    AppendLimit,
}

/// A letter to be added.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Append {
    /// Its flags.
    pub flags: Vec<String>,
    /// Its internal date, µs since the epoch.
    pub date: Option<i64>,
    /// Its octets.
    pub octets: Vec<u8>,
}

/// What SEARCH and SORT are to return (RFC 4731, 5182, 5267).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of RFC 9051 §6.4.4")]
pub enum ResultOption {
    Min,
    Max,
    All,
    Count,
    Save,
}

/// A search key (RFC 9051 §6.4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// Every letter.
    All,
    /// All of these.
    And(Vec<Key>),
    /// Either.
    Or(Box<Key>, Box<Key>),
    /// Not this.
    Not(Box<Key>),
    /// Sequence numbers.
    Sequence(Set),
    /// UIDs.
    Uid(Set),
    /// Either of the two, looked up in the selected mailbox: ascending UIDs.
    Chosen(Vec<u32>),
    /// The result of the last search that saved one (RFC 5182).
    Saved,
    /// A flag, as the store keeps it.
    Flag(String),
    /// The day it arrived, against a day (days since the epoch).
    Arrived(Comparison, i64),
    /// The day of its `Date` field.
    Sent(Comparison, i64),
    /// Arrived at least so many seconds ago (RFC 5032).
    Older(i64),
    /// Arrived less than so many seconds ago.
    Younger(i64),
    /// Larger than so many octets.
    Larger(u64),
    /// Smaller than so many octets.
    Smaller(u64),
    /// Changed at or after a mod-sequence (RFC 7162 §3.1.5).
    Modseq(i64),
    /// Words in a field of the envelope.
    People(Field, String),
    /// Words in any other field; empty: the field is there.
    Header(String, String),
    /// Words in the text.
    Body(String),
    /// Words anywhere.
    Text(String),
    /// A letter's id (RFC 8474).
    EmailId(String),
    /// A conversation's id.
    ThreadId(String),
}

/// How a day compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-evident")]
pub enum Comparison {
    Before,
    On,
    Since,
}

/// Fields that are searched and sorted by without opening the letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the fields")]
pub enum Field {
    From,
    To,
    Cc,
    Bcc,
    Subject,
}

/// One key of SORT (RFC 5256, 5957).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortKey {
    /// Whether the order is reversed.
    pub reverse: bool,
    /// By what.
    pub by: SortBy,
}

/// What SORT orders by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of RFC 5256 §3 and RFC 5957")]
pub enum SortBy {
    Arrival,
    Date,
    Size,
    Subject,
    From,
    To,
    Cc,
    DisplayFrom,
    DisplayTo,
}

/// How THREAD groups (RFC 5256 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of RFC 5256")]
pub enum Algorithm {
    OrderedSubject,
    References,
}

/// An item of FETCH.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of RFC 9051 §6.4.5 and its extensions")]
pub enum Item {
    Flags,
    Envelope,
    InternalDate,
    Size,
    Uid,
    Structure,
    Body,
    Modseq,
    EmailId,
    ThreadId,
    Preview,
    Section { section: Section, peek: bool, partial: Option<(u32, u32)>, name: SectionName },
    Binary { section: Section, peek: bool, partial: Option<(u32, u32)> },
    BinarySize(Section),
}

/// Under which name a section is answered (RFC 3501 has `RFC822` names for three of them).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names themselves")]
pub enum SectionName {
    Body,
    Rfc822,
    Rfc822Header,
    Rfc822Text,
}

/// How flags change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagChange {
    /// Added, removed, or the new whole.
    pub how: How,
    /// Whether the answer is left out (`.SILENT`).
    pub silent: bool,
    /// The flags as they were sent.
    pub flags: Vec<String>,
}

/// Added, removed, or the new whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-evident")]
pub enum How {
    Add,
    Remove,
    Replace,
}
