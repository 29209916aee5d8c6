//! The acts, as the command line spells them and as the control socket carries them.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

/// An administrative act.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Command {
    /// People and their accounts.
    #[command(subcommand)]
    User(User),
    /// Units of the organisation tree.
    #[command(subcommand)]
    Unit(Unit),
    /// Meeting rooms.
    #[command(subcommand)]
    Room(Room),
    /// Mailboxes.
    #[command(subcommand)]
    Mailbox(Mailbox),
    /// Other addresses of mailboxes, other domains of the hub.
    #[command(subcommand)]
    Address(Address),
    /// Lists, and addresses of positions.
    #[command(subcommand)]
    List(Group),
    /// Who else reads a mailbox and sends from it, from when to when.
    #[command(subcommand)]
    Delegation(Delegation),
    /// Secrets for mail programs, each for one mailbox.
    #[command(subcommand)]
    AppPassword(AppPassword),
    /// Meetings.
    #[command(subcommand)]
    Meeting(Meeting),
    /// Issues a token that opens one seat of a meeting; prints the token and nothing else.
    Token {
        /// The meeting's id.
        #[arg(long)]
        meeting: String,
        /// chair, moderator, secretary, delegate, site, guest, observer or operator.
        #[arg(long)]
        role: String,
        /// The name shown in the meeting.
        #[arg(long)]
        name: String,
        /// How long it opens anything.
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
    },
    /// Prints id, role, end and name of a meeting's tokens, one a line.
    Tokens {
        /// The meeting's id.
        #[arg(long)]
        meeting: String,
    },
    /// Revokes a token; whoever sits on its seat is out at once.
    RevokeToken {
        /// The token's id, as `tokens` prints it.
        id: String,
    },
    /// Letters that wait to leave this hub.
    #[command(subcommand)]
    Queue(Queue),
    /// Brings the letters of another system into a mailbox, with folders, dates and flags. Started again, it
    /// brings only what has not come yet. Prints what came and what did not.
    Import(Import),
    /// Letters from outside that are held instead of delivered.
    #[command(subcommand)]
    Quarantine(Quarantine),
    /// Prints the figures of a span of days: accounts, mailboxes, letters, meetings.
    Report(Span),
    /// Prints the DNS records to publish, ready to paste.
    Dns {
        /// Looks each record up instead; ends with an error when one is not right.
        #[arg(long)]
        check: bool,
    },
    /// The keys that sign letters (DKIM).
    #[command(subcommand)]
    Dkim(Dkim),
    /// Prints the newest administrative acts and checks that none was altered.
    Audit {
        /// How many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Writes a consistent copy of everything to DIR; `lienthong serve --data DIR` starts from it.
    Backup {
        /// A folder that does not exist yet.
        dir: PathBuf,
    },
    /// Brings the copy in DIR into the data folder, which must be empty and not in use.
    Restore {
        /// A folder that `backup` wrote.
        dir: PathBuf,
    },
    /// Reads every letter and compares the rows of the mail store; ends with an error when something is
    /// wrong.
    Verify {
        /// Makes right what can be.
        #[arg(long)]
        repair: bool,
    },
}

/// Letters of another system.
#[derive(Clone, Args, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Import {
    /// The mailbox they come into.
    #[arg(long)]
    pub mailbox: String,
    /// Where they are: imaps://USER@HOST[:PORT], imap://USER@HOST[:PORT] (STARTTLS), or the path of an mbox, a
    /// folder of them (such as Thunderbird's), a Maildir, or an Outlook file (.pst).
    pub source: String,
    /// A file with the password of USER, alone on its first line.
    #[arg(long)]
    pub password_file: Option<PathBuf>,
    /// A PEM file of the authorities that vouch for HOST's certificate; `mail.authorities` when absent.
    #[arg(long)]
    pub ca: Option<PathBuf>,
    /// What `password_file` holds, read where the command is given.
    #[arg(skip)]
    pub password: String,
}

impl std::fmt::Debug for Import {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { mailbox, source, .. } = self;
        f.debug_struct("Import").field("mailbox", mailbox).field("source", source).finish_non_exhaustive()
    }
}

/// Days, both included.
#[derive(Debug, Clone, Args, Serialize, Deserialize)]
pub struct Span {
    /// The first day, such as 2026-10-01; the quarter's first when absent.
    #[arg(long)]
    pub from: Option<String>,
    /// The last day; today when absent.
    #[arg(long)]
    pub to: Option<String>,
}

