//! Files as other programs leave them, brought into a real store.

use std::{fs, path::Path};

use base::MailboxId;
use database::sqlx::{self, Row};
use mail_gateway_core::{mailbox::Role, moving::Place};

use super::{FolderReport, Report, Source};
use crate::{store::letter::Letter, tests::Hub};

const AN: MailboxId = MailboxId::from_u128(1);

async fn bring(hub: &Hub, place: &Path) -> Report {
    hub.mail.move_in(AN, Source::Files(place.to_owned())).await
}

async fn all(hub: &Hub) -> Vec<Letter> {
    let store = hub.mail.store();
    let rows = sqlx::query("SELECT id FROM letters WHERE account = $1").bind(AN.to_string());
    let rows = rows.fetch_all(store.database().readers()).await.unwrap();
    let ids: Vec<String> = rows.iter().map(|row| row.get("id")).collect();
    store.letters(AN, &ids).await.unwrap()
}

/// Subject, keywords and seconds since 1970 of every letter of `folder`.
async fn letters(hub: &Hub, folder: &str) -> Vec<(String, String, i64)> {
    let store = hub.mail.store();
    let folders = store.folders(AN).await.unwrap();
    let id =
        folders.iter().find(|f| f.name == folder).unwrap_or_else(|| panic!("no folder {folder}")).id.clone();
    let mut found = Vec::new();
    for letter in all(hub).await {
        if letter.folders.contains(&id) {
            let keywords = letter.keywords.iter().cloned().collect::<Vec<_>>().join(" ");
            let subject = letter.summary.subject.clone().unwrap_or_default();
            found.push((subject, keywords, letter.received.as_seconds()));
        }
    }
    found.sort();
    found
}

fn mbox(letters: &[&str]) -> String {
    letters.iter().map(|letter| format!("From - Wed Mar 31 07:30:00 2021\n{letter}\n\n")).collect()
}

fn row(brought: u64, known: u64, deleted: u64) -> FolderReport {
    FolderReport { brought, known, deleted, refused: 0 }
}

#[tokio::test]
async fn a_thunderbird_profile_comes_with_folders_flags_and_dates_and_only_once() {
    let hub = Hub::start(|_| {}).await;
    let files = tempfile::tempdir().unwrap();
    let inbox = [
        "X-Mozilla-Status: 0005\nSubject: =?utf-8?q?B=C3=A1o_c=C3=A1o?=\n\nKính gửi\n>From Hà Nội.",
        "X-Mozilla-Status: 0000\nSubject: Moi\n\nx",
        "X-Mozilla-Status: 0009\nSubject: Da xoa\n\nx",
    ];
    fs::write(files.path().join("Inbox"), mbox(&inbox)).unwrap();
    fs::write(files.path().join("Inbox.msf"), "an index, no letters").unwrap();
    fs::create_dir_all(files.path().join("Kế hoạch.sbd")).unwrap();
    fs::write(files.path().join("Kế hoạch.sbd/Quý I"), mbox(&["Subject: Ke hoach\n\nx"])).unwrap();
    fs::write(files.path().join("Sent"), mbox(&["Date: Thu, 1 Apr 2021 00:00:00 +0000\nSubject: Gui\n\nx"]))
        .unwrap();

    let report = bring(&hub, files.path()).await;
    assert_eq!(report.ended, None);
    assert_eq!(report.folders[&Place::Role(Role::Inbox)], row(2, 0, 1));
    assert_eq!(report.folders[&Place::Named(vec!["Kế hoạch".into(), "Quý I".into()])], row(1, 0, 0));
    let at = 1_617_175_800;
    assert_eq!(
        letters(&hub, "Hộp thư đến").await,
        [("Báo cáo".into(), "$flagged $seen".into(), at), ("Moi".into(), String::new(), at)]
    );
    assert_eq!(letters(&hub, "Quý I").await, [("Ke hoach".into(), "$seen".into(), at)]);
    assert_eq!(letters(&hub, "Thư đã gửi").await.len(), 1);

    let again = bring(&hub, files.path()).await;
    assert_eq!(again.brought(), 0, "{again}");
    assert_eq!(again.folders[&Place::Role(Role::Inbox)], row(0, 2, 1));
    assert_eq!(letters(&hub, "Hộp thư đến").await.len(), 2);
}

