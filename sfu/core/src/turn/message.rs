//! TURN's STUN messages: what requests say, and how answers are made.

use std::net::SocketAddr;

use aws_lc_rs::hmac;
use rtc_stun::{
    attributes::{
        ATTR_CHANNEL_NUMBER, ATTR_DATA, ATTR_LIFETIME, ATTR_REALM, ATTR_REQUESTED_ADDRESS_FAMILY,
        ATTR_UNKNOWN_ATTRIBUTES, ATTR_XOR_PEER_ADDRESS, AttrType,
    },
    error_code::{ErrorCode, ErrorCodeAttribute},
    message::{
        CLASS_ERROR_RESPONSE, CLASS_INDICATION, CLASS_SUCCESS_RESPONSE, METHOD_DATA, Message, MessageClass,
        MessageType, Method, Setter, TransactionId,
    },
    xoraddr::XorMappedAddress,
};

use crate::integrity;

/// A message that came, read.
pub(super) fn parse(frame: &[u8]) -> Option<Message> {
    let mut message = Message::new();
    message.unmarshal_binary(frame).ok()?;
    Some(message)
}

/// The first address of this kind.
pub(super) fn address(message: &Message, kind: AttrType) -> Option<SocketAddr> {
    let mut address = XorMappedAddress::default();
    address.get_from_as(message, kind).ok()?;
    Some(SocketAddr::new(address.ip, address.port))
}

/// All addresses of peers: CreatePermission may name several (RFC 8656 §9.1). Nothing when one is unreadable.
pub(super) fn peers(message: &Message) -> Option<Vec<SocketAddr>> {
    let named = message.attributes.0.iter().filter(|attribute| attribute.typ == ATTR_XOR_PEER_ADDRESS);
    named
        .map(|attribute| {
            let mut one = Message::new();
            one.transaction_id = message.transaction_id;
            one.add(ATTR_XOR_PEER_ADDRESS, &attribute.value);
            address(&one, ATTR_XOR_PEER_ADDRESS)
        })
        .collect()
}

/// A text.
pub(super) fn text(message: &Message, kind: AttrType) -> Option<String> {
    String::from_utf8(message.get(kind).ok()?).ok()
}

/// LIFETIME, in seconds (RFC 8656 §18.2).
pub(super) fn lifetime(message: &Message) -> Option<u32> {
    Some(u32::from_be_bytes(message.get(ATTR_LIFETIME).ok()?.try_into().ok()?))
}

/// CHANNEL-NUMBER (RFC 8656 §18.1).
pub(super) fn channel(message: &Message) -> Option<u16> {
    let value = message.get(ATTR_CHANNEL_NUMBER).ok()?;
    Some(u16::from_be_bytes(value.get(..2)?.try_into().ok()?))
}

/// Whether an address of IPv6 is asked for; nothing when the family is one that there is not.
pub(super) fn wants_ipv6(message: &Message) -> Option<bool> {
    match message.get(ATTR_REQUESTED_ADDRESS_FAMILY).ok().and_then(|value| value.first().copied()) {
        // RFC 8656 §7.2: IPv4 unless it says otherwise.
        None | Some(1) => Some(false),
        Some(2) => Some(true),
        Some(_) => None,
    }
}

/// An answer being made.
pub(super) struct Answer(Message);

impl Answer {
    pub fn success(request: &Message) -> Self {
        Self::new(request, CLASS_SUCCESS_RESPONSE)
    }

    /// RFC 8489 §14.8.
    pub fn error(request: &Message, code: u16, reason: &str) -> Self {
        let mut answer = Self::new(request, CLASS_ERROR_RESPONSE);
        let error = ErrorCodeAttribute { code: ErrorCode(code), reason: reason.as_bytes().to_vec() };
        // It fails only when the reason is longer than 763 bytes.
        let _ = error.add_to(&mut answer.0);
        answer
    }

    /// 420, with the attributes that are not understood (RFC 8489 §6.3.1).
    pub fn unknown(request: &Message, attributes: &[AttrType]) -> Self {
        let list: Vec<u8> = attributes.iter().flat_map(|kind| kind.value().to_be_bytes()).collect();
        Self::error(request, 420, "Unknown Attribute").with(ATTR_UNKNOWN_ATTRIBUTES, &list)
    }

    fn new(request: &Message, class: MessageClass) -> Self {
        Self(blank(request.typ.method, class, request.transaction_id))
    }

    pub fn with(mut self, kind: AttrType, value: &[u8]) -> Self {
        self.0.add(kind, value);
        self
    }

    pub fn with_address(mut self, kind: AttrType, address: SocketAddr) -> Self {
        let address = XorMappedAddress { ip: address.ip(), port: address.port() };
        // It cannot fail: both families fit.
        let _ = address.add_to_as(&mut self.0, kind);
        self
    }

    pub fn with_realm(self, realm: &str) -> Self {
        self.with(ATTR_REALM, realm.as_bytes())
    }

    pub fn signed(mut self, key: &hmac::Key) -> Vec<u8> {
        // An answer of ours is a hundred bytes.
        let _ = integrity::sign(&mut self.0, key);
        self.0.raw
    }

    pub fn unsigned(self) -> Vec<u8> {
        self.0.raw
    }
}

/// A Data indication (RFC 8656 §11.3), for a peer without a channel.
pub(super) fn data(peer: SocketAddr, datagram: &[u8], id: TransactionId) -> Vec<u8> {
    let message = Answer(blank(METHOD_DATA, CLASS_INDICATION, id));
    message.with_address(ATTR_XOR_PEER_ADDRESS, peer).with(ATTR_DATA, datagram).unsigned()
}

fn blank(method: Method, class: MessageClass, id: TransactionId) -> Message {
    let mut message = Message::new();
    message.transaction_id = id;
    message.set_type(MessageType::new(method, class));
    message.write_header();
    message
}
