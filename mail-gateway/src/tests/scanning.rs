//! Letters that scanners look at, and scanners that fail.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, mpsc};

use super::{scanner, talk::Talk, *};
use crate::{
    Envelope, SubmitError,
    checks::{Harmful, Scores, Unreached, Where},
};

const LETTER: &str = "From: la@la.example\r\nSubject: a\r\nX-Lienthong-Mark: tinh.example; spam=-9.0\r\n\r\n";
const FOUND: &str = "stream: Thu.Ma-doc.UNOFFICIAL FOUND";

/// A clamd to whom letters with the word `mã độc` are infected.
async fn clamd() -> Option<Where> {
    scanner::clamd(|letter| async move {
        let letter = String::from_utf8(letter).unwrap();
        assert!(letter.ends_with("\r\n"), "the whole letter");
        if letter.contains("mã độc") { FOUND } else { "stream: OK" }
    })
    .await
}

async fn bring(hub: &Hub, body: &str) -> String {
    let mut talk = Talk::clear(hub.serving.address("smtp").unwrap()).await;
    talk.say("EHLO la.example").await;
    talk.letter("la@la.example", &["an@tinh.example"], &format!("{LETTER}{body}")).await
}

async fn held(hub: &Hub) -> Vec<(String, String)> {
    let (found, _) = hub.mail.held("", 0, 50).await.unwrap();
    found.into_iter().map(|held| (held.reason, held.detail)).collect()
}

#[tokio::test]
async fn a_virus_from_outside_is_held_and_one_from_inside_refused_with_its_name() {
    let clamd = clamd().await;
    let hub = Hub::start(|config| config.checks.scanning.clamd = clamd).await;
    assert!(bring(&hub, "mã độc").await.starts_with("250"));
    assert!(bring(&hub, "lành").await.starts_with("250"));
    assert_eq!(held(&hub).await, [("infected".to_owned(), "Thu.Ma-doc".to_owned())]);
    assert_eq!(hub.letters(AN, 1).await.len(), 1, "only the clean letter arrived");

    let own = "From: an@tinh.example\r\nSubject: a\r\n\r\nmã độc\r\n";
    let mut talk = Talk::tls(hub.serving.address("submissions").unwrap()).await;
    talk.sign_in().await;
    let refused = talk.letter("an@tinh.example", &["binh@tinh.example"], own).await;
    assert!(
        refused.contains("5.7.1") && refused.contains("Thu.Ma-doc") && refused.contains("HT-"),
        "{refused}"
    );
    let envelope =
        Envelope { sender: Some("an@tinh.example".into()), recipients: vec!["binh@tinh.example".into()] };
    let refused = hub.mail.submit_where_it_fits("a", &envelope, own.as_bytes()).await;
    let Err(SubmitError::Refused(why)) = refused else { panic!("{refused:?}") };
    assert!(why.contains("mã độc “Thu.Ma-doc”"), "{why}");
    assert!(letters(&hub.mail, BINH).await.is_empty());
}

#[tokio::test]
async fn policy_refuses_a_virus_from_outside() {
    let clamd = clamd().await;
    let hub = Hub::start(|config| {
        config.checks.scanning.clamd = clamd;
        config.checks.scanning.infected = Harmful::Refuse;
    })
    .await;
    let refused = bring(&hub, "mã độc").await;
    assert!(refused.starts_with("550") && refused.contains("Thu.Ma-doc"), "{refused}");
    assert!(held(&hub).await.is_empty());
}

#[tokio::test]
async fn without_a_verdict_on_viruses_the_sender_keeps_the_letter_or_it_is_delivered() {
    let too_large = "INSTREAM size limit exceeded. ERROR\0";
    for place in [scanner::nowhere().await, scanner::hasty("").await, scanner::hasty(too_large).await] {
        let closed = place.clone();
        let hub = Hub::start(|config| config.checks.scanning.clamd = closed).await;
        // Larger than what the sockets between take: the scanner does not read it all.
        let refused = bring(&hub, &format!("{}\r\n", "x".repeat(900)).repeat(300)).await;
        assert!(refused.starts_with("451 4.7.0"), "{place:?}: {refused}");
        let own = Envelope { sender: None, recipients: vec!["binh@tinh.example".into()] };
        let refused = hub.mail.submit_where_it_fits("a", &own, LETTER.as_bytes()).await;
        assert!(matches!(refused, Err(SubmitError::Unscanned)), "{refused:?}");
        assert!(letters(&hub.mail, AN).await.is_empty() && held(&hub).await.is_empty());

        let hub = Hub::start(|config| {
            config.checks.scanning.clamd = place;
            config.checks.scanning.clamd_down = Unreached::Deliver;
        })
        .await;
        assert!(bring(&hub, "x").await.starts_with("250"));
        assert_eq!(hub.letters(AN, 1).await.len(), 1);
    }
}

