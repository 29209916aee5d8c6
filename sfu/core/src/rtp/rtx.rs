//! Retransmissions in a stream of their own (RFC 4588): undoing what a sender did to a packet.
//! The other direction is [`super::Outgoing::original_sequence`].

use super::{Header, PayloadType, Ssrc};

/// Turns a decrypted RTX packet, in place, back into the packet it repeats: stream `ssrc`, payload type
/// `payload_type`, its own sequence number. The result begins two bytes further on.
/// `None`: malformed, or mere padding (a probe for bandwidth).
pub fn restore(bytes: &mut [u8], ssrc: Ssrc, payload_type: PayloadType) -> Option<&mut [u8]> {
    let header = Header::parse(bytes)?;
    // RFC 4588 §4: the payload begins with the original sequence number.
    let original: [u8; 2] = *header.payload(bytes)?.first_chunk()?;
    if header.payload(bytes)?.len() == 2 {
        return None;
    }
    bytes.copy_within(..header.len, 2);
    let restored = bytes.get_mut(2..)?;
    let fixed: &mut [u8; Header::FIXED] = restored.first_chunk_mut()?;
    fixed[1] = fixed[1] & 0x80 | payload_type.value();
    fixed[2..4].copy_from_slice(&original);
    fixed[8..12].copy_from_slice(&ssrc.0.to_be_bytes());
    Some(restored)
}
