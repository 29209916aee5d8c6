//! A real Chromium with a camera of 1280×720 in three layers, as the sender of a scenario.
//!
//! It opens a page of ours, which offers over plain HTTP on loopback; what it sends is what people's
//! browsers send: frames of uneven size, paced, with the header extensions of its own choice.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::hub::Hub;

/// A running browser that sends.
pub struct Browser {
    process: Child,
    profile: PathBuf,
}

impl Browser {
    /// Whether this machine has one.
    pub fn is_installed() -> bool {
        PathBuf::from(PROGRAM).exists()
    }

    /// Starts it and takes its offer to the hub as that of `seat`.
    pub fn publish(hub: &Hub, seat: usize) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let profile = std::env::temp_dir().join(format!("loadtest-browser-{}", std::process::id()));
        let process = Command::new(PROGRAM)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg(format!("http://{}/", listener.local_addr()?))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let browser = Self { process, profile };
        let deadline = Instant::now() + PATIENCE;
        loop {
            match listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false)?;
                    if serve(stream, hub, seat)? {
                        return Ok(browser);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if Instant::now() > deadline {
                        return Err(io::Error::other("the browser did not offer anything"));
                    }
                    std::thread::sleep(LOOK);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

/// Answers one request; whether it was the offer.
fn serve(stream: TcpStream, hub: &Hub, seat: usize) -> io::Result<bool> {
    let mut reader = BufReader::new(&stream);
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        // Browsers open connections in advance and close some unused.
        return Ok(false);
    }
    let is_offer = line.starts_with("POST /offer");
    let mut length = 0;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header == "\r\n" {
            break;
        }
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut offer = vec![0; length];
    reader.read_exact(&mut offer)?;
    let (kind, body) = match is_offer {
        true => ("application/sdp", hub.offer(1, seat, &String::from_utf8_lossy(&offer))?),
        false => ("text/html", PAGE.to_owned()),
    };
    let written = write!(
        &stream,
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    written.map(|()| is_offer).or_else(|error| if is_offer { Err(error) } else { Ok(false) })
}

const PROGRAM: &str = "/usr/bin/chromium";
const FLAGS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--no-first-run",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream=fps=30",
    "--allow-loopback-in-peer-connection",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];
const PAGE: &str = r#"<!doctype html><meta charset="utf-8"><script type="module">
const video = { width: { exact: 1280 }, height: { exact: 720 }, frameRate: 30 };
const [track] = (await navigator.mediaDevices.getUserMedia({ video })).getVideoTracks();
const connection = new RTCPeerConnection();
connection.addTransceiver(track, {
  direction: "sendonly",
  sendEncodings: [
    { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
    { rid: "m", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
    { rid: "h", maxBitrate: 1_500_000 },
  ],
});
await connection.setLocalDescription();
const body = connection.localDescription.sdp;
const sdp = await (await fetch("/offer", { method: "POST", body })).text();
await connection.setRemoteDescription({ type: "answer", sdp });
</script>"#;
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(20);
