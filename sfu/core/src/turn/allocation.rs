//! What a client got by Allocate: a relayed address for a while, and whom it may exchange datagrams with.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use aws_lc_rs::hmac;

/// A relayed address in use. Its tables hold only places of ours, and so are bounded by those.
pub(super) struct Allocation {
    pub username: String,
    pub key: hmac::Key,
    pub is_ipv6: bool,
    pub until: Instant,
    permissions: BTreeMap<IpAddr, Instant>,
    channels: BTreeMap<u16, (SocketAddr, Instant)>,
}

impl Allocation {
    pub fn new(username: String, key: hmac::Key, is_ipv6: bool, until: Instant) -> Self {
        let (permissions, channels) = (BTreeMap::new(), BTreeMap::new());
        Self { username, key, is_ipv6, until, permissions, channels }
    }

    /// RFC 8656 §9: datagrams may go to and come from this host for five minutes.
    pub fn permit(&mut self, now: Instant, host: IpAddr) {
        self.permissions.insert(host, now + PERMISSION);
    }

    /// Whether datagrams may be exchanged with this host.
    pub fn permits(&self, now: Instant, host: IpAddr) -> bool {
        self.permissions.get(&host).is_some_and(|until| now < *until)
    }

    /// RFC 8656 §12.2: a channel has one peer and a peer one channel, as long as they last. False: one of
    /// the two has another already.
    pub fn bind(&mut self, now: Instant, channel: u16, peer: SocketAddr) -> bool {
        self.channels.retain(|_, (_, until)| now < *until);
        let clashes =
            |(known, (bound, _)): (&u16, &(SocketAddr, Instant))| (*known == channel) != (*bound == peer);
        if self.channels.iter().any(clashes) {
            return false;
        }
        self.channels.insert(channel, (peer, now + CHANNEL));
        // §12: binding a channel also installs a permission.
        self.permit(now, peer.ip());
        true
    }

    /// The peer of a channel.
    pub fn peer(&self, now: Instant, channel: u16) -> Option<SocketAddr> {
        self.channels.get(&channel).filter(|(_, until)| now < *until).map(|(peer, _)| *peer)
    }

    /// The channel of a peer.
    pub fn channel(&self, now: Instant, peer: SocketAddr) -> Option<u16> {
        let found = self.channels.iter().find(|(_, (bound, until))| *bound == peer && now < *until);
        found.map(|(channel, _)| *channel)
    }
}

const PERMISSION: Duration = Duration::from_secs(300);
const CHANNEL: Duration = Duration::from_secs(600);
