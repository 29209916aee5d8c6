//! Whether a letter fits where it goes, and the warning to those whose mailbox is nearly full.
//!
//! Room is asked for where a letter is offered (RCPT, RFC 5321 §3.3); a letter that was accepted is always
//! delivered. The hub's own letters are never refused for want of room, or the warning could not arrive.

use std::time::Duration;

use base::{MailboxId, Timestamp};
use lettre::message::{Mailbox, Message, header::ContentType};
use mail_gateway_core::smtp::Recipient;
use tokio_util::sync::CancellationToken;

use crate::{
    Envelope, Inner, Mail,
    ports::MailboxEntry,
    store::{StoreError, room::Watched},
};

impl Inner {
    /// Whether a letter of `octets` (0: nobody said) fits into one of `mailboxes`. One full mailbox does
    /// not keep a letter from the other members of a list.
    pub(crate) async fn fits(&self, mailboxes: &[MailboxId], octets: u64) -> Recipient {
        let mut answer = Recipient::Local;
        for mailbox in mailboxes {
            answer = match self.fits_one(*mailbox, octets).await {
                Ok(answer) => answer,
                Err(answer) => return answer,
            };
            if answer == Recipient::Local {
                return answer;
            }
        }
        answer
    }

    async fn fits_one(&self, mailbox: MailboxId, octets: u64) -> Result<Recipient, Recipient> {
        let entry = self.ports.addresses.mailbox(mailbox).await.map_err(|_| Recipient::Unavailable)?;
        // Gone since the address was resolved: nothing is known of its room.
        let Some(entry) = entry else { return Ok(Recipient::Local) };
        let room = self.store.room(mailbox, entry.kind).await.map_err(|cause| {
            tracing::error!(%mailbox, ?cause, "mail: the room of a mailbox is not known; the sender will try again");
            Recipient::Unavailable
        })?;
        Ok(match room.has_room(octets) {
            true => Recipient::Local,
            false if octets > room.limit => Recipient::TooSmall,
            false => Recipient::Full,
        })
    }
}

/// Looks every [`EVERY`] for mailboxes that are nearly full, until `stop`.
pub(crate) async fn run(mail: Mail, stop: CancellationToken) {
    loop {
        if let Err(cause) = mail.warn_nearly_full(Timestamp::now()).await {
            tracing::error!(
                ?cause,
                "mail: mailboxes were not looked through for room; the next try is in minutes"
            );
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

impl Mail {
    /// Writes to everybody whose mailbox holds nine tenths of what it may, once; again only after it held
    /// less than eight tenths in between. Answers how many letters were written.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn warn_nearly_full(&self, now: Timestamp) -> Result<usize, StoreError> {
        let store = &self.inner.store;
        let quotas = store.quotas();
        let mut count = 0;
        for watched in store.watched(eased(quotas.person.min(quotas.agency))).await? {
            let Ok(Some(entry)) = self.inner.ports.addresses.mailbox(watched.mailbox).await else { continue };
            let limit = watched.quota.unwrap_or_else(|| quotas.of(entry.kind));
            if watched.is_warned && watched.octets < eased(limit) {
                store.set_warned(watched.mailbox, false).await?;
            } else if !watched.is_warned && watched.octets >= limit / 10 * 9 {
                self.warn(&watched, &entry, limit, now).await;
                store.set_warned(watched.mailbox, true).await?;
                count += 1;
            }
        }
        Ok(count)
    }

    async fn warn(&self, watched: &Watched, entry: &MailboxEntry, limit: u64, now: Timestamp) {
        // A crash between the letter and its note writes no second one: the day is in the key.
        let key = format!("quota-{}-{}", watched.mailbox, now.as_seconds() / DAY);
        let envelope = Envelope { sender: None, recipients: vec![entry.address.clone()] };
        let Some(letter) = self.warning(&entry.address, watched.octets, limit) else {
            return tracing::warn!(mailbox = %watched.mailbox, "mail: no warning can be written to this address");
        };
        match self.submit_once(&key, &envelope, &letter).await {
            Ok(_) => {
                tracing::info!(mailbox = %watched.mailbox, "mail: the owner was told that it is nearly full")
            }
            Err(cause) => {
                tracing::error!(mailbox = %watched.mailbox, %cause, "mail: a warning could not be written");
            }
        }
    }

    fn warning(&self, address: &str, octets: u64, limit: u64) -> Option<Vec<u8>> {
        let from = format!("hethong@{}", self.inner.domain).parse().ok()?;
        let full = octets >= limit;
        let state = if full { "đã đầy" } else { "sắp đầy" };
        let text = format!(
            "Hộp thư {address} {state}: đã dùng {} trong {}.\r\n\r\n\
             Khi hộp thư đầy, thư gửi đến sẽ bị từ chối. Đề nghị xóa thư không cần giữ, làm trống thùng rác, \
             hoặc đề nghị cán bộ công nghệ thông tin tăng dung lượng.\r\n\r\n\
             Your mailbox holds {} of {}. When it is full, further letters are refused. Delete what you do \
             not need, empty the trash, or ask your IT staff for more room.\r\n",
            size(octets, ','),
            size(limit, ','),
            size(octets, '.'),
            size(limit, '.'),
        );
        let letter = Message::builder()
            .from(Mailbox::new(Some("Hệ thống thư điện tử".to_owned()), from))
            .to(Mailbox::new(None, address.parse().ok()?))
            .subject(format!("Hộp thư {state} ({}%)", percent(octets, limit)))
            .header(ContentType::TEXT_PLAIN)
            .body(text);
        letter.ok().map(|letter| letter.formatted())
    }
}

/// Octets below which a warned owner may be warned again.
fn eased(limit: u64) -> u64 {
    limit / 10 * 8
}

fn percent(octets: u64, limit: u64) -> u64 {
    u64::try_from(u128::from(octets) * 100 / u128::from(limit.max(1))).unwrap_or(u64::MAX)
}

/// Megabytes with one decimal, or gigabytes from one on.
fn size(octets: u64, point: char) -> String {
    let (tenths, unit) = match octets {
        0..1_000_000_000 => (octets / 100_000, "MB"),
        _ => (octets / 100_000_000, "GB"),
    };
    format!("{}{point}{} {unit}", tenths / 10, tenths % 10)
}

/// Time between looks.
const EVERY: Duration = Duration::from_secs(300);
/// Seconds of a day.
const DAY: i64 = 24 * 3600;
