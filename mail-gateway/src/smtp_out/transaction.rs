//! One letter through an open connection: the envelope in one flight when PIPELINING is offered, the
//! letter, and an outcome for every recipient.

use std::{borrow::Cow, time::Duration};

use mail_gateway_core::{
    message::{Priority, seven_bit},
    queue::{Answer, Onward, Outcome},
    smtp::{Destination, Reply, data::Stuffer},
};

use super::{
    Outgoing,
    client::{ANSWER, Broken, Connected, said},
};

impl Connected {
    /// Sends `outgoing`; one outcome per recipient, in their order.
    ///
    /// It is signed as `domain` here, because a letter that was re-encoded for this server is another one.
    pub(super) async fn send(
        &mut self,
        domain: &str,
        outgoing: &Outgoing<'_>,
    ) -> Result<Vec<Outcome>, Broken> {
        self.letters += 1;
        let plan = match self.plan(domain, outgoing) {
            Ok(plan) => plan,
            Err(answer) => return Ok(vec![Outcome::Permanent(answer); outgoing.recipients.len()]),
        };
        // RFC 9422 §4.2: more recipients than the server takes at once go in further transactions.
        let most = self.offers.max_recipients.unwrap_or(usize::MAX);
        let mut outcomes = Vec::with_capacity(outgoing.recipients.len());
        for recipients in outgoing.recipients.chunks(most) {
            outcomes.extend(self.transaction(&plan, recipients).await?);
        }
        Ok(outcomes)
    }

    /// Whether a kept connection still works: RSET is answered.
    pub(super) async fn is_alive(&mut self) -> bool {
        self.wire.write(b"RSET\r\n").await.is_ok()
            && self.wire.reply(RESET).await.is_ok_and(|reply| reply.is_positive())
    }

    async fn transaction(
        &mut self,
        plan: &Plan<'_>,
        recipients: &[Destination],
    ) -> Result<Vec<Outcome>, Broken> {
        let (mail, mut replies) = self.envelope(&plan.mail, recipients).await?;
        if !mail.is_positive() {
            return Ok(vec![self.outcome(&mail, false); recipients.len()]);
        }
        if replies.iter().any(Reply::is_positive) {
            let sent = if plan.chunked { self.chunks(plan).await } else { self.data(plan).await };
            let verdict = match sent {
                Ok(reply) => reply,
                Err(broken) => {
                    // What was refused stays refused; whoever was accepted is tried again.
                    self.letters = u32::MAX;
                    Reply::new(451, "4.4.2", broken.into_text())
                }
            };
            for reply in replies.iter_mut().filter(|reply| reply.is_positive()) {
                *reply = verdict.clone();
            }
        }
        Ok(replies.iter().map(|reply| self.outcome(reply, true)).collect())
    }

