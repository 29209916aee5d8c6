//! Reading mail with real programs: Python's imaplib and mbsync.

use std::{
    fs,
    process::{Command, Output},
};

use testkit::{Hub, PASSWORD};

use crate::hub;

const CLERK: &str = "vanthu.stttt";
pub const AGENCY: &str = "stttt@quangbinh.example";

pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs a Python program with an `imaplib` connection `box`, signed in.
pub fn imaplib(hub: &Hub, door: &str, (login, password): (&str, &str), program: &str) -> Output {
    let start = r#"
import imaplib, ssl, sys, time
door, host, port, login, password = sys.argv[1:6]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
if door == "imaps":
    box = imaplib.IMAP4_SSL(host, int(port), ssl_context=context, timeout=60)
else:
    box = imaplib.IMAP4(host, int(port), timeout=60)
    box.starttls(context)
box.login(login, password)
def ok(answer):
    assert answer[0] == "OK", answer
    return answer[1]
"#;
    let address = hub.address(door);
    Command::new("python3")
        .args(["-c", &format!("{start}{program}")])
        .args([door, &address.ip().to_string(), &address.port().to_string(), login, password])
        .output()
        .expect("python3 is installed")
}

#[test]
fn imaplib_reads_writes_searches_and_waits_over_both_doors() {
    let hub = hub(&[]);
    for door in ["imap", "imaps"] {
        let done = imaplib(
            &hub,
            door,
            (CLERK, PASSWORD),
            r#"
name = '"Thử &- ' + door + '"'
ok(box.create(name.replace("ử", "&Hu0-")))
folder = name.replace("ử", "&Hu0-")
letter = "Subject: =?utf-8?q?Gi=E1=BA=A5y?=\r\nFrom: a@b.example\r\n\r\nKính gửi\r\n".encode()
for n in range(3):
    ok(box.append(folder, "\\Seen", imaplib.Time2Internaldate(time.time()), letter))
assert ok(box.select(folder)) == [b"3"]
assert ok(box.search(None, "SUBJECT", "giay")) == [b"1 2 3"]
data = ok(box.fetch("2", "(RFC822.SIZE BODY.PEEK[])"))
assert data[0][1] == letter, data
ok(box.store("1,3", "+FLAGS", "\\Deleted"))
assert sorted(ok(box.expunge())) == [b"1", b"3"]
ok(box.uid("MOVE", "2", "INBOX"))
assert ok(box.select(folder)) == [b"0"]
ok(box.close())
ok(box.delete(folder))
assert any(b"Drafts" in line for line in ok(box.list()))
box.logout()
print("fine")
"#,
        );
        assert!(said(&done).contains("fine"), "{door}: {}", said(&done));
    }
}

/// A Maildir beside the hub and mbsync between the two.
struct Mirror {
    folder: tempfile::TempDir,
    secret: String,
}

impl Mirror {
    fn of(hub: &Hub) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // mbsync signs in by SCRAM, for which a program's own password is needed.
        let made = hub.admin(&["app-password", "create", "--mailbox", AGENCY, "--name", "mbsync"]);
        let secret = String::from_utf8_lossy(&made.stdout).trim().to_owned();
        let address = hub.address("imaps");
        let place = folder.path().display();
        fs::create_dir(folder.path().join("mail")).unwrap();
        fs::copy(hub.data().join("certs/ca.pem"), folder.path().join("ca.pem")).unwrap();
        let rc = format!(
            "IMAPAccount hub\nHost localhost\nPort {}\nUser {AGENCY}\nPass {secret}\nSSLType IMAPS\n\
             CertificateFile {place}/ca.pem\nSystemCertificates no\n\nIMAPStore far\nAccount hub\n\n\
             MaildirStore near\nPath {place}/mail/\nInbox {place}/mail/INBOX\nSubFolders Verbatim\n\n\
             Channel all\nFar :far:\nNear :near:\nPatterns INBOX Luu\nCreate Both\nRemove Both\nExpunge Both\n\
             CopyArrivalDate yes\nSyncState {place}/state-\n",
            address.port()
        );
        fs::write(folder.path().join("rc"), rc).unwrap();
        Self { folder, secret }
    }

    fn sync(&self) {
        let done = Command::new("mbsync")
            .args(["-c", &self.folder.path().join("rc").display().to_string(), "all"])
            .output()
            .expect("mbsync (Debian isync) is installed");
        assert!(done.status.success(), "{}", said(&done));
    }

    /// The files of letters in a folder.
    fn letters(&self, folder: &str) -> Vec<std::path::PathBuf> {
        let mut found = Vec::new();
        for part in ["cur", "new"] {
            let place = self.folder.path().join("mail").join(folder).join(part);
            found.extend(fs::read_dir(place).into_iter().flatten().flatten().map(|entry| entry.path()));
        }
        found
    }

    /// The same mailbox by imaplib.
    fn imaplib(&self, hub: &Hub, program: &str) -> String {
        said(&imaplib(hub, "imaps", (AGENCY, &self.secret), program))
    }

    /// Letters in a folder of the hub.
    fn count(&self, hub: &Hub, folder: &str) -> String {
        let said = self.imaplib(hub, &format!("print('count', ok(box.select('{folder}'))[0].decode())\n"));
        said.lines().find_map(|line| line.strip_prefix("count ")).map(str::to_owned).unwrap_or(said)
    }

    fn add(&self, folder: &str, name: &str, letter: &str) {
        let place = self.folder.path().join("mail").join(folder).join("cur");
        fs::write(place.join(name), letter).unwrap();
    }
}

#[test]
fn mbsync_keeps_both_sides_alike_with_flags_and_deletions() {
    let hub = hub(&[]);
    let mirror = Mirror::of(&hub);
    let fill = mirror.imaplib(
        &hub,
        r#"
ok(box.create("Luu"))
for n in range(5):
    ok(box.append("Luu", None, None, f"Subject: thư {n}\r\nMessage-ID: <{n}@hub>\r\n\r\nnội dung {n}\r\n".encode()))
print("fine")
"#,
    );
    assert!(fill.contains("fine"), "{fill}");
    mirror.sync();
    assert_eq!(mirror.letters("Luu").len(), 5);
    // Near: one deleted, one added, one read. Far: one deleted.
    let mut near = mirror.letters("Luu");
    near.sort();
    fs::remove_file(near.remove(0)).unwrap();
    mirror.add("Luu", "1.moi.here:2,S", "Subject: từ máy\r\nMessage-ID: <near@x>\r\n\r\nx\r\n");
    let far = mirror.imaplib(
        &hub,
        "ok(box.select('Luu'))\nok(box.store('5', '+FLAGS', '\\\\Deleted'))\nok(box.expunge())\nprint('fine')\n",
    );
    assert!(far.contains("fine"), "{far}");
    mirror.sync();
    assert_eq!((mirror.letters("Luu").len(), mirror.count(&hub, "Luu")), (4, "4".to_owned()));
    mirror.sync();
    assert_eq!(
        (mirror.letters("Luu").len(), mirror.count(&hub, "Luu")),
        (4, "4".to_owned()),
        "nothing comes twice"
    );
    let seen = mirror.imaplib(&hub, "ok(box.select('Luu'))\nprint('seen', ok(box.search(None, 'SEEN')))\n");
    assert!(seen.contains("seen [b'4']"), "{seen}");
}
