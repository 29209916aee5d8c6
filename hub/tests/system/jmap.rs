//! A mail program's share of JMAP (RFC 8620, RFC 8621), as small as the tests need.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::Client;

/// One person's mail.
pub struct Mailbox {
    client: Client,
    account: String,
}

impl Mailbox {
    /// The personal mailbox of who signed in.
    pub fn personal(client: &Client) -> Self {
        Self::of_kind(client, "personal")
    }

    /// The first agency mailbox of who signed in.
    pub fn agency(client: &Client) -> Self {
        Self::of_kind(client, "agency")
    }

    fn of_kind(client: &Client, kind: &str) -> Self {
        let session = client.get("/api/session").json();
        let grants = session["mailboxes"].as_array().expect("mailboxes");
        let grant = grants.iter().find(|grant| grant["kind"] == kind).expect("a mailbox of that kind");
        Self { client: client.clone(), account: grant["mailbox"].as_str().expect("an id").to_owned() }
    }

    /// The mailbox of one grant of who signed in.
    pub fn opened(client: &Client, grant: &Value) -> Self {
        Self { client: client.clone(), account: grant["mailbox"].as_str().expect("an id").to_owned() }
    }

    /// One JMAP method call; its answer's arguments.
    pub fn call(&self, method: &str, arguments: Value) -> Value {
        let answer = self.ask(method, arguments);
        assert_eq!(answer[0], method, "{answer}");
        answer[1].clone()
    }

    /// The error that one JMAP method call is answered with.
    pub fn refusal(&self, method: &str, arguments: Value) -> String {
        let answer = self.ask(method, arguments);
        assert_eq!(answer[0], "error", "{answer}");
        answer[1]["type"].as_str().expect("a type").to_owned()
    }

    fn ask(&self, method: &str, mut arguments: Value) -> Value {
        arguments["accountId"] = json!(self.account);
        let request = json!({
            "using": [
                "urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail", "urn:ietf:params:jmap:submission",
                "urn:ietf:params:jmap:vacationresponse", "urn:ietf:params:jmap:sieve",
            ],
            "methodCalls": [[method, arguments, "0"]],
        });
        let answer = self.client.post("/jmap/api", &request);
        assert_eq!(answer.status, 200, "{method}: {}", String::from_utf8_lossy(&answer.body));
        answer.json()["methodResponses"][0].clone()
    }

    /// The folder with this role.
    pub fn folder(&self, role: &str) -> String {
        let folders = self.call("Mailbox/get", json!({ "ids": null }));
        let list = folders["list"].as_array().expect("folders");
        let folder = list.iter().find(|folder| folder["role"] == role).expect("that role");
        folder["id"].as_str().expect("an id").to_owned()
    }

    /// The letters whose subject contains `subject`, newest first, with their text.
    pub fn letters(&self, subject: &str) -> Vec<Value> {
        let query = self.call("Email/query", json!({ "filter": { "subject": subject } }));
        let properties = [
            "id",
            "subject",
            "from",
            "to",
            "preview",
            "bodyValues",
            "textBody",
            "attachments",
            "mailboxIds",
            "blobId",
        ];
        let get = json!({ "ids": query["ids"], "properties": properties, "fetchAllBodyValues": true });
        self.call("Email/get", get)["list"].as_array().expect("a list").clone()
    }

    /// Waits for a letter whose subject contains `subject`.
    pub fn expect(&self, subject: &str) -> Value {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(letter) = self.letters(subject).into_iter().next() {
                return letter;
            }
            assert!(Instant::now() < deadline, "no letter “{subject}” within 20 s");
            std::thread::yield_now();
        }
    }

    /// The raw bytes of a letter.
    pub fn raw(&self, letter: &Value) -> String {
        let blob = letter["blobId"].as_str().expect("a blob");
        let answer = self.client.get(&format!("/jmap/download/{}/{blob}/letter.eml", self.account));
        assert_eq!(answer.status, 200);
        String::from_utf8_lossy(&answer.body).into_owned()
    }
}
