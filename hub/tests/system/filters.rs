//! Filter rules: uploaded by a program over ManageSieve, obeyed at delivery.

use serde_json::json;
use testkit::{Client, Hub, PASSWORD, SmtpSink};

use crate::{
    hub,
    jmap::Mailbox,
    mail_programs::{address, admin, python, said},
    power_cut::dialogue,
};

/// A ManageSieve client by hand: signs in, sends what it is told, prints what comes back.
const CLIENT: &str = r#"
import base64, socket, ssl, sys
host, port, login, secret = sys.argv[1:5]
sock = socket.create_connection((host, int(port)), timeout=60)
lines = sock.makefile("rb")
def answer():
    text = b""
    while True:
        line = lines.readline()
        text += line
        if line.startswith((b"OK", b"NO", b"BYE")) or not line:
            return text.decode()
greeting = answer()
assert '"STARTTLS"' in greeting and '"SASL" ""' in greeting, greeting
sock.sendall(b"STARTTLS\r\n")
assert answer().startswith("OK")
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
sock = context.wrap_socket(sock)
lines = sock.makefile("rb")
assert "SCRAM-SHA-256-PLUS" in answer()
token = base64.b64encode(f"\0{login}\0{secret}".encode()).decode()
sock.sendall(f'AUTHENTICATE "PLAIN" "{token}"\r\n'.encode())
assert answer().startswith("OK"), "sign-in"
def say(line, literal=None):
    data = line.encode()
    if literal is not None:
        body = literal.encode()
        data += b" {%d+}\r\n" % len(body) + body
    sock.sendall(data + b"\r\n")
    text = answer()
    print(text)
    return text
"#;

struct Clerk {
    hub: Hub,
    client: Client,
    mailbox: Mailbox,
    own: String,
    secret: String,
}

fn clerk(overrides: &[&str]) -> Clerk {
    let mut all = vec!["managesieve.listen=127.0.0.1:0"];
    all.extend(overrides);
    let hub = hub(&all);
    let client = Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD);
    let (own, mailbox) = (address(&client), Mailbox::personal(&client));
    let secret = admin(&hub, &["app-password", "create", "--mailbox", &own, "--name", "bộ lọc"]);
    Clerk { hub, client, mailbox, own, secret }
}

impl Clerk {
    fn manage(&self, lines: &str) -> String {
        let program = format!("{CLIENT}\n{lines}");
        let output = python(&self.hub, "managesieve", &program, &[&self.own, &self.secret]);
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    }

    /// Makes `script` the active one.
    fn activate(&self, script: &str) {
        let source = serde_json::to_string(script).unwrap();
        let told = self.manage(&format!(
            "assert say('PUTSCRIPT \"Lọc\"', {source}).startswith('OK')\nassert say('SETACTIVE \"Lọc\"').startswith('OK')"
        ));
        assert!(!told.contains("NO"), "{told}");
    }

    /// A letter from another server.
    fn receive(&self, subject: &str, more: &str) {
        let body = format!(
            "From: bo@bo.example\r\nTo: {}\r\nSubject: {subject}\r\nMessage-ID: <{subject}@bo.example>\r\n{more}\r\nx\r\n.\r\n",
            self.own
        );
        let commands =
            ["EHLO bo.example", "MAIL FROM:<bo@bo.example>", &format!("RCPT TO:<{}>", self.own), "DATA"];
        let replies = dialogue(&self.hub, "smtp", &commands, Some(&body));
        assert!(replies.last().unwrap().starts_with("250"), "{replies:?}");
    }

    /// The name of the folder that holds the letter.
    fn folder_of(&self, subject: &str) -> String {
        let letter = self.mailbox.expect(subject);
        let ids = letter["mailboxIds"].as_object().unwrap();
        assert_eq!(ids.len(), 1, "{letter}");
        let id = ids.keys().next().unwrap();
        let folders = self.mailbox.call("Mailbox/get", json!({ "ids": [id], "properties": ["name"] }));
        folders["list"][0]["name"].as_str().unwrap().to_owned()
    }
}

#[test]
fn a_script_is_uploaded_checked_renamed_and_deleted() {
    let clerk = clerk(&[]);
    let told = clerk.manage(
        r#"
assert say('CHECKSCRIPT', 'keep;\r\n').startswith("OK")
wrong = say('PUTSCRIPT "a"', 'keep;\r\n  bay;\r\n')
assert "dòng 2, cột 3" in wrong and "line 2, column 3" in wrong, wrong
assert say('PUTSCRIPT "Lọc thư"', 'keep;\r\n').startswith("OK")
assert say('SETACTIVE "Lọc thư"').startswith("OK")
assert '"Lọc thư" ACTIVE' in say('LISTSCRIPTS')
assert "(ACTIVE)" in say('DELETESCRIPT "Lọc thư"')
assert say('RENAMESCRIPT "Lọc thư" "Khác"').startswith("OK")
assert "{7}\r\nkeep;\r\n" in say('GETSCRIPT "Khác"')
assert say('SETACTIVE ""').startswith("OK")
assert say('DELETESCRIPT "Khác"').startswith("OK")
assert "(NONEXISTENT)" in say('GETSCRIPT "Khác"')
assert say('HAVESPACE "a" 100').startswith("OK")
assert say('LOGOUT').startswith("OK")
"#,
    );
    assert!(told.contains("OK"), "{told}");
}

