//! CONDSTORE and QRESYNC (RFC 7162).

use super::*;

fn number_after(answer: &str, word: &str) -> i64 {
    let rest = answer.split(word).nth(1).unwrap_or_else(|| panic!("{word}: {answer}"));
    rest.trim_start_matches([' ', '(']).split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_client_that_was_away_is_told_what_changed_and_vanished() {
    let hub = Hub::start(|_| {}).await;
    let mut a = Client::of(&hub, "an").await;
    for n in 1..=4 {
        a.append("INBOX", "", &format!("Subject: {n}\r\n\r\n{n}")).await;
    }
    let selected = a.say("SELECT INBOX").await;
    let (validity, modseq) =
        (number_after(&selected, "UIDVALIDITY"), number_after(&selected, "HIGHESTMODSEQ"));
    a.say("STORE 1,2 +FLAGS.SILENT (\\Deleted)").await;
    a.say("UID EXPUNGE 2").await;
    a.say("UID STORE 3 FLAGS (\\Seen)").await;
    let mut b = Client::of(&hub, "an").await;
    assert!(b.say("ENABLE QRESYNC").await.contains("ENABLED QRESYNC"));
    let back = b.say(&format!("SELECT INBOX (QRESYNC ({validity} {modseq} 1:4))")).await;
    assert!(back.contains("* VANISHED (EARLIER) 2\n"), "{back}");
    assert!(back.contains("UID 3 FLAGS (\\Seen) MODSEQ ("), "{back}");
    assert!(!back.contains("UID 4 FLAGS"), "what did not change is not told: {back}");
    let since = b.say(&format!("UID FETCH 1:* (FLAGS) (CHANGEDSINCE {modseq} VANISHED)")).await;
    assert!(since.contains("VANISHED (EARLIER) 2") && since.contains("UID 1 "), "{since}");
    a.say("UID EXPUNGE 1").await;
    assert!(b.say("NOOP").await.contains("* VANISHED 1\n"), "QRESYNC clients are told UIDs");
}

#[tokio::test]
async fn a_store_that_comes_too_late_changes_nothing() {
    let hub = Hub::start(|_| {}).await;
    let mut a = Client::of(&hub, "an").await;
    a.append("INBOX", "", "x").await;
    a.append("INBOX", "", "y").await;
    let before = number_after(&a.say("SELECT INBOX (CONDSTORE)").await, "HIGHESTMODSEQ");
    let mut b = Client::in_inbox(&hub, "an").await;
    b.say("STORE 1 +FLAGS (\\Flagged)").await;
    let highest = a.say("STATUS INBOX (HIGHESTMODSEQ)").await;
    assert!(number_after(&highest, "HIGHESTMODSEQ") > before, "{highest}");
    let late = a.say(&format!("STORE 1,2 (UNCHANGEDSINCE {before}) +FLAGS (\\Seen)")).await;
    assert!(late.contains("[MODIFIED 1]"), "{late}");
    let flags = a.say("FETCH 1:2 FLAGS").await;
    assert!(flags.contains("* 1 FETCH (FLAGS (\\Flagged)"), "{flags}");
    assert!(flags.contains("* 2 FETCH (FLAGS (\\Seen)"), "{flags}");
    let found = a.say(&format!("SEARCH MODSEQ {}", before + 1)).await;
    assert!(found.contains("* SEARCH 1 2 (MODSEQ "), "{found}");
}
