//! TypeScript for the web client, made from the types that cross the wire.
//!
//! `cargo xtask types` writes `web-client/src/generated/`; the ordinary test fails when it is stale.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use base::{
    AccountId, AppPasswordId, AuditId, GroupId, MailboxId, MeetingId, PersonId, RoomId, SeatId, SessionId,
    SiteId, Timestamp, UnitId,
};
use ts_rs::{Config, TS, TypeVisitor};

/// Gathers the declaration of every type reachable from the ones it is shown, each once.
#[derive(Default)]
struct Declarations {
    config: Config,
    seen: BTreeSet<String>,
    /// By name: the order in which types are visited differs between builds.
    lines: BTreeMap<String, String>,
}

impl Declarations {
    fn add<T: TS + 'static + ?Sized>(&mut self) {
        // Only named types of ours have a file of their own; primitives and containers do not.
        if T::output_path().is_none() || !self.seen.insert(T::ident(&self.config)) {
            return;
        }
        let docs = T::docs().map(|docs| format!("{}\n", docs.trim_end())).unwrap_or_default();
        self.lines.insert(T::ident(&self.config), format!("{docs}export {}", T::decl(&self.config)));
        T::visit_dependencies(self);
    }

    fn text(&self, known_elsewhere: &[String], from: &str) -> String {
        let imports: Vec<&str> =
            known_elsewhere.iter().map(String::as_str).filter(|name| self.mentions(name)).collect();
        let import = match imports.as_slice() {
            [] => String::new(),
            names => format!("import type {{ {} }} from './{from}';\n\n", names.join(", ")),
        };
        format!(
            "{HEAD}{import}{}\n",
            self.lines.values().map(String::as_str).collect::<Vec<_>>().join("\n\n")
        )
    }

    fn mentions(&self, name: &str) -> bool {
        self.lines
            .values()
            .any(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name))
    }
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        self.add::<T>();
    }
}

fn new() -> Declarations {
    Declarations { config: Config::new().with_large_int("number"), ..Declarations::default() }
}

/// The meeting protocol, and the nouns everything shares.
fn protocol() -> Declarations {
    let mut all = new();
    all.add::<signaling_protocol::ClientFrame>();
    all.add::<signaling_protocol::ClientMessage>();
    all.add::<signaling_protocol::ServerMessage>();
    all.add::<Timestamp>();
    all.add::<AccountId>();
    all.add::<AppPasswordId>();
    all.add::<AuditId>();
    all.add::<GroupId>();
    all.add::<MailboxId>();
    all.add::<MeetingId>();
    all.add::<PersonId>();
    all.add::<RoomId>();
    all.add::<SeatId>();
    all.add::<SessionId>();
    all.add::<SiteId>();
    all.add::<UnitId>();
    all
}

/// The REST interface.
fn rest(protocol: &Declarations) -> Declarations {
    let mut all = new();
    all.seen.clone_from(&protocol.seen);
    all.add::<directory_core::DirectoryEntry>();
    all.add::<directory::view::SessionView>();
    all.add::<directory::view::SignInRequest>();
    all.add::<directory::view::PasswordRequest>();
    all.add::<directory::view::SessionEntry>();
    all.add::<directory::view::SecondFactorView>();
    all.add::<directory::view::SecondFactorProposal>();
    all.add::<directory::view::SecondFactorPasswordRequest>();
    all.add::<directory::view::SecondFactorCodeRequest>();
    all.add::<directory::view::RecoveryCodesView>();
    all.add::<directory::view::AppPasswordView>();
    all.add::<directory::view::NewAppPasswordRequest>();
    all.add::<directory::view::IssuedAppPasswordView>();
    all.add::<directory::view::UnitView>();
    all.add::<directory::view::PersonView>();
    all.add::<directory::view::RoomView>();
    all.add::<directory::view::AdminPersonView>();
    all.add::<directory::view::NewPersonRequest>();
    all.add::<directory::view::CreatedPersonView>();
    all.add::<directory::view::TemporaryPasswordView>();
    all.add::<directory::view::NewRoomRequest>();
    all.add::<directory::view::AdminMailboxView>();
    all.add::<directory::view::QuotaRequest>();
    all.add::<directory::view::AliasView>();
    all.add::<directory::view::NewAliasRequest>();
    all.add::<directory::view::GroupView>();
    all.add::<directory::view::NewGroupRequest>();
    all.add::<directory::view::GroupChangeRequest>();
    all.add::<directory::view::NewGroupMemberRequest>();
    all.add::<directory::view::DelegationsView>();
    all.add::<directory::view::NewDelegationRequest>();
    all.add::<directory::view::AuditView>();
    all.add::<directory::view::Page<directory::view::AuditView>>();
    all.add::<mail_gateway::quarantine::Held>();
    all.add::<mail_gateway::quarantine::Opened>();
    all.add::<crate::quarantine::web::ReleasedView>();
    all.add::<mail_gateway::Queued>();
    all.add::<crate::queue::web::QueueActRequest>();
    all.add::<crate::queue::web::QueueActedView>();
    all.add::<signaling::MeetingSummary>();
    all.add::<signaling::MeetingDetail>();
    all.add::<signaling::NewMeeting>();
    all.add::<signaling::MeetingChange>();
    all.add::<signaling::EntryView>();
    all.add::<signaling::GuestLink>();
    all.add::<signaling::NewGuestLink>();
    all.add::<signaling::AnswerRequest>();
    all.add::<signaling::GuestLinkView>();
    all.add::<signaling::InviteeView>();
    all.add::<signaling::ErrorBody>();
    all
}

#[test]
fn typescript_types_are_current() {
    let protocol = protocol();
    let rest = rest(&protocol);
    let known: Vec<String> = protocol.seen.iter().cloned().collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web-client/src/generated");
    for (name, text) in [("protocol.ts", protocol.text(&[], "")), ("rest.ts", rest.text(&known, "protocol"))]
    {
        let path = folder.join(name);
        if std::env::var_os("WRITE_TYPES").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let current = fs::read_to_string(&path).unwrap_or_default();
        assert!(current == text, "{name} is stale: run `cargo xtask types`");
    }
}

const HEAD: &str = "// Generated from the hub's Rust types by `cargo xtask types`. Do not edit.\n\n";
