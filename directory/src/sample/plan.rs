//! The sample's rows, made in memory from the data files; the same on every machine but for the ids.

use base::{
    Timestamp, fold,
    id::{AccountId, GroupId, MailboxId, PersonId, PositionId, RoomId, SiteId, UnitId},
    random::System,
};
use directory_core::{
    Account, AccountState, Address, AddressBook, Group, GroupKind, Mailbox, MailboxKind, Member, Period,
    Person, Position, Posting, Reader, Records, Room, Sending, Site, Target, Unit, UnitKind,
};

use super::names::Names;

/// Everything of the sample for mail domain `domain`.
pub(super) fn records(domain: &str, now: Timestamp) -> Records {
    let mut plan = Plan { domain, now, records: Records::default(), book: AddressBook::default() };
    plan.areas();
    plan.agencies();
    plan.divisions();
    plan.people();
    plan.technicians();
    plan.rooms();
    plan.sites();
    plan.records
}

/// The fields of each line of a `;`- or `,`-separated file, its head line left out.
pub(super) fn lines(file: &'static str, separator: char) -> impl Iterator<Item = Vec<&'static str>> {
    file.lines().skip(1).filter(|line| !line.is_empty()).map(move |line| line.split(separator).collect())
}

struct Plan<'a> {
    domain: &'a str,
    now: Timestamp,
    records: Records,
    book: AddressBook,
}

struct NewUnit<'a> {
    parent: Option<&'a str>,
    kind: UnitKind,
    code: &'a str,
    name: &'a str,
    short_name: &'a str,
    mail_code: Option<&'a str>,
    order: u32,
}

struct NewPerson<'a> {
    name: &'a str,
    unit: &'a str,
    title: &'a str,
    order: u32,
    login: &'a str,
    /// Local part of the agency mailbox that the person reads.
    reads: &'a str,
}

