//! What was promised with `250` is there after a power cut, exactly once.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::Duration,
};

use testkit::{Client, Hub, PASSWORD, SmtpSink};

use crate::{hub, jmap::Mailbox, mail_programs::address};

/// Speaks SMTP line by line; then, if given, sends `body` after DATA's `354`. Returns all replies.
pub fn dialogue(hub: &Hub, door: &str, lines: &[&str], body: Option<&str>) -> Vec<String> {
    let stream = TcpStream::connect(hub.address(door)).expect("the hub listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    let mut writer = stream.try_clone().expect("a clone");
    let mut reader = BufReader::new(stream);
    let mut replies = vec![reply(&mut reader)];
    for line in lines {
        writer.write_all(format!("{line}\r\n").as_bytes()).expect("open");
        replies.push(reply(&mut reader));
    }
    if let Some(body) = body {
        let _ = writer.write_all(body.as_bytes());
        replies.push(reply(&mut reader));
    }
    replies
}

fn reply(reader: &mut impl BufRead) -> String {
    let mut whole = String::new();
    let mut line = String::new();
    while reader.read_line(&mut line).unwrap_or(0) > 0 {
        whole.push_str(&line);
        if line.as_bytes().get(3) != Some(&b'-') {
            break;
        }
        line.clear();
    }
    whole
}

#[test]
fn a_power_cut_right_after_250_loses_nothing_and_doubles_nothing() {
    let mut hub = hub(&[]);
    let client = Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD);
    let address = address(&client);
    for round in 0..5 {
        let body = format!("From: a@bo.example\r\nSubject: Mất điện {round}\r\n\r\nvẫn còn\r\n.\r\n");
        let rcpt = format!("RCPT TO:<{address}>");
        let lines = ["EHLO bo.example", "MAIL FROM:<a@bo.example>", rcpt.as_str(), "DATA"];
        let replies = dialogue(&hub, "smtp", &lines, Some(&body));
        hub.kill();
        assert!(replies.last().unwrap().starts_with("250"), "{replies:?}");
        hub.launch();
    }
    let mailbox = Mailbox::personal(&Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD));
    for round in 0..5 {
        assert_eq!(mailbox.letters(&format!("Mất điện {round}")).len(), 1, "round {round}");
    }
}

#[test]
fn a_queued_letter_survives_a_power_cut_and_leaves_once_the_other_server_is_there() {
    let sink = SmtpSink::start(&[]);
    let mut hub = hub(&[&format!("mail.routes=bo.example={}", sink.address())]);
    let client = Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD);
    let mailbox = Mailbox::personal(&client);
    let address = address(&client);
    send(&mailbox, &address, "vanphong@bo.example", "Gửi rồi mất điện");
    hub.kill();
    hub.launch();
    assert!(sink.letter().contains("Subject:"));
}

/// Writes a draft and submits it, as the webmail does.
pub fn send(mailbox: &Mailbox, from: &str, to: &str, subject: &str) {
    use serde_json::json;
    let drafts = mailbox.folder("drafts");
    let identity = mailbox.call("Identity/get", json!({ "ids": null }))["list"][0]["id"].clone();
    let created = mailbox.call(
        "Email/set",
        json!({ "create": { "d": {
            "mailboxIds": { drafts: true },
            "keywords": { "$draft": true },
            "from": [{ "email": from }],
            "to": [{ "email": to }],
            "subject": subject,
            "bodyValues": { "1": { "value": "Kính gửi." } },
            "textBody": [{ "partId": "1", "type": "text/plain" }],
        } } }),
    );
    let id = created["created"]["d"]["id"].as_str().unwrap_or_else(|| panic!("{created}")).to_owned();
    let submitted = mailbox
        .call("EmailSubmission/set", json!({ "create": { "s": { "emailId": id, "identityId": identity } } }));
    assert!(submitted["created"]["s"]["id"].is_string(), "{submitted}");
}
