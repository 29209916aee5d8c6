//! Bearer tokens: what opens a seat to a program that has no account – an encoder, a wall of screens, a
//! meeting room's player – or to a browser by link. Issued on the command line, kept as a hash, for one
//! meeting, one role, one name and a limited time; revoking one empties its seat at once.

use std::time::Duration;

use base::{
    Timestamp,
    id::{MeetingId, TokenId},
    random,
};
use signaling_core::{MAX_NAME, Role, Visitor};

use crate::{Meetings, live::Message, problem::Problem, secret};

/// A token as it is known after its secret was handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatToken {
    /// Names it in lists and in the meeting's record.
    pub id: TokenId,
    /// The one meeting it opens.
    pub meeting: MeetingId,
    /// What its bearer is there.
    pub role: Role,
    /// What its bearer is called there.
    pub name: String,
    /// When it was issued.
    pub created_at: Timestamp,
    /// From when on it opens nothing.
    pub expires_at: Timestamp,
}

impl SeatToken {
    /// Its bearer at the door.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::Bearer { token: self.id, name: self.name.clone(), role: self.role }
    }
}

impl Meetings {
    /// Issues a token that opens a seat of `meeting` for `life` from now. Gives it and its secret, which
    /// is not kept.
    ///
    /// # Errors
    /// When there is no such meeting, the name cannot stand, or the store fails; the text is for
    /// whoever typed the command.
    pub async fn issue_token(
        &self,
        meeting: MeetingId,
        role: Role,
        name: &str,
        life: Duration,
    ) -> Result<(SeatToken, String), String> {
        let store = &self.shared().store;
        let failed = |cause: sqlx::Error| Problem::from(cause).to_string();
        if store.meeting(meeting).await.map_err(failed)?.is_none() {
            return Err(format!("there is no meeting {meeting}; `lienthong admin meeting list` shows all"));
        }
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
            return Err(format!("a name has 1 to {MAX_NAME} characters"));
        }
        let now = Timestamp::now();
        let secret = secret::fresh(&mut random::System);
        let id = TokenId::new(now, &mut random::System);
        let token = SeatToken { id, meeting, role, name, created_at: now, expires_at: now.plus(life) };
        store.add_token(token.clone(), secret::hash(&secret)).await.map_err(failed)?;
        Ok((token, secret))
    }

    /// The tokens of a meeting that open something, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tokens(&self, meeting: MeetingId) -> Result<Vec<SeatToken>, sqlx::Error> {
        self.shared().store.tokens(meeting, Timestamp::now()).await
    }

    /// Revokes a token and empties its seat; nothing when it opened nothing any more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn revoke_token(&self, id: TokenId) -> Result<Option<SeatToken>, sqlx::Error> {
        let revoked = self.shared().store.revoke_token(id, Timestamp::now()).await?;
        let live = revoked.as_ref().and_then(|token| self.shared().reach(token.meeting));
        if let Some(live) = live {
            // A meeting that has left memory has no seats.
            let _ = live.send(Message::TokenRevoked(id)).await;
        }
        Ok(revoked)
    }

    /// The title of a meeting, for records of acts about it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn title(&self, meeting: MeetingId) -> Result<Option<String>, sqlx::Error> {
        Ok(self.shared().store.meeting(meeting).await?.map(|listed| listed.plan.title))
    }
}
