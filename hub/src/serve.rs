//! `lienthong serve`: starts everything, says where it is, and stops it in order.
//!
//! Start: data lock → certificates → sockets (so that a port in use is told at once) → media plane →
//! stores → services → doors. Stop: the doors close, running requests end, mail finishes its
//! transactions, the media plane says goodbye.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use base::Timestamp;
use certs::Certificates;
use serde_json::json;
use sfu::SfuHandle;
use tokio::{net::TcpListener, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    admin::Control,
    cli::Place,
    config::{Config, Listen},
    http,
    lock::DataLock,
    sample,
    services::Services,
    signals::Signals,
    wiring::{self, pump_media},
};

/// Runs until SIGINT or SIGTERM.
///
/// # Errors
/// What kept the hub from starting, in words for the operator.
pub async fn run(place: &Place, with_sample: bool) -> Result<(), String> {
    let signals = Signals::catch().map_err(|cause| format!("signals: {cause}"))?;
    let config = place.load().map_err(|cause| cause.to_string())?;
    let _lock = DataLock::take(&place.data).map_err(|cause| cause.to_string())?;
    let certificates = Certificates::open(&place.data.join("certs"), &names(&config))
        .map_err(|cause| format!("certificates: {cause}"))?;
    let doors = Doors::bind(&config).await?;
    let (sfu, media_events) =
        sfu::Sfu::start(&wiring::settings::media(&config)).map_err(|cause| format!("media: {cause}"))?;
    let public_url = public_url(&config, &doors);
    let services = Services::open(&place.data, config, Some(sfu.clone()), &public_url).await?;
    let sign_ins = if with_sample { sample::load(&services).await? } else { Vec::new() };

    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    tasks.spawn(pump_media(media_events, services.meetings.clone()));
    tasks.spawn(end_revoked_visits(services.clone(), stop.clone()));
    tasks.spawn(keep_directory_current(services.clone(), stop.clone()));
    let mail = services
        .mail
        .serve(certificates.server_config(), stop.clone())
        .await
        .map_err(|cause| format!("mail: {cause}"))?;
    let control = Control::open(&place.data).map_err(|cause| format!("control socket: {cause}"))?;
    tasks.spawn(control.serve(services.clone(), stop.clone()));
    let listening = doors.describe(mail.addresses(), sfu.candidates());
    let router = http::router(&services, certificates.ca_certificate_pem(), sfu.clone());
    doors.open(router, certificates.server_config(), sfu.clone(), &stop, &mut tasks);
    tasks.spawn(certificates.renew_until(stop.clone()));

    write_listening(&place.data, &listening).map_err(|cause| format!("listening.json: {cause}"))?;
    announce(&services.config, &listening, &public_url, &sign_ins);
    let patience = Duration::from_secs(services.config.media.drain_seconds.into());
    signals.until_over(&sfu, patience).await;
    tracing::info!("stopping");
    stop.cancel();
    services.meetings.shutdown().await;
    mail.finished().await;
    sfu.shutdown();
    // Whoever does not end in time is cut off: stores are consistent at every moment.
    if timeout(PATIENCE, async { while tasks.join_next().await.is_some() {} }).await.is_err() {
        tracing::warn!("some connections did not end in time and were cut");
    }
    tracing::info!("stopped");
    Ok(())
}

/// Units and positions begin and end on their day, while the hub runs.
async fn keep_directory_current(services: Services, stop: CancellationToken) {
    let mut minute = tokio::time::interval(Duration::from_secs(60));
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = minute.tick() => {
                if let Err(cause) = services.directory.keep_current(Timestamp::now()).await {
                    tracing::error!(%cause, "directory: the store cannot be read; the last reading stays");
                }
            }
        }
    }
}

/// Sockets of disabled or signed-out people close at once.
async fn end_revoked_visits(services: Services, stop: CancellationToken) {
    let mut revocations = services.directory.subscribe_revocations();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            revoked = revocations.recv() => match revoked {
                Ok(revoked) => services.meetings.revoked(revoked.account, Some(revoked.session)).await,
                Err(tokio::sync::broadcast::error::RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "revocations were missed; sessions still end at their next request");
                }
                Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
            },
        }
    }
}

/// The web server's sockets, bound before anything else starts.
struct Doors {
    plain: Option<TcpListener>,
    tls: Option<TcpListener>,
    metrics: Option<TcpListener>,
}

impl Doors {
    async fn bind(config: &Config) -> Result<Self, String> {
        Ok(Self {
            plain: bind("http.listen", config.http.listen).await?,
            tls: bind("https.listen", config.https.listen).await?,
            metrics: bind("metrics.listen", config.metrics.listen).await?,
        })
    }

