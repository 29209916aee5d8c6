//! Recognising an H.264 key frame (RFC 6184): the sequence parameters that every sender repeats before
//! an independent picture, or the picture itself.

/// Whether a decoder can start at the packet with this payload.
pub(super) fn starts_key_frame(payload: &[u8]) -> bool {
    let Some((&head, rest)) = payload.split_first() else { return false };
    match head & TYPE {
        SEQUENCE_PARAMETERS | INDEPENDENT => !rest.is_empty(),
        // RFC 6184 §5.7.1: units in one packet, each after its length.
        TOGETHER => units(rest).any(|unit| is_start(unit.first())),
        // RFC 6184 §5.8: the second byte says what the unit is; its first bit, that it begins here.
        FRAGMENT => rest.first().is_some_and(|unit| unit & 0x80 != 0 && is_start(Some(unit))),
        _ => false,
    }
}

fn is_start(unit: Option<&u8>) -> bool {
    unit.is_some_and(|head| matches!(head & TYPE, SEQUENCE_PARAMETERS | INDEPENDENT))
}

/// The units of an aggregate, up to the first that is cut short.
fn units(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (len, after): (&[u8; 2], _) = rest.split_first_chunk()?;
        let (unit, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        rest = after;
        Some(unit)
    })
}

/// RFC 6184 §1.3: the low five bits of a unit's first byte.
const TYPE: u8 = 0x1f;
const INDEPENDENT: u8 = 5;
const SEQUENCE_PARAMETERS: u8 = 7;
/// STAP-A.
const TOGETHER: u8 = 24;
/// FU-A.
const FRAGMENT: u8 = 28;

#[cfg(test)]
mod tests {
    use super::starts_key_frame;

    #[test]
    fn a_key_frame_is_found_in_every_form_of_packet() {
        assert!(starts_key_frame(&[0x67, 0x42, 0xe0]), "sequence parameters alone");
        assert!(starts_key_frame(&[0x65, 0x88]), "a picture alone");
        assert!(starts_key_frame(&[0x78, 0, 2, 0x09, 0x10, 0, 2, 0x67, 0x42]), "behind a delimiter");
        assert!(starts_key_frame(&[0x7c, 0x85, 0x88]), "the first fragment");
        assert!(!starts_key_frame(&[0x7c, 0x05, 0x88]), "a later fragment");
        assert!(!starts_key_frame(&[0x7c, 0x81, 0x88]), "the first fragment of another picture");
        assert!(!starts_key_frame(&[0x78, 0, 2, 0x41, 0x9a, 0, 9, 0x67]), "cut short");
        assert!(!starts_key_frame(&[0x41, 0x9a]), "refers to others");
        assert!(!starts_key_frame(&[0x68, 0xce]), "picture parameters");
        assert!(!starts_key_frame(&[]));
    }
}
