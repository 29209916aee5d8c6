//! What a person reads in a report: which recipients, what happened, what to do.

use std::fmt::Write;

use super::{Action, Entry, Report, date};
use crate::queue::Answer;

/// The gravest thing a report tells; it gives the subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Success,
    Delay,
    Failure,
}

impl Kind {
    pub(super) fn of(entries: &[Entry]) -> Self {
        let kind = |entry: &Entry| match entry.action {
            Action::Failed => Self::Failure,
            Action::Delayed => Self::Delay,
            Action::Delivered | Action::Relayed => Self::Success,
        };
        entries.iter().map(kind).max().unwrap_or(Self::Success)
    }

    pub(super) fn subject(self) -> &'static str {
        match self {
            Self::Failure => "Không gửi được thư / Delivery failure",
            Self::Delay => "Thư chưa đến nơi, hệ thống vẫn đang gửi / Delivery delayed",
            Self::Success => "Thư đã đến nơi / Delivery report",
        }
    }
}

/// The text of `report` about a letter with `subject`.
pub(super) fn text(report: &Report, subject: &str) -> String {
    let mut vietnamese = String::new();
    let mut english = String::new();
    for (action, title, advice, said) in PARAGRAPHS {
        let entries: Vec<&Entry> = report.entries.iter().filter(|entry| entry.action == action).collect();
        if entries.is_empty() {
            continue;
        }
        let _ = write!(vietnamese, "{title}\n\n");
        for entry in entries {
            let _ = writeln!(vietnamese, "  {}", entry.recipient);
            if matches!(action, Action::Failed | Action::Delayed) {
                let _ = writeln!(vietnamese, "      {}", reason(&entry.answer));
            }
        }
        let _ = write!(vietnamese, "\n{advice}\n\n");
        let _ = write!(english, "{said}\n\n");
    }
    let accepted = date(report.accepted_at);
    format!(
        "{vietnamese}Trích yếu: {subject}\nThời điểm gửi: {accepted}\n\n----\n\n\
         {english}Subject: {subject}\nAccepted: {accepted}\n"
    )
}

/// Per action: title and advice in Vietnamese, both in English.
const PARAGRAPHS: [(Action, &str, &str, &str); 4] = [
    (
        Action::Failed,
        "Không gửi được thư đến các địa chỉ sau:",
        "Hệ thống không thử gửi lại thư này nữa. Đề nghị kiểm tra lại địa chỉ người nhận rồi gửi lại; \
         nếu địa chỉ đã đúng, đề nghị báo bộ phận kỹ thuật kèm theo thư này.",
        "Your letter could not be delivered to the addresses listed as failed. It will not be tried again. \
         Please check the addresses and send it anew; if they are right, pass this letter on to your \
         technical staff.",
    ),
    (
        Action::Delayed,
        "Thư chưa đến được các địa chỉ sau:",
        "Hệ thống vẫn tiếp tục thử gửi, không cần gửi lại.",
        "Your letter has not yet reached the addresses listed as delayed. It is still being tried; \
         there is no need to send it again.",
    ),
    (
        Action::Delivered,
        "Thư đã được chuyển vào hộp thư của:",
        "Thông báo này không có nghĩa là người nhận đã đọc thư.",
        "Your letter was put into the mailboxes listed as delivered. This does not mean that it was read.",
    ),
    (
        Action::Relayed,
        "Thư đã được chuyển cho máy chủ bên nhận, máy chủ đó không báo lại kết quả:",
        "Hệ thống không theo dõi tiếp được thư này.",
        "Your letter was handed to a server that does not report further for the addresses listed as relayed.",
    ),
];

/// The answer in words a clerk understands, then the answer itself.
fn reason(answer: &Answer) -> String {
    let words = match answer.status.as_str() {
        "5.1.1" | "5.1.6" => "Địa chỉ không tồn tại",
        "5.1.2" | "5.1.10" | "5.4.4" => "Tên miền không tồn tại hoặc không nhận thư",
        "5.2.2" => "Hộp thư người nhận đã đầy",
        "5.3.4" | "5.2.3" => "Thư vượt quá dung lượng bên nhận cho phép",
        "5.6.7" | "5.6.3" => "Máy chủ bên nhận không đọc được dạng thư này",
        status if status.starts_with("5.7") => "Máy chủ bên nhận từ chối thư",
        status if status.starts_with("4.") => "Hết thời gian thử gửi mà máy chủ bên nhận vẫn chưa nhận",
        _ => "Máy chủ bên nhận không chấp nhận thư",
    };
    let server = answer.server.as_deref().map_or_else(String::new, |server| format!("{server}: "));
    format!("{words} ({server}{})", answer.text.replace('\n', " "))
}