    fn address(listener: Option<&TcpListener>) -> Option<SocketAddr> {
        listener.and_then(|listener| listener.local_addr().ok())
    }

    fn describe(&self, mail: Vec<(&'static str, SocketAddr)>, media: &[SocketAddr]) -> serde_json::Value {
        let mut all = json!({
            "http": Self::address(self.plain.as_ref()),
            "https": Self::address(self.tls.as_ref()),
            "metrics": Self::address(self.metrics.as_ref()),
            "media": media.first(),
        });
        for (name, address) in mail {
            all[name] = json!(address);
        }
        all
    }

    fn open(
        self,
        router: axum::Router,
        tls: Arc<rustls::ServerConfig>,
        sfu: SfuHandle,
        stop: &CancellationToken,
        tasks: &mut JoinSet<()>,
    ) {
        if let Some(listener) = self.plain {
            let (router, stop) = (router.clone(), stop.clone());
            tasks.spawn(async move { ended("http", http::serve_plain(listener, router, stop).await) });
        }
        if let Some(listener) = self.tls {
            let (serving, stop) = ((router, sfu.turn().cloned()), stop.clone());
            tasks.spawn(async move { ended("https", http::serve_tls(listener, tls, serving, stop).await) });
        }
        if let Some(listener) = self.metrics {
            let stop = stop.clone().cancelled_owned();
            let serving = axum::serve(listener, http::metrics::router(sfu)).with_graceful_shutdown(stop);
            tasks.spawn(async move { ended("metrics", serving.await) });
        }
    }
}

fn ended(door: &str, outcome: io::Result<()>) {
    if let Err(cause) = outcome {
        tracing::error!(%cause, "{door}: the listener failed");
    }
}

async fn bind(key: &str, listen: Listen) -> Result<Option<TcpListener>, String> {
    let Some(address) = listen.0 else { return Ok(None) };
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(Some(listener)),
        Err(cause) if cause.kind() == io::ErrorKind::AddrInUse => Err(format!(
            "{key}: {address} is in use by another program; stop it or choose another port with --set {key}=…"
        )),
        Err(cause) => Err(format!("{key}: {address} cannot be used: {cause}")),
    }
}

/// Names and addresses the certificate is for.
fn names(config: &Config) -> Vec<String> {
    let host = config.hub.public_url.split("://").nth(1).and_then(|rest| rest.split([':', '/']).next());
    let mut names = vec!["localhost".to_owned(), config.hub.domain.clone()];
    names.extend(host.filter(|host| !host.is_empty()).map(str::to_owned));
    names.extend(config.media.address.iter().map(IpAddr::to_string));
    names
}

fn public_url(config: &Config, doors: &Doors) -> String {
    if !config.hub.public_url.is_empty() {
        return config.hub.public_url.trim_end_matches('/').to_owned();
    }
    match (Doors::address(doors.tls.as_ref()), Doors::address(doors.plain.as_ref())) {
        (Some(tls), _) => {
            let host = if tls.ip().is_unspecified() {
                sfu::local_addresses().first().copied()
            } else {
                Some(tls.ip())
            };
            let host = host.unwrap_or(IpAddr::from([127, 0, 0, 1]));
            format!("https://{}", SocketAddr::new(host, tls.port()))
        }
        (None, Some(plain)) => format!("http://localhost:{}", plain.port()),
        (None, None) => String::new(),
    }
}

/// For tools beside the hub: which address each listener got.
fn write_listening(data: &Path, listening: &serde_json::Value) -> io::Result<()> {
    std::fs::write(data.join("listening.json"), listening.to_string())
}

fn announce(
    config: &Config,
    listening: &serde_json::Value,
    public_url: &str,
    sign_ins: &[directory::SampleSignIn],
) {
    println!("\n{}\n", config.hub.name);
    if let Some(port) = listening["http"].as_str().and_then(|a| a.rsplit(':').next()) {
        println!("  This machine    http://localhost:{port}");
    }
    if listening["https"].is_string() {
        println!("  Other machines  {public_url}   (certificate of the hub's own CA: {public_url}/ca.crt)");
    }
    for name in
        ["smtp", "submission", "submissions", "imap", "imaps", "pop3", "pop3s", "managesieve", "media"]
    {
        if let Some(address) = listening[name].as_str() {
            println!("  {name:<15} {address}");
        }
    }
    if !sign_ins.is_empty() {
        println!("\n  Sample sign-ins");
    }
    for sign_in in sign_ins {
        println!("  {:<15} {:<16} {}", sign_in.login, sign_in.password, sign_in.role);
    }
    println!("\n  Ctrl-C stops the hub.\n");
}

/// How long connections get to end when the hub stops.
const PATIENCE: Duration = Duration::from_secs(5);
