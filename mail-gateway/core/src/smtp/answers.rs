//! What the shell's answers do to a session: a recipient was looked up, a letter was kept or not.

use super::{Address, Recipient, Reply, Role, Session, session::State, transaction::StoreFailure};

impl Session {
    /// What the directory says of the recipient asked about.
    pub fn handle_recipient(&mut self, recipient: Recipient) {
        let State::Resolving(destination) = std::mem::replace(&mut self.state, State::Command) else {
            return;
        };
        if recipient == Recipient::Unknown {
            self.unknown += 1;
        }
        let reply = match refusal(recipient, &destination.address, self.account.is_some()) {
            Some(refusal) => refusal,
            None => {
                if let Some(envelope) = &mut self.envelope
                    && !envelope.recipients.iter().any(|known| known.address == destination.address)
                {
                    envelope.recipients.push(destination);
                }
                Reply::new(250, "2.1.5", "OK")
            }
        };
        self.reply(&reply);
        if self.unknown >= MAX_UNKNOWN && self.settings.role == Role::Relay {
            // Somebody is trying names to learn which exist.
            self.close(&Reply::new(421, "4.7.1", "Too many unknown recipients"));
        }
    }

    /// The spool cannot take the letter: it will be refused for now at its end.
    pub fn handle_spool_failed(&mut self, why: StoreFailure) {
        match &mut self.state {
            State::Body(body) => body.refuse(why.reply()),
            State::Storing(_) => self.state = State::Discarding(why.reply()),
            _ => {
                if let Some(body) = &mut self.chunking {
                    body.refuse(why.reply());
                }
            }
        }
    }

    /// Whether the letter is on stable storage; `Ok` carries the name it has in our log.
    pub fn handle_stored(&mut self, outcome: Result<String, Reply>) {
        if !matches!(self.state, State::Storing(_)) {
            return;
        }
        self.state = State::Command;
        let reply = match outcome {
            Ok(id) => Reply::new(250, "2.0.0", format!("OK {id}")),
            Err(reply) => reply,
        };
        self.reply(&reply);
    }
}

/// What a recipient that is not taken hears; `None` takes it.
fn refusal(recipient: Recipient, address: &Address, signed_in: bool) -> Option<Reply> {
    Some(match recipient {
        Recipient::Unknown => Reply::both(
            550,
            "5.1.1",
            &format!("<{address}>: địa chỉ không tồn tại"),
            "mailbox does not exist here",
        ),
        // RFC 3463 §3.8: X.7.2, this sender may not write to the list.
        Recipient::Closed if !signed_in => Reply::both(
            550,
            "5.7.2",
            &format!("<{address}>: nhóm người nhận chỉ nhận thư từ trong hệ thống"),
            "this list takes letters from inside only",
        ),
        Recipient::Closed => Reply::both(
            550,
            "5.7.2",
            &format!("<{address}>: nhóm người nhận chỉ nhận thư của thành viên"),
            "only members may write to this list",
        ),
        Recipient::Unavailable => Reply::both(
            451,
            "4.3.0",
            "Danh bạ tạm thời không trả lời, thư sẽ được nhận sau",
            "Directory temporarily unavailable",
        ),
        Recipient::Limited => Reply::both(
            450,
            "4.7.1",
            "Đã gửi quá số thư cho phép trong một giờ, đề nghị thử lại sau",
            "Sending limit reached, try again later",
        ),
        // RFC 3463 §3.3, x.2.2: later there may be room; RFC 5321 §4.2.3.
        Recipient::Full => Reply::both(
            452,
            "4.2.2",
            &format!("<{address}>: hộp thư đã đầy, thư sẽ được nhận khi có chỗ"),
            "mailbox full",
        ),
        Recipient::TooSmall => Reply::both(
            552,
            "5.2.2",
            &format!("<{address}>: thư lớn hơn dung lượng hộp thư"),
            "message exceeds the mailbox's quota",
        ),
        // RFC 5321 §7.9: no relaying for strangers.
        Recipient::Elsewhere if !signed_in => Reply::both(
            550,
            "5.7.1",
            &format!("<{address}>: máy chủ không chuyển tiếp thư cho tên miền này"),
            "relaying denied",
        ),
        Recipient::Local | Recipient::Elsewhere => return None,
    })
}

/// Unknown recipients one session of another server may name.
const MAX_UNKNOWN: u32 = 20;
