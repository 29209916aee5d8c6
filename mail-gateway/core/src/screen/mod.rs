//! What stops a letter by what it holds: marks of state secrecy and attached programs.

mod files;
pub mod secrecy;

use crate::{
    extract::{self, Budget},
    message::parse,
};
use mail_parser::Message;
use secrecy::Degree;

/// Why a letter is stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// It carries a mark of secrecy.
    Secret {
        /// Which.
        degree: Degree,
        /// Where it stands: "trích yếu", "nội dung thư", "tên tệp …", "tệp đính kèm".
        place: String,
    },
    /// It carries a program of this name.
    Program(String),
}

impl Stop {
    /// What the sender reads.
    pub fn words(&self) -> String {
        match self {
            Self::Secret { degree, place } => format!(
                "Thư có dấu chỉ độ mật {} ở {place}. Hệ thống không được dùng để gửi, nhận bí mật nhà nước; \
                 đề nghị gửi bằng đường văn thư mật",
                degree.words()
            ),
            Self::Program(name) => {
                format!("Thư có tệp chương trình “{name}”, loại tệp không được phép gửi qua thư")
            }
        }
    }

    /// The same in English.
    pub fn english(&self) -> &'static str {
        match self {
            Self::Secret { .. } => "The letter carries a state secrecy mark and must not travel here",
            Self::Program(_) => "The letter carries a program, which is not accepted",
        }
    }
}

/// Looks through `letter`: subject, text, names and text of attached files.
pub fn screen(letter: &[u8]) -> Option<Stop> {
    let message = parse::parse(letter);
    of(&message, &parse::plain_text(&message))
}

/// The same of a letter that is parsed already, whose text is `plain`.
pub(crate) fn of(message: &Message<'_>, plain: &str) -> Option<Stop> {
    if let Some(name) = files::program(message) {
        return Some(Stop::Program(name));
    }
    let secret = |degree: Option<Degree>, place: &str| {
        degree.map(|degree| Stop::Secret { degree, place: place.to_owned() })
    };
    let in_subject = secrecy::in_title(message.subject().unwrap_or_default());
    if let Some(stop) = secret(in_subject, "trích yếu") {
        return Some(stop);
    }
    if let Some(stop) = secret(secrecy::in_text(plain), "nội dung thư") {
        return Some(stop);
    }
    for part in message.attachments().take(MAX_NAMES) {
        let name = parse::file_name(part).unwrap_or_default();
        if let Some(stop) = secret(secrecy::in_file_name(&name), &format!("tên tệp “{name}”")) {
            return Some(stop);
        }
    }
    let inside = extract::attachments(message, &mut Budget::default());
    secret(secrecy::in_text(&inside.text), "tệp đính kèm")
}

/// Attached files whose names are looked at.
const MAX_NAMES: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    fn place(letter: &str) -> Option<String> {
        match screen(letter.as_bytes())? {
            Stop::Secret { place, .. } => Some(place),
            Stop::Program(name) => Some(name),
        }
    }

    #[test]
    fn a_mark_is_found_in_subject_text_names_and_files() {
        let with = |subject: &str, text: &str, name: &str, file: &str| {
            format!(
                "Subject: {subject}\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\
                 --x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n\
                 --x\r\nContent-Type: text/plain; charset=utf-8\r\n\
                 Content-Disposition: attachment; filename*=utf-8''{name}\r\n\r\n{file}\r\n--x--\r\n"
            )
        };
        assert_eq!(place(&with("bảo mật", "mật khẩu", "a.txt", "mật độ")), None);
        assert_eq!(place(&with("[MẬT] x", "", "a.txt", "")).as_deref(), Some("trích yếu"));
        assert_eq!(place(&with("x", "TỐI MẬT", "a.txt", "")).as_deref(), Some("nội dung thư"));
        assert_eq!(place(&with("x", "", "M%E1%BA%ACT.txt", "")).as_deref(), Some("tên tệp “MẬT.txt”"));
        assert_eq!(place(&with("x", "", "a.txt", "\r\nTUYỆT MẬT\r\n")).as_deref(), Some("tệp đính kèm"));
        assert_eq!(place(&with("x", "", "a.exe", "")).as_deref(), Some("a.exe"));
    }

    #[test]
    fn fuzz_any_letter_is_looked_through() {
        bolero::check!().with_type::<Vec<u8>>().for_each(|bytes| {
            let _ = screen(bytes);
            let text = String::from_utf8_lossy(bytes);
            let _ = (secrecy::in_file_name(&text), secrecy::in_text(&text));
        });
    }
}
