//! Delegated mailboxes, aliases and positions as senders: in the browser, over SMTP, and after the end.

use std::process::{Command, Output};

use base::Timestamp;
use serde_json::{Value, json};
use testkit::{Client, Hub, PASSWORD};

use crate::{hub, jmap::Mailbox, power_cut::send};

const OWNER: &str = "chutri";
const DELEGATE: &str = "vanthu.stttt";

fn grants(client: &Client) -> Vec<Value> {
    client.get("/api/session").json()["mailboxes"].as_array().expect("mailboxes").clone()
}

fn own(client: &Client) -> Value {
    grants(client)
        .into_iter()
        .find(|g| g["kind"] == "personal" && g["delegated"] == false)
        .expect("an own one")
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

/// The delegate's letter over the submission door, its `From` naming `author`.
fn submits(hub: &Hub, author: &str, to: &str, subject: &str) -> Output {
    let program = r#"
import smtplib, ssl, sys
from email.message import EmailMessage
host, port, login, password, author, to, subject = sys.argv[1:8]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
letter = EmailMessage()
letter["From"], letter["To"], letter["Subject"] = author, to, subject
letter.set_content("Kính gửi./.")
client = smtplib.SMTP_SSL(host, int(port), context=context, timeout=60)
client.login(login, password)
client.send_message(letter, from_addr=author, to_addrs=[to])
client.quit()
"#;
    let door = hub.address("submissions");
    Command::new("python3")
        .args(["-c", program, &door.ip().to_string(), &door.port().to_string(), DELEGATE, PASSWORD])
        .args([author, to, subject])
        .output()
        .expect("python3 is installed")
}

#[test]
fn a_delegate_reads_and_writes_in_the_owners_name_until_the_right_ends() {
    let hub = hub(&[]);
    let owner = Client::signed_in(hub.address("http"), OWNER, PASSWORD);
    let delegate = Client::signed_in(hub.address("http"), DELEGATE, PASSWORD);
    let (owners, delegates) = (own(&owner), own(&delegate));
    let (from, writer) = (text(&owners["address"]), text(&delegates["address"]));
    let path = format!("/api/mailboxes/{}/delegations", text(&owners["mailbox"]));
    let person = delegate.get("/api/session").json()["person"]["id"].clone();
    let day = 86_400_000_000_i64;
    let until = Timestamp::now().as_micros() + 7 * day;
    let right = json!({ "person": person, "sending": "onBehalf", "until": until });

    assert_eq!(delegate.post(&path, &right).status, 403, "nobody lets himself in");
    let past = json!({ "person": person, "sending": "as", "until": until - 30 * day });
    assert_eq!(owner.post(&path, &past).status, 422, "a right that has ended already is none");
    assert_eq!(owner.post(&path, &right).status, 204);
    assert_eq!(owner.get(&path).json()["items"][0]["person"], person);

    let given = grants(&delegate).into_iter().find(|g| g["address"] == owners["address"]).expect("opened");
    assert_eq!((&given["delegated"], text(&given["sender"])), (&json!(true), writer.clone()));
    let opened = Mailbox::opened(&delegate, &given);
    send(&opened, &from, &writer, "Thay mặt trên web");
    let letter = Mailbox::personal(&delegate);
    let raw = letter.raw(&letter.expect("Thay mặt trên web"));
    assert!(raw.contains(&format!("Sender: <{writer}>")) && raw.contains(&from), "{raw}");
    let sent = submits(&hub, &from, &writer, "Thay mặt qua SMTP");
    assert!(sent.status.success(), "{sent:?}");
    let raw = letter.raw(&letter.expect("Thay mặt qua SMTP"));
    assert!(raw.contains(&format!("Sender: <{writer}>")), "{raw}");
    let rules =
        opened.refusal("VacationResponse/set", json!({ "update": { "singleton": { "isEnabled": true } } }));
    assert_eq!(rules, "accountReadOnly", "the rules stay the owner's");

    let one = format!("{path}/{}", text(&person));
    assert_eq!(owner.send("DELETE", &one, None).status, 204);
    assert!(grants(&delegate).iter().all(|g| g["address"] != owners["address"]));
    assert_eq!(opened.refusal("Mailbox/get", json!({ "ids": null })), "accountNotFound");
    let refused = String::from_utf8_lossy(&submits(&hub, &from, &writer, "Hết quyền").stderr).into_owned();
    assert!(refused.contains("550") && refused.contains("5.7.1"), "{refused}");
    let audit = String::from_utf8_lossy(&hub.admin(&["audit"]).stdout).into_owned();
    assert!(audit.contains(&format!("Ủy quyền hộp thư {from}")) && audit.contains("gửi thay mặt"), "{audit}");
    assert!(audit.contains(&format!("Thôi ủy quyền hộp thư {from}")), "{audit}");
}

#[test]
fn it_staff_delegate_from_the_command_line_and_a_right_begins_at_its_date() {
    let hub = hub(&[]);
    let delegate = Client::signed_in(hub.address("http"), DELEGATE, PASSWORD);
    let from = text(&own(&Client::signed_in(hub.address("http"), OWNER, PASSWORD))["address"]);
    let give = |more: &[&str]| {
        let command = ["delegation", "give", "--mailbox", &from, "--login", DELEGATE, "--sending", "as"];
        let done = hub.admin(&[&command[..], more].concat());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let opened = || grants(&delegate).into_iter().any(|grant| grant["address"] == from.as_str());
    give(&["--from", "2999-01-01T00:00:00+07:00"]);
    assert!(!opened(), "the right has not begun");
    let listed = hub.admin(&["delegation", "list", "--mailbox", &from]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("2998-12-31T17:00:00Z"), "{listed:?}");
    give(&[]);
    assert!(opened());
    let sent = submits(&hub, &from, &from, "Gửi như hộp thư");
    assert!(sent.status.success(), "{sent:?}");
    assert!(hub.admin(&["delegation", "end", "--mailbox", &from, "--login", DELEGATE]).status.success());
    assert!(!opened());
}

#[test]
fn aliases_and_positions_held_today_are_senders_and_nothing_else_is() {
    let hub = hub(&[]);
    let clerk = Client::signed_in(hub.address("http"), DELEGATE, PASSWORD);
    let address = text(&own(&clerk)["address"]);
    let to = "bien.tap@quangbinh.example";
    let refused = String::from_utf8_lossy(&submits(&hub, to, &address, "Chưa có").stderr).into_owned();
    assert!(refused.contains("550") && refused.contains("5.7.1"), "{refused}");
    assert!(hub.admin(&["address", "add", "--mailbox", &address, "--address", "bien.tap"]).status.success());
    assert!(submits(&hub, to, &address, "Bằng bí danh").status.success());
    let mailbox = Mailbox::personal(&clerk);
    let identities = mailbox.call("Identity/get", json!({ "ids": null }));
    let identities = identities["list"].as_array().expect("identities");
    let alias = identities.iter().find(|identity| identity["email"] == to).expect("the alias is an identity");
    assert_eq!(alias["mayDelete"], false);
    send(&mailbox, to, &address, "Bí danh trên web");
    assert_eq!(mailbox.expect("Bí danh trên web")["from"][0]["email"], to);

    let create = ["list", "create", "--kind", "position", "--address", "truc.stttt", "--name", "Trực ban"];
    let rule = ["--unit", "STTTT", "--reach", "unit", "--title", "Trực ban (chưa bổ nhiệm)"];
    assert!(hub.admin(&[&create[..], &rule[..]].concat()).status.success());
    let post = "truc.stttt@quangbinh.example";
    assert!(!submits(&hub, post, &address, "Chưa giữ chức vụ").status.success());
    assert!(hub.admin(&["list", "add-member", post, "--login", DELEGATE]).status.success());
    assert!(submits(&hub, post, &address, "Giữ chức vụ").status.success());
}
