//! Running a script over a letter. Every step, comparison and copied octet is charged against a budget;
//! a script that spends it, or asks for too much, keeps the letter and says why.

use std::collections::{BTreeMap, BTreeSet};

use base::Timestamp;

use super::{
    Action, Letter, Outcome, Script,
    date::Local,
    matching::{self, Captures},
    program::{
        Duplicate, EnvelopePart, FileInto, FlagAct, Headers, MatchKind, Matching, Modifier, Moment, Part,
        Statement, Test, Vacation, Zone,
    },
    text::{Piece, Text},
    vacation,
};

mod test;

/// What a script may ask beside the letter itself.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The envelope's sender; empty for the null sender.
    pub sender: &'a str,
    /// The envelope's recipient.
    pub recipient: &'a str,
    /// Addresses of the mailbox, for `vacation`.
    pub own_addresses: &'a [String],
    /// Folders of the mailbox by their full names, `/` between them.
    pub folders: &'a BTreeSet<String>,
    /// Special uses of folders (`\Junk`).
    pub special_uses: &'a BTreeSet<String>,
    /// Keys remembered by [`Action::Remember`] that have not expired.
    pub remembered: &'a BTreeSet<String>,
    /// Now.
    pub now: Timestamp,
    /// Seconds east of Greenwich where the mailbox's owner lives.
    pub offset: i32,
}

/// Why a run ended before its end.
#[derive(Debug)]
enum Halt {
    Stop,
    Failed(String),
}

impl Script {
    /// Whether a run needs [`Surroundings::remembered`].
    pub fn remembers(&self) -> bool {
        self.remembers
    }

    /// What is to be done with `letter`.
    pub fn run(&self, letter: &Letter<'_>, around: &Surroundings<'_>) -> Outcome {
        let mut run = Run {
            letter,
            around,
            budget: BUDGET,
            variables: BTreeMap::new(),
            captures: Vec::new(),
            flags: Vec::new(),
            outcome: Outcome::default(),
            implicit_keep: true,
        };
        match run.block(&self.statements) {
            Ok(()) | Err(Halt::Stop) => {
                if run.implicit_keep {
                    run.outcome.actions.push(Action::Keep { flags: run.flags });
                }
                run.outcome
            }
            // §2.10.6: an error must not lose the letter, nor do half of what was meant.
            Err(Halt::Failed(why)) => {
                Outcome { actions: vec![Action::Keep { flags: Vec::new() }], failure: Some(why) }
            }
        }
    }
}

struct Run<'a> {
    letter: &'a Letter<'a>,
    around: &'a Surroundings<'a>,
    budget: usize,
    variables: BTreeMap<String, String>,
    /// What the last `:matches` found.
    captures: Captures,
    /// The internal variable of RFC 5232 §2.
    flags: Vec<String>,
    outcome: Outcome,
    implicit_keep: bool,
}

