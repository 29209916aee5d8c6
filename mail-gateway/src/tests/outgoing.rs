//! Letters that leave, wait, or come back.

use std::sync::atomic::Ordering;

use base::Timestamp;
use lettre::AsyncTransport;

use super::{sink::Sink, *};
use crate::{Envelope, SubmitError, queue::rows};

const ALL: [&str; 5] = ["PIPELINING", "SIZE 10000000", "8BITMIME", "SMTPUTF8", "STARTTLS"];
const LETTER: &[u8] =
    "From: an@tinh.example\nTo: xa@bo.example\nBcc: kin@bo.example\nSubject: a\n\n.chấm\nhết".as_bytes();

fn to(recipients: &[&str]) -> Envelope {
    Envelope {
        sender: Some("an@tinh.example".into()),
        recipients: recipients.iter().map(|r| (*r).to_owned()).collect(),
    }
}

async fn hub_with(sink: &Sink) -> Hub {
    let route = sink.route("bo.example");
    Hub::start(|config| config.routes.push(route)).await
}

/// Waits until nothing is queued.
async fn drained(hub: &Hub) {
    let work = async {
        while queued(&hub.mail).await > 0 {
            tokio::task::yield_now().await;
        }
    };
    within(work).await;
}

#[tokio::test]
async fn a_letter_to_another_server_arrives_whole_and_encrypted() {
    let mut sink = Sink::start(&ALL, |_, _| None).await;
    let hub = hub_with(&sink).await;
    hub.mail.submit(&to(&["xa@bo.example", "binh@tinh.example"]), LETTER).await.unwrap();
    let arrived = sink.next().await;
    assert!(arrived.encrypted, "STARTTLS was offered");
    assert!(
        arrived.sender.starts_with("MAIL FROM:<an@tinh.example> SIZE=")
            && arrived.sender.ends_with("BODY=8BITMIME")
    );
    assert_eq!(arrived.recipients, ["RCPT TO:<xa@bo.example>"], "local recipients never leave");
    assert!(arrived.letter.starts_with("Received: "), "{}", arrived.letter);
    assert!(!arrived.letter.contains("kin@") && arrived.letter.contains("\r\nDate: "));
    assert!(arrived.letter.ends_with("\r\n\r\n.chấm\r\nhết\r\n"), "{}", arrived.letter);
    assert_eq!(hub.letters(BINH, 1).await.len(), 1);
    drained(&hub).await;
}

#[tokio::test]
async fn a_plain_old_server_works_too() {
    let mut sink = Sink::start(&[], |_, line| line.starts_with("EHLO").then(|| "500 what".to_owned())).await;
    let hub = hub_with(&sink).await;
    hub.mail
        .submit(&to(&["xa@bo.example", "ya@bo.example"]), b"From: an@tinh.example\r\n\r\nx\r\n")
        .await
        .unwrap();
    let arrived = sink.next().await;
    assert_eq!((arrived.sender.as_str(), arrived.recipients.len()), ("MAIL FROM:<an@tinh.example>", 2));
    assert!(!arrived.encrypted);
}

#[tokio::test]
async fn a_server_that_is_busy_is_tried_again_and_gets_the_letter_once() {
    let greylisted = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let mut sink = Sink::start(&ALL, move |connection, line| match (connection, line) {
        (0, "") => Some("421 busy".to_owned()),
        (_, line) if line.starts_with("RCPT") && !greylisted.swap(true, Ordering::SeqCst) => {
            Some("450 4.2.0 greylisted".to_owned())
        }
        _ => None,
    })
    .await;
    let hub = hub_with(&sink).await;
    hub.mail.submit(&to(&["xa@bo.example"]), LETTER).await.unwrap();
    sink.next().await;
    drained(&hub).await;
    assert_eq!((sink.connections.load(Ordering::SeqCst), sink.waiting()), (2, 0));
    assert!(letters(&hub.mail, AN).await.is_empty(), "nothing to report");
}

