use mail_parser::MessageParser;

use super::{Budget, Extracted, attachments, extract};

/// A ZIP file with `members`, deflated.
fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let at = u32::try_from(out.len()).unwrap().to_le_bytes();
        let packed = miniz_oxide::deflate::compress_to_vec(content, 6);
        let size = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_le_bytes();
        let name_length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let shared =
            [&[20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &size(&packed), &size(content), &name_length]
                .concat();
        out.extend([b"PK\x03\x04", &shared[..], &[0, 0], name.as_bytes(), &packed].concat());
        directory.extend([b"PK\x01\x02\x14\x00", &shared[..], &[0; 12], &at, name.as_bytes()].concat());
    }
    let at = u32::try_from(out.len()).unwrap().to_le_bytes();
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    let size = u32::try_from(directory.len()).unwrap().to_le_bytes();
    out.extend(directory);
    out.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &size, &at, &[0, 0]].concat());
    out
}

fn words(bytes: &[u8]) -> Extracted {
    extract(bytes, &mut Budget::default()).unwrap()
}

const WORD: &str = r#"<?xml version="1.0"?><w:document><w:body><w:p><w:r><w:t>Kế hoạch </w:t></w:r><w:r>
 <w:t xml:space="preserve">năm &amp; qu&#253;</w:t></w:r></w:p><w:p><w:r><w:instrText>PAGE</w:instrText><w:t>Nơi nhận</w:t>
 <w:tab/><w:t>VT</w:t></w:r></w:p></w:body></w:document>"#;

#[test]
fn a_word_file_gives_its_paragraphs_headers_and_notes() {
    let header = "<w:hdr><w:p><w:t>UBND TỈNH</w:t></w:p></w:hdr>".as_bytes();
    let file = zip(&[("word/header1.xml", header), ("word/document.xml", WORD.as_bytes())]);
    let found = words(&file);
    assert_eq!(found.text, "Kế hoạch năm & quý\nNơi nhận VT\nUBND TỈNH\n");
    assert!(!found.is_partial);
}

#[test]
fn an_excel_file_gives_its_strings_and_the_names_of_its_sheets() {
    let shared = "<sst><si><t>Đơn vị</t></si><si><r><t>Lệ </t></r><r><t>Thủy</t></r></si></sst>".as_bytes();
    let sheet =
        br#"<worksheet><sheetData><row><c t="s"><v>0</v></c><c t="inlineStr"><is><t>inline</t></is></c>
        <c t="str"><f>A1</f><v>formula</v></c><c><v>41</v></c></row></sheetData></worksheet>"#;
    let book = r#"<workbook><sheets><sheet name="Biểu 01" sheetId="1"/></sheets></workbook>"#.as_bytes();
    let file = zip(&[
        ("xl/workbook.xml", book),
        ("xl/worksheets/sheet1.xml", sheet),
        ("xl/sharedStrings.xml", shared),
    ]);
    let text = words(&file).text;
    for expected in ["Đơn vị\nLệ Thủy\n", "inline", "formula", "Biểu 01"] {
        assert!(text.contains(expected), "{expected} in {text:?}");
    }
    assert!(!text.contains("41"), "{text:?}");
}

#[test]
fn slides_and_open_documents_are_read_too() {
    let slide = "<p:sld><a:p><a:t>Kết quả</a:t></a:p></p:sld>".as_bytes();
    assert_eq!(
        words(&zip(&[("ppt/presentation.xml", b""), ("ppt/slides/slide1.xml", slide)])).text,
        "Kết quả\n"
    );
    let content = "<office:text><text:p>Tờ <text:span>trình</text:span></text:p></office:text>".as_bytes();
    assert_eq!(words(&zip(&[("content.xml", content)])).text, "Tờ trình\n");
}

#[test]
fn a_zip_bomb_costs_its_budget_and_says_that_it_was_cut() {
    let bomb = vec![b'a'; 50 << 20];
    let file = zip(&[("word/document.xml", &bomb), ("word/header1.xml", &bomb), ("word/footer1.xml", &bomb)]);
    assert!(file.len() < 1 << 20, "{}", file.len());
    let mut budget = Budget { inflated: 1 << 20, ..Budget::default() };
    assert!(extract(&file, &mut budget).unwrap().is_partial);
    assert_eq!(budget.inflated, 0);
    let long = format!("<w:t>{}</w:t>", "chữ ".repeat(1 << 20));
    let mut budget = Budget { text: 1000, ..Budget::default() };
    let found = extract(&zip(&[("word/document.xml", long.as_bytes())]), &mut budget).unwrap();
    assert!(found.is_partial && found.text.len() <= 1000);
}

