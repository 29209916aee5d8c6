//! `lienthong admin quarantine`: letters from outside that are held instead of delivered.

use mail_gateway::quarantine::{Held, Opened};

use super::{
    Answer,
    command::Quarantine,
    execute::{Act, moment, text},
};
use crate::quarantine;

impl Act<'_> {
    pub(super) async fn quarantine(&self, command: Quarantine) -> Answer {
        let (services, actor) = (self.services, &self.actor);
        match command {
            Quarantine::List { query } => {
                let (found, _) = services.mail.held(&query, 0, MOST).await.map_err(text)?;
                Ok(found.iter().map(line).collect::<Vec<_>>().join("\n"))
            }
            Quarantine::Show { letter } => {
                quarantine::open(services, actor, &letter).await.map(|opened| page(&opened)).map_err(text)
            }
            Quarantine::Release { letter } => {
                let released = quarantine::release(services, actor, &letter).await.map_err(text)?;
                let gone = released.gone.iter().map(|address| format!("{address}\tgone"));
                Ok(released.delivered.iter().cloned().chain(gone).collect::<Vec<_>>().join("\n"))
            }
            Quarantine::Delete { letter } => {
                quarantine::delete(services, actor, &letter).await.map_err(text)?;
                Ok(String::new())
            }
        }
    }
}

fn line(held: &Held) -> String {
    [
        held.id.clone(),
        moment(held.held_at),
        held.reason.clone(),
        safe(&held.detail),
        sender(held).to_owned(),
        held.recipients.join(","),
        safe(&held.subject),
    ]
    .join("\t")
}

fn page(opened: &Opened) -> String {
    let files: Vec<String> = opened
        .files
        .iter()
        .map(|file| format!("File: {} ({} bytes)", safe(&file.name), file.octets))
        .collect();
    let cut = if opened.is_cut { "\n[…]" } else { "" };
    let text: Vec<String> = opened.text.lines().map(safe).collect();
    format!(
        "{}\nFrom: {}\nChecks: {}\n{}\n\n{}{cut}",
        line(&opened.letter),
        safe(&opened.author),
        safe(&opened.checks),
        files.join("\n"),
        text.join("\n")
    )
}

fn sender(held: &Held) -> &str {
    if held.sender.is_empty() { "<>" } else { &held.sender }
}

/// A stranger's words without what a terminal would obey.
fn safe(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Lines printed at most; more would not be read.
const MOST: u32 = 10_000;
