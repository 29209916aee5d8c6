//! Letters that come in.

use super::{talk::Talk, *};

const LETTER: &str = "From: xa@khac.example\r\nSubject: Giấy mời\r\n\r\nNội dung";

#[tokio::test]
async fn a_letter_from_another_server_reaches_its_mailbox() {
    let hub = Hub::start(|_| {}).await;
    let mut talk = Talk::clear(hub.serving.address("smtp").unwrap()).await;
    assert!(talk.say("EHLO khac.example").await.contains("250-SIZE 300000"));
    let mut changes = hub.mail.store().changes().subscribe();
    let answer = talk.letter("xa@khac.example", &["an@tinh.example"], LETTER).await;
    assert!(answer.starts_with("250 2.0.0"), "{answer}");
    assert_eq!(within(changes.recv()).await, Ok(AN), "whoever shows the mailbox is woken");
    let found = letters(&hub.mail, AN).await;
    assert!(
        found[0].starts_with("Return-Path: <xa@khac.example>\r\nReceived: from khac.example"),
        "{found:?}"
    );
    assert!(found[0].ends_with("\r\n\r\nNội dung\r\n"));
    assert_eq!((letters(&hub.mail, BINH).await.len(), queued(&hub.mail).await), (0, 0));
}

#[tokio::test]
async fn a_group_and_a_person_in_it_get_one_copy_each() {
    let hub = Hub::start(|_| {}).await;
    let mut talk = Talk::clear(hub.serving.address("smtp").unwrap()).await;
    talk.say("EHLO khac.example").await;
    talk.letter("xa@khac.example", &["tatca@tinh.example", "an@tinh.example"], LETTER).await;
    assert_eq!((letters(&hub.mail, AN).await.len(), letters(&hub.mail, BINH).await.len()), (1, 1));
}

#[tokio::test]
async fn strangers_cannot_relay_and_unknown_people_are_named() {
    let hub = Hub::start(|_| {}).await;
    let mut talk = Talk::clear(hub.serving.address("smtp").unwrap()).await;
    talk.say("EHLO khac.example").await;
    talk.say("MAIL FROM:<xa@khac.example>").await;
    let unknown = talk.say("RCPT TO:<khongco@tinh.example>").await;
    assert!(unknown.starts_with("550 5.1.1 <khongco@tinh.example>: dia chi khong ton tai"), "{unknown}");
    assert!(talk.say("RCPT TO:<ai@noikhac.example>").await.starts_with("550 5.7.1"));
    assert!(talk.say("RCPT TO:<hong@tinh.example>").await.starts_with("451"), "the directory is down");
    assert!(talk.say("DATA").await.starts_with("554"));
}

#[tokio::test]
async fn submission_needs_tls_and_a_password_on_both_doors() {
    let hub = Hub::start(|_| {}).await;
    let mut talk = Talk::clear(hub.serving.address("submission").unwrap()).await;
    assert!(!talk.say("EHLO may").await.contains("AUTH"));
    assert!(talk.say("MAIL FROM:<an@tinh.example>").await.starts_with("530"));
    assert!(talk.say("STARTTLS").await.starts_with("220"));
    talk.encrypt().await;
    talk.sign_in().await;
    let letter = "From: an@tinh.example\r\nBcc: kin@tinh.example\r\nSubject: a\r\n\r\nx";
    assert!(talk.letter("an@tinh.example", &["binh@tinh.example"], letter).await.starts_with("250"));

    let mut talk = Talk::tls(hub.serving.address("submissions").unwrap()).await;
    talk.sign_in().await;
    assert!(
        talk.say("MAIL FROM:<binh@tinh.example>").await.starts_with("550 5.7.1"),
        "not one's own address"
    );
    assert!(talk.letter("an@tinh.example", &["binh@tinh.example"], letter).await.starts_with("250"));
    let found = hub.letters(BINH, 2).await;
    assert!(found.iter().all(|letter| letter.contains("with ESMTPSA") && letter.contains("Message-ID:")));
    assert!(!found.iter().any(|letter| letter.contains("kin@")));
}

#[tokio::test]
async fn guessing_passwords_bars_the_address() {
    let hub = Hub::start(|config| config.limits.failures_per_address = 3).await;
    let address = hub.serving.address("submissions").unwrap();
    let mut talk = Talk::tls(address).await;
    talk.say("EHLO may").await;
    for _ in 0..3 {
        assert!(talk.say("AUTH PLAIN AGFuAHNhaQ==").await.starts_with("535 5.7.8"));
    }
    assert!(talk.reply().await.starts_with("421"));
    let clear = hub.serving.address("submission").unwrap();
    let mut barred = tokio::net::TcpStream::connect(clear).await.unwrap();
    let mut text = String::new();
    within(tokio::io::AsyncReadExt::read_to_string(&mut barred, &mut text)).await.unwrap();
    assert!(text.starts_with("421 4.7.0"), "{text}");
}

