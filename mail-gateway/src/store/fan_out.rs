//! One letter into many inboxes: the rows of [`super::deliver`] written for all mailboxes by a dozen statements,
//! so that a letter to a thousand people costs little more than one to ten.
//!
//! Each copy begins a conversation. Where the letter answers one that the mailbox knows, the conversation's
//! counts have to be read again, and it is delivered alone.

use std::collections::{BTreeMap, BTreeSet};

use base::{LetterId, MailboxId, Timestamp, random::System};
use database::sqlx::{self, AnyConnection, AssertSqlSafe, Row, any::AnyArguments, query::Query};
use mail_gateway_core::{
    mailbox::Role,
    message::{BlobId, Summary},
};

use super::{
    IN_LIST, StoreError,
    deliver::{NewLetter, insert, insert_body},
    folder, placeholders,
};

/// A letter on its way into inboxes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Copies<'a> {
    /// Names the delivery: nobody gets it twice.
    pub(crate) key: &'a str,
    /// Its stored body.
    pub(crate) blob: &'a BlobId,
    /// What the body says.
    pub(crate) summary: &'a Summary,
    /// When it arrived.
    pub(crate) now: Timestamp,
}

/// The new letter of each account.
type New = BTreeMap<String, String>;

/// Delivers to the inboxes of `mailboxes`, unread, once per key and mailbox. Meant for the inside of one
/// `database.write`.
///
/// # Errors
/// When the database fails.
pub(crate) async fn to_inboxes(
    c: &mut AnyConnection,
    copies: &Copies<'_>,
    mailboxes: &[MailboxId],
) -> Result<(), StoreError> {
    for piece in mailboxes.chunks(IN_LIST) {
        let mut new = fresh(c, copies, piece).await?;
        if new.is_empty() {
            continue;
        }
        ensure_accounts(c, &new, copies.now).await?;
        for account in answered(c, copies, &new).await? {
            if let Some(letter) = new.remove(&account) {
                alone(c, copies, &account, &letter).await?;
            }
        }
        if !new.is_empty() {
            together(c, copies, &new).await?;
        }
    }
    Ok(())
}

