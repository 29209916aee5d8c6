//! POP3 sessions by their words.

use base::random::Seeded;

use super::*;
use crate::sasl::{Bindings, Claim, Keys};

const LETTER: &[u8] = b"Subject: a\r\nX: b\r\n\r\none\r\n.two\r\nthree\r\n";

struct Peer {
    session: Session,
    deleted: Vec<String>,
    closed: bool,
}

impl Peer {
    fn new(encrypted: bool) -> Self {
        let settings = Settings { domain: "tinh.example".into(), tls_available: true };
        let mut peer =
            Self { session: Session::new(settings, encrypted), deleted: Vec::new(), closed: false };
        assert!(peer.say("").starts_with("+OK tinh.example POP3"));
        peer
    }

    fn signed_in() -> Self {
        let mut peer = Self::new(true);
        peer.say("USER an\r\n");
        assert_eq!(peer.say("PASS mật khẩu\r\n"), "+OK 3 letters\r\n");
        peer
    }

    fn say(&mut self, text: &str) -> String {
        self.session.handle_input(text.as_bytes());
        let mut out = Vec::new();
        loop {
            let step = self.session.poll();
            out.extend(self.session.take_output());
            match step {
                Step::Read => break,
                Step::Write => {}
                Step::Close => {
                    self.closed = true;
                    break;
                }
                Step::Encrypt => self.session.handle_encrypted(),
                Step::Keys(_) => {
                    let keys = Keys { salt: vec![1; 16], iterations: 4096, credentials: Vec::new() };
                    self.session.handle_keys(Some(keys), &mut Seeded::new(1));
                }
                Step::Open(Claim::Password { login, password })
                    if login == "an" && password.expose() == "mật khẩu" =>
                {
                    let entry = |id: &str| Entry { id: id.into(), size: LETTER.len() as u64 };
                    self.session.handle_maildrop(Maildrop::Open(vec![entry("a"), entry("b"), entry("gone")]));
                }
                Step::Open(_) => self.session.handle_maildrop(Maildrop::Wrong),
                Step::Retrieve(id) => {
                    self.session.handle_letter((id != "gone").then(|| Box::new(LETTER) as Letter));
                }
                Step::Delete(ids) => {
                    self.deleted = ids;
                    self.session.handle_deleted(true);
                }
            }
        }
        String::from_utf8(out).unwrap()
    }
}

#[test]
fn nobody_signs_in_in_clear_text() {
    let mut peer = Peer::new(false);
    let offered = peer.say("CAPA\r\n");
    assert!(
        offered.contains("\r\nSTLS\r\n") && !offered.contains("SASL") && !offered.contains("\r\nUSER\r\n"),
        "{offered}"
    );
    assert!(peer.say("USER an\r\n").contains("STLS"));
    assert!(peer.say("AUTH PLAIN AGFuAG0=\r\n").starts_with("-ERR"));
    assert!(peer.say("STLS\r\n").starts_with("+OK"));
    let offered = peer.say("CAPA\r\n");
    assert!(
        offered.contains("\r\nSASL SCRAM-SHA-256 PLAIN LOGIN\r\n") && !offered.contains("STLS"),
        "{offered}"
    );
    // What was put behind STLS before TLS stood is not obeyed.
    let mut peer = Peer::new(false);
    assert!(peer.say("STLS\r\nUSER an\r\n").starts_with("-ERR") && peer.closed);
}

#[test]
fn listing_and_reading_follow_rfc_1939() {
    let mut peer = Peer::signed_in();
    let size = LETTER.len();
    assert_eq!(peer.say("STAT\r\n"), format!("+OK 3 {}\r\n", 3 * size));
    assert_eq!(peer.say("LIST\r\n"), format!("+OK\r\n1 {size}\r\n2 {size}\r\n3 {size}\r\n.\r\n"));
    assert_eq!(peer.say("UIDL 2\r\n"), "+OK 2 b\r\n");
    assert_eq!(peer.say("UIDL\r\n"), "+OK\r\n1 a\r\n2 b\r\n3 gone\r\n.\r\n");
    let whole = "Subject: a\r\nX: b\r\n\r\none\r\n..two\r\nthree\r\n.\r\n";
    assert_eq!(peer.say("RETR 1\r\n"), format!("+OK {size} octets\r\n{whole}"));
    assert!(peer.say("TOP 1 0\r\n").ends_with("X: b\r\n\r\n.\r\n"));
    assert!(peer.say("TOP 1 2\r\n").ends_with("\r\n\r\none\r\n..two\r\n.\r\n"));
    assert!(peer.say("TOP 1 99\r\n").ends_with(whole));
    for bad in ["RETR 3", "RETR 4", "RETR 0", "RETR", "RETR x", "TOP 1", "LIST 9", "LIST 1 2", "AUTH PLAIN"] {
        assert!(peer.say(&format!("{bad}\r\n")).starts_with("-ERR"), "{bad}");
    }
}

