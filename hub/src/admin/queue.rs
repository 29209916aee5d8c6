//! `lienthong admin queue`: the letters that wait to leave this hub.

use base::Timestamp;
use mail_gateway::QueueAct;

use super::{
    Answer,
    command::Queue,
    execute::{Act, moment, text},
};
use crate::queue;

impl Act<'_> {
    pub(super) async fn queue(&self, command: Queue) -> Answer {
        let (letter, act) = match command {
            Queue::List => return self.waiting().await,
            Queue::Hold { letter } => (letter, QueueAct::Hold),
            Queue::Release { letter } => (letter, QueueAct::Release),
            Queue::Retry { letter } => (letter, QueueAct::Retry),
            Queue::Bounce { letter } => (letter, QueueAct::Bounce),
        };
        queue::act(self.services, &self.actor, &letter, act).await.map_err(text)?;
        Ok(String::new())
    }

    async fn waiting(&self) -> Answer {
        let waiting = self.services.mail.queue(MOST).await.map_err(text)?;
        let line = |one: &mail_gateway::Waiting| {
            let due = if one.held { "held".to_owned() } else { moment(Timestamp::from_micros(one.due_at)) };
            let sender = if one.sender.is_empty() { "<>" } else { &one.sender };
            format!(
                "{}\t{due}\t{}\t{sender}\t{}\t{}",
                one.letter, one.attempts, one.recipient, one.last_answer
            )
        };
        Ok(waiting.iter().map(line).collect::<Vec<_>>().join("\n"))
    }
}

/// Lines printed at most; more would not be read.
const MOST: u32 = 10_000;
