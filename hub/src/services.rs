//! The services of this hub, opened in the order their ports need.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use database::Source;
use directory::Directory;
use jiff::tz::TimeZone;
use mail_gateway::Mail;
use sfu::SfuHandle;
use signaling::Meetings;

use crate::{
    config::Config,
    http::BUILD,
    invitation::Letterhead,
    wiring::{ConsolePorts, MailPorts, MeetingPorts, publication, settings},
};

/// Handles to everything; clones share.
#[derive(Clone)]
pub struct Services {
    /// What this hub was told.
    pub config: Arc<Config>,
    /// Where it keeps its data.
    pub data: PathBuf,
    /// People, units, accounts, mailboxes' owners, rooms.
    pub directory: Directory,
    /// Letters.
    pub mail: Mail,
    /// Meetings.
    pub meetings: Meetings,
}

impl Services {
    /// Opens the stores for an administrative command; nothing listens and no media flows.
    ///
    /// # Errors
    /// Which store cannot be opened, and why.
    pub async fn open_offline(data: &Path, config: Config) -> Result<Self, String> {
        let public_url = config.hub.public_url.clone();
        Self::open(data, config, None, &public_url).await
    }

    /// Opens the stores.
    ///
    /// # Errors
    /// Which store cannot be opened, and why.
    pub async fn open(
        data: &Path,
        config: Config,
        sfu: Option<SfuHandle>,
        public_url: &str,
    ) -> Result<Self, String> {
        let domain = config.hub.domain.clone();
        let rows = |service: &str| Source::of(data, &config.database.url, service);
        let zone = TimeZone::get(&config.hub.time_zone)
            .map_err(|_| format!("hub.time_zone: there is no zone “{}”", config.hub.time_zone))?;
        let directory = Directory::open(rows("directory"), &domain)
            .await
            .map_err(|cause| format!("directory: {cause}"))?
            .with_hub(&config.hub.name, BUILD)
            .with_password_rules(settings::passwords(&config));
        let mail =
            Mail::open(rows("mail"), data, &domain, MailPorts::over(&directory), settings::mail(&config)?)
                .await
                .map_err(|cause| format!("mail: {cause}"))?;
        publication::sign(&mail, data)?;
        let directory = directory.with_mailbox_use(Arc::new(ConsolePorts(mail.clone())));
        let head = Letterhead {
            office: (config.hub.name.clone(), format!("hethong@{domain}")),
            domain,
            zone,
            public_url: public_url.trim_end_matches('/').to_owned(),
        };
        let meeting_settings = signaling::Config {
            build: BUILD.to_owned(),
            base_url: Some(head.public_url.clone()).filter(|url| !url.is_empty()),
            time_zone: config.hub.time_zone.clone(),
        };
        let ports = Arc::new(MeetingPorts { sfu, directory: directory.clone(), mail: mail.clone(), head });
        let meetings = Meetings::open(rows("meetings"), ports, meeting_settings)
            .await
            .map_err(|cause| format!("meetings: {cause}"))?;
        Ok(Self { config: Arc::new(config), data: data.to_path_buf(), directory, mail, meetings })
    }
}
