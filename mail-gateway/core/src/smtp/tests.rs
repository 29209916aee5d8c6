//! Sessions by dialogue: what a peer sends, what it reads back, what the shell was told to do.

use base::{Timestamp, random::Seeded};

use super::*;
use crate::sasl::{Claim, Keys};

/// A shell that answers every question at once.
struct Peer {
    session: Session,
    random: Seeded,
    /// Octets of the letter being received, then of each letter stored.
    spool: Vec<u8>,
    stored: Vec<(Envelope, String)>,
    discarded: usize,
    closed: bool,
}

fn peer(role: Role, encrypted: bool) -> Peer {
    let settings = Settings {
        domain: "tinh.example".into(),
        role,
        max_size: 2000,
        max_recipients: 3,
        tls_available: true,
    };
    let session = Session::new(settings, "192.0.2.7".parse().unwrap(), encrypted);
    let mut peer = Peer {
        session,
        random: Seeded::new(1),
        spool: Vec::new(),
        stored: Vec::new(),
        discarded: 0,
        closed: false,
    };
    peer.say("");
    peer
}

fn signed_in() -> Peer {
    let mut peer = peer(Role::Submission, true);
    peer.say("EHLO may.tinh.example\r\n");
    assert!(peer.say("AUTH PLAIN AGFuAG3huq10\r\n").starts_with("235"));
    peer
}

impl Peer {
    /// Sends `bytes`, returns what came back.
    fn say(&mut self, bytes: &str) -> String {
        self.session.handle_input(bytes.as_bytes());
        let mut out = Vec::new();
        loop {
            let step = self.session.poll(Timestamp::from_seconds(1_790_000_000), &mut self.random);
            out.extend(self.session.take_output());
            match step {
                Step::Read => break,
                Step::Close => {
                    self.closed = true;
                    break;
                }
                Step::Encrypt => self.session.handle_encrypted(),
                Step::SignIn(Claim::Password { login, password }) => {
                    let right = login == "an" && password.expose() == "mật";
                    let account = Account {
                        login,
                        addresses: vec![Address::parse("an@tinh.example").unwrap()],
                        principals: Vec::new(),
                    };
                    self.session.handle_sign_in(if right { SignIn::Welcome(account) } else { SignIn::Wrong });
                }
                Step::Keys(_) => {
                    let keys = Keys { salt: vec![1; 16], iterations: 4096, credentials: Vec::new() };
                    self.session.handle_keys(Some(keys), &mut self.random);
                }
                Step::SignIn(_) => self.session.handle_sign_in(SignIn::Wrong),
                Step::Resolve(address) => self.session.handle_recipient(match address.as_str() {
                    "an@tinh.example" | "binh@tinh.example" | "postmaster@tinh.example" => Recipient::Local,
                    _ if address.domain() == "tinh.example" => Recipient::Unknown,
                    _ => Recipient::Elsewhere,
                }),
                Step::Spool(bytes) => self.spool.extend(bytes),
                Step::Discard => {
                    self.spool.clear();
                    self.discarded += 1;
                }
                Step::Store(envelope) => {
                    let letter = String::from_utf8(std::mem::take(&mut self.spool)).unwrap();
                    self.stored.push((envelope, letter));
                    self.session.handle_stored(Ok("x".into()));
                }
            }
        }
        String::from_utf8(out).unwrap()
    }

    fn envelope(&mut self, to: &str) {
        self.say("EHLO khac.example\r\n");
        assert!(self.say("MAIL FROM:<xa@khac.example>\r\n").starts_with("250"));
        assert!(self.say(&format!("RCPT TO:<{to}>\r\n")).starts_with("250"));
        assert!(self.say("DATA\r\n").starts_with("354"));
    }
}

const LETTER: &str = "From: xa@khac.example\r\nSubject: chào\r\n\r\nNội dung\r\n";

#[test]
fn a_letter_from_another_server_is_kept_with_its_trace() {
    let mut peer = peer(Role::Relay, false);
    peer.envelope("an@tinh.example");
    let answer = peer.say(&format!("{LETTER}..dấu chấm\r\n.\r\n"));
    assert!(answer.starts_with("250 2.0.0"), "{answer}");
    let (envelope, letter) = &peer.stored[0];
    assert_eq!(envelope.recipients[0].address.as_str(), "an@tinh.example");
    assert!(envelope.eight_bit && !envelope.international);
    assert!(
        letter.starts_with("Return-Path: <xa@khac.example>\r\nReceived: from khac.example ([192.0.2.7])")
    );
    assert!(letter.contains("with ESMTP id") && letter.contains("for <an@tinh.example>;"));
    assert!(letter.ends_with("\r\n\r\nNội dung\r\n.dấu chấm\r\n"), "{letter}");
}