#[tokio::test]
async fn a_quoted_line_of_an_mbox_is_what_was_written() {
    let hub = Hub::start(|_| {}).await;
    let files = tempfile::tempdir().unwrap();
    fs::write(files.path().join("Inbox"), mbox(&["Subject: x\n\n>From Hà Nội\n>>From Huế"])).unwrap();
    assert_eq!(bring(&hub, &files.path().join("Inbox")).await.brought(), 1);
    let letter = all(&hub).await.remove(0);
    let octets = hub.mail.store().open_blob(&letter.blob).await.unwrap();
    assert_eq!(std::str::from_utf8(&octets).unwrap(), "Subject: x\r\n\r\nFrom Hà Nội\r\n>From Huế\r\n");
}

#[tokio::test]
async fn a_maildir_with_subfolders_comes_whole() {
    let hub = Hub::start(|_| {}).await;
    let files = tempfile::tempdir().unwrap();
    for folder in ["", ".Sent", ".K&Hr8- ho&HqE-ch.2026"] {
        for part in ["cur", "new", "tmp"] {
            fs::create_dir_all(files.path().join(folder).join(part)).unwrap();
        }
    }
    let write = |name: &str, subject: &str| {
        fs::write(files.path().join(name), format!("Subject: {subject}\n\nx\n")).unwrap();
    };
    write("cur/1617175800.M1P2.host:2,RS", "Da tra loi");
    write("cur/1617175801.M1P2.host:2,ST", "Bo di");
    write("new/1617175802.M1P2.host", "Moi");
    write(".Sent/cur/1617175803.M1P2.host:2,S", "Gui");
    write(".K&Hr8- ho&HqE-ch.2026/cur/1617175804.M1P2.host:2,FS", "Sau");

    let report = bring(&hub, files.path()).await;
    assert_eq!((report.ended.clone(), report.brought()), (None, 4), "{report}");
    assert_eq!(report.folders[&Place::Role(Role::Inbox)], row(2, 0, 1));
    let inbox = letters(&hub, "Hộp thư đến").await;
    let seen: Vec<(&str, &str)> = inbox.iter().map(|(s, k, _)| (s.as_str(), k.as_str())).collect();
    assert_eq!(seen, [("Da tra loi", "$answered $seen"), ("Moi", "")]);
    assert_eq!(letters(&hub, "Thư đã gửi").await.len(), 1);
    assert_eq!(report.folders[&Place::Named(vec!["Kế hoạch".into(), "2026".into()])], row(1, 0, 0));
}

#[tokio::test]
async fn what_was_cut_off_goes_on_and_what_does_not_fit_is_named() {
    let hub = Hub::start(|config| config.max_size = 1_000).await;
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("Inbox");
    let letters: Vec<String> = (0..150).map(|n| format!("Subject: thu {n}\n\nx")).collect();
    let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
    fs::write(&path, mbox(&letters[..100])).unwrap();
    assert_eq!(bring(&hub, &path).await.brought(), 100);

    let large = format!("Subject: To\n\n{}", "x".repeat(2_000));
    fs::write(&path, mbox(&[letters, vec![&large]].concat())).unwrap();
    let report = bring(&hub, &path).await;
    assert_eq!(
        report.folders[&Place::Role(Role::Inbox)],
        FolderReport { brought: 50, known: 100, deleted: 0, refused: 1 }
    );
    assert_eq!(report.refused[0].1, "To");
    assert!(report.to_string().contains("larger than this hub takes"), "{report}");
}

#[tokio::test]
async fn two_moves_into_one_mailbox_at_once_bring_each_letter_once() {
    let hub = Hub::start(|_| {}).await;
    let files = tempfile::tempdir().unwrap();
    for folder in ["Kế hoạch", "Báo cáo", "Tờ trình"] {
        let letters: Vec<String> = (0..100).map(|n| format!("Subject: {folder} {n}\n\nx")).collect();
        let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
        fs::write(files.path().join(folder), mbox(&letters)).unwrap();
    }
    let (one, other) = tokio::join!(bring(&hub, files.path()), bring(&hub, files.path()));
    assert_eq!((&one.ended, &other.ended), (&None, &None));
    assert_eq!(one.brought() + other.brought(), 300, "{one}\n{other}");
    assert_eq!(all(&hub).await.len(), 300);
}

#[tokio::test]
async fn what_is_no_mailbox_is_said_to_be_none() {
    let hub = Hub::start(|_| {}).await;
    let files = tempfile::tempdir().unwrap();
    fs::write(files.path().join("a.txt"), "x").unwrap();
    assert!(bring(&hub, files.path()).await.ended.is_some_and(|why| why.contains("neither an mbox")));
    assert!(bring(&hub, &files.path().join("gone")).await.ended.is_some());
}
