//! Letters into inboxes, many at once: the rows of [`super::deliver`] written for a group of letters and
//! mailboxes by a dozen statements, so that twenty letters of one moment, or a letter to a thousand people,
//! cost little more than one to one.
//!
//! Each copy begins a conversation. Where it answers a letter that the mailbox knows, the conversation's
//! counts have to be read again, and it is delivered alone.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use base::{LetterId, MailboxId, Timestamp, random::System};
use database::sqlx::{AnyConnection, Row};
use mail_gateway_core::{
    mailbox::Role,
    message::{BlobId, Summary},
};

use super::{
    super::{Kind, StoreError, folder},
    NewLetter, bodies, insert,
    rows::{Rows, Statements, Value},
};

/// A letter on its way into inboxes.
#[derive(Debug, Clone)]
pub(crate) struct Copies<'a> {
    /// Names a delivery that may be asked for again: nobody gets it twice.
    pub(crate) key: Option<&'a str>,
    /// Its stored body.
    pub(crate) blob: &'a BlobId,
    /// What the body says.
    pub(crate) summary: &'a Summary,
    /// When it arrived.
    pub(crate) now: Timestamp,
    /// Whose inboxes.
    pub(crate) mailboxes: Vec<MailboxId>,
}

/// A letter and what ties it to conversations.
struct Letter<'a> {
    copies: &'a Copies<'a>,
    subject: String,
    ids: Vec<&'a str>,
}

/// One letter for one mailbox.
struct Copy<'a> {
    letter: &'a Letter<'a>,
    account: String,
    id: String,
}

/// What a conversation is found by: account, Message-ID, base subject.
type Link<'a> = (&'a str, &'a str, &'a str);

impl Copy<'_> {
    fn links(&self) -> impl Iterator<Item = Link<'_>> {
        self.letter.ids.iter().map(|id| (self.account.as_str(), *id, self.letter.subject.as_str()))
    }
}