#[test]
fn pipelined_commands_are_answered_in_order() {
    let mut peer = peer(Role::Relay, false);
    let answers = peer.say(
        "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<an@tinh.example>\r\nRCPT TO:<khong@tinh.example>\r\nRCPT TO:<x@y.example>\r\nDATA\r\n",
    );
    let codes: Vec<_> = answers.lines().filter(|l| l.as_bytes()[3] == b' ').map(|l| &l[..3]).collect();
    assert_eq!(codes, ["250", "250", "250", "550", "550", "354"]);
    assert!(answers.contains("550 5.1.1") && answers.contains("550 5.7.1"));
    peer.say("From: a@b\r\n\r\n.\r\n");
    assert_eq!(peer.stored[0].0.sender, None);
}

#[test]
fn a_letter_arrives_the_same_in_whatever_pieces() {
    let mut whole = peer(Role::Relay, false);
    whole.envelope("an@tinh.example");
    whole.say(&format!("{LETTER}.\r\n"));
    let mut pieces = peer(Role::Relay, false);
    pieces.envelope("an@tinh.example");
    let text = format!("{LETTER}.\r\n");
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let (piece, after) = rest.split_at(c.len_utf8());
        pieces.say(piece);
        rest = after;
    }
    assert_eq!(whole.stored, pieces.stored);
}

#[test]
fn smuggling_is_refused_and_ends_the_connection() {
    for end in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n"] {
        let mut peer = peer(Role::Relay, false);
        peer.envelope("an@tinh.example");
        let answer = peer.say(&format!(
            "{LETTER}a{end}MAIL FROM:<giam-doc@tinh.example>\r\nRCPT TO:<binh@tinh.example>\r\nDATA\r\nx\r\n.\r\n"
        ));
        assert!(answer.starts_with("550 5.6.11"), "{end:?}: {answer}");
        assert!(peer.closed && peer.stored.is_empty(), "{end:?}");
    }
}

#[test]
fn what_is_too_large_is_refused_early_or_at_its_end() {
    let mut peer = peer(Role::Relay, false);
    peer.say("EHLO a\r\n");
    assert!(peer.say("MAIL FROM:<a@b.example> SIZE=2001\r\n").starts_with("552 5.3.4"));
    peer.envelope("an@tinh.example");
    let answer = peer.say(&format!("{LETTER}{}\r\n.\r\n", "x".repeat(2000)));
    assert!(answer.starts_with("552 5.3.4"), "{answer}");
    assert_eq!((peer.stored.len(), peer.discarded, peer.closed), (0, 1, false));
    peer.envelope("an@tinh.example");
    assert!(peer.say(&format!("{LETTER}.\r\n")).starts_with("250"), "the session goes on");
}

#[test]
fn passwords_are_taken_under_tls_only() {
    let mut peer = peer(Role::Submission, false);
    assert!(!peer.say("EHLO a\r\n").contains("AUTH"));
    assert!(peer.say("AUTH PLAIN AGFuAG3huq10\r\n").starts_with("538"));
    assert!(peer.say("MAIL FROM:<an@tinh.example>\r\n").starts_with("530"));
    assert!(peer.say("STARTTLS\r\n").starts_with("220"));
    assert!(
        peer.say("MAIL FROM:<an@tinh.example>\r\n").starts_with("503"),
        "everything before TLS is forgotten"
    );
    assert!(peer.say("EHLO a\r\n").contains("AUTH SCRAM-SHA-256 PLAIN LOGIN"));
    assert!(peer.say("AUTH LOGIN\r\n").starts_with("334 VXNlcm5hbWU6"));
    assert!(peer.say("YW4=\r\n").starts_with("334 UGFzc3dvcmQ6"));
    assert!(peer.say("beG6rXQ=\r\n").starts_with("235"));
}

#[test]
fn commands_behind_starttls_in_clear_text_are_not_run_under_tls() {
    let mut peer = peer(Role::Relay, false);
    peer.say("EHLO a\r\n");
    let answer = peer.say("STARTTLS\r\nMAIL FROM:<>\r\n");
    assert!(answer.starts_with("503") && peer.closed, "{answer}");
}

