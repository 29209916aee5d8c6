use std::collections::BTreeSet;

use super::*;
use crate::mailbox::Role;

fn path(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn named(names: &[&str]) -> Place {
    Place::Named(path(names))
}

#[test]
fn folders_that_every_program_has_become_ours() {
    for (names, role) in [
        (&["INBOX"][..], Role::Inbox),
        (&[], Role::Inbox),
        (&["INBOX", "Sent"], Role::Sent),
        (&["[Gmail]", "Thư đã gửi"], Role::Sent),
        (&["Đã gửi"], Role::Sent),
        (&["Deleted Items"], Role::Trash),
        (&["Thư rác"], Role::Junk),
        (&["Drafts"], Role::Drafts),
    ] {
        assert_eq!(place(&path(names), None), Place::Role(role), "{names:?}");
    }
    assert_eq!(place(&path(&["Gửi đi 2019"]), Some(Role::Sent)), Place::Role(Role::Sent));
}

#[test]
fn other_folders_keep_their_names_and_their_order() {
    assert_eq!(place(&path(&["Kế hoạch", "Quý I/2026"]), None), named(&["Kế hoạch", "Quý I-2026"]));
    assert_eq!(place(&path(&["INBOX", "Kế hoạch", "Quý I"]), None), named(&["Kế hoạch", "Quý I"]));
    assert_eq!(place(&path(&["Kế hoạch", "Sent"]), None), named(&["Kế hoạch", "Sent"]));
}

#[test]
fn what_programs_note_of_a_letter_is_read() {
    let keywords = |text: &str| keywords_in(text.as_bytes()).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(keywords("Status: RO\nX-Status: AF\n\nStatus: N\n"), "$answered $flagged $seen");
    assert_eq!(keywords("Status: O\n\n"), "");
    assert_eq!(keywords("X-Mozilla-Status: 1005\n\n"), "$flagged $forwarded $seen");
    assert_eq!(keywords("X-Mozilla-Status: 0000\r\n\r\n"), "");
    // An export without notes: a letter of three years ago is not unread.
    assert_eq!(keywords("Subject: x\n\n"), "$seen");
    assert!(is_expunged(b"X-Mozilla-Status: 0009\n\n") && !is_expunged(b"X-Mozilla-Status: 0001\n\n"));
}

#[test]
fn lines_end_as_letters_have_them() {
    assert_eq!(with_crlf(b"a\nb\r\n\nc"), b"a\r\nb\r\n\r\nc");
}

#[test]
fn fuzz_nothing_in_a_file_makes_it_panic() {
    bolero::check!().with_type::<(Vec<u8>, Vec<String>)>().for_each(|(octets, names)| {
        let tidy = with_crlf(octets);
        assert_eq!(with_crlf(&tidy), tidy, "done once is done");
        let _: BTreeSet<String> = keywords_in(octets);
        let _ = is_expunged(octets);
        if let Place::Named(names) = place(names, None) {
            assert!(!names.is_empty() && names.iter().all(|name| !name.is_empty() && !name.contains('/')));
        }
    });
}
