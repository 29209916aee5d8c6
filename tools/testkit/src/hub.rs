//! The hub's own binary with sample data, on ports of its own choice.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use serde_json::Value;

/// The password of every sample sign-in.
pub const PASSWORD: &str = "Lienthong@2026";

/// A running hub; killed and its data removed when dropped.
#[derive(Debug)]
pub struct Hub {
    binary: PathBuf,
    data: PathBuf,
    /// Removes the data when the test is over; absent on data that belongs to the test.
    _folder: Option<tempfile::TempDir>,
    overrides: Vec<String>,
    process: Option<Child>,
    listening: Value,
    log: Arc<Mutex<String>>,
}

impl Hub {
    /// Starts `binary` (`env!("CARGO_BIN_EXE_lienthong")`) with `overrides` (`key=value`) and waits until
    /// it listens.
    ///
    /// # Panics
    /// When it does not start; the message holds its log.
    pub fn start(binary: &str, overrides: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().to_path_buf();
        Self::launched(binary, data, Some(folder), overrides)
    }

    /// Starts `binary` on data that exists, such as a backup, and waits until it listens.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_on(binary: &str, data: &Path) -> Self {
        Self::launched(binary, data.to_path_buf(), None, &[])
    }

    fn launched(binary: &str, data: PathBuf, folder: Option<tempfile::TempDir>, overrides: &[&str]) -> Self {
        let overrides = overrides.iter().map(|o| (*o).to_owned()).collect();
        let listening = Value::Null;
        let (binary, process, log) = (binary.into(), None, Arc::default());
        let mut hub = Self { binary, data, _folder: folder, overrides, process, listening, log };
        hub.launch();
        hub
    }

    /// Starts the process (again) on the same data; listeners keep their ports.
    ///
    /// # Panics
    /// When it does not start.
    pub fn launch(&mut self) {
        let mut command = Command::new(&self.binary);
        command.args(["serve", "--sample", "--data"]).arg(self.data());
        for name in ["http", "https", "smtp", "submission", "submissions", "imap", "imaps"] {
            let address = self.listening[name].as_str().unwrap_or("127.0.0.1:0").to_owned();
            command.args(["--set", &format!("{name}.listen={address}")]);
        }
        command.args(["--set", "media.address=127.0.0.1", "--set", "media.udp_port=0"]);
        if let Some(url) = postgres(self.data()) {
            command.args(["--set", &format!("database.url={url}")]);
        }
        for assignment in &self.overrides {
            command.args(["--set", assignment]);
        }
        let mut process =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the hub's binary starts");
        let (told, log) = (process.stderr.take().expect("piped"), Arc::clone(&self.log));
        let reading = thread::spawn(move || {
            for line in BufReader::new(told).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line);
                log.lock().unwrap_or_else(PoisonError::into_inner).extend([&line, "\n"]);
            }
        });
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let ready = lines.by_ref().map_while(Result::ok).any(|line| line.contains("http"));
        if !ready {
            let _ = reading.join();
            panic!("the hub did not start:\n{}", self.log());
        }
        // Keep its pipe empty for as long as it lives.
        thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let text = std::fs::read_to_string(self.data().join("listening.json")).expect("listening.json");
        self.listening = serde_json::from_str(&text).expect("JSON");
        self.process = Some(process);
    }

    /// Where it keeps its data.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The address of a listener: `http`, `https`, `smtp`, `submission`, `submissions`, `imap`, `imaps`.
    ///
    /// # Panics
    /// When that listener is off.
    pub fn address(&self, listener: &str) -> SocketAddr {
        self.listening[listener].as_str().and_then(|text| text.parse().ok()).expect("that listener is on")
    }

    /// What it has written to its log so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stops it as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Stops it as an operator would (SIGTERM); `true` when it ended cleanly.
    pub fn stop(&mut self) -> bool {
        let Some(mut process) = self.process.take() else { return false };
        let _ = Command::new("kill").arg(process.id().to_string()).status();
        process.wait().is_ok_and(|status| status.success())
    }

    /// Runs `lienthong admin …` on this hub's data.
    ///
    /// # Panics
    /// When the binary cannot be started.
    pub fn admin(&self, arguments: &[&str]) -> Output {
        Command::new(&self.binary)
            .args(["admin", "--data"])
            .arg(&self.data)
            .args(arguments)
            .output()
            .expect("the hub's binary starts")
    }

    /// Resident memory in bytes.
    pub fn resident(&self) -> u64 {
        let id = self.process.as_ref().map(Child::id).unwrap_or_default();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or_default() * 1024
    }
}

/// The hub's own database when the tests run on PostgreSQL (`LIENTHONG_TEST_DATABASE`); created when missing.
fn postgres(data: &Path) -> Option<String> {
    let url = std::env::var("LIENTHONG_TEST_DATABASE").ok().filter(|url| !url.is_empty())?;
    let letters = data.file_name()?.to_str()?.bytes().filter(u8::is_ascii_alphanumeric);
    let name = format!("hub_{}", letters.map(char::from).collect::<String>().to_lowercase());
    // Fails when it exists already: the hub was started on this data before.
    let _ = Command::new("psql").args([&url, "-q", "-c", &format!("CREATE DATABASE {name}")]).output();
    url.rsplit_once('/').map(|(server, _)| format!("{server}/{name}"))
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.kill();
    }
}
