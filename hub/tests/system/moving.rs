//! Moving in from another mail server, with a second hub as that server.

use std::{fs, path::PathBuf, process::Output};

use testkit::Hub;

use crate::{
    hub,
    imap::{AGENCY, imaplib, said},
};

/// The server that people leave, and what a mail program needs to read one mailbox there.
struct Old {
    hub: Hub,
    secret: String,
    folder: tempfile::TempDir,
}

impl Old {
    fn new() -> Self {
        let hub = hub(&[]);
        let made = hub.admin(&["app-password", "create", "--mailbox", AGENCY, "--name", "chuyển thư"]);
        let secret = String::from_utf8_lossy(&made.stdout).trim().to_owned();
        let old = Self { hub, secret, folder: tempfile::tempdir().unwrap() };
        old.write("password", &old.secret);
        old
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Runs `program`, which knows the folder of sent letters as `sent`.
    fn fill(&self, program: &str) {
        let start =
            "sent = [line for line in ok(box.list()) if b'Sent' in line][0].decode().split(' \"/\" ')[1]\n";
        let done = imaplib(&self.hub, "imaps", (AGENCY, &self.secret), &format!("{start}{program}"));
        assert!(said(&done).contains("fine"), "{}", said(&done));
    }

    /// What the new hub says when the agency's mailbox is brought over through `door`.
    fn bring(&self, new: &Hub, door: &str, password: &str) -> Output {
        let source = format!("{door}://{AGENCY}@localhost:{}", self.hub.address(door).port());
        let ca = self.hub.data().join("certs/ca.pem").display().to_string();
        let password = self.folder.path().join(password).display().to_string();
        new.admin(&["import", "--mailbox", AGENCY, &source, "--password-file", &password, "--ca", &ca])
    }
}

/// Letters that came and that had come before, by folder name.
fn row<'a>(report: &'a str, folder: &str) -> Option<(&'a str, &'a str)> {
    let line = report.lines().find(|line| line.starts_with(&format!("{folder}\t")))?;
    let mut words = line.split('\t').skip(1);
    Some((words.next()?, words.next()?))
}

#[test]
fn a_mailbox_comes_over_imap_with_folders_flags_and_dates_and_only_once() {
    let (old, new) = (Old::new(), hub(&[]));
    old.fill(
        r#"
ok(box.create('"K&Hr8- ho&HqE-ch"'))
ok(box.create('"K&Hr8- ho&HqE-ch/2026"'))
at = '"31-Mar-2021 07:30:00 +0700"'
for n in range(120):
    flags = ["", "\\Seen", "\\Seen \\Flagged \\Answered"][n % 3]
    ok(box.append('"K&Hr8- ho&HqE-ch/2026"', flags, at, f"Subject: thu {n}\r\n\r\nnoi dung {n}\r\n".encode()))
ok(box.append(sent, "\\Seen", at, b"Subject: da gui\r\n\r\nx\r\n"))
ok(box.append("INBOX", "\\Deleted", at, b"Subject: bo di\r\n\r\nx\r\n"))
print("fine")
"#,
    );
    let report = said(&old.bring(&new, "imaps", "password"));
    assert_eq!(row(&report, "Kế hoạch/2026"), Some(("120", "0")), "{report}");
    assert!(row(&report, "Thư đã gửi").is_some(), "{report}");

    let made = new.admin(&["app-password", "create", "--mailbox", AGENCY, "--name", "kiểm tra"]);
    let secret = String::from_utf8_lossy(&made.stdout).trim().to_owned();
    let check = imaplib(
        &new,
        "imaps",
        (AGENCY, &secret),
        r#"
assert ok(box.select('"K&Hr8- ho&HqE-ch/2026"')) == [b"120"]
assert len(ok(box.search(None, "FLAGGED", "ANSWERED", "SEEN"))[0].split()) == 40
assert len(ok(box.search(None, "UNSEEN"))[0].split()) == 40
number = ok(box.search(None, "SUBJECT", '"thu 57"'))[0].decode()
date, body = ok(box.fetch(number, "(INTERNALDATE BODY.PEEK[])"))[0]
assert b"31-Mar-2021 00:30:00 +0000" in date or b"31-Mar-2021 07:30:00 +0700" in date, date
assert body == b"Subject: thu 57\r\n\r\nnoi dung 57\r\n", body
print("fine")
"#,
    );
    assert!(said(&check).contains("fine"), "{}", said(&check));

    // Again, by the other door: only what is new there.
    old.fill("ok(box.append(sent, None, None, b'Subject: moi\\r\\n\\r\\nx\\r\\n'))\nprint('fine')\n");
    let again = said(&old.bring(&new, "imap", "password"));
    assert_eq!(row(&again, "Kế hoạch/2026"), Some(("0", "120")), "{again}");
    assert_eq!(row(&again, "Thư đã gửi").map(|(came, _)| came), Some("1"), "{again}");
    let audit = said(&new.admin(&["audit"]));
    assert!(audit.contains("thư từ hệ thống khác vào hộp thư") && !audit.contains(&old.secret), "{audit}");
}

#[test]
fn what_the_other_server_refuses_is_said_in_its_words_and_nothing_comes() {
    let (old, new) = (Old::new(), hub(&[]));
    old.write("wrong", "abcd-efgh-jk23-mnpq-4rst");
    let refused = old.bring(&new, "imaps", "wrong");
    assert!(
        !refused.status.success() && said(&refused).contains("the other server refuses"),
        "{}",
        said(&refused)
    );
    // A certificate of an authority that nobody vouched for.
    let source = format!("imaps://{AGENCY}@localhost:{}", old.hub.address("imaps").port());
    let password = old.folder.path().join("password").display().to_string();
    let strange = new.data().join("certs/ca.pem").display().to_string();
    let refused =
        new.admin(&["import", "--mailbox", AGENCY, &source, "--password-file", &password, "--ca", &strange]);
    assert!(!refused.status.success() && said(&refused).contains("certificate"), "{}", said(&refused));
}
