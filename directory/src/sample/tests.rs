use std::collections::HashMap;

use base::Timestamp;
use directory_core::{Registry, UnitKind, check_password, compare_people};

use super::{SAMPLE_PASSWORD, WELL_KNOWN, plan};

const DOMAIN: &str = "quangbinh.example";

fn registry() -> Registry {
    let now = Timestamp::now();
    Registry::new(DOMAIN, plan::records(DOMAIN, now), now)
}

#[test]
fn the_province_has_its_districts_and_communes() {
    let registry = registry();
    let mut counts: HashMap<UnitKind, usize> = HashMap::new();
    for unit in registry.units() {
        *counts.entry(unit.kind).or_default() += 1;
    }
    assert_eq!(counts[&UnitKind::Province], 1);
    assert_eq!(counts[&UnitKind::District], 8);
    assert_eq!(counts[&UnitKind::Commune], 151);
    assert_eq!(registry.sites().len(), 1 + 22 + 8 + 151);
    let site = registry.sites().iter().find(|site| site.code == "DC-18889").unwrap();
    assert_eq!(site.name, "Điểm cầu UBND xã Bảo Ninh (TP Đồng Hới)");
    assert_eq!(site.short_name, "X. Bảo Ninh – ĐH");
}

#[test]
fn agencies_stand_in_protocol_order_before_the_districts() {
    let registry = registry();
    let under_province: Vec<_> =
        registry.units().iter().filter(|unit| unit.parent == Some(registry.units()[0].id)).collect();
    let agencies: Vec<_> = under_province.iter().take(22).map(|unit| unit.short_name.as_str()).collect();
    assert_eq!(agencies.first(), Some(&"VPUBND"));
    assert_eq!(agencies[10], "STTTT");
    assert_eq!(agencies.last(), Some(&"BQLVQG"));
    assert!(under_province.iter().take(22).all(|unit| unit.kind == UnitKind::Agency));
    assert_eq!(under_province.len(), 22 + 8);
    let office = registry.unit_by_code("VPUBND").unwrap().id;
    assert_eq!(registry.unit_address(office).as_deref(), Some("vpubnd@quangbinh.example"));
}

#[test]
fn no_made_up_name_stands_on_a_top_office() {
    let records = plan::records(DOMAIN, Timestamp::now());
    for position in records.positions.iter().filter(|position| position.order < 80) {
        let holder = position.person.map(|id| {
            records.persons.iter().find(|person| person.id == id).map_or("?", |person| person.name.as_str())
        });
        assert!(holder.is_none_or(|name| name.starts_with("Họ tên mẫu")), "{} {holder:?}", position.title);
    }
}

#[test]
fn people_are_spread_and_two_share_a_name_in_one_division() {
    let registry = registry();
    let people = registry.everybody();
    assert_eq!(people.len(), 60);
    let namesakes: Vec<_> = people.iter().filter(|person| person.name == "Nguyễn Quang Dũng").collect();
    assert_eq!(namesakes.len(), 2);
    assert_eq!(namesakes[0].unit, namesakes[1].unit);
    assert_ne!(namesakes[0].address, namesakes[1].address);
    assert!(people.windows(2).all(|pair| compare_people(&pair[0].name, &pair[1].name).is_le()));
    let clerks = registry.mailboxes().into_iter().find(|m| m.address == "stttt@quangbinh.example").unwrap();
    assert_eq!(registry.readers(clerks).len(), 2);
    assert!(people.iter().all(|person| person.address.is_some()));
}

#[test]
fn the_sample_password_is_one_the_policy_admits() {
    let registry = registry();
    for (login, _) in WELL_KNOWN {
        let principal = registry.principal(registry.account_by_login(login).unwrap().id).unwrap();
        assert_eq!(check_password(SAMPLE_PASSWORD, &principal.name, login), Ok(()), "{login}");
        assert_eq!(principal.is_admin, login == "quantri");
    }
}

#[test]
fn names_that_fold_alike_are_told_apart() {
    let registry = registry();
    let found = registry.search("quang phu", 2);
    let lines: Vec<_> = found.iter().map(|entry| format!("{}, {}", entry.name, entry.detail)).collect();
    assert_eq!(
        lines,
        ["UBND xã Quang Phú, UBND thành phố Đồng Hới", "UBND xã Quảng Phú, UBND huyện Quảng Trạch"]
    );
    let first = |query: &str| registry.search(query, 1).pop().map(|entry| entry.name).unwrap_or_default();
    assert_eq!(first("Quảng Phú"), "UBND xã Quảng Phú");
    assert_eq!(first("quảng tiên"), "UBND xã Quảng Tiên");
    assert_eq!(first("minh hoá"), "UBND huyện Minh Hóa");
    assert_eq!(first("ba đồn"), "UBND thị xã Ba Đồn");
    assert_eq!(first("stttt"), "Sở Thông tin và Truyền thông");
    assert_eq!(first("ubnd tp dh"), "UBND thành phố Đồng Hới");
}
