use std::time::Duration;

use base::{
    Timestamp,
    id::{AccountId, GroupId, MailboxId, PersonId, PositionId, UnitId},
};

use super::{Records, Registry, Resolution};
use crate::{
    Account, AccountState, Address, Group, GroupKind, Mailbox, MailboxKind, Member, Period, Person, Position,
    Poster, Posting, Reach, Reader, Rule, Target, Unit, UnitKind,
};

const NOW: Timestamp = Timestamp::from_seconds(1_000);
const DOMAIN: &str = "q.example";

fn unit(id: u128, parent: Option<u128>, kind: UnitKind, name: &str, order: u32) -> Unit {
    Unit {
        id: UnitId::from_u128(id),
        parent: parent.map(UnitId::from_u128),
        kind,
        code: id.to_string(),
        name: name.into(),
        short_name: name.into(),
        mail_code: (kind == UnitKind::Agency).then(|| format!("u{id}")),
        order,
        valid: Period::default(),
        successor: None,
    }
}

fn position(id: u128, person: u128, unit: u128, order: u32) -> Position {
    Position {
        id: PositionId::from_u128(id),
        person: Some(PersonId::from_u128(person)),
        unit: UnitId::from_u128(unit),
        title: format!("Chức vụ {order}"),
        order,
        valid: Period::default(),
    }
}

fn member(person: u128, valid: Period) -> Member {
    Member { person: PersonId::from_u128(person), valid }
}

fn records() -> Records {
    let person = |id, name: &str| Person { id: PersonId::from_u128(id), name: name.into(), phone: None };
    let mailbox = |id, kind, person: Option<u128>, address: &str| Mailbox {
        id: MailboxId::from_u128(id),
        kind,
        name: address.into(),
        unit: UnitId::from_u128(2),
        person: person.map(PersonId::from_u128),
        address: format!("{address}@{DOMAIN}"),
    };
    let address = |text: &str, id: Option<u128>| Address {
        address: format!("{text}@{DOMAIN}"),
        target: id.map_or(Target::Nobody, |id| Target::Mailbox(MailboxId::from_u128(id))),
    };
    Records {
        units: vec![
            unit(4, Some(2), UnitKind::Division, "Phòng CNTT", 1),
            unit(3, Some(1), UnitKind::Agency, "Sở Y tế", 17),
            unit(2, Some(1), UnitKind::Agency, "Sở TT&TT", 11),
            unit(1, None, UnitKind::Province, "UBND tỉnh", 1),
        ],
        persons: vec![person(1, "Trần Thị Dung"), person(2, "Lê Văn Bình"), person(3, "Cao Văn An")],
        positions: vec![
            position(1, 1, 4, 90),
            position(2, 2, 4, 85),
            position(3, 2, 3, 80),
            position(4, 3, 4, 90),
        ],
        accounts: vec![Account {
            id: AccountId::from_u128(1),
            person: PersonId::from_u128(1),
            login: "dung".into(),
            is_admin: true,
            state: AccountState::Active,
            must_change: false,
            password_changed: Timestamp::from_micros(0),
        }],
        mailboxes: vec![
            mailbox(1, MailboxKind::Personal, Some(1), "dungtt.u2"),
            mailbox(2, MailboxKind::Agency, None, "u2"),
        ],
        readers: vec![Reader {
            mailbox: MailboxId::from_u128(2),
            person: PersonId::from_u128(1),
            sending: crate::Sending::As,
            valid: Period::default(),
        }],
        addresses: vec![
            address("dungtt.u2", Some(1)),
            address("u2", Some(2)),
            address("leaver.u2", None),
            Address { address: format!("all@{DOMAIN}"), target: Target::Group(GroupId::from_u128(1)) },
        ],
        groups: vec![Group {
            id: GroupId::from_u128(1),
            name: "Tất cả".into(),
            kind: GroupKind::List,
            rule: None,
            posting: Posting::Inside,
            members: [1, 2].map(|id| member(id, Period::default())).to_vec(),
        }],
        ..Records::default()
    }
}

fn registry() -> Registry {
    Registry::new(DOMAIN, records(), NOW)
}

#[test]
fn the_tree_comes_in_protocol_order() {
    let registry = registry();
    let names: Vec<_> = registry.units().iter().map(|unit| unit.name.as_str()).collect();
    assert_eq!(names, ["UBND tỉnh", "Sở TT&TT", "Phòng CNTT", "Sở Y tế"]);
    assert_eq!(registry.mail_code(UnitId::from_u128(4)), "u2");
}

