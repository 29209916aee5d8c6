//! `lienthong admin report`: the figures of a quarter, as IT staff hand them in.

use base::Timestamp;
use directory_core::{AccountState, MailboxKind};
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use signaling_protocol::MeetingStatus;

use super::{
    Answer,
    command::Span,
    execute::{Act, text},
};

impl Act<'_> {
    /// One figure a line: words, tab, number.
    pub(super) async fn report(&self, span: &Span) -> Answer {
        let zone = TimeZone::get(&self.services.config.hub.time_zone).map_err(text)?;
        let (first, last) = days(span, Timestamp::now(), &zone)?;
        let (from, to) = (midnight(first, &zone)?, midnight(last.tomorrow().map_err(text)?, &zone)?);
        let mut lines = vec![("Kỳ báo cáo", format!("{} – {}", shown(first), shown(last)))];
        let mut add = |words, figure: u64| lines.push((words, figure.to_string()));
        let people = self.accounts().await?;
        add("Tài khoản đang hoạt động", people.active);
        add("Tài khoản bị khóa", people.disabled);
        add("Tài khoản chưa từng đăng nhập", people.never_used);
        let mailboxes = self.mailbox_figures().await?;
        add("Hộp thư cá nhân", mailboxes.personal);
        add("Hộp thư cơ quan", mailboxes.agency);
        add("Dung lượng đã dùng (byte)", mailboxes.octets);
        let letters = self.services.mail.store().tally(from, to).await.map_err(text)?;
        add("Thư nhận trong kỳ", letters.received);
        add("Thư gửi trong kỳ", letters.sent);
        let meetings = self.services.meetings.list(from, to).await.map_err(text)?;
        let with = |status| meetings.iter().filter(|meeting| meeting.status == status).count() as u64;
        add("Cuộc họp đã kết thúc", with(MeetingStatus::Ended));
        add("Cuộc họp đang diễn ra", with(MeetingStatus::Live));
        add("Cuộc họp sắp diễn ra", with(MeetingStatus::Scheduled));
        add("Cuộc họp đã hủy", with(MeetingStatus::Cancelled));
        Ok(lines.iter().map(|(words, figure)| format!("{words}\t{figure}")).collect::<Vec<_>>().join("\n"))
    }

    async fn accounts(&self) -> Result<Accounts, String> {
        let mut all = Accounts::default();
        for page in 1.. {
            let found =
                self.services.directory.list_people(&self.actor, "", None, page).await.map_err(text)?;
            if found.items.is_empty() {
                break;
            }
            for person in found.items.iter().filter(|person| !person.login.is_empty()) {
                match person.state {
                    AccountState::Active => all.active += 1,
                    AccountState::Disabled => all.disabled += 1,
                }
                all.never_used += u64::from(person.last_sign_in.is_none());
            }
        }
        Ok(all)
    }

    async fn mailbox_figures(&self) -> Result<Mailboxes, String> {
        let mut all = Mailboxes::default();
        for page in 1.. {
            let found = self.services.directory.list_mailboxes(&self.actor, "", page).await.map_err(text)?;
            if found.items.is_empty() {
                break;
            }
            for mailbox in &found.items {
                match mailbox.kind {
                    MailboxKind::Personal => all.personal += 1,
                    MailboxKind::Agency => all.agency += 1,
                }
                all.octets += mailbox.bytes.unwrap_or(0);
            }
        }
        Ok(all)
    }
}

#[derive(Default)]
struct Accounts {
    active: u64,
    disabled: u64,
    never_used: u64,
}

#[derive(Default)]
struct Mailboxes {
    personal: u64,
    agency: u64,
    octets: u64,
}

/// The first and last day meant: the running quarter until today unless told otherwise.
fn days(span: &Span, now: Timestamp, zone: &TimeZone) -> Result<(Date, Date), String> {
    let read =
        |said: &str| said.parse::<Date>().map_err(|_| format!("“{said}” is no day, such as 2026-10-01"));
    let now = jiff::Timestamp::from_microsecond(now.as_micros()).map_err(text)?;
    let today = now.to_zoned_datetime(zone.clone()).date();
    let last = span.to.as_deref().map_or(Ok(today), read)?;
    let quarter = last.first_of_month().saturating_sub(((last.month() - 1) % 3).months());
    let first = span.from.as_deref().map_or(Ok(quarter), read)?;
    if first > last { Err(format!("{first} comes after {last}")) } else { Ok((first, last)) }
}

fn midnight(day: Date, zone: &TimeZone) -> Result<Timestamp, String> {
    let at = day.to_zoned_datetime(zone.clone()).map_err(text)?;
    Ok(Timestamp::from_micros(at.timestamp().as_microsecond()))
}

fn shown(day: Date) -> String {
    day.strftime("%d/%m/%Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(from: Option<&str>, to: Option<&str>) -> Result<(String, String), String> {
        let span = Span { from: from.map(str::to_owned), to: to.map(str::to_owned) };
        // 25/11/2026, 06:00 in Việt Nam; still the day before in Greenwich.
        let now = Timestamp::from_seconds(1_795_561_200);
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        days(&span, now, &zone).map(|(first, last)| (shown(first), shown(last)))
    }

    #[test]
    fn a_report_is_of_the_running_quarter_unless_told_otherwise() {
        assert_eq!(meant(None, None).unwrap(), ("01/10/2026".to_owned(), "25/11/2026".to_owned()));
        let third = meant(None, Some("2026-09-30")).unwrap();
        assert_eq!(third, ("01/07/2026".to_owned(), "30/09/2026".to_owned()));
        let week = meant(Some("2026-11-16"), Some("2026-11-22")).unwrap();
        assert_eq!(week, ("16/11/2026".to_owned(), "22/11/2026".to_owned()));
        assert!(meant(Some("2026-12-01"), None).unwrap_err().contains("after"));
        assert!(meant(Some("01/12/2026"), None).unwrap_err().contains("no day"));
    }
}
