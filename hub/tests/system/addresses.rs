//! Aliases, lists and position addresses, from the command line and the console to the letters.

use serde_json::json;
use testkit::{Client, Hub, PASSWORD};

use crate::{administration::text, hub, jmap::Mailbox, mail_programs::address, strangers};

/// A stranger's letter; what the server said when it refused, nothing when it took it.
fn from_outside(hub: &Hub, to: &str, subject: &str) -> String {
    let reply = strangers::bring(hub, to, subject, "Kính gửi./.", None);
    if reply.starts_with("250") { String::new() } else { reply }
}

#[test]
fn an_alias_and_a_detail_reach_the_mailbox_and_a_removed_alias_is_nobody_elses() {
    let hub = hub(&[]);
    let clerk = Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD);
    let (own, mailbox) = (address(&clerk), Mailbox::personal(&clerk));
    let other = address(&Client::signed_in(hub.address("http"), "chutri", PASSWORD));
    let alias = text(&hub.admin(&["address", "add", "--mailbox", &own, "--address", "motcua"]));
    assert_eq!(alias, "motcua@quangbinh.example");
    assert_eq!(from_outside(&hub, &alias, "Gửi bí danh"), "");
    mailbox.expect("Gửi bí danh");
    assert_eq!(from_outside(&hub, &own.replace('@', "+baocao@"), "Gửi kèm nhãn"), "");
    mailbox.expect("Gửi kèm nhãn");
    text(&hub.admin(&["address", "add-domain", "quangbinh-cu.example"]));
    assert_eq!(from_outside(&hub, "motcua@quangbinh-cu.example", "Tên miền cũ"), "");
    mailbox.expect("Tên miền cũ");

    text(&hub.admin(&["address", "remove", &alias]));
    assert!(from_outside(&hub, &alias, "Sau khi bỏ").starts_with("550 5.1.1"));
    let taken = hub.admin(&["address", "add", "--mailbox", &other, "--address", "motcua"]);
    assert!(String::from_utf8_lossy(&taken.stderr).contains("đã được cấp"), "{taken:?}");
    text(&hub.admin(&["address", "add", "--mailbox", &own, "--address", "motcua"]));
    assert!(!hub.admin(&["address", "remove", &own]).status.success(), "a primary address stays");
    let audit = text(&hub.admin(&["audit"]));
    assert!(audit.contains("Thêm bí danh motcua@") && audit.contains("Bỏ bí danh motcua@"), "{audit}");
}

#[test]
fn a_list_is_closed_to_the_outside_with_words_and_reaches_everybody_inside() {
    let hub = hub(&[]);
    let staff = Client::signed_in(hub.address("http"), "quantri", PASSWORD);
    let clerk = Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD);
    let units = clerk.get("/api/directory/units").json();
    let unit =
        units.as_array().unwrap().iter().find(|unit| unit["shortName"] == "STTTT").unwrap()["id"].clone();
    let list = json!({
        "kind": "list", "address": "tatca.stttt", "name": "Toàn Sở", "unit": unit,
        "reach": "divisions", "posting": "inside",
    });
    let made = staff.post("/api/admin/groups", &list);
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    assert_eq!(clerk.post("/api/admin/groups", &list).status, 403);
    let shown = staff.get("/api/admin/groups?kind=list&q=tatca").json();
    assert!(shown["items"][0]["count"].as_u64().unwrap() > 2, "{shown}");

    let to = "tatca.stttt@quangbinh.example";
    let refused = from_outside(&hub, to, "Thư rác");
    assert!(refused.starts_with("550 5.7.2") && refused.contains("trong he thong"), "{refused}");
    let outsider = Client::signed_in(hub.address("http"), "chutri", PASSWORD);
    crate::power_cut::send(&Mailbox::personal(&outsider), &address(&outsider), to, "Họp toàn Sở");
    Mailbox::personal(&clerk).expect("Họp toàn Sở");

    let path = format!("/api/admin/groups/{}", shown["items"][0]["id"].as_str().unwrap());
    let change = |posting: &str, name: &str| json!({ "name": name, "unit": unit, "reach": "divisions", "title": "", "posting": posting });
    let put = |who: &Client, body: &serde_json::Value| who.send("PUT", &path, Some(body)).status;
    assert_eq!(put(&clerk, &change("anyone", "Toàn Sở")), 403);
    assert_eq!(put(&staff, &change("anyone", " ")), 422, "a list has a name");
    assert!(from_outside(&hub, to, "Vẫn đóng").starts_with("550 5.7.2"));
    assert_eq!(put(&staff, &change("anyone", "Toàn thể Sở")), 204);
    assert_eq!(from_outside(&hub, to, "Đã mở"), "");
    Mailbox::personal(&clerk).expect("Đã mở");
    assert_eq!(staff.get("/api/admin/groups?kind=list&q=toan+the").json()["items"][0]["posting"], "anyone");
    text(&hub.admin(&["list", "change", to, "--posting", "members"]));
    assert!(from_outside(&hub, to, "Lại đóng").starts_with("550 5.7.2"), "what was not said stayed");
    let audit = text(&hub.admin(&["audit"]));
    assert!(audit.contains("Sửa địa chỉ của “Toàn thể Sở”; được gửi: chỉ thành viên"), "{audit}");
    assert!(audit.contains("Sửa địa chỉ của “Toàn thể Sở”; được gửi: cả người ngoài hệ thống"), "{audit}");
}

#[test]
fn a_position_address_reaches_the_acting_holder_and_the_agency_while_it_is_vacant() {
    let hub = hub(&[]);
    let clerk = Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD);
    let position = [
        "list",
        "create",
        "--kind",
        "position",
        "--address",
        "thanhtra.stttt",
        "--name",
        "Chánh Thanh tra Sở",
        "--unit",
        "STTTT",
        "--reach",
        "unit",
        "--title",
        "Chánh Thanh tra (chưa bổ nhiệm)",
    ];
    text(&hub.admin(&position));
    let to = "thanhtra.stttt@quangbinh.example";
    assert_eq!(from_outside(&hub, to, "Khi chưa có người"), "");
    Mailbox::agency(&clerk).expect("Khi chưa có người");
    text(&hub.admin(&["list", "add-member", to, "--login", "thuky"]));
    assert_eq!(from_outside(&hub, to, "Khi có người phụ trách"), "");
    let acting = Client::signed_in(hub.address("http"), "thuky", PASSWORD);
    Mailbox::personal(&acting).expect("Khi có người phụ trách");
    assert!(Mailbox::agency(&clerk).letters("Khi có người phụ trách").is_empty());
    text(&hub.admin(&[
        "list",
        "add-member",
        to,
        "--login",
        "thuky",
        "--from",
        "2020-01-01T00:00:00Z",
        "--until",
        "2020-02-01T00:00:00Z",
    ]));
    assert_eq!(from_outside(&hub, to, "Khi hết thời hạn"), "");
    Mailbox::agency(&clerk).expect("Khi hết thời hạn");
    text(&hub.admin(&["list", "remove", to]));
    assert!(from_outside(&hub, to, "Sau khi xóa").starts_with("550 5.1.1"));
}
