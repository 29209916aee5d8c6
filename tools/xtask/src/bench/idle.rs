//! What an idle mail program costs: thousands of IMAP connections under TLS, signed in and in IDLE.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use super::{Hub, launch};
use crate::shell::{Outcome, target};

/// Opens the connections and compares the hub's memory before and after.
///
/// # Errors
/// When a connection fails or one costs more than promised.
pub fn run() -> Outcome {
    let folder = std::env::temp_dir().join(format!("lienthong-idle-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|cause| cause.to_string())?;
    let hub = launch(&folder, &["--set", &format!("imaps.listen=127.0.0.1:{PORT}")])?;
    let measured = measure(&folder, &hub);
    hub.stop();
    let _ = std::fs::remove_dir_all(&folder);
    let each = measured?;
    println!("\n| what | measured | must | aim |\n|---|---|---|---|");
    println!("| one of {CONNECTIONS} idle IMAP connections over TLS | {each:.1} kB | ≤ 40 kB | 20 kB |");
    if each <= 40.0 { Ok(()) } else { Err("a promise is not kept".to_owned()) }
}

/// Kilobytes of the hub's memory per connection.
fn measure(folder: &Path, hub: &Hub) -> Outcome<f64> {
    // The account's own password is slow to check on purpose; a program's password is not.
    let made = Command::new(target().join("release/lienthong"))
        .args(["admin", "--data"])
        .arg(folder)
        .args(["app-password", "create", "--mailbox", MAILBOX, "--name", "bench"])
        .output()
        .map_err(|cause| cause.to_string())?;
    let secret = String::from_utf8_lossy(&made.stdout).trim().to_owned();
    if secret.is_empty() {
        return Err(format!("no app password: {}", String::from_utf8_lossy(&made.stderr).trim()));
    }
    let mut client = Command::new("python3")
        .args(["-c", CLIENT, &PORT.to_string(), MAILBOX, &secret, &CONNECTIONS.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|cause| cause.to_string())?;
    let outcome = (|| {
        let mut lines = BufReader::new(client.stdout.take().ok_or("no pipe")?).lines();
        let mut wait = |word: &str| match lines.next() {
            Some(Ok(line)) if line == word => Ok(()),
            other => Err(format!("the clients said {other:?}, not {word}")),
        };
        wait("warm")?;
        let before = hub.resident_mb()?;
        client.stdin.as_mut().and_then(|pipe| pipe.write_all(b"\n").ok()).ok_or("the clients are gone")?;
        wait("idle")?;
        let after = hub.resident_mb()?;
        Ok((after - before) * 1024.0 / CONNECTIONS as f64)
    })();
    let _ = client.kill();
    let _ = client.wait();
    outcome
}

/// Opens a hundred connections first, so that what is paid once is not counted, then the others.
const CLIENT: &str = r#"
import socket, ssl, sys
port, login, secret, count = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
held = []
def until(stream, word):
    text = b""
    while word not in text:
        piece = stream.recv(4096)
        if not piece:
            raise SystemExit(f"closed: {text!r}")
        text += piece
def connect(n):
    plain = socket.create_connection(("127.0.0.1", port), source_address=(f"127.0.1.{n % 100 + 1}", 0))
    stream = context.wrap_socket(plain)
    until(stream, b"\r\n")
    stream.sendall(f"a LOGIN {login} {secret}\r\n".encode())
    until(stream, b"a OK")
    stream.sendall(b"b SELECT INBOX\r\n")
    until(stream, b"b OK")
    stream.sendall(b"c IDLE\r\n")
    until(stream, b"+ ")
    held.append(stream)
for n in range(100):
    connect(n)
print("warm", flush=True)
sys.stdin.readline()
for n in range(count):
    connect(n)
print("idle", flush=True)
sys.stdin.readline()
"#;
const PORT: u16 = 18_993;
const CONNECTIONS: usize = 10_000;
const MAILBOX: &str = "stttt@quangbinh.example";
