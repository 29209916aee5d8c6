//! Scripts over letters: what a rule's author expects, the words of the standards, hostile scripts.

use std::collections::BTreeSet;

use base::Timestamp;

use super::*;

mod hostile;
mod language;
mod vacations;

const LETTER: &str = "From: Sở Y tế <soyte@bo.example>\r\nTo: An <an@tinh.example>, binh+viec@tinh.example\r\n\
     Subject: =?utf-8?B?Q8O0bmcgdsSDbiBz4buRIDEy?= V/v =?utf-8?Q?b=C3=A1o_c=C3=A1o?=\r\nMessage-ID: <1@bo.example>\r\n\
     Date: Tue, 31 Mar 2026 23:30:00 -0500\r\nX-Spam-Score: 7\r\nX-Mark: one\r\nX-Mark: two\r\nX-Mark: three\r\n\
     Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nKính gửi: Quý cơ quan.\r\n";

fn around<'a>(
    empty: &'a BTreeSet<String>,
    folders: &'a BTreeSet<String>,
    own: &'a [String],
) -> Surroundings<'a> {
    Surroundings {
        sender: "soyte@bo.example",
        recipient: "an+congvan@tinh.example",
        own_addresses: own,
        folders,
        special_uses: empty,
        remembered: empty,
        // 2026-03-31 17:30:00 UTC, the next day in Viet Nam.
        now: Timestamp::from_seconds(1_774_978_200),
        offset: 7 * 3600,
    }
}

fn run_on(letter: &str, script: &str) -> Outcome {
    let script = Script::compile(script).unwrap_or_else(|error| panic!("{error}\n{script}"));
    let (empty, folders) =
        (BTreeSet::new(), BTreeSet::from(["Công văn".to_owned(), "Công văn/Đến".to_owned()]));
    let own = ["an@tinh.example".to_owned()];
    script.run(&Letter::parse(letter.as_bytes()), &around(&empty, &folders, &own))
}

fn run(script: &str) -> Outcome {
    run_on(LETTER, script)
}

/// The outcome in short: `keep`, `into X`, `to X`, `reject X`, flags behind `+`.
fn short(outcome: &Outcome) -> String {
    let flags = |flags: &[String]| flags.iter().map(|flag| format!(" +{flag}")).collect::<String>();
    let one = |action: &Action| match action {
        Action::Keep { flags: all } => format!("keep{}", flags(all)),
        Action::FileInto { folder, create, special_use, flags: all } => format!(
            "into {folder}{}{}{}",
            if *create { " (create)" } else { "" },
            special_use.as_deref().map(|name| format!(" ({name})")).unwrap_or_default(),
            flags(all)
        ),
        Action::Redirect(address) => format!("to {address}"),
        Action::Reject(reason) => format!("reject {reason}"),
        Action::Vacation(reply) => format!("answer {} “{}”", reply.to, reply.subject),
        Action::Remember { key, seconds } => format!("remember {key} for {seconds}"),
    };
    let mut all: Vec<String> = outcome.actions.iter().map(one).collect();
    all.extend(outcome.failure.as_ref().map(|why| format!("failed: {why}")));
    all.join("; ")
}

/// Asserts that `test` is true (or false) of the letter.
fn holds(requires: &str, test: &str, wanted: bool) {
    let script = format!("require [{requires}];\nif {test} {{ discard; }}");
    let script = if requires.is_empty() { script.replace("require [];\n", "") } else { script };
    assert_eq!(short(&run(&script)), if wanted { "" } else { "keep" }, "{test}");
}
