//! A small IMAP client of our own against the real listener; one file per family of commands.

mod fetch;
mod folders;
mod interleaved;
mod reading_only;
mod resync;
mod search;
mod sign_in;

use std::net::SocketAddr;

use base::{MailboxId, Timestamp};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

use crate::{
    smtp_out::tls::connector,
    store::Role,
    tests::{Hub, within},
};

/// A client under TLS.
struct Client {
    stream: BufReader<TlsStream<TcpStream>>,
    count: u32,
}

impl Client {
    /// Connects; the greeting is read.
    async fn connect(hub: &Hub) -> Self {
        Self::connect_to(hub.serving.address("imaps").unwrap()).await
    }

    async fn connect_to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let stream = connector().connect("tinh.example".try_into().unwrap(), stream).await.unwrap();
        let mut client = Self { stream: BufReader::new(stream), count: 0 };
        assert!(client.line().await.starts_with("* OK [CAPABILITY IMAP4rev2 IMAP4rev1"));
        client
    }

    /// Connects and signs in.
    async fn of(hub: &Hub, login: &str) -> Self {
        let mut client = Self::connect(hub).await;
        let answer = client.say(&format!("LOGIN {login} \"mật khẩu\"")).await;
        assert!(answer.contains("OK [CAPABILITY"), "{answer}");
        client
    }

    /// Signs in and selects the inbox.
    async fn in_inbox(hub: &Hub, login: &str) -> Self {
        let mut client = Self::of(hub, login).await;
        client.say("SELECT INBOX").await;
        client
    }

    /// One line and the literals in it, without the line end; empty at the end of the connection.
    async fn line(&mut self) -> String {
        let mut whole = Vec::new();
        loop {
            let mut line = Vec::new();
            within(self.stream.read_until(b'\n', &mut line)).await.unwrap();
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            whole.extend_from_slice(&line);
            let size = text.strip_suffix('}').and_then(|t| t.rsplit_once('{')).map(|(_, n)| n.to_owned());
            let Some(size) = size.and_then(|size| size.parse::<usize>().ok()) else { break };
            let mut literal = vec![0; size];
            within(self.stream.read_exact(&mut literal)).await.unwrap();
            whole.extend_from_slice(&literal);
        }
        String::from_utf8_lossy(&whole).trim_end().to_owned()
    }

    async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Sends a command and reads everything up to its tagged answer.
    async fn say(&mut self, command: &str) -> String {
        self.count += 1;
        let tag = format!("t{}", self.count);
        self.send(&format!("{tag} {command}\r\n")).await;
        let mut answer = String::new();
        loop {
            let line = self.line().await;
            assert!(!line.is_empty(), "the connection ended: {answer}");
            answer.push_str(&line);
            answer.push('\n');
            if line.starts_with(&format!("{tag} ")) {
                return answer;
            }
        }
    }

    /// Appends a letter; answers its UID.
    async fn append(&mut self, folder: &str, flags: &str, letter: &str) -> String {
        let answer = self.say(&format!("APPEND {folder} ({flags}) {{{}+}}\r\n{letter}", letter.len())).await;
        let code = answer.split("[APPENDUID ").nth(1).unwrap_or_else(|| panic!("{answer}"));
        code.split([' ', ']']).nth(1).unwrap().to_owned()
    }
}

/// Delivers a letter with this subject into the inbox of `mailbox`.
async fn deliver(hub: &Hub, mailbox: MailboxId, subject: &str) {
    let raw =
        format!("From: Sở Tài chính <stc@tinh.example>\r\nSubject: {subject}\r\n\r\n{subject}, nội dung\r\n");
    let store = hub.mail.store();
    store.ensure(mailbox, Timestamp::now()).await.unwrap();
    let key = format!("{subject}-{}", Timestamp::now().as_micros());
    store.deliver_letter(key, mailbox, Role::Inbox, raw.into(), Vec::new(), Timestamp::now()).await.unwrap();
}
