//! Who is answered while the recipient is away, and who is not.

use super::*;

const SCRIPT: &str =
    "require \"vacation\"; vacation :days 3 :addresses \"an.khac@tinh.example\" \"Tôi đi vắng.\";";

fn letter(field: &str) -> String {
    format!("{field}\r\n{LETTER}")
}

fn answered(letter: &str) -> bool {
    run_on(letter, SCRIPT).actions.iter().any(|action| matches!(action, Action::Vacation(_)))
}

#[test]
fn a_person_is_answered_with_what_was_asked() {
    let outcome = run(SCRIPT);
    let Some(Action::Vacation(reply)) = outcome.actions.first() else { panic!("{}", short(&outcome)) };
    assert_eq!(
        (reply.to.as_str(), reply.text.as_str(), reply.seconds),
        ("soyte@bo.example", "Tôi đi vắng.", 3 * 86_400)
    );
    assert_eq!(reply.subject, "Auto: Công văn số 12 V/v báo cáo");
    assert_eq!(reply.in_reply_to.as_deref(), Some("1@bo.example"));
    assert_eq!(outcome.actions.last(), Some(&Action::Keep { flags: Vec::new() }));
    let other = run(&SCRIPT.replace("vắng", "họp"));
    assert_ne!(
        format!("{:?}", other.actions.first()),
        format!("{:?}", outcome.actions.first()),
        "another text is another answer"
    );
}

#[test]
fn lists_programs_and_strangers_to_the_address_are_not_answered() {
    assert!(answered(LETTER));
    for field in [
        "Auto-Submitted: auto-replied",
        "List-Id: <tin.bo.example>",
        "List-Unsubscribe: <https://bo.example/>",
        "Precedence: bulk",
        "X-Auto-Response-Suppress: All",
    ] {
        assert!(!answered(&letter(field)), "{field}");
    }
    assert!(answered(&letter("Auto-Submitted: no")));
    let to_others = LETTER.replace("an@tinh.example", "tatca@tinh.example");
    assert!(!answered(&to_others), "a letter to a list or in blind copy");
    assert!(answered(&to_others.replace("tatca@", "an.khac@")));
    let script = Script::compile(SCRIPT).unwrap();
    let (empty, own) = (BTreeSet::new(), ["an@tinh.example".to_owned()]);
    for sender in [
        "",
        "MAILER-DAEMON@bo.example",
        "noreply@bo.example",
        "tin-request@bo.example",
        "owner-tin@bo.example",
        "an@tinh.example",
    ] {
        let around = Surroundings { sender, ..around(&empty, &empty, &own) };
        let outcome = script.run(&Letter::parse(LETTER.as_bytes()), &around);
        assert_eq!(short(&outcome), "keep", "{sender}");
    }
}

#[test]
fn the_same_person_is_answered_once_in_the_days_chosen() {
    let Some(Action::Vacation(reply)) = run(SCRIPT).actions.into_iter().next() else { panic!("an answer") };
    let script = Script::compile(SCRIPT).unwrap();
    let (empty, own, remembered) =
        (BTreeSet::new(), ["an@tinh.example".to_owned()], BTreeSet::from([reply.key]));
    let around = Surroundings { remembered: &remembered, ..around(&empty, &empty, &own) };
    assert_eq!(short(&script.run(&Letter::parse(LETTER.as_bytes()), &around)), "keep");
}

#[test]
fn a_letter_whose_id_cannot_be_quoted_is_answered_all_the_same() {
    let outcome = run_on(&LETTER.replace("<1@bo.example>", "<so 1@bo.example>"), SCRIPT);
    let Some(Action::Vacation(reply)) = outcome.actions.first() else { panic!("{}", short(&outcome)) };
    let letter = reply.letter("an@tinh.example", "9@tinh.example", Timestamp::from_micros(0)).unwrap();
    let letter = String::from_utf8(letter).unwrap();
    assert!(letter.contains("To: <soyte@bo.example>") && !letter.contains("In-Reply-To"), "{letter}");
}