/// People and their accounts.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum User {
    /// Prints login, address and name, one person a line.
    List {
        /// Only people found by this, diacritics not needed.
        #[arg(long, default_value = "")]
        query: String,
    },
    /// Creates a person with account and mailbox; prints login, address and temporary password.
    Create {
        /// Full name.
        #[arg(long)]
        name: String,
        /// The unit's short name, mail code, identifier code or id.
        #[arg(long)]
        unit: String,
        /// Position in the unit.
        #[arg(long, default_value = "Chuyên viên")]
        position: String,
        /// Sign-in name; made from the name when absent.
        #[arg(long)]
        login: Option<String>,
    },
    /// Gives a temporary password, which must be changed at the next sign-in; prints it.
    Reset {
        /// Sign-in name.
        login: String,
    },
    /// Takes the second factor off an account whose person has lost telephone and recovery codes; its
    /// sessions end at once.
    RemoveSecondFactor {
        /// Sign-in name.
        login: String,
    },
    /// Switches an account off; its sessions end at once.
    Disable {
        /// Sign-in name.
        login: String,
    },
    /// Switches an account on again.
    Enable {
        /// Sign-in name.
        login: String,
    },
}

/// Units of the organisation tree.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unit {
    /// Prints the tree in protocol order.
    List,
}

/// Meeting rooms.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Room {
    /// Prints id and name, one room a line.
    List,
    /// Creates a room; prints its id.
    Create {
        /// Name.
        #[arg(long)]
        name: String,
        /// Where it is.
        #[arg(long, default_value = "")]
        place: String,
        /// Seats.
        #[arg(long, default_value_t = 0)]
        seats: u32,
    },
}

/// Mailboxes.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mailbox {
    /// Prints one address a line.
    List,
    /// Sets how many bytes a mailbox may hold; without BYTES, what is usual for its kind.
    Quota {
        /// The mailbox's address.
        address: String,
        /// Bytes.
        bytes: Option<u64>,
    },
}

/// Other addresses of mailboxes, other domains of the hub.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Address {
    /// Prints alias, mailbox and name, one a line; "-" where the mailbox of a retired alias stood.
    List {
        /// Only those found by this.
        #[arg(long, default_value = "")]
        query: String,
    },
    /// Gives a mailbox one more address; prints it.
    Add {
        /// The mailbox's address.
        #[arg(long)]
        mailbox: String,
        /// The new address, or what stands before its @.
        #[arg(long)]
        address: String,
    },
    /// Takes an alias away; nobody else ever gets it.
    Remove {
        /// The alias.
        address: String,
    },
    /// Lets another domain mean the hub's own, such as the old one of a renamed province.
    AddDomain {
        /// The domain.
        domain: String,
    },
    /// Ends that.
    RemoveDomain {
        /// The domain.
        domain: String,
    },
}

/// Lists, and addresses of positions.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Group {
    /// Prints address, kind, who may write, people today and name, one a line.
    List {
        /// Only those found by this.
        #[arg(long, default_value = "")]
        query: String,
    },
    /// Creates a list or the address of a position; prints its id.
    Create(NewList),
    /// Changes one; what is not said stays.
    Change(ChangedList),
    /// Removes one; its address is never given out again.
    Remove {
        /// Its address.
        address: String,
    },
    /// Adds somebody by name: a guest of a list, the acting holder of a position.
    AddMember {
        /// The list's address.
        address: String,
        /// Who.
        #[arg(long)]
        login: String,
        /// From when (RFC 3339); now when absent.
        #[arg(long)]
        from: Option<String>,
        /// Until when (RFC 3339).
        #[arg(long)]
        until: Option<String>,
    },
    /// Takes somebody off who was added by name.
    RemoveMember {
        /// The list's address.
        address: String,
        /// Who.
        #[arg(long)]
        login: String,
    },
}

/// What a list or position address shall be from now on.
#[derive(Debug, Clone, Args, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangedList {
    /// Its address.
    pub address: String,
    /// Its name.
    #[arg(long)]
    pub name: Option<String>,
    /// In which unit its people are looked for.
    #[arg(long)]
    pub unit: Option<String>,
    /// How far below the unit: unit, divisions or everything.
    #[arg(long)]
    pub reach: Option<String>,
    /// Only holders of this title.
    #[arg(long)]
    pub title: Option<String>,
    /// Who may write: members, inside or anyone.
    #[arg(long)]
    pub posting: Option<String>,
}

