//! Letters from inside: the webmail's (JMAP EmailSubmission) and the hub's own (invitations, reports).
//! They go the same way as letters from mail programs.

use std::{fmt, future::Future, pin::Pin};

use base::{LetterId, MailboxId, Timestamp, random::System};
use bytes::Bytes;
use directory_core::Poster;
use mail_gateway_core::{
    message::Handling,
    smtp::{
        Address, Recipient, Role, data,
        header::{self, Trace},
    },
};

use crate::{
    Mail,
    accept::{Addressee, Found, Incoming},
    ports::Resolution,
    screening::{self, Stopped},
    store::StoreError,
};

/// Who a letter is from and for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// `None` is the null sender: nobody is told when delivery fails.
    pub sender: Option<String>,
    /// Every recipient, Bcc included.
    pub recipients: Vec<String>,
}

/// Why a letter was not taken.
#[derive(Debug)]
pub enum SubmitError {
    /// There is no recipient.
    NoRecipients,
    /// The sender is not an address.
    BadSender(String),
    /// These recipients do not exist here or are not addresses; the letter was sent to nobody.
    BadRecipients(Vec<String>),
    /// These recipients are here and have no room; the letter was sent to nobody.
    Full(Vec<String>),
    /// These lists do not take letters of this sender; the letter was sent to nobody.
    ClosedRecipients(Vec<String>),
    /// The letter is larger than this many octets.
    TooLarge(u64),
    /// The letter itself is refused; the text is Vietnamese and English.
    Refused(String),
    /// The directory cannot answer now.
    Unavailable,
    /// The virus scanner cannot look at it now.
    Unscanned,
    /// Disk or database failed; trying again is safe.
    Store(StoreError),
}

impl fmt::Display for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRecipients => f.write_str("the letter has no recipients"),
            Self::BadSender(sender) => write!(f, "the sender “{sender}” is not an address"),
            Self::BadRecipients(recipients) => write!(f, "unknown recipients: {}", recipients.join(", ")),
            Self::Full(recipients) => write!(f, "mailbox full: {}", recipients.join(", ")),
            Self::ClosedRecipients(lists) => write!(f, "the sender may not write to: {}", lists.join(", ")),
            Self::TooLarge(limit) => write!(f, "the letter is larger than {limit} bytes"),
            Self::Refused(why) => f.write_str(why),
            Self::Unavailable => f.write_str("the directory cannot answer now"),
            Self::Unscanned => f.write_str("the virus scanner cannot answer now"),
            Self::Store(_) => f.write_str("the letter could not be stored"),
        }
    }
}

impl std::error::Error for SubmitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(cause) => Some(cause),
            _ => None,
        }
    }
}

impl Mail {
    /// Takes `letter`: local recipients have it, and the others' queue rows are durable, when this returns.
    /// Missing `Date` and `Message-ID` are added, `Bcc` is removed. The caller has checked that the
    /// sender may send as `envelope.sender`.
    ///
    /// # Errors
    /// See [`SubmitError`]; then nobody got the letter.
    pub async fn submit(&self, envelope: &Envelope, letter: &[u8]) -> Result<LetterId, SubmitError> {
        self.take(None, envelope, letter).await
    }

