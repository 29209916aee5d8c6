//! What people move into the spam folder and out of it is learned, also over a restart.

use std::{collections::BTreeSet, path::Path};

use base::Timestamp;
use bytes::Bytes;
use tokio::sync::mpsc;

use super::{scanner, *};
use crate::{
    checks::Where,
    store::{
        letter::{Import, LetterChange, SetChange},
        uid::Appended,
    },
};

/// A letter in the folder with `role`.
async fn letter(mail: &Mail, text: &str, role: &str) -> String {
    let raw = Bytes::from(format!("From: la@la.example\r\nSubject: a\r\n\r\n{text}\r\n"));
    mail.store().ensure(BINH, Timestamp::now()).await.unwrap();
    // A folder with a role has it for an id.
    let folders = BTreeSet::from([role.to_owned()]);
    let import = Import { folders, keywords: BTreeSet::new(), received: Timestamp::now(), by: None };
    mail.store().import(BINH, raw, import).await.unwrap().id.to_string()
}

async fn put(mail: &Mail, letter: &str, role: &str) {
    let folders = Some(SetChange::Replace(BTreeSet::from([role.to_owned()])));
    let change = LetterChange { keywords: None, folders, by: None };
    mail.store().update_letter(BINH, letter.to_owned(), change).await.unwrap();
}

async fn learner(data: &Path, controller: Option<Where>) -> Mail {
    let mut config = config();
    config.checks.scanning.controller = controller;
    config.checks.scanning.password = Redacted::new("bi-mat".to_owned());
    open(data, config).await
}

async fn waiting(mail: &Mail) -> i64 {
    let count = sqlx::query("SELECT COUNT(*) FROM learning").fetch_one(mail.inner.database.readers());
    count.await.unwrap().get(0)
}

/// What was asked, as the path and the letter's text.
fn lessons(asked: &mut mpsc::UnboundedReceiver<String>) -> Vec<(String, String)> {
    let lesson = |text: String| {
        assert!(text.contains("\r\nPassword: bi-mat\r\n"), "{text}");
        let path = text.split(' ').nth(1).unwrap().to_owned();
        (path, text.rsplit("\r\n\r\n").next().unwrap().trim_end().to_owned())
    };
    std::iter::from_fn(|| asked.try_recv().ok()).map(lesson).collect()
}

#[tokio::test]
async fn moves_into_the_spam_folder_and_out_of_it_are_learned_once_and_the_last_counts() {
    let files = tempfile::tempdir().unwrap();
    let (report, mut asked) = mpsc::unbounded_channel();
    let controller = scanner::rspamd("200 OK", r#"{"success":true}"#.to_owned(), report).await;
    let mail = learner(files.path(), controller).await;
    put(&mail, &letter(&mail, "quang cao", "inbox").await, "junk").await;
    put(&mail, &letter(&mail, "nham", "junk").await, "inbox").await;
    let undecided = letter(&mail, "doi y", "inbox").await;
    put(&mail, &undecided, "junk").await;
    put(&mail, &undecided, "archive").await;
    put(&mail, &letter(&mail, "xoa", "junk").await, "trash").await;
    put(&mail, &letter(&mail, "cat", "inbox").await, "archive").await;

    let stop = CancellationToken::new();
    mail.teach(&stop).await.unwrap();
    let mut learned = lessons(&mut asked);
    learned.sort();
    let pair = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    assert_eq!(
        learned,
        [pair("/learnham", "doi y"), pair("/learnham", "nham"), pair("/learnspam", "quang cao")],
        "neither the bin nor other folders say anything"
    );
    mail.teach(&stop).await.unwrap();
    assert!(lessons(&mut asked).is_empty(), "each is learned once");
}

#[tokio::test]
async fn an_imap_program_that_copies_into_the_spam_folder_teaches_too() {
    let files = tempfile::tempdir().unwrap();
    let (report, mut asked) = mpsc::unbounded_channel();
    let controller = scanner::rspamd("200 OK", "{}".to_owned(), report).await;
    let mail = learner(files.path(), controller).await;
    mail.store().ensure(BINH, Timestamp::now()).await.unwrap();
    for moves in [false, true] {
        let octets = Bytes::from(format!("From: la@la.example\r\nSubject: a\r\n\r\n{moves}\r\n"));
        let new = Appended {
            octets,
            keywords: BTreeSet::new(),
            deleted: false,
            received: Timestamp::now(),
            by: None,
        };
        let added = mail.store().append(BINH, "inbox", vec![new]).await.unwrap();
        mail.store().copy_letters((BINH, "inbox"), &added.to, (BINH, "junk"), moves).await.unwrap();
    }
    mail.teach(&CancellationToken::new()).await.unwrap();
    let learned: Vec<String> =
        lessons(&mut asked).into_iter().map(|(path, text)| path + " " + &text).collect();
    assert_eq!(learned, ["/learnspam false", "/learnspam true"]);
}

#[tokio::test]
async fn what_waits_outlives_a_restart_a_filter_that_is_away_and_its_own_letter() {
    let files = tempfile::tempdir().unwrap();
    let stop = CancellationToken::new();
    let (report, mut asked) = mpsc::unbounded_channel();
    {
        let (wrong, _asked) = mpsc::unbounded_channel();
        let refusing = scanner::rspamd("403 Unauthorized", "{}".to_owned(), wrong).await;
        let mail = learner(files.path(), refusing).await;
        let spam = letter(&mail, "quang cao", "inbox").await;
        put(&mail, &spam, "junk").await;
        mail.teach(&stop).await.unwrap();
        assert_eq!(waiting(&mail).await, 1, "a refused password loses nothing");
        mail.store().destroy_letter(BINH, spam).await.unwrap();
        let tomorrow = Timestamp::now().plus(Duration::from_secs(86_400));
        assert_eq!(mail.store().sweep(tomorrow).await.unwrap(), 0, "its body is kept");
    }
    let controller = scanner::rspamd("200 OK", "{}".to_owned(), report).await;
    let mail = learner(files.path(), controller).await;
    mail.teach(&stop).await.unwrap();
    assert_eq!(lessons(&mut asked), [("/learnspam".to_owned(), "quang cao".to_owned())]);
    assert_eq!(waiting(&mail).await, 0);

    let mail = learner(files.path(), None).await;
    put(&mail, &letter(&mail, "khac", "inbox").await, "junk").await;
    assert_eq!(waiting(&mail).await, 0, "without a filter nothing is noted");
}