#[tokio::test]
async fn who_is_refused_is_reported_to_the_sender_and_the_others_get_the_letter() {
    let mut sink = Sink::start(&ALL, |_, line| {
        line.starts_with("RCPT TO:<sai@").then(|| "550 5.1.1 no such user".to_owned())
    })
    .await;
    let hub = hub_with(&sink).await;
    hub.mail.submit(&to(&["sai@bo.example", "xa@bo.example"]), LETTER).await.unwrap();
    assert_eq!(sink.next().await.recipients, ["RCPT TO:<xa@bo.example>"]);
    let reports = hub.letters(AN, 1).await;
    drained(&hub).await;
    assert_eq!(reports.len(), 1);
    let report = &reports[0];
    assert!(
        report.starts_with("Return-Path: <>\r\n") && report.contains("To: <an@tinh.example>"),
        "{report}"
    );
    assert!(
        report.contains("Final-Recipient: rfc822; sai@bo.example\r\nAction: failed\r\nStatus: 5.1.1\r\n")
    );
    assert!(!report.contains("xa@bo.example\r\nAction"), "who got it is not reported");
}

#[tokio::test]
async fn giving_up_is_reported_once_and_the_null_sender_never() {
    let tried = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = Arc::clone(&tried);
    let sink = Sink::start(&ALL, move |_, line| {
        (line == ".").then(|| {
            counter.fetch_add(1, Ordering::SeqCst);
            "452 4.3.1 full".to_owned()
        })
    })
    .await;
    let hub = hub_with(&sink).await;
    hub.mail.submit(&to(&["xa@bo.example"]), LETTER).await.unwrap();
    let reports = hub.letters(AN, 1).await;
    assert!(reports[0].contains("Diagnostic-Code: smtp; 452 4.3.1 full"), "{}", reports[0]);
    assert_eq!(tried.load(Ordering::SeqCst), 3, "once and along the two retries");
    let nobody = Envelope { sender: None, recipients: vec!["xa@bo.example".into()] };
    hub.mail.submit(&nobody, LETTER).await.unwrap();
    drained(&hub).await;
    assert_eq!(letters(&hub.mail, AN).await.len(), 1);
}

#[tokio::test]
async fn a_server_that_cannot_take_the_letter_is_not_sent_it() {
    let sink = Sink::start(&["SIZE 100"], |_, _| None).await;
    let hub = hub_with(&sink).await;
    let signed = "From: an@tinh.example\r\nContent-Type: multipart/signed; boundary=x\r\n\r\n--x\r\n\r\nđ\r\n--x--\r\n";
    hub.mail.submit(&to(&["xa@bo.example"]), signed.as_bytes()).await.unwrap();
    assert!(hub.letters(AN, 1).await[0].contains("Status: 5.6.3"));
    hub.mail
        .submit(&to(&["xa@bo.example"]), &[b"From: an@tinh.example\r\n\r\n", &[b'x'; 200][..]].concat())
        .await
        .unwrap();
    assert!(hub.letters(AN, 2).await[1].contains("Status: 5.3.4"));
}

#[tokio::test]
async fn broken_tls_does_not_keep_a_letter_back() {
    let mut sink =
        Sink::start(&ALL, |_, line| (line == "STARTTLS").then(|| "454 no key today".to_owned())).await;
    let hub = hub_with(&sink).await;
    hub.mail.submit(&to(&["xa@bo.example"]), LETTER).await.unwrap();
    assert!(!sink.next().await.encrypted);
}

#[tokio::test]
async fn a_connection_that_dies_in_the_middle_is_tried_again() {
    let mut sink = Sink::start(&["PIPELINING", "8BITMIME"], |connection, line| {
        (connection == 0 && line == "DATA").then(String::new)
    })
    .await;
    let hub = hub_with(&sink).await;
    hub.mail.submit(&to(&["xa@bo.example"]), LETTER).await.unwrap();
    sink.next().await;
    drained(&hub).await;
}

