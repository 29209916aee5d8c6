use super::{
    Part,
    envelope::envelope,
    section::{Section, Text},
    structure::structure,
};

const LETTER: &[u8] = b"From: =?utf-8?q?An?= <an@tinh.example>\r\nTo: \"B, C\" <b@c.example>, Nhom: d@e, <f@g>;\r\n\
Subject: Hop \"mot\"\r\nMessage-ID: <1@x>\r\nDate: Wed, 25 Nov 2026 08:00:00 +0700\r\n\
Content-Type: multipart/mixed; boundary=\"bb\"\r\n\r\npreamble\r\n--bb\r\nContent-Type: text/plain; charset=utf-8\r\n\
Content-Transfer-Encoding: base64\r\n\r\nWGluIGNow6Bv\r\n--bb\r\nContent-Type: message/rfc822\r\n\r\nSubject: trong\r\n\
Content-Type: multipart/alternative; boundary=cc\r\n\r\n--cc\r\n\r\nmot\r\n--cc\r\nContent-Type: text/html\r\n\
Content-Disposition: attachment; filename=a.html\r\n\r\n<p>\r\n--cc--\r\n\r\n--bb--\r\nepilogue";

fn section(path: &[u32], text: Option<Text>) -> Option<String> {
    let part = Part::of(LETTER);
    let section = Section { path: path.to_vec(), text };
    section.bytes(LETTER, &part).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

#[test]
fn sections_are_the_octets_that_were_sent() {
    assert_eq!(section(&[], None).unwrap().len(), LETTER.len());
    assert_eq!(section(&[1], None).unwrap(), "WGluIGNow6Bv");
    assert!(section(&[1], Some(Text::Mime)).unwrap().ends_with("base64\r\n\r\n"));
    assert!(section(&[2], None).unwrap().starts_with("Subject: trong\r\n"));
    assert_eq!(section(&[2], Some(Text::Fields(vec!["subject".into()]))).unwrap(), "Subject: trong\r\n\r\n");
    assert!(section(&[2], Some(Text::Text)).unwrap().starts_with("--cc\r\n"));
    assert_eq!(section(&[2, 1], None).unwrap(), "mot");
    assert_eq!(section(&[2, 2], None).unwrap(), "<p>");
    assert_eq!(section(&[3], None), None);
    assert_eq!(section(&[1], Some(Text::Header)), None, "a text has no header of its own");
    let part = Part::of(LETTER);
    let decoded = Section { path: vec![1], text: None }.decoded(LETTER, &part).unwrap().unwrap();
    assert_eq!(decoded.as_ref(), "Xin chào".as_bytes());
    let single = b"Subject: a\r\n\r\nbody";
    let part = Part::of(single);
    let first = Section { path: vec![1], text: None };
    assert_eq!(first.bytes(single, &part).unwrap().as_ref(), b"body");
}

#[test]
fn envelope_and_structure_say_what_the_header_says() {
    assert_eq!(
        envelope(LETTER),
        "(\"Wed, 25 Nov 2026 08:00:00 +0700\" \"Hop \\\"mot\\\"\" ((\"=?utf-8?q?An?=\" NIL \"an\" \"tinh.example\")) \
         ((\"=?utf-8?q?An?=\" NIL \"an\" \"tinh.example\")) ((\"=?utf-8?q?An?=\" NIL \"an\" \"tinh.example\")) \
         ((\"B, C\" NIL \"b\" \"c.example\")(NIL NIL \"Nhom\" NIL)(NIL NIL \"d\" \"e\")(NIL NIL \"f\" \"g\")\
         (NIL NIL NIL NIL)) NIL NIL NIL \"<1@x>\")"
    );
    let part = Part::of(LETTER);
    let body = structure(LETTER, &part, false);
    assert!(
        body.starts_with(
            "((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"utf-8\") NIL NIL \"BASE64\" 12 0)(\"MESSAGE\" \"RFC822\""
        ),
        "{body}"
    );
    assert!(body.ends_with("\"MIXED\")"), "{body}");
    let extended = structure(LETTER, &part, true);
    assert!(extended.contains("(\"ATTACHMENT\" (\"FILENAME\" \"a.html\")) NIL NIL)"), "{extended}");
}

#[test]
fn hostile_letters_are_bounded() {
    let many =
        format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{}", "--b\r\n\r\nx\r\n".repeat(20_000));
    assert!(structure(many.as_bytes(), &Part::of(many.as_bytes()), true).len() < 1 << 21);
    let mut deep = String::new();
    for n in 0..2000 {
        deep.push_str(&format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"));
    }
    assert!(structure(deep.as_bytes(), &Part::of(deep.as_bytes()), true).contains("OCTET-STREAM"));
    let empty = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    assert!(structure(empty, &Part::of(empty), false).starts_with("(\"TEXT\" \"PLAIN\""));
}

#[test]
fn fuzz_parts_and_sections() {
    bolero::check!().with_type::<(Vec<u8>, Vec<u8>)>().for_each(|(bytes, path): &(Vec<u8>, Vec<u8>)| {
        let mut letter = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n".to_vec();
        letter.extend_from_slice(bytes);
        for raw in [bytes.as_slice(), letter.as_slice()] {
            let part = Part::of(raw);
            let _ = structure(raw, &part, true);
            let _ = envelope(raw);
            let path: Vec<u32> = path.iter().take(5).map(|n| u32::from(*n)).collect();
            for text in [None, Some(Text::Header), Some(Text::Text), Some(Text::Mime)] {
                let section = Section { path: path.clone(), text };
                let _ = section.bytes(raw, &part);
                let _ = section.decoded(raw, &part);
            }
        }
    });
}