/// Rights to somebody else's mailbox.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Delegation {
    /// Prints address, way of sending, start, end and name, one person a line.
    List {
        /// The mailbox's address.
        #[arg(long)]
        mailbox: String,
    },
    /// Lets somebody read a mailbox, or changes the terms.
    Give {
        /// The mailbox's address.
        #[arg(long)]
        mailbox: String,
        /// Who.
        #[arg(long)]
        login: String,
        /// nothing (reads only), on-behalf (the own name beside the mailbox's) or as (as the mailbox).
        #[arg(long, default_value = "nothing")]
        sending: String,
        /// From when (RFC 3339); now when absent.
        #[arg(long)]
        from: Option<String>,
        /// Until when (RFC 3339); for good when absent.
        #[arg(long)]
        until: Option<String>,
    },
    /// Ends a right at once.
    End {
        /// The mailbox's address.
        #[arg(long)]
        mailbox: String,
        /// Whose right.
        #[arg(long)]
        login: String,
    },
}

/// A list or position address to be created.
#[derive(Debug, Clone, Args, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewList {
    /// The address, or what stands before its @.
    #[arg(long)]
    pub address: String,
    /// Its name.
    #[arg(long)]
    pub name: String,
    /// list (everybody behind it) or position (whoever holds it today).
    #[arg(long, default_value = "list")]
    pub kind: String,
    /// Where its people are looked for; absent: named members alone.
    #[arg(long)]
    pub unit: Option<String>,
    /// unit, divisions or everything.
    #[arg(long, default_value = "divisions")]
    pub reach: String,
    /// Only holders of this title.
    #[arg(long, default_value = "")]
    pub title: String,
    /// members, inside or anyone; inside for lists and anyone for positions when absent.
    #[arg(long)]
    pub posting: Option<String>,
}

/// Secrets for mail programs.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AppPassword {
    /// Makes a secret that opens one mailbox; prints it. It cannot be shown again.
    Create {
        /// The mailbox's address, which is also the program's user name.
        #[arg(long)]
        mailbox: String,
        /// What to call it, such as the device it is for.
        #[arg(long)]
        name: String,
    },
    /// Prints id, time made, time last used and name, one secret a line.
    List {
        /// The mailbox's address.
        #[arg(long)]
        mailbox: String,
    },
    /// Revokes a secret.
    Revoke {
        /// Its id.
        id: String,
    },
}

/// Meetings.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Meeting {
    /// Prints id, start and title, one meeting a line.
    List,
    /// Creates a meeting that starts now; prints its id.
    Create {
        /// Title.
        #[arg(long)]
        title: String,
    },
}

/// Letters that wait to leave this hub.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Queue {
    /// Prints letter, next attempt, attempts, sender, recipient and the other side's last words.
    List,
    /// Keeps a letter back until it is released.
    Hold {
        /// The letter's id, as `list` prints it.
        letter: String,
    },
    /// Lets a letter go that was held.
    Release {
        /// The letter's id.
        letter: String,
    },
    /// Tries a letter now.
    Retry {
        /// The letter's id.
        letter: String,
    },
    /// Gives a letter up now; its sender is told.
    Bounce {
        /// The letter's id.
        letter: String,
    },
}

/// Letters from outside that are held instead of delivered.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Quarantine {
    /// Prints id, time, reason, what exactly, sender, recipients and subject, one letter a line.
    List {
        /// Only those found by this, diacritics not needed.
        #[arg(long, default_value = "")]
        query: String,
    },
    /// Prints a letter's sender, checks, text and the names of its files.
    Show {
        /// The letter's id, as `list` prints it.
        letter: String,
    },
    /// Delivers a letter to its addressees; prints them.
    Release {
        /// The letter's id.
        letter: String,
    },
    /// Throws a letter away.
    Delete {
        /// The letter's id.
        letter: String,
    },
}

/// The keys that sign letters (DKIM).
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Dkim {
    /// Prints selector, kind and state, one key a line.
    List,
    /// Makes the next pair and prints its records to publish; it does not sign yet.
    Rotate,
    /// Signs with the newest pair from now on, once its records are in DNS; prints its selectors.
    Activate {
        /// Does not look into DNS: on a closed network.
        #[arg(long)]
        unchecked: bool,
    },
    /// Throws away pairs older than the one in use; do it a month after `activate`. Prints their selectors,
    /// whose records may be taken out of DNS.
    Retire,
}
