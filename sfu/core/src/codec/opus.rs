//! Opus packets (RFC 6716 §3) made one of several, so that a thin line carries their sound with the headers
//! of one. Nothing is decoded: frames are put behind each other, and every decoder plays up to 120 ms.

/// A packet of one frame (code 0), as browsers make them of 20 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Single<'a> {
    /// Configuration and channels; the two bits for the count of frames are zero.
    toc: u8,
    /// The compressed frame; empty in silence that is not sent.
    frame: &'a [u8],
}

impl<'a> Single<'a> {
    /// Reads a packet. `None`: it has several frames, or is none of Opus.
    pub fn parse(packet: &'a [u8]) -> Option<Self> {
        let (&toc, frame) = packet.split_first()?;
        // RFC 6716 §3.1: the code in the low two bits; §3.2.1: no frame is longer.
        (toc & CODE == 0 && frame.len() <= LONGEST).then_some(Self { toc, frame })
    }

    /// How long it sounds, in ticks of 48 kHz.
    pub fn ticks(&self) -> u32 {
        let config = self.toc >> 3;
        // RFC 6716 §3.1, table 2.
        match config {
            0..12 => [480, 960, 1_920, 2_880][usize::from(config & 3)],
            12..16 => [480, 960][usize::from(config & 1)],
            _ => [120, 240, 480, 960][usize::from(config & 3)],
        }
    }

    /// Whether the frames of both may stand in one packet (RFC 6716 §3.2: one configuration for all).
    pub fn goes_with(&self, other: &Single<'_>) -> bool {
        self.toc == other.toc
    }
}

/// Appends to `out` one packet (code 3, each frame with its length: RFC 6716 §3.2.5) of several that go with
/// each other, in the order they sound; a single one as it is. At most 48 fit; what is beyond is left out.
pub fn join(singles: &[Single<'_>], out: &mut Vec<u8>) {
    let singles = singles.get(..MOST).unwrap_or(singles);
    let Some((last, others)) = singles.split_last() else { return };
    if others.is_empty() {
        out.push(last.toc);
    } else {
        out.push(last.toc | CODE);
        // At most 48, which is below 64.
        out.push(VARIABLE | singles.len() as u8);
        others.iter().for_each(|single| write_length(single.frame.len(), out));
    }
    singles.iter().for_each(|single| out.extend_from_slice(single.frame));
}

/// RFC 6716 §3.2.1: one byte up to 251, else two: `first + 4 × second`.
fn write_length(len: usize, out: &mut Vec<u8>) {
    // At most 1,275, so that each part fits its byte.
    if len < 252 {
        out.push(len as u8);
    } else {
        let first = 252 + (len & 3);
        out.extend([first as u8, ((len - first) / 4) as u8]);
    }
}

const CODE: u8 = 3;
/// The v bit of the byte that counts frames.
const VARIABLE: u8 = 0x80;
/// Bytes of the longest frame.
const LONGEST: usize = 1_275;
/// 120 ms of the shortest frames.
const MOST: usize = 48;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The frames of a packet, as a decoder finds them.
    fn split(packet: &[u8]) -> (u8, Vec<Vec<u8>>) {
        let toc = packet[0];
        if toc & CODE == 0 {
            return (toc, vec![packet[1..].to_vec()]);
        }
        assert_eq!((toc & CODE, packet[1] & 0xc0), (CODE, VARIABLE));
        let count = usize::from(packet[1] & 63);
        let mut at = 2;
        let mut lengths = Vec::new();
        for _ in 1..count {
            let first = usize::from(packet[at]);
            at += 1;
            let more = first >= 252;
            lengths.push(if more { first + 4 * usize::from(packet[at]) } else { first });
            at += usize::from(more);
        }
        lengths.push(packet.len() - at - lengths.iter().sum::<usize>());
        let frames = lengths.into_iter().map(|len| {
            at += len;
            packet[at - len..at].to_vec()
        });
        (toc & !CODE, frames.collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_decoder_finds_the_frames_that_were_joined(
            toc in any::<u8>().prop_map(|toc| toc & !CODE),
            frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..=LONGEST), 1..=6),
        ) {
            let packets: Vec<Vec<u8>> = frames.iter().map(|frame| [&[toc], &frame[..]].concat()).collect();
            let singles: Vec<Single<'_>> = packets.iter().map(|packet| Single::parse(packet).unwrap()).collect();
            let mut out = Vec::new();
            join(&singles, &mut out);
            prop_assert_eq!(split(&out), (toc, frames));
        }
    }

    #[test]
    fn what_has_several_frames_or_is_too_long_is_not_taken_for_one() {
        assert!([1_u8, 2, 3].iter().all(|code| Single::parse(&[0x78 | code, 1, 2]).is_none()));
        assert_eq!(Single::parse(&[]), None);
        assert_eq!(Single::parse(&[0x78; LONGEST + 2]), None);
        assert!(Single::parse(&[0x78]).is_some(), "silence");
    }

    #[test]
    fn a_frame_lasts_as_long_as_its_configuration_says() {
        let ticks = |config: u8| Single::parse(&[config << 3]).unwrap().ticks();
        assert_eq!([0, 1, 3, 12, 13, 16, 19, 31].map(ticks), [480, 960, 2_880, 480, 960, 120, 960, 960]);
        let parse = |toc| {
            Single::parse(match toc {
                0 => &[0x78_u8, 1],
                1 => &[0x78, 2],
                _ => &[0x7c, 3], // two channels
            })
        };
        let [one, same, other] = [0, 1, 2].map(|toc| parse(toc).unwrap());
        assert!(one.goes_with(&same) && !one.goes_with(&other));
    }

    #[test]
    fn fuzz_any_bytes_are_joined_only_to_what_can_be_taken_apart() {
        bolero::check!().with_type::<Vec<Vec<u8>>>().with_iterations(20_000).for_each(|packets| {
            let singles: Vec<Single<'_>> =
                packets.iter().filter_map(|packet| Single::parse(packet)).collect();
            let Some(first) = singles.first() else { return };
            let going: Vec<Single<'_>> =
                singles.iter().copied().filter(|single| single.goes_with(first)).collect();
            let mut out = Vec::new();
            join(&going, &mut out);
            let frames: Vec<Vec<u8>> = going.iter().take(MOST).map(|single| single.frame.to_vec()).collect();
            assert_eq!(split(&out), (first.toc, frames));
        });
    }
}
