//! One direction of a session: RFC 3711 §3.3 (index), RFC 7714 §8 (SRTP) and §9 (SRTCP).

use aws_lc_rs::aead::{Aad, Nonce};

use super::Error;
use super::keys::{MasterKey, Profile, Purpose, SALT_LEN, SessionKey};
use super::replay::Window;
use crate::rtp::Header;

/// What sealing adds to an RTP packet: the tag (RFC 7714 §13).
pub const RTP_OVERHEAD: usize = TAG_LEN;
/// What sealing adds to an RTCP packet: the tag, and the word with the index (RFC 7714 §9.1).
pub const RTCP_OVERHEAD: usize = TAG_LEN + 4;
/// Streams per direction and kind. A browser of ours sends about fourteen and receives about thirty, a
/// viewer with as many slots as an offer may have a hundred and twenty with their repairs;
/// more is a mistake or an attack, and is refused rather than forgetting what an older stream used.
pub const MAX_STREAMS: usize = 128;

const TAG_LEN: usize = 16;
/// RFC 3711 §3.4: the authenticated part of RTCP that stays readable, up to the sender's SSRC.
const RTCP_CLEAR: usize = 8;
/// RFC 3711 §3.4: "this packet is encrypted", above the 31 bits of index.
const ENCRYPTED: u32 = 0x8000_0000;
/// RFC 3711 §9.2: a key seals at most 2^48 RTP packets per stream, the index's range.
const RTP_INDEX_END: u64 = 1 << 48;

/// The windows of the streams seen so far; few, so they are found by looking at each.
#[derive(Default)]
struct Streams {
    ssrcs: Vec<u32>,
    windows: Vec<Window>,
    last: usize,
}

impl Streams {
    fn find(&mut self, ssrc: u32) -> Option<&mut Window> {
        if self.ssrcs.get(self.last) != Some(&ssrc) {
            self.last = self.ssrcs.iter().position(|&known| known == ssrc)?;
        }
        self.windows.get_mut(self.last)
    }

    fn window(&mut self, ssrc: u32) -> Window {
        self.find(ssrc).copied().unwrap_or_default()
    }

    fn is_full_for(&mut self, ssrc: u32) -> bool {
        self.ssrcs.len() >= MAX_STREAMS && self.find(ssrc).is_none()
    }

    fn record(&mut self, ssrc: u32, index: u64) {
        if let Some(window) = self.find(ssrc) {
            return window.record(index);
        }
        let mut window = Window::default();
        window.record(index);
        self.ssrcs.push(ssrc);
        self.windows.push(window);
    }
}

/// Opens what the peer sends.
pub struct Inbound {
    rtp: SessionKey,
    rtcp: SessionKey,
    rtp_streams: Streams,
    rtcp_streams: Streams,
}

impl Inbound {
    /// A session that opens what `master` sealed.
    pub fn new(profile: Profile, master: &MasterKey) -> Self {
        Self::with_keys(
            SessionKey::derive(profile, master, Purpose::Rtp),
            SessionKey::derive(profile, master, Purpose::Rtcp),
        )
    }

    pub(super) fn with_keys(rtp: SessionKey, rtcp: SessionKey) -> Self {
        Self { rtp, rtcp, rtp_streams: Streams::default(), rtcp_streams: Streams::default() }
    }

    /// Opens an SRTP packet in place and returns the length of the RTP packet. On error the bytes
    /// are worthless.
    pub fn open_rtp(&mut self, packet: &mut [u8]) -> Result<usize, Error> {
        let header = Header::parse(packet).ok_or(Error::Malformed)?;
        let ssrc = header.ssrc.0;
        let window = self.rtp_streams.window(ssrc);
        let index = estimate(window.highest(), header.sequence.0).ok_or(Error::Repeated)?;
        if !window.is_fresh(index) {
            return Err(Error::Repeated);
        }
        if self.rtp_streams.is_full_for(ssrc) {
            return Err(Error::TooManyStreams);
        }
        let (clear, sealed) = packet.split_at_mut_checked(header.len).ok_or(Error::Malformed)?;
        let nonce = nonce(&self.rtp.salt, ssrc, index);
        let opened = self.rtp.cipher.open_in_place(nonce, Aad::from(&*clear), sealed);
        let len = header.len + opened.map_err(|_| Error::Forged)?.len();
        self.rtp_streams.record(ssrc, index);
        Ok(len)
    }

    /// Opens an SRTCP packet in place and returns the length of the RTCP packet. On error the bytes
    /// are worthless.
    pub fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, Error> {
        let (body, word) = packet.split_last_chunk_mut::<4>().ok_or(Error::Malformed)?;
        let (clear, sealed) = body.split_first_chunk_mut::<RTCP_CLEAR>().ok_or(Error::Malformed)?;
        let trailer = u32::from_be_bytes(*word);
        // RFC 8827 §6.5 has no unencrypted SRTCP.
        if clear[0] >> 6 != 2 || trailer & ENCRYPTED == 0 {
            return Err(Error::Malformed);
        }
        let ssrc = u32::from_be_bytes([clear[4], clear[5], clear[6], clear[7]]);
        let index = u64::from(trailer & !ENCRYPTED);
        if !self.rtcp_streams.window(ssrc).is_fresh(index) {
            return Err(Error::Repeated);
        }
        if self.rtcp_streams.is_full_for(ssrc) {
            return Err(Error::TooManyStreams);
        }
        let nonce = nonce(&self.rtcp.salt, ssrc, index);
        let opened = self.rtcp.cipher.open_in_place(nonce, Aad::from(rtcp_aad(clear, trailer)), sealed);
        let len = RTCP_CLEAR + opened.map_err(|_| Error::Forged)?.len();
        self.rtcp_streams.record(ssrc, index);
        Ok(len)
    }
}

