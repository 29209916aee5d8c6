//! A stranger's letter with a program: held, found, read, released and thrown away by IT staff.

use std::fs;

use serde_json::Value;
use testkit::{Client, Hub, PASSWORD};

use crate::{administration::text, hub, jmap::Mailbox, mail_programs::address, strangers};

/// Brings a letter with a file called `name`.
fn bring(hub: &Hub, to: &str, subject: &str, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    fs::write(&file, "content").unwrap();
    let reply = strangers::bring(hub, to, subject, "Đề nghị mở tệp.", Some(&file));
    assert!(reply.starts_with("250"), "{reply}");
}

fn listed(staff: &Client, query: &str) -> Value {
    staff.get(&format!("/api/admin/quarantine?q={query}")).json()
}

#[test]
fn it_staff_read_release_and_delete_held_letters_and_each_act_is_on_record() {
    let hub = hub(&[]);
    let clerk = Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD);
    let staff = Client::signed_in(hub.address("http"), "quantri", PASSWORD);
    let (mailbox, to) = (Mailbox::personal(&clerk), address(&clerk));
    bring(&hub, &to, "Hoa don thang 11", "hoa-don.pdf.exe");
    bring(&hub, &to, "Thu lua dao", "mo-ngay.scr");

    assert_eq!(Client::new(hub.address("http")).get("/api/admin/quarantine").status, 401);
    assert_eq!(clerk.get("/api/admin/quarantine").status, 403);
    let found = listed(&staff, "hoa+don");
    assert_eq!((&found["total"], &found["items"][0]["reason"]), (&1.into(), &"program".into()), "{found}");
    let id = found["items"][0]["id"].as_str().unwrap();
    assert_eq!(clerk.get(&format!("/api/admin/quarantine/{id}")).status, 403);
    let opened = staff.get(&format!("/api/admin/quarantine/{id}")).json();
    assert!(opened["text"].as_str().unwrap().contains("Đề nghị mở tệp."), "{opened}");
    assert_eq!(opened["files"][0]["name"], "hoa-don.pdf.exe");
    assert_eq!(clerk.post(&format!("/api/admin/quarantine/{id}/release"), &Value::Null).status, 403);
    let released = staff.post(&format!("/api/admin/quarantine/{id}/release"), &Value::Null);
    assert_eq!((released.status, &released.json()["delivered"][0]), (200, &to.clone().into()));
    mailbox.expect("Hoa don thang 11");
    assert_eq!(staff.post(&format!("/api/admin/quarantine/{id}/release"), &Value::Null).status, 404);

    let lines = text(&hub.admin(&["quarantine", "list"]));
    let other = lines.split('\t').next().unwrap();
    assert!(lines.contains("mo-ngay.scr") && lines.lines().count() == 1, "{lines}");
    assert!(text(&hub.admin(&["quarantine", "show", other])).contains("Đề nghị mở tệp."));
    text(&hub.admin(&["quarantine", "delete", other]));
    assert!(!hub.admin(&["quarantine", "release", other]).status.success());
    assert!(mailbox.letters("Thu lua dao").is_empty());
    assert_eq!(listed(&staff, "")["total"], 0);
    let audit = text(&hub.admin(&["audit"]));
    for act in ["Xem thư bị giữ lại", "Chuyển cho người nhận thư bị giữ lại", "Xóa thư bị giữ lại"]
    {
        assert!(audit.contains(act), "{audit}");
    }
}
