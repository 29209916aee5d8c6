//! Recognising a VP9 key frame (RFC 9628 §4.2).

/// Whether `payload` begins a frame that refers to no other, in the lowest spatial layer.
pub(super) fn starts_key_frame(payload: &[u8]) -> bool {
    let Some((&first, mut rest)) = payload.split_first() else { return false };
    let has = |bit: u8| first & bit != 0;
    const PICTURE_ID: u8 = 0x80;
    const INTER_PREDICTED: u8 = 0x40;
    const LAYER_INDICES: u8 = 0x20;
    const BEGINS_FRAME: u8 = 0x08;
    if has(INTER_PREDICTED) || !has(BEGINS_FRAME) {
        return false;
    }
    if has(PICTURE_ID) {
        let long = rest.first().is_some_and(|byte| byte & 0x80 != 0);
        rest = rest.get(if long { 2 } else { 1 }..).unwrap_or_default();
    }
    match rest.first() {
        None => false,
        // SID, three bits above the lowest: spatial layer 0.
        Some(layer) => !has(LAYER_INDICES) || layer >> 1 & 7 == 0,
    }
}

#[cfg(test)]
mod tests {
    use super::starts_key_frame;

    #[test]
    fn only_the_first_packet_of_an_independent_frame_starts_one() {
        assert!(starts_key_frame(&[0x88, 0x05, 0xff]), "short picture id");
        assert!(starts_key_frame(&[0x88, 0x85, 0x01, 0xff]), "long picture id");
        assert!(starts_key_frame(&[0xa8, 0x05, 0x00, 0x00, 0xff]), "spatial layer 0");
        assert!(!starts_key_frame(&[0xa8, 0x05, 0x02, 0x00, 0xff]), "spatial layer 1");
        assert!(!starts_key_frame(&[0xc8, 0x05, 0xff]), "inter-predicted");
        assert!(!starts_key_frame(&[0x80, 0x05, 0xff]), "middle of a frame");
        assert!(!starts_key_frame(&[]) && !starts_key_frame(&[0x88]));
    }
}