#[test]
fn guessing_passwords_ends_the_connection() {
    let mut peer = peer(Role::Submission, true);
    peer.say("EHLO a\r\n");
    for _ in 0..2 {
        assert!(peer.say("AUTH PLAIN AGFuAHNhaQ==\r\n").starts_with("535 5.7.8"));
    }
    assert!(peer.say("AUTH PLAIN AGFuAHNhaQ==\r\n").contains("421") && peer.closed);
}

#[test]
fn a_person_writes_only_in_their_own_name() {
    let mut peer = signed_in();
    assert!(peer.say("MAIL FROM:<binh@tinh.example>\r\n").starts_with("550 5.7.1"));
    peer.say("MAIL FROM:<AN@tinh.example>\r\nRCPT TO:<x@xa.example>\r\nDATA\r\n");
    let answer = peer.say("From: Giam doc <binh@tinh.example>\r\n\r\n.\r\n");
    assert!(answer.starts_with("550 5.7.1"), "{answer}");
    assert!(peer.stored.is_empty());
}

#[test]
fn submission_completes_the_header_and_takes_bcc_out() {
    let mut peer = signed_in();
    peer.say(
        "MAIL FROM:<an@tinh.example>\r\nRCPT TO:<x@xa.example>\r\nRCPT TO:<binh@tinh.example>\r\nDATA\r\n",
    );
    let answer =
        peer.say("From: an@tinh.example\r\nBcc: binh@tinh.example,\r\n\tkin@tinh.example\r\nTo: x@xa.example\r\n\r\nx\r\n.\r\n");
    assert!(answer.starts_with("250"), "{answer}");
    let (envelope, letter) = &peer.stored[0];
    assert_eq!(envelope.recipients.len(), 2);
    assert!(!letter.contains("kin@") && !letter.to_lowercase().contains("bcc"), "{letter}");
    assert!(letter.contains("\r\nDate: Mon, 21 Sep 2026") && letter.contains("+0700\r\n"), "{letter}");
    assert!(letter.contains("\r\nMessage-ID: <") && letter.contains("with ESMTPSA"));
    assert!(!letter.contains("192.0.2.7"), "where a person sits is nobody's business");
    assert!(!letter.contains("for <"), "recipients are not disclosed to each other");
}

#[test]
fn nobody_else_speaks_for_our_checks() {
    let mut peer = peer(Role::Relay, false);
    peer.envelope("an@tinh.example");
    let forged = [
        "Authentication-Results: tinh.example; dmarc=pass",
        "authentication-results : (a; b) Tinh.Example 1;\r\n\tspf=pass",
        "Authentication-Results:\r\n \"tinh.example\"; dkim=pass",
        "Authentication-Results: ; dkim=pass",
    ];
    peer.say(&format!(
        "{}\r\nAuthentication-Results: khac.example; spf=pass\r\n{LETTER}.\r\n",
        forged.join("\r\n")
    ));
    let letter = &peer.stored[0].1;
    assert_eq!(letter.to_lowercase().matches("authentication-results").count(), 1, "{letter}");
    assert!(letter.contains("khac.example; spf=pass"));
}

#[test]
fn loops_end() {
    let mut peer = peer(Role::Relay, false);
    peer.envelope("an@tinh.example");
    let hops = "Received: a\r\n".repeat(101);
    assert!(peer.say(&format!("{hops}{LETTER}.\r\n")).starts_with("554 5.4.6"));
}

#[test]
fn international_addresses_need_the_extension_and_get_marks_in_answers() {
    let mut peer = peer(Role::Relay, false);
    peer.say("EHLO a\r\n");
    assert!(peer.say("MAIL FROM:<hạnh@xa.example>\r\n").starts_with("553 5.6.7"));
    assert!(peer.say("MAIL FROM:<hạnh@xa.example> SMTPUTF8\r\n").starts_with("250"));
    assert!(peer.say("RCPT TO:<khong@tinh.example>\r\n").contains("địa chỉ không tồn tại"));
}

