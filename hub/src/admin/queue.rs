//! `lienthong admin queue`: the letters that wait to leave this hub.

use base::Timestamp;
use directory_core::AuditEvent;
use mail_gateway::QueueAct;

use super::{
    Answer,
    command::Queue,
    execute::{Act, moment, text},
};

impl Act<'_> {
    pub(super) async fn queue(&self, queue: Queue) -> Answer {
        let (letter, act, words) = match queue {
            Queue::List => return self.waiting().await,
            Queue::Hold { letter } => (letter, QueueAct::Hold, "Giữ lại"),
            Queue::Release { letter } => (letter, QueueAct::Release, "Cho gửi tiếp"),
            Queue::Retry { letter } => (letter, QueueAct::Retry, "Gửi lại ngay"),
            Queue::Bounce { letter } => (letter, QueueAct::Bounce, "Trả lại người gửi"),
        };
        let touched = self.services.mail.queue_act(&letter, act).await.map_err(text)?;
        if touched == 0 {
            return Err(format!("no recipient of “{letter}” waits; `lienthong admin queue list` shows all"));
        }
        let event = AuditEvent::QueueChanged { act: words.to_owned() };
        self.services
            .directory
            .record_act(&self.actor, event, &letter, Timestamp::now())
            .await
            .map_err(text)?;
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
