//! Whether and how a letter is answered while its recipient is away (RFC 5230 §4, RFC 3834 §2).

use super::{Letter, outcome::VacationReply, run::Surroundings};
use crate::message::compose::{Draft, Part};

/// An answer that holds without a script (RFC 8621 §8); whoever follows one obeys the same rules and
/// remembers the same keys as a script's `vacation`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Away {
    /// The subject; without one it is made of the letter's.
    pub subject: Option<String>,
    /// The plain text.
    pub text: Option<String>,
    /// The same as HTML.
    pub html: Option<String>,
}

impl Away {
    /// The answer to `letter`, when it may be answered and its sender was not answered lately.
    pub fn answer(&self, letter: &Letter<'_>, around: &Surroundings<'_>) -> Option<VacationReply> {
        let handle = [&self.subject, &self.text, &self.html].map(|part| part.as_deref().unwrap_or_default());
        let wanted = Wanted {
            seconds: BETWEEN_ANSWERS,
            subject: self.subject.clone(),
            from: None,
            addresses: Vec::new(),
            mime: self.html.is_some(),
            handle: Some(handle.join("\n")),
            reason: self.reason(around)?,
        };
        answer(wanted, letter, around).filter(|reply| !around.remembered.contains(&reply.key))
    }

    /// The text, or with HTML an entity that holds both; nothing when it cannot be written.
    fn reason(&self, around: &Surroundings<'_>) -> Option<String> {
        let Some(html) = &self.html else { return Some(self.text.clone().unwrap_or_default()) };
        let text = self.text.as_ref().map(|text| Part::text("text/plain", text.clone()));
        let body = Part::usual(text, Some(Part::text("text/html", html.clone())), Vec::new());
        let entity = Draft { fields: Vec::new(), body: Some(body) }.write("away", around.now).ok()?;
        String::from_utf8(entity).ok()
    }
}

/// RFC 5230 §4.1: a week, as scripts have it that say nothing.
const BETWEEN_ANSWERS: u64 = 7 * 86_400;

/// What the script says of the answer, variables filled in.
pub(super) struct Wanted {
    pub(super) seconds: u64,
    pub(super) subject: Option<String>,
    pub(super) from: Option<String>,
    pub(super) addresses: Vec<String>,
    pub(super) mime: bool,
    pub(super) handle: Option<String>,
    pub(super) reason: String,
}

/// The answer, when the letter is one that may be answered.
pub(super) fn answer(
    wanted: Wanted,
    letter: &Letter<'_>,
    around: &Surroundings<'_>,
) -> Option<VacationReply> {
    let sender = around.sender;
    if !answerable(sender) || automatic(letter) {
        return None;
    }
    let own: Vec<&str> = around
        .own_addresses
        .iter()
        .map(String::as_str)
        .chain(wanted.addresses.iter().map(String::as_str))
        .collect();
    let is_own = |address: &str| own.iter().any(|known| known.eq_ignore_ascii_case(address));
    if is_own(sender) {
        return None;
    }
    // RFC 5230 §4.5: only letters that were written to this person, not to a list or in blind copy.
    let addressed = ["to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc"];
    if !addressed.iter().flat_map(|name| letter.addresses(name, None)).any(|address| is_own(&address)) {
        return None;
    }
    let subject = wanted.subject.clone().unwrap_or_else(|| {
        // RFC 5230 §4.4.
        let original = letter.values("subject", None).into_iter().next().unwrap_or_default();
        format!("Auto: {original}")
    });
    // RFC 5230 §4.2: another text is another answer, unless the script names the answer itself.
    let what = wanted.handle.clone().unwrap_or_else(|| {
        format!(
            "{}\n{subject}\n{}\n{}",
            wanted.from.as_deref().unwrap_or_default(),
            wanted.mime,
            wanted.reason
        )
    });
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, what.as_bytes());
    let what: String = hash.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Some(VacationReply {
        key: format!("vacation:{what}:{}", sender.to_lowercase()),
        seconds: wanted.seconds,
        to: sender.to_owned(),
        from: wanted.from.filter(|address| is_own(address)),
        subject: one_line(&subject),
        text: wanted.reason,
        mime: wanted.mime,
        in_reply_to: letter.message_id().map(str::to_owned),
    })
}

/// RFC 5230 §4.6: programs that send are not told that nobody is there.
fn answerable(sender: &str) -> bool {
    let Some((local, _)) = sender.rsplit_once('@') else { return false };
    let local = local.to_ascii_lowercase();
    let silent = [
        "mailer-daemon",
        "postmaster",
        "listserv",
        "majordomo",
        "noreply",
        "no-reply",
        "no_reply",
        "donotreply",
        "do-not-reply",
    ];
    !silent.contains(&local.as_str()) && !local.starts_with("owner-") && !local.ends_with("-request")
}

/// RFC 3834 §2, RFC 5230 §4.6: what a program or a list sent.
fn automatic(letter: &Letter<'_>) -> bool {
    let says = |name: &str, words: &[&str]| {
        letter
            .values(name, None)
            .iter()
            .any(|value| words.iter().any(|word| value.trim().eq_ignore_ascii_case(word)))
    };
    let lists = [
        "list-id",
        "list-help",
        "list-subscribe",
        "list-unsubscribe",
        "list-post",
        "list-owner",
        "list-archive",
    ];
    (letter.has("auto-submitted") && !says("auto-submitted", &["no"]))
        || lists.iter().any(|name| letter.has(name))
        || says("precedence", &["bulk", "list", "junk"])
        || says("x-auto-response-suppress", &["all", "oof", "autoreply"])
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}