#[tokio::test]
async fn however_many_letters_come_the_scanner_is_asked_about_few_at_once() {
    let (asking, mut asked) = mpsc::unbounded_channel();
    let (gate, most) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    let (now, door, peak) = (AtomicUsize::new(0), Arc::clone(&gate), Arc::clone(&most));
    let now = Arc::new(now);
    let clamd = scanner::clamd(move |_| {
        let (now, most, door, asking) =
            (Arc::clone(&now), Arc::clone(&peak), Arc::clone(&door), asking.clone());
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            asking.send(()).unwrap();
            let _through = door.acquire().await.unwrap();
            now.fetch_sub(1, Ordering::SeqCst);
            "stream: OK"
        }
    })
    .await;
    let hub = Hub::start(|config| config.checks.scanning.clamd = clamd).await;
    let letters = futures_util::future::join_all((0..16).map(|_| bring(&hub, "x")));
    let watch = async {
        for _ in 0..8 {
            asked.recv().await.unwrap();
        }
        // While others are served, nobody else gets through.
        let mut talk = Talk::clear(hub.serving.address("smtp").unwrap()).await;
        for _ in 0..50 {
            assert!(talk.say("NOOP").await.starts_with("250"));
        }
        assert!(asked.try_recv().is_err(), "a ninth letter");
        gate.add_permits(16);
    };
    let (answers, ()) = within(futures_util::future::join(letters, watch)).await;
    assert!(answers.iter().all(|answer| answer.starts_with("250")), "{answers:?}");
    assert!(most.load(Ordering::SeqCst) <= 8);
}

/// A hub for strangers, with an rspamd that scores every letter so; and what it is asked.
async fn scored(score: f64) -> (Hub, mpsc::UnboundedReceiver<String>) {
    let (asked, questions) = mpsc::unbounded_channel();
    let body = format!(r#"{{"is_skipped":false,"score":{score},"symbols":{{}}}}"#);
    let rspamd = scanner::rspamd("200 OK", body, asked).await;
    let hub = Hub::start(|config| {
        config.trusted_peers.clear();
        config.check_senders = false;
        config.checks.scanning.rspamd = rspamd;
        config.checks.scanning.scores = Scores { spam: 6.0, hold: 10.0, refuse: 15.0 };
    })
    .await;
    (hub, questions)
}

/// The role of the folder of the one letter.
async fn folder(hub: &Hub) -> String {
    hub.letters(AN, 1).await;
    let row = sqlx::query("SELECT f.role FROM letter_folder l JOIN folders f ON f.id = l.folder")
        .fetch_one(hub.mail.inner.database.readers());
    row.await.unwrap().get(0)
}

#[tokio::test]
async fn a_score_leads_to_the_inbox_the_spam_folder_the_quarantine_or_back() {
    let (hub, mut questions) = scored(5.94).await;
    assert!(bring(&hub, "x").await.starts_with("250"));
    assert_eq!(folder(&hub).await, "inbox");
    let letter = hub.letters(AN, 1).await.remove(0);
    assert!(letter.contains("X-Lienthong-Mark: tinh.example; spam=5.9\r\n"), "{letter}");
    assert!(!letter.contains("spam=-9.0"), "a score that strangers wrote is taken out: {letter}");
    let question = within(questions.recv()).await.unwrap();
    for known in ["IP: 127.0.0.1", "Helo: la.example", "From: la@la.example", "Rcpt: an@tinh.example"] {
        assert!(question.contains(&format!("\r\n{known}\r\n")), "{question}");
    }

    let (hub, _questions) = scored(6.0).await;
    assert!(bring(&hub, "x").await.starts_with("250"));
    assert_eq!(folder(&hub).await, "junk");
    let (hub, _questions) = scored(10.0).await;
    assert!(bring(&hub, "x").await.starts_with("250"));
    assert_eq!(held(&hub).await, [("spam".to_owned(), "10.0".to_owned())]);
    let (hub, _questions) = scored(15.0).await;
    assert!(bring(&hub, "x").await.starts_with("550 5.7.1"));
    assert!(held(&hub).await.is_empty() && letters(&hub.mail, AN).await.is_empty());
}

#[tokio::test]
async fn people_of_the_hub_are_not_suspected_of_spam() {
    let (hub, mut questions) = scored(99.0).await;
    let mut talk = Talk::tls(hub.serving.address("submissions").unwrap()).await;
    talk.sign_in().await;
    let own = "From: an@tinh.example\r\nSubject: a\r\n\r\nx\r\n";
    assert!(talk.letter("an@tinh.example", &["an@tinh.example"], own).await.starts_with("250"));
    assert_eq!(folder(&hub).await, "inbox");
    assert!(questions.try_recv().is_err(), "nobody asked");
}

#[tokio::test]
async fn without_a_score_policy_says_whether_a_letter_is_delivered() {
    let (asked, _questions) = mpsc::unbounded_channel();
    let broken = scanner::rspamd("500 Broken", "{}".to_owned(), asked).await;
    for (rspamd, down, answer) in [
        (scanner::nowhere().await, Unreached::Deliver, "250"),
        (scanner::nowhere().await, Unreached::Later, "451 4.7.0"),
        (broken, Unreached::Later, "451 4.7.0"),
    ] {
        let hub = Hub::start(|config| {
            config.trusted_peers.clear();
            config.check_senders = false;
            config.checks.scanning.rspamd = rspamd;
            config.checks.scanning.rspamd_down = down;
        })
        .await;
        let said = bring(&hub, "x").await;
        assert!(said.starts_with(answer), "{said}");
        assert_eq!(letters(&hub.mail, AN).await.len(), usize::from(answer == "250"));
    }
}
