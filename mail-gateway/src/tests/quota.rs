//! Mailboxes that are full, or nearly.

use super::{talk::Talk, *};
use crate::{SubmitError, store::Quotas};

const LETTER: &str = "From: xa@khac.example\r\nSubject: a\r\n\r\nx";

async fn offer(hub: &Hub, size: &str, to: &str) -> String {
    let mut talk = Talk::clear(hub.serving.address("smtp").unwrap()).await;
    talk.say("EHLO khac.example").await;
    assert!(talk.say(&format!("MAIL FROM:<xa@khac.example>{size}")).await.starts_with("250"));
    talk.say(&format!("RCPT TO:<{to}>")).await
}

#[tokio::test]
async fn what_does_not_fit_is_refused_at_rcpt_and_a_list_still_gets_it() {
    let hub = Hub::start(|config| config.quotas = Quotas { person: 4000, agency: 4000 }).await;
    let answer = offer(&hub, " SIZE=5000", "an@tinh.example").await;
    assert!(answer.starts_with("552 5.2.2"), "{answer}");
    assert!(offer(&hub, " SIZE=3000", "an@tinh.example").await.starts_with("250"));
    hub.mail.store().set_quota(AN, Some(0)).await.unwrap();
    assert!(offer(&hub, " SIZE=100", "an@tinh.example").await.starts_with("552 5.2.2"));
    hub.mail.store().set_quota(AN, Some(300)).await.unwrap();
    let mut talk = Talk::clear(hub.serving.address("smtp").unwrap()).await;
    talk.say("EHLO khac.example").await;
    assert!(talk.letter("xa@khac.example", &["an@tinh.example"], LETTER).await.starts_with("250"));
    let answer = offer(&hub, " SIZE=200", "an@tinh.example").await;
    assert!(answer.starts_with("452 4.2.2"), "{answer}");
    assert!(offer(&hub, " SIZE=200", "tatca@tinh.example").await.starts_with("250"));

    let envelope = crate::Envelope {
        sender: Some("binh@tinh.example".to_owned()),
        recipients: vec!["an@tinh.example".to_owned()],
    };
    let letter = [LETTER.as_bytes(), &[b'x'; 100]].concat();
    let refused = hub.mail.submit_where_it_fits("k", &envelope, &letter).await;
    assert!(matches!(refused, Err(SubmitError::Full(full)) if full == ["an@tinh.example"]));
    hub.mail.store().set_quota(AN, None).await.unwrap();
    hub.mail.submit_where_it_fits("k", &envelope, &letter).await.unwrap();
}

#[tokio::test]
async fn the_owner_of_a_nearly_full_mailbox_is_told_once() {
    let files = tempfile::tempdir().unwrap();
    let mut settings = config();
    settings.quotas = Quotas { person: 4000, agency: 4000 };
    let mail = open(files.path(), settings).await;
    let now = base::Timestamp::from_micros(1_000_000);
    let letter = format!("{LETTER}{}", "y".repeat(3600));
    let deliver = |key: &str| {
        let (store, key, letter) = (mail.store().clone(), key.to_owned(), letter.clone());
        async move {
            let role = crate::store::Role::Inbox;
            store.deliver_letter(key, AN, role, letter.into(), Vec::new(), now).await.unwrap().unwrap()
        }
    };
    assert_eq!(mail.warn_nearly_full(now).await.unwrap(), 0);
    deliver("1").await;
    assert_eq!(mail.warn_nearly_full(now).await.unwrap(), 1);
    assert_eq!(mail.warn_nearly_full(now).await.unwrap(), 0, "once");
    let found = letters(&mail, AN).await;
    assert_eq!(found.len(), 2, "the warning itself arrives although there is hardly room");
    let warning = found.iter().find(|letter| letter.contains("hethong@tinh.example")).unwrap();
    assert!(warning.contains("To: an@tinh.example"), "{warning}");

    // With room again the owner may be warned again, on another day.
    mail.store().set_quota(AN, Some(1_000_000)).await.unwrap();
    assert_eq!(mail.warn_nearly_full(now).await.unwrap(), 0);
    mail.store().set_quota(AN, None).await.unwrap();
    let later = now.plus(Duration::from_secs(2 * 24 * 3600));
    assert_eq!(mail.warn_nearly_full(later).await.unwrap(), 1);
    assert_eq!(letters(&mail, AN).await.len(), 3);
}
