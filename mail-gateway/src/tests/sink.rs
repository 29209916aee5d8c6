//! A mail server elsewhere.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_rustls::TlsAcceptor;

use super::{certificate, within};
use crate::config::{Host, Route};

/// What arrived.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) sender: String,
    pub(super) recipients: Vec<String>,
    pub(super) letter: String,
    pub(super) encrypted: bool,
}

/// What a sink says to a command of its n-th connection; `None` is the usual answer.
type Script = Arc<dyn Fn(usize, &str) -> Option<String> + Send + Sync>;

pub(super) struct Sink {
    pub(super) address: SocketAddr,
    arrived: mpsc::UnboundedReceiver<Arrived>,
    pub(super) connections: Arc<AtomicUsize>,
}

impl Sink {
    /// A server with the EHLO keywords `offers`.
    pub(super) async fn start(
        offers: &[&str],
        script: impl Fn(usize, &str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let (report, arrived) = mpsc::unbounded_channel();
        let server = Server {
            offers: offers.iter().map(|offer| (*offer).to_owned()).collect(),
            script: Arc::new(script),
            report,
            tls: TlsAcceptor::from(certificate()),
        };
        let counter = Arc::clone(&connections);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(server.clone().serve(stream, number));
            }
        });
        Self { address, arrived, connections }
    }

    /// The route that leads `domain` here.
    pub(super) fn route(&self, domain: &str) -> Route {
        let host = Host { name: self.address.ip().to_string(), port: self.address.port() };
        Route { domain: domain.to_owned(), host }
    }

    /// The next letter that arrives.
    pub(super) async fn next(&mut self) -> Arrived {
        within(self.arrived.recv()).await.unwrap()
    }

    /// Letters that arrived and were not asked for yet.
    pub(super) fn waiting(&self) -> usize {
        self.arrived.len()
    }
}

#[derive(Clone)]
struct Server {
    offers: Vec<String>,
    script: Script,
    report: mpsc::UnboundedSender<Arrived>,
    tls: TlsAcceptor,
}

impl Server {
    async fn serve(self, stream: TcpStream, number: usize) {
        let mut stream = BufReader::new(stream);
        if !self.greet(&mut stream, number).await || !self.talk(&mut stream, number, false).await {
            return;
        }
        if let Ok(stream) = self.tls.accept(stream.into_inner()).await {
            self.talk(&mut BufReader::new(stream), number, true).await;
        }
    }

    async fn greet(&self, stream: &mut BufReader<TcpStream>, number: usize) -> bool {
        let greeting = (self.script)(number, "").unwrap_or_else(|| "220 bo.example".to_owned());
        stream.write_all(format!("{greeting}\r\n").as_bytes()).await.is_ok()
    }

    /// Answers commands; true when the client goes on under TLS.
    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut BufReader<S>,
        number: usize,
        encrypted: bool,
    ) -> bool {
        let mut now =
            Arrived { sender: String::new(), recipients: Vec::new(), letter: String::new(), encrypted };
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return false;
            }
            let command = line.trim_end().to_owned();
            let verb = command.get(..4).unwrap_or(&command).to_ascii_uppercase();
            let scripted = (self.script)(number, &command);
            let taken = scripted.as_deref().is_none_or(|reply| reply.starts_with('2'));
            let usual = match verb.as_str() {
                "EHLO" => self.ehlo(encrypted),
                "DATA" => "354 go".to_owned(),
                "STAR" => "220 go".to_owned(),
                _ => "250 ok".to_owned(),
            };
            match verb.as_str() {
                "MAIL" => now.sender = command.clone(),
                "RCPT" if taken => now.recipients.push(command.clone()),
                _ => {}
            }
            let reply = scripted.unwrap_or(usual);
            if reply.is_empty() || stream.write_all(format!("{reply}\r\n").as_bytes()).await.is_err() {
                return false;
            }
            match verb.as_str() {
                "STAR" => return true,
                "QUIT" => return false,
                "DATA" if reply.starts_with("354") => {
                    now.letter = read_letter(stream).await;
                    let reply = (self.script)(number, ".").unwrap_or_else(|| "250 kept".to_owned());
                    if reply.starts_with('2') {
                        let next = Arrived {
                            sender: String::new(),
                            recipients: vec![],
                            letter: String::new(),
                            encrypted,
                        };
                        let _ = self.report.send(std::mem::replace(&mut now, next));
                    }
                    let _ = stream.write_all(format!("{reply}\r\n").as_bytes()).await;
                }
                _ => {}
            }
        }
    }

    fn ehlo(&self, encrypted: bool) -> String {
        let mut lines = vec!["250-bo.example".to_owned()];
        let offers = self.offers.iter().filter(|offer| !(encrypted && *offer == "STARTTLS"));
        lines.extend(offers.map(|offer| format!("250-{offer}")));
        lines.push("250 HELP".to_owned());
        lines.join("\r\n")
    }
}

async fn read_letter<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> String {
    let mut letter = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 || line == ".\r\n" {
            return letter;
        }
        letter.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