impl Plan<'_> {
    /// Province, districts and communes, each with its head's position and its agency mailbox.
    fn areas(&mut self) {
        for (order, fields) in (1..).zip(lines(UNITS, ',')) {
            let [code, level, kind, bare, parent] = fields[..] else { continue };
            let name = format!("UBND {} {bare}", kind.to_lowercase());
            let mail = squeezed(bare);
            let district = self.unit(parent).and_then(|unit| unit.mail_code.clone()).unwrap_or_default();
            let (unit_kind, short, mail, head, rank) = match level {
                "tinh" => (UnitKind::Province, "UBND tỉnh".to_owned(), "ubnd".to_owned(), "tỉnh", 30),
                "huyen" => (UnitKind::District, format!("{} {bare}", short_kind(kind)), mail, "", 70),
                _ => {
                    let short = format!("{} {bare}", short_kind(kind));
                    (UnitKind::Commune, short, format!("{mail}.{district}"), "", 72)
                }
            };
            let head = if head.is_empty() { kind.to_lowercase() } else { head.to_owned() };
            // Agencies stand between the province's own post and the districts.
            let order = if unit_kind == UnitKind::District { 100 + order } else { order };
            self.add_unit(NewUnit {
                parent: (!parent.is_empty()).then_some(parent),
                kind: unit_kind,
                code,
                name: &name,
                short_name: &short,
                mail_code: Some(&mail),
                order,
            });
            self.add_agency_mailbox(code);
            self.add_post(code, &format!("Chủ tịch UBND {head}"), rank);
            if unit_kind == UnitKind::Province {
                self.add_post(code, "Phó Chủ tịch UBND tỉnh", rank + 1);
            }
        }
    }

    fn agencies(&mut self) {
        for fields in lines(AGENCIES, ';') {
            let [order, name, short_name, code, mail, head] = fields[..] else { continue };
            let order = order.parse().unwrap_or(0);
            let kind = UnitKind::Agency;
            let parent = Some(PROVINCE);
            self.add_unit(NewUnit { parent, kind, code, name, short_name, mail_code: Some(mail), order });
            self.add_agency_mailbox(code);
            self.add_post(code, head, if order == 1 { 50 } else { 60 });
        }
    }

    fn divisions(&mut self) {
        for (order, fields) in (1..).zip(lines(DIVISIONS, ';')) {
            let [parent, kind, name, short_name, code] = fields[..] else { continue };
            let kind = UnitKind::parse(kind).unwrap_or(UnitKind::Division);
            self.add_unit(NewUnit {
                parent: Some(parent),
                kind,
                code,
                name,
                short_name,
                mail_code: None,
                order,
            });
        }
        for (code, name) in self.codes(UnitKind::District) {
            let area = name.trim_start_matches("UBND ");
            for (order, part, division) in
                [(1, "VP", "Văn phòng HĐND và UBND"), (2, "VHTT", "Phòng Văn hóa và Thông tin")]
            {
                self.add_unit(NewUnit {
                    parent: Some(&code),
                    kind: UnitKind::Division,
                    code: &format!("{code}.{part}"),
                    name: &format!("{division} {area}"),
                    short_name: &format!("{part} {area}"),
                    mail_code: None,
                    order,
                });
            }
        }
    }

    /// The named few of the file, then invented clerks and technicians all over the province.
    fn people(&mut self) {
        let file: Vec<_> = lines(PEOPLE, ';').collect();
        let used = file.iter().filter_map(|fields| fields.first()).map(|name| (*name).to_owned());
        let mut names = Names::new(2021, used.collect());
        for fields in &file {
            let [name, unit, title, order, login, reads] = fields[..] else { continue };
            self.add_person(NewPerson {
                name,
                unit,
                title,
                order: order.parse().unwrap_or(90),
                login,
                reads,
            });
        }
        for (code, _) in self.codes(UnitKind::Agency) {
            if code != "VPUBND" && code != "STTTT" {
                self.add_staff(&mut names, &code, "Văn thư", 91, &code);
            }
        }
        for (code, _) in self.codes(UnitKind::District) {
            let office = format!("{code}.VP");
            self.add_staff(&mut names, &office, "Văn thư", 91, &code);
            self.add_staff(&mut names, &office, TECHNICIAN, 92, "");
            let commune = self.records.units.iter().find(|unit| {
                unit.kind == UnitKind::Commune && unit.parent == self.unit(&code).map(|parent| parent.id)
            });
            if let Some(commune) = commune.map(|unit| unit.code.clone()) {
                self.add_staff(&mut names, &commune, "Công chức Văn phòng - Thống kê", 90, &commune);
            }
        }
    }

    /// One address that reaches the technicians of all sites.
    fn technicians(&mut self) {
        let posts = self.records.positions.iter().filter(|position| position.title == TECHNICIAN);
        let members = posts
            .filter_map(|position| position.person)
            .map(|person| Member { person, valid: Period::default() })
            .collect();
        let id = GroupId::new(self.now, &mut System);
        self.records.groups.push(Group {
            id,
            name: "Cán bộ kỹ thuật các điểm cầu".to_owned(),
            kind: GroupKind::List,
            rule: None,
            posting: Posting::Inside,
            members,
        });
        self.add_address("kythuat", Target::Group(id));
    }

    fn rooms(&mut self) {
        for (unit, name, place, seats) in ROOMS {
            let (id, Some(unit)) = (RoomId::new(self.now, &mut System), self.unit(unit)) else { continue };
            let room = Room { id, name: name.into(), unit: unit.id, place: place.into(), seats };
            self.records.rooms.push(room);
        }
    }

    /// One site for the province, each agency, district and commune.
    fn sites(&mut self) {
        let mut sites = Vec::new();
        for unit in self.records.units.iter().filter(|unit| !unit.kind.is_part_of_parent()) {
            let parent = self.records.units.iter().find(|parent| Some(parent.id) == unit.parent);
            let (name, short_name) = match parent.filter(|_| unit.kind == UnitKind::Commune) {
                Some(district) => {
                    let bare = district.short_name.split_once(' ').map_or("", |(_, bare)| bare);
                    let initials: String = bare.split(' ').filter_map(|word| word.chars().next()).collect();
                    (
                        format!("Điểm cầu {} ({})", unit.name, district.short_name),
                        format!("{} – {initials}", unit.short_name),
                    )
                }
                None => (format!("Điểm cầu {}", unit.name), unit.short_name.clone()),
            };
            let id = SiteId::new(self.now, &mut System);
            sites.push(Site { id, code: format!("DC-{}", unit.code), name, short_name, unit: unit.id });
        }
        self.records.sites = sites;
    }

    fn unit(&self, code: &str) -> Option<&Unit> {
        self.records.units.iter().find(|unit| unit.code == code)
    }

    /// Code and name of every unit of a kind.
    fn codes(&self, kind: UnitKind) -> Vec<(String, String)> {
        let units = self.records.units.iter().filter(|unit| unit.kind == kind);
        units.map(|unit| (unit.code.clone(), unit.name.clone())).collect()
    }

    fn add_unit(&mut self, new: NewUnit<'_>) {
        let parent = new.parent.and_then(|code| self.unit(code)).map(|unit| unit.id);
        self.records.units.push(Unit {
            id: UnitId::new(self.now, &mut System),
            parent,
            kind: new.kind,
            code: new.code.to_owned(),
            name: new.name.to_owned(),
            short_name: new.short_name.to_owned(),
            mail_code: new.mail_code.map(str::to_owned),
            order: new.order,
            valid: SINCE,
            successor: None,
        });
    }

    /// A top office: the position alone, nobody's name on it.
    fn add_post(&mut self, unit: &str, title: &str, order: u32) {
        let Some(unit) = self.unit(unit).map(|unit| unit.id) else { return };
        let id = PositionId::new(self.now, &mut System);
        let title = title.to_owned();
        self.records.positions.push(Position { id, person: None, unit, title, order, valid: SINCE });
    }

    fn add_address(&mut self, local: &str, target: Target) -> String {
        self.book.claim(local);
        let address = format!("{local}@{}", self.domain);
        self.records.addresses.push(Address { address: address.clone(), target });
        address
    }

    fn add_agency_mailbox(&mut self, unit: &str) {
        let Some(unit) = self.unit(unit).cloned() else { return };
        let id = MailboxId::new(self.now, &mut System);
        let address = self.add_address(unit.mail_code.as_deref().unwrap_or(""), Target::Mailbox(id));
        let (kind, name, unit) = (MailboxKind::Agency, unit.name, unit.id);
        self.records.mailboxes.push(Mailbox { id, kind, name, unit, person: None, address });
    }

    fn add_staff(&mut self, names: &mut Names, unit: &str, title: &str, order: u32, agency: &str) {
        let reads = self.unit(agency).and_then(|unit| unit.mail_code.clone()).unwrap_or_default();
        let name = names.next();
        self.add_person(NewPerson { name: &name, unit, title, order, login: "", reads: &reads });
    }

    fn add_person(&mut self, new: NewPerson<'_>) {
        let Some(unit) = self.unit(new.unit).cloned() else { return };
        let (now, person) = (self.now, PersonId::new(self.now, &mut System));
        let parent = self.records.units.iter().find(|parent| Some(parent.id) == unit.parent);
        let mail_code = unit.mail_code.clone().or_else(|| parent.and_then(|unit| unit.mail_code.clone()));
        let local = self.book.claim_for(new.name, &mail_code.unwrap_or_default());
        let mailbox = MailboxId::new(now, &mut System);
        let address = self.add_address(&local, Target::Mailbox(mailbox));
        let login = if new.login.is_empty() { local } else { new.login.to_owned() };
        let phone = Some(format!("0900 000 {:03}", self.records.persons.len() + 1));
        self.records.persons.push(Person { id: person, name: new.name.to_owned(), phone });
        self.records.positions.push(Position {
            id: PositionId::new(now, &mut System),
            person: Some(person),
            unit: unit.id,
            title: new.title.to_owned(),
            order: new.order,
            valid: SINCE,
        });
        self.records.accounts.push(Account {
            id: AccountId::new(now, &mut System),
            person,
            is_admin: login == "quantri",
            login,
            state: AccountState::Active,
            must_change: false,
            password_changed: now,
        });
        let (kind, name) = (MailboxKind::Personal, new.name.to_owned());
        let own = Mailbox { id: mailbox, kind, name, unit: unit.id, person: Some(person), address };
        self.records.mailboxes.push(own);
        let agency = format!("{}@{}", new.reads, self.domain);
        if let Some(agency) = self.records.mailboxes.iter().find(|mailbox| mailbox.address == agency) {
            self.records.readers.push(Reader {
                mailbox: agency.id,
                person,
                sending: Sending::As,
                valid: Period::default(),
            });
        }
    }
}

