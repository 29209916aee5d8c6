//! What each command and test means.

use super::*;

#[test]
fn without_a_rule_the_letter_is_kept() {
    assert_eq!(short(&run("")), "keep");
    assert_eq!(short(&run("# chú thích\r\n/* hai\ndòng */ keep;")), "keep");
    assert_eq!(short(&run("discard;")), "");
    assert_eq!(short(&run("stop; discard;")), "keep");
}

#[test]
fn branches_are_taken_in_order() {
    let script = |subject: &str| {
        format!(
            "require \"fileinto\"; if header :contains \"Subject\" \"{subject}\" {{ fileinto \"A\"; }} \
             elsif address :domain \"from\" \"bo.example\" {{ fileinto \"B\"; }} else {{ discard; }} "
        )
    };
    assert_eq!(short(&run(&script("CÔNG VĂN"))), "into B", "Ô is no ASCII letter");
    assert_eq!(short(&run(&script("ng v"))), "into A");
    let other = "require \"fileinto\"; if false { keep; } elsif false { keep; } else { fileinto \"C\"; }";
    assert_eq!(short(&run(other)), "into C");
}

#[test]
fn headers_are_decoded_and_compared_as_asked() {
    holds("", r#"header :is "subject" "Công văn số 12 V/v báo cáo""#, true);
    holds("", r#"header :is "subject" "công văn số 12""#, false);
    holds(
        "\"comparator-i;unicode-casemap\"",
        r#"header :comparator "i;unicode-casemap" :contains "subject" "CÔNG VĂN""#,
        true,
    );
    holds("", r#"header :contains ["x-none", "Subject"] ["abc", "SỐ", "v/V"]"#, true);
    holds("", r#"header :comparator "i;octet" :contains "subject" "v/V""#, false);
    holds("", r#"header :matches "subject" "C?ng v*báo*""#, true);
    holds("", r#"header :matches "subject" "*\\?*""#, false);
    holds("", r#"exists ["from", "date"]"#, true);
    holds("", r#"exists ["from", "x-none"]"#, false);
    holds("", r#"not anyof (false, header :is "x-none" "")"#, true);
    holds("", r#"allof (true, size :over 10, size :under 1K)"#, true);
    holds("\"index\"", r#"header :index 2 "x-mark" "two""#, true);
    holds("\"index\"", r#"header :index 1 :last "x-mark" "three""#, true);
    holds("\"index\"", r#"header :index 9 "x-mark" "three""#, false);
}

#[test]
fn addresses_and_envelopes_have_parts() {
    holds("", r#"address "from" "soyte@bo.example""#, true);
    holds("", r#"address :localpart "to" "AN""#, true);
    holds("", r#"address :domain "to" "bo.example""#, false);
    holds("\"subaddress\"", r#"address :detail "to" "viec""#, true);
    holds("\"subaddress\"", r#"address :user "to" "binh""#, true);
    holds("\"envelope\", \"subaddress\"", r#"envelope :detail "to" "congvan""#, true);
    holds("\"envelope\"", r#"envelope "from" "soyte@bo.example""#, true);
}

#[test]
fn numbers_are_compared_as_numbers_and_fields_counted() {
    let numeric = "\"relational\", \"comparator-i;ascii-numeric\"";
    holds(numeric, r#"header :value "ge" :comparator "i;ascii-numeric" "x-spam-score" "5""#, true);
    holds(numeric, r#"header :value "lt" :comparator "i;ascii-numeric" "x-spam-score" "10""#, true);
    holds("\"relational\"", r#"header :value "lt" "x-spam-score" "10""#, false);
    holds(numeric, r#"header :count "eq" :comparator "i;ascii-numeric" "x-mark" "3""#, true);
    holds(numeric, r#"address :count "gt" :comparator "i;ascii-numeric" "to" "2""#, false);
}

#[test]
fn dates_are_read_in_the_zone_asked_for() {
    holds("\"date\"", r#"date "date" "date" "2026-04-01""#, true);
    holds("\"date\"", r#"date :originalzone "date" "date" "2026-03-31""#, true);
    holds("\"date\"", r#"date :zone "-0500" "date" "hour" "23""#, true);
    holds("\"date\"", r#"currentdate "iso8601" "2026-04-01T00:30:00+07:00""#, true);
    holds("\"date\"", r#"currentdate "std11" "Wed, 01 Apr 2026 00:30:00 +0700""#, true);
    holds("\"date\"", r#"currentdate "weekday" "3""#, true);
    holds("\"date\"", r#"currentdate :zone "+0000" "julian" "61130""#, true);
    holds(
        "\"date\", \"relational\"",
        r#"allof (currentdate :value "ge" "date" "2026-04-01", currentdate :value "le" "date" "2026-04-15")"#,
        true,
    );
    holds("\"date\"", r#"date "x-none" "year" "2026""#, false);
}

#[test]
fn bodies_are_searched_as_text() {
    holds("\"body\"", r#"body :contains "Kính gửi""#, true);
    holds("\"body\"", r#"body :raw :contains "cơ quan""#, true);
    holds("\"body\"", r#"body :content "text" :contains "cơ quan""#, true);
    holds("\"body\"", r#"body :content "application/pdf" :contains "cơ quan""#, false);
}

#[test]
fn variables_hold_what_wildcards_stood_for() {
    let script = r#"require ["variables", "fileinto", "mailbox"];
        if header :matches "subject" "*số ? *" { discard; }
        elsif header :matches "subject" "*số * V/v *" { set :upperfirst "what" "${3}"; set "no" "${2}"; }
        fileinto :create "${what}/${no}${unknown}${0x}";"#;
    assert_eq!(short(&run(script)), "into Báo cáo/12${0x} (create)");
    let lengths = r#"require ["variables", "fileinto"]; set :length "n" "đường"; set :quotewildcard :lower "q" "A*B";
        fileinto "${n}${q}";"#;
    assert_eq!(short(&run(lengths)), "into 5a\\*b");
    let shortest = r#"require ["variables", "fileinto"]; if string :matches "a-b-c-d" "*-*-d" { fileinto "${1}|${2}"; }"#;
    assert_eq!(short(&run(shortest)), "into a|b-c");
    let encoded =
        r#"require ["encoded-character", "fileinto"]; fileinto "${unicode:111}${hex:c3 a1}${hex:zz}";"#;
    assert_eq!(short(&run(encoded)), "into đá${hex:zz}");
}

#[test]
fn flags_are_words_and_go_with_the_letter() {
    let script = r#"require ["imap4flags", "fileinto"]; setflag ["\\Seen", "khan"]; addflag "khan quan-trong";
        removeflag "\\seen"; if hasflag "KHAN" { fileinto :flags "\\Flagged" "A"; } keep;"#;
    assert_eq!(short(&run(script)), "into A +\\Flagged; keep +khan +quan-trong");
}

#[test]
fn copies_folders_and_redirects() {
    let script = "require [\"copy\", \"fileinto\", \"mailbox\", \"special-use\"];\n\
         if mailboxexists \"Công văn/Đến\" { fileinto :copy \"Công văn/Đến\"; }\n\
         if mailboxexists \"Không có\" { discard; }\nfileinto :specialuse \"\\\\Junk\" :copy \"Rác\";\n\
         redirect :copy \"Binh@Tinh.example\"; redirect :copy \"Binh@Tinh.example\";";
    assert_eq!(short(&run(script)), "into Công văn/Đến; into Rác (\\Junk); to Binh@tinh.example; keep");
    assert_eq!(short(&run("redirect \"binh@tinh.example\";")), "to binh@tinh.example");
}

#[test]
fn a_refused_letter_goes_nowhere_else() {
    let text = "require \"reject\"; reject text:\nKhông nhận.\n..\n.\n;";
    assert_eq!(short(&run(text)), "reject Không nhận.\r\n.\r\n");
    let both = run("require [\"reject\", \"fileinto\"]; fileinto \"A\"; reject \"x\";");
    assert!(short(&both).starts_with("keep; failed: "), "{}", short(&both));
}

#[test]
fn a_letter_seen_before_is_known() {
    let source = "require [\"duplicate\"]; if duplicate :seconds 60 { discard; }";
    assert_eq!(short(&run(source)), "remember duplicate::1@bo.example for 60; keep");
    let script = Script::compile(source).unwrap();
    assert!(script.remembers());
    let (empty, own) = (BTreeSet::new(), []);
    let mut around = around(&empty, &empty, &own);
    let remembered = BTreeSet::from(["duplicate::1@bo.example".to_owned()]);
    around.remembered = &remembered;
    assert_eq!(short(&script.run(&Letter::parse(LETTER.as_bytes()), &around)), "");
}
