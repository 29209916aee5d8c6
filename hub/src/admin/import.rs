//! `lienthong admin import`: letters of another system come into a mailbox.

use std::path::{Path, PathBuf};

use base::{Redacted, Timestamp};
use directory_core::AuditEvent;
use mail_gateway::moving::{ImapSource, Source};

use super::{
    Answer,
    command::Import,
    execute::{Act, text},
};

impl Import {
    /// What is needed of the place where the command is given: whole paths, and the password.
    ///
    /// # Errors
    /// When the password cannot be read.
    pub(super) fn prepared(mut self) -> Result<Self, String> {
        if !is_imap(&self.source) {
            self.source = absolute(Path::new(&self.source))?.display().to_string();
        }
        self.ca = self.ca.as_deref().map(absolute).transpose()?;
        if let Some(path) = &self.password_file {
            let file =
                std::fs::read_to_string(path).map_err(|cause| format!("{}: {cause}", path.display()))?;
            self.password = file.lines().next().unwrap_or_default().to_owned();
        }
        Ok(self)
    }

    fn source(self, authorities: PathBuf) -> Result<Source, String> {
        if !is_imap(&self.source) {
            return Ok(Source::Files(self.source.into()));
        }
        let form = "write imaps://USER@HOST[:PORT]";
        let (scheme, place) = self.source.split_once("://").ok_or(form)?;
        let implicit_tls = scheme == "imaps";
        // An address may be the user's name.
        let (user, host) = place.trim_end_matches('/').rsplit_once('@').ok_or(form)?;
        let usual = if implicit_tls { 993 } else { 143 };
        let (host, port) = match host.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| form)?),
            None => (host, usual),
        };
        if self.password.is_empty() {
            return Err(
                "the other mailbox's password is missing; name a file with --password-file".to_owned()
            );
        }
        Ok(Source::Imap(ImapSource {
            host: host.to_owned(),
            port,
            implicit_tls,
            user: user.to_owned(),
            password: Redacted::new(self.password),
            authorities: self.ca.unwrap_or(authorities),
        }))
    }
}

impl Act<'_> {
    pub(super) async fn import(&self, import: Import) -> Answer {
        let mailbox = self.mailbox_at(&import.mailbox).await?;
        let address = import.mailbox.clone();
        let source = import.source(self.services.config.mail.authorities.clone())?;
        let report = self.services.mail.move_in(mailbox, source).await;
        let event = AuditEvent::LettersMovedIn { count: report.brought() };
        self.services
            .directory
            .record_act(&self.actor, event, &address, Timestamp::now())
            .await
            .map_err(text)?;
        if report.ended.is_some() { Err(report.to_string()) } else { Ok(report.to_string()) }
    }
}

fn is_imap(source: &str) -> bool {
    source.starts_with("imaps://") || source.starts_with("imap://")
}

fn absolute(path: &Path) -> Result<PathBuf, String> {
    std::path::absolute(path).map_err(|cause| cause.to_string())
}
