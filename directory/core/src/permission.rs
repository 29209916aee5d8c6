//! The one place where "who may do what to which thing" is decided.

use base::id::{AccountId, MailboxId};

use crate::Principal;

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Look people, units and rooms up.
    Read,
    /// Create, reset, disable, enable; read the audit list.
    Administer,
    /// Read the letters of a mailbox.
    ReadMail,
    /// Send in a mailbox's name.
    SendMail,
    /// See and end sessions, change the password.
    ManageAccount,
}

/// What it would be done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    /// The directory as a whole.
    Directory,
    /// A mailbox's letters.
    Mailbox(MailboxId),
    /// An account.
    Account(AccountId),
}

/// Whether `principal` may do `action` to `object`.
///
/// Administrators run the directory but do not read other people's letters, and a person's own
/// sessions and password are that person's alone: IT staff reset and disable, they do not impersonate.
pub fn may(principal: &Principal, action: Action, object: Object) -> bool {
    let grant = |id| principal.mailboxes.iter().find(|grant| grant.mailbox == id);
    match (action, object) {
        (Action::Read, Object::Directory) => true,
        (Action::Administer, Object::Directory | Object::Account(_)) => principal.is_admin,
        (Action::ReadMail, Object::Mailbox(id)) => grant(id).is_some(),
        (Action::SendMail, Object::Mailbox(id)) => grant(id).is_some_and(|grant| grant.may_send),
        (Action::ManageAccount, Object::Account(id)) => principal.account == id,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use base::id::{AccountId, MailboxId};

    use super::{Action, Object, may};
    use crate::{MailboxGrant, MailboxKind, Principal};

    #[test]
    fn administrators_run_the_directory_but_read_no_foreign_mail() {
        let admin = Principal::system("root");
        assert!(may(&admin, Action::Administer, Object::Directory));
        assert!(!may(&admin, Action::ReadMail, Object::Mailbox(MailboxId::from_u128(7))));
        assert!(!may(&admin, Action::ManageAccount, Object::Account(AccountId::from_u128(9))));
    }

    #[test]
    fn a_reader_without_the_right_to_send_only_reads() {
        let mut clerk = Principal::system("x");
        clerk.is_admin = false;
        let mailbox = MailboxId::from_u128(7);
        clerk.mailboxes.push(MailboxGrant {
            mailbox,
            address: "stttt@quangbinh.example".into(),
            name: "Sở".into(),
            kind: MailboxKind::Agency,
            may_send: false,
            aliases: Vec::new(),
            sender: None,
            delegated: false,
        });
        assert!(may(&clerk, Action::ReadMail, Object::Mailbox(mailbox)));
        assert!(!may(&clerk, Action::SendMail, Object::Mailbox(mailbox)));
        assert!(!may(&clerk, Action::Administer, Object::Directory));
    }
}
