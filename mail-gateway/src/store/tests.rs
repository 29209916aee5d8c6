use std::collections::{BTreeMap, BTreeSet};

use base::{
    MailboxId, Timestamp,
    random::{Random, Seeded},
};
use bytes::Bytes;
use database::{
    Database,
    testing::{on_postgres, source},
};
use mail_gateway_core::jmap::filter::Filter;
use serde_json::json;

use super::{
    BlobId, Kind, Role, Store, StoreError,
    letter::{Import, Letter, LetterChange, SetChange},
    query::Order,
};

pub(super) const AN: MailboxId = MailboxId::from_u128(1);
pub(super) const BINH: MailboxId = MailboxId::from_u128(2);

/// A store in a directory of its own.
pub(crate) async fn store(directory: &tempfile::TempDir) -> Store {
    let database =
        Database::open(source(&directory.path().join("mail.db")), &crate::MIGRATIONS).await.unwrap();
    Store::open(&directory.path().join("mail"), database).unwrap()
}

pub(super) fn letter(number: u32, extra: &str) -> Bytes {
    format!("Message-ID: <{number}@a>\r\nFrom: an@a.example\r\nSubject: Thư {number}\r\n{extra}\r\nNội dung {number}\r\n")
        .into()
}

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_700_000_000 + seconds)
}

pub(super) async fn deliver(
    store: &Store,
    key: &str,
    mailbox: MailboxId,
    raw: Bytes,
    seconds: i64,
) -> Option<String> {
    let done =
        store.deliver_letter(key.into(), mailbox, Role::Inbox, raw, Vec::new(), at(seconds)).await.unwrap();
    done.map(|id| id.to_string())
}

async fn counts(store: &Store, mailbox: MailboxId, folder: &str) -> (u64, u64, u64, u64) {
    let folders = store.folders(mailbox).await.unwrap();
    let one = folders.iter().find(|one| one.id == folder).unwrap();
    (one.total, one.unread, one.threads, one.unread_threads)
}

#[tokio::test]
async fn a_delivery_repeated_after_a_crash_doubles_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(&directory).await;
    assert!(deliver(&store, "k", AN, letter(1, ""), 0).await.is_some());
    assert!(deliver(&store, "k", AN, letter(1, ""), 0).await.is_none());
    assert!(deliver(&store, "k", BINH, letter(1, ""), 0).await.is_some());
    assert_eq!(counts(&store, AN, "inbox").await, (1, 1, 1, 1));
    assert_eq!(store.usage(AN).await.unwrap().letters, 1);
    // One body on disk for both.
    store.blobs().settle().await.unwrap();
    let files = std::fs::read_dir(directory.path().join("mail/blobs")).unwrap().count();
    assert_eq!(files, 2, "the folder of new files and one of bodies");
}

#[tokio::test]
async fn a_new_account_has_its_folders_under_official_names() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(&directory).await;
    store.ensure(AN, at(0)).await.unwrap();
    let names: Vec<String> = store.folders(AN).await.unwrap().into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["Hộp thư đến", "Thư nháp", "Thư đã gửi", "Lưu trữ", "Thư rác", "Thùng rác"]);
}

#[tokio::test]
async fn a_body_lost_by_the_disk_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(&directory).await;
    deliver(&store, "k", AN, letter(1, ""), 0).await;
    let blob = BlobId::of(&letter(1, ""));
    assert_eq!(store.missing_blobs().await.unwrap(), []);
    store.blobs().settle().await.unwrap();
    std::fs::remove_file(store.blobs().path(&blob)).unwrap();
    assert!(matches!(store.open_blob(&blob).await, Err(StoreError::MissingBlob(_))));
    assert_eq!(store.missing_blobs().await.unwrap(), [blob]);
}

#[tokio::test]
async fn a_copy_opens_and_reads() {
    // PostgreSQL is copied by its own tools.
    if on_postgres() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let original = store(&directory).await;
    deliver(&original, "k", AN, letter(1, ""), 0).await;
    let copy = tempfile::tempdir().unwrap();
    original.copy_to(copy.path()).await.unwrap();
    let copied = store(&copy).await;
    assert_eq!(copied.usage(AN).await.unwrap().letters, 1);
    assert_eq!(copied.missing_blobs().await.unwrap(), []);
    assert_eq!(copied.open_blob(&BlobId::of(&letter(1, ""))).await.unwrap(), letter(1, ""));
}

