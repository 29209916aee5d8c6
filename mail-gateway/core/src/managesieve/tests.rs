//! ManageSieve sessions by their words.

use base::random::Seeded;

use super::*;
use crate::sasl::{Bindings, Claim};

struct Peer {
    session: Session,
    asked: Vec<Question>,
    closed: bool,
}

impl Peer {
    fn new(encrypted: bool) -> Self {
        let session = Session::new(Settings { tls_available: true }, false);
        let mut peer = Self { session, asked: Vec::new(), closed: false };
        peer.say("");
        if encrypted {
            assert!(peer.say("STARTTLS\r\n").contains("\"SASL\" \"SCRAM-SHA-256"));
        }
        peer
    }

    fn signed_in() -> Self {
        let mut peer = Self::new(true);
        assert_eq!(peer.say("AUTHENTICATE \"PLAIN\" \"AGFuAG0=\"\r\n"), "OK\r\n");
        peer
    }

    fn say(&mut self, text: &str) -> String {
        self.session.handle_input(text.as_bytes());
        loop {
            match self.session.poll() {
                Step::Read => break,
                Step::Close => {
                    self.closed = true;
                    break;
                }
                Step::Encrypt => self.session.handle_encrypted(Bindings::default()),
                Step::Keys(_) => self.session.handle_keys(None, &mut Seeded::new(1)),
                Step::SignIn(Claim::Password { login, password })
                    if login == "an" && password.expose() == "m" =>
                {
                    self.session.handle_sign_in(Ok("an@tinh.example".into()));
                }
                Step::SignIn(_) => self.session.handle_sign_in(Err("sai / wrong")),
                Step::Ask(question) => {
                    self.session.handle_answer(match &question {
                        Question::List => {
                            Answer::Scripts(vec![("Lọc \"thư\"".into(), true), ("b".into(), false)])
                        }
                        Question::Get(name) if name == "b" => Answer::Text("keep;\r\n".into()),
                        Question::Get(_) => Answer::Refused(Problem::NonExistent),
                        _ => Answer::Done,
                    });
                    self.asked.push(question);
                }
            }
        }
        String::from_utf8(self.session.take_output()).unwrap()
    }
}

#[test]
fn a_password_is_not_asked_for_in_clear_text() {
    let mut peer = Peer::new(false);
    let offered = peer.say("CAPABILITY\r\n");
    assert!(offered.contains("\"STARTTLS\"\r\n") && offered.contains("\"SASL\" \"\"\r\n"), "{offered}");
    assert!(offered.contains("\"VERSION\" \"1.0\"\r\n") && offered.contains("fileinto"), "{offered}");
    assert!(peer.say("AUTHENTICATE \"PLAIN\" \"AGFuAG0=\"\r\n").starts_with("NO (ENCRYPT-NEEDED)"));
    assert!(peer.say("LISTSCRIPTS\r\n").starts_with("NO ") && peer.asked.is_empty());
    assert!(peer.say("STARTTLS\r\nNOOP\r\n").starts_with("BYE") && peer.closed);
}

#[test]
fn scripts_are_checked_before_they_are_kept() {
    let mut peer = Peer::signed_in();
    assert_eq!(peer.say("CHECKSCRIPT \"keep;\"\r\n"), "OK\r\n");
    let told = peer.say("PUTSCRIPT \"Lọc thư\" {15+}\r\nkeep;\r\n  bay;\r\n\r\n");
    assert!(told.starts_with("NO \"dòng 2, cột 3") && told.contains("line 2, column 3"), "{told}");
    assert!(peer.asked.is_empty(), "a wrong script never reaches the store");
    assert_eq!(peer.say("PUTSCRIPT \"Lọc thư\" {7+}\r\nkeep;\r\n\r\n"), "OK\r\n");
    assert_eq!(peer.asked, [Question::Put("Lọc thư".into(), "keep;\r\n".into())]);
    assert!(peer.say("HAVESPACE \"a\" 999999\r\n").starts_with("NO (QUOTA/MAXSIZE)"));
    assert_eq!(peer.say("HAVESPACE \"a\" 99\r\n"), "OK\r\n");
    assert!(peer.say("PUTSCRIPT \"\" \"keep;\"\r\n").starts_with("NO "));
}

