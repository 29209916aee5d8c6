//! What a worker counts.

use crate::Qualities;

/// Counters since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Metrics {
    /// Peers with an answer.
    pub peers: u64,
    /// Media packets that were authentic.
    pub packets_in: u64,
    /// Media packets forwarded, receivers counted one by one.
    pub packets_out: u64,
    /// Bytes of those.
    pub bytes_out: u64,
    /// Packets sent again on request.
    pub resent: u64,
    /// Packets that another worker was too slow to take.
    pub trunk_lost: u64,
    /// Datagrams that belonged to nobody or were forged.
    pub dropped: u64,
    /// Peers whose media followed them to an address that they had not announced.
    pub moved: u64,
    /// Loss, jitter and round trips.
    pub quality: Qualities,
    /// Handshakes that agreed on AEAD_AES_128_GCM.
    pub aes_128_gcm: u64,
    /// Handshakes that agreed on AEAD_AES_256_GCM.
    pub aes_256_gcm: u64,
}

impl Metrics {
    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            peers: self.peers + other.peers,
            packets_in: self.packets_in + other.packets_in,
            packets_out: self.packets_out + other.packets_out,
            bytes_out: self.bytes_out + other.bytes_out,
            resent: self.resent + other.resent,
            trunk_lost: self.trunk_lost + other.trunk_lost,
            dropped: self.dropped + other.dropped,
            moved: self.moved + other.moved,
            quality: self.quality.plus(other.quality),
            aes_128_gcm: self.aes_128_gcm + other.aes_128_gcm,
            aes_256_gcm: self.aes_256_gcm + other.aes_256_gcm,
        }
    }
}
