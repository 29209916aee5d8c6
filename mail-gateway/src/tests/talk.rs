//! A mail program by hand.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use super::within;
use crate::smtp_out::tls::connector;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

pub(crate) struct Talk {
    stream: BufReader<Box<dyn Stream>>,
}

impl Talk {
    /// Connects in clear text; the greeting is read.
    pub(crate) async fn clear(address: SocketAddr) -> Self {
        let mut talk = Self { stream: BufReader::new(Box::new(TcpStream::connect(address).await.unwrap())) };
        assert!(talk.reply().await.starts_with("220"));
        talk
    }

    /// Connects under TLS; the greeting is read.
    pub(crate) async fn tls(address: SocketAddr) -> Self {
        let mut talk = Self { stream: BufReader::new(Box::new(TcpStream::connect(address).await.unwrap())) };
        talk.encrypt().await;
        assert!(talk.reply().await.starts_with("220"));
        talk
    }

    /// Goes on under TLS.
    pub(crate) async fn encrypt(&mut self) {
        let nothing: Box<dyn Stream> = Box::new(tokio::io::empty());
        let stream = std::mem::replace(&mut self.stream, BufReader::new(nothing)).into_inner();
        let stream = connector().connect("tinh.example".try_into().unwrap(), stream).await.unwrap();
        self.stream = BufReader::new(Box::new(stream));
    }

    /// Sends `bytes` as they are.
    pub(crate) async fn send(&mut self, bytes: &str) {
        self.stream.write_all(bytes.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Sends one command and reads its reply.
    pub(crate) async fn say(&mut self, command: &str) -> String {
        self.send(&format!("{command}\r\n")).await;
        self.reply().await
    }

    /// One whole reply; empty when the connection ended.
    pub(crate) async fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let mut line = String::new();
            if within(self.stream.read_line(&mut line)).await.unwrap_or(0) == 0 {
                return reply;
            }
            let last = line.as_bytes().get(3) == Some(&b' ');
            reply.push_str(&line);
            if last {
                return reply;
            }
        }
    }

    /// Sends a whole letter, expecting every command to be taken; answers what came after the letter.
    pub(crate) async fn letter(&mut self, from: &str, to: &[&str], letter: &str) -> String {
        assert!(self.say(&format!("MAIL FROM:<{from}>")).await.starts_with("250"));
        for address in to {
            let answer = self.say(&format!("RCPT TO:<{address}>")).await;
            assert!(answer.starts_with("250"), "{answer}");
        }
        assert!(self.say("DATA").await.starts_with("354"));
        self.say(&format!("{letter}\r\n.")).await
    }

    /// Signs in as the one person who has a password.
    pub(crate) async fn sign_in(&mut self) {
        assert!(self.say("EHLO may.example").await.contains(" PLAIN LOGIN"));
        assert!(self.say("AUTH PLAIN AGFuAG3huq10IGto4bqpdQ==").await.starts_with("235"));
    }
}