impl Run<'_> {
    fn spend(&mut self, cost: usize) -> Result<(), Halt> {
        self.budget = self
            .budget
            .checked_sub(cost)
            .ok_or_else(|| Halt::Failed("kịch bản chạy quá lâu / the script ran for too long".to_owned()))?;
        Ok(())
    }

    fn block(&mut self, statements: &[Statement]) -> Result<(), Halt> {
        for statement in statements {
            self.spend(1)?;
            self.statement(statement)?;
        }
        Ok(())
    }

    fn statement(&mut self, statement: &Statement) -> Result<(), Halt> {
        match statement {
            Statement::Stop => return Err(Halt::Stop),
            Statement::If(branches, otherwise) => {
                for (test, block) in branches {
                    if self.test(test)? {
                        return self.block(block);
                    }
                }
                return self.block(otherwise);
            }
            Statement::Keep(flags) => {
                let flags = self.flags_of(flags.as_deref())?;
                self.implicit_keep = false;
                self.act(Action::Keep { flags })?;
            }
            Statement::Discard => self.implicit_keep = false,
            Statement::FileInto(file_into) => self.file_into(file_into)?,
            Statement::Redirect { address, copy } => {
                let address = self.expand(address)?;
                let address = address.trim().parse::<directory_core::EmailAddress>().map_err(|_| {
                    Halt::Failed(format!("địa chỉ chuyển tiếp không hợp lệ / not an address: {address}"))
                })?;
                self.implicit_keep &= *copy;
                self.act(Action::Redirect(address.to_string()))?;
            }
            Statement::Reject(reason) => {
                let reason = self.expand(reason)?;
                self.implicit_keep = false;
                self.act(Action::Reject(reason))?;
            }
            Statement::Vacation(vacation) => self.vacation(vacation)?,
            Statement::Set { name, value, modifiers } => {
                let value = modified(self.expand(value)?, modifiers);
                self.set(name, value)?;
            }
            Statement::Flags { act, variable, flags } => {
                self.change_flags(*act, variable.as_deref(), flags)?
            }
        }
        Ok(())
    }

    /// Adds an action once (§2.10.3: the same twice is one).
    fn act(&mut self, action: Action) -> Result<(), Halt> {
        if self.outcome.actions.contains(&action) {
            return Ok(());
        }
        let redirects = |action: &&Action| matches!(action, Action::Redirect(_));
        if matches!(action, Action::Redirect(_))
            && self.outcome.actions.iter().filter(redirects).count() >= MAX_REDIRECTS
        {
            return Err(Halt::Failed("chuyển tiếp quá nhiều nơi / too many redirects".to_owned()));
        }
        if self.outcome.actions.len() >= MAX_ACTIONS {
            return Err(Halt::Failed("quá nhiều thao tác / too many actions".to_owned()));
        }
        // RFC 5429 §2.4: a refused letter is not also kept somewhere.
        let delivers = |action: &Action| {
            matches!(action, Action::Keep { .. } | Action::FileInto { .. } | Action::Vacation(_))
        };
        let reject = |action: &Action| matches!(action, Action::Reject(_));
        let conflict = if reject(&action) {
            self.outcome.actions.iter().any(|a| delivers(a) || reject(a))
        } else {
            delivers(&action) && self.outcome.actions.iter().any(reject)
        };
        if conflict {
            return Err(Halt::Failed("vừa từ chối vừa nhận thư / reject beside another action".to_owned()));
        }
        self.outcome.actions.push(action);
        Ok(())
    }

    fn file_into(&mut self, wanted: &FileInto) -> Result<(), Halt> {
        let folder = self.expand(&wanted.folder)?;
        let special_use = wanted.special_use.as_ref().map(|text| self.expand(text)).transpose()?;
        let flags = self.flags_of(wanted.flags.as_deref())?;
        self.implicit_keep &= wanted.copy;
        self.act(Action::FileInto { folder, create: wanted.create, special_use, flags })
    }

    fn vacation(&mut self, vacation: &Vacation) -> Result<(), Halt> {
        if self.outcome.actions.iter().any(|action| matches!(action, Action::Vacation(_))) {
            // RFC 5230 §4.7.
            return Err(Halt::Failed("hai lần trả lời tự động / vacation twice".to_owned()));
        }
        let mut optional = |text: &Option<Text>| text.as_ref().map(|text| self.expand(text)).transpose();
        let (subject, from, handle) =
            (optional(&vacation.subject)?, optional(&vacation.from)?, optional(&vacation.handle)?);
        let wanted = vacation::Wanted {
            seconds: vacation.seconds,
            subject,
            from,
            addresses: self.expand_all(&vacation.addresses)?,
            mime: vacation.mime,
            handle,
            reason: self.expand(&vacation.reason)?,
        };
        if let Some(reply) = vacation::answer(wanted, self.letter, self.around)
            && !self.around.remembered.contains(&reply.key)
        {
            self.act(Action::Vacation(reply))?;
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), Halt> {
        if !self.variables.contains_key(name) && self.variables.len() >= MAX_VARIABLES {
            return Err(Halt::Failed("quá nhiều biến / too many variables".to_owned()));
        }
        self.variables.insert(name.to_owned(), value.chars().take(MAX_TEXT).collect());
        Ok(())
    }

    /// RFC 5232 §3: flags are sets of words; case does not matter.
    fn change_flags(&mut self, act: FlagAct, variable: Option<&str>, texts: &[Text]) -> Result<(), Halt> {
        let changed = self.words(texts)?;
        let mut flags = match (act, variable) {
            (FlagAct::Set, _) => Vec::new(),
            (_, None) => std::mem::take(&mut self.flags),
            (_, Some(name)) => split(self.variables.get(name).map_or("", String::as_str)),
        };
        flags.retain(|flag| !changed.iter().any(|other| other.eq_ignore_ascii_case(flag)));
        if act != FlagAct::Remove {
            flags.extend(changed);
        }
        flags.truncate(MAX_FLAGS);
        match variable {
            None => self.flags = flags,
            Some(name) => self.set(name, flags.join(" "))?,
        }
        Ok(())
    }

    fn flags_of(&mut self, tagged: Option<&[Text]>) -> Result<Vec<String>, Halt> {
        match tagged {
            Some(texts) => self.words(texts),
            None => Ok(self.flags.clone()),
        }
    }

    /// The words of several strings, none twice.
    fn words(&mut self, texts: &[Text]) -> Result<Vec<String>, Halt> {
        let mut words: Vec<String> = Vec::new();
        for text in texts {
            for word in split(&self.expand(text)?) {
                if !words.iter().any(|known| known.eq_ignore_ascii_case(&word)) && words.len() < MAX_FLAGS {
                    words.push(word);
                }
            }
        }
        Ok(words)
    }

    fn expand_all(&mut self, texts: &[Text]) -> Result<Vec<String>, Halt> {
        texts.iter().map(|text| self.expand(text)).collect()
    }

    /// The text with its variables filled in; unknown ones are empty (RFC 5229 §3).
    fn expand(&mut self, text: &Text) -> Result<String, Halt> {
        if let Some(fixed) = text.fixed() {
            self.spend(1)?;
            return Ok(fixed.to_owned());
        }
        let mut out = String::new();
        for piece in &text.0 {
            match piece {
                Piece::Plain(plain) => out.push_str(plain),
                Piece::Variable(name) => out.push_str(self.variables.get(name).map_or("", String::as_str)),
                Piece::Match(number) => out.push_str(self.captures.get(*number).map_or("", String::as_str)),
            }
            self.spend(1 + out.len() / 64)?;
            if out.len() > MAX_EXPANDED {
                return Err(Halt::Failed("chuỗi quá dài / a string grew too long".to_owned()));
            }
        }
        Ok(out)
    }
}

