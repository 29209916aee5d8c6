//! VP8's payload descriptor (RFC 7741 §4.2): recognise key frames, and keep the picture id and the
//! index of the base layer continuous when a slot changes its source, because decoders take a jump
//! for loss.

/// What the descriptor says, and where its counters stand. VP9's says the same in other places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Descriptor {
    /// The packet begins a key frame.
    pub key_frame: bool,
    /// The packet begins a frame.
    pub begins_frame: bool,
    /// 15 bits that count frames, or 7 bits in the short form.
    pub picture_id: Option<u16>,
    /// Counts frames of the base layer.
    pub base_index: Option<u8>,
    /// Temporal layer, 0 the base.
    pub temporal_layer: Option<u8>,
    /// Who has the frames of the layers below up to here can decode this one, and from it on its layer:
    /// VP8's Y.
    pub enters: bool,
    /// Who has the frames up to this one can decode all later ones of the layers above: VP9's U.
    pub opens: bool,
    /// Decoders take a missing picture id for a missing frame, so that a frame left out leaves none.
    pub dense: bool,
    /// The picture id takes two bytes.
    pub(crate) long: bool,
    pub(crate) picture_at: u8,
    pub(crate) base_at: u8,
}

impl Descriptor {
    /// Reads the descriptor at the start of an RTP payload. `None`: cut short.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let first = *payload.first()?;
        let mut at = 1;
        let mut found = Self { dense: true, ..Self::default() };
        // X: the extension byte says which fields follow.
        if first & 0x80 != 0 {
            let extension = *payload.get(at)?;
            at += 1;
            if extension & 0x80 != 0 {
                let high = *payload.get(at)?;
                // The descriptor is at most seven bytes long.
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
            if extension & 0x40 != 0 {
                found.base_at = at as u8;
                found.base_index = Some(*payload.get(at)?);
                at += 1;
            }
            // T or K: one byte with layer and key index.
            if extension & 0x30 != 0 {
                let byte = *payload.get(at)?;
                let has_layer = extension & 0x20 != 0;
                found.temporal_layer = has_layer.then_some(byte >> 6);
                // RFC 7741 §4.2: Y, the frame depends on the base layer alone.
                found.enters = has_layer && byte & 0x20 != 0;
                at += 1;
            }
        }
        // S with partition 0 begins a frame; RFC 7741 §4.3: P = 0 in its first byte is a key frame.
        found.begins_frame = first & 0x17 == 0x10;
        let inter = payload.get(at)? & 1;
        found.key_frame = found.begins_frame && inter == 0;
        Some(found)
    }
}

/// What to add to the counters of one source so that they continue those of the source before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shift {
    picture: u16,
    base: u8,
}

impl Shift {
    /// The picture id `id` becomes.
    pub fn picture_id(self, id: u16) -> u16 {
        id.wrapping_add(self.picture) & 0x7fff
    }

    /// The base layer index `index` becomes.
    pub fn base_index(self, index: u8) -> u8 {
        index.wrapping_add(self.base)
    }

    /// The shift after a frame that was left out.
    #[must_use]
    pub fn without_one(self) -> Self {
        Self { picture: self.picture.wrapping_sub(1) & 0x7fff, ..self }
    }

    /// Rewrites the counters where `descriptor` found them.
    pub(super) fn write(self, descriptor: &Descriptor, payload: &mut [u8]) {
        if let Some(id) = descriptor.picture_id {
            let [high, low] = self.picture_id(id).to_be_bytes();
            let at = usize::from(descriptor.picture_at);
            if let (true, Some(place)) = (descriptor.long, payload.get_mut(at..at + 2)) {
                place.copy_from_slice(&[high | 0x80, low]);
            } else if let Some(place) = payload.get_mut(at) {
                // The short form has room for seven bits only.
                *place = low & 0x7f;
            }
        }
        let at = usize::from(descriptor.base_at);
        if let (Some(index), Some(place)) = (descriptor.base_index, payload.get_mut(at)) {
            *place = self.base_index(index);
        }
    }
}

/// The counters last sent in a slot, from which the next source continues.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counters {
    picture: Option<u16>,
    base: Option<u8>,
}

