//! The rules of the outgoing queue as pure functions: what an attempt means, when the next one is,
//! and when to give up. Rows, leases and connections are the shell's.

use std::time::Duration;

use base::Timestamp;

/// What one attempt came to for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The next server took responsibility.
    Delivered(Onward),
    /// It may work later.
    Temporary(Answer),
    /// It never will.
    Permanent(Answer),
}

/// Who tells the sender of success from here on (RFC 3461 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Onward {
    /// The next server knows what the sender wants to hear.
    Reports,
    /// The next server knows nothing of reports: a wish for success ends with "relayed" here.
    Silent,
}

/// Why an attempt failed, for the sender and the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Enhanced status code (RFC 3463), always present: `4.4.1`, `5.1.1`.
    pub status: String,
    /// The peer's reply line, or what we saw ourselves.
    pub text: String,
    /// The server that spoke, if one did.
    pub server: Option<String>,
}

impl Answer {
    /// What we found out ourselves, without a reply of a server.
    pub fn of_ours(status: &str, text: impl Into<String>) -> Self {
        Self { status: status.to_owned(), text: text.into(), server: None }
    }
}

/// What happens to the recipient's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is reached: the row goes away.
    Done(Onward),
    /// Try again at this moment.
    Retry(Timestamp),
    /// Tell the sender (unless it is the null sender) and forget the row.
    GiveUp(Answer),
}

/// Judges an attempt. `attempts` counts this one; `schedule` are the waits between attempts, so a
/// letter is tried `schedule.len() + 1` times (RFC 5321 §4.5.4.1).
pub fn judge(outcome: Outcome, attempts: u32, schedule: &[Duration], now: Timestamp) -> Verdict {
    match outcome {
        Outcome::Delivered(onward) => Verdict::Done(onward),
        Outcome::Permanent(answer) => Verdict::GiveUp(answer),
        Outcome::Temporary(answer) => {
            let wait = usize::try_from(attempts.saturating_sub(1)).ok().and_then(|n| schedule.get(n));
            match wait {
                Some(wait) => Verdict::Retry(now.plus(*wait)),
                None => Verdict::GiveUp(answer),
            }
        }
    }
}

/// Whether the sender is to be told now that a letter takes long: once, after `patience`.
pub fn is_late(accepted: Timestamp, told: bool, patience: Duration, now: Timestamp) -> bool {
    !told && now.since(accepted) >= patience
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(300)];

    fn temporary() -> Outcome {
        Outcome::Temporary(Answer::of_ours("4.4.1", "no connection"))
    }

    #[test]
    fn a_letter_is_tried_along_the_schedule_and_then_given_up() {
        let now = Timestamp::from_seconds(1000);
        assert_eq!(judge(temporary(), 1, &SCHEDULE, now), Verdict::Retry(Timestamp::from_seconds(1060)));
        assert_eq!(judge(temporary(), 2, &SCHEDULE, now), Verdict::Retry(Timestamp::from_seconds(1300)));
        assert!(matches!(judge(temporary(), 3, &SCHEDULE, now), Verdict::GiveUp(_)));
        assert!(matches!(judge(temporary(), 1, &[], now), Verdict::GiveUp(_)));
    }

    #[test]
    fn lateness_is_told_once_and_not_at_once() {
        let (accepted, four) = (Timestamp::from_seconds(1000), Duration::from_secs(14_400));
        assert!(!is_late(accepted, false, four, Timestamp::from_seconds(15_399)));
        assert!(is_late(accepted, false, four, Timestamp::from_seconds(15_400)));
        assert!(!is_late(accepted, true, four, Timestamp::from_seconds(99_000)));
    }

    #[test]
    fn a_permanent_refusal_is_not_tried_again() {
        let refused = Outcome::Permanent(Answer::of_ours("5.1.1", "no such user"));
        assert!(matches!(judge(refused, 1, &SCHEDULE, Timestamp::default()), Verdict::GiveUp(_)));
    }
}