fn split(text: &str) -> Vec<String> {
    text.split_whitespace().take(MAX_FLAGS).map(|word| word.chars().take(100).collect()).collect()
}

/// RFC 5229 §4.1: the higher precedence first.
fn modified(mut value: String, modifiers: &[Modifier]) -> String {
    let mut ordered = modifiers.to_vec();
    ordered.sort_by_key(|modifier| std::cmp::Reverse(modifier.precedence()));
    for modifier in ordered {
        let mut characters = value.chars();
        value = match modifier {
            Modifier::Lower => value.to_lowercase(),
            Modifier::Upper => value.to_uppercase(),
            Modifier::LowerFirst => {
                let first: String = characters.next().into_iter().flat_map(char::to_lowercase).collect();
                first + characters.as_str()
            }
            Modifier::UpperFirst => {
                let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
                first + characters.as_str()
            }
            Modifier::QuoteWildcard => {
                let mut quoted = String::with_capacity(value.len());
                for c in characters {
                    if matches!(c, '*' | '?' | '\\') {
                        quoted.push('\\');
                    }
                    quoted.push(c);
                }
                quoted
            }
            Modifier::Length => characters.count().to_string(),
        };
    }
    value
}

/// What a run may cost; a rule of everyday costs a few hundred.
const BUDGET: usize = 200_000;
/// Addresses one letter may go on to.
pub const MAX_REDIRECTS: usize = 4;
const MAX_ACTIONS: usize = 32;
const MAX_VARIABLES: usize = 128;
/// Characters of a variable (RFC 5229 §6 asks for 4000 at least).
const MAX_TEXT: usize = 4000;
/// Octets of an expanded string.
const MAX_EXPANDED: usize = 64 * 1024;
const MAX_FLAGS: usize = 50;
