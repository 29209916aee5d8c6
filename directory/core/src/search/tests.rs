use super::{DirectoryEntry, EntryKind, Index};

fn unit(index: &mut Index, name: &str, parent: &str, short: &str, order: u32) {
    let entry = DirectoryEntry {
        kind: EntryKind::Unit,
        id: order.to_string(),
        name: name.into(),
        detail: parent.into(),
        address: None,
    };
    index.add_unit(entry, short, order);
}

fn person(index: &mut Index, name: &str, detail: &str, address: &str, order: u32) {
    let entry = DirectoryEntry {
        kind: EntryKind::Person,
        id: order.to_string(),
        name: name.into(),
        detail: detail.into(),
        address: Some(address.into()),
    };
    index.add_person(entry, "", order);
}

fn province() -> Index {
    let mut index = Index::default();
    for (order, (name, parent, short)) in [
        ("UBND tỉnh Quảng Bình", "", "UBND tỉnh"),
        ("Sở Kế hoạch và Đầu tư", "UBND tỉnh Quảng Bình", "SKHĐT"),
        ("Sở Thông tin và Truyền thông", "UBND tỉnh Quảng Bình", "STTTT"),
        ("UBND thành phố Đồng Hới", "UBND tỉnh Quảng Bình", "TP Đồng Hới"),
        ("UBND xã Quang Phú", "UBND thành phố Đồng Hới", "X. Quang Phú"),
        ("UBND huyện Minh Hóa", "UBND tỉnh Quảng Bình", "H. Minh Hóa"),
        ("UBND xã Minh Hóa", "UBND huyện Minh Hóa", "X. Minh Hóa"),
        ("UBND huyện Quảng Trạch", "UBND tỉnh Quảng Bình", "H. Quảng Trạch"),
        ("UBND xã Quảng Phú", "UBND huyện Quảng Trạch", "X. Quảng Phú"),
        ("UBND xã Quảng Tiến", "UBND huyện Quảng Trạch", "X. Quảng Tiến"),
        ("UBND huyện Quảng Ninh", "UBND tỉnh Quảng Bình", "H. Quảng Ninh"),
        ("UBND thị xã Ba Đồn", "UBND tỉnh Quảng Bình", "TX Ba Đồn"),
        ("UBND phường Ba Đồn", "UBND thị xã Ba Đồn", "P. Ba Đồn"),
        ("UBND xã Quảng Tiên", "UBND thị xã Ba Đồn", "X. Quảng Tiên"),
    ]
    .into_iter()
    .enumerate()
    {
        unit(&mut index, name, parent, short, order as u32);
    }
    person(&mut index, "Trần Thị Mỹ Hạnh", "Chuyên viên, Sở Tài chính", "hanhttm.stc@q.example", 100);
    person(&mut index, "Lý Hạnh", "Văn thư, Sở Tài chính", "hanhl.stc@q.example", 101);
    person(&mut index, "Hồ Văn Hạnh Phúc", "Chuyên viên, Sở Y tế", "phuchvh.syt@q.example", 102);
    index
}

fn names(query: &str) -> Vec<String> {
    province().search(query, 20).into_iter().map(|entry| entry.name).collect()
}

#[test]
fn accents_decide_between_units_that_fold_alike() {
    assert_eq!(names("quang phu"), ["UBND xã Quang Phú", "UBND xã Quảng Phú"]);
    assert_eq!(names("Quảng Phú"), ["UBND xã Quảng Phú", "UBND xã Quang Phú"]);
    assert_eq!(names("xã quảng phú"), ["UBND xã Quảng Phú", "UBND xã Quang Phú"]);
    assert_eq!(names("quảng tiên"), ["UBND xã Quảng Tiên", "UBND xã Quảng Tiến"]);
    assert_eq!(names("quảng tiến"), ["UBND xã Quảng Tiến", "UBND xã Quảng Tiên"]);
}

#[test]
fn equal_names_come_in_protocol_order_and_say_their_parent() {
    let found = province().search("minh hoá", 20);
    let lines: Vec<_> = found.iter().map(|entry| (entry.name.as_str(), entry.detail.as_str())).collect();
    assert_eq!(
        lines,
        [("UBND huyện Minh Hóa", "UBND tỉnh Quảng Bình"), ("UBND xã Minh Hóa", "UBND huyện Minh Hóa")]
    );
    assert_eq!(names("ba don").first().map(String::as_str), Some("UBND thị xã Ba Đồn"));
}

#[test]
fn the_typed_forms_of_an_accent_are_one() {
    for typed in ["Minh Hóa", "Minh Hoá", "Minh Hoa\u{301}", "MINH HÓA", "minh hoa"] {
        assert_eq!(names(typed).len(), 2, "{typed}");
    }
    assert_eq!(names("my hanh"), names("mi hanh"));
    assert_eq!(names("lí hạnh"), ["Lý Hạnh"]);
}

#[test]
fn abbreviations_find_their_unit() {
    for (typed, name) in [
        ("stttt", "Sở Thông tin và Truyền thông"),
        ("Sở TT&TT", "Sở Thông tin và Truyền thông"),
        ("skhđt", "Sở Kế hoạch và Đầu tư"),
        ("ubnd tp dh", "UBND thành phố Đồng Hới"),
        ("tp dong hoi", "UBND thành phố Đồng Hới"),
        ("ủy ban nhân dân huyện quảng ninh", "UBND huyện Quảng Ninh"),
        ("p. ba đồn", "UBND phường Ba Đồn"),
    ] {
        assert_eq!(names(typed).first().map(String::as_str), Some(name), "{typed}");
    }
}

#[test]
fn people_are_found_by_name_initials_unit_and_address() {
    assert_eq!(names("hạnh"), ["Trần Thị Mỹ Hạnh", "Lý Hạnh", "Hồ Văn Hạnh Phúc"]);
    assert_eq!(names("ttmh"), ["Trần Thị Mỹ Hạnh"]);
    assert_eq!(names("hạnh y tế"), ["Hồ Văn Hạnh Phúc"]);
    assert_eq!(names("hanhl.stc"), ["Lý Hạnh"]);
    assert!(names("không có ai").is_empty());
    assert!(names(" , ").is_empty());
}
