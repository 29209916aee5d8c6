//! Another mail server, as scripted as a test wants it.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::Duration,
};

/// What the other server says to the end of DATA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// `250`.
    Accept,
    /// `451`: come back.
    Later,
    /// `550`: never.
    Refuse,
}

/// A server that takes every recipient and keeps every letter.
#[derive(Debug)]
pub struct SmtpSink {
    address: SocketAddr,
    letters: Receiver<String>,
    attempts: Receiver<Reply>,
}

impl SmtpSink {
    /// Listens on loopback; answers the letters in turn with `script`, then accepts.
    ///
    /// # Panics
    /// When loopback cannot be bound.
    pub fn start(script: &[Reply]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let address = listener.local_addr().expect("bound");
        let (letter, letters) = mpsc::channel();
        let (attempt, attempts) = mpsc::channel();
        let script = Arc::new(Mutex::new(script.iter().rev().copied().collect::<Vec<_>>()));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (letter, attempt, script) = (letter.clone(), attempt.clone(), Arc::clone(&script));
                thread::spawn(move || drop(serve(stream, &letter, &attempt, &script)));
            }
        });
        Self { address, letters, attempts }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next letter it accepted.
    ///
    /// # Panics
    /// When none comes within 30 s.
    pub fn letter(&self) -> String {
        self.letters.recv_timeout(Duration::from_secs(30)).expect("a letter within 30 s")
    }

    /// How it answered the next letter offered.
    ///
    /// # Panics
    /// When none comes within 30 s.
    pub fn attempt(&self) -> Reply {
        self.attempts.recv_timeout(Duration::from_secs(30)).expect("an attempt within 30 s")
    }

    /// Whether a letter waits that nobody has asked for.
    pub fn has_more(&self) -> bool {
        self.letters.try_recv().is_ok()
    }
}

fn serve(
    stream: TcpStream,
    letter: &Sender<String>,
    attempt: &Sender<Reply>,
    script: &Mutex<Vec<Reply>>,
) -> std::io::Result<()> {
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    writer.write_all(b"220 sink.example ESMTP\r\n")?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                writer.write_all(b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")?
            }
            "DATA" => {
                writer.write_all(b"354 go on\r\n")?;
                let text = data(&mut reader)?;
                let reply = script.lock().ok().and_then(|mut s| s.pop()).unwrap_or(Reply::Accept);
                let _ = attempt.send(reply);
                match reply {
                    Reply::Accept => {
                        let _ = letter.send(text);
                        writer.write_all(b"250 2.0.0 taken\r\n")?;
                    }
                    Reply::Later => writer.write_all(b"451 4.3.0 later\r\n")?,
                    Reply::Refuse => writer.write_all(b"550 5.7.1 no\r\n")?,
                }
            }
            "QUIT" => {
                writer.write_all(b"221 2.0.0 bye\r\n")?;
                return Ok(());
            }
            _ => writer.write_all(b"250 2.0.0 ok\r\n")?,
        }
        line.clear();
    }
    Ok(())
}

fn data(reader: &mut impl BufRead) -> std::io::Result<String> {
    let mut text = String::new();
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 && line != ".\r\n" {
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
        line.clear();
    }
    Ok(text)
}
