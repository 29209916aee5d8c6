//! Postfix as Debian ships it, beside us: in a folder of its own, on loopback, as durable as it always is.
//! It throws away what it has accepted, which is less than what we do with it.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use crate::{hub::DOMAIN, measure, sender};

/// How fast it was.
pub(crate) struct Speed {
    /// Letters accepted a second.
    pub(crate) rate: f64,
    /// Letters accepted for each second of processor time.
    pub(crate) each_second: f64,
}

/// Starts it, sends it `letters`, stops it.
///
/// # Errors
/// Why it could not be measured: mostly that it is not installed, or that this is not root.
pub(crate) fn accepts(letters: usize) -> Result<Speed, String> {
    let folder = tempfile::tempdir().map_err(|cause| cause.to_string())?;
    let settings = prepare(folder.path()).map_err(|cause| cause.to_string())?;
    control(&settings, "start")?;
    let measured = load(folder.path(), letters);
    control(&settings, "stop")?;
    measured
}

fn load(folder: &Path, letters: usize) -> Result<Speed, String> {
    let patience = Instant::now();
    while std::net::TcpStream::connect(ADDRESS).is_err() {
        if patience.elapsed() > Duration::from_secs(30) {
            return Err("it does not listen".to_owned());
        }
        std::thread::yield_now();
    }
    let pid = fs::read_to_string(folder.join("spool/pid/master.pid")).map_err(|cause| cause.to_string())?;
    let master = pid.trim().parse().map_err(|_| "no process id".to_owned())?;
    let address: SocketAddr = ADDRESS.parse().map_err(|_| "no address".to_owned())?;
    sender::letters(address, sender::SESSIONS * 5).map_err(|cause| cause.to_string())?;
    let before = measure::of_family(master);
    let (sent, took) = sender::letters(address, letters).map_err(|cause| cause.to_string())?;
    let used = measure::of_family(master) - before;
    Ok(Speed { rate: sent as f64 / took.as_secs_f64(), each_second: sent as f64 / used.as_secs_f64() })
}

/// Its settings, away from those of the machine.
fn prepare(folder: &Path) -> std::io::Result<PathBuf> {
    let (settings, data, spool) = (folder.join("etc"), folder.join("lib"), folder.join("spool"));
    [&settings, &data, &spool].into_iter().try_for_each(fs::create_dir)?;
    // Its own processes change to its own user, who must be able to come here.
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    chown(&data, Some(user("postfix")?), None)?;
    for file in ["postfix-files", "dynamicmaps.cf", "post-install", "postfix-script"] {
        let from = Path::new("/etc/postfix").join(file);
        if from.exists() {
            fs::copy(from, settings.join(file))?;
        }
    }
    let (spool, data) = (spool.display(), data.display());
    fs::write(
        settings.join("main.cf"),
        format!(
            "compatibility_level = 3.6\nqueue_directory = {spool}\ndata_directory = {data}\nmail_owner = postfix\n\
             inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmyhostname = peer.example\n\
             mydestination = {DOMAIN}\nlocal_recipient_maps =\nlocal_transport = discard\nalias_maps =\n\
             mynetworks = 127.0.0.0/8\nsmtpd_tls_security_level = none\nmaillog_file = {data}/log\n\
             maillog_file_prefixes = /\nin_flow_delay = 0\n"
        ),
    )?;
    fs::write(settings.join("master.cf"), format!("{ADDRESS} inet n - n - 50 smtpd\n{SERVICES}"))?;
    Ok(settings)
}

fn user(name: &str) -> std::io::Result<u32> {
    let users = fs::read_to_string("/etc/passwd")?;
    let line = users.lines().find(|line| line.split(':').next() == Some(name));
    let number = line.and_then(|line| line.split(':').nth(2)?.parse().ok());
    number.ok_or_else(|| std::io::Error::other(format!("there is no user {name}")))
}

fn control(settings: &Path, word: &str) -> Result<(), String> {
    let done = Command::new("postfix").arg("-c").arg(settings).arg(word).output();
    let done = done.map_err(|cause| format!("postfix: {cause}"))?;
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
}

const ADDRESS: &str = "127.0.0.1:18025";
/// The services a server needs that only accepts.
const SERVICES: &str = "\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
";
