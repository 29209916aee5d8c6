//! Attached files that run when opened. They are refused in both directions: no official paper is a
//! program, and most break-ins begin with one.

use mail_parser::{Message, PartType};

use crate::message::parse;

/// The name of the first attached program of `message`.
pub fn program(message: &Message<'_>) -> Option<String> {
    within(message, MAX_DEPTH)
}

fn within(message: &Message<'_>, depth: usize) -> Option<String> {
    message.attachments().find_map(|part| {
        let inside = match &part.body {
            PartType::Message(inner) if depth > 0 => return within(inner, depth - 1),
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => bytes.as_ref(),
            _ => &[],
        };
        let name = parse::file_name(part);
        let found = name.as_deref().is_some_and(runs) || is_executable(inside);
        found.then(|| name.unwrap_or_else(|| "không tên".to_owned()))
    })
}

fn runs(name: &str) -> bool {
    // Windows drops dots and spaces at the end of a name.
    let name = name.trim_end_matches(['.', ' ']).to_lowercase();
    name.rsplit_once('.').is_some_and(|(_, extension)| PROGRAMS.contains(&extension))
}

/// Windows and Linux programs by their first octets, whatever they call themselves.
fn is_executable(bytes: &[u8]) -> bool {
    let portable = bytes.starts_with(b"MZ") && bytes.windows(4).take(1024).any(|four| four == b"PE\0\0");
    portable || bytes.starts_with(b"\x7fELF")
}

/// What Windows runs on a double click.
const PROGRAMS: [&str; 28] = [
    "exe",
    "com",
    "scr",
    "pif",
    "bat",
    "cmd",
    "msi",
    "msp",
    "cpl",
    "dll",
    "hta",
    "js",
    "jse",
    "vbs",
    "vbe",
    "ws",
    "wsf",
    "wsh",
    "ps1",
    "psm1",
    "lnk",
    "reg",
    "jar",
    "chm",
    "scf",
    "inf",
    "gadget",
    "application",
];

/// Letters inside letters that are opened.
const MAX_DEPTH: usize = 10;

#[cfg(test)]
mod tests {
    use mail_parser::MessageParser;

    use super::*;

    fn letter(name: &str, content: &str) -> String {
        format!(
            "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: application/octet-stream\r\n\
             Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n{content}\r\n--x--\r\n"
        )
    }

    #[test]
    fn programs_are_known_by_name_and_by_content() {
        let found =
            |name: &str, content: &str| program(&MessageParser::new().parse(&letter(name, content)).unwrap());
        assert_eq!(found("hoa-don.pdf.exe", "x").as_deref(), Some("hoa-don.pdf.exe"));
        assert!(found("Anh.SCR. ", "x").is_some());
        assert!(found("bao-cao.pdf", "MZ..........PE\0\0.").is_some(), "it is a program all the same");
        assert_eq!(found("bao-cao.docx", "PK"), None);
        assert_eq!(found("MZ.txt", "MZ is a country code"), None);
    }
}
