//! Answers of scanners, good and hostile.

use super::{Unclear, clamd, rspamd};

#[test]
fn clamds_answers_are_told_apart() {
    assert_eq!(clamd::read(b"stream: OK\0"), Ok(clamd::Answer::Clean));
    let found = clamd::read(b"stream: Win.Test.EICAR_HDB-1 FOUND\0");
    assert_eq!(found, Ok(clamd::Answer::Infected("Win.Test.EICAR_HDB-1".to_owned())));
    let own = clamd::read(b"stream: So.Thong-tin.UNOFFICIAL FOUND\n");
    assert_eq!(own, Ok(clamd::Answer::Infected("So.Thong-tin".to_owned())));
    for trouble in ["", "OK", "stream: ", "stream: OK FOUND X", "INSTREAM size limit exceeded. ERROR"] {
        assert_eq!(clamd::read(trouble.as_bytes()), Err(Unclear(trouble.trim().to_owned())), "{trouble}");
    }
}

#[test]
fn rspamds_score_is_read_and_everything_else_is_no_score() {
    let with = |status: &str, body: &str| {
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    };
    let score = r#"{"is_skipped":false,"score":7.25,"action":"no action","symbols":{}}"#;
    assert_eq!(rspamd::read(with("200 OK", score).as_bytes()), Ok(7.25));
    assert_eq!(rspamd::read(with("200 OK", r#"{"is_skipped":true}"#).as_bytes()), Ok(0.0));
    let broken = with("200 OK", score);
    let broken = broken.get(..broken.len() - 1).unwrap();
    for no_score in [
        "",
        "HTTP/1.1 200 OK\r\n\r\n",
        broken,
        &with("500 Broken", score),
        &with("200 OK", "{}"),
        &with("200 OK", r#"{"score":"7"}"#),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    ] {
        assert!(rspamd::read(no_score.as_bytes()).is_err(), "{no_score}");
    }
}

#[test]
fn a_lesson_is_learned_useless_or_must_be_given_again() {
    let with = |status: &str, body: &str| format!("HTTP/1.1 {status}\r\n\r\n{body}");
    let read = |status: &str, body: &str| rspamd::read_lesson(with(status, body).as_bytes());
    assert_eq!(read("200 OK", r#"{"success":true}"#), Ok(rspamd::Lesson::Learned));
    let again = r#"{"error":"<1@a> has been already learned as spam, ignore it"}"#;
    assert_eq!(read("404 <1@a> has been already", again), Ok(rspamd::Lesson::Learned));
    let few = read("404 few", r#"{"error":"<1@a> contains less tokens than required"}"#);
    assert!(matches!(few, Ok(rspamd::Lesson::Useless(why)) if why.contains("less tokens")));
    for refused in ["403 Unauthorized", "500 Broken", "503 Busy"] {
        assert!(read(refused, "{}").is_err(), "{refused}");
    }
    let head = String::from_utf8(rspamd::lesson(true, "bí mật", 7)).unwrap();
    assert!(head.starts_with("POST /learnspam HTTP/1.1\r\n") && head.contains("\r\nPassword: bí mật\r\n"));
    let head = String::from_utf8(rspamd::lesson(false, "", 7)).unwrap();
    assert!(head.starts_with("POST /learnham ") && !head.contains("Password"), "{head}");
    assert!(head.ends_with("\r\nContent-Length: 7\r\n\r\n"), "{head}");
}

#[test]
fn a_stranger_cannot_add_a_field_to_the_question() {
    let way = rspamd::Way {
        peer: [192, 0, 2, 1].into(),
        helo: "a\r\nSettings: {}\r\n",
        sender: "la@la.example",
        recipients: &["an@tinh.example"],
    };
    let question = String::from_utf8(rspamd::question(&way, 5)).unwrap();
    assert!(question.contains("\r\nHelo: aSettings: {}\r\n"), "{question}");
    assert!(question.contains("\r\nRcpt: an@tinh.example\r\nContent-Length: 5\r\n\r\n"), "{question}");
}

#[test]
fn fuzz_any_answer_of_a_scanner_is_read() {
    bolero::check!().with_type::<Vec<u8>>().for_each(|bytes| {
        if let Ok(clamd::Answer::Infected(name)) = clamd::read(bytes) {
            assert!(!name.contains(char::is_control));
        }
        let _ = (rspamd::read(bytes), rspamd::read_lesson(bytes));
        let _ = rspamd::read(&[b"HTTP/1.1 200 OK\r\n", bytes.as_slice()].concat());
    });
}