#[tokio::test]
async fn all_else_goes_to_the_smart_host() {
    let mut sink = Sink::start(&ALL, |_, _| None).await;
    let host = sink.route("").host;
    let hub = Hub::start(|config| config.smarthost = Some(host)).await;
    hub.mail.submit(&to(&["xa@mot.example", "xa@hai.example"]), LETTER).await.unwrap();
    let mut recipients = [sink.next().await.recipients, sink.next().await.recipients].concat();
    recipients.sort();
    assert_eq!(recipients, ["RCPT TO:<xa@hai.example>", "RCPT TO:<xa@mot.example>"]);
}

#[tokio::test]
async fn unknown_recipients_are_named_and_nobody_gets_the_letter() {
    let hub = Hub::start(|_| {}).await;
    let refused = hub.mail.submit(&to(&["binh@tinh.example", "ma@tinh.example", "@"]), LETTER).await;
    assert!(matches!(refused, Err(SubmitError::BadRecipients(bad)) if bad == ["ma@tinh.example", "@"]));
    assert!(matches!(hub.mail.submit(&to(&[]), LETTER).await, Err(SubmitError::NoRecipients)));
    let large = vec![b'x'; 300_001];
    assert!(matches!(
        hub.mail.submit(&to(&["binh@tinh.example"]), &large).await,
        Err(SubmitError::TooLarge(_))
    ));
    assert!(letters(&hub.mail, BINH).await.is_empty());
}

#[tokio::test]
async fn the_hubs_own_letters_are_sent_once_per_key() {
    let mut sink = Sink::start(&ALL, |_, _| None).await;
    let hub = hub_with(&sink).await;
    let letter = || {
        lettre::Message::builder()
            .from("Phòng họp <an@tinh.example>".parse().unwrap())
            .to("binh@tinh.example".parse().unwrap())
            .cc("xa@bo.example".parse().unwrap())
            .subject("Giấy mời họp")
            .body("Kính mời".to_owned())
            .unwrap()
    };
    for _ in 0..2 {
        hub.mail.transport("hop-1-0").send(letter()).await.unwrap();
    }
    hub.mail.transport("hop-1-1").send(letter()).await.unwrap();
    sink.next().await;
    sink.next().await;
    drained(&hub).await;
    assert_eq!((hub.letters(BINH, 2).await.len(), sink.waiting()), (2, 0));
}

#[tokio::test]
async fn a_dead_workers_lease_expires_and_its_letter_goes_out() {
    let files = tempfile::tempdir().unwrap();
    let mut sink = Sink::start(&ALL, |_, _| None).await;
    let mut settings = config();
    settings.routes.push(sink.route("bo.example"));
    let mail = open(files.path(), settings).await;
    mail.submit(&to(&["xa@bo.example"]), LETTER).await.unwrap();
    let now = Timestamp::now();
    let claim = |at: Timestamp, until: Timestamp| {
        let database = mail.inner.database.clone();
        async move {
            let group = rows::due(database.readers(), at, 4, 10).await.unwrap().pop()?;
            database
                .write(move |c| Box::pin(async move { rows::claim(c, group, "x".into(), at, until).await }))
                .await
                .unwrap()
        }
    };
    let until = now.plus(Duration::from_secs(60));
    assert_eq!(claim(now, until).await.unwrap().recipients.len(), 1);
    assert!(claim(now, until).await.is_none(), "leased rows are taken by nobody else");
    assert_eq!(rows::next_due(mail.inner.database.readers(), now).await.unwrap(), Some(until));
    assert!(claim(until, until.plus(Duration::from_secs(60))).await.is_some(), "an expired lease is free");
    // The worker dies without a word; the hub starts again.
    let stop = CancellationToken::new();
    let serving = mail.serve(certificate(), stop.clone()).await.unwrap();
    sink.next().await;
    stop.cancel();
    within(serving.finished()).await;
    assert_eq!(queued(&mail).await, 0);
}
