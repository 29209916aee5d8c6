//! The letter that tells an addressee what is held: once a day at most, however many letters come.
//!
//! Senders and subjects of such letters are written by strangers, so they stand in it without anything
//! that could be followed.

use lettre::message::{Mailbox, Message, header::ContentType};

use super::KEPT;

/// One held letter in the notice.
pub(super) struct Line {
    pub(super) sender: String,
    pub(super) subject: String,
    pub(super) reason: String,
    pub(super) detail: String,
}

/// The letter to `address` about `lines`, of `count` in all; `None` when it cannot be addressed.
pub(super) fn letter(domain: &str, address: &str, lines: &[Line], count: usize) -> Option<Vec<u8>> {
    let from = format!("hethong@{domain}").parse().ok()?;
    let listed: String = lines
        .iter()
        .map(|line| {
            let sender = if line.sender.is_empty() { "(không rõ)" } else { &line.sender };
            format!(
                "- Người gửi: {}\r\n  Trích yếu: {}\r\n  Lý do: {}\r\n",
                harmless(sender),
                harmless(&line.subject),
                because(line)
            )
        })
        .collect();
    let more = match count.saturating_sub(lines.len()) {
        0 => String::new(),
        more => format!("- và {more} thư khác\r\n"),
    };
    let days = KEPT.as_secs() / (24 * 3600);
    let text = format!(
        "{count} thư từ bên ngoài gửi đến {address} đang được giữ lại, chưa chuyển vào hộp thư:\r\n\r\n\
         {listed}{more}\r\n\
         Nếu đang chờ một thư trong số này, đề nghị liên hệ cán bộ công nghệ thông tin của đơn vị để kiểm tra \
         và chuyển thư. Thư không được chuyển sẽ tự xóa sau {days} ngày.\r\n\r\n\
         {count} letters from outside are held back and were not put into the mailbox {address}. If you \
         expect one of them, ask your IT staff to release it; after {days} days they are deleted.\r\n",
    );
    let letter = Message::builder()
        .from(Mailbox::new(Some("Hệ thống thư điện tử".to_owned()), from))
        .to(Mailbox::new(None, address.parse().ok()?))
        .subject(format!("{count} thư đang được giữ lại để kiểm tra"))
        .header(ContentType::TEXT_PLAIN)
        .body(text);
    letter.ok().map(|letter| letter.formatted())
}

fn because(line: &Line) -> String {
    match line.reason.as_str() {
        "program" => format!("có tệp chương trình “{}”", harmless(&line.detail)),
        "infected" => format!("có mã độc “{}”", harmless(&line.detail)),
        "spam" => format!("bị đánh giá là thư rác ({} điểm)", harmless(&line.detail)),
        _ => format!("không chứng minh được là thư của {}", harmless(&line.detail)),
    }
}

/// One short line in which nothing is a link.
fn harmless(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST).collect();
    let words = plain.split_whitespace().map(|word| {
        let lower = word.to_lowercase();
        if lower.contains("://") || lower.starts_with("www.") { "(liên kết)" } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Characters of a stranger's words that are shown.
const MOST: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_words_become_one_line_without_links() {
        assert_eq!(
            harmless("Mời\r\nxem https://gia.example/a www.gia.example"),
            "Mời xem (liên kết) (liên kết)"
        );
        assert_eq!(harmless(&"x".repeat(500)).len(), MOST);
    }
}