#[test]
fn every_command_reaches_the_store_and_is_answered() {
    let mut peer = Peer::signed_in();
    assert_eq!(peer.say("LISTSCRIPTS\r\n"), "\"Lọc \\\"thư\\\"\" ACTIVE\r\n\"b\"\r\nOK\r\n");
    assert_eq!(peer.say("GETSCRIPT \"b\"\r\n"), "{7}\r\nkeep;\r\n\r\nOK\r\n");
    assert!(peer.say("getscript \"c\"\r\n").starts_with("NO (NONEXISTENT)"));
    for (line, question) in [
        ("SETACTIVE \"b\"", Question::Activate(Some("b".into()))),
        ("SETACTIVE \"\"", Question::Activate(None)),
        ("DELETESCRIPT \"b\"", Question::Delete("b".into())),
        ("RENAMESCRIPT \"b\" \"c\"", Question::Rename("b".into(), "c".into())),
    ] {
        assert_eq!(peer.say(&format!("{line}\r\n")), "OK\r\n", "{line}");
        assert_eq!(peer.asked.last(), Some(&question));
    }
    assert_eq!(peer.say("NOOP \"x\"\r\n"), "OK (TAG \"x\") \"\"\r\n");
    assert!(peer.say("CAPABILITY\r\n").contains("\"OWNER\" \"an@tinh.example\""));
    for bad in ["BAY", "SETACTIVE", "PUTSCRIPT \"a\"", "GETSCRIPT \"a", "LISTSCRIPTS 5", "\"x\"", "}"] {
        assert!(peer.say(&format!("{bad}\r\n")).starts_with("NO "), "{bad}");
    }
    assert_eq!(peer.say("LOGOUT\r\n"), "OK\r\n");
    assert!(peer.closed);
}

#[test]
fn commands_may_come_in_pieces_and_never_grow_without_end() {
    let mut peer = Peer::signed_in();
    let whole = "CHECKSCRIPT {7+}\r\nkeep;\r\n\r\n";
    let mut answer = String::new();
    for at in 0..whole.len() {
        answer.push_str(&peer.say(&whole[at..=at]));
    }
    assert_eq!(answer, "OK\r\n");
    assert!(peer.say("CHECKSCRIPT {99999999+}\r\n").starts_with("BYE") && peer.closed);
    let mut peer = Peer::signed_in();
    peer.say(&format!("CHECKSCRIPT \"{}", "a".repeat(200_000)));
    assert!(peer.closed);
}

#[test]
fn a_sign_in_may_be_cancelled_and_ends_after_three_failures() {
    let mut peer = Peer::new(true);
    assert_eq!(peer.say("AUTHENTICATE \"PLAIN\"\r\n"), "\"\"\r\n");
    assert!(peer.say("\"*\"\r\n").starts_with("NO "));
    for _ in 0..3 {
        assert!(peer.say("AUTHENTICATE \"PLAIN\" \"AGFuAHg=\"\r\n").starts_with("NO \"sai / wrong\""));
    }
    assert!(peer.closed);
}

#[test]
fn fuzz_any_octets_leave_a_session_sane() {
    bolero::check!().with_type::<Vec<Vec<u8>>>().for_each(|pieces| {
        let mut session = Session::new(Settings { tls_available: true }, true);
        for piece in pieces {
            session.handle_input(piece);
            for _ in 0..10_000 {
                match session.poll() {
                    Step::Read | Step::Close => break,
                    Step::Encrypt => session.handle_encrypted(Bindings::default()),
                    Step::Keys(_) => session.handle_keys(None, &mut Seeded::new(1)),
                    Step::SignIn(_) => session.handle_sign_in(Ok("a".into())),
                    Step::Ask(_) => session.handle_answer(Answer::Done),
                }
            }
            session.take_output();
            assert!(session.buffered() <= 160_000 + piece.len());
        }
    });
}
