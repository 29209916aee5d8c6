//! Debian's clamd and rspamd, each in a folder of its own with nothing of `/etc` or `/var`, on sockets in that
//! folder. They end with the test.

use std::{
    fs,
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// What the one signature of [`Clamd`] finds.
pub const VIRUS: &str = "MA-DOC-THU-NGHIEM-7f3a";
/// What the one rule of [`Rspamd`] finds.
pub const OFFER: &str = "MUA-NGAY-THU-NGHIEM";

/// The password of the controller of [`Rspamd`].
pub const PASSWORD: &str = "hoc-thu-rac";

/// A virus scanner.
pub struct Clamd {
    folder: tempfile::TempDir,
    process: Option<Child>,
}

impl Clamd {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let here = folder.path().display();
        let database = folder.path().join("signatures");
        fs::create_dir(&database).unwrap();
        // clamav-signatures(5): name, any kind of file, anywhere, the octets.
        let octets: String = VIRUS.bytes().map(|octet| format!("{octet:02x}")).collect();
        fs::write(database.join("own.ndb"), format!("Lienthong.Thu-nghiem:0:*:{octets}\n")).unwrap();
        let config = format!(
            "Foreground yes\nLocalSocket {here}/clamd.socket\nDatabaseDirectory {here}/signatures\n\
             TemporaryDirectory {here}\nStreamMaxLength 64M\n"
        );
        fs::write(folder.path().join("clamd.conf"), config).unwrap();
        let mut clamd = Self { folder, process: None };
        clamd.launch();
        clamd
    }

    /// Starts it (again) and waits until it answers.
    pub fn launch(&mut self) {
        let config = self.folder.path().join("clamd.conf");
        // Debian keeps daemons where not everybody's PATH looks.
        let mut command = Command::new("/usr/sbin/clamd");
        command.arg("--config-file").arg(config);
        self.process = Some(launch(command));
        answered(&self.socket(), b"zPING\0", "PONG");
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("clamd.socket")
    }

    pub fn stop(&mut self) {
        end(&mut self.process);
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A spam filter.
pub struct Rspamd {
    folder: tempfile::TempDir,
    process: Option<Child>,
}

impl Rspamd {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let here = folder.path();
        fs::write(here.join("domains.dat"), "example\nvn\n").unwrap();
        fs::write(here.join("rules.lua"), "").unwrap();
        fs::write(here.join("rspamd.conf"), config(here)).unwrap();
        let mut command = Command::new("rspamd");
        command.args(["-f", "-i", "--var"]).arg(format!("DBDIR={}", here.display()));
        command.arg("-c").arg(here.join("rspamd.conf"));
        let process = Some(launch(command));
        let rspamd = Self { folder, process };
        answered(&rspamd.socket(), b"GET /ping HTTP/1.0\r\n\r\n", "pong");
        rspamd
    }

    /// Where letters are scored.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("normal.socket")
    }

    /// Where it learns.
    pub fn controller(&self) -> PathBuf {
        self.folder.path().join("controller.socket")
    }
}

impl Drop for Rspamd {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

/// Only what is needed: no name server, no maps, none of Debian's rules.
fn config(here: &Path) -> String {
    let here = here.display();
    format!(
        r#"
options {{
  pidfile = "{here}/pid"; temp_dir = "{here}"; control_socket = "{here}/control.socket mode=0600";
  url_tld = "{here}/domains.dat"; local_addrs = []; disable_hyperscan = true; filters = "regexp";
  dns {{ nameserver = ["127.0.0.1:9:1"]; timeout = 0.1s; retransmits = 1; }}
}}
logging {{ type = "console"; level = "warning"; }}
worker "normal" {{ bind_socket = "{here}/normal.socket mode=0600"; count = 1; }}
worker "controller" {{
  bind_socket = "{here}/controller.socket mode=0600"; count = 1; password = "{PASSWORD}";
  stats_path = "{here}/stats"; secure_ip = [];
}}
classifier "bayes" {{
  tokenizer {{ name = "osb"; }}
  backend = "sqlite3"; min_tokens = 3; min_learns = 1;
  statfile {{ symbol = "BAYES_SPAM"; path = "{here}/spam.sqlite"; spam = true; }}
  statfile {{ symbol = "BAYES_HAM"; path = "{here}/ham.sqlite"; spam = false; }}
}}
metric "default" {{ symbol "BAYES_SPAM" {{ weight = 7; }} symbol "BAYES_HAM" {{ weight = -3; }} }}
actions {{ reject = 1000; add_header = 900; greylist = null; }}
regexp {{ OFFER {{ re = '/{OFFER}/{{sa_body}}'; score = 8; }} }}
lua = "{here}/rules.lua";
"#
    )
}

fn launch(mut command: Command) -> Child {
    let name = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap_or_else(|cause| panic!("{name} of Debian is needed: {cause}"))
}

/// Waits until `question` is answered with `answer`.
fn answered(socket: &Path, question: &[u8], answer: &str) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut said = String::new();
        if let Ok(mut stream) = UnixStream::connect(socket) {
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let _ = stream.write_all(question).and_then(|()| stream.read_to_string(&mut said));
        }
        if said.contains(answer) {
            return;
        }
        assert!(Instant::now() < deadline, "no answer at {}", socket.display());
        std::thread::yield_now();
    }
}

/// Asks it to end, and its children with it.
fn end(process: &mut Option<Child>) {
    if let Some(mut process) = process.take() {
        let _ = Command::new("kill").arg(process.id().to_string()).status();
        let _ = process.wait();
    }
}

/// Starting takes a second or two on a machine with nothing else to do.
const PATIENCE: Duration = Duration::from_secs(60);
