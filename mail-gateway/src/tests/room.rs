//! A disk without room.

use database::testing::on_postgres;

use super::{talk::Talk, *};

const LETTER: &str = "From: xa@khac.example\r\nSubject: day dia\r\n\r\nx";

/// Lets the database grow to so many pages; SQLite takes what it has already for fewer.
async fn set_most_pages(hub: &Hub, sql: &'static str) {
    let done: Result<(), sqlx::Error> = hub
        .mail
        .store()
        .database()
        .write(move |c| Box::pin(async move { sqlx::query(sql).execute(c).await.map(drop) }))
        .await;
    done.unwrap();
}

#[tokio::test]
async fn without_room_letters_are_put_off_and_with_room_again_each_is_there_once() {
    if on_postgres() {
        return;
    }
    let hub = Hub::start(|_| {}).await;
    let mut talk = Talk::clear(hub.serving.address("smtp").unwrap()).await;
    talk.say("EHLO khac.example").await;
    let mut accepted = 0;
    set_most_pages(&hub, "PRAGMA max_page_count = 1").await;
    let refusal = loop {
        assert!(accepted < 1000, "a database without room takes letter after letter");
        let text = format!("{LETTER}{accepted}{}", "y".repeat(2000));
        let answer = talk.letter("xa@khac.example", &["an@tinh.example"], &text).await;
        match answer.starts_with("250") {
            true => accepted += 1,
            false => break answer,
        }
    };
    // RFC 5321 §4.2.2: the sender keeps it and comes again.
    assert!(refusal.starts_with("452 4.3.1"), "{refusal}");
    assert_eq!(letters(&hub.mail, AN).await.len(), accepted);

    set_most_pages(&hub, "PRAGMA max_page_count = 1000000").await;
    let answer = talk.letter("xa@khac.example", &["an@tinh.example"], LETTER).await;
    assert!(answer.starts_with("250"), "{answer}");
    assert_eq!(letters(&hub.mail, AN).await.len(), accepted + 1);
    let report = hub.mail.store().verify(false, base::Timestamp::now()).await.unwrap();
    assert_eq!((report.missing.len(), report.damaged.len(), report.wrong_counts), (0, 0, 0), "{report}");
}
