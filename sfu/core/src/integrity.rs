//! MESSAGE-INTEGRITY (RFC 8489 §14.5): HMAC-SHA1 over a STUN message up to the attribute, with the length
//! field as if the attribute were the last.

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use rtc_stun::{
    attributes::ATTR_MESSAGE_INTEGRITY,
    message::{Message, is_stun_message},
};

/// The attribute with its header.
const SIZE: usize = 24;
/// Before the first attribute.
const HEADER: usize = 20;

/// A key as the attribute wants it.
pub(crate) fn key(secret: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret)
}

/// Whether a message was made by who has the key.
pub(crate) fn is_authentic(message: &Message, key: &hmac::Key) -> bool {
    let raw = &message.raw;
    let mut at = HEADER;
    for attribute in &message.attributes.0 {
        if attribute.typ == ATTR_MESSAGE_INTEGRITY {
            let (Some(covered), Ok(length)) = (raw.get(4..at), u16::try_from(at + SIZE - HEADER)) else {
                return false;
            };
            let tag = tag(key, raw.get(..2).unwrap_or_default(), length, covered);
            return verify_slices_are_equal(tag.as_ref(), &attribute.value).is_ok();
        }
        at += 4 + usize::from(attribute.length).next_multiple_of(4);
    }
    false
}

/// Adds the attribute; nothing when the message is longer than its length field can say.
pub(crate) fn sign(message: &mut Message, key: &hmac::Key) -> Option<()> {
    debug_assert!(is_stun_message(&message.raw));
    // RFC 8489 §14.5: the length counts the integrity attribute before it exists.
    let length = u16::try_from(message.length).ok()?.checked_add(SIZE as u16)?;
    let tag = tag(key, message.raw.get(..2)?, length, message.raw.get(4..)?);
    message.add(ATTR_MESSAGE_INTEGRITY, tag.as_ref());
    Some(())
}

fn tag(key: &hmac::Key, kind: &[u8], length: u16, rest: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    context.update(kind);
    context.update(&length.to_be_bytes());
    context.update(rest);
    context.sign()
}
