//! What a connection knows: who signed in, what is enabled, which mailbox is selected.

use std::{collections::BTreeMap, io, net::IpAddr, sync::Arc, time::Duration};

use base::MailboxId;
use directory_core::Principal;
use mail_gateway_core::{
    imap::{
        capability::{self, Stage},
        deflate::Deflate,
        input::Input,
        view::View,
    },
    sasl::Mechanism,
};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::fetch::Body;
use crate::{
    Mail,
    door::{Door, gate::Gate, wire::Wire},
    store::{BlobId, Store},
};

/// One connection's state. Idle, its buffers hold no memory.
pub(super) struct Session {
    pub(super) mail: Mail,
    pub(super) door: Door,
    pub(super) gate: Arc<Gate>,
    pub(super) stop: CancellationToken,
    pub(super) peer: IpAddr,
    pub(super) tls: TlsAcceptor,
    pub(super) wire: Wire,
    /// Since COMPRESS, until the end.
    pub(super) deflate: Option<Deflate>,
    pub(super) encrypted: bool,
    pub(super) input: Input,
    /// What is to be sent.
    pub(super) out: Vec<u8>,
    pub(super) principal: Option<Arc<Principal>>,
    pub(super) enabled: Enabled,
    pub(super) selected: Option<Selected>,
    /// UIDs a search saved (RFC 5182); of the selected mailbox.
    pub(super) saved: Vec<u32>,
    /// The large body fetched last, for the next piece of it.
    pub(super) last_body: Option<(BlobId, Arc<Body>)>,
    /// The tag of the command being carried out.
    pub(super) tag: String,
    /// Failed sign-ins and nonsense of this connection.
    pub(super) faults: u32,
}

/// What the client switched on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Enabled {
    pub(super) condstore: bool,
    pub(super) qresync: bool,
    pub(super) utf8: bool,
    pub(super) rev2: bool,
}

/// The selected mailbox as this client knows it.
pub(super) struct Selected {
    pub(super) account: MailboxId,
    pub(super) folder: String,
    pub(super) view: View,
    /// Everything up to here was told.
    pub(super) modseq: i64,
    pub(super) read_only: bool,
    pub(super) watch: watch::Receiver<u64>,
    /// UIDs that are gone and could not be told yet.
    pub(super) gone: Vec<u32>,
    /// Mod-sequences this client itself caused and was told of.
    pub(super) own: BTreeMap<u32, i64>,
}

impl Session {
    pub(super) fn store(&self) -> &Store {
        self.mail.store()
    }

    /// How long a silent client is waited for: half an hour signed in (RFC 9051 §5.4), else a minute.
    pub(super) fn patience(&self) -> Duration {
        let limits = &self.mail.inner.config.limits;
        if self.principal.is_some() { limits.imap_idle } else { limits.idle.min(BEFORE_SIGN_IN) }
    }

    pub(super) fn capabilities(&self) -> String {
        let mechanisms = Mechanism::offered(&self.wire.bindings());
        let stage =
            Stage { encrypted: self.encrypted, signed_in: self.principal.is_some(), mechanisms: &mechanisms };
        capability::list(stage, self.mail.inner.config.max_size)
    }

    /// Whether names and strings travel in UTF-8.
    pub(super) fn utf8(&self) -> bool {
        self.enabled.utf8 || self.enabled.rev2
    }

    /// An untagged answer.
    pub(super) fn untagged(&mut self, text: impl AsRef<str>) {
        self.out.extend_from_slice(b"* ");
        self.out.extend_from_slice(text.as_ref().as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    /// Sends what waits.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        let mut out = std::mem::take(&mut self.out);
        if let Some(deflate) = &mut self.deflate {
            out = deflate.squeeze(&out);
        }
        self.wire.write(&out, self.mail.inner.config.limits.idle).await
    }

    /// Sends what waits when it is much, so that an answer of any size needs little memory.
    pub(super) async fn flush_if_large(&mut self) -> io::Result<()> {
        if self.out.len() >= LARGE { self.flush().await } else { Ok(()) }
    }
}

const BEFORE_SIGN_IN: Duration = Duration::from_secs(60);
const LARGE: usize = 64 * 1024;
