//! The real clamd and the real rspamd of Debian beside the hub, with one signature and one rule of our own.

mod daemons;

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::json;
use testkit::{Client, Hub, PASSWORD};

use crate::{administration::text, hub, jmap::Mailbox, mail_programs::address, strangers};
use daemons::{Clamd, Rspamd};

/// Brings a letter whose text is `body`, with a ZIP file that holds `inside`; the reply to its data.
fn bring(hub: &Hub, to: &str, subject: &str, body: &str, inside: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let [list, packed] = ["bang-ke.txt", "bang-ke.zip"].map(|name| folder.path().join(name));
    fs::write(&list, inside).unwrap();
    let zipped = Command::new("python3").args(["-m", "zipfile", "-c"]).args([&packed, &list]).output();
    text(&zipped.expect("python3 is installed"));
    strangers::bring(hub, to, subject, body, Some(&packed))
}

/// The clerk's mailbox and address.
fn clerk(hub: &Hub) -> (Mailbox, String) {
    let clerk = Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD);
    (Mailbox::personal(&clerk), address(&clerk))
}

#[test]
fn clamd_finds_our_signature_in_a_zip_and_while_it_is_away_senders_keep_their_letters() {
    let mut clamd = Clamd::start();
    let hub = hub(&[&format!("checks.clamd={}", clamd.socket().display())]);
    let (mailbox, to) = clerk(&hub);
    assert!(bring(&hub, &to, "Hoa don", "x", &format!("a {} b", daemons::VIRUS)).starts_with("250"));
    assert!(bring(&hub, &to, "Bao cao", "x", "a b").starts_with("250"));
    mailbox.expect("Bao cao");
    let held = text(&hub.admin(&["quarantine", "list"]));
    assert!(held.contains("infected\tLienthong.Thu-nghiem") && held.lines().count() == 1, "{held}");
    assert!(mailbox.letters("Hoa don").is_empty());

    clamd.stop();
    let later = bring(&hub, &to, "Giay moi", "x", "a b");
    assert!(later.starts_with("451 4.7.0"), "{later}");
    clamd.launch();
    assert!(bring(&hub, &to, "Giay moi", "x", "a b").starts_with("250"));
    assert_eq!(mailbox.letters("Giay moi").len(), 1);
}

#[test]
fn rspamd_sends_what_our_rule_calls_spam_to_the_spam_folder() {
    let rspamd = Rspamd::start();
    let hub = hub(&[
        &format!("checks.rspamd={}", rspamd.socket().display()),
        "checks.rspamd_down=later",
        "mail.trusted_peers=192.0.2.1",
        // No name server is asked.
        "mail.check_senders=false",
    ]);
    let (mailbox, to) = clerk(&hub);
    assert!(bring(&hub, &to, "Khuyen mai", daemons::OFFER, "a").starts_with("250"));
    assert!(bring(&hub, &to, "Giay moi", "Họp giao ban", "a").starts_with("250"));
    let (spam, good) = (mailbox.expect("Khuyen mai"), mailbox.expect("Giay moi"));
    assert_eq!(spam["mailboxIds"][mailbox.folder("junk")], true, "{spam}");
    assert_eq!(good["mailboxIds"][mailbox.folder("inbox")], true, "{good}");
    let mark = mailbox.raw(&spam);
    assert!(mark.contains("X-Lienthong-Mark: quangbinh.example; spam=8.0\r\n"), "{mark}");
}

/// Puts a letter into the folder with `role`, as the webmail does.
fn put(mailbox: &Mailbox, letter: &serde_json::Value, role: &str) {
    let id = letter["id"].as_str().unwrap();
    let folders = json!({ "mailboxIds": { mailbox.folder(role): true } });
    let done = mailbox.call("Email/set", json!({ "update": { id: folders } }));
    assert!(done["updated"].get(id).is_some(), "{done}");
}

#[test]
fn rspamd_learns_what_a_clerk_moves_into_the_spam_folder_and_out_of_it() {
    let rspamd = Rspamd::start();
    let hub = hub(&[
        &format!("checks.rspamd={}", rspamd.socket().display()),
        &format!("checks.rspamd_controller={}", rspamd.controller().display()),
        &format!("checks.rspamd_password={}", daemons::PASSWORD),
        "mail.trusted_peers=192.0.2.1",
        "mail.check_senders=false",
    ]);
    let (mailbox, to) = clerk(&hub);
    let spam = "Hàng giảm giá khuyến mãi lớn nhất trong năm, đặt hàng ngay hôm nay";
    let good = "Ủy ban nhân dân tỉnh mời họp giao ban tháng mười một với các sở ban ngành";
    for number in 0..3 {
        let (one, other) = (format!("Khuyen mai {number}"), format!("Giay moi {number}"));
        bring(&hub, &to, &one, &format!("{spam} số {number}"), "a");
        put(&mailbox, &mailbox.expect(&one), "junk");
        // A false alarm.
        bring(&hub, &to, &other, &format!("{good} lần {number} {}", daemons::OFFER), "a");
        put(&mailbox, &mailbox.expect(&other), "inbox");
    }
    // The lessons are given behind the clerk's back.
    let deadline = Instant::now() + Duration::from_secs(120);
    for number in 10.. {
        let subject = format!("Khuyen mai {number}");
        bring(&hub, &to, &subject, &format!("{spam} cuối tuần"), "a");
        if mailbox.expect(&subject)["mailboxIds"][mailbox.folder("junk")] == true {
            break;
        }
        assert!(Instant::now() < deadline, "nothing was learned:\n{}", hub.log());
    }
    bring(&hub, &to, "Giay moi hop", &format!("{good} sắp tới"), "a");
    let letter = mailbox.expect("Giay moi hop");
    assert_eq!(letter["mailboxIds"][mailbox.folder("inbox")], true, "{letter}");
    assert!(mailbox.raw(&letter).contains("; spam=-"), "{}", mailbox.raw(&letter));
}
