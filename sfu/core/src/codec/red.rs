//! Redundant audio (RFC 2198): every packet carries its own sound (the primary block) and that of
//! packets before it. Receivers that know RED get it as it is; for the others the primary is taken out,
//! and what was lost on the way to us is put back from the packet behind it.

use super::Edit;

/// Sound of an earlier packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block<'a> {
    /// How many ticks before the packet's own time it began.
    pub earlier: u16,
    /// Its encoding.
    pub payload: &'a [u8],
}

/// One payload, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Red<'a> {
    /// What the packet would be without redundancy.
    pub primary: &'a [u8],
    /// The payload type of all blocks, as their sender numbers it.
    pub payload_type: u8,
    blocks: [Block<'a>; MAX_BLOCKS],
    count: usize,
}

impl<'a> Red<'a> {
    /// Reads a payload. `None`: cut short, blocks of different encodings, or more of them than any
    /// sender makes; encrypted end to end it looks like that too.
    pub fn parse(payload: &'a [u8]) -> Option<Self> {
        let mut rest = payload;
        let mut lengths = [(0_u16, 0_usize); MAX_BLOCKS];
        let mut count = 0;
        // RFC 2198 §3: four bytes a block while the first bit is set, then one for the primary.
        while rest.first()? & MORE != 0 {
            let (head, after): (&[u8; HEAD], _) = rest.split_first_chunk()?;
            let word = u32::from_be_bytes(*head);
            *lengths.get_mut(count)? = ((word >> 10 & 0x3fff) as u16, (word & 0x3ff) as usize);
            count += 1;
            rest = after;
        }
        let (&last, mut rest) = rest.split_first()?;
        let payload_type = last;
        let is_same = |index: usize| payload.get(index * HEAD).is_some_and(|b| b & !MORE == payload_type);
        if !(0..count).all(is_same) {
            return None;
        }
        let mut blocks = [Block { earlier: 0, payload: &[] }; MAX_BLOCKS];
        for (block, (earlier, len)) in blocks.iter_mut().zip(lengths).take(count) {
            let (payload, after) = rest.split_at_checked(len)?;
            *block = Block { earlier, payload };
            rest = after;
        }
        Some(Self { primary: rest, payload_type, blocks, count })
    }

    /// The sound of packets before it, the oldest first.
    pub fn redundancy(&self) -> &[Block<'a>] {
        self.blocks.get(..self.count).unwrap_or_default()
    }
}

/// Gives all blocks this payload type, which is how the receiver numbers their encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renumber(pub u8);

impl Edit for Renumber {
    fn apply(self, payload: &mut [u8]) {
        let Some(count) = Red::parse(payload).map(|red| red.count) else { return };
        for at in (0..=count).map(|index| index * HEAD) {
            if let Some(byte) = payload.get_mut(at) {
                *byte = *byte & MORE | self.0 & !MORE;
            }
        }
    }
}

/// Another block's header follows.
const MORE: u8 = 0x80;
/// Bytes of the header of a block before the primary.
const HEAD: usize = 4;
/// Chromium can be told to send nine; it sends one.
const MAX_BLOCKS: usize = 9;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a sender makes of a packet and those before it, the oldest first.
    fn wrap(payload_type: u8, before: &[(u16, Vec<u8>)], primary: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for (earlier, payload) in before {
            let word = u32::from(MORE | payload_type) << 24
                | u32::from(*earlier) << 10
                | u32::try_from(payload.len()).unwrap();
            out.extend(word.to_be_bytes());
        }
        out.push(payload_type);
        before.iter().for_each(|(_, payload)| out.extend(payload));
        out.extend(primary);
        out
    }

    fn block() -> impl Strategy<Value = (u16, Vec<u8>)> {
        (0_u16..0x4000, prop::collection::vec(any::<u8>(), 0..200))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_was_wrapped_is_unwrapped(
            payload_type in 0_u8..128,
            other in 0_u8..128,
            before in prop::collection::vec(block(), 0..=MAX_BLOCKS),
            primary in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let mut bytes = wrap(payload_type, &before, &primary);
            let expected: Vec<Block<'_>> =
                before.iter().map(|(earlier, payload)| Block { earlier: *earlier, payload }).collect();
            let red = Red::parse(&bytes).unwrap();
            prop_assert_eq!(red.primary, &primary[..]);
            prop_assert_eq!(red.payload_type, payload_type);
            prop_assert_eq!(red.redundancy(), &expected[..]);
            Renumber(other).apply(&mut bytes);
            prop_assert_eq!(bytes, wrap(other, &before, &primary));
        }
    }

    #[test]
    fn what_is_cut_short_or_mixed_is_not_read() {
        let whole = wrap(111, &[(960, vec![1, 2, 3])], &[]);
        assert!(Red::parse(&whole).is_some());
        for cut in 0..whole.len() {
            assert_eq!(Red::parse(&whole[..cut]), None, "cut at {cut}");
        }
        let mut mixed = whole;
        mixed[0] = MORE | 9;
        assert_eq!(Red::parse(&mixed), None);
        let many = vec![(960, vec![1]); MAX_BLOCKS + 1];
        assert_eq!(Red::parse(&wrap(111, &many, &[1])), None);
    }

    /// Hostile bytes: nothing panics, and renumbering changes payload types only.
    #[test]
    fn fuzz_any_bytes_are_survived() {
        bolero::check!().with_type::<(u8, Vec<u8>)>().with_iterations(20_000).for_each(|(other, input)| {
            let mut bytes = input.clone();
            Renumber(*other).apply(&mut bytes);
            match (Red::parse(input), Red::parse(&bytes)) {
                (None, None) => assert_eq!(&bytes, input),
                (Some(before), Some(after)) => {
                    assert_eq!(after.payload_type, other & 0x7f);
                    assert_eq!((before.primary, before.redundancy()), (after.primary, after.redundancy()));
                }
                (before, after) => panic!("{before:?} became {after:?}"),
            }
        });
    }
}
