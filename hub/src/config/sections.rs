//! The sections and their defaults. The doc comment of a field is what `config sample` prints.

use std::net::{IpAddr, SocketAddr};

use base::Redacted;
use serde::{Deserialize, Serialize};

/// An address to listen on; empty switches the listener off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen(pub Option<SocketAddr>);

impl Serialize for Listen {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.map(|address| address.to_string()).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Self(None));
        }
        text.parse().map(|address| Self(Some(address))).map_err(|_| {
            serde::de::Error::custom(format!(
                "“{text}” is not ADDRESS:PORT, such as 0.0.0.0:8443 or [::]:8443 (empty switches it off)"
            ))
        })
    }
}

macro_rules! sections {
    ($($(#[$section_doc:meta])* $section:ident : $name:ident {
        $( $(#[doc = $doc:literal])+ $field:ident : $kind:ty = $default:expr ; )*
    })*) => {
        $(
            $(#[$section_doc])*
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
            #[serde(deny_unknown_fields, default)]
            pub struct $name { $( $(#[doc = $doc])+ pub $field: $kind, )* }

            impl Default for $name {
                fn default() -> Self {
                    Self { $( $field: $default, )* }
                }
            }
        )*

        /// The whole configuration.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Config { $( $(#[$section_doc])* pub $section: $name, )* }

        impl Config {
            /// Every key with its explanation, in the order of this file.
            pub fn documented_keys() -> Vec<(String, String)> {
                let mut keys = Vec::new();
                $($(
                    let lines = [$($doc.trim()),+];
                    keys.push((format!("{}.{}", stringify!($section), stringify!($field)), lines.join("\n")));
                )*)*
                keys
            }
        }
    };
}

/// Loopback or any address with a port, as a default.
fn listen(address: &str) -> Listen {
    Listen(address.parse().ok())
}

sections! {
    /// Who this hub is.
    hub: HubSection {
        /// The mail domain of the province, without @.
        domain: String = "quangbinh.example".to_owned();
        /// The name shown on the sign-in page and in letters.
        name: String = "Hệ thống thư điện tử và họp trực tuyến tỉnh Quảng Bình".to_owned();
        /// The IANA zone of every time shown in a letter.
        time_zone: String = "Asia/Ho_Chi_Minh".to_owned();
        /// The address people open, used in links of letters; empty means https://<first local address>:<https port>.
        public_url: String = String::new();
        /// The words of the help line on every screen.
        support: String = "Trung tâm CNTT và Truyền thông, trực 24/7 trong thời gian có hội nghị".to_owned();
    }
    /// The account passwords of people; app passwords of mail programs do not age.
    passwords: PasswordsSection {
        /// A password this many days old must be changed at the next sign-in; 0: never.
        days: u16 = 90;
        /// So many last passwords, the current one among them, may not be chosen again.
        remembered: u16 = 5;
    }
    /// Plain HTTP, for the machine itself (browsers allow camera and microphone on localhost only).
    http: HttpSection {
        /// Where to listen.
        listen: Listen = listen("127.0.0.1:8080");
    }
    /// HTTPS with the hub's own certificate.
    https: HttpsSection {
        /// Where to listen.
        listen: Listen = listen("0.0.0.0:8443");
    }
    /// Sound and picture.
    media: MediaSection {
        /// Addresses announced to browsers; empty means every local address.
        address: Vec<IpAddr> = Vec::new();
        /// UDP port of the first worker; worker i uses the port + i.
        udp_port: u16 = 40000;
        /// TCP port of all workers, for networks without UDP; 0 switches it off.
        tcp_port: u16 = 0;
        /// Relay media over TLS on https.listen (TURN), for networks that let only HTTPS out.
        turn: bool = true;
        /// Threads that forward media; 0 means one per core.
        workers: u16 = 0;
        /// How long running meetings may go on after SIGTERM, in seconds; meanwhile no new ones begin.
        drain_seconds: u32 = 5;
    }
    /// Mail from other servers.
    smtp: SmtpSection {
        /// Where to listen.
        listen: Listen = listen("0.0.0.0:2525");
    }
    /// Mail from people's programs, STARTTLS (RFC 6409).
    submission: SubmissionSection {
        /// Where to listen.
        listen: Listen = listen("0.0.0.0:2587");
    }
    /// Mail from people's programs, implicit TLS (RFC 8314).
    submissions: SubmissionsSection {
        /// Where to listen.
        listen: Listen = listen("0.0.0.0:2465");
    }
    /// IMAP with STARTTLS.
    imap: ImapSection {
        /// Where to listen.
        listen: Listen = listen("0.0.0.0:2143");
    }
    /// IMAP with implicit TLS.
    imaps: ImapsSection {
        /// Where to listen.
        listen: Listen = listen("0.0.0.0:2993");
    }
    /// POP3 with STLS.
    pop3: Pop3Section {
        /// Where to listen, usually 0.0.0.0:2110; off, because IMAP serves every program better.
        listen: Listen = Listen(None);
    }
    /// POP3 with implicit TLS.
    pop3s: Pop3sSection {
        /// Where to listen, usually 0.0.0.0:2995; off like pop3.listen.
        listen: Listen = Listen(None);
    }
    /// Filter rules.
    managesieve: ManagesieveSection {
        /// Where to listen, usually 0.0.0.0:4190.
        listen: Listen = Listen(None);
    }
    /// Address book.
    ldap: LdapSection {
        /// Where to listen; this build has no LDAP yet and refuses a value.
        listen: Listen = Listen(None);
    }
    /// Figures for monitoring.
    metrics: MetricsSection {
        /// Where to listen; plain HTTP, so keep it on loopback.
        listen: Listen = Listen(None);
    }
    /// Name service.
    dns: DnsSection {
        /// Servers asked for mail routes; empty means the machine's own.
        resolvers: Vec<SocketAddr> = Vec::new();
    }
    /// Mail on its way.
    mail: MailSection {
        /// The name of this hub's mail server in DNS; empty: that of hub.public_url, or mail.<hub.domain>.
        host: String = String::new();
        /// What other servers are asked about encryption (MTA-STS): off, testing, enforce. Only with a
        /// certificate that the whole world trusts, and served at https://mta-sts.<hub.domain>/.
        mta_sts: String = "off".to_owned();
        /// Fixed ways, each "domain=host:port"; they come before DNS.
        routes: Vec<String> = Vec::new();
        /// host:port that takes all mail for the outside; empty means directly by MX.
        smarthost: String = String::new();
        /// How far filter rules may pass letters on: off, inside (this hub's addresses), anywhere.
        forwarding: String = "inside".to_owned();
        /// The largest letter accepted, in bytes (attachments grow by a third in transit).
        max_size: u64 = 36_700_160;
        /// Bytes a person's mailbox may hold unless `lienthong admin mailbox quota` says otherwise.
        quota_person: u64 = 2_000_000_000;
        /// Bytes an agency's mailbox may hold unless `lienthong admin mailbox quota` says otherwise.
        quota_agency: u64 = 10_000_000_000;
        /// Peers whose letters are neither counted nor checked, such as the province's own gateway.
        trusted_peers: Vec<IpAddr> = vec![IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])];
        /// Whether letters of other servers are checked by SPF, DKIM and DMARC, and the policy of their domains obeyed.
        check_senders: bool = true;
        /// Letters one account may send within an hour.
        letters_per_hour: u64 = 500;
        /// Recipients one account may name within an hour.
        recipients_per_hour: u64 = 10_000;
        /// PEM file of the certificate authorities that vouch for other servers, for letters that must be encrypted all the way.
        authorities: std::path::PathBuf = "/etc/ssl/certs/ca-certificates.crt".into();
        /// Minutes between attempts to deliver; after the last one the sender is told.
        retry_minutes: Vec<f64> = vec![1.0, 5.0, 15.0, 60.0, 240.0, 480.0, 960.0, 1440.0];
    }
    /// What becomes of letters from outside that the checks point at.
    checks: ChecksSection {
        /// A letter with a program, by name or content, also inside ZIP files: hold (it waits in the
        /// quarantine for IT staff) or refuse (its sender reads why).
        programs: String = "hold".to_owned();
        /// A letter whose own domain asks for caution (DMARC p=quarantine): spam (the spam folder) or
        /// hold (the quarantine).
        suspects: String = "spam".to_owned();
        /// Where clamd listens: the path of its socket, such as /run/clamav/clamd.ctl, or host:port; empty: no
        /// search for viruses. Its StreamMaxLength must not be below mail.max_size.
        clamd: String = String::new();
        /// A letter from outside with a virus: hold (the quarantine) or refuse. One from inside is refused.
        infected: String = "hold".to_owned();
        /// When clamd gives no verdict: later (the sender must try again) or deliver (unlooked at).
        clamd_down: String = "later".to_owned();
        /// Where rspamd's normal worker listens, usually 127.0.0.1:11333; empty: no spam filter.
        rspamd: String = String::new();
        /// When rspamd gives no verdict: deliver or later.
        rspamd_down: String = "deliver".to_owned();
        /// Where rspamd's controller listens, usually 127.0.0.1:11334; it learns what people move into the spam
        /// folder and out of it. Empty: nothing is learned.
        rspamd_controller: String = String::new();
        /// The controller's password; empty when it asks for none.
        rspamd_password: Redacted<String> = Redacted::default();
        /// rspamd's score from which on a letter goes to the spam folder; 0: never.
        spam_score: f64 = 6.0;
        /// The score from which on it waits in the quarantine; 0: never.
        spam_hold_score: f64 = 0.0;
        /// The score from which on it is refused; 0: never.
        spam_refuse_score: f64 = 15.0;
    }
    /// Where rows live.
    database: DatabaseSection {
        /// postgres://user:password@host:port/database?sslmode=verify-full&sslrootcert=/path/ca.pem, where the
        /// hub keeps the schemas directory, meetings and mail; empty means SQLite files in the data folder.
        url: String = String::new();
    }
    /// Where letters' bodies live.
    blobs: BlobsSection {
        /// Empty means files in the data folder; this build knows nothing else yet.
        url: String = String::new();
    }
}