#[tokio::test]
async fn answers_join_the_conversation_and_strangers_do_not() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(&directory).await;
    deliver(&store, "1", AN, "Message-ID: <1@a>\r\nSubject: Giấy mời\r\n\r\n".into(), 0).await;
    deliver(
        &store,
        "2",
        AN,
        "Message-ID: <2@a>\r\nIn-Reply-To: <1@a>\r\nSubject: Re: Giấy mời\r\n\r\n".into(),
        1,
    )
    .await;
    deliver(
        &store,
        "3",
        AN,
        "Message-ID: <3@a>\r\nReferences: <1@a>\r\nSubject: Việc khác\r\n\r\n".into(),
        2,
    )
    .await;
    let hits = store.query(AN, None, Order::OldestFirst).await.unwrap();
    assert_eq!(hits[0].thread, hits[1].thread);
    assert_ne!(hits[0].thread, hits[2].thread, "another subject is another conversation");
    assert_eq!(store.thread(AN, &hits[0].thread).await.unwrap().len(), 2);
}

#[tokio::test]
async fn search_ignores_marks_and_finds_beginnings_of_words() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(&directory).await;
    deliver(
        &store,
        "1",
        AN,
        "From: Đơn vị <stttt@qb.example>\r\nSubject: Báo cáo quý\r\n\r\nĐồng Hới".into(),
        0,
    )
    .await;
    deliver(&store, "2", AN, "From: x@y.example\r\nSubject: Abandon\r\n\r\nkhác".into(), 1).await;
    let count = |filter: serde_json::Value| {
        let (store, filter) = (store.clone(), Filter::parse(&filter).unwrap());
        async move { store.query(AN, Some(&filter), Order::NewestFirst).await.unwrap().len() }
    };
    assert_eq!(count(json!({ "text": "bao cao" })).await, 1);
    assert_eq!(count(json!({ "text": "BÁO CÁO" })).await, 1);
    assert_eq!(count(json!({ "text": "don" })).await, 1, "the beginning of Đơn, not the end of Abandon");
    assert_eq!(count(json!({ "from": "stttt" })).await, 1);
    assert_eq!(count(json!({ "text": "dong hoi" })).await, 1);
    assert_eq!(count(json!({ "text": "%" })).await, 2, "no words, no condition");
    assert_eq!(count(json!({ "operator": "NOT", "conditions": [{ "subject": "bao" }] })).await, 1);
    assert_eq!(count(json!({ "text": "' OR 1=1 --" })).await, 0);
}

#[tokio::test]
async fn unread_counts_follow_letters_and_conversations() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(&directory).await;
    let id = deliver(&store, "1", AN, letter(1, ""), 0).await.unwrap();
    let patch = |members: &[(&str, bool)]| {
        SetChange::Patch(members.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect::<BTreeMap<_, _>>())
    };
    let seen = LetterChange { keywords: Some(patch(&[("$seen", true)])), folders: None, by: None };
    store.update_letter(AN, id.clone(), seen).await.unwrap();
    assert_eq!(counts(&store, AN, "inbox").await, (1, 0, 1, 0));
    let moved = LetterChange {
        keywords: Some(patch(&[("$seen", false)])),
        folders: Some(patch(&[("inbox", false), ("trash", true)])),
        by: None,
    };
    store.update_letter(AN, id.clone(), moved).await.unwrap();
    assert_eq!(counts(&store, AN, "inbox").await, (0, 0, 0, 0));
    assert_eq!(counts(&store, AN, "trash").await, (1, 1, 1, 1));
    let nowhere = LetterChange { keywords: None, folders: Some(patch(&[("trash", false)])), by: None };
    assert!(matches!(store.update_letter(AN, id.clone(), nowhere).await, Err(StoreError::BadFolders)));
    assert!(matches!(store.destroy_letter(BINH, id.clone()).await, Err(StoreError::NotFound)));
    store.destroy_letter(AN, id).await.unwrap();
    assert_eq!(counts(&store, AN, "trash").await, (0, 0, 0, 0));
}

/// What a client would hold: its objects and what it believes of each.
#[derive(Default, PartialEq, Debug)]
struct Mirror {
    ids: BTreeSet<String>,
    state: i64,
}

impl Mirror {
    /// Follows the store by `/changes`, `limit` at a time; answers what it was told to read again.
    async fn follow(&mut self, store: &Store, kind: Kind, limit: usize) -> BTreeSet<String> {
        let mut told = BTreeSet::new();
        loop {
            let answer = store.since(AN, kind, self.state, limit).await.unwrap().unwrap();
            for id in &answer.created {
                assert!(self.ids.insert(id.clone()), "{kind:?} {id} was created twice");
            }
            for id in &answer.updated {
                assert!(self.ids.contains(id), "{kind:?} {id} changed before it was created");
            }
            for id in &answer.destroyed {
                self.ids.remove(id);
            }
            told.extend(answer.created.into_iter().chain(answer.updated));
            assert!(answer.state > self.state || !answer.more, "no progress");
            self.state = answer.state;
            if !answer.more {
                return told;
            }
        }
    }
}