/// "Đồng Hới" → "donghoi".
fn squeezed(name: &str) -> String {
    fold::words(name).concat()
}

fn short_kind(kind: &str) -> &'static str {
    match kind {
        "Thành phố" => "TP",
        "Thị xã" => "TX",
        "Huyện" => "H.",
        "Phường" => "P.",
        "Thị trấn" => "TT.",
        _ => "X.",
    }
}

const UNITS: &str = include_str!("../../sample/units.csv");
const AGENCIES: &str = include_str!("../../sample/agencies.csv");
const DIVISIONS: &str = include_str!("../../sample/divisions.csv");
const PEOPLE: &str = include_str!("../../sample/people.csv");
/// The province's code.
const PROVINCE: &str = "44";
const TECHNICIAN: &str = "Kỹ thuật viên";
/// 1 January 2021, 00:00 UTC+7.
const SINCE: Period = Period { from: Timestamp::from_seconds(1_609_434_000), until: None };
const ROOMS: [(&str, &str, &str, u32); 6] = [
    ("VPUBND", "Phòng họp trực tuyến UBND tỉnh", "Tầng 2, trụ sở UBND tỉnh", 60),
    ("VPUBND", "Hội trường UBND tỉnh", "Tầng 1, trụ sở UBND tỉnh", 250),
    ("VPUBND", "Phòng họp số 2", "Tầng 3, trụ sở UBND tỉnh", 24),
    ("STTTT", "Phòng họp Sở Thông tin và Truyền thông", "Tầng 4", 30),
    ("450", "Phòng họp trực tuyến UBND thành phố Đồng Hới", "Tầng 2", 40),
    ("457", "Phòng họp trực tuyến UBND huyện Lệ Thủy", "Tầng 2", 40),
];
