//! What other servers wait for: letters taken over SMTP, durable and visible, one letter to a thousand
//! mailboxes, and what that takes of memory. Started by `cargo xtask bench mail`; every line it prints is a
//! row of that table. Who sends is a process of its own, so that its processor time is not the hub's, and
//! sends the same to Postfix where that is installed.
//!
//! `LIENTHONG_BENCH_LETTERS` makes the run smaller.

mod hub;
mod measure;
mod postfix;
mod sender;

use std::{
    net::{IpAddr, SocketAddr},
    process::ExitCode,
    time::{Duration, Instant},
};

use database::sqlx::{self, Row};
use hub::{DOMAIN, MAILBOXES, mailbox};
use mail_gateway::{Config, Envelope, Mail, store::Role};
use measure::{at_least, at_most, memory, processor_time, shown};
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    if sender::asked() {
        return sender::run();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(bench())
}

async fn bench() -> ExitCode {
    let letters =
        std::env::var("LIENTHONG_BENCH_LETTERS").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let any = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    let mut config = Config { smtp: any, ..Config::default() };
    config.limits.connections_per_address = sender::SESSIONS;
    config.max_size = 60_000_000;
    // What is measured is the work, not the limit of an hour.
    config.trusted_peers.push(IpAddr::from([127, 0, 0, 1]));
    let mail = hub::open(folder.path(), config).await;
    let stop = CancellationToken::new();
    let certificate = hub::Certificate::made();
    let serving = mail.serve(certificate.server(), stop.clone()).await.expect("listeners");
    let smtp = serving.address("smtp").expect("an address");

    warm(&mail).await;
    let (rate, each_second) = load(&mail, smtp, letters).await;
    let resident = memory("VmHWM");
    let large = large_letter(smtp).await;
    let fan_out = fan_out(&mail).await;
    let what = "letters of 10 KiB accepted over SMTP, durable and visible, 20 sessions";
    let mut rows = vec![at_least(what, rate, 1000.0, "/s")];
    let what = "the same for each second of the hub's processor time, indexing included";
    match postfix::accepts(letters / 4) {
        Ok(peer) => {
            rows.push(at_least(what, each_second, 2.0 * peer.each_second, "/s"));
            shown("Postfix, accepting the same and throwing it away", peer.rate, "/s");
            shown("Postfix, for each second of its processor time", peer.each_second, "/s");
        }
        Err(why) => {
            shown(what, each_second, "/s");
            eprintln!("no Postfix beside it: {why}");
        }
    }
    rows.push(at_most("one letter to 1,000 mailboxes, median", fan_out.as_secs_f64() * 1e3, 150.0, "ms"));
    rows.push(at_most("memory after the load, at its highest", resident, 300.0, "MB"));
    rows.push(at_most("anonymous memory that a letter of 50 MB adds", large, 20.0, "MB"));
    stop.cancel();
    if rows.into_iter().all(|kept| kept) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
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

/// Letters per second, and per second of the hub's processor time.
async fn load(mail: &Mail, smtp: SocketAddr, letters: usize) -> (f64, f64) {
    let (before, processor) = (count(mail).await, processor_time());
    let took = tokio::task::spawn_blocking(move || sender::letters(smtp, letters)).await.expect("a thread");
    let (sent, took) = took.expect("every letter accepted");
    // `250` came after the commit: the rows are there for every reader.
    assert_eq!(count(mail).await - before, sent as i64, "each is there once");
    mail.store().index_pending().await.expect("an index");
    let used = processor_time() - processor;
    (sent as f64 / took.as_secs_f64(), sent as f64 / used.as_secs_f64())
}

/// Megabytes of anonymous memory while a letter of 50 MB comes in, above what there was before.
async fn large_letter(smtp: SocketAddr) -> f64 {
    let before = memory("RssAnon");
    let mut sending = tokio::task::spawn_blocking(move || sender::large(smtp));
    let (mut highest, mut tick) = (before, tokio::time::interval(Duration::from_millis(2)));
    loop {
        tokio::select! {
            sent = &mut sending => {
                sent.expect("a thread").expect("the letter accepted");
                return highest - before;
            }
            _ = tick.tick() => highest = highest.max(memory("RssAnon")),
        }
    }
}

async fn count(mail: &Mail) -> i64 {
    let sql = "SELECT CAST(SUM(total) AS BIGINT) FROM folders";
    sqlx::query(sql).fetch_one(mail.store().database().readers()).await.expect("a count").get(0)
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
