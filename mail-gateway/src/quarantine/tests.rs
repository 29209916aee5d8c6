//! Letters that are held, and what becomes of them.

use base::Timestamp;
use std::time::Duration;

use super::*;
use crate::{
    quarantine::Fate,
    tests::{AN, BINH, Hub, letters, name_server, talk::Talk},
};

/// A stranger's letter with a program.
const LETTER: &str = "From: Phòng Kế toán <la@la.example>\r\nSubject: Hoa don https://la.example\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nMo tep ngay\r\n--x\r\n\
    Content-Type: application/octet-stream\r\n\
    Content-Disposition: attachment; filename=\"hoa-don.pdf.exe\"\r\n\r\ncontent\r\n--x--\r\n";

async fn bring(hub: &Hub, to: &[&str]) -> String {
    let mut talk = Talk::clear(hub.serving.address("smtp").unwrap()).await;
    talk.say("EHLO la.example").await;
    talk.letter("la@la.example", to, LETTER).await
}

#[tokio::test]
async fn a_program_from_outside_is_held_found_read_and_released_once() {
    let hub = Hub::start(|_| {}).await;
    let answer = bring(&hub, &["an@tinh.example", "binh@tinh.example"]).await;
    assert!(answer.starts_with("250 2.0.0"), "{answer}");
    assert!(letters(&hub.mail, AN).await.is_empty(), "nobody has it");
    let (found, count) = hub.mail.held("hóa đơn an@tinh", 0, 50).await.unwrap();
    assert_eq!(
        (count, found[0].reason.as_str(), found[0].detail.as_str()),
        (1, "program", "hoa-don.pdf.exe")
    );
    assert_eq!(found[0].recipients, ["an@tinh.example", "binh@tinh.example"]);
    assert_eq!(hub.mail.held("100%", 0, 50).await.unwrap().1, 0, "a wildcard finds nothing by itself");
    let opened = hub.mail.open_held(&found[0].id).await.unwrap();
    assert_eq!(opened.author, "Phòng Kế toán <la@la.example>");
    assert_eq!((opened.text.trim(), opened.files[0].name.as_str()), ("Mo tep ngay", "hoa-don.pdf.exe"));

    let report = hub.mail.store().verify(false, Timestamp::now()).await.unwrap();
    assert!(report.is_sound(), "{report}");
    let Fate::Released(released) = hub.mail.release_held(&found[0].id).await.unwrap() else { panic!() };
    assert_eq!((released.delivered.len(), released.gone.len()), (2, 0));
    let got = letters(&hub.mail, AN).await;
    assert!(got.len() == 1 && got[0].contains("Mo tep ngay"), "{got:?}");
    assert_eq!(letters(&hub.mail, BINH).await.len(), 1);
    assert!(matches!(hub.mail.release_held(&found[0].id).await, Err(StoreError::NotFound)));
}

#[tokio::test]
async fn a_deleted_and_an_old_held_letter_leave_nothing_on_disk() {
    let hub = Hub::start(|_| {}).await;
    bring(&hub, &["an@tinh.example"]).await;
    let (found, _) = hub.mail.held("", 0, 50).await.unwrap();
    assert_eq!(hub.mail.store().sweep(later(1)).await.unwrap(), 0, "what is held is not swept");
    hub.mail.delete_held(&found[0].id).await.unwrap();
    assert_eq!(hub.mail.store().sweep(later(1)).await.unwrap(), 1, "nothing names its body any more");
    assert!(matches!(hub.mail.delete_held(&found[0].id).await, Err(StoreError::NotFound)));

    bring(&hub, &["an@tinh.example"]).await;
    assert_eq!(hub.mail.expire_held(later(29)).await.unwrap(), 0);
    assert_eq!(hub.mail.expire_held(later(31)).await.unwrap(), 1);
    assert_eq!(hub.mail.held("", 0, 50).await.unwrap().1, 0);
}

#[tokio::test]
async fn an_addressee_is_told_once_a_day_without_a_link_to_follow() {
    let hub = Hub::start(|_| {}).await;
    bring(&hub, &["an@tinh.example"]).await;
    bring(&hub, &["an@tinh.example"]).await;
    assert_eq!(hub.mail.tell_of_held(later(0)).await.unwrap(), 1);
    bring(&hub, &["an@tinh.example"]).await;
    assert_eq!(hub.mail.tell_of_held(later(0)).await.unwrap(), 0, "not twice a day");
    assert_eq!(letters(&hub.mail, AN).await.len(), 1);
    assert_eq!(hub.mail.tell_of_held(later(2)).await.unwrap(), 1);
    assert_eq!(hub.mail.tell_of_held(later(4)).await.unwrap(), 0, "each letter is told of once");
    let told = letters(&hub.mail, AN).await;
    let text = mail_parser::MessageParser::new().parse(&told[0]).unwrap().body_text(0).unwrap().into_owned();
    assert!(text.starts_with("2 thư từ bên ngoài gửi đến an@tinh.example"), "{text}");
    assert!(text.contains("hoa-don.pdf.exe") && !text.contains("https://"), "{text}");
}

#[tokio::test]
async fn policy_refuses_programs_and_holds_what_its_domain_calls_suspect() {
    let records = [("nghi.example", "v=spf1 -all"), ("_dmarc.nghi.example", "v=DMARC1; p=quarantine")];
    let server = name_server::with_texts(&records).await;
    let hub = Hub::start(|config| {
        config.resolvers = vec![server];
        config.trusted_peers.clear();
        config.checks.programs = crate::checks::Harmful::Refuse;
        config.checks.suspects = crate::checks::Suspects::Hold;
    })
    .await;
    let answer = bring(&hub, &["an@tinh.example"]).await;
    assert!(answer.starts_with("550") && answer.contains("hoa-don.pdf.exe"), "{answer}");
    let mut talk = Talk::clear(hub.serving.address("smtp").unwrap()).await;
    talk.say("EHLO may.khac.example").await;
    let letter = "From: ai@nghi.example\r\nSubject: a\r\n\r\nx";
    assert!(talk.letter("ai@nghi.example", &["an@tinh.example"], letter).await.starts_with("250"));
    let (found, _) = hub.mail.held("", 0, 50).await.unwrap();
    assert_eq!((found[0].reason.as_str(), found[0].detail.as_str()), ("suspect", "nghi.example"));
    assert!(hub.mail.open_held(&found[0].id).await.unwrap().checks.contains("spf=fail"));
    assert!(letters(&hub.mail, AN).await.is_empty());
}

fn later(days: u64) -> Timestamp {
    Timestamp::now().plus(Duration::from_secs(days * 24 * 3600 + 60))
}
