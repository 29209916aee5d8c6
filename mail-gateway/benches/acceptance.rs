//! What other servers wait for: letters taken over SMTP, durable and visible, and one letter to a thousand
//! mailboxes. Started by `cargo xtask bench mail`; every line it prints is a row of that table.
//!
//! `LIENTHONG_BENCH_LETTERS` makes the run smaller.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use base::{MailboxId, Redacted};
use database::sqlx::{self, Row};
use directory_core::{MailboxKind, Poster, Principal};
use futures_util::future::BoxFuture;
use mail_gateway::{
    Config, Envelope, Mail, Ports,
    ports::{Addresses, Credentials, Keys, MailboxEntry, Refused, Resolution, Unavailable},
    store::Role,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> ExitCode {
    let letters =
        std::env::var("LIENTHONG_BENCH_LETTERS").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let any = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    let mut config = Config { smtp: any, ..Config::default() };
    config.limits.connections_per_address = SESSIONS;
    let table = Arc::new(Table);
    let ports = Ports { addresses: Arc::clone(&table) as Arc<dyn Addresses>, credentials: table };
    let mail = Mail::open(&folder.path().join("mail.db"), folder.path(), DOMAIN, ports, config)
        .await
        .expect("a mail service");
    let stop = CancellationToken::new();
    let serving = mail.serve(certificate(), stop.clone()).await.expect("listeners");
    let smtp = serving.address("smtp").expect("an address");

    warm(&mail).await;
    let (rate, processor) = load(&mail, smtp, letters).await;
    let fan_out = fan_out(&mail).await;
    let rows = [
        at_least(
            "letters of 10 KiB accepted over SMTP, durable and visible, 20 sessions",
            rate,
            1000.0,
            "/s",
        ),
        shown("the same for each second of processor time, those who send included", processor, "/s"),
        at_most("one letter to 1,000 mailboxes, median", fan_out.as_secs_f64() * 1e3, 150.0, "ms"),
    ];
    stop.cancel();
    if rows.into_iter().all(|kept| kept) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn at_least(what: &str, measured: f64, must: f64, unit: &str) -> bool {
    println!("| {what} | {measured:.0} {unit} | ≥ {must:.0} {unit} |");
    measured >= must
}

fn at_most(what: &str, measured: f64, must: f64, unit: &str) -> bool {
    println!("| {what} | {measured:.1} {unit} | ≤ {must:.0} {unit} |");
    measured <= must
}

fn shown(what: &str, measured: f64, unit: &str) -> bool {
    println!("| {what} | {measured:.0} {unit} | – |");
    true
}

/// Every mailbox exists, as after the first day.
async fn warm(mail: &Mail) {
    let now = base::Timestamp::now();
    for n in 0..MAILBOXES {
        let raw = format!("Subject: {n}\r\n\r\n");
        let key = format!("warm-{n}");
        let done =
            mail.store().deliver_letter(key, mailbox(n), Role::Inbox, raw.into(), Vec::new(), now).await;
        done.expect("a delivery");
    }
}

/// Letters per second, and per second of processor time.
async fn load(mail: &Mail, smtp: SocketAddr, letters: usize) -> (f64, f64) {
    let (before, processor, started) = (count(mail).await, processor_time(), Instant::now());
    let mut sessions = tokio::task::JoinSet::new();
    for session in 0..SESSIONS {
        sessions.spawn(async move { send(smtp, session, letters / SESSIONS).await.expect("a session") });
    }
    while sessions.join_next().await.is_some() {}
    // `250` came after the commit: the rows are there for every reader.
    let (elapsed, used) = (started.elapsed(), processor_time() - processor);
    let sent = letters / SESSIONS * SESSIONS;
    assert_eq!(count(mail).await - before, sent as i64, "each is there once");
    (sent as f64 / elapsed.as_secs_f64(), sent as f64 / used.as_secs_f64())
}

async fn count(mail: &Mail) -> i64 {
    let sql = "SELECT CAST(SUM(total) AS BIGINT) FROM folders";
    sqlx::query(sql).fetch_one(mail.store().database().readers()).await.expect("a count").get(0)
}

/// One session as a busy server keeps it: one connection, a letter after the other.
async fn send(smtp: SocketAddr, session: usize, letters: usize) -> io::Result<()> {
    let mut stream = BufReader::new(TcpStream::connect(smtp).await?);
    expect(&mut stream, "220").await?;
    stream.write_all(b"EHLO bench.example\r\n").await?;
    expect(&mut stream, "250").await?;
    let line = "Kinh gui cac don vi, de nghi bao cao tinh hinh thuc hien nhiem vu.\r\n";
    let text = line.repeat(10 * 1024 / line.len());
    for n in 0..letters {
        let to = (session * letters + n) % MAILBOXES;
        // RFC 2920: the envelope travels in one piece.
        let envelope = format!("MAIL FROM:<a@bench.example>\r\nRCPT TO:<{to}@{DOMAIN}>\r\nDATA\r\n");
        stream.write_all(envelope.as_bytes()).await?;
        expect(&mut stream, "250").await?;
        expect(&mut stream, "250").await?;
        expect(&mut stream, "354").await?;
        let letter = format!(
            "Message-ID: <{session}.{n}@bench>\r\nFrom: a@bench.example\r\nSubject: {session} {n}\r\n\r\n{text}.\r\n"
        );
        stream.write_all(letter.as_bytes()).await?;
        expect(&mut stream, "250").await?;
    }
    stream.write_all(b"QUIT\r\n").await
}

async fn expect(stream: &mut BufReader<TcpStream>, code: &str) -> io::Result<()> {
    let mut line = String::new();
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        if !line.starts_with(code) {
            return Err(io::Error::other(line));
        }
        if line.as_bytes().get(3) == Some(&b' ') {
            return Ok(());
        }
    }
}

/// The time until a letter to everybody is in every mailbox.
async fn fan_out(mail: &Mail) -> Duration {
    let mut all = Vec::new();
    for n in 0..11 {
        let envelope = Envelope { sender: None, recipients: vec![format!("tatca@{DOMAIN}")] };
        let letter =
            format!("From: vp@{DOMAIN}\r\nMessage-ID: <all-{n}@bench>\r\nSubject: Giay moi {n}\r\n\r\nx\r\n");
        let started = Instant::now();
        mail.submit(&envelope, letter.as_bytes()).await.expect("a letter to all");
        all.push(started.elapsed());
    }
    all.sort();
    all.get(all.len() / 2).copied().unwrap_or_default()
}

/// Processor time of this process so far.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Fields 14 and 15, counted after the name, which may hold anything; in hundredths on Linux.
    let fields: Vec<u64> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse().ok())
        .collect();
    Duration::from_millis(fields.iter().sum::<u64>() * 10)
}