#[tokio::test]
async fn smuggled_letters_do_not_exist() {
    let hub = Hub::start(|_| {}).await;
    for end in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r"] {
        let mut talk = Talk::clear(hub.serving.address("smtp").unwrap()).await;
        talk.say("EHLO khac.example").await;
        talk.say("MAIL FROM:<xa@khac.example>").await;
        talk.say("RCPT TO:<an@tinh.example>").await;
        talk.say("DATA").await;
        talk.send(&format!(
            "{LETTER}{end}MAIL FROM:<gia@tinh.example>\r\nRCPT TO:<binh@tinh.example>\r\nDATA\r\nx\r\n.\r\n"
        ))
        .await;
        let answer = talk.reply().await;
        assert!(answer.starts_with("550 5.6.11"), "{end:?}: {answer}");
        assert_eq!(talk.reply().await, "", "the connection is over");
    }
    assert_eq!((letters(&hub.mail, AN).await.len(), letters(&hub.mail, BINH).await.len()), (0, 0));
}

#[tokio::test]
async fn too_large_is_refused_and_large_goes_through_the_spool() {
    let hub = Hub::start(|_| {}).await;
    let mut talk = Talk::clear(hub.serving.address("smtp").unwrap()).await;
    talk.say("EHLO khac.example").await;
    assert!(talk.say("MAIL FROM:<xa@khac.example> SIZE=300001").await.starts_with("552 5.3.4"));
    let line = format!("{}\r\n", "x".repeat(98));
    let answer =
        talk.letter("xa@khac.example", &["an@tinh.example"], &format!("{LETTER}{}", line.repeat(4000))).await;
    assert!(answer.starts_with("552 5.3.4"), "{answer}");
    let large = format!("{LETTER}\r\n{}het", line.repeat(2500));
    assert!(talk.letter("xa@khac.example", &["an@tinh.example"], &large).await.starts_with("250"));
    let found = letters(&hub.mail, AN).await;
    assert_eq!(found.len(), 1);
    assert!(found[0].ends_with(&format!("{large}\r\n")), "every octet arrived");
    let spool = hub._files.path().join("mail/spool");
    assert_eq!(std::fs::read_dir(spool).unwrap().count(), 0, "nothing is left in the spool");
}

#[tokio::test]
async fn too_many_connections_of_one_address_are_told_so() {
    let hub = Hub::start(|config| config.limits.connections_per_address = 1).await;
    let address = hub.serving.address("smtp").unwrap();
    let first = Talk::clear(address).await;
    let mut second = tokio::net::TcpStream::connect(address).await.unwrap();
    let mut text = String::new();
    within(tokio::io::AsyncReadExt::read_to_string(&mut second, &mut text)).await.unwrap();
    assert!(text.starts_with("421 4.3.2"), "{text}");
    drop(first);
}

#[tokio::test]
async fn a_silent_peer_and_a_stopping_hub_end_politely() {
    let hub = Hub::start(|config| config.limits.idle = Duration::from_millis(50)).await;
    let mut silent = Talk::clear(hub.serving.address("smtp").unwrap()).await;
    assert!(silent.reply().await.starts_with("421 4.4.2"));
    let hub = Hub::start(|_| {}).await;
    let mut talk = Talk::clear(hub.serving.address("smtp").unwrap()).await;
    talk.say("EHLO a").await;
    hub.stop.cancel();
    assert!(talk.reply().await.starts_with("421 4.3.2"));
    within(hub.serving.finished()).await;
}

#[tokio::test]
async fn noise_on_every_door_harms_nobody() {
    let hub = Hub::start(|_| {}).await;
    for (name, address) in hub.serving.addresses() {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let noise: Vec<u8> = (0..60_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, &noise).await;
        let mut rest = Vec::new();
        let _ = within(tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest)).await;
        drop(stream);
        assert!(hub.serving.address(name).is_some());
    }
    let mut talk = Talk::clear(hub.serving.address("smtp").unwrap()).await;
    assert!(talk.say("EHLO a").await.starts_with("250"));
}

#[tokio::test]
async fn a_failing_disk_is_not_acknowledged_and_the_letter_can_come_again() {
    let hub = Hub::start(|_| {}).await;
    let blobs = hub._files.path().join("mail/blobs");
    std::fs::rename(&blobs, blobs.with_extension("away")).unwrap();
    let mut talk = Talk::clear(hub.serving.address("smtp").unwrap()).await;
    talk.say("EHLO khac.example").await;
    let answer = talk.letter("xa@khac.example", &["an@tinh.example"], LETTER).await;
    assert!(answer.starts_with("451 4.3.0") && answer.contains("[HT-"), "{answer}");
    std::fs::rename(blobs.with_extension("away"), &blobs).unwrap();
    assert!(talk.letter("xa@khac.example", &["an@tinh.example"], LETTER).await.starts_with("250"));
    assert_eq!(letters(&hub.mail, AN).await.len(), 1);
}