#[test]
fn deletions_happen_at_quit_and_only_then() {
    let mut peer = Peer::signed_in();
    let answers = peer.say("DELE 1\r\nDELE 1\r\nRETR 1\r\nSTAT\r\nRSET\r\nDELE 2\r\nLIST 2\r\n");
    let starts: Vec<&str> = answers.lines().map(|line| &line[..3]).collect();
    assert_eq!(starts, ["+OK", "-ER", "-ER", "+OK", "+OK", "+OK", "-ER"], "{answers}");
    assert!(peer.deleted.is_empty());
    assert_eq!(peer.say("QUIT\r\n"), "+OK bye\r\n");
    assert_eq!((peer.deleted.as_slice(), peer.closed), (["b".to_owned()].as_slice(), true));
    let mut peer = Peer::signed_in();
    peer.say("DELE 1\r\n");
    peer.session.close("timeout");
    peer.say("");
    assert!(peer.closed && peer.deleted.is_empty());
}

#[test]
fn wrong_passwords_are_answered_in_the_clients_language_and_end_the_session() {
    let mut peer = Peer::new(true);
    assert_eq!(peer.say("AUTH PLAIN AGFuAHNhaQ==\r\n"), "-ERR [AUTH] wrong name or password\r\n");
    peer.say("UTF8\r\n");
    peer.say("USER an\r\n");
    assert_eq!(peer.say("PASS x\r\n"), "-ERR [AUTH] Sai tên đăng nhập hoặc mật khẩu\r\n");
    assert_eq!(peer.say("AUTH LOGIN\r\n"), "+ VXNlcm5hbWU6\r\n");
    assert!(peer.say("*\r\n").starts_with("-ERR"));
    peer.say("USER an\r\n");
    peer.say("PASS x\r\n");
    assert!(peer.closed);
}

#[test]
fn a_large_letter_leaves_in_pieces_and_whole() {
    let mut session = Session::new(Settings { domain: "x".into(), tls_available: true }, true);
    session.handle_input(b"USER a\r\nPASS b\r\nRETR 1\r\n");
    assert!(matches!(session.poll(), Step::Open(_)));
    session.handle_maildrop(Maildrop::Open(vec![Entry { id: "a".into(), size: 1 }]));
    assert!(matches!(session.poll(), Step::Retrieve(_)));
    let line = b".0123456789\r\n";
    session.handle_letter(Some(Box::new(line.repeat(20_000))));
    let mut out = Vec::new();
    while session.poll() == Step::Write {
        let piece = session.take_output();
        assert!(piece.len() <= 3 * 64 * 1024);
        out.extend(piece);
    }
    out.extend(session.take_output());
    let body = [b".".as_slice(), line].concat().repeat(20_000);
    assert!(out.ends_with(&[body.as_slice(), b".\r\n"].concat()));
}

#[test]
fn fuzz_any_octets_leave_a_session_sane() {
    bolero::check!().with_type::<Vec<Vec<u8>>>().for_each(|pieces| {
        let mut session = Session::new(Settings { domain: "x".into(), tls_available: true }, true);
        session.handle_bindings(Bindings::default());
        for piece in pieces {
            session.handle_input(piece);
            for _ in 0..10_000 {
                match session.poll() {
                    Step::Read | Step::Close => break,
                    Step::Write => drop(session.take_output()),
                    Step::Encrypt => session.handle_encrypted(),
                    Step::Keys(_) => session.handle_keys(None, &mut Seeded::new(1)),
                    Step::Open(_) => {
                        session.handle_maildrop(Maildrop::Open(vec![Entry { id: "a".into(), size: 1 }]))
                    }
                    Step::Retrieve(_) => session.handle_letter(Some(Box::new(LETTER))),
                    Step::Delete(_) => session.handle_deleted(true),
                }
            }
            let output = session.take_output();
            assert!(output.is_empty() || output.ends_with(b"\r\n"));
            assert!(session.buffered() <= 12_288 + piece.len());
        }
    });
}
