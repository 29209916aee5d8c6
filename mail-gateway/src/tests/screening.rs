//! Letters that are stopped by what they hold, at the doors they come through.

use super::{talk::Talk, *};
use crate::{Envelope, SubmitError};

const TO: &[&str] = &["binh@tinh.example"];

/// A letter with `subject` and an attached file called `name`.
fn letter(subject: &str, name: &str) -> String {
    format!(
        "From: an@tinh.example\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nBody\r\n--x\r\n\
         Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n\
         content\r\n--x--\r\n"
    )
}

#[tokio::test]
async fn secret_papers_and_programs_are_refused_to_mail_programs_with_the_reason() {
    let hub = Hub::start(|_| {}).await;
    let mut talk = Talk::tls(hub.serving.address("submissions").unwrap()).await;
    talk.sign_in().await;
    // "[MẬT] A" (RFC 2047).
    let refused = talk.letter("an@tinh.example", TO, &letter("=?utf-8?Q?[M=E1=BA=ACT]_A?=", "a.txt")).await;
    assert!(refused.contains("5.7.1"), "{refused}");
    assert!(refused.contains("secrecy") && refused.contains("HT-"), "{refused}");
    let refused = talk.letter("an@tinh.example", TO, &letter("A", "hoa-don.pdf.exe")).await;
    assert!(refused.contains("5.7.1") && refused.contains("hoa-don.pdf.exe"), "{refused}");
    let taken = talk.letter("an@tinh.example", TO, &letter("A", "a.txt")).await;
    assert!(taken.starts_with("250 2.0.0"), "the session goes on: {taken}");
    assert_eq!(hub.letters(BINH, 1).await.len(), 1, "only the last letter arrived");
}

#[tokio::test]
async fn secret_papers_are_refused_to_other_servers_and_to_the_webmail() {
    let hub = Hub::start(|_| {}).await;
    let marked = letter("=?utf-8?Q?T=E1=BB=90I_M=E1=BA=ACT?=", "a.txt");
    let mut talk = Talk::clear(hub.serving.address("smtp").unwrap()).await;
    talk.say("EHLO bo.example").await;
    let refused = talk.letter("xa@bo.example", TO, &marked).await;
    assert!(refused.contains("5.7.1"), "{refused}");
    let envelope =
        Envelope { sender: Some("an@tinh.example".into()), recipients: vec!["binh@tinh.example".into()] };
    let refused = hub.mail.submit_where_it_fits("a", &envelope, marked.as_bytes()).await;
    let Err(SubmitError::Refused(why)) = refused else { panic!("{refused:?}") };
    assert!(why.contains("TỐI MẬT") && why.contains("văn thư mật"), "{why}");
    assert!(letters(&hub.mail, BINH).await.is_empty(), "nobody got any of it");
}