#[test]
fn letters_are_filed_flagged_discarded_and_kept() {
    let clerk = clerk(&[]);
    clerk.activate(
        "require [\"fileinto\", \"mailbox\", \"imap4flags\", \"special-use\"];\r\n\
         if header :contains \"subject\" \"Giay moi\" { fileinto :create :flags \"\\\\Flagged\" \"Việc/Giấy mời\"; }\r\n\
         elsif header :is \"x-spam\" \"yes\" { fileinto :specialuse \"\\\\Junk\" \"Rác\"; }\r\n\
         elsif header :contains \"subject\" \"Quang cao\" { discard; }\r\n",
    );
    clerk.receive("Giay moi hop", "");
    assert_eq!(clerk.folder_of("Giay moi hop"), "Giấy mời");
    let letter = clerk.mailbox.expect("Giay moi hop");
    let get = json!({ "ids": [letter["id"]], "properties": ["keywords"] });
    assert_eq!(clerk.mailbox.call("Email/get", get)["list"][0]["keywords"]["$flagged"], true);
    clerk.receive("Trung so", "X-Spam: yes\r\n");
    assert_eq!(clerk.folder_of("Trung so"), "Thư rác");
    clerk.receive("Quang cao", "");
    clerk.receive("Binh thuong", "");
    assert_eq!(clerk.folder_of("Binh thuong"), "Hộp thư đến");
    assert!(clerk.mailbox.letters("Quang cao").is_empty());
}

#[test]
fn who_is_away_answers_each_person_once() {
    let sink = SmtpSink::start(&[]);
    let clerk = clerk(&[&format!("mail.routes=bo.example={}", sink.address())]);
    clerk
        .activate("require \"vacation\"; vacation :days 2 :subject \"Đi vắng\" \"Tôi trở lại ngày 05/12.\";");
    clerk.receive("Mot", "");
    let answer = sink.letter();
    assert!(
        answer.contains("Auto-Submitted: auto-replied") && answer.contains("In-Reply-To: <Mot@bo.example>"),
        "{answer}"
    );
    assert!(answer.contains(&clerk.own), "{answer}");
    clerk.receive("Hai", "");
    clerk.receive("Tu danh sach", "List-Id: <tin.bo.example>\r\n");
    clerk.mailbox.expect("Tu danh sach");
    clerk.mailbox.expect("Hai");
    assert!(!sink.has_more(), "answered again");
}

#[test]
fn letters_go_on_inside_but_not_outside_and_never_in_a_circle() {
    let sink = SmtpSink::start(&[]);
    let clerk = clerk(&[&format!("mail.routes=bo.example={}", sink.address())]);
    let agency = "stttt@quangbinh.example";
    clerk.activate(&format!("redirect \"{agency}\";"));
    clerk.receive("Chuyen noi bo", "");
    Mailbox::agency(&clerk.client).expect("Chuyen noi bo");
    assert!(clerk.mailbox.letters("Chuyen noi bo").is_empty(), "redirected, not copied");
    // To itself: a circle of one, so the letter stays.
    clerk.activate(&format!("redirect \"{}\";", clerk.own));
    clerk.receive("Vong tron", "");
    assert_eq!(clerk.folder_of("Vong tron"), "Hộp thư đến");
    clerk.activate("redirect \"ai@bo.example\";");
    clerk.receive("Ra ngoai", "");
    assert_eq!(clerk.folder_of("Ra ngoai"), "Hộp thư đến");
    assert!(!sink.has_more(), "the policy lets letters go on inside only");
}

#[test]
fn a_refused_letter_is_reported_to_its_sender() {
    let sink = SmtpSink::start(&[]);
    let clerk = clerk(&[&format!("mail.routes=bo.example={}", sink.address())]);
    clerk.activate("require \"reject\"; reject \"Hộp thư này không nhận thư quảng cáo.\";");
    clerk.receive("Bi tu choi", "");
    let report = sink.letter();
    assert!(report.contains("multipart/report") && report.contains("5.7.1"), "{report}");
    assert!(clerk.mailbox.letters("Bi tu choi").is_empty());
}

#[test]
fn an_answer_set_over_jmap_goes_out_beside_a_script_and_between_its_dates() {
    let sink = SmtpSink::start(&[]);
    let clerk = clerk(&[&format!("mail.routes=bo.example={}", sink.address())]);
    let set = |answer: serde_json::Value| {
        let update = json!({ "update": { "singleton": answer } });
        let done = clerk.mailbox.call("VacationResponse/set", update);
        assert!(done["updated"].is_object(), "{done}");
    };
    clerk.activate("require \"imap4flags\"; addflag \"\\\\Flagged\";");
    set(json!({ "isEnabled": true, "fromDate": "2020-01-01T00:00:00Z", "toDate": "2020-02-01T00:00:00Z",
        "textBody": "Đã hết hạn." }));
    clerk.receive("Qua-han", "");
    clerk.mailbox.expect("Qua-han");
    assert!(!sink.has_more(), "the time of the answer is over");
    set(json!({ "toDate": null, "subject": "Vắng mặt", "textBody": "Tôi trở lại ngày 05/12.",
        "htmlBody": "<p>Tôi trở lại ngày <b>05/12</b>.</p>" }));
    clerk.receive("Con-han", "");
    let answer = sink.letter();
    assert!(answer.contains("Auto-Submitted: auto-replied"), "{answer}");
    assert!(answer.contains("multipart/alternative") && answer.contains("<Con-han@bo.example>"), "{answer}");
    let letter = clerk.mailbox.expect("Con-han");
    let get = json!({ "ids": [letter["id"]], "properties": ["keywords"] });
    let flagged = &clerk.mailbox.call("Email/get", get)["list"][0]["keywords"]["$flagged"];
    assert_eq!(flagged, true, "the script ran too");
    clerk.receive("Lan-nua", "");
    clerk.mailbox.expect("Lan-nua");
    assert!(!sink.has_more(), "one answer a week");
}