async fn snapshot(store: &Store) -> [BTreeMap<String, String>; 3] {
    let ids: Vec<String> =
        store.query(AN, None, Order::OldestFirst).await.unwrap().into_iter().map(|h| h.id).collect();
    let letters = store.letters(AN, &ids).await.unwrap();
    let folders = store.folders(AN).await.unwrap();
    let mut threads: BTreeMap<String, String> = BTreeMap::new();
    for one in &letters {
        threads.insert(one.thread.clone(), format!("{:?}", store.thread(AN, &one.thread).await.unwrap()));
    }
    [
        letters.iter().map(|one| (one.id.clone(), format!("{:?} {:?}", one.keywords, one.folders))).collect(),
        folders.iter().map(|one| (one.id.clone(), format!("{one:?}"))).collect(),
        threads,
    ]
}

/// The counts kept are those that counting the letters gives (RFC 8621 §2).
async fn assert_counts(store: &Store, step: u32) {
    let hits = store.query(AN, None, Order::OldestFirst).await.unwrap();
    let ids: Vec<String> = hits.into_iter().map(|hit| hit.id).collect();
    let letters = store.letters(AN, &ids).await.unwrap();
    let is_unread = |one: &Letter| !one.keywords.contains("$seen") && !one.keywords.contains("$draft");
    for folder in store.folders(AN).await.unwrap() {
        let inside: Vec<&Letter> = letters.iter().filter(|one| one.folders.contains(&folder.id)).collect();
        let threads: BTreeSet<&String> = inside.iter().map(|one| &one.thread).collect();
        let counts_for = |one: &&Letter| {
            let (in_trash, elsewhere) =
                (one.folders.contains("trash"), one.folders.iter().any(|f| f != "trash"));
            is_unread(one) && if folder.id == "trash" { in_trash } else { elsewhere }
        };
        let unread: BTreeSet<&String> = letters.iter().filter(counts_for).map(|one| &one.thread).collect();
        let number = |n: usize| u64::try_from(n).unwrap();
        let counted = (
            number(inside.len()),
            number(inside.iter().filter(|one| is_unread(one)).count()),
            number(threads.len()),
            number(threads.intersection(&unread).count()),
        );
        let kept = (folder.total, folder.unread, folder.threads, folder.unread_threads);
        assert_eq!(kept, counted, "{} after step {step}", folder.name);
    }
}

