//! The queue's tables. A row is worked on under a lease; an expired lease is free again.

use base::Timestamp;
use database::sqlx::{self, AnyConnection, AnyPool, Row};
use mail_gateway_core::{
    message::{Handling, Notify, Priority, Returned, Wishes},
    queue::Verdict,
    smtp::Address,
};

use super::look;
use crate::{
    accept::Addressee,
    store::{BlobId, StoreError},
};

/// A letter that is put into the queue.
pub(crate) struct NewLetter<'a> {
    pub(crate) id: &'a str,
    pub(crate) blob: &'a BlobId,
    pub(crate) sender: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) eight_bit: bool,
    pub(crate) international: bool,
    pub(crate) handling: &'a Handling,
    pub(crate) accepted_at: Timestamp,
}

/// Puts a letter and its recipients into the queue, due at once.
pub(crate) async fn insert(
    c: &mut AnyConnection,
    letter: &NewLetter<'_>,
    recipients: &[Addressee],
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO queue_letter (id, blob, sender, eight_bit, international, accepted_at, \
                                   returned, envelope_id, require_tls, binary_body, priority, \
                                   subject, words) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(letter.id)
    .bind(letter.blob.as_str())
    .bind(letter.sender)
    .bind(i64::from(letter.eight_bit))
    .bind(i64::from(letter.international))
    .bind(letter.accepted_at.as_micros())
    .bind(letter.handling.returned.keyword())
    .bind(letter.handling.envelope_id.as_str())
    .bind(i64::from(letter.handling.require_tls))
    .bind(i64::from(letter.handling.binary))
    .bind(letter.handling.priority.level())
    .bind(letter.subject)
    .bind(look::words_of(letter.sender, letter.subject))
    .execute(&mut *c)
    .await?;
    for Addressee { address, wishes, .. } in recipients {
        sqlx::query(
            "INSERT INTO queue_recipient (letter, address, domain, due_at, notify, original) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (letter, address) DO NOTHING",
        )
        .bind(letter.id)
        .bind(address.as_str())
        .bind(address.domain())
        .bind(letter.accepted_at.as_micros())
        .bind(wishes.notify.map(Notify::keyword).unwrap_or_default())
        .bind(wishes.original.as_str())
        .execute(&mut *c)
        .await?;
    }
    Ok(())
}

/// Recipients of one letter in one domain: what one connection delivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) letter: String,
    pub(crate) domain: String,
}

/// Groups that are due and free, the most urgent and then the longest waiting first; of one domain no more than may be
/// worked on at once, so that a domain with a long queue does not hide the others.
pub(crate) async fn due(
    readers: &AnyPool,
    now: Timestamp,
    per_domain: usize,
    limit: usize,
) -> Result<Vec<Group>, StoreError> {
    let rows = sqlx::query(
        "SELECT letter, domain FROM (\
             SELECT r.letter, r.domain, l.priority, MIN(r.due_at) AS due, \
                    ROW_NUMBER() OVER (PARTITION BY r.domain ORDER BY l.priority DESC, MIN(r.due_at), r.letter) \
                        AS place \
             FROM queue_recipient r JOIN queue_letter l ON l.id = r.letter \
             WHERE r.due_at <= $1 AND r.leased_until <= $1 AND r.held = 0 \
             GROUP BY r.letter, r.domain, l.priority\
         ) AS waiting WHERE place <= $2 ORDER BY priority DESC, due, letter LIMIT $3",
    )
    .bind(now.as_micros())
    .bind(i64::try_from(per_domain).unwrap_or(i64::MAX))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(readers)
    .await?;
    rows.iter().map(|row| Ok(Group { letter: row.try_get(0)?, domain: row.try_get(1)? })).collect()
}

/// The next moment after `now` at which something becomes due or a lease expires.
pub(crate) async fn next_due(readers: &AnyPool, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let row = sqlx::query(
        "SELECT MIN(CASE WHEN leased_until > due_at THEN leased_until ELSE due_at END) \
         FROM queue_recipient WHERE (due_at > $1 OR leased_until > $1) AND held = 0",
    )
    .bind(now.as_micros())
    .fetch_one(readers)
    .await?;
    Ok(row.try_get::<Option<i64>, _>(0)?.map(Timestamp::from_micros))
}

/// A group under lease, with its letter.
#[derive(Debug, Clone)]
pub(crate) struct Claimed {
    pub(crate) group: Group,
    pub(crate) lease: String,
    pub(crate) blob: BlobId,
    pub(crate) sender: String,
    pub(crate) eight_bit: bool,
    pub(crate) international: bool,
    pub(crate) handling: Handling,
    pub(crate) accepted_at: Timestamp,
    pub(crate) recipients: Vec<Waiting>,
}

/// A recipient and what happened to it so far.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) address: Address,
    pub(crate) attempts: u32,
    pub(crate) wishes: Wishes,
    /// The sender knows that it takes long.
    pub(crate) delay_told: bool,
    /// An administrator ended it.
    pub(crate) ended: bool,
}

