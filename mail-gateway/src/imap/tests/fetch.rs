use super::*;

const LETTER: &str = "Date: Wed, 25 Nov 2026 08:00:00 +0700\r\nFrom: An <an@tinh.example>\r\nTo: b@c.example\r\n\
Subject: =?utf-8?q?Gi=E1=BA=A5y_m=E1=BB=9Di?=\r\nMessage-ID: <1@x>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nWGluIGNow6Bv\r\n\
--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: trong\r\n\r\nmot\r\n--b--\r\n";

#[tokio::test]
async fn every_item_is_answered_exactly() {
    let hub = Hub::start(|_| {}).await;
    let mut client = Client::of(&hub, "an").await;
    assert_eq!(client.append("INBOX", "\\Flagged $Forwarded", LETTER).await, "1");
    client.say("SELECT INBOX").await;
    let all = client.say("FETCH 1 (FLAGS RFC822.SIZE ENVELOPE BODYSTRUCTURE UID EMAILID PREVIEW)").await;
    assert!(all.contains("FLAGS (\\Flagged $Forwarded)"), "{all}");
    assert!(all.contains(&format!("RFC822.SIZE {}", LETTER.len())), "{all}");
    assert!(all.contains("((\"An\" NIL \"an\" \"tinh.example\"))"), "{all}");
    assert!(
        all.contains("\"=?utf-8?q?Gi=E1=BA=A5y_m=E1=BB=9Di?=\""),
        "encoded words stand as they are: {all}"
    );
    assert!(
        all.contains("(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"utf-8\") NIL NIL \"BASE64\" 12 0 NIL NIL NIL NIL)"),
        "{all}"
    );
    let body = client.say("FETCH 1 BODY.PEEK[]").await;
    assert!(body.contains(&format!("BODY[] {{{}}}\r\n{LETTER})", LETTER.len())), "{body}");
    let part =
        client.say("FETCH 1 (BODY.PEEK[2.HEADER] BODY.PEEK[1]<4.3> BINARY.PEEK[1] BINARY.SIZE[1])").await;
    assert!(part.contains("BODY[2.HEADER] {18}\r\nSubject: trong\r\n\r\n"), "{part}");
    assert!(part.contains("BODY[1]<4> {3}\r\nIGN"), "{part}");
    assert!(part.contains("BINARY[1] {9}\r\nXin chào BINARY.SIZE[1] 9"), "{part}");
    let fields = client.say("FETCH 1 BODY.PEEK[HEADER.FIELDS (Message-ID \"To\")]").await;
    assert!(fields.contains("{38}\r\nTo: b@c.example\r\nMessage-ID: <1@x>\r\n\r\n"), "{fields}");
    assert!(!client.say("FETCH 1 FLAGS").await.contains("\\Seen"), "peeking leaves no mark");
    assert!(client.say("FETCH 1 BODY[TEXT]").await.contains("\\Seen"));
    assert!(client.say("FETCH 2 FLAGS").await.contains("BAD"));
    assert!(client.say("UID FETCH 7 FLAGS").await.contains("OK done"), "unknown UIDs are no mistake");
}

#[tokio::test]
async fn a_body_stored_before_lists_were_kept_is_read_once() {
    let hub = Hub::start(|_| {}).await;
    let mut client = Client::of(&hub, "an").await;
    client.append("INBOX", "", LETTER).await;
    let forget = database::sqlx::query("DELETE FROM body_structures");
    hub.mail
        .store()
        .database()
        .write(move |c| Box::pin(async move { forget.execute(c).await.map(drop) }))
        .await
        .map_err(|cause: database::sqlx::Error| cause)
        .unwrap();
    client.say("SELECT INBOX").await;
    let first = client.say("FETCH 1 ENVELOPE").await;
    assert!(first.contains("<1@x>"), "{first}");
    std::fs::remove_dir_all(hub.files().join("mail/blobs")).unwrap();
    assert_eq!(client.say("FETCH 1 ENVELOPE").await.replace("t5", "t4"), first);
}

#[tokio::test]
async fn several_letters_are_appended_together_or_not_at_all() {
    let hub = Hub::start(|_| {}).await;
    let mut client = Client::of(&hub, "an").await;
    let both = client
        .say("APPEND INBOX (\\Seen) \"01-Jan-2020 00:00:00 +0000\" {1+}\r\na (\\Draft) {1+}\r\nb")
        .await;
    assert!(both.contains(" 1:2]"), "{both}");
    let called_off = client.say("APPEND INBOX {1+}\r\na {0+}\r\n").await;
    assert!(called_off.contains("NO"), "{called_off}");
    let selected = client.say("SELECT INBOX").await;
    assert!(selected.contains("* 2 EXISTS"), "{selected}");
    assert!(client.say("FETCH 1 INTERNALDATE").await.contains("\" 1-Jan-2020 00:00:00 +0000\""));
    assert!(client.say("APPEND Khong {1+}\r\na").await.contains("NO [TRYCREATE]"));
    let replaced = client.say("UID REPLACE 2 INBOX (\\Draft) {1+}\r\nc").await;
    assert!(replaced.contains("* OK [APPENDUID") && replaced.contains("* 2 EXPUNGE"), "{replaced}");
    assert!(client.say("FETCH 2 BODY.PEEK[]").await.contains("{1}\r\nc"));
}
