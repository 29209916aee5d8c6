//! One reading of a letter that comes in: whether it must be stopped, what lists show of it, what search
//! finds it by. To parse it once for each would cost more than all the rest of accepting it.

use crate::{
    message::{Summary, outline, parse},
    screen::{self, Stop},
    search::Entry,
};

/// What was learnt of a letter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// What lists show.
    pub summary: Summary,
    /// What the index holds of it; `None` where that takes its time: with attached files, or a long text.
    pub entry: Option<Entry>,
}

impl Reading {
    /// Reads `raw` through.
    ///
    /// # Errors
    /// Why it must not be let in.
    pub fn of(raw: &[u8]) -> Result<Self, Stop> {
        if raw.len() > SHORT {
            return match screen::screen(raw) {
                Some(stop) => Err(stop),
                None => Ok(Self::unscreened(raw)),
            };
        }
        let message = parse::parse(raw);
        let plain = parse::plain_text(&message);
        if let Some(stop) = screen::of(&message, &plain) {
            return Err(stop);
        }
        let entry = message.attachments().next().is_none().then(|| Entry::read(&message, &plain));
        Ok(Self { summary: Summary::read(raw, &message, &plain), entry })
    }

    /// The same of a letter that nothing stops: the hub's own, or one that was looked through before.
    pub fn unscreened(raw: &[u8]) -> Self {
        let mut summary = Summary::of(&outline::of(raw));
        summary.size = raw.len() as u64;
        Self { summary, entry: None }
    }

    /// Whether [`Self::of`] takes so little time for `raw` that no other thread is worth waking.
    pub fn is_quick(raw: &[u8]) -> bool {
        raw.len() <= SHORT
    }
}

/// Octets up to which a letter is read in one go: a fraction of a millisecond.
const SHORT: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reading_says_what_three_would() {
        let letter = |more: &str, text: &str| {
            format!("Message-ID: <1@a>\r\nFrom: A <a@b.c>\r\nSubject: x\r\n{more}\r\n{text}").into_bytes()
        };
        let long = "Kính gửi các đơn vị\r\n".repeat(3000);
        for text in ["Chào\r\n", long.as_str()] {
            let raw = letter("", text);
            let reading = Reading::of(&raw).unwrap();
            assert_eq!(reading.summary, Summary::of(&raw));
            assert_eq!(reading, Reading { entry: reading.entry.clone(), ..Reading::unscreened(&raw) });
            assert!(reading.entry.is_none_or(|entry| entry == Entry::of(&raw)));
        }
        let with_file = letter(
            "Content-Type: multipart/mixed; boundary=y\r\n",
            "--y\r\n\r\nx\r\n--y\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nb\r\n--y--\r\n",
        );
        assert_eq!(Reading::of(&with_file).unwrap().entry, None, "files are read later");
        for text in ["MẬT\r\n".to_owned(), format!("{long}MẬT\r\n")] {
            assert!(matches!(Reading::of(&letter("", &text)), Err(Stop::Secret { .. })));
        }
    }
}