/// A PDF file of `objects`, numbered from 1, without a cross-reference table.
fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    for (number, object) in (1..).zip(objects) {
        out.extend(format!("{number} 0 obj\n").bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    out.extend(b"trailer << /Root 1 0 R >>\n%%EOF");
    out
}

fn stream(extra: &str, content: &[u8]) -> Vec<u8> {
    let packed = miniz_oxide::deflate::compress_to_vec_zlib(content, 6);
    let head = format!("<< /Length {} /Filter /FlateDecode {extra} >>\nstream\r\n", packed.len());
    [head.as_bytes(), &packed, b"\nendstream"].concat()
}

/// A file as office programs make it: a composite font with a map, one page.
fn page(content: &str) -> Vec<u8> {
    let map = "begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange \
        2 beginbfrange <0001> <0003> <0041> <0010> <0011> [<0110> <01B0006E>] endbfrange \
        2 beginbfchar <0004> <0020> <0005> <1ED9> endbfchar endcmap";
    pdf(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 /Resources << /Font << /F1 5 0 R >> >> >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>".to_vec(),
        stream("", content.as_bytes()),
        b"<< /Type /Font /Subtype /Type0 /ToUnicode 6 0 R >>".to_vec(),
        stream("", map.as_bytes()),
    ])
}

#[test]
fn a_pdf_gives_its_text_through_the_fonts_map() {
    let file = page(
        "BT /F1 12 Tf 1 0 0 1 72 700 Tm <00010002> Tj [<0003> -20 <0004> -500 <0010>] TJ 0 -14 Td <00110005> Tj ET",
    );
    assert_eq!(words(&file).text, "ABC Đ\nưnộ\n");
}

#[test]
fn pieces_of_a_word_join_and_columns_stay_apart() {
    // The second string begins where the first one ends; the third far to the right.
    let file =
        page("BT /F1 10 Tf 1 0 0 1 0 0 Tm <0010> Tj 1 0 0 1 6 0 Tm <0011> Tj 1 0 0 1 90 0 Tm <0001> Tj ET");
    assert_eq!(words(&file).text, "Đưn A\n");
}

#[test]
fn objects_inside_object_streams_are_found() {
    let inner = "1 0 2 36 <</Type/Catalog /Pages 2 0 R>>        <</Type/Pages /Kids [3 0 R]>>";
    let first = inner.find("<<").unwrap();
    let offset = inner.rfind("<</Type/Pages").unwrap() - first;
    let inner = inner.replace("36", &format!("{offset:2}"));
    let extra = format!("/Type /ObjStm /N 2 /First {first}");
    let mut file = b"%PDF-1.5\n".to_vec();
    let objects: [(u32, Vec<u8>); 3] = [
        (3, b"<< /Type /Page /Contents 4 0 R >>".to_vec()),
        (4, stream("", b"BT (Hoa toc) Tj ET")),
        (9, stream(&extra, inner.as_bytes())),
    ];
    for (number, object) in objects {
        file.extend([format!("{number} 0 obj ").as_bytes(), &object, b" endobj\n"].concat());
    }
    assert_eq!(words(&file).text, "Hoa toc\n");
}

#[test]
fn what_cannot_be_read_is_told_as_partial() {
    let mut file = page("BT /F1 1 Tf <0001> Tj ET");
    file.extend(b"trailer << /Encrypt 9 0 R >>");
    assert_eq!(words(&file), Extracted { text: String::new(), is_partial: true });
    assert_eq!(extract(b"\x89PNG", &mut Budget::default()), None);
}

#[test]
fn hostile_pdf_files_end() {
    let loops = pdf(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Kids [2 0 R 2 0 R 3 0 R] >>".to_vec(),
        b"<< /Type /Page /Contents 4 0 R /Resources << /XObject << /X 4 0 R >> >> >>".to_vec(),
        stream("/Subtype /Form", &b"/X Do ".repeat(200)),
    ]);
    words(&loops);
    words(&[b"%PDF-1.4".to_vec(), b"1 0 obj<<".repeat(5_000)].concat());
    words(&[b"%PDF-1.4 1 0 obj ".to_vec(), b"[".repeat(100_000)].concat());
    words(&[b"%PDF-1.4 ".to_vec(), b"5 0 obj<</Length 9>>stream ".repeat(5000)].concat());
}

#[test]
fn the_files_of_a_letter_are_read_whatever_they_are_called() {
    use base64::Engine;
    let file =
        base64::engine::general_purpose::STANDARD.encode(zip(&[("word/document.xml", WORD.as_bytes())]));
    let raw = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nchào\r\n--b\r\nContent-Type: image/png\r\n\
         Content-Disposition: attachment; filename=anh.png\r\nContent-Transfer-Encoding: base64\r\n\r\n{file}\r\n\
         --b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment\r\n\r\nso,lieu\r\n--b--\r\n"
    );
    let message = MessageParser::default().parse(raw.as_bytes()).unwrap();
    let text = attachments(&message, &mut Budget::default()).text;
    assert!(text.contains("Kế hoạch năm") && text.contains("so,lieu") && !text.contains("chào"), "{text:?}");
}

#[test]
fn fuzz_any_bytes_are_read_within_the_budget() {
    let budget = Budget { inflated: 1 << 20, text: 1 << 16, work: 1 << 24 };
    bolero::check!().with_type::<(u8, Vec<u8>)>().for_each(|(kind, bytes)| {
        let whole = match kind % 4 {
            0 => [b"%PDF-1.7\n1 0 obj ", &bytes[..]].concat(),
            1 => page(&String::from_utf8_lossy(bytes)),
            2 => zip(&[("word/document.xml", bytes)]),
            _ => [&zip(&[("content.xml", bytes)])[..40], bytes].concat(),
        };
        if let Some(found) = extract(&whole, &mut budget.clone()) {
            assert!(found.text.len() <= (1 << 16) + 1000);
        }
    });
}
