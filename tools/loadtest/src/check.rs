//! The robot's connectivity checks (RFC 8445 §7.2): a Binding request with USE-CANDIDATE, and the answer to
//! those of a forwarder that checks its side too.

use std::net::SocketAddr;

use aws_lc_rs::hmac;
use rtc_stun::{
    attributes::{
        ATTR_ICE_CONTROLLING, ATTR_MESSAGE_INTEGRITY, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME,
    },
    fingerprint::FINGERPRINT,
    message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter, TransactionId},
    xoraddr::XorMappedAddress,
};

/// The request that nominates the way it goes.
pub fn request(ufrag: &str, password: &str, own_ufrag: &str, number: u64) -> Vec<u8> {
    let mut message = Message::new();
    message.set_type(BINDING_REQUEST);
    let mut id = [0; 12];
    id[..8].copy_from_slice(&number.to_be_bytes());
    message.transaction_id = TransactionId(id);
    message.write_header();
    message.add(ATTR_USERNAME, format!("{ufrag}:{own_ufrag}").as_bytes());
    message.add(ATTR_ICE_CONTROLLING, &[1; 8]);
    message.add(ATTR_PRIORITY, &0x6e00_01ff_u32.to_be_bytes());
    message.add(ATTR_USE_CANDIDATE, &[]);
    sealed(message, password)
}

/// The answer to `datagram` from `hub`, if it asks for one.
pub fn response(datagram: &[u8], hub: SocketAddr, own_password: &str) -> Option<Vec<u8>> {
    let mut asked = Message::new();
    asked.raw = datagram.to_vec();
    asked.decode().ok()?;
    if asked.typ != BINDING_REQUEST {
        return None;
    }
    let mut message = Message::new();
    message.set_type(BINDING_SUCCESS);
    message.transaction_id = asked.transaction_id;
    message.write_header();
    XorMappedAddress { ip: hub.ip(), port: hub.port() }.add_to(&mut message).ok()?;
    Some(sealed(message, own_password))
}

/// With integrity and fingerprint (RFC 8489 §14.5, §14.7).
fn sealed(mut message: Message, password: &str) -> Vec<u8> {
    // RFC 8489 §14.5: the length counts the integrity attribute before it exists.
    let length = (message.length as u16) + 24;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(&message.raw[..2]);
    context.update(&length.to_be_bytes());
    context.update(&message.raw[4..]);
    message.add(ATTR_MESSAGE_INTEGRITY, context.sign().as_ref());
    FINGERPRINT.add_to(&mut message).expect("a fingerprint fits every message");
    message.raw
}
