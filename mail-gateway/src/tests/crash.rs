//! `kill -9`: what was acknowledged is there, once; what was not is the sender's to send again.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use super::{sink::Sink, talk::Talk, *};
use crate::{
    accept::{Addressee, Incoming},
    store::StoreError,
};

const LETTER: &str = "From: an@tinh.example\r\nSubject: quan trong\r\n\r\nx";

/// Set in the child process: where its files are, and where `bo.example` is.
const PLACE: &str = "LIENTHONG_CRASH_TEST";

/// Not a test of its own: the hub that [`acknowledged_letters_survive_kill_9`] kills.
#[tokio::test]
async fn victim() {
    let Ok(place) = std::env::var(PLACE) else { return };
    let (files, sink) = place.split_once('|').unwrap();
    let mut settings = config();
    settings.routes.push(crate::config::Route::parse(&format!("bo.example={sink}")).unwrap());
    settings.retry = vec![Duration::from_secs(3600)];
    let mail = open(Path::new(files), settings).await;
    let serving = mail.serve(certificate(), CancellationToken::new()).await.unwrap();
    println!("\nlistening {}", serving.address("submissions").unwrap());
    std::future::pending::<()>().await;
}

fn start_victim(files: &Path, sink: std::net::SocketAddr) -> (Child, std::net::SocketAddr) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::crash::victim", "--nocapture"])
        .env(PLACE, format!("{}|{sink}", files.display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("listening ")?.parse().ok());
    (child, address.expect("the hub did not start"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_letters_survive_kill_9() {
    let files = tempfile::tempdir().unwrap();
    // First nobody is at home, so that the outgoing copies still wait when the hub dies.
    let mut sink = Sink::start(&["PIPELINING"], |connection, line| {
        (connection < ROUNDS && line.is_empty()).then(|| "421 not now".to_owned())
    })
    .await;
    for round in 0..ROUNDS {
        let (mut child, address) = start_victim(files.path(), sink.address);
        let mut talk = Talk::tls(address).await;
        talk.sign_in().await;
        let letter = LETTER.replace("quan trong", &format!("thu {round}"));
        let answer = talk.letter("an@tinh.example", &["tatca@tinh.example", "xa@bo.example"], &letter).await;
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(answer.starts_with("250"), "{answer}");
    }
    let new = std::fs::read_dir(files.path().join("mail/blobs/new")).unwrap();
    let left = new.filter(|entry| entry.as_ref().unwrap().path().extension().is_some()).count();
    assert_eq!(
        left, 1,
        "the last one died before its accept log was unpacked, the others' was by the next start"
    );
    let mut settings = config();
    settings.routes.push(sink.route("bo.example"));
    settings.retry = vec![Duration::from_millis(20); 10];
    let mail = open(files.path(), settings).await;
    for mailbox in [AN, BINH] {
        let found = letters(&mail, mailbox).await;
        assert_eq!(found.len(), ROUNDS, "nothing lost, nothing doubled");
        for (round, letter) in found.iter().enumerate() {
            assert!(letter.contains(&format!("Subject: thu {round}\r\n")));
        }
    }
    // Rows whose attempt was cut or answered 4xx wait for an hour: make them due.
    let due: Result<(), StoreError> = mail
        .inner
        .database
        .write(|c| {
            Box::pin(async move {
                sqlx::query("UPDATE queue_recipient SET due_at = 0").execute(c).await?;
                Ok(())
            })
        })
        .await;
    due.unwrap();
    let serving = mail.serve(certificate(), CancellationToken::new()).await.unwrap();
    let mut subjects = Vec::new();
    for _ in 0..ROUNDS {
        let arrived = sink.next().await;
        subjects
            .extend(arrived.letter.lines().filter(|line| line.starts_with("Subject:")).map(str::to_owned));
    }
    subjects.sort();
    subjects.dedup();
    assert_eq!((subjects.len(), sink.waiting()), (ROUNDS, 0));
    drop(serving);
}

#[tokio::test]
async fn a_death_between_body_and_rows_leaves_nothing_and_the_repeat_delivers_once() {
    let files = tempfile::tempdir().unwrap();
    let incoming = |key: &str| Incoming {
        key: Some(key.to_owned()),
        sender: None,
        addressees: vec![Addressee {
            address: mail_gateway_core::smtp::Address::parse("an@tinh.example").unwrap(),
            mailboxes: Some(vec![AN]),
            wishes: Default::default(),
        }],
        eight_bit: false,
        international: false,
        handling: Default::default(),
        marks: Default::default(),
        letter: LETTER.as_bytes().to_vec().into(),
        reading: None,
    };
    let mail = open(files.path(), config()).await;
    // Only the first phase happens: the body is on disk, no row names it.
    drop(mail.inner.prepare(incoming("k")).await.unwrap());
    drop(mail);
    let mail = open(files.path(), config()).await;
    assert!(letters(&mail, AN).await.is_empty());
    mail.inner.accept(incoming("k")).await.unwrap();
    mail.inner.accept(incoming("k")).await.unwrap();
    assert_eq!(letters(&mail, AN).await.len(), 1);
}

const ROUNDS: usize = 3;
