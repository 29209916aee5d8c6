//! `lienthong doctor`: what is wrong with this installation, and what to do about it.

use std::{net::UdpSocket, path::Path, process::ExitCode};

use tokio::net::TcpListener;

use crate::{
    cli::Place,
    config::{Config, Listen},
    lock::{DataLock, LockError},
    wiring::settings,
};

/// One finding.
enum Finding {
    Good(String),
    /// What is wrong, and what to do.
    Bad(String, String),
}

/// Prints every finding; fails when one is bad.
pub async fn run(place: &Place) -> ExitCode {
    let mut findings = Vec::new();
    match place.load() {
        Ok(config) => {
            findings.push(Finding::Good("the configuration is valid".to_owned()));
            check_mail_settings(&config, &mut findings);
            let running = check_data(&place.data, &mut findings);
            if !running {
                check_listeners(&config, &mut findings).await;
                check_media(&config, &mut findings);
                check_media_tcp(&config, &mut findings);
            }
        }
        Err(cause) => {
            findings.push(Finding::Bad(cause.to_string(), "correct the key and try again".to_owned()))
        }
    }
    check_media_addresses(&mut findings);
    let mut bad = 0;
    for finding in &findings {
        match finding {
            Finding::Good(text) => println!("ok      {text}"),
            Finding::Bad(text, remedy) => {
                bad += 1;
                println!("WRONG   {text}\n        → {remedy}");
            }
        }
    }
    if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn check_mail_settings(config: &Config, findings: &mut Vec<Finding>) {
    if let Err(cause) = settings::mail(config) {
        findings.push(Finding::Bad(cause, "write routes as domain=host:port".to_owned()));
    }
}

/// Whether a hub runs on this data.
fn check_data(data: &Path, findings: &mut Vec<Finding>) -> bool {
    match DataLock::take(data) {
        Ok(_lock) => {
            findings.push(Finding::Good(format!(
                "the data folder {} is usable, no hub runs on it",
                data.display()
            )));
            false
        }
        Err(LockError::Taken(_)) => {
            findings.push(Finding::Good(format!("a hub runs on {}", data.display())));
            true
        }
        Err(cause) => {
            let remedy = "give the hub's user the folder, or choose another with --data".to_owned();
            findings.push(Finding::Bad(cause.to_string(), remedy));
            false
        }
    }
}

async fn check_listeners(config: &Config, findings: &mut Vec<Finding>) {
    let listeners: [(&str, Listen); 11] = [
        ("http.listen", config.http.listen),
        ("https.listen", config.https.listen),
        ("smtp.listen", config.smtp.listen),
        ("submission.listen", config.submission.listen),
        ("submissions.listen", config.submissions.listen),
        ("imap.listen", config.imap.listen),
        ("imaps.listen", config.imaps.listen),
        ("pop3.listen", config.pop3.listen),
        ("pop3s.listen", config.pop3s.listen),
        ("managesieve.listen", config.managesieve.listen),
        ("metrics.listen", config.metrics.listen),
    ];
    for (key, listen) in listeners {
        let Some(address) = listen.0 else { continue };
        findings.push(match TcpListener::bind(address).await {
            Ok(_) => Finding::Good(format!("{key} {address} is free")),
            Err(cause) => Finding::Bad(
                format!("{key} {address} cannot be used: {cause}"),
                format!("stop the other program or choose another with --set {key}=…"),
            ),
        });
    }
}

fn check_media(config: &Config, findings: &mut Vec<Finding>) {
    for worker in 0..config.media.workers.max(1) {
        let port = config.media.udp_port.saturating_add(worker);
        findings.push(match UdpSocket::bind(("0.0.0.0", port)) {
            Ok(_) => Finding::Good(format!("media UDP port {port} is free")),
            Err(cause) => Finding::Bad(
                format!("media UDP port {port} cannot be used: {cause}"),
                "choose another with --set media.udp_port=…".to_owned(),
            ),
        });
    }
}

fn check_media_tcp(config: &Config, findings: &mut Vec<Finding>) {
    let port = config.media.tcp_port;
    if port == 0 {
        return;
    }
    findings.push(match std::net::TcpListener::bind(("0.0.0.0", port)) {
        Ok(_) => Finding::Good(format!("media TCP port {port} is free")),
        Err(cause) => Finding::Bad(
            format!("media TCP port {port} cannot be used: {cause}"),
            "choose another with --set media.tcp_port=…".to_owned(),
        ),
    });
}

fn check_media_addresses(findings: &mut Vec<Finding>) {
    let addresses = sfu::local_addresses();
    findings.push(if addresses.iter().any(|address| !address.is_loopback()) {
        let list: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        Finding::Good(format!("browsers are offered media at {}", list.join(", ")))
    } else {
        Finding::Bad(
            "this machine has no address besides loopback".to_owned(),
            "connect it to the network, or announce one with --set media.address=…".to_owned(),
        )
    });
}