#[test]
fn bad_sequences_parameters_and_lines_get_the_right_refusal() {
    let mut peer = peer(Role::Relay, false);
    for (line, code) in [
        ("MAIL FROM:<a@b.example>\r\n", "503"),
        ("EHLO\r\n", "501"),
        ("EHLO a\r\n", "250"),
        ("RCPT TO:<an@tinh.example>\r\n", "503"),
        ("DATA\r\n", "503"),
        ("MAIL FROM:<a@b.example> BY=60;R\r\n", "555"),
        ("MAIL FROM:<a@b.example> REQUIRETLS\r\n", "530"),
        ("MAIL FROM:<a@b.example> ENVID=a+0\r\n", "501"),
        ("MAIL FROM:a@b.example\r\n", "501"),
        ("MAIL FROM:<a b@b.example>\r\n", "5"),
        ("XYZZY\r\n", "500"),
        ("NOOP\n", "500"),
        ("VRFY an\r\n", "252"),
        ("EXPN an\r\n", "502"),
        ("AUTH PLAIN x\r\n", "502"),
        ("MAIL FROM:<a@b.example> BODY=8BITMIME\r\n", "250"),
        ("RCPT TO:<PostMaster>\r\n", "250"),
        ("RSET\r\n", "250"),
        ("QUIT\r\n", "221"),
    ] {
        let answer = peer.say(line);
        assert!(answer.starts_with(code), "{line:?}: {answer}");
    }
    assert!(peer.closed);
}

#[test]
fn too_many_recipients_come_in_a_further_transaction() {
    let mut peer = signed_in();
    peer.say("MAIL FROM:<an@tinh.example>\r\n");
    for n in 0..3 {
        assert!(peer.say(&format!("RCPT TO:<r{n}@xa.example>\r\n")).starts_with("250"));
    }
    assert!(peer.say("RCPT TO:<r4@xa.example>\r\n").starts_with("452 4.5.3"));
}

#[test]
fn endless_lines_and_noise_are_bounded() {
    let mut peer = peer(Role::Relay, false);
    assert!(peer.say(&"x".repeat(13_000)).starts_with("500"));
    for _ in 0..100 {
        peer.say(&"x".repeat(13_000));
        assert!(peer.session.buffered() < 30_000);
    }
    assert!(peer.say("\r\nEHLO a\r\n").starts_with("250"));
    for _ in 0..30 {
        peer.say("ĐÂY LÀ RÁC\r\n");
    }
    assert!(peer.closed);
}

#[test]
fn a_web_browser_is_shown_the_door() {
    let mut peer = peer(Role::Relay, false);
    assert!(peer.say("POST / HTTP/1.1\r\nHost: x\r\n").starts_with("554") && peer.closed);
}

#[test]
fn a_full_disk_is_a_temporary_failure() {
    let mut session = peer(Role::Relay, false);
    session.envelope("an@tinh.example");
    session.session.handle_spool_failed(StoreFailure::Full);
    assert!(session.say(&format!("{LETTER}.\r\n")).starts_with("452 4.3.1"));
}

#[test]
fn scram_is_carried_and_a_wrong_proof_is_refused_like_a_wrong_password() {
    let mut peer = peer(Role::Submission, true);
    peer.say("EHLO a\r\n");
    // n,,n=an,r=abc
    let challenge = peer.say("AUTH SCRAM-SHA-256 biwsbj1hbixyPWFiYw==\r\n");
    let decoded = crate::sasl::decode(challenge.strip_prefix("334 ").unwrap().trim_end()).unwrap();
    let server_first = String::from_utf8(decoded).unwrap();
    assert!(server_first.starts_with("r=abc") && server_first.ends_with(",i=4096"), "{server_first}");
    let nonce = server_first.split(',').next().unwrap();
    let proof = crate::sasl::encode(&[0; 32]);
    let last = crate::sasl::encode(format!("c=biws,{nonce},p={proof}").as_bytes());
    assert!(peer.say(&format!("{last}\r\n")).starts_with("535 5.7.8"));
    assert!(peer.say("AUTH SCRAM-SHA-256 x\r\n").starts_with("501"));
    assert!(peer.say("AUTH SCRAM-SHA-256-PLUS\r\n").starts_with("334"));
    assert!(peer.say("biwsbj1hbixyPWFiYw==\r\n").starts_with("501"), "nothing to bind to");
}

