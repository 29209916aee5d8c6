//! Letters that wait to leave: found, held, let go, tried and given up by IT staff, by console and command line.

use std::{
    thread::yield_now,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use testkit::{Client, PASSWORD, Reply, SmtpSink};

use crate::{administration::text, hub, jmap::Mailbox, mail_programs::address, power_cut::send};

struct Console(Client);

impl Console {
    fn find(&self, query: &str) -> Value {
        self.0.get(&format!("/api/admin/queue?q={query}")).json()
    }

    fn act(&self, letter: &Value, act: &str) -> u16 {
        let path = format!("/api/admin/queue/{}", letter["id"].as_str().expect("an id"));
        self.0.post(&path, &json!({ "act": act })).status
    }

    /// The first letter that `query` finds, once it is in this state and the other side has said something.
    fn until(&self, query: &str, state: &str) -> Value {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let found = self.find(query);
            let recipient = &found["items"][0]["recipients"][0];
            let answered = recipient["lastAnswer"].as_str().is_some_and(|words| !words.is_empty());
            if answered && recipient["state"] == state {
                return found["items"][0].clone();
            }
            assert!(Instant::now() < deadline, "not {state}: {found}");
            yield_now();
        }
    }

    fn until_gone(&self, query: &str) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.find(query)["total"] != 0 {
            assert!(Instant::now() < deadline, "still there: {}", self.find(query));
            yield_now();
        }
    }
}

#[test]
fn it_staff_find_hold_try_and_give_up_waiting_letters_and_each_act_is_on_record() {
    let sink = SmtpSink::start(&[Reply::Later, Reply::Later, Reply::Accept, Reply::Later]);
    let hub = hub(&[&format!("mail.routes=bo.example={}", sink.address())]);
    let clerk = Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD);
    let staff = Console(Client::signed_in(hub.address("http"), "quantri", PASSWORD));
    let address = address(&clerk);
    let mailbox = Mailbox::personal(&clerk);

    assert_eq!(Client::new(hub.address("http")).get("/api/admin/queue").status, 401);
    assert_eq!(clerk.get("/api/admin/queue").status, 403);
    send(&mailbox, &address, "vanphong@bo.example", "Báo cáo Đề án 06");
    assert_eq!(sink.attempt(), Reply::Later);
    let letter = staff.until("de+an", "waiting");
    assert_eq!(
        (&letter["subject"], &letter["sender"]),
        (&"Báo cáo Đề án 06".into(), &address.clone().into())
    );
    assert_eq!(letter["recipients"][0]["address"], "vanphong@bo.example");
    assert!(letter["recipients"][0]["lastAnswer"].as_str().unwrap().contains("451"), "{letter}");
    assert_eq!(staff.find("VANPHONG@bo")["total"], 1, "found by an addressee");
    assert_eq!(staff.find("khong-co")["total"], 0);
    assert_eq!(staff.find("%25")["total"], 0, "a wildcard is a sign like others");

    assert_eq!(Console(clerk).act(&letter, "bounce"), 403);
    assert_eq!(staff.act(&letter, "nothing"), 422, "an act there is not");
    assert_eq!(staff.act(&letter, "hold"), 200);
    staff.until("de+an", "held");
    assert!(text(&hub.admin(&["queue", "list"])).contains("held"), "the command line sees the same");
    assert_eq!(staff.act(&letter, "retry"), 200);
    assert_eq!(sink.attempt(), Reply::Later);
    let letter = staff.until("de+an", "waiting");
    assert_eq!(letter["recipients"][0]["attempts"], 2);
    text(&hub.admin(&["queue", "release", letter["id"].as_str().unwrap()]));
    assert_eq!(sink.attempt(), Reply::Accept);
    assert!(sink.letter().contains("Subject:"));
    staff.until_gone("de+an");
    assert_eq!(staff.act(&letter, "hold"), 404, "it waits no more");

    send(&mailbox, &address, "thanhtra@bo.example", "Giấy mời họp");
    assert_eq!(sink.attempt(), Reply::Later);
    let letter = staff.until("giay+moi", "waiting");
    assert_eq!(staff.act(&letter, "bounce"), 200);
    mailbox.expect("Không gửi được thư");
    staff.until_gone("");

    let audit = text(&hub.admin(&["audit"]));
    for act in ["Giữ lại thư", "Gửi lại ngay thư", "Cho gửi tiếp thư", "Trả lại người gửi thư"]
    {
        assert!(audit.contains(act), "{act}: {audit}");
    }
}
