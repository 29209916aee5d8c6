//! What this server can, as it may be said at each stage of a connection (RFC 9051 §6.1.1).

use crate::sasl::Mechanism;

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage<'a> {
    /// Octets are encrypted.
    pub encrypted: bool,
    /// Somebody has signed in.
    pub signed_in: bool,
    /// The mechanisms by which one may sign in here.
    pub mechanisms: &'a [Mechanism],
}

/// The capabilities at `stage`; `append_limit` is the largest letter taken.
pub fn list(stage: Stage<'_>, append_limit: u64) -> String {
    let mut names: Vec<&str> = vec!["IMAP4rev2", "IMAP4rev1", "LITERAL+", "SASL-IR", "ID", "ENABLE"];
    if stage.signed_in {
        names.extend(SIGNED_IN);
        return format!("{} APPENDLIMIT={append_limit}", names.join(" "));
    }
    if stage.encrypted {
        let offered = stage.mechanisms.iter().map(|mechanism| format!(" AUTH={}", mechanism.name()));
        return names.join(" ") + &offered.collect::<String>();
    } else {
        // RFC 9051 §11.1: no password travels in clear.
        names.extend(["STARTTLS", "LOGINDISABLED"]);
    }
    names.join(" ")
}

/// What `ENABLE` may name.
pub const ENABLED: [&str; 4] = ["CONDSTORE", "QRESYNC", "UTF8=ACCEPT", "IMAP4REV2"];

const SIGNED_IN: [&str; 32] = [
    "COMPRESS=DEFLATE",
    "IDLE",
    "NAMESPACE",
    "UNSELECT",
    "UIDPLUS",
    "MOVE",
    "CHILDREN",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "LIST-MYRIGHTS",
    "SPECIAL-USE",
    "STATUS=SIZE",
    "MULTIAPPEND",
    "BINARY",
    "ESEARCH",
    "SEARCHRES",
    "WITHIN",
    "SORT",
    "SORT=DISPLAY",
    "ESORT",
    "THREAD=REFERENCES",
    "THREAD=ORDEREDSUBJECT",
    "CONDSTORE",
    "QRESYNC",
    "UTF8=ACCEPT",
    "QUOTA",
    "QUOTA=RES-STORAGE",
    "ACL",
    "OBJECTID",
    "PREVIEW",
    "REPLACE",
    "UNAUTHENTICATE",
];
