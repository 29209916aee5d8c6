//! Several clients on one mailbox at once (RFC 2180, RFC 9051 §5.5, §7.5.1).

use super::*;

async fn two(hub: &Hub, letters: usize) -> (Client, Client) {
    let mut a = Client::of(hub, "an").await;
    for n in 1..=letters {
        a.append("INBOX", "", &format!("Subject: {n}\r\n\r\n{n}")).await;
    }
    a.say("SELECT INBOX").await;
    (a, Client::in_inbox(hub, "an").await)
}

#[tokio::test]
async fn numbers_do_not_change_while_a_client_counts_by_them() {
    let hub = Hub::start(|_| {}).await;
    let (mut a, mut b) = two(&hub, 4).await;
    a.say("STORE 2 +FLAGS.SILENT (\\Deleted)").await;
    assert!(a.say("EXPUNGE").await.contains("* 2 EXPUNGE"));
    let fetched = b.say("FETCH 1:4 (UID)").await;
    assert!(!fetched.contains("EXPUNGE\n"), "{fetched}");
    assert!(fetched.contains("* 3 FETCH (UID 3)") && fetched.contains("* 4 FETCH (UID 4)"), "{fetched}");
    assert!(fetched.contains("OK [EXPUNGEISSUED]"), "{fetched}");
    let stored = b.say("STORE 4 +FLAGS (\\Flagged)").await;
    assert!(stored.contains("* 4 FETCH") && !stored.contains("EXPUNGE\n"), "{stored}");
    let noop = b.say("NOOP").await;
    assert!(noop.contains("* 2 EXPUNGE"), "{noop}");
    assert!(b.say("FETCH 3 (UID)").await.contains("* 3 FETCH (UID 4)"));
    // The other one sees the flag, once.
    let told = a.say("NOOP").await;
    assert_eq!(told.matches("\\Flagged").count(), 1, "{told}");
    assert!(!b.say("NOOP").await.contains("FETCH"), "nobody is told what it did itself");
}

#[tokio::test]
async fn idle_wakes_with_new_letters_flags_and_removals() {
    let hub = Hub::start(|_| {}).await;
    let (mut a, mut b) = two(&hub, 1).await;
    b.send("i IDLE\r\n").await;
    assert!(b.line().await.starts_with("+"));
    let started = std::time::Instant::now();
    a.append("INBOX", "", "Subject: x\r\n\r\ny").await;
    assert_eq!(b.line().await, "* 2 EXISTS");
    // A machine five times slower than ours still wakes well within the second.
    assert!(started.elapsed().as_millis() < 2000, "{:?}", started.elapsed());
    assert_eq!(b.line().await, "* 0 RECENT");
    a.say("STORE 1 +FLAGS (\\Deleted)").await;
    assert_eq!(b.line().await, "* 1 FETCH (UID 1 FLAGS (\\Deleted))");
    a.say("EXPUNGE").await;
    assert_eq!(b.line().await, "* 1 EXPUNGE");
    b.send("DONE\r\n").await;
    assert!(b.line().await.starts_with("i OK"));
}

#[tokio::test]
async fn concurrent_appends_moves_and_flags_lose_nothing() {
    let hub = Hub::start(|_| {}).await;
    let mut admin = Client::of(&hub, "an").await;
    admin.say("CREATE Khac").await;
    let mut tasks = tokio::task::JoinSet::new();
    let address = hub.serving.address("imaps").unwrap();
    for worker in 0..4 {
        tasks.spawn(async move {
            let mut client = Client::connect_to(address).await;
            client.say("LOGIN an \"mật khẩu\"").await;
            client.say("SELECT INBOX").await;
            for n in 0..5 {
                let uid = client.append("INBOX", "", &format!("Subject: {worker}-{n}\r\n\r\nx")).await;
                client.say(&format!("UID STORE {uid} +FLAGS.SILENT (k{worker})")).await;
                if n % 2 == 0 {
                    assert!(client.say(&format!("UID MOVE {uid} Khac")).await.contains("COPYUID"));
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let inbox = admin.say("STATUS INBOX (MESSAGES UIDNEXT)").await;
    assert!(inbox.contains("MESSAGES 8 UIDNEXT 21"), "{inbox}");
    admin.say("SELECT Khac").await;
    let flags = admin.say("FETCH 1:* (FLAGS)").await;
    assert_eq!(flags.matches("(k").count(), 12, "{flags}");
}

#[tokio::test]
async fn a_mailbox_deleted_under_a_client_ends_its_connection_politely() {
    let hub = Hub::start(|_| {}).await;
    let (mut a, mut b) = two(&hub, 0).await;
    a.say("CREATE Tam").await;
    b.say("SELECT Tam").await;
    a.say("DELETE Tam").await;
    b.send("x NOOP\r\n").await;
    assert!(b.line().await.starts_with("* BYE"));
}