#[test]
fn people_of_a_unit_come_by_rank_then_given_name() {
    let registry = registry();
    let staff = registry.staff(UnitId::from_u128(4));
    let names: Vec<_> = staff.iter().map(|c| (c.name.as_str(), c.position.as_str())).collect();
    assert_eq!(
        names,
        [("Lê Văn Bình", "Chức vụ 85"), ("Cao Văn An", "Chức vụ 90"), ("Trần Thị Dung", "Chức vụ 90")]
    );
    // The first position of two is the one of higher protocol rank.
    assert_eq!(registry.contact(PersonId::from_u128(2)).unwrap().unit_name, "Sở Y tế");
}

#[test]
fn inviting_an_agency_reaches_its_divisions_inviting_the_province_does_not_reach_agencies() {
    let registry = registry();
    assert_eq!(registry.staff_with_divisions(UnitId::from_u128(2)).len(), 3);
    assert_eq!(registry.staff_with_divisions(UnitId::from_u128(1)).len(), 0);
}

#[test]
fn addresses_resolve_to_mailboxes_and_a_leavers_address_is_dead() {
    let registry = registry();
    let resolve = |text: &str| registry.resolve(&text.parse().unwrap(), Poster::Inside(&[]));
    assert_eq!(resolve("DungTT.u2@Q.example"), Resolution::Local(vec![MailboxId::from_u128(1)]));
    assert_eq!(resolve("all@q.example"), Resolution::Local(vec![MailboxId::from_u128(1)]));
    assert_eq!(resolve("leaver.u2@q.example"), Resolution::Unknown);
    assert_eq!(resolve("nobody@q.example"), Resolution::Unknown);
    assert_eq!(resolve("u2@other.example"), Resolution::NotOurs);
    assert_eq!(resolve("Postmaster@q.example"), Resolution::Local(vec![MailboxId::from_u128(1)]));
}

#[test]
fn a_principal_reads_the_own_mailbox_and_the_agencys() {
    let registry = registry();
    let account = registry.account_by_login(" DUNG ").unwrap();
    assert_eq!(registry.account_by_login("dungtt.u2@q.example"), Some(account));
    assert_eq!(registry.account_by_login("u2@q.example"), None);
    let principal = registry.principal(account.id).unwrap();
    let kinds: Vec<_> = principal.mailboxes.iter().map(|grant| grant.kind).collect();
    assert_eq!(kinds, [MailboxKind::Personal, MailboxKind::Agency]);
}

#[test]
fn who_is_switched_off_and_what_has_ended_is_not_found() {
    let mut records = records();
    records.accounts[0].state = AccountState::Disabled;
    records.units[1].valid.until = Some(NOW);
    let registry = Registry::new(DOMAIN, records, NOW);
    assert!(registry.search("dung", 9).is_empty());
    assert!(registry.search("sở y tế", 9).is_empty());
    assert_eq!(registry.staff(UnitId::from_u128(4)).len(), 2);
}

#[test]
fn the_next_beginning_or_end_of_a_unit_or_position_is_known() {
    assert_eq!(Registry::new(DOMAIN, records(), NOW).next_change(), None);
    let (soon, later) = (NOW.plus(Duration::from_secs(60)), NOW.plus(Duration::from_secs(90)));
    let mut records = records();
    records.units[1].valid.until = Some(later);
    records.positions[0].valid.from = soon;
    assert_eq!(Registry::new(DOMAIN, records.clone(), NOW).next_change(), Some(soon));
    assert_eq!(Registry::new(DOMAIN, records.clone(), soon).next_change(), Some(later));
    assert_eq!(Registry::new(DOMAIN, records, later).next_change(), None);
}

#[test]
fn a_cycle_in_the_store_does_not_hang() {
    let mut records = records();
    records.units.push(unit(8, Some(9), UnitKind::Agency, "A", 1));
    records.units.push(unit(9, Some(8), UnitKind::Agency, "B", 1));
    assert_eq!(Registry::new(DOMAIN, records, NOW).units().len(), 4);
}

#[test]
fn a_detail_after_a_plus_and_an_old_domain_reach_the_mailbox() {
    let mut records = records();
    records.domain_aliases.push("old.example".into());
    let registry = Registry::new(DOMAIN, records, NOW);
    let resolve = |text: &str| registry.resolve(&text.parse().unwrap(), Poster::Outside);
    let dung = Resolution::Local(vec![MailboxId::from_u128(1)]);
    assert_eq!(resolve("dungtt.u2+baocao@q.example"), dung);
    assert_eq!(resolve("DungTT.u2@old.example"), dung);
    assert_eq!(resolve("leaver.u2+x@q.example"), Resolution::Unknown);
    assert_eq!(resolve("all+x@q.example"), Resolution::Unknown);
}

#[test]
fn a_list_is_closed_to_the_outside_until_it_is_opened() {
    let registry = registry();
    let all = "all@q.example".parse().unwrap();
    assert_eq!(registry.resolve(&all, Poster::Outside), Resolution::Closed(Posting::Inside));
    assert_eq!(registry.resolve(&all, Poster::Hub), Resolution::Local(vec![MailboxId::from_u128(1)]));
}

