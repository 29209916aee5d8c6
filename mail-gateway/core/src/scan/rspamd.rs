//! rspamd over HTTP (its protocol page): `/checkv2` takes a letter with what is known of its way and answers a
//! score; the controller's `/learnspam` and `/learnham` take what people think of a letter.

use std::{fmt::Write as _, net::IpAddr};

use serde::Deserialize;

use super::{Unclear, http};

/// A letter's way here.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    /// The server that brings it.
    pub peer: IpAddr,
    /// That server's name of itself.
    pub helo: &'a str,
    /// Envelope sender; empty is the null sender.
    pub sender: &'a str,
    /// Envelope recipients; the first of them are named.
    pub recipients: &'a [&'a str],
}

/// Octets of an answer that are read.
pub const MAX_ANSWER: usize = 1024 * 1024;

/// The head of the question about a letter of `octets`, which follows it.
pub fn question(way: &Way<'_>, octets: usize) -> Vec<u8> {
    let peer = way.peer.to_string();
    let mut fields = vec![("IP", peer.as_str()), ("Helo", way.helo), ("From", way.sender)];
    fields.extend(way.recipients.iter().take(MAX_RECIPIENTS).map(|recipient| ("Rcpt", *recipient)));
    head("/checkv2", &fields, octets)
}

/// The head of a lesson for the controller: a letter of `octets`, which follows it, is spam or is not.
/// `password` is the controller's; empty when it asks for none.
pub fn lesson(is_spam: bool, password: &str, octets: usize) -> Vec<u8> {
    let path = if is_spam { "/learnspam" } else { "/learnham" };
    let fields = [("Password", password)];
    head(path, fields.get(usize::from(password.is_empty())..).unwrap_or_default(), octets)
}

fn head(path: &str, fields: &[(&str, &str)], octets: usize) -> Vec<u8> {
    let mut head = format!("POST {path} HTTP/1.1\r\nHost: rspamd\r\nConnection: close\r\n");
    for (name, value) in fields {
        // What a stranger says must not begin a field of its own.
        let value: String = value.chars().filter(|c| !c.is_control()).collect();
        // Writing to a string does not fail.
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let _ = write!(head, "Content-Length: {octets}\r\n\r\n");
    head.into_bytes()
}

/// The score in a whole answer.
///
/// # Errors
/// When it tells no score.
pub fn read(answer: &[u8]) -> Result<f64, Unclear> {
    let (status, body) = http::read(answer)?;
    let unclear = || Unclear::of(&String::from_utf8_lossy(body));
    if !is_success(status) {
        return Err(unclear());
    }
    let known: Known = serde_json::from_slice(body).map_err(|_| unclear())?;
    match known {
        // What rspamd was told to leave alone has no score.
        Known { is_skipped: true, .. } => Ok(0.0),
        Known { score: Some(score), .. } if score.is_finite() => Ok(score),
        Known { .. } => Err(unclear()),
    }
}

/// What became of a lesson.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lesson {
    /// Learned, now or before.
    Learned,
    /// The letter teaches nothing, such as one without words; its reason.
    Useless(String),
}

/// The outcome in a whole answer of the controller.
///
/// # Errors
/// When the controller refuses to be taught, as with a wrong password, or cannot now.
pub fn read_lesson(answer: &[u8]) -> Result<Lesson, Unclear> {
    let (status, body) = http::read(answer)?;
    let words = String::from_utf8_lossy(body);
    match status {
        status if is_success(status) => Ok(Lesson::Learned),
        // rspamd says 404 for every letter that it does not learn.
        404 if words.contains("already learned") => Ok(Lesson::Learned),
        404 => Ok(Lesson::Useless(Unclear::of(&words).0)),
        _ => Err(Unclear::of(&words)),
    }
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

#[derive(Deserialize)]
struct Known {
    #[serde(default)]
    is_skipped: bool,
    score: Option<f64>,
}

/// Recipients that are named: rules of rspamd look at few.
const MAX_RECIPIENTS: usize = 50;
