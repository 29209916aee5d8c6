//! Letters between real programs and the hub: swaks, Python's smtplib, another server.

use std::process::{Command, Output};

use testkit::{Client, Hub, PASSWORD, Reply, SmtpSink};

use crate::{hub, jmap::Mailbox};

const CLERK: &str = "vanthu.stttt";

fn clerk(hub: &Hub) -> (Client, Mailbox, String) {
    let client = Client::signed_in(hub.address("http"), CLERK, PASSWORD);
    let mailbox = Mailbox::personal(&client);
    let session = client.get("/api/session").json();
    let grants = session["mailboxes"].as_array().unwrap().clone();
    let address =
        grants.iter().find(|g| g["kind"] == "personal").unwrap()["address"].as_str().unwrap().to_owned();
    (client, mailbox, address)
}

fn swaks(hub: &Hub, arguments: &[&str]) -> Output {
    Command::new("swaks")
        .args(["--server", &hub.address("smtp").to_string(), "--timeout", "20"])
        .args(arguments)
        .output()
        .expect("swaks is installed")
}

/// Sends with Python's smtplib over STARTTLS or implicit TLS; its output says what happened.
fn smtplib(hub: &Hub, door: &str, from: &str, to: &[&str], subject: &str, password: &str) -> Output {
    let program = r#"
import smtplib, ssl, sys
from email.message import EmailMessage
door, host, port, sender, password, subject = sys.argv[1:7]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
if door == "submissions":
    client = smtplib.SMTP_SSL(host, int(port), context=context, timeout=20)
else:
    client = smtplib.SMTP(host, int(port), timeout=20)
    client.starttls(context=context)
client.login("vanthu.stttt", password)
letter = EmailMessage()
letter["From"], letter["To"], letter["Subject"] = sender, ", ".join(sys.argv[7:]), subject
letter["Bcc"] = "giau.kin@nowhere.example"
letter.set_content("Kính gửi: Quý cơ quan.\n.đầu dòng có dấu chấm\nTrân trọng./.\n")
client.send_message(letter, from_addr=sender, to_addrs=sys.argv[7:])
client.quit()
"#;
    let address = hub.address(door);
    Command::new("python3")
        .args([
            "-c",
            program,
            door,
            &address.ip().to_string(),
            &address.port().to_string(),
            from,
            password,
            subject,
        ])
        .args(to)
        .output()
        .expect("python3 is installed")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_letter_from_outside_reaches_the_mailbox_and_strangers_cannot_relay() {
    let hub = hub(&[]);
    let (_, mailbox, address) = clerk(&hub);
    let sent =
        swaks(&hub, &["--from", "bo@bo.example", "--to", &address, "--header", "Subject: Công văn số 12"]);
    assert!(sent.status.success(), "{}", said(&sent));
    let letter = mailbox.expect("Công văn số 12");
    assert_eq!(letter["from"][0]["email"], "bo@bo.example");
    assert!(mailbox.raw(&letter).contains("Received: "));

    let unknown = swaks(&hub, &["--from", "bo@bo.example", "--to", "khong.co@quangbinh.example"]);
    assert!(said(&unknown).contains("550 5.1.1"), "{}", said(&unknown));
    let relay = swaks(&hub, &["--from", "bo@bo.example", "--to", "ai@khac.example"]);
    assert!(said(&relay).contains("550 5.7.1"), "{}", said(&relay));
}

#[test]
fn a_mail_program_submits_over_both_doors_to_people_here_and_elsewhere() {
    let sink = SmtpSink::start(&[]);
    let hub = hub(&[&format!("mail.routes=bo.example={}", sink.address())]);
    let (_, mailbox, address) = clerk(&hub);
    for door in ["submission", "submissions"] {
        let subject = format!("Qua cửa {door}");
        let sent = smtplib(&hub, door, &address, &[&address, "vanphong@bo.example"], &subject, PASSWORD);
        assert!(sent.status.success(), "{}", said(&sent));
        let here = mailbox.raw(&mailbox.expect(&subject));
        let there = sink.letter();
        for letter in [here, there] {
            assert!(
                letter.contains("\n.đầu dòng")
                    || letter.contains("LsSR4bqndSBkw7Ju")
                    || letter.contains("=C4=91"),
                "{letter}"
            );
            assert!(!letter.contains("giau.kin"), "Bcc must not travel:\n{letter}");
            assert!(letter.to_lowercase().contains("message-id:"), "{letter}");
        }
    }
    let foreign = smtplib(&hub, "submissions", "chutich@quangbinh.example", &[&address], "Giả mạo", PASSWORD);
    assert!(!foreign.status.success(), "somebody else's address was accepted");
    let wrong = smtplib(&hub, "submissions", &address, &[&address], "Sai mật khẩu", "sai-mat-khau");
    assert!(said(&wrong).contains("535"), "{}", said(&wrong));
}

#[test]
fn a_server_that_says_later_is_asked_again() {
    let sink = SmtpSink::start(&[Reply::Later, Reply::Later]);
    let hub = hub(&[
        &format!("mail.routes=bo.example={}", sink.address()),
        "mail.retry_minutes=0.001,0.001,0.001,1",
    ]);
    let (_, _, address) = clerk(&hub);
    let sent = smtplib(&hub, "submissions", &address, &["vanphong@bo.example"], "Thử lại", PASSWORD);
    assert!(sent.status.success(), "{}", said(&sent));
    assert_eq!([sink.attempt(), sink.attempt(), sink.attempt()], [Reply::Later, Reply::Later, Reply::Accept]);
    assert!(sink.letter().contains("Kính gửi") || !sink.has_more());
}

#[test]
fn a_letter_nobody_takes_comes_back_with_the_other_servers_words() {
    let sink = SmtpSink::start(&[Reply::Refuse]);
    let hub = hub(&[&format!("mail.routes=bo.example={}", sink.address())]);
    let (_, mailbox, address) = clerk(&hub);
    let sent = smtplib(&hub, "submissions", &address, &["vanphong@bo.example"], "Không ai nhận", PASSWORD);
    assert!(sent.status.success(), "{}", said(&sent));
    let report = mailbox.raw(&mailbox.expect("Không gửi được"));
    assert!(report.contains("multipart/report") && report.contains("message/delivery-status"), "{report}");
    assert!(report.contains("vanphong@bo.example") && report.contains("5.7.1"), "{report}");
}

#[test]
fn a_line_end_that_is_none_cannot_smuggle_a_second_letter() {
    let hub = hub(&[]);
    let (_, mailbox, address) = clerk(&hub);
    for end in ["\n.\n", "\n.\r\n", "\r.\r"] {
        let body = format!(
            "From: a@bo.example\r\nSubject: Buôn lậu\r\n\r\nmột{end}MAIL FROM:<b@bo.example>\r\nRCPT TO:<{address}>\r\nDATA\r\nSubject: Hàng lậu\r\n\r\nhai\r\n.\r\n"
        );
        let replies = crate::power_cut::dialogue(
            &hub,
            "smtp",
            &["EHLO bo.example", "MAIL FROM:<a@bo.example>", &format!("RCPT TO:<{address}>"), "DATA"],
            Some(&body),
        );
        assert!(!replies.last().unwrap().starts_with("250"), "{end:?}: {replies:?}");
    }
    assert!(mailbox.letters("Hàng lậu").is_empty());
}

#[test]
fn an_agency_mailbox_is_one_for_all_its_clerks() {
    let hub = hub(&[]);
    let staff = Client::signed_in(hub.address("http"), "quantri", PASSWORD);
    let listed = staff.get("/api/admin/mailboxes?q=stttt@").json();
    let mailbox = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|m| m["address"] == "stttt@quangbinh.example")
        .unwrap();
    let readers: Vec<&str> =
        mailbox["readers"].as_array().unwrap().iter().filter_map(|r| r.as_str()).collect();
    assert_eq!(readers.len(), 2, "{mailbox}");
    let (clerk, _, _) = clerk(&hub);
    let me = clerk.get("/api/session").json()["person"]["name"].as_str().unwrap().to_owned();
    let other = readers.into_iter().find(|name| *name != me).unwrap();
    let listed = hub.admin(&["user", "list", "--query", other]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let login =
        listed.lines().find(|line| line.contains(other)).and_then(|line| line.split('\t').next()).unwrap();
    let other = Client::signed_in(hub.address("http"), login, PASSWORD);

    let sent = swaks(
        &hub,
        &["--from", "bo@bo.example", "--to", "stttt@quangbinh.example", "--header", "Subject: Gửi cơ quan"],
    );
    assert!(sent.status.success(), "{}", said(&sent));
    let letter = Mailbox::agency(&clerk).expect("Gửi cơ quan");
    let id = letter["id"].as_str().unwrap();
    let read = serde_json::json!({ "update": { id: { "keywords/$seen": true } } });
    assert!(Mailbox::agency(&clerk).call("Email/set", read)["updated"].get(id).is_some());
    let get = serde_json::json!({ "ids": [id], "properties": ["keywords"] });
    let seen = Mailbox::agency(&other).call("Email/get", get);
    assert_eq!(seen["list"][0]["keywords"]["$seen"], true, "{seen}");
}
