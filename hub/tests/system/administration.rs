//! What IT staff do, on the console and on the command line beside a running hub.

use std::process::Output;

use serde_json::json;
use testkit::{Client, Hub, PASSWORD};

use crate::{BINARY, hub, jmap::Mailbox, mail_programs::address, power_cut::send};

pub fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn a_person_created_on_the_command_line_signs_in_at_once_and_must_change_the_password() {
    let hub = hub(&[]);
    let made = text(&hub.admin(&["user", "create", "--name", "Đặng Thị Hồng Nhung", "--unit", "STTTT"]));
    let fields: Vec<&str> = made.split_whitespace().collect();
    let (login, address, password) = (fields[0], fields[1], fields[2]);
    assert!(address.ends_with("@quangbinh.example") && address.starts_with("nhung"), "{made}");
    let mut person = Client::new(hub.address("http"));
    let answer = person.sign_in(login, password);
    assert_eq!((answer.status, &answer.json()["mustChangePassword"]), (200, &json!(true)));
    assert_eq!(person.get("/api/directory/units").status, 403);
    let changed = person.post("/api/password", &json!({ "current": password, "new": "Moi-va-Dai@2026" }));
    assert_eq!(changed.status, 204, "{}", String::from_utf8_lossy(&changed.body));
    assert_eq!(person.get("/api/directory/units").status, 200);
    assert!(text(&hub.admin(&["mailbox", "list"])).lines().any(|line| line == address));
    assert!(text(&hub.admin(&["audit"])).contains(login));
}

#[test]
fn the_same_commands_work_without_a_running_hub() {
    let mut hub = hub(&[]);
    assert!(hub.stop());
    let id = text(&hub.admin(&["room", "create", "--name", "Phòng họp tầng 3"]));
    assert!(text(&hub.admin(&["room", "list"])).contains(&id));
    hub.launch();
    let staff = Client::signed_in(hub.address("http"), "quantri", PASSWORD);
    assert!(staff.get("/api/admin/rooms").json().to_string().contains("Phòng họp tầng 3"));
}

#[test]
fn a_token_for_a_seat_is_issued_listed_and_revoked_beside_a_running_hub() {
    let hub = hub(&[]);
    let meeting = text(&hub.admin(&["meeting", "create", "--title", "Họp giao ban"]));
    let issue = |role: &str| {
        hub.admin(&["token", "--meeting", &meeting, "--role", role, "--name", "Điểm cầu Lệ Thủy"])
    };
    let token = text(&issue("site"));
    assert!(token.len() >= 40 && !token.contains(char::is_whitespace), "just the token: {token}");
    // A browser enters by it as by a guest's link, without an account.
    let entry = |token: &str| {
        Client::new(hub.address("http")).get(&format!("/api/meetings/{meeting}/entry?guest={token}")).status
    };
    assert_eq!(entry(&token), 200);
    assert_eq!(entry("nonsense"), 404);
    let listed = text(&hub.admin(&["tokens", "--meeting", &meeting]));
    assert!(listed.contains("Điểm cầu Lệ Thủy") && !listed.contains(&token), "{listed}");
    let id = listed.split('\t').next().unwrap();
    text(&hub.admin(&["revoke-token", id]));
    assert_eq!(entry(&token), 404);
    assert!(!hub.admin(&["revoke-token", id]).status.success());
    assert!(!issue("king").status.success());
    let audit = text(&hub.admin(&["audit"]));
    assert!(audit.contains("Cấp mã truy cập") && audit.contains("Thu hồi mã truy cập"), "{audit}");
    assert!(!audit.contains(&token));
}

#[test]
fn only_it_staff_administer() {
    let hub = hub(&[]);
    let clerk = Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD);
    for path in ["/api/admin/people", "/api/admin/mailboxes", "/api/admin/audit", "/api/admin/rooms"] {
        assert_eq!(clerk.get(path).status, 403, "{path}");
        assert_eq!(Client::new(hub.address("http")).get(path).status, 401, "{path}");
    }
}

#[test]
fn a_backup_of_a_running_hub_starts_and_holds_the_letters() {
    let hub = hub(&[]);
    let client = Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD);
    let address = address(&client);
    crate::power_cut::send(&Mailbox::personal(&client), &address, &address, "Có trong bản sao");
    Mailbox::personal(&client).expect("Có trong bản sao");
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("ban-sao");
    text(&hub.admin(&["backup", copy.to_str().unwrap()]));
    let second = Hub::start_on(BINARY, &copy);
    let client = Client::signed_in(second.address("http"), "vanthu.stttt", PASSWORD);
    assert!(!Mailbox::personal(&client).letters("Có trong bản sao").is_empty());
}

#[test]
fn monitoring_reads_figures_where_the_operator_wants_them() {
    let hub = hub(&["metrics.listen=127.0.0.1:0"]);
    let answer = Client::new(hub.address("metrics")).get("/metrics");
    let text = String::from_utf8(answer.body).unwrap();
    assert!(text.contains("\nlienthong_media_peers 0\n"), "{text}");
}

#[test]
fn a_report_counts_accounts_mailboxes_letters_and_meetings() {
    let hub = hub(&[]);
    let figure = |words: &str| -> u64 {
        let report = text(&hub.admin(&["report"]));
        let line = report.lines().find(|line| line.starts_with(words)).unwrap_or_else(|| panic!("{report}"));
        line.rsplit('\t').next().and_then(|figure| figure.parse().ok()).unwrap()
    };
    let before = [figure("Tài khoản bị khóa"), figure("Thư nhận trong kỳ")];
    assert_eq!(figure("Hộp thư cơ quan"), 182);
    let clerk = Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD);
    let secretary = Client::signed_in(hub.address("http"), "thuky", PASSWORD);
    send(&Mailbox::personal(&clerk), &address(&clerk), &address(&secretary), "V/v báo cáo quý IV");
    Mailbox::personal(&secretary).expect("báo cáo quý IV");
    text(&hub.admin(&["user", "disable", "kythuat"]));
    let after = [figure("Tài khoản bị khóa"), figure("Thư nhận trong kỳ")];
    assert_eq!(after, before.map(|figure| figure + 1));
}
