//! What senders ask about delivery, how urgent letters overtake, and what administrators do to the queue.

use std::sync::atomic::Ordering;

use super::{sink::Sink, talk::Talk, *};
use crate::{Envelope, QueueAct};

const LETTER: &str = "From: an@tinh.example\r\nSubject: a\r\n\r\nx";

async fn hub_with(sink: &Sink, change: impl FnOnce(&mut Config)) -> Hub {
    let route = sink.route("bo.example");
    Hub::start(|config| {
        config.routes.push(route);
        change(config);
    })
    .await
}

/// Hands `LETTER` in with the parameters of MAIL and RCPT.
async fn submit(hub: &Hub, mail: &str, recipients: &[&str]) {
    let mut talk = Talk::tls(hub.serving.address("submissions").unwrap()).await;
    talk.sign_in().await;
    assert!(talk.say(&format!("MAIL FROM:<an@tinh.example> {mail}")).await.starts_with("250"));
    for recipient in recipients {
        let answer = talk.say(&format!("RCPT TO:{recipient}")).await;
        assert!(answer.starts_with("250"), "{answer}");
    }
    let answer = talk.say(&format!("BDAT {} LAST\r\n{LETTER}", LETTER.len())).await;
    assert!(answer.starts_with("250 2.0.0"), "{answer}");
}

fn outside(recipients: &[&str]) -> Envelope {
    Envelope {
        sender: Some("an@tinh.example".into()),
        recipients: recipients.iter().map(|r| (*r).to_owned()).collect(),
    }
}

#[tokio::test]
async fn wishes_about_reports_travel_with_the_letter() {
    let mut sink = Sink::start(&["DSN", "PIPELINING"], |_, _| None).await;
    let hub = hub_with(&sink, |_| {}).await;
    let asked = "<xa@bo.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Xa@bo.example";
    submit(&hub, "RET=HDRS ENVID=QQ31", &[asked]).await;
    let arrived = sink.next().await;
    assert_eq!(arrived.sender, "MAIL FROM:<an@tinh.example> RET=HDRS ENVID=QQ31");
    assert_eq!(arrived.recipients, [format!("RCPT TO:{asked}")]);
}

#[tokio::test]
async fn success_is_reported_to_whoever_asked_here_and_where_nobody_reports() {
    let mut sink = Sink::start(&[], |_, _| None).await;
    let hub = hub_with(&sink, |_| {}).await;
    let asked = ["<binh@tinh.example> NOTIFY=SUCCESS", "<xa@bo.example> NOTIFY=SUCCESS"];
    submit(&hub, "ENVID=QQ31", &asked).await;
    sink.next().await;
    let reports = hub.letters(AN, 2).await.join("\n");
    assert!(reports.contains("binh@tinh.example\r\nAction: delivered"), "{reports}");
    assert!(reports.contains("xa@bo.example\r\nAction: relayed"), "{reports}");
    assert!(reports.contains("Original-Envelope-Id: QQ31"));
}

#[tokio::test]
async fn who_asked_for_silence_is_not_told_of_failure() {
    let sink = Sink::start(&[], |_, line| line.starts_with("RCPT").then(|| "550 5.1.1 no".to_owned())).await;
    let hub = hub_with(&sink, |_| {}).await;
    submit(&hub, "RET=FULL", &["<a@bo.example> NOTIFY=NEVER", "<b@bo.example> NOTIFY=FAILURE"]).await;
    let reports = hub.letters(AN, 1).await;
    assert!(reports[0].contains("b@bo.example\r\nAction: failed") && !reports[0].contains("a@bo.example"));
    assert!(reports[0].contains("Content-Type: message/rfc822"), "all of it was asked for");
}

#[tokio::test]
async fn lateness_is_told_once() {
    let sink = Sink::start(&[], |_, line| line.is_empty().then(|| "421 busy".to_owned())).await;
    let hub = hub_with(&sink, |config| config.limits.delay_notice = Duration::ZERO).await;
    hub.mail.submit(&outside(&["xa@bo.example"]), LETTER.as_bytes()).await.unwrap();
    let reports = hub.letters(AN, 2).await;
    let count = |action: &str| reports.iter().filter(|r| r.contains(&format!("Action: {action}"))).count();
    assert_eq!((count("delayed"), count("failed")), (1, 1), "{reports:?}");
}

