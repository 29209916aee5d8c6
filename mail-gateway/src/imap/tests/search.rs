use super::*;

async fn mailbox(hub: &Hub) -> Client {
    let mut client = Client::of(hub, "an").await;
    for (date, from, subject, extra) in [
        (
            "Mon, 02 Nov 2026 08:00:00 +0700",
            "Đỗ Hòa <hoa@a.example>",
            "Dự toán năm 2026",
            "Message-ID: <1@x>",
        ),
        (
            "Tue, 03 Nov 2026 08:00:00 +0700",
            "an@b.example",
            "Re: Dự toán năm 2026",
            "Message-ID: <2@x>\r\nReferences: <1@x>",
        ),
        (
            "Sun, 01 Nov 2026 08:00:00 +0700",
            "Bình <binh@c.example>",
            "Giấy mời họp",
            "Message-ID: <3@x>\r\nX-Muc: Khẩn",
        ),
    ] {
        let letter = format!(
            "Date: {date}\r\nFrom: {from}\r\nSubject: {subject}\r\n{extra}\r\n\r\nKính gửi quý cơ quan {subject}\r\n"
        );
        client.append("INBOX", "", &letter).await;
    }
    client.say("SELECT INBOX").await;
    client.say("STORE 3 +FLAGS (\\Seen)").await;
    client
}

#[tokio::test]
async fn searches_find_vietnamese_however_it_is_typed() {
    let hub = Hub::start(|_| {}).await;
    let mut client = mailbox(&hub).await;
    for (key, found) in [
        ("SUBJECT \"du toan\"", "* SEARCH 1 2\n"),
        ("SUBJECT {10+}\r\nDự toán", "* SEARCH 1 2\n"),
        ("FROM hoà", "* SEARCH 1\n"),
        ("FROM do", "* SEARCH 1\n"),
        ("BODY \"giay moi\"", "* SEARCH 3\n"),
        ("TEXT c.example", "* SEARCH 3\n"),
        ("HEADER X-Muc khan", "* SEARCH 3\n"),
        ("HEADER Message-ID 2@x", "* SEARCH 2\n"),
        ("UNSEEN SENTSINCE 2-Nov-2026", "* SEARCH 1 2\n"),
        ("SENTON 1-Nov-2026", "* SEARCH 3\n"),
        ("OR SEEN 1 NOT LARGER 100000", "* SEARCH 1 3\n"),
        ("UID 2:* NOT DELETED", "* SEARCH 2 3\n"),
        ("SMALLER 10", "* SEARCH\n"),
    ] {
        let answer = client.say(&format!("SEARCH {key}")).await;
        assert!(answer.starts_with(found), "{key}: {answer}");
    }
}

#[tokio::test]
async fn results_are_counted_saved_sorted_and_threaded() {
    let hub = Hub::start(|_| {}).await;
    let mut client = mailbox(&hub).await;
    let counted = client.say("UID SEARCH RETURN (MIN MAX COUNT ALL) UNSEEN").await;
    assert!(counted.contains("UID MIN 1 MAX 2 COUNT 2 ALL 1:2"), "{counted}");
    assert!(!client.say("SEARCH RETURN (SAVE) SEEN").await.contains("ESEARCH"));
    assert!(client.say("FETCH $ (UID)").await.contains("* 3 FETCH (UID 3)"));
    assert!(client.say("SEARCH UNSEEN NOT $").await.contains("* SEARCH 1 2"));
    assert!(client.say("SORT (DATE) UTF-8 ALL").await.contains("* SORT 3 1 2"));
    assert!(client.say("SORT (SUBJECT REVERSE DATE) UTF-8 ALL").await.contains("* SORT 2 1 3"));
    assert!(client.say("UID SORT RETURN (COUNT ALL) (FROM) UTF-8 ALL").await.contains("COUNT 3 ALL 2:3,1"));
    assert!(client.say("THREAD REFERENCES UTF-8 ALL").await.contains("* THREAD (3)(1 2)"));
    assert!(client.say("THREAD ORDEREDSUBJECT UTF-8 ALL").await.contains("* THREAD (3)(1 2)"));
    assert!(client.say("SEARCH CHARSET KOI8-R ALL").await.contains("NO [BADCHARSET"));
    client.say("ENABLE IMAP4rev2").await;
    assert!(client.say("SEARCH SEEN").await.contains("* ESEARCH (TAG \"t"));
}
