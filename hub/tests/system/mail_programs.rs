//! Mail programs sign in: app passwords made on the command line and in the browser, for every door.

use std::process::{Command, Output};

use serde_json::json;
use testkit::{Client, Hub, PASSWORD};

use crate::{hub, jmap::Mailbox};

const CLERK: &str = "vanthu.stttt";

/// What `lienthong admin …` printed.
pub fn admin(hub: &Hub, arguments: &[&str]) -> String {
    let output = hub.admin(arguments);
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Both outputs of a program.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs a Python program with the address of `door` and more arguments.
pub fn python(hub: &Hub, door: &str, program: &str, arguments: &[&str]) -> Output {
    let address = hub.address(door);
    let mut command = Command::new("python3");
    command.args(["-c", program, &address.ip().to_string(), &address.port().to_string()]);
    command.args(arguments).output().expect("python3 is installed")
}

/// The clerk's own address.
pub fn address(client: &Client) -> String {
    let session = client.get("/api/session").json();
    session["mailboxes"][0]["address"].as_str().unwrap().to_owned()
}

/// Sends a letter to itself; the mechanism is one smtplib knows, or SCRAM by hand.
const SUBMIT: &str = r#"
import base64, hashlib, hmac, smtplib, ssl, sys
host, port, mechanism, login, secret, sender, subject = sys.argv[1:8]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
client = smtplib.SMTP_SSL(host, int(port), context=context, timeout=60)
client.ehlo()
if mechanism == "SCRAM-SHA-256":
    offered = client.esmtp_features["auth"].split()
    assert "SCRAM-SHA-256" in offered and "SCRAM-SHA-256-PLUS" in offered, offered
    mac = lambda key, text: hmac.new(key, text, "sha256").digest()
    bare = f"n={login},r=abcdef".encode()
    code, reply = client.docmd("AUTH", "SCRAM-SHA-256 " + base64.b64encode(b"n,," + bare).decode())
    assert code == 334, reply
    first = base64.b64decode(reply)
    fields = dict(field.split("=", 1) for field in first.decode().split(","))
    salted = hashlib.pbkdf2_hmac("sha256", secret.encode(), base64.b64decode(fields["s"]), int(fields["i"]))
    without = b"c=biws,r=" + fields["r"].encode()
    signed = b",".join([bare, first, without])
    key = mac(salted, b"Client Key")
    proof = bytes(a ^ b for a, b in zip(key, mac(hashlib.sha256(key).digest(), signed)))
    code, reply = client.docmd(base64.b64encode(without + b",p=" + base64.b64encode(proof)).decode())
    if code == 334:
        wanted = b"v=" + base64.b64encode(mac(mac(salted, b"Server Key"), signed))
        assert base64.b64decode(reply) == wanted, "the server does not know the secret"
        code, reply = client.docmd("")
    if code != 235:
        sys.exit(f"refused: {code} {reply}")
else:
    client.user, client.password = login, secret
    auth = client.auth_plain if mechanism == "PLAIN" else client.auth_login
    client.auth(mechanism, auth)
client.sendmail(sender, [sender], f"From: {sender}\r\nTo: {sender}\r\nSubject: {subject}\r\n\r\n.\r\n")
client.quit()
"#;

#[test]
fn an_app_password_sends_by_every_mechanism_until_it_is_revoked() {
    let hub = hub(&[]);
    let client = Client::signed_in(hub.address("http"), CLERK, PASSWORD);
    let (own, mailbox) = (address(&client), Mailbox::personal(&client));
    let secret = admin(&hub, &["app-password", "create", "--mailbox", &own, "--name", "Thunderbird"]);
    assert_eq!(secret.len(), 24, "just the secret: {secret}");
    let submit = |mechanism: &str, secret: &str, subject: &str| {
        python(&hub, "submissions", SUBMIT, &[mechanism, &own, secret, &own, subject])
    };
    for mechanism in ["PLAIN", "LOGIN", "SCRAM-SHA-256"] {
        let sent = submit(mechanism, &secret, mechanism);
        assert!(sent.status.success(), "{mechanism}: {}", said(&sent));
        mailbox.expect(mechanism);
        let wrong = submit(mechanism, "abcd-efgh-jk23-mnpq-4rst", "Sai");
        assert!(said(&wrong).contains("535"), "{mechanism}: {}", said(&wrong));
    }
    let listed = admin(&hub, &["app-password", "list", "--mailbox", &own]);
    let id = listed.split('\t').next().unwrap();
    assert!(listed.ends_with("Thunderbird") && !listed.contains(&secret), "{listed}");
    admin(&hub, &["app-password", "revoke", id]);
    for mechanism in ["PLAIN", "SCRAM-SHA-256"] {
        assert!(said(&submit(mechanism, &secret, "Sau")).contains("535"), "{mechanism}");
    }
    let audit = admin(&hub, &["audit"]);
    assert!(audit.contains("Thu hồi mật khẩu ứng dụng “Thunderbird”") && !audit.contains(&secret), "{audit}");
}

#[test]
fn a_secret_of_an_agency_mailbox_sends_as_the_agency_alone() {
    let hub = hub(&[]);
    let agency = "stttt@quangbinh.example";
    let secret = admin(&hub, &["app-password", "create", "--mailbox", agency, "--name", "Máy quét"]);
    let client = Client::signed_in(hub.address("http"), CLERK, PASSWORD);
    let sent = python(&hub, "submissions", SUBMIT, &["PLAIN", agency, &secret, agency, "Tu may quet"]);
    assert!(sent.status.success(), "{}", said(&sent));
    Mailbox::agency(&client).expect("Tu may quet");
    let own = address(&client);
    let foreign = python(&hub, "submissions", SUBMIT, &["PLAIN", agency, &secret, &own, "Gia"]);
    assert!(!foreign.status.success(), "a secret of one mailbox sent as another");
}

#[test]
fn people_make_and_revoke_their_own_in_the_browser() {
    let hub = hub(&[]);
    let client = Client::signed_in(hub.address("http"), CLERK, PASSWORD);
    let mailbox = client.get("/api/session").json()["mailboxes"][0]["mailbox"].clone();
    let made = client.post("/api/app-passwords", &json!({ "name": "Điện thoại", "mailbox": mailbox }));
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    let made = made.json();
    let (secret, login) = (made["secret"].as_str().unwrap(), made["login"].as_str().unwrap());
    let basic = |password: &str| {
        let program = "import base64, sys, urllib.request\n\
            request = urllib.request.Request(f'http://{sys.argv[1]}:{sys.argv[2]}/jmap/session')\n\
            token = base64.b64encode(f'{sys.argv[3]}:{sys.argv[4]}'.encode()).decode()\n\
            request.add_header('Authorization', 'Basic ' + token)\n\
            print(urllib.request.urlopen(request, timeout=60).read().decode())";
        python(&hub, "http", program, &[login, password])
    };
    let session = basic(secret);
    assert!(session.status.success(), "{}", said(&session));
    let accounts: serde_json::Value = serde_json::from_slice(&session.stdout).unwrap();
    assert_eq!(accounts["accounts"].as_object().unwrap().len(), 1, "only the mailbox it was made for");
    assert!(!basic("abcd-efgh-jk23-mnpq-4rst").status.success());
    let listed = client.get("/api/app-passwords").json();
    assert!(listed[0]["lastUsed"].is_number() && !listed.to_string().contains(secret), "{listed}");
    let path = format!("/api/app-passwords/{}", listed[0]["id"].as_str().unwrap());
    let other = Client::signed_in(hub.address("http"), "thuky", PASSWORD);
    assert_eq!(other.send("DELETE", &path, None).status, 404);
    assert_eq!(client.send("DELETE", &path, None).status, 204);
    assert!(!basic(secret).status.success());
    let foreign = other.post("/api/app-passwords", &json!({ "name": "x", "mailbox": mailbox }));
    assert_eq!(foreign.status, 403);
}