#[test]
fn a_letter_in_chunks_is_the_letter_in_one_piece() {
    let mut whole = peer(Role::Relay, false);
    whole.envelope("an@tinh.example");
    whole.say(&format!("{LETTER}.\r\n"));
    let mut chunked = peer(Role::Relay, false);
    let (first, second) = LETTER.split_at(30);
    let answers = chunked.say(&format!(
        "EHLO khac.example\r\nMAIL FROM:<xa@khac.example>\r\nRCPT TO:<an@tinh.example>\r\n\
         BDAT {}\r\n{first}BDAT {}\r\n{second}BDAT 0 LAST\r\nNOOP\r\n",
        first.len(),
        second.len()
    ));
    let codes: Vec<_> = answers.lines().filter(|l| l.as_bytes()[3] == b' ').map(|l| &l[..3]).collect();
    assert_eq!(codes, ["250"; 7], "{answers}");
    assert_eq!(whole.stored, chunked.stored);
    let lines = chunked.say(&format!(
        "MAIL FROM:<>\r\nRCPT TO:<an@tinh.example>\r\nBDAT {} LAST\r\n{LETTER}.\r\nQUIT\r\n",
        LETTER.len() + 3
    ));
    assert!(
        lines.contains("221") && chunked.stored[1].1.ends_with("dung\r\n.\r\n"),
        "a dot is a dot: {lines}"
    );
}

#[test]
fn chunks_and_data_are_not_mixed_and_refused_chunks_are_no_commands() {
    let mut peer = peer(Role::Relay, false);
    peer.say("EHLO a\r\n");
    let smuggled = "MAIL FROM:<x@y.example>\r\n";
    let answer = peer.say(&format!("BDAT {} LAST\r\n{smuggled}", smuggled.len()));
    assert!(answer.starts_with("503") && answer.lines().count() == 1, "{answer}");
    peer.say("MAIL FROM:<>\r\nRCPT TO:<an@tinh.example>\r\n");
    assert!(peer.say("BDAT 2\r\na:").starts_with("250"));
    assert!(peer.say("DATA\r\n").starts_with("503"));
    assert!(peer.say("MAIL FROM:<>\r\n").starts_with("503"));
    assert!(peer.say("RSET\r\n").starts_with("250") && peer.discarded == 1);
    assert!(peer.say("BDAT 0 LAST\r\n").starts_with("503"), "RSET forgets the chunks");
    assert!(peer.say("BDAT 99999999 LAST\r\n").starts_with("552") && peer.closed);
}

#[test]
fn a_bare_line_break_in_a_text_chunk_is_refused_and_the_session_goes_on() {
    let mut peer = peer(Role::Relay, false);
    peer.say("EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<an@tinh.example>\r\n");
    let letter = "From: a@b\r\n\r\nx\n.\n";
    assert!(peer.say(&format!("BDAT {} LAST\r\n{letter}", letter.len())).starts_with("550 5.6.11"));
    assert!(peer.say("NOOP\r\n").starts_with("250"));
    peer.say("MAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<an@tinh.example>\r\n");
    assert!(peer.say("DATA\r\n").starts_with("503"), "binary needs BDAT");
    assert!(peer.say(&format!("BDAT {} LAST\r\n{letter}", letter.len())).starts_with("250"));
    assert!(peer.stored[0].0.handling.binary && peer.stored[0].1.ends_with("x\n.\n"));
}

#[test]
fn what_the_sender_asks_of_reports_reaches_the_envelope() {
    let mut peer = peer(Role::Relay, true);
    let offers = peer.say("EHLO a\r\n");
    for offer in ["CHUNKING", "BINARYMIME", "DSN", "REQUIRETLS", "LIMITS RCPTMAX=3"] {
        assert!(
            offers.contains(&format!("250-{offer}\r\n")) || offers.contains(&format!("250 {offer}\r\n")),
            "{offers}"
        );
    }
    peer.say("MAIL FROM:<xa@khac.example> RET=FULL ENVID=hi+20there REQUIRETLS\r\n");
    peer.say("RCPT TO:<an@tinh.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;A+2Bn@tinh.example\r\n");
    peer.say(&format!("DATA\r\n{LETTER}.\r\n"));
    let envelope = &peer.stored[0].0;
    assert_eq!(envelope.handling.envelope_id, "hi+20there");
    assert!(envelope.handling.require_tls);
    let wishes = &envelope.recipients[0].wishes;
    assert_eq!(wishes.original, "rfc822;A+2Bn@tinh.example");
    assert_eq!(wishes.notify.unwrap().keyword(), "SUCCESS,DELAY");
}