#[tokio::test]
async fn several_letters_go_through_one_connection() {
    let mut sink = Sink::start(&["PIPELINING"], |_, _| None).await;
    let hub = hub_with(&sink, |config| config.limits.outgoing_per_domain = 1).await;
    for _ in 0..5 {
        hub.mail.submit(&outside(&["xa@bo.example"]), LETTER.as_bytes()).await.unwrap();
        sink.next().await;
    }
    assert_eq!(sink.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_old_server_gets_the_letter_in_ascii() {
    let mut sink = Sink::start(&[], |_, _| None).await;
    let hub = hub_with(&sink, |_| {}).await;
    let letter = "From: an@tinh.example\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nKính gửi";
    hub.mail.submit(&outside(&["xa@bo.example"]), letter.as_bytes()).await.unwrap();
    let arrived = sink.next().await;
    assert!(!arrived.sender.contains("8BITMIME") && arrived.letter.is_ascii());
    assert!(arrived.letter.ends_with("K=C3=ADnh g=E1=BB=ADi\r\n"), "{}", arrived.letter);
}

#[tokio::test]
async fn a_letter_that_must_stay_encrypted_does_not_go_to_whoever_cannot_promise_it() {
    let sink = Sink::start(&["STARTTLS", "REQUIRETLS"], |_, _| None).await;
    let hub = hub_with(&sink, |config| config.retry.clear()).await;
    submit(&hub, "REQUIRETLS", &["<xa@bo.example>"]).await;
    let reports = hub.letters(AN, 1).await;
    assert!(reports[0].contains("Action: failed"), "its certificate is nobody's: {}", reports[0]);
    assert_eq!(sink.waiting(), 0);
}

#[tokio::test]
async fn a_held_letter_waits_and_an_ended_one_comes_back() {
    let mut sink = Sink::start(&[], |connection, line| {
        (connection == 0 && line.is_empty()).then(|| "421 busy".to_owned())
    })
    .await;
    // Never ready, so that the letter to be ended waits for it, however fast the first attempt is.
    let never = Sink::start(&[], |_, line| line.is_empty().then(|| "421 busy".to_owned())).await;
    let hub = hub_with(&sink, |config| {
        config.retry = vec![Duration::from_secs(3600)];
        config.routes.push(never.route("khong.example"));
    })
    .await;
    let id = hub.mail.submit(&outside(&["xa@bo.example"]), LETTER.as_bytes()).await.unwrap().to_string();
    let waiting = async {
        loop {
            let queue = hub.mail.queue(10).await.unwrap();
            if queue[0].attempts == 1 {
                return queue;
            }
            tokio::task::yield_now().await;
        }
    };
    let waiting = within(waiting).await;
    assert_eq!((waiting[0].letter.as_str(), waiting[0].recipient.as_str()), (id.as_str(), "xa@bo.example"));
    assert!(waiting[0].last_answer.contains("421 busy"));
    assert_eq!(hub.mail.queue_act(&id, QueueAct::Hold).await.unwrap(), 1);
    assert!(hub.mail.queue(10).await.unwrap()[0].held);
    assert_eq!(hub.mail.queue_act(&id, QueueAct::Retry).await.unwrap(), 1);
    sink.next().await;

    let id = hub.mail.submit(&outside(&["ya@khong.example"]), LETTER.as_bytes()).await.unwrap().to_string();
    let ended = async {
        while hub.mail.queue_act(&id, QueueAct::Bounce).await.unwrap() == 0 {
            tokio::task::yield_now().await;
        }
    };
    within(ended).await;
    let reports = hub.letters(AN, 1).await;
    assert!(reports[0].contains("ended by an administrator"), "{}", reports[0]);
}

#[tokio::test]
async fn an_account_that_sends_too_much_is_asked_to_wait() {
    let hub = Hub::start(|config| config.limits.letters_per_account = 1).await;
    let mut talk = Talk::tls(hub.serving.address("submissions").unwrap()).await;
    talk.sign_in().await;
    assert!(talk.letter("an@tinh.example", &["binh@tinh.example"], LETTER).await.starts_with("250"));
    talk.say("MAIL FROM:<an@tinh.example>").await;
    let answer = talk.say("RCPT TO:<binh@tinh.example>").await;
    assert!(answer.starts_with("450 4.7.1 Da gui qua so thu"), "{answer}");
}
