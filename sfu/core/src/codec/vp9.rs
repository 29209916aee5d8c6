//! VP9's payload descriptor (RFC 9628 §4.2): key frames, and the counters that must go on over a switch.
//! Spatial layers of one stream (SVC) are forwarded together.

use super::vp8::Descriptor;

/// Reads the descriptor at the start of an RTP payload. `None`: cut short.
pub fn parse(payload: &[u8]) -> Option<Descriptor> {
    let first = *payload.first()?;
    let has = |bit: u8| first & bit != 0;
    let mut at = 1;
    let mut found = Descriptor::default();
    if has(PICTURE_ID) {
        let high = *payload.get(at)?;
        // The descriptor is short up to here.
        found.picture_at = at as u8;
        found.long = high & 0x80 != 0;
        found.picture_id = Some(if found.long {
            at += 1;
            u16::from_be_bytes([high & 0x7f, *payload.get(at)?])
        } else {
            u16::from(high)
        });
        at += 1;
    }
    let mut spatial = 0;
    if has(LAYER_INDICES) {
        let layers = *payload.get(at)?;
        at += 1;
        found.temporal_layer = Some(layers >> 5);
        // RFC 9628 §4.2: U, what follows above needs nothing of its layers from before.
        found.opens = layers & 0x10 != 0;
        spatial = layers >> 1 & 7;
        if !has(FLEXIBLE) {
            found.base_at = at as u8;
            found.base_index = Some(*payload.get(at)?);
            at += 1;
        }
    }
    // Something must follow, or the packet is nothing.
    payload.get(at)?;
    found.begins_frame = has(BEGINS_FRAME) && spatial == 0;
    found.key_frame = found.begins_frame && !has(INTER_PREDICTED);
    Some(found)
}

const PICTURE_ID: u8 = 0x80;
const INTER_PREDICTED: u8 = 0x40;
const LAYER_INDICES: u8 = 0x20;
const FLEXIBLE: u8 = 0x10;
const BEGINS_FRAME: u8 = 0x08;

#[cfg(test)]
mod tests {
    use super::{super::*, parse};

    #[test]
    fn only_the_first_packet_of_an_independent_frame_starts_one() {
        let starts = |payload: &[u8]| Codec::Vp9.starts_key_frame(payload);
        assert!(starts(&[0x88, 0x05, 0xff]), "short picture id");
        assert!(starts(&[0x88, 0x85, 0x01, 0xff]), "long picture id");
        assert!(starts(&[0xa8, 0x05, 0x00, 0x00, 0xff]), "spatial layer 0");
        assert!(!starts(&[0xa8, 0x05, 0x02, 0x00, 0xff]), "spatial layer 1");
        assert!(!starts(&[0xc8, 0x05, 0xff]), "inter-predicted");
        assert!(!starts(&[0x80, 0x05, 0xff]), "middle of a frame");
        assert!(!starts(&[]) && !starts(&[0x88]));
    }

    #[test]
    fn the_counters_are_rewritten_where_they_stand() {
        let mut counters = vp8::Counters::default();
        counters.note(&parse(&[0xa8, 0x80, 41, 0x00, 7, 0xff]).unwrap(), vp8::Shift::default());
        // Not flexible: temporal layer 2, then the index of the base layer.
        let mut payload = [0xa8, 0xff, 0xff, 0x50, 0xfe, 0xaa];
        let descriptor = parse(&payload).unwrap();
        assert_eq!((descriptor.picture_id, descriptor.temporal_layer), (Some(0x7fff), Some(2)));
        assert!(descriptor.opens && !descriptor.dense);
        let shift = counters.continue_with(&descriptor);
        Continue { counters: Some(descriptor), shift }.apply(&mut payload);
        assert_eq!(payload, [0xa8, 0x80, 42, 0x50, 8, 0xaa]);
        // Flexible: no such index.
        let mut payload = [0xb8, 0x05, 0x00, 0xaa];
        let descriptor = parse(&payload).unwrap();
        let shift = counters.continue_with(&descriptor);
        Continue { counters: Some(descriptor), shift }.apply(&mut payload);
        assert_eq!(payload, [0xb8, 42, 0x00, 0xaa]);
    }

    /// Hostile bytes: nothing panics, and a rewritten payload still reads as the same frame.
    #[test]
    fn fuzz_any_bytes_are_survived() {
        bolero::check!().with_type::<(u16, u8, Vec<u8>)>().with_iterations(20_000).for_each(
            |(picture, base, input)| {
                let first = vp8::Descriptor {
                    picture_id: Some(*picture),
                    base_index: Some(*base),
                    ..vp8::Descriptor::default()
                };
                let mut counters = vp8::Counters::default();
                counters.note(&first, vp8::Shift::default());
                for codec in Codec::VIDEO {
                    let mut bytes = input.clone();
                    if let Some(descriptor) = codec.counters(input) {
                        Continue { counters: Some(descriptor), shift: counters.continue_with(&descriptor) }
                            .apply(&mut bytes);
                    }
                    assert_eq!(bytes.len(), input.len());
                    assert_eq!(codec.starts_key_frame(&bytes), codec.starts_key_frame(input));
                }
            },
        );
    }
}
