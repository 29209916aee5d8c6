//! One letter on its way through a session: envelope, then octets.

use base::{Timestamp, random::Random};

use super::{
    Account, Address, Reply, Role,
    data::{Chunk, Decoder, Progress},
    header::{self, Trace},
};
use crate::message::{Handling, Wishes};

/// Who a letter is from and for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// `None` is the null sender, `<>`.
    pub sender: Option<Address>,
    /// Accepted recipients, without doubles.
    pub recipients: Vec<Destination>,
    /// The letter has octets above 127 (RFC 6152).
    pub eight_bit: bool,
    /// The letter needs SMTPUTF8 on its further way (RFC 6531).
    pub international: bool,
    /// What the sender asks about its delivery.
    pub handling: Handling,
}

/// One accepted recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The address.
    pub address: Address,
    /// What the sender wants to hear of it.
    pub wishes: Wishes,
}

/// Why a complete letter could not be kept; the peer is told to come back or to give up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreFailure {
    /// No space.
    Full,
    /// Disk or database failed.
    Broken,
}

impl StoreFailure {
    /// What the peer is told; its queue keeps the letter.
    pub fn reply(self) -> Reply {
        match self {
            Self::Full => Reply::both(
                452,
                "4.3.1",
                "Máy chủ tạm hết chỗ chứa, thư sẽ được nhận sau",
                "Insufficient system storage",
            ),
            Self::Broken => {
                Reply::both(451, "4.3.0", "Máy chủ tạm thời chưa nhận được thư", "Local error in processing")
            }
        }
    }
}

/// How the end of a letter is told.
#[derive(Debug)]
enum Framing {
    /// By a line with a dot (DATA).
    Dots(Decoder),
    /// By counting (BDAT, RFC 3030).
    Chunk(Chunk),
}

/// A letter between `354` and its end.
#[derive(Debug)]
pub(super) struct Body {
    framing: Framing,
    /// Octets seen so far, decoded.
    size: u64,
    /// The header while it is being collected.
    header: Option<Vec<u8>>,
    /// Set when the letter will be refused at its end; its octets are dropped until then.
    refusal: Option<Reply>,
    pub(super) envelope: Envelope,
}

/// What came of a piece of input.
pub(super) struct Taken {
    /// Octets of input used.
    pub(super) used: usize,
    /// Octets for the spool.
    pub(super) spool: Vec<u8>,
    /// How the letter stands.
    pub(super) state: Standing,
}

pub(super) enum Standing {
    /// It goes on.
    More,
    /// The chunk is whole, further ones follow.
    Chunk,
    /// It is complete: keep it.
    Complete,
    /// It is over and refused.
    Refused(Reply),
    /// It is refused and the connection cannot be trusted any more.
    Broken(Reply),
}

/// What [`Body::handle`] needs to know beside the octets.
pub(super) struct Surroundings<'a> {
    pub(super) role: Role,
    pub(super) account: Option<&'a Account>,
    pub(super) domain: &'a str,
    pub(super) helo: &'a str,
    pub(super) peer: Option<std::net::IpAddr>,
    pub(super) protocol: &'a str,
    pub(super) max_size: u64,
    pub(super) now: Timestamp,
}

impl Body {
    pub(super) fn new(envelope: Envelope) -> Self {
        Self::framed(Framing::Dots(Decoder::default()), envelope)
    }

    /// A letter that comes in chunks; [`Body::next_chunk`] announces each.
    pub(super) fn in_chunks(envelope: Envelope) -> Self {
        Self::framed(Framing::Chunk(Chunk::new(envelope.handling.binary)), envelope)
    }

    fn framed(framing: Framing, envelope: Envelope) -> Self {
        Self { framing, size: 0, header: Some(Vec::new()), refusal: None, envelope }
    }

    /// The next `octets` are of this letter.
    pub(super) fn next_chunk(&mut self, octets: u64, last: bool) {
        if let Framing::Chunk(chunk) = &mut self.framing {
            chunk.announce(octets, last);
        }
    }

    /// Whether no input is needed to go on.
    pub(super) fn is_chunk_whole(&self) -> bool {
        matches!(&self.framing, Framing::Chunk(chunk) if chunk.is_whole())
    }

    /// Refuses the letter at its end; for a spool that failed.
    pub(super) fn refuse(&mut self, reply: Reply) {
        self.refusal.get_or_insert(reply);
        self.header = None;
    }

