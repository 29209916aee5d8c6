//! Whom a client may exchange datagrams with: nobody but the hub's media.

use std::time::Instant;

use rtc_stun::{attributes::ATTR_XOR_PEER_ADDRESS, message::Message};

use super::{
    Act, Places,
    allocation::Allocation,
    message::{self, Answer},
};

/// RFC 8656 §9.2; 403 for everybody but us.
pub(super) fn permit(
    now: Instant,
    places: &Places,
    request: &Message,
    allocation: &mut Allocation,
) -> Act<'static> {
    let refuse =
        |code: u16, reason: &str| Act::Answer(Answer::error(request, code, reason).signed(&allocation.key));
    let Some(peers) = message::peers(request).filter(|peers| !peers.is_empty()) else {
        return refuse(400, "Bad Request");
    };
    if peers.iter().any(|peer| peer.is_ipv6() != allocation.is_ipv6) {
        return refuse(443, "Peer Address Family Mismatch");
    }
    if !peers.iter().all(|peer| places.has_host(peer.ip())) {
        return refuse(403, "Forbidden");
    }
    for peer in peers {
        allocation.permit(now, peer.ip());
    }
    Act::Answer(Answer::success(request).signed(&allocation.key))
}

/// RFC 8656 §12.2; 403 for everything but our media ports.
pub(super) fn bind(
    now: Instant,
    places: &Places,
    request: &Message,
    allocation: &mut Allocation,
) -> Act<'static> {
    let refuse = |allocation: &Allocation, code: u16, reason: &str| {
        Act::Answer(Answer::error(request, code, reason).signed(&allocation.key))
    };
    let channel = message::channel(request).filter(|channel| CHANNELS.contains(channel));
    let (Some(channel), Some(peer)) = (channel, message::address(request, ATTR_XOR_PEER_ADDRESS)) else {
        return refuse(allocation, 400, "Bad Request");
    };
    if peer.is_ipv6() != allocation.is_ipv6 {
        return refuse(allocation, 443, "Peer Address Family Mismatch");
    }
    if !places.has(peer) {
        return refuse(allocation, 403, "Forbidden");
    }
    if !allocation.bind(now, channel, peer) {
        return refuse(allocation, 400, "Bad Request");
    }
    Act::Answer(Answer::success(request).signed(&allocation.key))
}

/// RFC 8656 §12.
const CHANNELS: std::ops::RangeInclusive<u16> = 0x4000..=0x4FFF;