/// Leases what is due of `group` until `until`; `None` when somebody else was faster.
pub(crate) async fn claim(
    c: &mut AnyConnection,
    group: Group,
    lease: String,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Claimed>, StoreError> {
    let rows = sqlx::query(
        "UPDATE queue_recipient SET lease = $1, leased_until = $2 \
         WHERE letter = $3 AND domain = $4 AND due_at <= $5 AND leased_until <= $5 AND held = 0 \
         RETURNING address, attempts, notify, original, delay_told, ended",
    )
    .bind(lease.as_str())
    .bind(until.as_micros())
    .bind(group.letter.as_str())
    .bind(group.domain.as_str())
    .bind(now.as_micros())
    .fetch_all(&mut *c)
    .await?;
    let mut recipients = Vec::with_capacity(rows.len());
    for row in &rows {
        let text: String = row.try_get(0)?;
        let address = Address::parse(&text).ok_or(StoreError::Corrupt("queue address"))?;
        recipients.push(Waiting {
            address,
            attempts: u32::try_from(row.try_get::<i64, _>(1)?).unwrap_or(0),
            wishes: Wishes {
                notify: Notify::parse(&row.try_get::<String, _>(2)?),
                original: row.try_get(3)?,
            },
            delay_told: row.try_get::<i64, _>(4)? != 0,
            ended: row.try_get::<i64, _>(5)? != 0,
        });
    }
    if recipients.is_empty() {
        return Ok(None);
    }
    let row = sqlx::query(
        "SELECT blob, sender, eight_bit, international, accepted_at, \
                returned, envelope_id, require_tls, binary_body, priority FROM queue_letter WHERE id = $1",
    )
    .bind(group.letter.as_str())
    .fetch_one(&mut *c)
    .await?;
    Ok(Some(Claimed {
        group,
        lease,
        blob: row.try_get::<String, _>(0)?.parse().map_err(|_| StoreError::Corrupt("queue blob"))?,
        sender: row.try_get(1)?,
        eight_bit: row.try_get::<i64, _>(2)? != 0,
        international: row.try_get::<i64, _>(3)? != 0,
        accepted_at: Timestamp::from_micros(row.try_get(4)?),
        handling: Handling {
            returned: Returned::parse(&row.try_get::<String, _>(5)?),
            envelope_id: row.try_get(6)?,
            require_tls: row.try_get::<i64, _>(7)? != 0,
            binary: row.try_get::<i64, _>(8)? != 0,
            priority: Priority::of_level(row.try_get(9)?),
        },
        recipients,
    }))
}

/// Whether every one of `claimed`'s rows is still under its lease.
pub(crate) async fn still_ours(c: &mut AnyConnection, claimed: &Claimed) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) FROM queue_recipient WHERE letter = $1 AND lease = $2")
        .bind(claimed.group.letter.as_str())
        .bind(claimed.lease.as_str())
        .fetch_one(&mut *c)
        .await?;
    Ok(usize::try_from(row.try_get::<i64, _>(0)?).is_ok_and(|n| n == claimed.recipients.len()))
}

/// Writes down what happens to one recipient; `told`: the sender knows now that it takes long.
pub(crate) async fn settle(
    c: &mut AnyConnection,
    letter: &str,
    (waiting, verdict, answer): &(Waiting, Verdict, String),
    told: bool,
) -> Result<(), StoreError> {
    match verdict {
        Verdict::Done(_) | Verdict::GiveUp(_) => {
            sqlx::query("DELETE FROM queue_recipient WHERE letter = $1 AND address = $2")
                .bind(letter)
                .bind(waiting.address.as_str())
                .execute(&mut *c)
                .await?;
        }
        Verdict::Retry(at) => {
            sqlx::query(
                "UPDATE queue_recipient SET attempts = $1, due_at = $2, lease = '', leased_until = 0, \
                 last_answer = $3, delay_told = $4 WHERE letter = $5 AND address = $6",
            )
            .bind(i64::from(waiting.attempts) + 1)
            .bind(at.as_micros())
            .bind(answer.as_str())
            .bind(i64::from(told))
            .bind(letter)
            .bind(waiting.address.as_str())
            .execute(&mut *c)
            .await?;
        }
    }
    Ok(())
}

/// Frees `claimed` until `due` without counting an attempt.
pub(crate) async fn postpone(
    c: &mut AnyConnection,
    claimed: &Claimed,
    due: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE queue_recipient SET due_at = $1, lease = '', leased_until = 0 WHERE letter = $2 AND lease = $3",
    )
    .bind(due.as_micros())
    .bind(claimed.group.letter.as_str())
    .bind(claimed.lease.as_str())
    .execute(&mut *c)
    .await?;
    Ok(())
}

/// Forgets the letter when nobody waits for it any more.
pub(crate) async fn forget_if_done(c: &mut AnyConnection, letter: &str) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM queue_letter WHERE id = $1 \
         AND NOT EXISTS (SELECT 1 FROM queue_recipient WHERE letter = $1)",
    )
    .bind(letter)
    .execute(&mut *c)
    .await?;
    Ok(())
}

/// At start: frees what a dead process of this hub held, and forgets keys nobody will use again.
pub(crate) async fn recover(c: &mut AnyConnection, before: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE queue_recipient SET lease = '', leased_until = 0 WHERE leased_until > 0")
        .execute(&mut *c)
        .await?;
    sqlx::query("DELETE FROM accepted WHERE accepted_at < $1")
        .bind(before.as_micros())
        .execute(&mut *c)
        .await?;
    Ok(())
}
