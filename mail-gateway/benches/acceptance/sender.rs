//! Who sends: twenty sessions of busy servers, in a process of its own.

use std::{
    io,
    net::SocketAddr,
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use crate::hub::{DOMAIN, MAILBOXES};

/// Sessions at the same time.
pub(crate) const SESSIONS: usize = 20;

/// Whether this process is the one that sends.
pub(crate) fn asked() -> bool {
    std::env::var_os(TASK).is_some()
}

/// Sends `letters` of 10 KiB to the server at `to` from another process; how many and how long.
///
/// # Errors
/// When one was not accepted.
pub(crate) fn letters(to: SocketAddr, letters: usize) -> io::Result<(usize, Duration)> {
    let sent = letters / SESSIONS * SESSIONS;
    Ok((sent, start(to, letters / SESSIONS)?))
}

/// Sends one letter of 50 MB.
///
/// # Errors
/// When it was not accepted.
pub(crate) fn large(to: SocketAddr) -> io::Result<Duration> {
    start(to, 0)
}

fn start(to: SocketAddr, each: usize) -> io::Result<Duration> {
    let output = Command::new(std::env::current_exe()?).env(TASK, format!("{to} {each}")).output()?;
    let seconds = String::from_utf8_lossy(&output.stdout).trim().parse::<f64>();
    match seconds {
        Ok(seconds) if output.status.success() => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}

/// Does what [`letters`] or [`large`] asked of this process.
pub(crate) fn run() -> ExitCode {
    let task = std::env::var(TASK).expect("a task");
    let (to, each) = task.split_once(' ').expect("two words");
    let (to, each): (SocketAddr, usize) = (to.parse().expect("an address"), each.parse().expect("a number"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let started = Instant::now();
    let done = runtime.block_on(async {
        if each == 0 {
            return send_large(to).await;
        }
        let mut sessions = tokio::task::JoinSet::new();
        (0..SESSIONS).for_each(|session| drop(sessions.spawn(send(to, session, each))));
        while let Some(session) = sessions.join_next().await {
            session.map_err(io::Error::other)??;
        }
        Ok(())
    });
    match done {
        Ok(()) => println!("{}", started.elapsed().as_secs_f64()),
        Err(cause) => eprintln!("{cause}"),
    }
    ExitCode::SUCCESS
}

/// One session as a busy server keeps it: one connection, a letter after the other.
async fn send(to: SocketAddr, session: usize, letters: usize) -> io::Result<()> {
    let mut stream = greet(to).await?;
    let text = LINE.repeat(10 * 1024 / LINE.len());
    for n in 0..letters {
        envelope(&mut stream, (session * letters + n) % MAILBOXES).await?;
        let letter = format!(
            "Message-ID: <{session}.{n}@bench>\r\nFrom: a@bench.example\r\nSubject: {session} {n}\r\n\r\n{text}.\r\n"
        );
        stream.write_all(letter.as_bytes()).await?;
        expect(&mut stream, "250").await?;
    }
    stream.write_all(b"QUIT\r\n").await
}

/// A letter with one attached file of random octets.
async fn send_large(to: SocketAddr) -> io::Result<()> {
    let mut stream = greet(to).await?;
    envelope(&mut stream, 0).await?;
    let head = "From: a@bench.example\r\nSubject: ban ve\r\nMIME-Version: 1.0\r\n\
                Content-Type: application/octet-stream; name=ban-ve.bin\r\n\
                Content-Disposition: attachment; filename=ban-ve.bin\r\n\
                Content-Transfer-Encoding: base64\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    let line = "U2VhbGVkIGJ5IHRoZSBwcm92aW5jZSBvZiBRdWFuZyBCaW5oLCBub3QgYSBwcm9ncmFtIDEy\r\n";
    let block = line.repeat(1000);
    for _ in 0..50_000_000 / block.len() {
        stream.write_all(block.as_bytes()).await?;
    }
    stream.write_all(b".\r\n").await?;
    expect(&mut stream, "250").await
}

async fn greet(to: SocketAddr) -> io::Result<BufReader<TcpStream>> {
    let mut stream = BufReader::new(TcpStream::connect(to).await?);
    expect(&mut stream, "220").await?;
    stream.write_all(b"EHLO bench.example\r\n").await?;
    expect(&mut stream, "250").await?;
    Ok(stream)
}

/// RFC 2920: the envelope travels in one piece.
async fn envelope(stream: &mut BufReader<TcpStream>, to: usize) -> io::Result<()> {
    let envelope = format!("MAIL FROM:<a@bench.example>\r\nRCPT TO:<{to}@{DOMAIN}>\r\nDATA\r\n");
    stream.write_all(envelope.as_bytes()).await?;
    expect(stream, "250").await?;
    expect(stream, "250").await?;
    expect(stream, "354").await
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

/// In the environment of the process that sends: to whom, and how many letters in each session.
const TASK: &str = "LIENTHONG_BENCH_SEND";
const LINE: &str = "Kinh gui cac don vi, de nghi bao cao tinh hinh thuc hien nhiem vu.\r\n";
