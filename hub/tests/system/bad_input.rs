//! What is wrong is answered clearly, and nothing falls over.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    process::Command,
    time::Duration,
};

use base::random::{Random, Seeded};
use serde_json::json;
use testkit::{Client, PASSWORD};

use crate::{BINARY, hub};

fn refused(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let output =
        Command::new(BINARY).arg("serve").arg("--data").arg(folder.path()).args(arguments).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_port_in_use_and_a_misspelt_key_are_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let said = refused(&["--set", &format!("http.listen={address}")]);
    assert!(
        said.contains("http.listen") && said.contains(&address.to_string()) && said.contains("in use"),
        "{said}"
    );
    let said = refused(&["--set", "htpp.listen=127.0.0.1:1"]);
    assert!(said.contains("htpp.listen") && said.contains("http.listen"), "{said}");
}

#[test]
fn two_hubs_on_one_data_folder_are_refused() {
    let hub = hub(&[]);
    let output = Command::new(BINARY).arg("serve").arg("--data").arg(hub.data()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("in use by another hub"), "{said}");
}

#[test]
fn random_bytes_on_every_listening_port_harm_nobody() {
    let hub = hub(&[]);
    let client = Client::signed_in(hub.address("http"), "vanthu.stttt", PASSWORD);
    let mut random = Seeded::new(2026);
    for door in ["http", "https", "smtp", "submission", "submissions"] {
        for size in [1, 17, 600, 20_000] {
            let mut bytes = vec![0; size];
            random.fill(&mut bytes);
            let mut stream = TcpStream::connect(hub.address(door)).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            let _ = stream.write_all(&bytes);
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
        }
    }
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    for size in 0..1400 {
        let mut bytes = vec![0; size];
        random.fill(&mut bytes);
        // The first byte chooses STUN, DTLS or SRTP: visit all.
        if let Some(first) = bytes.first_mut() {
            *first = [0, 1, 20, 22, 63, 128, 144, 200][size % 8];
        }
        socket.send_to(&bytes, hub.address("media")).unwrap();
    }
    assert_eq!(client.get("/api/session").status, 200);
    assert!(hub.resident() < 300 * 1024 * 1024);
}

#[test]
fn random_bytes_leave_one_line_with_an_id_and_what_is_alike_is_counted() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let hub = hub(&[&format!("media.tcp_port={port}")]);
    let client = Client::new(hub.address("http"));
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let own = socket.local_addr().unwrap().to_string();
    let told = [
        "neither ICE, nor DTLS, nor media",
        "an ICE check of nobody",
        "a DTLS record from an address that has proved nothing",
        "media that is nobody's",
        "its first bytes are no ICE check",
        "what came is not HTTP",
    ];
    for _ in 0..500 {
        for first in [0_u8, 22, 128, 255] {
            socket.send_to(&[first; 200], hub.address("media")).unwrap();
        }
        for door in [SocketAddr::from(([127, 0, 0, 1], port)), hub.address("http")] {
            let _ = TcpStream::connect(door).and_then(|mut stream| stream.write_all(&[0xEE; 60]));
        }
        assert_eq!(client.get("/api/health").status, 200);
        let log = hub.log();
        if told.iter().all(|what| log.contains(what)) {
            break;
        }
    }
    let log = hub.log();
    for what in told {
        let lines: Vec<&str> = log.lines().filter(|line| line.contains(what)).collect();
        let [line] = lines[..] else { panic!("{what}: {lines:?} of {log}") };
        assert!(line.contains("HT-") && line.contains("alike=0") && line.contains("127.0.0.1:"), "{line}");
    }
    assert!(log.contains(&own), "{log}");
}

#[test]
fn requests_that_make_no_sense_get_an_answer_with_an_id() {
    let hub = hub(&[]);
    let client = Client::signed_in(hub.address("http"), "chutri", PASSWORD);
    let secret = client
        .post("/api/meetings", &json!({ "title": "Họp", "startsAt": 1, "endsAt": 2, "notSecret": false }));
    assert_eq!(secret.status, 422, "{}", String::from_utf8_lossy(&secret.body));
    assert!(secret.json()["error"]["message"].as_str().unwrap().contains("bí mật nhà nước"));
    for (method, path, body) in [
        ("POST", "/api/meetings", "{"),
        ("POST", "/api/session", "[]"),
        ("POST", "/jmap/api", "{\"using\":7}"),
        ("GET", "/api/meetings/khong-phai-id", ""),
        ("GET", "/api/khong-co", ""),
    ] {
        let answer = client.send_bytes(method, path, "application/json", body.as_bytes());
        assert!((400..500).contains(&answer.status), "{method} {path}: {}", answer.status);
        assert!(answer.header("x-request-id").is_some(), "{method} {path}");
    }
}
