use bytes::Bytes;
use mail_gateway_core::jmap::filter::Filter;
use serde_json::json;

use crate::store::{Role, Store, query::Order, tests::store};
use base::{MailboxId, Timestamp};

const AN: MailboxId = MailboxId::from_u128(1);
const BINH: MailboxId = MailboxId::from_u128(2);

async fn deliver(store: &Store, key: &str, mailbox: MailboxId, raw: &str) -> String {
    let raw = Bytes::copy_from_slice(raw.as_bytes());
    let done =
        store.deliver_letter(key.into(), mailbox, Role::Inbox, raw, Vec::new(), Timestamp::now()).await;
    done.unwrap().unwrap().to_string()
}

async fn found(store: &Store, mailbox: MailboxId, text: &str) -> usize {
    let filter = Filter::parse(&json!({ "text": text })).unwrap();
    store.query(mailbox, Some(&filter), Order::NewestFirst).await.unwrap().len()
}

async fn noted(store: &Store) -> usize {
    store.noted().await.unwrap().len()
}

#[tokio::test]
async fn a_letter_is_found_as_soon_as_it_is_there_by_every_way_people_write() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(&directory).await;
    let raw = "From: Nguyễn Thuỳ Hòa <hoant.stttt@quangbinh.example>\r\nSubject: V/v Sở Thông tin và Truyền thông\r\n\r\n\
               Đồng Hới, số 123/GM-UBND, Hội nghị";
    deliver(&store, "1", AN, raw).await;
    for text in [
        "thuy hoa",
        "Thùy Hoà",
        "hoant",
        "stttt@quangbinh.example",
        "dong hoi",
        "Đồ",
        "123/GM-UBND",
        "STTTT",
        "Ho\u{302}\u{323}i nghi\u{323}",
        "\"hội nghị\"",
        "gm-ub",
        "hoi dong",
    ] {
        assert_eq!(found(&store, AN, text).await, 1, "{text}");
    }
    for text in ["\"hoi dong\"", "gm 124", "khong", "oant"] {
        assert_eq!(found(&store, AN, text).await, 0, "{text}");
    }
    assert_eq!(found(&store, BINH, "dong hoi").await, 0);
}

#[tokio::test]
async fn a_letter_accepted_before_a_crash_is_indexed_after_it() {
    let directory = tempfile::tempdir().unwrap();
    let before = store(&directory).await;
    deliver(&before, "1", AN, "Subject: trước\r\n\r\nmột").await;
    assert_eq!(noted(&before).await, 1, "accepted without waiting for the index");
    drop(before);
    let after = store(&directory).await;
    assert_eq!((found(&after, AN, "truoc").await, noted(&after).await), (1, 0));
}

#[tokio::test]
async fn a_body_held_by_several_is_indexed_once_and_goes_with_the_last() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(&directory).await;
    let raw = "Subject: chung\r\n\r\nmột nội dung";
    let first = deliver(&store, "1", AN, raw).await;
    assert_eq!(found(&store, AN, "chung").await, 1);
    // The second account gains it after it was indexed.
    let second = deliver(&store, "2", BINH, raw).await;
    assert_eq!((found(&store, BINH, "chung").await, found(&store, AN, "chung").await), (1, 1));
    store.destroy_letter(AN, first).await.unwrap();
    assert_eq!((found(&store, AN, "chung").await, found(&store, BINH, "chung").await), (0, 1));
    store.destroy_letter(BINH, second).await.unwrap();
    let later = Timestamp::now().plus(std::time::Duration::from_secs(31 * 86_400));
    store.sweep(later).await.unwrap();
    let left = database::sqlx::query("SELECT COUNT(*) FROM letter_index")
        .fetch_one(store.database().readers())
        .await
        .unwrap();
    assert_eq!(database::sqlx::Row::get::<i64, _>(&left, 0), 0);
}
