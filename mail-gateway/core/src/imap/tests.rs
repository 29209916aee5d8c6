use super::{
    command::{Command, Item, Key},
    input::{Input, Limits, Next},
    name, parse,
    set::{self, Set},
    thread,
    view::View,
    write,
};

const LIMITS: Limits = Limits { line: 1000, literals: 100 };

fn command(text: &str) -> Command {
    parse::parse(text.as_bytes()).unwrap_or_else(|bad| panic!("{text}: {bad:?}")).command
}

#[test]
fn commands_of_real_programs_are_understood() {
    for text in [
        "a001 LOGIN an \"mật khẩu\"",
        "1 UID FETCH 1:* (FLAGS UID BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID)])",
        "2 FETCH 1 (UID RFC822.SIZE BODY[]<0.65536>)",
        "3 LIST (SUBSCRIBED) \"\" (\"*\" INBOX) RETURN (CHILDREN STATUS (MESSAGES UNSEEN) SPECIAL-USE)",
        "4 SELECT INBOX (QRESYNC (67890007 20050715194045000 41,43:211,214:541))",
        "5 UID STORE 1,2:4 (UNCHANGEDSINCE 12) +FLAGS.SILENT (\\Deleted $Forwarded)",
        "6 SEARCH RETURN (MIN COUNT) CHARSET UTF-8 OR (FROM an SUBJECT {5}\r\nh\u{1ecd}p) NOT SEEN SINCE 1-Feb-2026",
        "7 UID SORT RETURN () (REVERSE DATE SUBJECT) UTF-8 ALL",
        "8 UID THREAD REFERENCES UTF-8 UNDELETED",
        "9 APPEND Drafts (\\Draft \\Seen) \"25-Nov-2026 08:00:00 +0700\" {3}\r\nabc (\\Seen) ~{2}\r\nde",
        "10 FETCH 1:2 (PREVIEW (LAZY) FLAGS EMAILID THREADID BINARY.SIZE[1.2] BODY[1.2.HEADER] BODY[2.MIME])",
        "11 ID (\"name\" \"Thunderbird\" \"version\" NIL)",
        "12 AUTHENTICATE PLAIN AGEAYg==",
        "13 UID FETCH 1:9 (FLAGS) (CHANGEDSINCE 5 VANISHED)",
    ] {
        command(text);
    }
    assert!(matches!(command("a UID FETCH 1 FULL"), Command::Fetch { by_uid: true, ref items, .. }
        if items.contains(&Item::Body) && items.contains(&Item::Envelope)));
    let Command::Append { letters, .. } = command("a APPEND x \"25-Nov-2026 08:00:00 +0700\" {1}\r\na")
    else {
        panic!("no append")
    };
    assert_eq!(write::date_time(letters[0].date.unwrap()), "\"25-Nov-2026 01:00:00 +0000\"");
    assert!(matches!(command("a SEARCH UNSEEN"), Command::Search { key: Key::Not(_), .. }));
}

#[test]
fn nonsense_is_answered_to_its_tag() {
    for text in ["a FROB", "a UID NOOP", "a FETCH 0 FLAGS", "a FETCH 1 (FLAGS", "a LOGIN x", "a SEARCH NOT"] {
        assert_eq!(parse::parse(text.as_bytes()).unwrap_err().tag, "a", "{text}");
    }
    assert_eq!(parse::parse(b"").unwrap_err().tag, "*");
    let deep = format!("a SEARCH {}ALL", "NOT ".repeat(100_000));
    assert!(parse::parse(deep.as_bytes()).is_err(), "the stack is bounded");
    assert_eq!(
        parse::parse(b"a SEARCH CHARSET KOI8-R ALL").unwrap_err().code,
        Some("BADCHARSET (UTF-8 US-ASCII)")
    );
}

#[test]
fn literals_are_collected_whatever_the_pieces() {
    let text = b"a LOGIN {2}\r\nan {3+}\r\nx\r\n\r\nb NOOP\r\n";
    for size in 1..text.len() {
        let mut input = Input::default();
        let mut got = Vec::new();
        let mut asked = 0;
        for piece in text.chunks(size) {
            input.handle(piece);
            loop {
                match input.poll(LIMITS) {
                    Next::Read => break,
                    Next::Continue => asked += 1,
                    Next::Command(command) => got.push(command),
                    other => panic!("{other:?}"),
                }
            }
        }
        assert_eq!((got.len(), asked), (2, 1), "pieces of {size}");
        assert_eq!(got[0], b"a LOGIN {2}\r\nan {3+}\r\nx\r\n", "a literal keeps its own line end");
        assert_eq!(got[1], b"b NOOP");
    }
}

