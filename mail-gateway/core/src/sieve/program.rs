//! A checked script: only what exists, with arguments of the right kind.

use super::text::Text;

/// A script that can be run.
#[derive(Debug, Clone)]
pub struct Script {
    pub(super) statements: Vec<Statement>,
    /// It asks what was seen before (`duplicate`, `vacation`).
    pub(super) remembers: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Statement {
    /// Branches and what to do otherwise.
    If(Vec<(Test, Vec<Statement>)>, Vec<Statement>),
    Stop,
    Keep(Option<Vec<Text>>),
    Discard,
    FileInto(FileInto),
    Redirect {
        address: Text,
        copy: bool,
    },
    Reject(Text),
    Vacation(Box<Vacation>),
    Set {
        name: String,
        value: Text,
        modifiers: Vec<Modifier>,
    },
    Flags {
        act: FlagAct,
        variable: Option<String>,
        flags: Vec<Text>,
    },
}

#[derive(Debug, Clone)]
pub(super) struct FileInto {
    pub(super) folder: Text,
    pub(super) copy: bool,
    /// RFC 5490 §3.2.
    pub(super) create: bool,
    pub(super) flags: Option<Vec<Text>>,
    /// RFC 8579 §4.
    pub(super) special_use: Option<Text>,
}

/// RFC 5230.
#[derive(Debug, Clone)]
pub(super) struct Vacation {
    pub(super) seconds: u64,
    pub(super) subject: Option<Text>,
    pub(super) from: Option<Text>,
    pub(super) addresses: Vec<Text>,
    pub(super) mime: bool,
    pub(super) handle: Option<Text>,
    pub(super) reason: Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FlagAct {
    Set,
    Add,
    Remove,
}

/// RFC 5229 §4.1, in the order in which they are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Modifier {
    Lower,
    Upper,
    LowerFirst,
    UpperFirst,
    QuoteWildcard,
    Length,
}

impl Modifier {
    /// RFC 5229 §4.1: two of one precedence exclude each other.
    pub(super) fn precedence(self) -> u8 {
        match self {
            Self::Lower | Self::Upper => 40,
            Self::LowerFirst | Self::UpperFirst => 30,
            Self::QuoteWildcard => 20,
            Self::Length => 10,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) enum Test {
    True,
    False,
    Not(Box<Test>),
    All(Vec<Test>),
    Any(Vec<Test>),
    Exists(Vec<Text>),
    Size {
        over: bool,
        limit: u64,
    },
    Header(Headers),
    Address {
        headers: Headers,
        part: Part,
    },
    Envelope {
        parts: Vec<EnvelopePart>,
        part: Part,
        how: Matching,
        keys: Vec<Text>,
    },
    Body {
        transform: Transform,
        how: Matching,
        keys: Vec<Text>,
    },
    /// `string` of RFC 5229.
    Strings {
        sources: Vec<Text>,
        how: Matching,
        keys: Vec<Text>,
    },
    HasFlag {
        variables: Vec<String>,
        how: Matching,
        keys: Vec<Text>,
    },
    Date {
        moment: Moment,
        zone: Option<Zone>,
        part: String,
        how: Matching,
        keys: Vec<Text>,
    },
    MailboxExists(Vec<Text>),
    SpecialUseExists {
        folder: Option<Text>,
        uses: Vec<Text>,
    },
    Duplicate(Box<Duplicate>),
}

#[derive(Debug, Clone)]
pub(super) struct Headers {
    pub(super) names: Vec<Text>,
    pub(super) index: Option<Index>,
    pub(super) how: Matching,
    pub(super) keys: Vec<Text>,
}

/// RFC 5260 §6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Index {
    /// From one.
    pub(super) number: usize,
    pub(super) from_last: bool,
}

/// RFC 7352.
#[derive(Debug, Clone)]
pub(super) struct Duplicate {
    pub(super) handle: Option<Text>,
    pub(super) header: Option<Text>,
    pub(super) unique: Option<Text>,
    pub(super) seconds: u64,
    pub(super) last: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EnvelopePart {
    From,
    To,
}

/// The part of an address (§2.7.4, RFC 5233).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    All,
    Local,
    Domain,
    User,
    Detail,
}

/// RFC 5173 §5.
#[derive(Debug, Clone)]
pub(super) enum Transform {
    Raw,
    Content(Vec<String>),
    Text,
}

/// RFC 5260 §4.
#[derive(Debug, Clone)]
pub(super) enum Moment {
    Header { name: Text, index: Option<Index> },
    Now,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    /// Seconds east of Greenwich.
    Offset(i32),
    Original,
}

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Matching {
    pub(super) kind: MatchKind,
    pub(super) comparator: Comparator,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MatchKind {
    Is,
    Contains,
    Matches,
    /// RFC 5231.
    Value(Relation),
    /// RFC 5231.
    Count(Relation),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
}

/// RFC 4790, RFC 5051.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparator {
    Octet,
    AsciiCasemap,
    AsciiNumeric,
    UnicodeCasemap,
}