/// Notes the deliveries; answers those that were not made before.
async fn fresh(
    c: &mut AnyConnection,
    copies: &Copies<'_>,
    mailboxes: &[MailboxId],
) -> Result<New, StoreError> {
    let rows: Vec<String> =
        (0..mailboxes.len()).map(|n| format!("($1, ${}, ${}, $2)", 2 * n + 3, 2 * n + 4)).collect();
    let sql = format!(
        "INSERT INTO deliveries (delivery_key, account, letter, delivered) VALUES {} \
         ON CONFLICT (delivery_key, account) DO NOTHING RETURNING account, letter",
        rows.join(", ")
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(copies.key).bind(copies.now.as_micros());
    for mailbox in mailboxes {
        query = query.bind(mailbox.to_string()).bind(LetterId::new(copies.now, &mut System).to_string());
    }
    let rows = query.fetch_all(&mut *c).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

async fn ensure_accounts(c: &mut AnyConnection, new: &New, now: Timestamp) -> Result<(), StoreError> {
    let sql = format!("SELECT account FROM accounts WHERE account IN ({})", placeholders(1, new.len()));
    let rows = all(sqlx::query(AssertSqlSafe(sql)), new.keys()).fetch_all(&mut *c).await?;
    let known: BTreeSet<String> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    for account in new.keys().filter(|account| !known.contains(*account)) {
        folder::ensure_account(c, account, now).await?;
    }
    Ok(())
}

/// The accounts that know a conversation this letter belongs to.
async fn answered(
    c: &mut AnyConnection,
    copies: &Copies<'_>,
    new: &New,
) -> Result<BTreeSet<String>, StoreError> {
    let (subject, ids) = (copies.summary.base_subject(), copies.summary.thread_ids());
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let sql = format!(
        "SELECT DISTINCT account FROM thread_links WHERE subject = $1 AND message_id IN ({}) AND account IN ({})",
        placeholders(2, ids.len()),
        placeholders(2 + ids.len(), new.len())
    );
    let query = all(sqlx::query(AssertSqlSafe(sql)).bind(subject), ids);
    let rows = all(query, new.keys()).fetch_all(&mut *c).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

async fn alone(
    c: &mut AnyConnection,
    copies: &Copies<'_>,
    account: &str,
    letter: &str,
) -> Result<(), StoreError> {
    let new = NewLetter {
        id: letter.parse().map_err(|_| StoreError::Corrupt("letter"))?,
        blob: copies.blob,
        summary: copies.summary,
        folders: &BTreeSet::from([INBOX.to_owned()]),
        keywords: &BTreeSet::new(),
        received: copies.now,
    };
    insert(c, account, &new).await.map(drop)
}

/// Writes the rows of all `new` letters. Each account draws three numbers: one for the letter, one for its
/// folder, one for its conversation.
async fn together(c: &mut AnyConnection, copies: &Copies<'_>, new: &New) -> Result<(), StoreError> {
    let doc = insert_body(c, copies.blob, copies.summary).await?;
    let drawn = draw(c, copies, new).await?;
    insert_letters(c, copies, new, &drawn, doc).await?;
    let accounts = placeholders(1, new.len());
    let letters = accounts.as_str();
    // The letter's number is the account's less two; its folder's, less one; its conversation's, the account's.
    let sql = format!(
        "UPDATE folders SET uid_next = uid_next + 1, total = total + 1, unread = unread + 1, threads = threads + 1, \
         unread_threads = unread_threads + 1, \
         highest_modseq = (SELECT a.modseq - 2 FROM accounts a WHERE a.account = folders.account), \
         modseq = (SELECT a.modseq - 1 FROM accounts a WHERE a.account = folders.account) \
         WHERE id = '{INBOX}' AND account IN ({accounts})"
    );
    let done = all(sqlx::query(AssertSqlSafe(sql)), new.keys()).execute(&mut *c).await?;
    if done.rows_affected() != new.len() as u64 {
        return Err(StoreError::BadFolders);
    }
    let sql = format!(
        "INSERT INTO states (account, kind, modseq) SELECT a.account, k.kind, a.modseq - k.back FROM accounts a \
         CROSS JOIN (SELECT 'Email' AS kind, 2 AS back UNION ALL SELECT 'Mailbox', 1 UNION ALL SELECT 'Thread', 0) k \
         WHERE a.account IN ({accounts}) \
         ON CONFLICT (account, kind) DO UPDATE SET modseq = excluded.modseq"
    );
    all(sqlx::query(AssertSqlSafe(sql)), new.keys()).execute(&mut *c).await?;
    for sql in [
        format!(
            "INSERT INTO folder_threads (account, thread, folder, letters, unread, is_unread) \
             SELECT account, thread, '{INBOX}', 1, 1, 1 FROM letters WHERE id IN ({letters})"
        ),
        format!(
            "INSERT INTO threads (account, id, created, modseq) \
             SELECT account, thread, modseq + 2, modseq + 2 FROM letters WHERE id IN ({letters})"
        ),
    ] {
        all(sqlx::query(AssertSqlSafe(sql)), new.values()).execute(&mut *c).await?;
    }
    place(c, new).await?;
    link(c, copies, new).await
}

/// Draws the numbers and counts the letter; answers the last number of each account.
async fn draw(
    c: &mut AnyConnection,
    copies: &Copies<'_>,
    new: &New,
) -> Result<BTreeMap<String, i64>, StoreError> {
    let sql = format!(
        "UPDATE accounts SET modseq = modseq + 3, letters = letters + 1, octets = octets + $1 \
         WHERE account IN ({}) RETURNING account, modseq",
        placeholders(2, new.len())
    );
    let size = i64::try_from(copies.summary.size).unwrap_or(i64::MAX);
    let rows = all(sqlx::query(AssertSqlSafe(sql)).bind(size), new.keys()).fetch_all(&mut *c).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

async fn insert_letters(
    c: &mut AnyConnection,
    copies: &Copies<'_>,
    new: &New,
    drawn: &BTreeMap<String, i64>,
    doc: i64,
) -> Result<(), StoreError> {
    let row = |n: usize| {
        let (account, id, modseq) = (3 * n + 4, 3 * n + 5, 3 * n + 6);
        format!("(${id}, ${account}, $1, ${id}, $2, 1, ${modseq}, ${modseq}, $3)")
    };
    let sql = format!(
        "INSERT INTO letters (id, account, blob, thread, received, unread, created, modseq, doc) VALUES {}",
        (0..new.len()).map(row).collect::<Vec<_>>().join(", ")
    );
    let mut query =
        sqlx::query(AssertSqlSafe(sql)).bind(copies.blob.as_str()).bind(copies.now.as_micros()).bind(doc);
    for (account, letter) in new {
        let last = drawn.get(account).ok_or(StoreError::Corrupt("account"))?;
        query = query.bind(account.as_str()).bind(letter.as_str()).bind(last - 2);
    }
    query.execute(&mut *c).await?;
    Ok(())
}

/// Puts the letters into the inboxes, under the UIDs drawn before.
async fn place(c: &mut AnyConnection, new: &New) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO letter_folder (account, letter, folder, uid, modseq, received, added) \
         SELECT l.account, l.id, f.id, f.uid_next - 1, l.modseq, l.received, $1 FROM letters l \
         JOIN folders f ON f.account = l.account AND f.id = '{INBOX}' WHERE l.id IN ({})",
        placeholders(2, new.len())
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(Timestamp::now().as_micros());
    all(query, new.values()).execute(&mut *c).await?;
    Ok(())
}

/// Lets answers to the letter find its conversation.
async fn link(c: &mut AnyConnection, copies: &Copies<'_>, new: &New) -> Result<(), StoreError> {
    let subject = copies.summary.base_subject();
    let sql = format!(
        "INSERT INTO thread_links (account, message_id, subject, thread) \
         SELECT account, $1, $2, thread FROM letters WHERE id IN ({}) \
         ON CONFLICT (account, message_id, subject) DO NOTHING",
        placeholders(3, new.len())
    );
    for id in copies.summary.thread_ids() {
        let query = sqlx::query(AssertSqlSafe(sql.clone())).bind(id).bind(subject.as_str());
        all(query, new.values()).execute(&mut *c).await?;
    }
    Ok(())
}

type Statement<'q> = Query<'q, sqlx::Any, AnyArguments>;

/// Binds all of `values`.
fn all<'q, T>(query: Statement<'q>, values: impl IntoIterator<Item = T>) -> Statement<'q>
where
    T: ToString,
{
    values.into_iter().fold(query, |query, value| query.bind(value.to_string()))
}

/// The id of the inbox: a system folder is named by its role.
const INBOX: &str = Role::Inbox.as_str();

#[cfg(test)]
mod tests {
    use super::super::tests::{AN, BINH, deliver, letter, store};
    use super::*;

    const CHI: MailboxId = MailboxId::from_u128(3);

    async fn rows(store: &super::super::Store, sql: &'static str, account: MailboxId) -> Vec<String> {
        let rows = sqlx::query(sql).bind(account.to_string()).fetch_all(store.database().readers()).await;
        rows.unwrap().iter().map(|row| row.get::<String, _>(0)).collect()
    }

    #[tokio::test]
    async fn a_letter_to_many_leaves_the_rows_a_letter_to_one_leaves_and_comes_once() {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        let (raw, answer) = (letter(1, ""), letter(1, "In-Reply-To: <1@a>\r\nReferences: <1@a>\r\n"));
        for (n, raw) in [raw, answer].into_iter().enumerate() {
            let key = format!("k{n}");
            deliver(&store, &key, AN, raw.clone(), 0).await.unwrap();
            let summary = Summary::of(&raw);
            let blob = store.put_blob(raw).await.unwrap();
            for _ in 0..2 {
                let (key, blob, summary) = (key.clone(), blob.clone(), summary.clone());
                let done: Result<(), StoreError> = store
                    .database()
                    .write(move |c| {
                        Box::pin(async move {
                            let now = super::super::tests::at(0);
                            let copies = Copies { key: &key, blob: &blob, summary: &summary, now };
                            to_inboxes(c, &copies, &[AN, BINH, CHI]).await
                        })
                    })
                    .await;
                done.unwrap();
            }
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
            "SELECT created || ' ' || modseq FROM threads WHERE account = $1 ORDER BY id",
            "SELECT message_id || ' ' || subject FROM thread_links WHERE account = $1 ORDER BY message_id",
            "SELECT folder || ' ' || letters || ' ' || unread || ' ' || is_unread FROM folder_threads \
             WHERE account = $1 ORDER BY thread",
        ] {
            let alone = rows(&store, sql, AN).await;
            assert_eq!(rows(&store, sql, BINH).await, alone, "{sql}");
            assert_eq!(rows(&store, sql, CHI).await, alone, "{sql}");
        }
    }
}