/// Delivers each of `letters` to its inboxes, unread, once per key and mailbox. Meant for the inside of one
/// `database.write`.
///
/// # Errors
/// When the database fails.
pub(crate) async fn to_inboxes(c: &mut AnyConnection, letters: &[Copies<'_>]) -> Result<(), StoreError> {
    let letters: Vec<Letter<'_>> = letters
        .iter()
        .map(|copies| Letter {
            copies,
            subject: copies.summary.base_subject(),
            ids: copies.summary.thread_ids(),
        })
        .collect();
    let copies = letters.iter().flat_map(|letter| {
        letter.copies.mailboxes.iter().map(move |mailbox| Copy {
            letter,
            account: mailbox.to_string(),
            id: LetterId::new(letter.copies.now, &mut System).to_string(),
        })
    });
    let copies: Vec<Copy<'_>> = copies.collect();
    for piece in copies.chunks(PIECE) {
        let new = fresh(c, piece).await?;
        ensure_accounts(c, &new).await?;
        let (first, answers) = divide(c, new).await?;
        together(c, &first).await?;
        for copy in answers {
            alone(c, copy).await?;
        }
    }
    Ok(())
}

/// Notes the deliveries that have a key; answers those that were not made before.
async fn fresh<'a>(c: &mut AnyConnection, copies: &'a [Copy<'a>]) -> Result<Vec<&'a Copy<'a>>, StoreError> {
    let noted = Rows::of(copies.iter().filter_map(|copy| {
        let Copies { key, now, .. } = copy.letter.copies;
        Some([(*key)?.into(), copy.account.as_str().into(), copy.id.as_str().into(), now.as_micros().into()])
    }));
    let rows = noted
        .fetch(
            c,
            "INSERT INTO deliveries (delivery_key, account, letter, delivered)",
            "ON CONFLICT (delivery_key, account) DO NOTHING RETURNING letter",
        )
        .await?;
    let new: HashSet<String> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    let is_new = |copy: &&Copy<'_>| copy.letter.copies.key.is_none() || new.contains(&copy.id);
    Ok(copies.iter().filter(is_new).collect())
}

async fn ensure_accounts(c: &mut AnyConnection, new: &[&Copy<'_>]) -> Result<(), StoreError> {
    let accounts: BTreeMap<&str, Timestamp> =
        new.iter().map(|copy| (copy.account.as_str(), copy.letter.copies.now)).collect();
    let names = Rows::of(accounts.keys().map(|account| [Value::from(*account)]));
    let rows = names.fetch(c, "SELECT account FROM accounts WHERE account IN (", ")").await?;
    let known: BTreeSet<String> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    for (account, now) in accounts.into_iter().filter(|(account, _)| !known.contains(*account)) {
        folder::ensure_account(c, account, now).await?;
    }
    Ok(())
}

type Divided<'a> = (Vec<&'a Copy<'a>>, Vec<&'a Copy<'a>>);

/// Tells those that begin a conversation from those that answer a letter their mailbox knows, or one of
/// this group.
async fn divide<'a>(c: &mut AnyConnection, new: Vec<&'a Copy<'a>>) -> Result<Divided<'a>, StoreError> {
    let links: Vec<Link<'_>> = new.iter().flat_map(|copy| copy.links()).collect();
    let mut known: HashSet<(String, String, String)> = HashSet::new();
    for piece in links.chunks(LINKS) {
        let asked = Rows::of(piece.iter().map(|link| <[&str; 3]>::from(*link).map(Value::from)));
        let before = "SELECT account, message_id, subject FROM thread_links \
                      WHERE (account, message_id, subject) IN (";
        for row in asked.fetch(c, before, ")").await? {
            known.insert((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
        }
    }
    let mut known: HashSet<Link<'_>> = known
        .iter()
        .map(|(account, id, subject)| (account.as_str(), id.as_str(), subject.as_str()))
        .collect();
    let mut divided: Divided<'_> = Default::default();
    for copy in new {
        let answers = copy.links().any(|link| known.contains(&link));
        known.extend(copy.links());
        if answers { &mut divided.1 } else { &mut divided.0 }.push(copy);
    }
    Ok(divided)
}

async fn alone(c: &mut AnyConnection, copy: &Copy<'_>) -> Result<(), StoreError> {
    let copies = copy.letter.copies;
    let new = NewLetter {
        id: copy.id.parse().map_err(|_| StoreError::Corrupt("letter"))?,
        blob: copies.blob,
        summary: copies.summary,
        folders: &BTreeSet::from([INBOX.to_owned()]),
        keywords: &BTreeSet::new(),
        received: copies.now,
    };
    insert(c, &copy.account, &new).await.map(drop)
}

/// What a group adds to one account.
#[derive(Default)]
struct Share {
    letters: i64,
    octets: i64,
    /// The account's last number, once drawn.
    last: i64,
    /// The inbox's next UID, once drawn.
    uid_next: i64,
    /// Letters that have their numbers.
    placed: i64,
}

/// A copy with its numbers.
struct Placed<'a> {
    copy: &'a Copy<'a>,
    doc: i64,
    uid: i64,
    /// The letter's number; its folder's is the next, its conversation's the one after.
    modseq: i64,
}

/// Writes the rows of all `new` copies. Each draws three numbers: one for the letter, one for its folder,
/// one for its conversation.
async fn together(c: &mut AnyConnection, new: &[&Copy<'_>]) -> Result<(), StoreError> {
    if new.is_empty() {
        return Ok(());
    }
    let letters = new.iter().map(|copy| copy.letter.copies);
    let (docs, unknown) =
        bodies::number(c, &letters.map(|letter| (letter.blob, letter.summary)).collect()).await?;
    let mut shares: BTreeMap<&str, Share> = BTreeMap::new();
    for copy in new {
        let share = shares.entry(&copy.account).or_default();
        share.letters += 1;
        share.octets += i64::try_from(copy.letter.copies.summary.size).unwrap_or(i64::MAX);
    }
    draw(c, &mut shares).await?;
    let mut placed = Vec::with_capacity(new.len());
    for copy in new {
        let share = shares.get_mut(copy.account.as_str()).ok_or(StoreError::Corrupt("account"))?;
        placed.push(Placed {
            copy,
            doc: *docs.get(copy.letter.copies.blob).ok_or(StoreError::Corrupt("doc"))?,
            uid: share.uid_next - share.letters + share.placed,
            modseq: share.last - 3 * (share.letters - share.placed) + 1,
        });
        share.placed += 1;
    }
    let mut statements = Statements::default();
    bodies::add(&mut statements, &unknown, &docs)?;
    note_states(&mut statements, &shares);
    insert_letters(&mut statements, &placed);
    insert_conversations(&mut statements, &placed);
    Ok(statements.fetch(c).await.map(drop)?)
}

/// Counts the letters in the accounts and their inboxes, and draws the accounts' numbers and the inboxes' UIDs.
async fn draw(c: &mut AnyConnection, shares: &mut BTreeMap<&str, Share>) -> Result<(), StoreError> {
    let added = || {
        let row = |(account, share): (&&'_ str, &Share)| {
            [(*account).to_owned().into(), share.letters.into(), share.octets.into()]
        };
        Rows::of(shares.iter().map(row))
    };
    let mut statements = Statements::default();
    statements.add(added(), BEFORE_ADDED, COUNT_IN_ACCOUNTS);
    statements.add(added(), BEFORE_ADDED, COUNT_IN_INBOXES);
    let rows = statements.fetch(c).await?;
    if rows.len() != 2 * shares.len() {
        return Err(StoreError::BadFolders);
    }
    for row in rows {
        if let Some(share) = shares.get_mut(row.try_get::<String, _>(0)?.as_str()) {
            let drawn = row.try_get(2)?;
            *if row.try_get::<i64, _>(1)? == 0 { &mut share.last } else { &mut share.uid_next } = drawn;
        }
    }
    Ok(())
}

fn note_states<'a>(statements: &mut Statements<'a>, shares: &BTreeMap<&'a str, Share>) {
    let states = shares.iter().flat_map(|(account, share)| {
        [(Kind::Email, 2), (Kind::Mailbox, 1), (Kind::Thread, 0)]
            .map(|(kind, back)| [Value::from(*account), kind.as_str().into(), (share.last - back).into()])
    });
    let after = "ON CONFLICT (account, kind) DO UPDATE SET modseq = excluded.modseq";
    statements.add(Rows::of(states), "INSERT INTO states (account, kind, modseq)", after);
}

fn insert_letters<'a>(statements: &mut Statements<'a>, placed: &[Placed<'a>]) {
    let letters = placed.iter().map(|Placed { copy, doc, modseq, .. }| {
        let Copies { blob, now, .. } = copy.letter.copies;
        let (id, account) = (copy.id.as_str(), copy.account.as_str());
        [
            id.into(),
            account.into(),
            blob.as_str().into(),
            id.into(),
            now.as_micros().into(),
            ONE,
            (*modseq).into(),
            (*modseq).into(),
            (*doc).into(),
        ]
    });
    let before = "INSERT INTO letters (id, account, blob, thread, received, unread, created, modseq, doc)";
    statements.add(Rows::of(letters), before, "");
    let added = Timestamp::now().as_micros();
    let places = placed.iter().map(|Placed { copy, uid, modseq, .. }| {
        [
            Value::from(copy.account.as_str()),
            copy.id.as_str().into(),
            INBOX.into(),
            (*uid).into(),
            (*modseq).into(),
            copy.letter.copies.now.as_micros().into(),
            added.into(),
        ]
    });
    let before = "INSERT INTO letter_folder (account, letter, folder, uid, modseq, received, added)";
    statements.add(Rows::of(places), before, "");
}

/// Begins a conversation with each letter, named after it, and lets answers find it.
fn insert_conversations<'a>(statements: &mut Statements<'a>, placed: &[Placed<'a>]) {
    let threads = placed.iter().map(|Placed { copy, modseq, .. }| {
        [copy.account.as_str().into(), copy.id.as_str().into(), (modseq + 2).into(), (modseq + 2).into()]
    });
    statements.add(Rows::of(threads), "INSERT INTO threads (account, id, created, modseq)", "");
    let shares = placed.iter().map(|Placed { copy, .. }| {
        let (account, id) = (copy.account.as_str(), copy.id.as_str());
        [account.into(), id.into(), INBOX.into(), ONE, ONE, ONE]
    });
    let before = "INSERT INTO folder_threads (account, thread, folder, letters, unread, is_unread)";
    statements.add(Rows::of(shares), before, "");
    let links: Vec<[&str; 4]> = placed
        .iter()
        .flat_map(|Placed { copy, .. }| {
            copy.links().map(|(a, id, subject)| [a, id, subject, copy.id.as_str()])
        })
        .collect();
    for piece in links.chunks(LINKS) {
        let links = Rows::of(piece.iter().map(|link| link.map(Value::from)));
        let before = "INSERT INTO thread_links (account, message_id, subject, thread)";
        statements.add(links, before, "ON CONFLICT (account, message_id, subject) DO NOTHING");
    }
}

/// What stands before the letters and octets that come to each account.
const BEFORE_ADDED: &str = "WITH added (owner, more, size) AS (";
const COUNT_IN_ACCOUNTS: &str = ") UPDATE accounts SET modseq = modseq + 3 * more, letters = letters + more, \
    octets = octets + size FROM added WHERE accounts.account = owner \
    RETURNING accounts.account, CAST(0 AS BIGINT), accounts.modseq";
/// Of an account's numbers that its last letter drew, the first is the letter's, the second its folder's.
const COUNT_IN_INBOXES: &str = ") UPDATE folders SET uid_next = uid_next + more, total = total + more, \
    unread = unread + more, threads = threads + more, unread_threads = unread_threads + more, \
    highest_modseq = drawn.modseq - 2, modseq = drawn.modseq - 1 \
    FROM added JOIN accounts AS drawn ON drawn.account = owner \
    WHERE folders.account = owner AND folders.id = 'inbox' \
    RETURNING folders.account, CAST(1 AS BIGINT), folders.uid_next";
/// The id of the inbox: a system folder is named by its role.
const INBOX: &str = Role::Inbox.as_str();
/// A count of one, or "yes".
const ONE: Value<'_> = Value::Number(1);
/// Copies written together at most; the widest of their rows has nine values.
const PIECE: usize = 500;
/// Links asked for or written in one statement.
const LINKS: usize = 4000;

#[cfg(test)]
mod tests {
    use super::super::super::tests::{AN, BINH, deliver, letter, store};
    use super::*;
    use database::sqlx;

    const CHI: MailboxId = MailboxId::from_u128(3);

    async fn rows(store: &super::super::super::Store, sql: &'static str, account: MailboxId) -> Vec<String> {
        let rows = sqlx::query(sql).bind(account.to_string()).fetch_all(store.database().readers()).await;
        rows.unwrap().iter().map(|row| row.get::<String, _>(0)).collect()
    }

    #[tokio::test]
    async fn letters_to_many_leave_the_rows_a_letter_to_one_leaves_and_come_once() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        let answer = letter(1, "In-Reply-To: <1@a>\r\nReferences: <1@a>\r\n");
        let mut group = Vec::new();
        for (n, raw) in [letter(1, ""), letter(2, ""), answer, letter(1, "")].into_iter().enumerate() {
            let key = format!("k{n}");
            deliver(&store, &key, AN, raw.clone(), 0).await.unwrap();
            group.push((key, store.put_blob(raw.clone()).await.unwrap(), Summary::of(&raw)));
        }
        for _ in 0..2 {
            let group = group.clone();
            let now = super::super::super::tests::at(0);
            let done: Result<(), StoreError> = store
                .database()
                .write(move |c| {
                    Box::pin(async move {
                        let copies = group.iter().map(|(key, blob, summary)| Copies {
                            key: Some(key),
                            blob,
                            summary,
                            now,
                            mailboxes: vec![AN, BINH, CHI],
                        });
                        to_inboxes(c, &copies.collect::<Vec<_>>()).await
                    })
                })
                .await;
            done.unwrap();
        }
        for sql in [
            "SELECT modseq || ' ' || letters || ' ' || octets FROM accounts WHERE account = $1",
            "SELECT kind || ' ' || modseq FROM states WHERE account = $1 ORDER BY kind",
            "SELECT id || ' ' || uid_next || ' ' || highest_modseq || ' ' || modseq || ' ' || total || ' ' || unread \
             || ' ' || threads || ' ' || unread_threads FROM folders WHERE account = $1 ORDER BY id",
            "SELECT folder || ' ' || uid || ' ' || modseq || ' ' || received FROM letter_folder WHERE account = $1 \
             ORDER BY uid",
            "SELECT blob || ' ' || unread || ' ' || created || ' ' || modseq || ' ' || doc FROM letters \
             WHERE account = $1 ORDER BY created",
            "SELECT created || ' ' || modseq FROM threads WHERE account = $1 ORDER BY created",
            "SELECT message_id || ' ' || subject FROM thread_links WHERE account = $1 ORDER BY message_id",
            "SELECT folder || ' ' || letters || ' ' || unread || ' ' || is_unread FROM folder_threads \
             WHERE account = $1 ORDER BY letters",
        ] {
            let alone = rows(&store, sql, AN).await;
            assert_eq!(rows(&store, sql, BINH).await, alone, "{sql}");
            assert_eq!(rows(&store, sql, CHI).await, alone, "{sql}");
        }
    }
}
