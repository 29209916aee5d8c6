//! A browser's share of HTTP/1.1: cookies, JSON, one connection per request. Plain TCP to loopback.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The head, as sent.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; `Null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// One person's cookie jar.
#[derive(Debug, Clone)]
pub struct Client {
    address: SocketAddr,
    cookie: Option<String>,
    /// Sent as `Origin` with every request, as a browser does.
    pub origin: String,
}

impl Client {
    /// Nobody, yet.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, cookie: None, origin: format!("http://{address}") }
    }

    /// Signs in with a sample sign-in.
    ///
    /// # Panics
    /// When the hub refuses.
    pub fn signed_in(address: SocketAddr, login: &str, password: &str) -> Self {
        let mut client = Self::new(address);
        let answer = client.sign_in(login, password);
        assert_eq!(answer.status, 200, "sign-in of {login}: {}", String::from_utf8_lossy(&answer.body));
        client
    }

    /// Signs in; keeps the cookie.
    pub fn sign_in(&mut self, login: &str, password: &str) -> Answer {
        let body = serde_json::json!({ "login": login, "password": password });
        let answer = self.send("POST", "/api/session", Some(&body));
        if let Some(cookie) = answer.header("set-cookie").and_then(|value| value.split(';').next()) {
            self.cookie = Some(cookie.to_owned());
        }
        answer
    }

    /// The session's cookie, for other protocols.
    pub fn cookie(&self) -> &str {
        self.cookie.as_deref().unwrap_or_default()
    }

    /// GET.
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    /// POST with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(body))
    }

    /// Any method, with a JSON body or none.
    pub fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let bytes = body.map(ToString::to_string).unwrap_or_default();
        self.send_bytes(method, path, "application/json", bytes.as_bytes())
    }

    /// Any method and body.
    ///
    /// # Panics
    /// When the hub does not answer with HTTP.
    pub fn send_bytes(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).expect("the hub listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
        let cookie = self.cookie.as_ref().map(|c| format!("Cookie: {c}\r\n")).unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\n{cookie}Content-Type: {kind}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.address,
            self.origin,
            body.len()
        );
        // The hub may answer and close before it has read a body that is too large.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
        let mut raw = Vec::new();
        let _ = stream.read_to_end(&mut raw);
        parse(&raw)
    }
}

fn parse(raw: &[u8]) -> Answer {
    let end = raw.windows(4).position(|w| w == b"\r\n\r\n").expect("an HTTP head");
    let head = String::from_utf8_lossy(&raw[..end]).into_owned();
    let status = head.split_whitespace().nth(1).and_then(|code| code.parse().ok()).expect("a status");
    let body = raw[end + 4..].to_vec();
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    Answer { status, head, body: if chunked { dechunk(&body) } else { body } }
}

fn dechunk(mut rest: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = rest.windows(2).position(|w| w == b"\r\n") {
        let size =
            std::str::from_utf8(&rest[..end]).ok().and_then(|t| usize::from_str_radix(t.trim(), 16).ok());
        let Some(size) = size.filter(|size| *size > 0 && end + 2 + size <= rest.len()) else { break };
        whole.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = rest.get(end + 4 + size..).unwrap_or_default();
    }
    whole
}
