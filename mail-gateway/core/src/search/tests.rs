use super::{Entry, Likeness, Words, likeness, snippet};

fn subject(text: &str) -> String {
    Entry::of(format!("Subject: {text}\r\n\r\n").as_bytes()).subject
}

#[test]
fn every_spelling_is_indexed_alike_and_addresses_by_their_parts() {
    let raw = "From: \"Đơn vị\" <hanhttm.stttt@quangbinh.example>\r\nSubject: =?utf-8?B?QsOhbyBjw6Fv?= qu\u{ed} I\r\n\r\nHoà Hội\u{300} nghị";
    let entry = Entry::of(raw.as_bytes());
    assert_eq!(entry.subject, " bao cao qui i");
    assert_eq!(entry.from, " don vi hanhttm stttt quangbinh example");
    assert_eq!(entry.body, " hoa hoi nghi");
}

#[test]
fn units_are_indexed_by_what_people_call_them() {
    for name in ["Sở Thông tin và Truyền thông", "Sở TT&TT", "họp tại Sở TT&TT, sáng nay"] {
        let words = subject(name);
        assert!(words.split(' ').any(|word| word == "stttt"), "{name}: {words}");
        assert!(words.split(' ').any(|word| word == "tttt"), "{name}: {words}");
    }
    assert!(subject("Ủy ban nhân dân tỉnh").contains(" ubnd"));
    assert!(subject("SNN&PTNT báo cáo").ends_with(" bao cao snnptnt"));
    assert_eq!(subject("so sánh thông tin và"), " so sanh thong tin va", "no unit");
}

#[test]
fn a_query_is_words_phrases_and_one_unfinished_word() {
    let terms = |text: &str| {
        let words = Words::parse(text).terms.into_iter();
        words.map(|t| (t.phrase.join(" "), t.instead, t.is_beginning)).collect::<Vec<_>>()
    };
    assert_eq!(terms("Báo  CÁ"), [("bao".into(), None, false), ("ca".into(), None, true)]);
    assert_eq!(terms("\"báo cáo\" quý "), [("bao cao".into(), None, false), ("quy".into(), None, false)]);
    assert_eq!(terms("123/GM-UBND"), [("123 gm ubnd".into(), None, true)]);
    assert_eq!(terms("SNN&PTNT"), [("snn ptnt".into(), Some("snnptnt".into()), true)]);
    assert_eq!(terms(" % \" -- "), []);
}

#[test]
fn who_types_marks_gets_these_marks_first() {
    let of = |typed: &str, subject: &str, text: &str| likeness(&Words::parse(typed), &[subject], text);
    assert_eq!(of("Quảng Phú", "xã Quảng Phú", ""), Likeness::ExactHeading);
    assert_eq!(of("Quảng Phú", "xã Quang Phú", ""), Likeness::Heading);
    assert_eq!(
        of("Hoà", "Minh Hóa, Minh Hòa", ""),
        Likeness::ExactHeading,
        "tone placement is no difference"
    );
    assert_eq!(of("minh hoá", "khác", "huyện Minh Hóa"), Likeness::ExactText);
    assert_eq!(of("minh hoá", "khác", "huyện Minh Hoa"), Likeness::Text);
    assert_eq!(of("hóa minh", "khác", "huyện Minh Hóa"), Likeness::Scattered);
}

#[test]
fn the_place_that_answers_is_marked_and_nothing_in_it_runs() {
    let of = |typed: &str, text: &str| snippet(&Words::parse(typed), text, 60);
    assert_eq!(
        of("bao cao", "Gửi <b>Báo cáo</b> quý").as_deref(),
        Some("Gửi &lt;b&gt;<mark>Báo cáo</mark>&lt;/b&gt; quý")
    );
    assert_eq!(
        of("hoi ng", "Hội\u{300} nghị\ntrực tuyến").as_deref(),
        Some("<mark>Hội\u{300} nghị</mark> trực tuyến")
    );
    assert_eq!(of("khac", "Báo cáo"), None);
    let long = format!("{}đúng chỗ này {}", "trước ".repeat(500), "sau ".repeat(500));
    let found = of("dung", &long).unwrap();
    assert!(found.contains("<mark>đúng</mark> chỗ") && found.chars().count() < 80, "{found}");
}

#[test]
fn fuzz_any_text_is_a_query_and_any_bytes_an_entry() {
    bolero::check!().with_type::<(String, Vec<u8>)>().for_each(|(text, raw)| {
        let words = Words::parse(text);
        let clean = |c: char| c.is_alphanumeric() || base::fold::fold(&c.to_string()) == c.to_string();
        assert!(words.terms.iter().flat_map(|t| &t.phrase).all(|word| word.chars().all(clean)));
        likeness(&words, &[text], text);
        let shown = snippet(&words, text, 100).unwrap_or_default();
        assert!(!shown.replace("<mark>", "").replace("</mark>", "").contains('<'));
        Entry::of(raw);
    });
}