fn mailbox(n: usize) -> MailboxId {
    MailboxId::from_u128(n as u128 + 1)
}

/// A directory of a thousand mailboxes, `0` to `999`, and a list of all.
struct Table;

impl Addresses for Table {
    fn resolve<'a>(
        &'a self,
        address: &'a str,
        _: Poster<'a>,
    ) -> BoxFuture<'a, Result<Resolution, Unavailable>> {
        Box::pin(async move {
            let local = address.split('@').next().unwrap_or_default();
            Ok(match local.parse::<usize>() {
                Ok(n) if n < MAILBOXES => Resolution::Local(vec![mailbox(n)]),
                _ if local == "tatca" => Resolution::Local((0..MAILBOXES).map(mailbox).collect()),
                _ => Resolution::Unknown,
            })
        })
    }

    fn mailbox(&self, mailbox: MailboxId) -> BoxFuture<'_, Result<Option<MailboxEntry>, Unavailable>> {
        let entry = MailboxEntry { address: format!("{mailbox}@{DOMAIN}"), kind: MailboxKind::Agency };
        Box::pin(async move { Ok(Some(entry)) })
    }
}

impl Credentials for Table {
    fn authenticate<'a>(
        &'a self,
        _: &'a str,
        _: &'a Redacted<String>,
        _: IpAddr,
    ) -> BoxFuture<'a, Result<Principal, Refused>> {
        Box::pin(async move { Err(Refused::Wrong) })
    }

    fn scram_keys<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Keys, Unavailable>> {
        Box::pin(async move { Err(Unavailable) })
    }

    fn proven<'a>(&'a self, _: &'a str, _: IpAddr) -> BoxFuture<'a, Result<Principal, Refused>> {
        Box::pin(async move { Err(Refused::Wrong) })
    }

    fn disproven<'a>(&'a self, _: &'a str, _: IpAddr) -> BoxFuture<'a, ()> {
        Box::pin(async {})
    }
}

fn certificate() -> Arc<rustls::ServerConfig> {
    let made = rcgen::generate_simple_self_signed(vec![DOMAIN.to_owned()]).expect("a certificate");
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a server");
    Arc::new(config)
}

const DOMAIN: &str = "tinh.example";
const SESSIONS: usize = 20;
const MAILBOXES: usize = 1000;