    /// How this server can be given this letter, or why never.
    fn plan<'a>(&self, domain: &str, outgoing: &Outgoing<'a>) -> Result<Plan<'a>, Answer> {
        let offers = self.offers;
        if outgoing.handling.require_tls && !(self.verified && offers.require_tls) {
            // RFC 8689 §4.2.1.
            return Err(self.refusal("5.7.30", "the server does not promise encryption all the way"));
        }
        if outgoing.international && !offers.international {
            // RFC 6531 §3.2.
            return Err(self.refusal("5.6.7", "the server does not offer SMTPUTF8"));
        }
        let chunked = outgoing.handling.binary && offers.chunking && offers.binary;
        let must_change =
            (outgoing.handling.binary && !chunked) || (outgoing.eight_bit && !offers.eight_bit && !chunked);
        let letter = if must_change {
            // RFC 6152 §3: octets above 127 must not be sent to it, but the letter can be re-encoded.
            let changed = seven_bit::convert(outgoing.letter);
            Cow::Owned(changed.ok_or_else(|| {
                self.refusal("5.6.3", "the server takes no 8-bit letters and this one is signed")
            })?)
        } else {
            Cow::Borrowed(outgoing.letter)
        };
        let signature = outgoing.signer.sign(domain, &letter);
        let octets = signature.len() + letter.len();
        if offers.size.is_some_and(|size| size > 0 && (octets as u64) > size) {
            return Err(self.refusal("5.3.4", "the letter is larger than the server takes"));
        }
        let eight_bit = outgoing.eight_bit && !must_change;
        let mail = self.mail_command(outgoing, octets, eight_bit, chunked);
        Ok(Plan { mail, signature, letter, chunked })
    }

    fn mail_command(&self, outgoing: &Outgoing, size: usize, eight_bit: bool, chunked: bool) -> String {
        let (offers, handling) = (self.offers, outgoing.handling);
        let mut command = format!("MAIL FROM:<{}>", outgoing.sender);
        if offers.size.is_some() {
            command.push_str(&format!(" SIZE={size}"));
        }
        if chunked {
            command.push_str(" BODY=BINARYMIME");
        } else if eight_bit {
            command.push_str(" BODY=8BITMIME");
        }
        if outgoing.international {
            command.push_str(" SMTPUTF8");
        }
        if handling.require_tls {
            command.push_str(" REQUIRETLS");
        }
        if offers.priority && handling.priority > Priority::Normal {
            command.push_str(&format!(" MT-PRIORITY={}", handling.priority.level()));
        }
        if offers.reports {
            if !handling.returned.keyword().is_empty() {
                command.push_str(&format!(" RET={}", handling.returned.keyword()));
            }
            if !handling.envelope_id.is_empty() {
                command.push_str(&format!(" ENVID={}", handling.envelope_id));
            }
        }
        command.push_str("\r\n");
        command
    }

    fn rcpt_command(&self, recipient: &Destination) -> String {
        let mut command = format!("RCPT TO:<{}>", recipient.address);
        if self.offers.reports {
            // RFC 3461 §5.2.1: passed on as it came, never invented.
            if let Some(notify) = recipient.wishes.notify {
                command.push_str(&format!(" NOTIFY={}", notify.keyword()));
            }
            if !recipient.wishes.original.is_empty() {
                command.push_str(&format!(" ORCPT={}", recipient.wishes.original));
            }
        }
        command.push_str("\r\n");
        command
    }

    /// MAIL and RCPT; RFC 2920: with PIPELINING they go out together, replies are read in order.
    async fn envelope(
        &mut self,
        mail: &str,
        recipients: &[Destination],
    ) -> Result<(Reply, Vec<Reply>), Broken> {
        let mut replies = Vec::with_capacity(recipients.len());
        if self.offers.pipelining {
            let mut flight = mail.to_owned();
            for recipient in recipients {
                flight.push_str(&self.rcpt_command(recipient));
            }
            self.wire.write(flight.as_bytes()).await?;
            let mail = self.wire.reply(ANSWER).await?;
            for _ in recipients {
                replies.push(self.wire.reply(ANSWER).await?);
            }
            return Ok((mail, replies));
        }
        self.wire.write(mail.as_bytes()).await?;
        let mail = self.wire.reply(ANSWER).await?;
        if mail.is_positive() {
            for recipient in recipients {
                let command = self.rcpt_command(recipient);
                self.wire.write(command.as_bytes()).await?;
                replies.push(self.wire.reply(ANSWER).await?);
            }
        }
        Ok((mail, replies))
    }

    async fn data(&mut self, plan: &Plan<'_>) -> Result<Reply, Broken> {
        self.wire.write(b"DATA\r\n").await?;
        let go = self.wire.reply(ANSWER).await?;
        if go.code != 354 {
            return Ok(if go.is_positive() { Reply::new(451, "4.5.0", said(&go)) } else { go });
        }
        let mut stuffer = Stuffer::default();
        let mut piece = Vec::with_capacity(PIECE + PIECE / 16);
        stuffer.stuff(plan.signature.as_bytes(), &mut piece);
        for octets in plan.letter.chunks(PIECE) {
            stuffer.stuff(octets, &mut piece);
            self.wire.write(&piece).await?;
            piece.clear();
        }
        stuffer.finish(&mut piece);
        self.wire.write(&piece).await?;
        self.wire.reply(VERDICT).await
    }

    /// RFC 3030 §2: one chunk is enough, the letter is whole already.
    async fn chunks(&mut self, plan: &Plan<'_>) -> Result<Reply, Broken> {
        let octets = plan.signature.len() + plan.letter.len();
        self.wire.write(format!("BDAT {octets} LAST\r\n{}", plan.signature).as_bytes()).await?;
        for octets in plan.letter.chunks(PIECE) {
            self.wire.write(octets).await?;
        }
        self.wire.reply(VERDICT).await
    }

    fn refusal(&self, status: &str, text: &str) -> Answer {
        Answer { status: status.into(), text: text.into(), server: Some(self.host.clone()) }
    }

    fn outcome(&self, reply: &Reply, of_recipient: bool) -> Outcome {
        if reply.is_positive() {
            let onward = if self.offers.reports { Onward::Reports } else { Onward::Silent };
            return Outcome::Delivered(onward);
        }
        // RFC 5321 §4.5.3.1.10: 552 to RCPT means "too many recipients now".
        let temporary =
            reply.is_temporary() || (of_recipient && reply.code == 552 && reply.enhanced.is_empty());
        let class = if temporary { "4.0.0" } else { "5.0.0" };
        let status = if reply.enhanced.is_empty() { class.to_owned() } else { reply.enhanced.clone() };
        let answer = Answer { status, text: said(reply), server: Some(self.host.clone()) };
        if temporary { Outcome::Temporary(answer) } else { Outcome::Permanent(answer) }
    }
}

/// The letter and its MAIL command as this server can take them.
struct Plan<'a> {
    mail: String,
    /// Fields that go before the letter.
    signature: String,
    letter: Cow<'a, [u8]>,
    chunked: bool,
}

// RFC 5321 §4.5.3.2.6.
const VERDICT: Duration = Duration::from_secs(600);
/// A kept connection that does not answer RSET at once is not worth waiting for.
const RESET: Duration = Duration::from_secs(5);
const PIECE: usize = 64 * 1024;
