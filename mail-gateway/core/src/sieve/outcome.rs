//! What a script wants done.

/// Everything one run decided, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What to do.
    pub actions: Vec<Action>,
    /// Why the script was stopped; then the only action is to keep the letter.
    pub failure: Option<String>,
}

impl Outcome {
    /// The letter stays where its owner looks for letters, and nothing answers it yet.
    pub fn awaits_answer(&self) -> bool {
        let answers = |action: &Action| matches!(action, Action::Vacation(_) | Action::Reject(_));
        let stays = |action: &Action| match action {
            Action::Keep { .. } | Action::Redirect(_) => true,
            Action::FileInto { special_use, .. } => {
                !special_use.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("\\Junk"))
            }
            _ => false,
        };
        self.actions.iter().any(stays) && !self.actions.iter().any(answers)
    }
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Into the inbox.
    Keep {
        /// Keywords, as IMAP flags (`\Seen`, `quan-trong`).
        flags: Vec<String>,
    },
    /// Into a folder; into the inbox when there is none and none may be made.
    FileInto {
        /// Its name, `/` between a folder and what lies in it.
        folder: String,
        /// Make it when it is not there.
        create: bool,
        /// The folder of this special use comes first when there is one (`\Junk`).
        special_use: Option<String>,
        /// Keywords, as IMAP flags.
        flags: Vec<String>,
    },
    /// On to another address.
    Redirect(String),
    /// Back to the sender, with this reason.
    Reject(String),
    /// Answer the sender, unless that was done lately.
    Vacation(VacationReply),
    /// Remember this key so long.
    Remember {
        /// Key.
        key: String,
        /// Seconds.
        seconds: u64,
    },
}

/// An answer to a letter while its recipient is away (RFC 5230).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VacationReply {
    /// Not sent while this key is remembered.
    pub key: String,
    /// How long it is remembered, in seconds.
    pub seconds: u64,
    /// The address answered.
    pub to: String,
    /// The address in `From`, when the script chose one.
    pub from: Option<String>,
    /// The subject.
    pub subject: String,
    /// The text, or a whole MIME entity.
    pub text: String,
    /// `text` is a MIME entity with its header.
    pub mime: bool,
    /// The `Message-ID` answered, without angle brackets.
    pub in_reply_to: Option<String>,
}
