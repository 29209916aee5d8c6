//! Marks of state secrecy. Secret papers must not travel here at all (Law on Protection of State
//! Secrets), so a letter that carries such a mark is stopped.
//!
//! A mark is what a stamp prints: capitals, alone. "BẢO MẬT", "mật khẩu" and a sentence about marks are
//! none: a mark must fill its line, stand in brackets, head a subject or a file name, or answer the
//! label "Độ mật".

use unicode_normalization::UnicodeNormalization;

/// The three degrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Degree {
    /// *Mật*.
    Confidential,
    /// *Tối mật*.
    Secret,
    /// *Tuyệt mật*.
    TopSecret,
}

impl Degree {
    /// The official word.
    pub fn words(self) -> &'static str {
        match self {
            Self::Confidential => "MẬT",
            Self::Secret => "TỐI MẬT",
            Self::TopSecret => "TUYỆT MẬT",
        }
    }

    /// The degree that `text` is, in capitals.
    fn stamped(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let joined = words.join(" ");
        [Self::Confidential, Self::Secret, Self::TopSecret]
            .into_iter()
            .find(|degree| joined == degree.words())
    }
}

/// The highest mark in the running text `text`.
pub fn in_text(text: &str) -> Option<Degree> {
    text.lines().filter(|line| line.len() <= MAX_LINE || line.contains(['[', '('])).filter_map(in_line).max()
}

/// The highest mark in a subject or a title, where a mark may also stand before a separator.
pub fn in_title(title: &str) -> Option<Degree> {
    let title: String = title.nfc().collect();
    let head = title.split([':', '-', '_', '.', '–', '—', '|', ',', ';']).next().unwrap_or_default();
    // Two words in capitals are a mark wherever they stand in a title.
    let words = format!(" {} ", spaced(&title));
    let anywhere = [Degree::TopSecret, Degree::Secret]
        .into_iter()
        .find(|degree| words.contains(&format!(" {} ", degree.words())));
    in_line(&title).max(Degree::stamped(bare(head))).max(anywhere)
}

/// The highest mark in a file name, which often loses the marks of its letters: `TUYET_MAT_ke_hoach.docx`.
pub fn in_file_name(name: &str) -> Option<Degree> {
    let words = format!("{} ", spaced(name));
    let unmarked = [(Degree::TopSecret, "TUYET MAT "), (Degree::Secret, "TOI MAT ")]
        .into_iter()
        .find_map(|(degree, mark)| words.starts_with(mark).then_some(degree));
    in_title(name).max(unmarked)
}

/// `title` with one space between its words.
fn spaced(title: &str) -> String {
    let plain = title.replace(['_', '-', '.'], " ");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn in_line(line: &str) -> Option<Degree> {
    if line.is_ascii() {
        // Every mark has letters beyond ASCII.
        return None;
    }
    let line: String = line.nfc().collect();
    Degree::stamped(bare(&line)).max(labelled(&line)).max(bracketed(&line))
}

/// `text` without what decorates a stamp: `* MẬT *`, `> MẬT`, `— MẬT —`.
fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric())
}

/// `Độ mật: Tối mật`, in any case.
fn labelled(line: &str) -> Option<Degree> {
    let (label, value) = line.split_once(':')?;
    let label = bare(label).to_lowercase();
    if !["độ mật", "mức độ mật", "dấu độ mật", "dấu chỉ độ mật"].contains(&label.as_str())
    {
        return None;
    }
    Degree::stamped(&bare(value).to_uppercase())
}

/// `[MẬT] Kế hoạch`, `Kế hoạch (TỐI MẬT)`.
fn bracketed(line: &str) -> Option<Degree> {
    line.split(['[', '(', '{', '<', '【', '«'])
        .skip(1)
        .filter_map(|inside| {
            let (inside, _) = inside.split_once([']', ')', '}', '>', '】', '»'])?;
            Degree::stamped(bare(inside))
        })
        .max()
}

/// A line longer than this is no stamp.
const MAX_LINE: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_seen_wherever_papers_carry_them() {
        for (text, degree) in [
            ("MẬT", Degree::Confidential),
            ("Kính gửi\r\n  * TỐI MẬT *  \r\nnội dung", Degree::Secret),
            ("> TUYỆT  MẬT", Degree::TopSecret),
            ("Độ mật: Tối mật", Degree::Secret),
            ("kế hoạch [MẬT] kèm theo", Degree::Confidential),
            ("MẬT\nTUYỆT MẬT", Degree::TopSecret),
            ("MA\u{302}\u{323}T", Degree::Confidential),
        ] {
            assert_eq!(in_text(text), Some(degree), "{text}");
        }
        for (title, degree) in [
            ("MẬT - Kế hoạch phòng thủ", Degree::Confidential),
            ("V/v báo cáo TỐI MẬT quý I", Degree::Secret),
            ("MẬT.pdf", Degree::Confidential),
        ] {
            assert_eq!(in_title(title), Some(degree), "{title}");
            assert_eq!(in_file_name(title), Some(degree), "{title}");
        }
        assert_eq!(in_file_name("TUYET_MAT_phuong_an.docx"), Some(Degree::TopSecret));
    }

    #[test]
    fn talk_of_security_honey_and_density_is_no_mark() {
        for text in [
            "QUY CHẾ BẢO MẬT THÔNG TIN",
            "BẢO MẬT",
            "Đổi mật khẩu: MẬT KHẨU MỚI",
            "MẬT ĐỘ DÂN SỐ",
            "MẬT ONG",
            "mật",
            "Tối mật",
            "Thư này không chứa nội dung Mật, Tối mật, Tuyệt mật.",
            "Quy định về văn bản MẬT, TỐI MẬT và TUYỆT MẬT của cơ quan",
            "Độ mật: Không",
            "BÍ MẬT NHÀ NƯỚC",
            "(bảo mật)",
        ] {
            assert_eq!(in_text(text), None, "{text}");
        }
        assert_eq!(in_title("CHO TOI MAT KHAU"), None);
        for title in
            ["BẢO MẬT thông tin", "Mật khẩu mới", "mat-do-dan-so.xlsx", "TOI MATH.pdf", "MAT BANG.dwg"]
        {
            assert_eq!(in_title(title), None, "{title}");
            assert_eq!(in_file_name(title), None, "{title}");
        }
    }
}