#[test]
fn too_much_is_refused_before_it_is_kept() {
    let mut input = Input::default();
    input.handle(b"a APPEND x {101}\r\n");
    assert_eq!(input.poll(LIMITS), Next::TooLarge(b"a APPEND x {101}".to_vec()));
    input.handle(b"a APPEND x {101+}\r\n");
    assert_eq!(input.poll(LIMITS), Next::Hopeless);
    let mut input = Input::default();
    input.handle(&[b'x'; 1001]);
    assert_eq!(input.poll(LIMITS), Next::Hopeless);
}

#[test]
fn sets_are_read_in_any_order_and_written_short() {
    let set = Set::parse("9:7,1,*:8,3:4").unwrap();
    assert_eq!(set.resolve(12), [(1, 1), (3, 4), (7, 12)]);
    assert_eq!(set::written([1, 2, 3, 7, 9, 10]), "1:3,7,9:10");
    for bad in ["", "0", "1:", ",1", "1:x", "99999999999"] {
        assert_eq!(Set::parse(bad), None, "{bad}");
    }
}

#[test]
fn a_view_renumbers_only_when_told() {
    let mut view = View::new(vec![3, 5, 8, 9]);
    assert_eq!(view.chosen(&Set::parse("2:3").unwrap(), false, &[]), [5, 8]);
    assert_eq!(view.chosen(&Set::parse("6:*").unwrap(), true, &[]), [8, 9]);
    // RFC 9051 §7.5.1: each number is what it is after the ones before it were told.
    assert_eq!(view.remove(&[3, 8, 100]), [3, 1]);
    assert_eq!(view.uids(), [5, 9]);
    assert!(view.add([12]) && !view.add([12]));
    assert_eq!(view.number_of(12), Some(3));
}

#[test]
fn names_travel_in_modified_utf_7() {
    for (name, wire) in [
        ("Thư nháp", "Th&AbA- nh&AOE-p"),
        ("A & B", "A &- B"),
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("Hộp thư cơ quan", "H&HtkA-p th&AbA- c&AaE- quan"),
    ] {
        assert_eq!(name::decode(&name::encode(name)), name);
        if !name.contains("ộ") {
            assert_eq!(name::encode(name), wire);
        }
    }
    assert_eq!(name::decode("Thư & nháp"), "Thư & nháp", "bare UTF-8 passes");
    assert!(name::matches("*", "a/b") && !name::matches("%", "a/b") && name::matches("a/%", "a/b"));
    assert!(name::matches("INBOX*", "INBOX/x") && !name::matches("a%c", "a/c"));
}

fn letter(number: u32, id: &str, references: &[&str], subject: &str, is_reply: bool) -> thread::Letter {
    thread::Letter {
        number,
        date: i64::from(number),
        message_id: Some(id.to_owned()),
        references: references.iter().map(|r| (*r).to_owned()).collect(),
        subject: subject.to_owned(),
        is_reply,
    }
}

#[test]
fn conversations_follow_references_then_subjects() {
    let letters = [
        letter(1, "a", &[], "x", false),
        letter(2, "b", &["a"], "x", true),
        letter(3, "c", &["a"], "x", true),
        letter(4, "d", &["a", "b"], "x", true),
        letter(5, "e", &["gone"], "y", true),
        letter(6, "f", &["gone"], "y", true),
        letter(7, "g", &[], "z", false),
        letter(8, "h", &[], "z", true),
    ];
    assert_eq!(thread::references(&letters), "(1 (2 4)(3))((5)(6))(7 8)");
    assert_eq!(thread::ordered_subject(letters.to_vec()), "(1 (2)(3)(4))(5 6)(7 8)");
    // A ring of references and a chain as long as a mailbox end, and end quickly.
    let ring = [letter(1, "a", &["b"], "", false), letter(2, "b", &["a"], "", false)];
    assert!(thread::references(&ring).contains('1'));
    let ids: Vec<String> = (0..20_000).map(|n| format!("id{n}")).collect();
    let chain: Vec<thread::Letter> =
        (1..20_000u32).map(|n| letter(n, &ids[n as usize], &[&ids[n as usize - 1]], "", true)).collect();
    assert!(thread::references(&chain).starts_with("(1 2 3"));
}

#[test]
fn fuzz_commands_and_their_pieces() {
    bolero::check!().with_type::<Vec<u8>>().for_each(|bytes: &Vec<u8>| {
        let mut input = Input::default();
        input.handle(bytes);
        input.handle(b"\r\n");
        for _ in 0..100 {
            match input.poll(LIMITS) {
                Next::Command(command) => drop(parse::parse(&command)),
                Next::Continue => {}
                _ => break,
            }
        }
        let text = String::from_utf8_lossy(bytes);
        let mut whole = b"a ".to_vec();
        for verb in ["SEARCH ", "UID FETCH 1 ", "LIST \"\" ", "APPEND x ", "UID SORT ", ""] {
            whole.truncate(2);
            whole.extend_from_slice(verb.as_bytes());
            whole.extend_from_slice(bytes);
            let _ = parse::parse(&whole);
        }
        let encoded = name::encode(&text);
        assert_eq!(name::decode(&encoded), text, "names survive the wire");
    });
}
