//! Tokens for seats of meetings: issued, listed, revoked, each act under the operator's name in the log.

use std::time::Duration;

use base::{MeetingId, Timestamp, id::TokenId};
use directory_core::AuditEvent;
use signaling::Role;

use super::{
    Answer,
    execute::{Act, moment, text},
};

impl Act<'_> {
    pub(super) async fn issue(&self, meeting: &str, role: &str, name: &str, days: u64) -> Answer {
        let (meeting, role) = (meeting_id(meeting)?, role.parse::<Role>().map_err(text)?);
        let life = Duration::from_secs(days * 24 * 3600);
        let (token, secret) = self.services.meetings.issue_token(meeting, role, name, life).await?;
        let event = AuditEvent::TokenIssued { name: token.name, role: role.to_string() };
        self.record(event, meeting).await?;
        Ok(secret)
    }

    pub(super) async fn tokens(&self, meeting: &str) -> Answer {
        let tokens = self.services.meetings.tokens(meeting_id(meeting)?).await.map_err(text)?;
        let lines: Vec<String> = tokens
            .iter()
            .map(|token| {
                format!("{}\t{}\t{}\t{}", token.id, token.role, moment(token.expires_at), token.name)
            })
            .collect();
        Ok(lines.join("\n"))
    }

    pub(super) async fn revoke(&self, id: &str) -> Answer {
        let id: TokenId = id.parse().map_err(|_| format!("“{id}” is not the id of a token"))?;
        let revoked = self.services.meetings.revoke_token(id).await.map_err(text)?;
        let token = revoked.ok_or_else(|| format!("there is no token {id}, or it was revoked before"))?;
        self.record(AuditEvent::TokenRevoked { name: token.name }, token.meeting).await?;
        Ok(String::new())
    }

    async fn record(&self, event: AuditEvent, meeting: MeetingId) -> Result<(), String> {
        let title = self.services.meetings.title(meeting).await.map_err(text)?.unwrap_or_default();
        let directory = &self.services.directory;
        directory.record_act(&self.actor, event, &title, Timestamp::now()).await.map_err(text)
    }
}

fn meeting_id(text: &str) -> Result<MeetingId, String> {
    text.parse()
        .map_err(|_| format!("“{text}” is not the id of a meeting; `lienthong admin meeting list` shows all"))
}