#[test]
fn a_position_reaches_todays_holder_the_acting_one_and_while_vacant_the_agency() {
    let mut records = records();
    records.positions[0].title = "Giám đốc".into();
    records.positions[0].unit = UnitId::from_u128(2);
    records.groups[0].kind = GroupKind::Position;
    records.groups[0].posting = Posting::Anyone;
    records.groups[0].rule =
        Some(Rule { unit: UnitId::from_u128(2), reach: Reach::Unit, title: "giam doc".into() });
    records.groups[0].members.clear();
    let at = |records: &Records, now| {
        Registry::new(DOMAIN, records.clone(), now)
            .resolve(&"all@q.example".parse().unwrap(), Poster::Outside)
    };
    let (holder, agency) = (MailboxId::from_u128(1), MailboxId::from_u128(2));
    assert_eq!(at(&records, NOW), Resolution::Local(vec![holder]));
    let end = NOW.plus(Duration::from_secs(60));
    records.positions[0].valid.until = Some(end);
    assert_eq!(at(&records, end), Resolution::Local(vec![agency]));
    records.accounts.clear();
    records.groups[0].members.push(member(1, Period { from: end, until: None }));
    assert_eq!(at(&records, end), Resolution::Local(vec![holder]));
    assert_eq!(Registry::new(DOMAIN, records, NOW).next_change(), Some(end));
}

#[test]
fn a_list_by_unit_finds_whoever_works_there_and_below_today() {
    let mut records = records();
    let rule = |reach, title: &str| Rule { unit: UnitId::from_u128(1), reach, title: title.into() };
    let people = |records: &Records, rule: Rule| {
        let registry = Registry::new(DOMAIN, records.clone(), NOW);
        let group = Group { rule: Some(rule), members: Vec::new(), ..records.groups[0].clone() };
        registry.people_behind(&group).len()
    };
    assert_eq!(people(&records, rule(Reach::Divisions, "")), 0);
    assert_eq!(people(&records, rule(Reach::Everything, "")), 3);
    assert_eq!(people(&records, rule(Reach::Everything, "chức vụ 90")), 2);
    records.positions[3].valid.until = Some(NOW);
    assert_eq!(people(&records, rule(Reach::Everything, "chức vụ 90")), 1);
}

#[test]
fn a_right_to_a_mailbox_begins_and_ends_at_its_dates() {
    let later = |seconds: i64| Timestamp::from_micros(NOW.as_micros() + seconds * 1_000_000);
    let opened = |valid: Period| {
        let mut records = records();
        records.accounts[0].person = PersonId::from_u128(2);
        records.readers = vec![Reader {
            mailbox: MailboxId::from_u128(1),
            person: PersonId::from_u128(2),
            sending: crate::Sending::OnBehalf,
            valid,
        }];
        let registry = Registry::new(DOMAIN, records, NOW);
        let principal = registry.principal(AccountId::from_u128(1)).unwrap();
        (principal.mailboxes, registry.next_change())
    };
    let (mailboxes, next) = opened(Period { from: later(-60), until: Some(later(60)) });
    assert!(mailboxes[0].delegated);
    assert!(!mailboxes[0].may_send, "who has no address of his own cannot put it beside another's");
    assert_eq!(next, Some(later(60)), "it ends without anybody doing anything");
    assert!(opened(Period { from: later(60), until: None }).0.is_empty());
    assert!(opened(Period { from: later(-60), until: Some(NOW) }).0.is_empty());
}

#[test]
fn letters_may_be_from_aliases_and_from_positions_held_today() {
    let mut records = records();
    records.addresses.push(Address {
        address: format!("motcua@{DOMAIN}"),
        target: Target::Mailbox(MailboxId::from_u128(1)),
    });
    records
        .addresses
        .push(Address { address: format!("truc@{DOMAIN}"), target: Target::Group(GroupId::from_u128(2)) });
    let held = |valid| Group {
        id: GroupId::from_u128(2),
        name: "Trực ban".into(),
        kind: GroupKind::Position,
        rule: None,
        posting: Posting::Anyone,
        members: vec![member(1, valid)],
    };
    let aliases = |records: &Records| {
        let registry = Registry::new(DOMAIN, records.clone(), NOW);
        registry.principal(AccountId::from_u128(1)).unwrap().mailboxes[0].aliases.clone()
    };
    records.groups.push(held(Period::default()));
    assert_eq!(aliases(&records), [format!("motcua@{DOMAIN}"), format!("truc@{DOMAIN}")]);
    records.groups[1] = held(Period { from: Timestamp::from_micros(0), until: Some(NOW) });
    assert_eq!(aliases(&records), [format!("motcua@{DOMAIN}")]);
}
