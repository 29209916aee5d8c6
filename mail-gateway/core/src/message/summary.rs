//! What a list of letters shows, computed once when a body is stored.

use base::Timestamp;
use mail_parser::{HeaderName, Message, parsers::fields::thread::thread_name};
use serde::{Deserialize, Serialize};

use super::{Address, address, mime::facts::Facts, parse, text};

/// The envelope-like facts of a letter (RFC 8621 §4.1.2 and §4.1.4). Absent headers are `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Summary {
    /// Ids of this letter; one, if its writer was sane.
    pub message_id: Option<Vec<String>>,
    /// What it answers.
    pub in_reply_to: Option<Vec<String>>,
    /// Its ancestors.
    pub references: Option<Vec<String>>,
    /// Who wrote for the author.
    pub sender: Option<Vec<Address>>,
    /// The author.
    pub from: Option<Vec<Address>>,
    /// Recipients.
    pub to: Option<Vec<Address>>,
    /// Recipients of a copy.
    pub cc: Option<Vec<Address>>,
    /// Hidden recipients; only in a sender's own copy.
    pub bcc: Option<Vec<Address>>,
    /// Where answers go.
    pub reply_to: Option<Vec<Address>>,
    /// The subject, decoded, in NFC.
    pub subject: Option<String>,
    /// The `Date` header in RFC 3339 with its own offset.
    pub sent_at: Option<String>,
    /// Octets.
    pub size: u64,
    /// Whether it carries files.
    pub has_attachment: bool,
    /// Its beginning, for lists.
    pub preview: String,
    /// What IMAP's lists ask; stored in a table of its own.
    #[serde(skip)]
    pub facts: Facts,
}

impl Summary {
    /// The `Date` header as a moment.
    pub fn sent(&self) -> Option<Timestamp> {
        let date = mail_parser::DateTime::parse_rfc3339(self.sent_at.as_deref()?)?;
        Some(Timestamp::from_seconds(date.to_timestamp()))
    }

    /// Reads `raw`.
    pub fn of(raw: &[u8]) -> Self {
        let message = parse::parse(raw);
        Self::read(raw, &message, &parse::plain_text(&message))
    }

    /// The same of a letter that is parsed already, whose text is `plain`.
    pub(crate) fn read(raw: &[u8], message: &Message<'_>, plain: &str) -> Self {
        let addresses = |name| message.header(name).and_then(|v| v.as_address()).map(address::flat);
        Self {
            message_id: parse::message_ids(message, HeaderName::MessageId),
            in_reply_to: parse::message_ids(message, HeaderName::InReplyTo),
            references: parse::message_ids(message, HeaderName::References),
            sender: addresses(HeaderName::Sender),
            from: addresses(HeaderName::From),
            to: addresses(HeaderName::To),
            cc: addresses(HeaderName::Cc),
            bcc: addresses(HeaderName::Bcc),
            reply_to: addresses(HeaderName::ReplyTo),
            subject: message.subject().map(text::nfc),
            sent_at: message.date().filter(|d| d.is_valid()).map(mail_parser::DateTime::to_rfc3339),
            size: u64::try_from(raw.len()).unwrap_or(u64::MAX),
            has_attachment: parse::has_attachment(message),
            preview: text::preview(plain),
            facts: Facts::of(raw),
        }
    }

    /// The subject without "Re:", "Fwd:" and the like, folded: what groups a thread (RFC 8621 §3).
    pub fn base_subject(&self) -> String {
        base::fold::fold(thread_name(self.subject.as_deref().unwrap_or_default())).trim().to_owned()
    }

    /// Every id that ties this letter to a thread, nearest first.
    pub fn thread_ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = Vec::new();
        let parents = self.references.iter().flatten().rev().take(MAX_REFERENCES);
        for id in self.message_id.iter().flatten().chain(self.in_reply_to.iter().flatten()).chain(parents) {
            if !ids.contains(&id.as_str()) {
                ids.push(id);
            }
        }
        ids.truncate(MAX_REFERENCES);
        ids
    }
}

/// Ancestors looked at for threading.
const MAX_REFERENCES: usize = 50;