    /// Like [`Mail::submit`], but a letter handed in again under the same `key` is not sent again.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub async fn submit_once(
        &self,
        key: &str,
        envelope: &Envelope,
        letter: &[u8],
    ) -> Result<LetterId, SubmitError> {
        self.take(Some(key.to_owned()), envelope, letter).await
    }

    /// Like [`Mail::submit_once`] for a letter a person writes: refused where there is no room for it,
    /// and when it carries a mark of state secrecy or a program.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub async fn submit_where_it_fits(
        &self,
        key: &str,
        envelope: &Envelope,
        letter: &[u8],
    ) -> Result<LetterId, SubmitError> {
        let sender = envelope.sender.as_deref().unwrap_or_default();
        let screened = screening::screen(Bytes::copy_from_slice(letter), "webmail", sender).await;
        if let Err(stopped) = screened.map_err(SubmitError::Store)? {
            return Err(SubmitError::Refused(stopped.to_string()));
        }
        if let Some(name) = self.inner.scanners.virus(letter).await.map_err(|_| SubmitError::Unscanned)? {
            return Err(SubmitError::Refused(Stopped::infected(name, "webmail", sender).to_string()));
        }
        let mut full = Vec::new();
        for addressee in self.addressees(envelope).await? {
            let Some(mailboxes) = &addressee.mailboxes else { continue };
            match self.inner.fits(mailboxes, letter.len() as u64).await {
                Recipient::Full | Recipient::TooSmall => full.push(addressee.address.to_string()),
                Recipient::Unavailable => return Err(SubmitError::Unavailable),
                _ => {}
            }
        }
        if full.is_empty() {
            self.submit_once(key, envelope, letter).await
        } else {
            Err(SubmitError::Full(full))
        }
    }

    /// A `lettre` transport into this hub's queue for the one letter known as `key`.
    pub fn transport(&self, key: &str) -> Transport {
        Transport { mail: self.clone(), key: key.to_owned() }
    }

    async fn take(
        &self,
        key: Option<String>,
        envelope: &Envelope,
        letter: &[u8],
    ) -> Result<LetterId, SubmitError> {
        let sender = match envelope.sender.as_deref() {
            None | Some("") => None,
            Some(text) => Some(Address::parse(text).ok_or_else(|| SubmitError::BadSender(text.to_owned()))?),
        };
        let addressees = self.addressees(envelope).await?;
        let limit = self.inner.config.max_size;
        if letter.len() as u64 > limit {
            return Err(SubmitError::TooLarge(limit));
        }
        let letter = data::with_crlf(letter);
        let (block, body) = letter.split_at(header::header_end(&letter).unwrap_or(letter.len()));
        let trace = Trace {
            domain: &self.inner.domain,
            sender: sender.as_ref(),
            recipient: None,
            helo: "localhost",
            peer: None,
            protocol: "HTTP",
            now: Timestamp::now(),
        };
        let mut whole = header::prepare(block, Role::Submission, None, &trace, &mut System)
            .map_err(|reply| SubmitError::Refused(reply.text))?;
        whole.extend_from_slice(body);
        let international = !block.is_ascii()
            || sender.iter().chain(addressees.iter().map(|a| &a.address)).any(Address::is_international);
        let incoming = Incoming {
            key,
            sender,
            addressees,
            eight_bit: !letter.is_ascii(),
            international,
            handling: Handling { priority: header::priority(block), ..Handling::default() },
            marks: Default::default(),
            letter: whole.into(),
            reading: None,
        };
        self.inner.accept(incoming).await.map_err(SubmitError::Store)
    }

    /// The mailbox that sends; none when the hub itself does, under an address that nobody reads.
    async fn own_mailboxes(&self, sender: Option<&str>) -> Result<Vec<MailboxId>, SubmitError> {
        let Some(sender) = sender.filter(|sender| !sender.is_empty()) else { return Ok(Vec::new()) };
        let resolved = self.inner.ports.addresses.resolve(sender, Poster::Outside).await;
        match resolved.map_err(|_| SubmitError::Unavailable)? {
            Resolution::Local(mailboxes) => Ok(mailboxes),
            Resolution::Closed | Resolution::Unknown | Resolution::NotOurs => Ok(Vec::new()),
        }
    }

    async fn addressees(&self, envelope: &Envelope) -> Result<Vec<Addressee>, SubmitError> {
        let own = self.own_mailboxes(envelope.sender.as_deref()).await?;
        let poster = if own.is_empty() { Poster::Hub } else { Poster::Inside(&own) };
        let (mut found, mut bad, mut closed) = (Vec::new(), Vec::new(), Vec::new());
        for text in &envelope.recipients {
            let addressee = match Address::parse(text) {
                Some(address) => Addressee::find(&self.inner, address, poster).await,
                None => Ok(Found::Nobody),
            };
            match addressee.map_err(|_| SubmitError::Unavailable)? {
                Found::Way(addressee) => found.push(addressee),
                Found::Closed => closed.push(text.clone()),
                Found::Nobody => bad.push(text.clone()),
            }
        }
        if !bad.is_empty() {
            return Err(SubmitError::BadRecipients(bad));
        }
        if !closed.is_empty() {
            return Err(SubmitError::ClosedRecipients(closed));
        }
        if found.is_empty() {
            return Err(SubmitError::NoRecipients);
        }
        Ok(found)
    }
}

/// Hands letters that `lettre` built to the hub's own queue; see [`Mail::transport`].
#[derive(Clone)]
pub struct Transport {
    mail: Mail,
    key: String,
}

impl lettre::AsyncTransport for Transport {
    type Ok = LetterId;
    type Error = SubmitError;

    // Written out because lettre's trait is made by `async_trait`.
    fn send_raw<'a, 'b, 'c, 'd>(
        &'a self,
        envelope: &'b lettre::address::Envelope,
        letter: &'c [u8],
    ) -> Pin<Box<dyn Future<Output = Result<LetterId, SubmitError>> + Send + 'd>>
    where
        'a: 'd,
        'b: 'd,
        'c: 'd,
        Self: 'd,
    {
        let envelope = Envelope {
            sender: envelope.from().map(ToString::to_string),
            recipients: envelope.to().iter().map(ToString::to_string).collect(),
        };
        Box::pin(async move { self.mail.submit_once(&self.key, &envelope, letter).await })
    }
}
