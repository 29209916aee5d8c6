//! `lienthong admin delegation`: who reads and sends from somebody else's mailbox, and until when.

use base::Timestamp;
use directory::NewDelegation;
use directory_core::{Period, Sending};

use super::{
    Answer,
    address::moment as parse_moment,
    command::Delegation,
    execute::{Act, moment, text},
};

impl Act<'_> {
    pub(super) async fn delegation(&self, act: Delegation) -> Answer {
        let (directory, now) = (&self.services.directory, Timestamp::now());
        match act {
            Delegation::List { mailbox } => {
                let mailbox = self.mailbox_at(&mailbox).await?;
                let found = directory.delegations(&self.actor, mailbox).map_err(text)?;
                let line = |one: &directory::view::DelegationView| {
                    let until = one.until.map_or_else(|| "-".to_owned(), moment);
                    format!(
                        "{}\t{}\t{}\t{until}\t{}",
                        one.address,
                        one.sending.as_str(),
                        moment(one.from),
                        one.name
                    )
                };
                Ok(found.items.iter().map(line).collect::<Vec<_>>().join("\n"))
            }
            Delegation::Give { mailbox, login, sending, from, until } => {
                let sending = Sending::parse(&sending)
                    .ok_or_else(|| format!("“{sending}” is no way of sending; see --help"))?;
                let from = from.map_or(Ok(now), |at| parse_moment(&at))?;
                let valid = Period { from, until: until.map(|at| parse_moment(&at)).transpose()? };
                let (mailbox, person) = (self.mailbox_at(&mailbox).await?, self.person(&login)?);
                let new = NewDelegation { mailbox, person, sending, valid };
                directory.delegate(&self.actor, new, now).await.map_err(text)?;
                Ok(String::new())
            }
            Delegation::End { mailbox, login } => {
                let (mailbox, person) = (self.mailbox_at(&mailbox).await?, self.person(&login)?);
                directory.end_delegation(&self.actor, mailbox, person, now).await.map_err(text)?;
                Ok(String::new())
            }
        }
    }
}
