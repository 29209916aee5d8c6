//! Mail programs that set themselves up, and the page that tells people the same.

use std::process::Command;

use serde_json::Value;
use testkit::{Answer, Client, PASSWORD};

use crate::hub;

/// A value of an answer, found by a real XML parser (Python's).
fn found(answer: &Answer, path: &str) -> String {
    assert_eq!(answer.status, 200, "{}", answer.head);
    let program = "import sys, xml.etree.ElementTree as x\n\
                   root = x.fromstring(sys.argv[1].encode())\n\
                   print(' '.join(e.text for e in root.iterfind(sys.argv[2])))";
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let run = Command::new("python3").args(["-c", program, &text, path]).output().expect("python3");
    assert!(run.status.success(), "{}\n{text}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8_lossy(&run.stdout).trim().to_owned()
}

#[test]
fn thunderbird_and_outlook_find_the_doors_and_strangers_find_nothing() {
    let hub = hub(&["mail.host=thu.quangbinh.example"]);
    let client = Client::new(hub.address("http"));
    for path in ["/mail/config-v1.1.xml", "/.well-known/autoconfig/mail/config-v1.1.xml"] {
        let answer = client.get(&format!("{path}?emailaddress=an@quangbinh.example"));
        let hosts = found(&answer, "emailProvider/incomingServer/hostname");
        assert_eq!(hosts, "thu.quangbinh.example thu.quangbinh.example", "IMAP twice, POP3 is off");
        assert_eq!(found(&answer, "emailProvider/outgoingServer/socketType"), "SSL STARTTLS");
        assert_eq!(client.get(&format!("{path}?emailaddress=an@other.example")).status, 404);
    }
    let ask = |address: &str| {
        let request =
            format!("<Autodiscover><Request><EMailAddress>{address}</EMailAddress></Request></Autodiscover>");
        client.send_bytes("POST", "/autodiscover/autodiscover.xml", "text/xml", request.as_bytes())
    };
    let types = found(&ask("an@quangbinh.example"), ".//{*}Protocol/{*}Type");
    assert_eq!(types, "IMAP SMTP");
    // Who does not exist gets the same answer as who does.
    assert_eq!(ask("an@quangbinh.example").body.len(), ask("xx@quangbinh.example").body.len());
    assert_eq!(ask("an@other.example").status, 404);
    assert_eq!(ask("<script>").status, 404);
}

#[test]
fn a_profile_for_a_telephone_is_given_to_the_reader_of_the_mailbox_alone() {
    let hub = hub(&["mail.host=thu.quangbinh.example"]);
    let client = Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD);
    let session: Value = client.get("/api/session").json();
    let own = session["mailboxes"][0].clone();
    let path = format!("/api/mail-programs/{}/apple.mobileconfig", own["mailbox"].as_str().unwrap());
    let answer = client.get(&path);
    assert_eq!(answer.header("content-type"), Some("application/x-apple-aspen-config; charset=utf-8"));
    assert!(found(&answer, ".//array/dict/string").contains(own["address"].as_str().unwrap()));
    assert_eq!(Client::new(hub.address("http")).get(&path).status, 401);
    let stranger = Client::signed_in(hub.address("http"), "thuky", PASSWORD);
    assert_eq!(stranger.get(&path).status, 404);
}
