//! BDAT (RFC 3030): letters in counted chunks, told apart from commands by counting alone.

use super::{
    Reply, Session, Step,
    session::State,
    transaction::{Body, too_large},
};

impl Session {
    /// `BDAT octets [LAST]`. Its octets follow at once, whatever the answer will be.
    pub(super) fn bdat(&mut self, octets: u64, last: bool) {
        let bound = self.settings.max_size.saturating_mul(2).saturating_add(1 << 20);
        if octets > bound {
            // Dropping so much would make us read for ever.
            return self.close(&too_large(self.settings.max_size));
        }
        let body = match (self.chunking.take(), self.envelope.take()) {
            (Some(body), _) => Some(body),
            (None, Some(envelope)) if envelope.recipients.is_empty() => {
                self.envelope = Some(envelope);
                None
            }
            (None, envelope) => envelope.map(|envelope| Box::new(Body::in_chunks(envelope))),
        };
        match body {
            Some(mut body) => {
                body.next_chunk(octets, last);
                self.state = State::Body(body);
            }
            None => {
                // RFC 3030 §2: refused, and its octets are not commands.
                let reply = Reply::new(503, "5.5.1", "BDAT needs MAIL and an accepted RCPT");
                self.state = State::Dropping(octets, reply);
            }
        }
    }

    /// A chunk is whole; the next command may be anything, RSET too.
    pub(super) fn keep_chunk(&mut self, body: Box<Body>) {
        self.chunking = Some(body);
        self.reply(&Reply::new(250, "2.0.0", "Chunk received"));
    }

    /// Drops octets of a refused chunk; `None` means poll again.
    pub(super) fn poll_dropping(&mut self, left: u64, reply: Reply) -> Option<Step> {
        let used = usize::try_from(left).unwrap_or(usize::MAX).min(self.input.len());
        self.input.drain(..used);
        match left - used as u64 {
            0 => {
                self.protest(&reply);
                None
            }
            left => {
                self.state = State::Dropping(left, reply);
                Some(Step::Read)
            }
        }
    }

    /// Forgets the envelope and what came of a letter, then answers (RSET, EHLO).
    pub(super) fn forget_letter(&mut self, reply: Reply) {
        self.envelope = None;
        if self.chunking.take().is_some() {
            self.state = State::Discarding(reply);
        } else {
            self.reply(&reply);
        }
    }
}
