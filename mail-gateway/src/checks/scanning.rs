//! Scanners beside the hub, as the operator sets them: clamd for viruses, rspamd for spam.

use std::path::PathBuf;

use base::Redacted;

use crate::config::Host;

/// Which scanners are asked, and what becomes of letters they point at; none by default.
#[derive(Debug, Clone, Default)]
pub struct Scanning {
    /// Where clamd listens (`checks.clamd`).
    pub clamd: Option<Where>,
    /// A letter from outside with a virus (`checks.infected`); one from inside is always refused.
    pub infected: super::Harmful,
    /// When clamd gives no verdict (`checks.clamd_down`).
    pub clamd_down: Unreached,
    /// Where rspamd's normal worker listens (`checks.rspamd`).
    pub rspamd: Option<Where>,
    /// When rspamd gives no verdict (`checks.rspamd_down`).
    pub rspamd_down: Unreached,
    /// Where rspamd's controller listens, which learns what people call spam (`checks.rspamd_controller`).
    pub controller: Option<Where>,
    /// Its password; empty when it asks for none (`checks.rspamd_password`).
    pub password: Redacted<String>,
    /// What rspamd's scores mean.
    pub scores: Scores,
}

/// From which score on what becomes of a letter; 0 is never.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Scores {
    /// It goes to the spam folder (`checks.spam_score`).
    pub spam: f64,
    /// It waits in the quarantine (`checks.spam_hold_score`).
    pub hold: f64,
    /// It is refused (`checks.spam_refuse_score`).
    pub refuse: f64,
}

/// What a score comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Deliver,
    Spam,
    Hold,
    Refuse,
}

impl Scores {
    /// The strictest thing that `score` reaches.
    pub(crate) fn weigh(&self, score: f64) -> Weight {
        let reaches = |limit: f64| limit > 0.0 && score >= limit;
        match score {
            _ if reaches(self.refuse) => Weight::Refuse,
            _ if reaches(self.hold) => Weight::Hold,
            _ if reaches(self.spam) => Weight::Spam,
            _ => Weight::Deliver,
        }
    }
}

/// What becomes of a letter that a scanner could not look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unreached {
    /// Its sender keeps it and tries again: fail-closed.
    #[default]
    Later,
    /// It is delivered unlooked at: fail-open.
    Deliver,
}

impl Unreached {
    /// Parses `later` or `deliver`.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "later" => Ok(Self::Later),
            "deliver" => Ok(Self::Deliver),
            other => Err(format!("“{other}” is none of later, deliver")),
        }
    }
}

/// Where a scanner listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Where {
    /// A socket in the file system.
    Socket(PathBuf),
    /// A server.
    Server(Host),
}

impl Where {
    /// Parses the absolute path of a socket, or `host:port`; nothing is nowhere.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn parse(text: &str) -> Result<Option<Self>, String> {
        match text {
            "" => Ok(None),
            path if path.starts_with('/') => Ok(Some(Self::Socket(path.into()))),
            server if server.contains(':') => Host::parse(server).map(|host| Some(Self::Server(host))),
            other => Err(format!("“{other}” is neither host:port nor the path of a socket")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_operators_write_them() {
        assert_eq!(Where::parse(""), Ok(None));
        assert_eq!(Where::parse("/run/clamd.ctl"), Ok(Some(Where::Socket("/run/clamd.ctl".into()))));
        let server = Host { name: "127.0.0.1".into(), port: 11333 };
        assert_eq!(Where::parse("127.0.0.1:11333"), Ok(Some(Where::Server(server))));
        for wrong in ["rspamd", "http://127.0.0.1:11333", "clamd.ctl", "a:b"] {
            assert!(Where::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_strictest_limit_that_is_reached_counts_and_nought_is_never() {
        let scores = Scores { spam: 6.0, hold: 0.0, refuse: 15.0 };
        assert_eq!(scores.weigh(5.9), Weight::Deliver);
        assert_eq!(scores.weigh(6.0), Weight::Spam);
        assert_eq!(scores.weigh(14.9), Weight::Spam);
        assert_eq!(scores.weigh(99.0), Weight::Refuse);
        assert_eq!(Scores { hold: 8.0, ..scores }.weigh(9.0), Weight::Hold);
        assert_eq!(Scores::default().weigh(99.0), Weight::Deliver);
    }
}