impl Counters {
    /// The shift that makes a source whose first packet is `first` continue here.
    pub fn continue_with(&self, first: &Descriptor) -> Shift {
        let picture = match (self.picture, first.picture_id) {
            (Some(last), Some(id)) => last.wrapping_add(1).wrapping_sub(id) & 0x7fff,
            _ => 0,
        };
        let base = match (self.base, first.base_index) {
            (Some(last), Some(index)) => last.wrapping_add(1).wrapping_sub(index),
            _ => 0,
        };
        Shift { picture, base }
    }

    /// Notes that a packet with `descriptor` goes out shifted by `shift`.
    pub fn note(&mut self, descriptor: &Descriptor, shift: Shift) {
        if let Some(id) = descriptor.picture_id.map(|id| shift.picture_id(id)) {
            // Fifteen bits, compared modulo their range: a late packet does not turn the counter back.
            let is_ahead = |last: u16| id.wrapping_sub(last) & 0x7fff < 0x4000;
            if self.picture.is_none_or(is_ahead) {
                self.picture = Some(id);
            }
        }
        if let Some(index) = descriptor.base_index.map(|index| shift.base_index(index))
            && self.base.is_none_or(|last| index.wrapping_sub(last) < 0x80)
        {
            self.base = Some(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Codec, Continue, Edit},
        *,
    };

    fn apply(shift: Shift, payload: &mut [u8]) {
        Continue { counters: Codec::Vp8.counters(payload), shift }.apply(payload);
    }

    #[test]
    fn all_fields_are_found_where_they_stand() {
        let payload = [0x90, 0xf0, 0x92, 0x34, 0x56, 0x80, 0x00, 0xff];
        let descriptor = Descriptor::parse(&payload).unwrap();
        assert_eq!(descriptor.picture_id, Some(0x1234));
        assert_eq!(descriptor.base_index, Some(0x56));
        assert_eq!(descriptor.temporal_layer, Some(2));
        assert!(descriptor.key_frame && descriptor.begins_frame && !descriptor.enters);
        let first_of_its_layer = [0x90, 0x20, 0x60, 0x01];
        let descriptor = Descriptor::parse(&first_of_its_layer).unwrap();
        assert!(descriptor.enters && descriptor.temporal_layer == Some(1));
        for cut in 0..7 {
            assert_eq!(Descriptor::parse(&payload[..cut]), None, "cut at {cut}");
        }
    }

    #[test]
    fn a_key_frame_is_its_first_packet_only() {
        assert!(Descriptor::parse(&[0x10, 0x00]).unwrap().key_frame);
        assert!(!Descriptor::parse(&[0x10, 0x01]).unwrap().key_frame, "P bit: refers to others");
        assert!(!Descriptor::parse(&[0x00, 0x00]).unwrap().key_frame, "middle of a partition");
        assert!(!Descriptor::parse(&[0x11, 0x00]).unwrap().key_frame, "second partition");
    }

    #[test]
    fn shifting_changes_the_counters_and_nothing_else() {
        let long = [0x90, 0xe0, 0xff, 0xff, 0xfe, 0x40, 0x00, 0xaa];
        let last = Counters { picture: Some(41), base: Some(7) };
        let shift = last.continue_with(&Descriptor::parse(&long).unwrap());
        let mut shifted = long;
        apply(shift, &mut shifted);
        assert_eq!(shifted, [0x90, 0xe0, 0x80, 42, 8, 0x40, 0x00, 0xaa]);

        let mut short = [0x90, 0x80, 0x7f, 0x00, 0xbb];
        apply(last.continue_with(&Descriptor::parse(&short).unwrap()), &mut short);
        assert_eq!(short, [0x90, 0x80, 42, 0x00, 0xbb]);
    }

    /// Hostile bytes: nothing panics, and a rewritten payload still reads as the same frame.
    #[test]
    fn fuzz_any_bytes_are_survived() {
        bolero::check!().with_type::<(u16, u8, Vec<u8>)>().with_iterations(20_000).for_each(
            |(picture, base, input)| {
                let shift = Shift { picture: picture & 0x7fff, base: *base };
                let mut bytes = input.clone();
                apply(shift, &mut bytes);
                assert_eq!(bytes.len(), input.len());
                let (before, after) = (Descriptor::parse(input), Descriptor::parse(&bytes));
                assert_eq!(before.map(|d| d.key_frame), after.map(|d| d.key_frame));
            },
        );
    }
}
