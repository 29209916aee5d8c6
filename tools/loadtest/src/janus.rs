//! Debian's Janus as a forwarder to compare with: its video room, two event loops on two cores, spoken to
//! through its Unix socket.
//!
//! A viewer's description goes the other way round here: Janus offers and the robot answers.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::offer::UFRAG;

/// A running Janus with one session and one room.
pub struct Janus {
    process: Child,
    folder: PathBuf,
    socket: Socket,
    session: u64,
    transactions: u64,
}

impl Janus {
    /// Whether this machine has it.
    pub fn is_installed() -> bool {
        Path::new(PROGRAM).exists()
    }

    /// Starts it with a configuration of its own.
    pub fn start() -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("loadtest-janus-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let place = folder.display().to_string();
        for (name, text) in CONFIGURATION {
            std::fs::write(folder.join(name), text.replace("FOLDER", &place))?;
        }
        let mut process = Command::new(PROGRAM)
            .arg("-F")
            .arg(&folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let socket = match connect(&folder.join("api.sock")) {
            Ok(socket) => socket,
            Err(error) => {
                let _ = process.kill();
                let _ = process.wait();
                return Err(error);
            }
        };
        let mut janus = Self { process, folder, socket, session: 0, transactions: 0 };
        janus.session = id(&janus.ask(json!({ "janus": "create" }))?)?;
        Ok(janus)
    }

    /// Its process, whose processor time is measured.
    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// Takes the offer of a robot that sends, or gives Janus's to one that looks; either way what comes
    /// back describes Janus's side.
    pub fn offer(&mut self, sdp: &str) -> io::Result<String> {
        let attach = json!({ "janus": "attach", "plugin": "janus.plugin.videoroom" });
        let handle = id(&self.ask(attach)?)?;
        if sdp.contains("a=sendonly") {
            let body = json!({ "request": "joinandconfigure", "ptype": "publisher", "room": 1, "id": 1 });
            let jsep = json!({ "type": "offer", "sdp": sdp });
            return described(&self.message(handle, body, Some(jsep))?);
        }
        let body = json!({ "request": "join", "ptype": "subscriber", "room": 1, "streams": [{ "feed": 1 }] });
        let deadline = Instant::now() + PATIENCE;
        let offered = loop {
            // Until the sender's connection stands, there is nothing to look at.
            match described(&self.message(handle, body.clone(), None)?) {
                Ok(offered) => break offered,
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => std::thread::sleep(LOOK),
            }
        };
        let jsep = json!({ "type": "answer", "sdp": answer(&offered, sdp) });
        self.message(handle, json!({ "request": "start", "room": 1 }), Some(jsep))?;
        Ok(offered)
    }

    /// Says something to the room and waits for what it has to say.
    fn message(&mut self, handle: u64, body: Value, jsep: Option<Value>) -> io::Result<Value> {
        let mut message = json!({ "janus": "message", "handle_id": handle, "body": body });
        if let Some(jsep) = jsep {
            message["jsep"] = jsep;
        }
        self.ask(message)
    }

    fn ask(&mut self, mut message: Value) -> io::Result<Value> {
        self.transactions += 1;
        let transaction = self.transactions.to_string();
        message["transaction"] = transaction.as_str().into();
        if self.session != 0 {
            message["session_id"] = self.session.into();
        }
        self.socket.send(message.to_string().as_bytes())?;
        let mut buffer = vec![0; LONGEST];
        loop {
            // One message is one packet of the socket.
            let length = (&self.socket).read(&mut buffer)?;
            let told: Value = serde_json::from_slice(&buffer[..length])?;
            // What happens to other robots is told in between, and an acknowledgement before the answer.
            if told["transaction"] == transaction.as_str() && told["janus"] != "ack" {
                return Ok(told);
            }
        }
    }
}

impl Drop for Janus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Connects as soon as somebody listens.
fn connect(path: &Path) -> io::Result<Socket> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let socket = Socket::new(Domain::UNIX, Type::SEQPACKET, None)?;
        match socket.connect(&SockAddr::unix(path)?) {
            Ok(()) => {
                socket.set_read_timeout(Some(PATIENCE))?;
                return Ok(socket);
            }
            Err(error) if Instant::now() > deadline => return Err(error),
            Err(_) => std::thread::sleep(LOOK),
        }
    }
}

fn id(told: &Value) -> io::Result<u64> {
    told["data"]["id"].as_u64().ok_or_else(|| io::Error::other(format!("Janus said {told}")))
}

/// The description in what was told.
fn described(told: &Value) -> io::Result<String> {
    let sdp = told["jsep"]["sdp"].as_str();
    sdp.map(str::to_owned).ok_or_else(|| io::Error::other(format!("Janus said {told}")))
}

/// The answer of a robot that looks: what Janus offers, with the robot's own keys (RFC 8829 §5.3.1).
fn answer(offered: &str, own: &str) -> String {
    let fingerprint = own.lines().find(|line| line.starts_with("a=fingerprint:")).unwrap_or_default();
    let password = own.lines().find(|line| line.starts_with("a=ice-pwd:")).unwrap_or_default();
    let dropped = ["a=candidate", "a=end-of", "a=ssrc", "a=msid", "a=ice-lite", "a=rid", "a=simulcast"];
    let mut out = String::new();
    for line in offered.lines().filter(|line| !dropped.iter().any(|start| line.starts_with(start))) {
        let line = match line.split_once(':').map_or(line, |(key, _)| key) {
            "a=ice-ufrag" => format!("a=ice-ufrag:{UFRAG}"),
            "a=ice-pwd" => password.to_owned(),
            "a=fingerprint" => fingerprint.to_owned(),
            "a=setup" => "a=setup:active".to_owned(),
            "a=sendonly" => "a=recvonly".to_owned(),
            _ => line.to_owned(),
        };
        out.push_str(&line);
        out.push_str("\r\n");
    }
    out
}

const PROGRAM: &str = "/usr/bin/janus";
const CONFIGURATION: [(&str, &str); 3] = [
    (
        "janus.jcfg",
        r#"general: {
  configs_folder = "FOLDER"
  plugins_folder = "/usr/lib/x86_64-linux-gnu/janus/plugins"
  transports_folder = "/usr/lib/x86_64-linux-gnu/janus/transports"
  events_folder = "FOLDER"
  loggers_folder = "FOLDER"
  debug_level = 1
  event_loops = 2
  session_timeout = 0
}
nat: { ice_lite = true }
transports: { disable = "libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_rabbitmq.so,libjanus_websockets.so" }
plugins: { disable = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so" }
"#,
    ),
    (
        "janus.transport.pfunix.jcfg",
        r#"general: { enabled = true  json = "compact"  path = "FOLDER/api.sock"  type = "SOCK_SEQPACKET" }
admin: { admin_enabled = false }
"#,
    ),
    (
        "janus.plugin.videoroom.jcfg",
        r#"room-1: { room = 1  publishers = 2  bitrate = 100000000  videocodec = "vp8"  fir_freq = 0 }
"#,
    ),
];
/// The longest message of Janus: a description and what surrounds it.
const LONGEST: usize = 65_536;
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(20);
