//! The acts, as the command line spells them and as the control socket carries them.

use std::path::PathBuf;

use clap::Subcommand;
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
