//! In which portions sound leaves for one slot: as it came; on a thin line several packets as one, to save
//! their headers (RFC 6716 §3.2); on a line that loses, each packet once more with the next one.
//! `docs/algorithms/sound.md` has the reasons.

use std::time::{Duration, Instant};

use super::{Egress, FromSource, ReceiveSlot};
use crate::{
    allocation,
    codec::{
        Edit,
        opus::{self, Single},
        red::Renumber,
    },
    rtp::{MediaTime, Outgoing as Packet, PayloadType, SequenceNumber, Ssrc},
};

/// What becomes one packet, beside its payload.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub payload_type: u8,
    pub marker: bool,
    pub sequence: SequenceNumber,
    pub timestamp: MediaTime,
    pub arrived: Instant,
    /// The blocks of redundant sound get the receiver's payload type; nothing for plain sound.
    pub blocks: Option<Renumber>,
}

/// How sound is portioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Way {
    #[default]
    AsItCame,
    Joined,
    Repeated,
}

/// What of a slot's sound is still to leave: at most [`TOGETHER`] packets.
#[derive(Debug, Default)]
pub(super) struct Portions {
    way: Way,
    /// In the order they sound, each with its length in [`Self::bytes`].
    held: Vec<(Piece, usize)>,
    bytes: Vec<u8>,
    joined: Vec<u8>,
    /// The newest that was taken: what comes behind it is too late.
    newest: Option<SequenceNumber>,
}

impl Portions {
    /// Another source begins: what is left of the old one is not sent any more.
    pub fn clear(&mut self) {
        self.held.clear();
        self.bytes.clear();
        self.newest = None;
    }

    /// Bit/s that a voice takes in the portions in which it leaves now.
    pub fn cost(&self, estimate: u32, is_redundant: bool) -> u32 {
        let is_joined = !is_redundant && allocation::is_joined(estimate, self.way == Way::Joined);
        allocation::voice(is_joined, is_redundant, self.way == Way::Repeated)
    }

    /// When what is held must leave, though nothing more came.
    pub fn due(&self) -> Option<Instant> {
        let (first, _) = self.held.first()?;
        Some(first.arrived + if self.way == Way::Joined { JOINED_WAITS } else { COPY_WAITS })
    }

    fn hold(&mut self, piece: Piece, payload: &[u8]) {
        self.held.push((piece, payload.len()));
        self.bytes.extend_from_slice(payload);
    }

    /// Whether a frame sounds right after what is held and may stand in one packet with it.
    fn continues(&self, piece: &Piece, single: &Single<'_>) -> bool {
        let (Some((last, len)), Some(first)) = (self.held.last(), self.first()) else { return true };
        let own = self.bytes.get(self.bytes.len() - len..).and_then(Single::parse);
        first.goes_with(single)
            && piece.sequence == last.sequence.plus(1)
            && own.is_some_and(|own| piece.timestamp == last.timestamp.plus(own.ticks()))
    }

    fn first(&self) -> Option<Single<'_>> {
        let (_, len) = self.held.first()?;
        self.bytes.get(..*len).and_then(Single::parse)
    }
}

/// What was sent: bytes on the wire, and the timestamp of the first packet of a new source.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sent {
    pub bytes: usize,
    pub began: Option<u32>,
}

impl std::ops::AddAssign for Sent {
    fn add_assign(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.began = self.began.or(other.began);
    }
}

/// Takes the next packet of the slot's source; the older ones first.
pub(super) fn take(slot: &mut ReceiveSlot, piece: &Piece, payload: &[u8], egress: &mut Egress<'_>) -> Sent {
    if payload.is_empty() {
        return Sent::default();
    }
    let before = slot.portions.way;
    let way = way(before, piece, egress);
    let mut sent = Sent::default();
    if way != before {
        sent += flush(slot, egress);
        slot.portions.way = way;
    }
    let is_late = slot.portions.newest.is_some_and(|newest| piece.sequence.ahead_of(newest) <= 0);
    if !is_late {
        slot.portions.newest = Some(piece.sequence);
    }
    match way {
        Way::AsItCame => sent += send(slot, piece, payload, egress, false),
        // It would need a number between two that went out.
        Way::Joined | Way::Repeated if is_late => {}
        Way::Joined => sent += join(slot, piece, payload, egress),
        Way::Repeated => {
            sent += flush(slot, egress);
            sent += send(slot, piece, payload, egress, true);
            slot.portions.hold(*piece, payload);
        }
    }
    sent
}

