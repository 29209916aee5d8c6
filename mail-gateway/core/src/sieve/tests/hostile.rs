//! Scripts that are wrong, or want to do harm.

use super::*;

#[test]
fn mistakes_are_told_with_their_place_in_both_languages() {
    for (script, line, column, word) in [
        ("keep", 1, 5, "“;”"),
        ("keep;\n  bay;", 2, 3, "“bay”"),
        ("if true { keep;", 1, 16, "“}”"),
        ("require \"xyz\";", 1, 1, "“xyz”"),
        ("keep; require \"copy\";", 1, 7, "require"),
        ("fileinto \"A\";", 1, 1, "require \"fileinto\""),
        ("if header :contains \"a\" { keep; }", 1, 4, "chuỗi"),
        ("if header :is :contains \"a\" \"b\" { keep; }", 1, 4, "kiểu so sánh"),
        ("if not { keep; }", 1, 4, "số điều kiện"),
        ("keep \"x\";", 1, 6, "thừa"),
        ("keep :x;", 1, 6, ":x"),
        ("if size 5 { keep; }", 1, 4, ":over"),
        ("redirect \"không\";", 1, 1, "chuyển tiếp"),
        ("keep; \"x", 1, 7, "nháy"),
        ("/* x", 1, 1, "/*"),
        ("else { keep; }", 1, 1, "if"),
        ("if true { keep; } else { keep; } elsif true { keep; }", 1, 34, "else"),
        ("stop { keep; }", 1, 1, "khối"),
        ("stop true;", 1, 1, "điều kiện"),
        ("if size :over 99999999999999999999 { keep; }", 1, 15, "số"),
        ("}", 1, 1, "ngoặc"),
    ] {
        match Script::compile(script) {
            Ok(_) => panic!("{script} was taken"),
            Err(error) => {
                let place = (error.position.line, error.position.column);
                assert!(error.vietnamese.contains(word), "{script}: {error}");
                assert_eq!(place, (line, column), "{script}: {error}");
                assert!(!error.english.is_empty());
            }
        }
    }
    let deep = format!("{}keep;{}", "if true {".repeat(40), "}".repeat(40));
    assert!(Script::compile(&deep).unwrap_err().vietnamese.contains("sâu"));
    let tests = format!("if {}true{} {{ keep; }}", "not ".repeat(40), "");
    assert!(Script::compile(&tests).unwrap_err().vietnamese.contains("sâu"));
    assert!(Script::compile(&" ".repeat(200_000)).is_err());
}

#[test]
fn a_script_that_runs_too_long_or_asks_for_too_much_keeps_the_letter() {
    let doubling = "set \"a\" \"${a}${a}${a}${a}x\"; ".repeat(3000);
    let outcome = run(&format!("require [\"variables\"]; {doubling} discard;"));
    assert_eq!(outcome.actions, [Action::Keep { flags: Vec::new() }]);
    assert!(outcome.failure.is_some());
    let letter = format!("X: {}\r\n{LETTER}", "a".repeat(8000));
    let pattern = format!("if header :matches \"x\" \"{}b\" {{ discard; }} ", "*a".repeat(500));
    let outcome = run_on(&letter, &pattern.repeat(100));
    assert!(outcome.actions.len() == 1, "{}", short(&outcome));
    let many: String = (0..9).map(|n| format!("redirect :copy \"a{n}@tinh.example\"; ")).collect();
    let outcome = run(&format!("require \"copy\"; {many}"));
    assert!(outcome.failure.unwrap().contains("too many redirects"));
    assert_eq!(outcome.actions, [Action::Keep { flags: Vec::new() }]);
}

#[test]
fn fuzz_any_text_is_a_script_or_a_mistake() {
    bolero::check!().with_type::<String>().for_each(|text| {
        if let Ok(script) = Script::compile(text) {
            let (empty, own) = (BTreeSet::new(), []);
            script.run(&Letter::parse(LETTER.as_bytes()), &around(&empty, &empty, &own));
        }
    });
}

#[test]
fn fuzz_scripts_made_of_the_languages_own_words_run_within_bounds() {
    const WORDS: &[&str] = &[
        "if ",
        "not ",
        "allof(",
        "anyof(",
        ")",
        "{",
        "}",
        ";",
        ",",
        "\"subject\" ",
        "\"*a*\" ",
        "[\"a\",\"${1}\"] ",
        "header ",
        "address ",
        ":matches ",
        ":contains ",
        ":count \"ge\" ",
        "keep",
        "discard",
        "stop",
        "fileinto ",
        "redirect ",
        "\"a@b.example\" ",
        "set ",
        "vacation ",
        "size :over 1K",
        "true",
        "exists ",
        "elsif ",
        "else ",
        "text:\nx\n.\n",
        "1M",
        "addflag ",
        "string ",
        "body ",
        "date ",
        "duplicate",
    ];
    bolero::check!().with_type::<Vec<u8>>().for_each(|picks| {
        let body: String =
            picks.iter().filter_map(|pick| WORDS.get(usize::from(*pick) % WORDS.len())).copied().collect();
        let all: Vec<String> = EXTENSIONS.iter().map(|name| format!("\"{name}\"")).collect();
        if let Ok(script) = Script::compile(&format!("require [{}];\n{body}", all.join(","))) {
            let (empty, own) = (BTreeSet::new(), []);
            let outcome = script.run(&Letter::parse(LETTER.as_bytes()), &around(&empty, &empty, &own));
            assert!(outcome.actions.len() <= 33);
        }
    });
}
