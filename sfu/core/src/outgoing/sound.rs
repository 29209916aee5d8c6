//! A packet of sound on its way into a slot: redundant sound (RFC 2198) as it is for receivers that
//! agreed on it, for the others its primary block, and before it what was lost on the way to us.

use super::{
    Egress, ReceiveSlot,
    portion::{self, Piece, Sent},
};
use crate::{
    allocation,
    codec::{
        Codec,
        red::{Block, Red, Renumber},
    },
    incoming::Layer,
    rtp::{MediaTime, Packet as Stored, SequenceNumber},
};

/// Writes one kept packet into the slot's stream.
pub(super) fn write(
    slot: &mut ReceiveSlot,
    stored: &Stored<'_>,
    layer: &Layer,
    egress: &mut Egress<'_>,
) -> Sent {
    let header = stored.header;
    let whole = Piece {
        payload_type: slot.media.payload_type,
        marker: header.marker,
        sequence: header.sequence,
        timestamp: header.timestamp,
        arrived: layer.last_packet,
        blocks: None,
    };
    let payload = stored.payload();
    if Codec::of_kept(header.payload_type) != Some(Codec::Red) {
        return portion::take(slot, &whole, payload, egress);
    }
    let agreed = slot.media.format(Codec::Red).map(|format| format.payload_type);
    if let Some(payload_type) = agreed.filter(|_| allocation::is_redundant(egress.sender.estimate())) {
        let blocks = Some(Renumber(slot.media.payload_type));
        return portion::take(slot, &Piece { payload_type, blocks, ..whole }, payload, egress);
    }
    let Some(red) = Red::parse(payload) else { return Sent::default() };
    let mut sent = Sent::default();
    // Nothing precedes the first packet of a source.
    if !slot.rewriter.is_waiting() {
        for (lost, payload) in lost_before(&whole, &red, layer) {
            sent += portion::take(slot, &lost, payload, egress);
        }
    }
    sent += portion::take(slot, &whole, red.primary, egress);
    sent
}

/// The packets missing right before one that its redundancy brings back, the oldest first. Senders put
/// every packet they sent into the next ones, so the last block belongs to the number before.
fn lost_before<'a>(
    whole: &Piece,
    red: &Red<'a>,
    layer: &Layer,
) -> impl Iterator<Item = (Piece, &'a [u8])> + use<'a> {
    let whole = *whole;
    let piece = |(ago, block): (u16, &Block<'a>)| {
        let sequence = SequenceNumber(whole.sequence.0.wrapping_sub(ago));
        let timestamp = MediaTime(whole.timestamp.0.wrapping_sub(u32::from(block.earlier)));
        (Piece { marker: false, sequence, timestamp, ..whole }, block.payload)
    };
    // What lies behind a packet that came was brought back by that packet.
    let missing = |(piece, _): &(Piece, &[u8])| layer.ring.get(piece.sequence).is_none();
    let newest_first = (1..).zip(red.redundancy().iter().rev()).map(piece);
    let lost: Vec<_> = newest_first.take_while(missing).collect();
    lost.into_iter().rev()
}
