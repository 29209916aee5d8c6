//! A packet of sound on its way into a slot: redundant sound (RFC 2198) as it is for receivers that
//! agreed on it, for the others its primary block, and before it what was lost on the way to us.

use super::{Egress, FromSource, ReceiveSlot};
use crate::{
    allocation,
    codec::{
        Codec, Edit,
        red::{Red, Renumber},
    },
    incoming::Layer,
    rtp::{MediaTime, Outgoing as Packet, Packet as Stored, PayloadType, SequenceNumber, Ssrc},
};

/// Writes one kept packet into the slot's stream: bytes on the wire, and the timestamp of the first
/// packet of a new source.
pub(super) fn write(
    slot: &mut ReceiveSlot,
    stored: &Stored<'_>,
    layer: &Layer,
    egress: &mut Egress<'_>,
) -> (usize, Option<u32>) {
    let header = stored.header;
    let whole = Piece {
        payload_type: slot.media.payload_type,
        marker: header.marker,
        sequence: header.sequence,
        timestamp: header.timestamp,
        payload: stored.payload(),
    };
    if Codec::of_kept(header.payload_type) != Some(Codec::Red) {
        return send(slot, &whole, layer, egress, AsItIs);
    }
    let agreed = slot.media.format(Codec::Red).map(|format| format.payload_type);
    if let Some(payload_type) = agreed.filter(|_| allocation::is_redundant(egress.sender.estimate())) {
        let blocks = Renumber(slot.media.payload_type);
        return send(slot, &Piece { payload_type, ..whole }, layer, egress, blocks);
    }
    let Some(red) = Red::parse(stored.payload()) else { return (0, None) };
    let mut bytes = 0;
    // Nothing precedes the first packet of a source.
    if !slot.rewriter.is_waiting() {
        for lost in lost_before(&whole, &red, layer) {
            bytes += send(slot, &lost, layer, egress, AsItIs).0;
        }
    }
    let (own, began) = send(slot, &Piece { payload: red.primary, ..whole }, layer, egress, AsItIs);
    (bytes + own, began)
}

/// The packets missing right before one that its redundancy brings back, the oldest first. Senders put
/// every packet they sent into the next ones, so the last block belongs to the number before.
fn lost_before<'a>(
    whole: &Piece<'a>,
    red: &Red<'a>,
    layer: &Layer,
) -> impl Iterator<Item = Piece<'a>> + use<'a> {
    let whole = *whole;
    let piece = |(ago, block): (u16, &crate::codec::red::Block<'a>)| Piece {
        marker: false,
        sequence: SequenceNumber(whole.sequence.0.wrapping_sub(ago)),
        timestamp: MediaTime(whole.timestamp.0.wrapping_sub(u32::from(block.earlier))),
        payload: block.payload,
        ..whole
    };
    // What lies behind a packet that came was brought back by that packet.
    let missing = |piece: &Piece<'a>| layer.ring.get(piece.sequence).is_none();
    let newest_first = (1..).zip(red.redundancy().iter().rev()).map(piece);
    let lost: Vec<Piece<'a>> = newest_first.take_while(missing).collect();
    lost.into_iter().rev()
}

/// What becomes one packet.
#[derive(Debug, Clone, Copy)]
struct Piece<'a> {
    payload_type: u8,
    marker: bool,
    sequence: SequenceNumber,
    timestamp: MediaTime,
    payload: &'a [u8],
}

/// Nothing is changed.
pub(super) struct AsItIs;

impl Edit for AsItIs {
    fn apply(self, _: &mut [u8]) {}
}

fn send(
    slot: &mut ReceiveSlot,
    piece: &Piece<'_>,
    layer: &Layer,
    egress: &mut Egress<'_>,
    edit: impl Edit,
) -> (usize, Option<u32>) {
    let Piece { sequence, timestamp, payload, .. } = *piece;
    if payload.is_empty() {
        return (0, None);
    }
    let packet = FromSource { sequence, timestamp, arrived: layer.last_packet, counters: None };
    let Some(rewrite) = slot.rewriter.forward(&packet) else { return (0, None) };
    let outgoing = Packet {
        payload_type: PayloadType::new(piece.payload_type),
        marker: piece.marker,
        sequence: rewrite.sequence,
        timestamp: rewrite.timestamp,
        ssrc: Ssrc(slot.media.ssrc),
        mid: Some(&slot.media.mid),
        abs_send_time: Some(egress.abs_send_time),
        ..Packet::default()
    };
    let bytes = egress.send(&outgoing, &slot.media.extensions, payload, edit);
    if bytes > 0 {
        slot.rewriter.sent(payload.len());
    }
    (bytes, rewrite.first.then_some(rewrite.timestamp.0))
}