/// Seals what we send; the one owner of every index of its key.
pub struct Outbound {
    rtp: SessionKey,
    rtcp: SessionKey,
    streams: Streams,
    next_rtcp: u32,
}

impl Outbound {
    /// A session that seals with `master`. Exactly one per key.
    pub fn new(profile: Profile, master: &MasterKey) -> Self {
        Self::with_keys(
            SessionKey::derive(profile, master, Purpose::Rtp),
            SessionKey::derive(profile, master, Purpose::Rtcp),
        )
    }

    pub(super) fn with_keys(rtp: SessionKey, rtcp: SessionKey) -> Self {
        Self { rtp, rtcp, streams: Streams::default(), next_rtcp: 0 }
    }

    #[cfg(test)]
    pub(super) fn set_rtcp_index(&mut self, index: u32) {
        self.next_rtcp = index;
    }

    /// Seals the RTP packet in `buffer[..len]` in place and returns its new length,
    /// [`RTP_OVERHEAD`] more. A number that this stream sealed before is refused.
    pub fn seal_rtp(&mut self, buffer: &mut [u8], len: usize) -> Result<usize, Error> {
        let packet = buffer.get_mut(..len + TAG_LEN).ok_or(Error::NoRoom)?;
        let (packet, tag) = packet.split_last_chunk_mut::<TAG_LEN>().ok_or(Error::NoRoom)?;
        let header = Header::parse(packet).ok_or(Error::Malformed)?;
        let ssrc = header.ssrc.0;
        let window = self.streams.window(ssrc);
        let index = estimate(window.highest(), header.sequence.0).ok_or(Error::Repeated)?;
        if index >= RTP_INDEX_END {
            return Err(Error::Exhausted);
        }
        if !window.is_fresh(index) {
            return Err(Error::Repeated);
        }
        if self.streams.is_full_for(ssrc) {
            return Err(Error::TooManyStreams);
        }
        self.streams.record(ssrc, index);
        let (clear, payload) = packet.split_at_mut_checked(header.len).ok_or(Error::Malformed)?;
        let nonce = nonce(&self.rtp.salt, ssrc, index);
        let sealed = self.rtp.cipher.seal_in_place_separate_tag(nonce, Aad::from(&*clear), payload);
        tag.copy_from_slice(sealed.map_err(|_| Error::Malformed)?.as_ref());
        Ok(len + RTP_OVERHEAD)
    }

    /// Seals the compound RTCP packet in `buffer[..len]` in place and returns its new length,
    /// [`RTCP_OVERHEAD`] more.
    pub fn seal_rtcp(&mut self, buffer: &mut [u8], len: usize) -> Result<usize, Error> {
        let packet = buffer.get_mut(..len + RTCP_OVERHEAD).ok_or(Error::NoRoom)?;
        let (packet, word) = packet.split_last_chunk_mut::<4>().ok_or(Error::NoRoom)?;
        let (packet, tag) = packet.split_last_chunk_mut::<TAG_LEN>().ok_or(Error::NoRoom)?;
        let (clear, payload) = packet.split_first_chunk_mut::<RTCP_CLEAR>().ok_or(Error::Malformed)?;
        // RFC 3711 §9.2: at most 2^31 SRTCP packets under one key.
        if self.next_rtcp & ENCRYPTED != 0 {
            return Err(Error::Exhausted);
        }
        let ssrc = u32::from_be_bytes([clear[4], clear[5], clear[6], clear[7]]);
        let nonce = nonce(&self.rtcp.salt, ssrc, u64::from(self.next_rtcp));
        let trailer = self.next_rtcp | ENCRYPTED;
        self.next_rtcp += 1;
        let aad = Aad::from(rtcp_aad(clear, trailer));
        let sealed = self.rtcp.cipher.seal_in_place_separate_tag(nonce, aad, payload);
        tag.copy_from_slice(sealed.map_err(|_| Error::Malformed)?.as_ref());
        word.copy_from_slice(&trailer.to_be_bytes());
        Ok(len + RTCP_OVERHEAD)
    }
}

/// The 48-bit index nearest to the highest so far (RFC 3711 §3.3.1). `None`: it would lie before the
/// stream's beginning.
fn estimate(highest: Option<u64>, sequence: u16) -> Option<u64> {
    let Some(highest) = highest else { return Some(u64::from(sequence)) };
    let distance = sequence.wrapping_sub(highest as u16) as i16;
    highest.checked_add_signed(i64::from(distance))
}

/// RFC 7714 §8.1 and §9.1: two zero bytes, the SSRC, the 48-bit index (rollover counter and sequence
/// number, or the SRTCP index), all of it xor the salt.
fn nonce(salt: &[u8; SALT_LEN], ssrc: u32, index: u64) -> Nonce {
    let mut bytes = *salt;
    for (byte, with) in bytes[2..6].iter_mut().zip(ssrc.to_be_bytes()) {
        *byte ^= with;
    }
    for (byte, with) in bytes[6..].iter_mut().zip(&index.to_be_bytes()[2..]) {
        *byte ^= with;
    }
    Nonce::assume_unique_for_key(bytes)
}

/// RFC 7714 §9.2: the clear header and the word with the index.
fn rtcp_aad(clear: &[u8; RTCP_CLEAR], trailer: u32) -> [u8; RTCP_CLEAR + 4] {
    let mut aad = [0; RTCP_CLEAR + 4];
    aad[..RTCP_CLEAR].copy_from_slice(clear);
    aad[RTCP_CLEAR..].copy_from_slice(&trailer.to_be_bytes());
    aad
}
