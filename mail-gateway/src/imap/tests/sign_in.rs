use tokio::io::AsyncReadExt;

use super::*;

#[tokio::test]
async fn no_password_travels_in_clear_and_starttls_opens_the_way() {
    let hub = Hub::start(|_| {}).await;
    let stream = TcpStream::connect(hub.serving.address("imap").unwrap()).await.unwrap();
    let mut clear = BufReader::new(stream);
    let mut greeting = String::new();
    within(clear.read_line(&mut greeting)).await.unwrap();
    assert!(greeting.contains("LOGINDISABLED") && greeting.contains("STARTTLS"), "{greeting}");
    // What follows STARTTLS in the same packet must not be carried out after it (RFC 9051 §11.3).
    clear.write_all(b"a LOGIN an x\r\nb STARTTLS\r\nc NOOP\r\n").await.unwrap();
    let mut answer = String::new();
    within(clear.read_line(&mut answer)).await.unwrap();
    assert!(answer.starts_with("a NO [PRIVACYREQUIRED]"), "{answer}");
    answer.clear();
    within(clear.read_line(&mut answer)).await.unwrap();
    assert!(answer.starts_with("b OK"), "{answer}");
    let tls = connector().connect("tinh.example".try_into().unwrap(), clear.into_inner()).await.unwrap();
    let mut client = Client { stream: BufReader::new(tls), count: 0 };
    let answer = client.say("AUTHENTICATE PLAIN AGFuAG3huq10IGto4bqpdQ==").await;
    assert!(answer.starts_with("t1 OK [CAPABILITY") && answer.contains("QRESYNC"), "{answer}");
    let answer = client.say("UNAUTHENTICATE").await;
    assert!(answer.contains("OK"), "{answer}");
    assert!(client.say("SELECT INBOX").await.contains("BAD"), "nobody is signed in");
}

#[tokio::test]
async fn guessing_passwords_ends_the_connection_and_bars_the_address() {
    let hub = Hub::start(|config| config.limits.failures_per_address = 4).await;
    let mut client = Client::connect(&hub).await;
    for _ in 0..3 {
        assert!(client.say("LOGIN an sai").await.contains("NO [AUTHENTICATIONFAILED]"));
    }
    client.send("x LOGIN an sai\r\n").await;
    assert!(client.line().await.starts_with("x NO"));
    assert!(client.line().await.starts_with("* BYE"));
    let clear = hub.serving.address("imap").unwrap();
    let mut barred = TcpStream::connect(clear).await.unwrap();
    let mut text = String::new();
    within(barred.read_to_string(&mut text)).await.unwrap();
    assert!(text.starts_with("* BYE"), "{text}");
}

#[tokio::test]
async fn noise_and_endless_lines_end_the_connection_only() {
    let hub = Hub::start(|_| {}).await;
    let mut client = Client::connect(&hub).await;
    client.send(&"x".repeat(9000)).await;
    assert!(client.line().await.starts_with("* BYE"));
    let mut client = Client::connect(&hub).await;
    client.send("a LOGIN {99999+}\r\n").await;
    assert!(client.line().await.starts_with("* BYE"));
    let mut client = Client::of(&hub, "an").await;
    assert!(client.say("APPEND INBOX {99999999}").await.contains("NO [TOOBIG]"));
    assert!(client.say("NOOP").await.contains("OK"));
}

#[tokio::test]
async fn a_client_on_a_thin_line_speaks_deflate() {
    let hub = Hub::start(|_| {}).await;
    let mut client = Client::of(&hub, "an").await;
    assert!(client.say("CAPABILITY").await.contains("COMPRESS=DEFLATE"));
    assert!(client.say("COMPRESS DEFLATE").await.contains("OK"));
    let mut deflate = mail_gateway_core::imap::deflate::Deflate::new();
    let mut answer = String::new();
    for command in ["z1 SELECT INBOX\r\n", "z2 COMPRESS DEFLATE\r\n"] {
        let squeezed = deflate.squeeze(command.as_bytes());
        client.stream.write_all(&squeezed).await.unwrap();
        client.stream.flush().await.unwrap();
        while !answer.contains(&format!("{} ", &command[..2])) {
            let mut piece = [0; 512];
            let n = within(client.stream.read(&mut piece)).await.unwrap();
            assert!(n > 0, "the connection ended: {answer}");
            deflate.expand(&piece[..n], |bytes| answer.push_str(&String::from_utf8_lossy(bytes))).unwrap();
        }
    }
    assert!(answer.contains("z1 OK") && answer.contains("z2 NO [COMPRESSIONACTIVE]"), "{answer}");
    client.stream.write_all(b"this is not DEFLATE").await.unwrap();
    client.stream.flush().await.unwrap();
    let mut rest = Vec::new();
    let _ = within(client.stream.read_to_end(&mut rest)).await;
    assert!(Client::of(&hub, "an").await.say("NOOP").await.contains("OK"), "others are served on");
}