    pub(super) fn handle(&mut self, input: &[u8], around: &Surroundings, random: &mut dyn Random) -> Taken {
        let mut fresh = Vec::with_capacity(input.len());
        let (progress, counted) = match &mut self.framing {
            Framing::Dots(decoder) => (decoder.decode(input, &mut fresh), false),
            Framing::Chunk(chunk) => (chunk.decode(input, &mut fresh), true),
        };
        let used = match progress {
            Progress::End(used) | Progress::Chunk(used) => used,
            Progress::More | Progress::BareLineBreak => input.len(),
        };
        if progress == Progress::BareLineBreak && !counted {
            // RFC 5321 §2.3.8: CR and LF must not stand alone. What follows might be meant as commands.
            return Taken { used, spool: Vec::new(), state: Standing::Broken(bare_line_break()) };
        }
        if matches!(&self.framing, Framing::Chunk(chunk) if chunk.is_broken()) {
            // Where the letter ends is certain here; the next server might see it otherwise.
            self.refuse(bare_line_break());
        }
        self.size += fresh.len() as u64;
        if self.size > around.max_size && self.refusal.is_none() {
            self.refuse(too_large(around.max_size));
        }
        if self.size > around.max_size.saturating_mul(2).saturating_add(1 << 20) {
            // Waiting for the end would make us read for ever.
            let state = Standing::Broken(too_large(around.max_size));
            return Taken { used, spool: Vec::new(), state };
        }
        let ended = matches!(progress, Progress::End(_));
        let spool = self.pass_on(fresh, ended, around, random);
        let state = match (progress, self.refusal.take()) {
            (Progress::End(_) | Progress::Chunk(_), Some(reply)) => Standing::Refused(reply),
            (Progress::End(_), None) => Standing::Complete,
            (Progress::Chunk(_), None) => Standing::Chunk,
            (_, refusal) => {
                self.refusal = refusal;
                Standing::More
            }
        };
        Taken { used, spool, state }
    }

    /// Holds the header back until it is whole, then lets it through completed.
    fn pass_on(
        &mut self,
        fresh: Vec<u8>,
        ended: bool,
        around: &Surroundings,
        random: &mut dyn Random,
    ) -> Vec<u8> {
        if self.refusal.is_some() {
            return Vec::new();
        }
        self.envelope.eight_bit |= !fresh.is_ascii();
        let Some(mut held) = self.header.take() else { return fresh };
        // The end of the header may straddle two pieces: look again from three octets before.
        let from = held.len().saturating_sub(3);
        held.extend_from_slice(&fresh);
        let end = if from == 0 {
            header::header_end(&held)
        } else {
            held.get(from..)
                .and_then(|tail| tail.windows(4).position(|four| four == b"\r\n\r\n"))
                .map(|at| from + at + 4)
        };
        let end = match end {
            Some(end) => end,
            None if ended => held.len(),
            None if held.len() > MAX_HEADER => {
                self.refuse(Reply::both(552, "5.3.4", "Phần đầu thư quá lớn", "Message header too large"));
                return Vec::new();
            }
            None => {
                self.header = Some(held);
                return Vec::new();
            }
        };
        let (block, rest) = held.split_at(end);
        self.envelope.international &= self.has_international_address() || !block.is_ascii();
        if around.role == Role::Submission {
            // Strangers do not decide what is urgent here.
            let priority = header::priority(block).max(self.envelope.handling.priority);
            self.envelope.handling.priority = priority;
        }
        match header::prepare(block, around.role, around.account, &self.trace(around), random) {
            Ok(mut prepared) => {
                prepared.extend_from_slice(rest);
                prepared
            }
            Err(reply) => {
                self.refuse(reply);
                Vec::new()
            }
        }
    }

    fn has_international_address(&self) -> bool {
        let recipients = self.envelope.recipients.iter().map(|recipient| &recipient.address);
        self.envelope.sender.iter().chain(recipients).any(Address::is_international)
    }

    fn trace<'a>(&'a self, around: &Surroundings<'a>) -> Trace<'a> {
        Trace {
            domain: around.domain,
            sender: self.envelope.sender.as_ref(),
            recipient: match self.envelope.recipients.as_slice() {
                [only] => Some(&only.address),
                _ => None,
            },
            helo: around.helo,
            peer: around.peer,
            protocol: around.protocol,
            now: around.now,
        }
    }
}

fn bare_line_break() -> Reply {
    Reply::both(
        550,
        "5.6.11",
        "Thư có ký tự xuống dòng sai chuẩn (CR hoặc LF đứng riêng)",
        "Bare CR or LF in message data refused",
    )
}

/// Refuses a letter above the limit (RFC 1870 §6).
pub(super) fn too_large(limit: u64) -> Reply {
    let megabytes = limit / (1024 * 1024);
    Reply::both(
        552,
        "5.3.4",
        &format!("Thư vượt quá dung lượng cho phép ({megabytes} MB)"),
        &format!("Message exceeds the size limit of {limit} bytes"),
    )
}

/// Octets a header may have.
const MAX_HEADER: usize = 256 * 1024;
