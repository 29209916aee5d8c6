//! Which folder of ours a folder of another system becomes.

use base::fold::fold;

use crate::mailbox::Role;

/// Where letters go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The folder of this purpose.
    Role(Role),
    /// A folder by its names from the top; at least one.
    Named(Vec<String>),
}

/// The place of the folder at `path`, of which the other system may say the purpose (RFC 6154). The inbox and
/// what every program calls its folders for sent letters, drafts, spam and trash become ours; other folders
/// keep their names. Programs that put everything under the inbox are understood.
pub fn place(path: &[String], purpose: Option<Role>) -> Place {
    if let Some(role) = purpose {
        return Place::Role(role);
    }
    let names: Vec<String> =
        path.iter().map(|name| tidy(name)).filter(|name| !name.is_empty()).take(DEEPEST).collect();
    match names.as_slice() {
        [] => Place::Role(Role::Inbox),
        [one] => known(one).map_or_else(|| Place::Named(names.clone()), Place::Role),
        [first, rest @ ..] if is_container(first) => place(rest, None),
        _ => Place::Named(names),
    }
}

/// What stands above all folders in some systems.
fn is_container(name: &str) -> bool {
    let name = fold(name);
    known(&name) == Some(Role::Inbox) || ["[gmail]", "[google mail]"].contains(&name.as_str())
}

/// A name that a folder here may have.
fn tidy(name: &str) -> String {
    let name: String =
        name.chars().filter(|c| !c.is_control()).map(|c| if c == '/' { '-' } else { c }).collect();
    let mut octets = 0;
    let kept = name.trim().chars().take_while(|c| {
        octets += c.len_utf8();
        octets <= LONGEST
    });
    kept.collect::<String>().trim_end().to_owned()
}

fn known(name: &str) -> Option<Role> {
    let name = fold(name);
    KNOWN.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(role, _)| *role)
}

/// The names of programs and servers in use, in both languages, folded.
const KNOWN: [(Role, &[&str]); 6] = [
    (Role::Inbox, &["inbox", "hop thu den", "thu den"]),
    (Role::Drafts, &["drafts", "draft", "thu nhap", "nhap"]),
    (Role::Sent, &["sent", "sent items", "sent messages", "sent mail", "thu da gui", "da gui", "muc da gui"]),
    (Role::Archive, &["archive", "archives", "all mail", "luu tru", "tat ca thu"]),
    (Role::Junk, &["junk", "spam", "junk e-mail", "junk email", "bulk mail", "thu rac"]),
    (
        Role::Trash,
        &[
            "trash",
            "deleted",
            "deleted items",
            "deleted messages",
            "bin",
            "thung rac",
            "muc da xoa",
            "thu da xoa",
        ],
    ),
];
/// Levels kept; deeper folders are cut off there.
const DEEPEST: usize = 8;
/// Octets of a name kept.
const LONGEST: usize = 200;