#[test]
fn urgency_is_the_senders_own_to_say_and_a_strangers_not() {
    let urgent = "From: an@tinh.example\r\nMT-Priority: 9\r\n\r\nx\r\n.\r\n";
    let mut own = signed_in();
    own.say(&format!("MAIL FROM:<an@tinh.example>\r\nRCPT TO:<x@xa.example>\r\nDATA\r\n{urgent}"));
    assert_eq!(own.stored[0].0.handling.priority, crate::message::Priority::Express);
    let mut stranger = peer(Role::Relay, false);
    stranger.envelope("an@tinh.example");
    stranger.say(urgent);
    assert_eq!(stranger.stored[0].0.handling.priority, crate::message::Priority::Normal);
}

#[test]
fn guessing_addresses_ends_the_connection() {
    let mut peer = peer(Role::Relay, false);
    peer.say("EHLO a\r\nMAIL FROM:<>\r\n");
    for n in 0..19 {
        assert!(peer.say(&format!("RCPT TO:<ten{n}@tinh.example>\r\n")).starts_with("550 5.1.1"));
    }
    assert!(peer.say("RCPT TO:<ten@tinh.example>\r\n").contains("421 4.7.1") && peer.closed);
}

#[test]
fn fuzz_chunks_of_any_octets_leave_a_session_sane() {
    bolero::check!().with_type::<Vec<(u8, bool, Vec<u8>)>>().for_each(|chunks| {
        let mut peer = peer(Role::Relay, false);
        peer.say("EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<an@tinh.example>\r\n");
        for (announced, last, octets) in chunks {
            let line = format!("BDAT {announced}{}\r\n", if *last { " LAST" } else { "" });
            peer.session.handle_input(line.as_bytes());
            peer.session.handle_input(octets);
            for _ in 0..10_000 {
                match peer.session.poll(Timestamp::default(), &mut peer.random) {
                    Step::Read | Step::Close => break,
                    Step::Resolve(_) => peer.session.handle_recipient(Recipient::Local),
                    Step::Store(_) => peer.session.handle_stored(Ok(String::new())),
                    _ => {}
                }
            }
            let output = peer.session.take_output();
            assert!(output.is_empty() || output.ends_with(b"\r\n"));
        }
    });
}

#[test]
fn fuzz_any_octets_leave_a_session_sane() {
    bolero::check!().with_type::<Vec<Vec<u8>>>().for_each(|pieces| {
        for role in [Role::Relay, Role::Submission] {
            let mut peer = peer(role, true);
            for piece in pieces {
                peer.session.handle_input(piece);
                for _ in 0..10_000 {
                    match peer.session.poll(Timestamp::default(), &mut peer.random) {
                        Step::Read | Step::Close => break,
                        Step::Encrypt => peer.session.handle_encrypted(),
                        Step::SignIn(_) => peer.session.handle_sign_in(SignIn::Unavailable),
                        Step::Keys(_) => peer.session.handle_keys(None, &mut Seeded::new(1)),
                        Step::Resolve(_) => peer.session.handle_recipient(Recipient::Local),
                        Step::Store(_) => peer.session.handle_stored(Ok(String::new())),
                        Step::Spool(_) | Step::Discard => {}
                    }
                }
                let output = peer.session.take_output();
                assert!(output.is_empty() || output.ends_with(b"\r\n"));
                assert!(peer.session.buffered() <= 12_288 + piece.len());
            }
        }
    });
}

#[test]
fn fuzz_stuffing_and_decoding_are_inverse() {
    bolero::check!().with_type::<Vec<u8>>().for_each(|bytes| {
        let mut wire = Vec::new();
        let mut stuffer = data::Stuffer::default();
        for piece in bytes.chunks(3) {
            stuffer.stuff(piece, &mut wire);
        }
        stuffer.finish(&mut wire);
        let mut letter = Vec::new();
        assert_eq!(data::Decoder::default().decode(&wire, &mut letter), data::Progress::End(wire.len()));
        let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\r', "\n");
        if std::str::from_utf8(bytes).is_ok() {
            let lines = text.strip_suffix('\n').unwrap_or(&text).replace('\n', "\r\n");
            let expected = if text.is_empty() { String::new() } else { format!("{lines}\r\n") };
            assert_eq!(letter, expected.into_bytes());
        }
    });
}
