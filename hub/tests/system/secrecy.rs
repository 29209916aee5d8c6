//! Marks of state secrecy in files as programs of offices write them: PDF by Chromium, DOCX by python-docx.

use std::{fs, path::Path, process::Command};

use testkit::{Client, Hub, PASSWORD};

use crate::{administration::text, hub, jmap::Mailbox, mail_programs::address, strangers};

/// An official letter with `mark` where its stamp belongs, and `body`.
fn page(mark: &str, body: &str) -> String {
    format!(
        "<!doctype html><meta charset=utf-8><body style='font-family: serif'><table width='100%'><tr align=center>\
         <td>ỦY BAN NHÂN DÂN<br><b>TỈNH QUẢNG BÌNH</b><td><b>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM</b><br>\
         <b>Độc lập - Tự do - Hạnh phúc</b></table><p style='width:8em;border:1px solid red;text-align:center'>\
         {mark}</p><h1>BÁO CÁO</h1><p>{body}</p>"
    )
}

/// Prints a page as people do; the fonts go into the file as subsets.
fn pdf(folder: &Path, name: &str, html: &str) {
    let source = folder.join("page.html");
    fs::write(&source, html).unwrap();
    let printed = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        .args(["--no-first-run", "--no-pdf-header-footer"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("--print-to-pdf={}", folder.join(name).display()))
        .arg(format!("file://{}", source.display()))
        .output()
        .expect("chromium is installed");
    assert!(folder.join(name).exists(), "{}", String::from_utf8_lossy(&printed.stderr));
}

/// Writes a document whose heading is a table, as templates of offices have it.
fn docx(folder: &Path, name: &str, mark: &str, body: &str) {
    let program = r#"
import docx, sys
path, mark, body = sys.argv[1:4]
document = docx.Document()
heading = document.add_table(rows=2, cols=2)
heading.cell(0, 0).text = "ỦY BAN NHÂN DÂN TỈNH"
heading.cell(0, 1).text = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
stamp = heading.cell(1, 0).paragraphs[0]
# Word cuts a line into runs wherever somebody corrected a letter.
half = len(mark) // 2
stamp.add_run(mark[:half]).bold = True
stamp.add_run(mark[half:])
document.add_paragraph(body)
document.save(path)
"#;
    // Debian's own interpreter: that one has Debian's modules.
    let written = Command::new("/usr/bin/python3")
        .args(["-c", program, &folder.join(name).display().to_string(), mark, body])
        .output()
        .expect("Debian's python3 is installed");
    text(&written);
}

/// Brings a letter with the file, whose name is its subject; the reply to its data.
fn bring(hub: &Hub, to: &str, file: &Path) -> String {
    let name = file.file_name().unwrap().to_str().unwrap();
    strangers::bring(hub, to, name, "Kính gửi quý cơ quan.", Some(file))
}

#[test]
fn stamps_in_pdf_and_docx_files_refuse_the_letter_and_talk_of_security_does_not() {
    let hub = hub(&[]);
    let clerk = Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD);
    let (mailbox, to) = (Mailbox::personal(&clerk), address(&clerk));
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let harmless =
        "Báo cáo về bảo mật, mật khẩu, giữ bí mật nhà nước; mật độ dân số. BẢO MẬT THÔNG TIN. MẬT ĐỘ.";
    for (number, mark) in ["MẬT", "TỐI MẬT", "TUYỆT MẬT"].into_iter().enumerate() {
        let (printed, written) = (format!("bao-cao-{number}.pdf"), format!("bao-cao-{number}.docx"));
        pdf(folder, &printed, &page(mark, "x"));
        docx(folder, &written, mark, "x");
        for name in [printed, written] {
            let refused = bring(&hub, &to, &folder.join(&name));
            assert!(refused.starts_with("550 5.7.1"), "{mark} in {name}: {refused}");
            assert!(refused.contains("state secrecy mark") && refused.contains("[HT-"), "{refused}");
            assert!(mailbox.letters(&name).is_empty());
        }
    }
    pdf(folder, "an-toan.pdf", &page("BẢO MẬT", harmless));
    docx(folder, "an-toan.docx", "MẬT KHẨU", harmless);
    for name in ["an-toan.pdf", "an-toan.docx"] {
        let taken = bring(&hub, &to, &folder.join(name));
        assert!(taken.starts_with("250"), "{name}: {taken}");
        mailbox.expect(name);
    }
}
