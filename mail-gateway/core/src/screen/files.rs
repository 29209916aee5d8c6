//! Attached files that run when opened, also inside ZIP files: no official paper is a program, and most
//! break-ins begin with one.

use mail_parser::{Message, PartType};

use crate::{
    extract::{self, Budget},
    message::parse,
};

/// The name of the first attached program of `message`.
pub fn program(message: &Message<'_>) -> Option<String> {
    within(message, MAX_DEPTH, &mut Budget::default())
}

fn within(message: &Message<'_>, depth: usize, budget: &mut Budget) -> Option<String> {
    message.attachments().find_map(|part| {
        let inside = match &part.body {
            PartType::Message(inner) if depth > 0 => return within(inner, depth - 1, budget),
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => bytes.as_ref(),
            _ => &[],
        };
        let name = parse::file_name(part);
        let name = || name.clone().unwrap_or_else(|| "không tên".to_owned());
        if runs(&name()) || is_executable(inside) {
            return Some(name());
        }
        let packed = extract::members(inside, budget).into_iter().find(|member| runs(member))?;
        // A member's name may be a path; the file alone says enough.
        let packed = packed.rsplit(['/', '\\']).next().unwrap_or_default();
        let packed: String = packed.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
        Some(format!("{packed} ({})", name()))
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

/// Characters of a packed file's name that are told.
const MAX_NAME: usize = 100;
/// Letters inside letters that are opened.
const MAX_DEPTH: usize = 10;

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_STANDARD};
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

    /// A ZIP file of stored members (APPNOTE 4.3).
    fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut bytes, mut directory) = (Vec::new(), Vec::new());
        for (name, content) in members {
            let header = u32::try_from(bytes.len()).unwrap();
            let (size, length) = (u32::try_from(content.len()).unwrap(), u16::try_from(name.len()).unwrap());
            bytes.extend(b"PK\x03\x04");
            bytes.extend([0; 14]);
            bytes.extend([size.to_le_bytes(), size.to_le_bytes()].concat());
            bytes.extend([length.to_le_bytes(), [0; 2]].concat());
            bytes.extend([name.as_bytes(), content].concat());
            directory.extend(b"PK\x01\x02");
            directory.extend([0; 16]);
            directory.extend([size.to_le_bytes(), size.to_le_bytes()].concat());
            directory.extend(length.to_le_bytes());
            directory.extend([0; 12]);
            directory.extend(header.to_le_bytes());
            directory.extend(name.as_bytes());
        }
        let (at, count) = (u32::try_from(bytes.len()).unwrap(), u16::try_from(members.len()).unwrap());
        let size = u32::try_from(directory.len()).unwrap();
        bytes.extend(directory);
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        bytes.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
        bytes.extend([size.to_le_bytes(), at.to_le_bytes()].concat());
        bytes.extend([0; 2]);
        bytes
    }

    #[test]
    fn programs_are_known_inside_archives_and_archives_of_archives() {
        let found = |name: &str, content: &[u8]| {
            let mut whole = format!(
                "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\
                 Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\
                 Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n"
            );
            whole.push_str(&BASE64_STANDARD.encode(content));
            whole.push_str("\r\n--x--\r\n");
            program(&MessageParser::new().parse(&whole).unwrap())
        };
        let inner = zip(&[("van-ban/ke-hoach.docx.exe", b"x")]);
        assert_eq!(found("hs.zip", &inner).as_deref(), Some("ke-hoach.docx.exe (hs.zip)"));
        let outer = zip(&[("muc-luc.txt", b"x"), ("trong.ZIP", &inner)]);
        assert_eq!(found("hs.zip", &outer).as_deref(), Some("ke-hoach.docx.exe (hs.zip)"));
        assert_eq!(found("hs.zip", &zip(&[("ke-hoach.docx", b"x"), ("exe", b"x")])), None);
    }
}