/// One random act on the account.
async fn act(store: &Store, random: &mut Seeded, step: u32) {
    let ids: Vec<String> =
        store.query(AN, None, Order::OldestFirst).await.unwrap().into_iter().map(|h| h.id).collect();
    let folders: Vec<String> = store.folders(AN).await.unwrap().into_iter().map(|one| one.id).collect();
    let mut pick = |list: &[String]| {
        let index = usize::try_from(random.next_u32()).unwrap() % list.len().max(1);
        list.get(index).cloned().unwrap_or_default()
    };
    let (id, folder, other) = (pick(&ids), pick(&folders), pick(&folders));
    let choice = random.next_u32() % 8;
    let present = random.next_u32().is_multiple_of(2);
    let parent = random.next_u32() % (step + 1);
    let outcome = match choice {
        0 | 1 => {
            let extra = format!("In-Reply-To: <{parent}@a>\r\nSubject: Chung\r\n");
            let raw = format!("Message-ID: <{step}@a>\r\n{extra}\r\n{step}");
            deliver(store, &step.to_string(), AN, raw.into(), i64::from(step)).await;
            Ok(())
        }
        2 => {
            let import = Import {
                folders: BTreeSet::from([folder, other]),
                keywords: BTreeSet::from(["$draft".to_owned()]),
                received: at(i64::from(step)),
                by: None,
            };
            store.import(AN, letter(step, ""), import).await.map(drop)
        }
        3 | 4 => {
            let keywords = Some(SetChange::Patch(BTreeMap::from([("$seen".to_owned(), present)])));
            store.update_letter(AN, id, LetterChange { keywords, folders: None, by: None }).await
        }
        5 => {
            let folders = Some(SetChange::Replace(BTreeSet::from([folder, other])));
            store.update_letter(AN, id, LetterChange { keywords: None, folders, by: None }).await
        }
        6 => store.destroy_letter(AN, id).await,
        _ if present => store.create_folder(AN, format!("Thư mục {step}"), None, 9, at(0)).await.map(drop),
        _ => store.destroy_folder(AN, folder, true).await,
    };
    match outcome {
        Ok(()) | Err(StoreError::NotFound | StoreError::SystemFolder) => {}
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn following_changes_always_equals_a_fresh_look() {
    for seed in 0..4 {
        let directory = tempfile::tempdir().unwrap();
        let store = store(&directory).await;
        store.ensure(AN, at(0)).await.unwrap();
        let mut random = Seeded::new(seed);
        let kinds = [Kind::Email, Kind::Mailbox, Kind::Thread];
        let mut mirrors: [Mirror; 3] = Default::default();
        let mut seen: [BTreeMap<String, String>; 3] = Default::default();
        for step in 1..80 {
            act(&store, &mut random, step).await;
            if !random.next_u32().is_multiple_of(3) {
                continue;
            }
            assert_counts(&store, step).await;
            let fresh = snapshot(&store).await;
            for ((mirror, kind), (now, before)) in
                mirrors.iter_mut().zip(kinds).zip(fresh.iter().zip(seen.iter()))
            {
                let limit = 1 + usize::try_from(random.next_u32() % 5).unwrap();
                let told = mirror.follow(&store, kind, limit).await;
                assert_eq!(
                    mirror.ids,
                    now.keys().cloned().collect(),
                    "{kind:?} after step {step} of seed {seed}"
                );
                for (id, value) in now {
                    // Whatever looks different must have been told.
                    assert!(
                        before.get(id) == Some(value) || told.contains(id),
                        "{kind:?} {id} changed silently"
                    );
                }
            }
            seen = fresh;
        }
    }
}

#[tokio::test]
async fn a_state_never_had_is_not_answered() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(&directory).await;
    store.ensure(AN, at(0)).await.unwrap();
    assert!(store.since(AN, Kind::Email, 999, 10).await.unwrap().is_none());
    assert!(store.since(AN, Kind::Email, -1, 10).await.unwrap().is_none());
}

#[tokio::test]
async fn uids_grow_and_leave_a_trace() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(&directory).await;
    let first = deliver(&store, "1", AN, letter(1, ""), 0).await.unwrap();
    deliver(&store, "2", AN, letter(2, ""), 1).await;
    store.destroy_letter(AN, first).await.unwrap();
    deliver(&store, "3", AN, letter(3, ""), 2).await;
    let rows = database::sqlx::query("SELECT uid FROM letter_folder WHERE folder = 'inbox' ORDER BY uid")
        .fetch_all(store.database().readers())
        .await
        .unwrap();
    let uids: Vec<i64> = rows.iter().map(|row| database::sqlx::Row::get(row, 0)).collect();
    assert_eq!(uids, [2, 3], "a UID is never used again");
    let gone = database::sqlx::query("SELECT uid FROM expunged")
        .fetch_all(store.database().readers())
        .await
        .unwrap();
    assert_eq!(gone.len(), 1);
}

#[tokio::test]
async fn only_bodies_that_nothing_names_are_swept() {
    let directory = tempfile::tempdir().unwrap();
    // Stored by one process and swept by the next: what was stored a moment ago is left alone.
    let kept = {
        let store = store(&directory).await;
        let id = deliver(&store, "1", AN, letter(1, ""), 0).await.unwrap();
        deliver(&store, "2", BINH, letter(2, ""), 0).await;
        store.upload(AN, Bytes::from_static(b"tep"), at(0)).await.unwrap();
        store.destroy_letter(AN, id).await.unwrap();
        assert_eq!(store.sweep(Timestamp::now()).await.unwrap(), 1, "only the old upload has expired");
        assert!(store.blobs().exists(&BlobId::of(b"tep")).await, "stored a moment ago");
        store.blobs().settle().await.unwrap();
        store
    };
    let later = store(&directory).await;
    drop(kept);
    assert!(
        later.may_read(AN, &BlobId::of(&letter(1, ""))).await.unwrap(),
        "destroyed, but a draft may name it"
    );
    let tomorrow = Timestamp::now().plus(std::time::Duration::from_secs(86_400));
    assert_eq!(later.sweep(tomorrow).await.unwrap(), 0, "it can still be brought back");
    let later_on = Timestamp::now().plus(super::letter::removed::KEPT * 2);
    assert_eq!(later.sweep(later_on).await.unwrap(), 1);
    assert!(!later.blobs().exists(&BlobId::of(&letter(1, ""))).await);
    assert!(later.blobs().exists(&BlobId::of(&letter(2, ""))).await);
    assert_eq!(later.missing_blobs().await.unwrap(), []);
}