fn way(before: Way, piece: &Piece, egress: &Egress<'_>) -> Way {
    let (estimate, loss) = (egress.sender.estimate(), egress.sender.loss());
    let is_redundant = piece.blocks.is_some();
    if !is_redundant && allocation::is_joined(estimate, before == Way::Joined) {
        Way::Joined
    } else if allocation::is_repeated(estimate, loss, is_redundant, before == Way::Repeated) {
        Way::Repeated
    } else {
        Way::AsItCame
    }
}

fn join(slot: &mut ReceiveSlot, piece: &Piece, payload: &[u8], egress: &mut Egress<'_>) -> Sent {
    // Longer ones are large enough by themselves.
    let single = Single::parse(payload).filter(|single| single.ticks() <= TICKS);
    let mut sent = Sent::default();
    if !single.is_some_and(|single| slot.portions.continues(piece, &single)) {
        sent += flush(slot, egress);
    }
    if single.is_none() {
        sent += send(slot, piece, payload, egress, true);
        return sent;
    }
    slot.portions.hold(*piece, payload);
    if slot.portions.held.len() >= TOGETHER {
        sent += flush(slot, egress);
    }
    sent
}

/// Sends what is held: one packet of all, or the copy.
pub(super) fn flush(slot: &mut ReceiveSlot, egress: &mut Egress<'_>) -> Sent {
    let Portions { held, bytes, joined, .. } = &mut slot.portions;
    let (held, bytes, mut joined) = (std::mem::take(held), std::mem::take(bytes), std::mem::take(joined));
    let mut sent = Sent::default();
    if let (Some((first, _)), Some((last, _))) = (held.first(), held.last()) {
        let marker = held.iter().any(|(piece, _)| piece.marker);
        // The number is the newest's, time the oldest's.
        let piece = Piece { sequence: last.sequence, marker, ..*first };
        joined.clear();
        let payload = match join_all(&held, &bytes, &mut joined) {
            Some(()) => joined.as_slice(),
            None => bytes.as_slice(),
        };
        sent = send(slot, &piece, payload, egress, true);
    }
    // Given back, so that nothing is allocated for the next.
    slot.portions.held = held;
    slot.portions.bytes = bytes;
    slot.portions.joined = joined;
    slot.portions.held.clear();
    slot.portions.bytes.clear();
    sent
}

/// Nothing: there is only one packet, which leaves as it is.
fn join_all(held: &[(Piece, usize)], bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
    if held.len() < 2 {
        return None;
    }
    let mut rest = bytes;
    let (_, len) = held.first()?;
    let mut singles = [Single::parse(bytes.get(..*len)?)?; TOGETHER];
    for (place, (_, len)) in singles.iter_mut().zip(held) {
        let (packet, after) = rest.split_at_checked(*len)?;
        *place = Single::parse(packet)?;
        rest = after;
    }
    opus::join(singles.get(..held.len())?, out);
    Some(())
}

fn send(
    slot: &mut ReceiveSlot,
    piece: &Piece,
    payload: &[u8],
    egress: &mut Egress<'_>,
    is_portioned: bool,
) -> Sent {
    let Piece { sequence, timestamp, arrived, .. } = *piece;
    let packet = FromSource { sequence, timestamp, arrived, counters: None, passes: true };
    let rewrite = match is_portioned {
        true => slot.rewriter.append(&packet),
        false => slot.rewriter.forward(&packet),
    };
    let Some(rewrite) = rewrite else { return Sent::default() };
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
    let bytes = egress.send(&outgoing, &slot.media.extensions, payload, piece.blocks);
    if bytes > 0 {
        slot.rewriter.sent(payload.len());
    }
    Sent { bytes, began: rewrite.first.then_some(rewrite.timestamp.0) }
}

/// Plain sound stays as it is.
impl Edit for Option<Renumber> {
    fn apply(self, payload: &mut [u8]) {
        if let Some(renumber) = self {
            renumber.apply(payload);
        }
    }
}

/// Packets of 20 ms that become one: 60 ms, which every decoder takes.
const TOGETHER: usize = 3;
/// 20 ms.
const TICKS: u32 = 960;
/// The third packet comes after 40 ms; later, and the first two are heard too late.
const JOINED_WAITS: Duration = Duration::from_millis(60);
/// The next packet, which takes the copy along, comes after 20 ms.
const COPY_WAITS: Duration = Duration::from_millis(25);
