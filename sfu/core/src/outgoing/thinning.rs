//! Which frames of a stream one slot leaves out: those above a temporal layer. Down at the next frame; up
//! only where the stream says that a decoder without the frames from before can follow.

use crate::{
    codec::vp8,
    rtp::{MediaTime, SequenceNumber},
};

/// Every temporal layer.
pub(crate) const ALL: u8 = u8::MAX;

/// Decided once per packet, in the order of arrival.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Thinning {
    /// The highest temporal layer that the line carries.
    pub most: u8,
    /// The highest that goes out now.
    now: u8,
    /// The highest that went out before [`Self::changed`].
    before: u8,
    /// The first frame under [`Self::now`].
    changed: Option<MediaTime>,
    /// The newest packet.
    newest: Option<(SequenceNumber, MediaTime)>,
    /// Nothing has been left out since a frame from which all layers above can be followed.
    open: bool,
    /// Frames left out since it might have gone up.
    waited: u16,
}

impl Default for Thinning {
    fn default() -> Self {
        Self { most: ALL, now: ALL, before: ALL, changed: None, newest: None, open: false, waited: 0 }
    }
}

impl Thinning {
    /// The next packet is the first of a source, and of a key frame.
    pub fn begin(&mut self) {
        *self = Self { most: self.most, now: self.most, before: self.most, ..Self::default() };
    }

    /// Whether a packet goes on to the receiver.
    pub fn passes(
        &mut self,
        sequence: SequenceNumber,
        timestamp: MediaTime,
        descriptor: Option<&vp8::Descriptor>,
    ) -> bool {
        let Some(descriptor) = descriptor else { return true };
        let temporal = descriptor.temporal_layer.unwrap_or(0);
        if self.newest.is_some_and(|(newest, _)| sequence.ahead_of(newest) <= 0) {
            let is_older = self.changed.is_some_and(|changed| timestamp.since(changed) < 0);
            return temporal <= if is_older { self.before } else { self.now };
        }
        // All packets of a frame go the same way.
        if self.newest.is_none_or(|(_, time)| time != timestamp) {
            let next = self.next(temporal, descriptor);
            if next != self.now {
                (self.before, self.changed) = (self.now, Some(timestamp));
                (self.now, self.waited) = (next, 0);
            }
            let waits = self.now < self.most && temporal > self.now;
            self.waited = if waits { self.waited.saturating_add(1) } else { self.waited };
        }
        self.newest = Some((sequence, timestamp));
        let passes = temporal <= self.now;
        self.open = passes && (self.open || descriptor.opens);
        passes
    }

    /// Its stream marks no place to go up, so that only a key frame helps.
    pub fn is_stuck(&self) -> bool {
        self.now < self.most && self.waited >= PATIENCE
    }

    /// What goes out from a frame on.
    fn next(&self, temporal: u8, descriptor: &vp8::Descriptor) -> u8 {
        let enters = descriptor.enters && Some(temporal) == self.now.checked_add(1);
        match self.most {
            most if descriptor.key_frame || most < self.now || self.open => most,
            // One layer at a time: those above may need the one that is entered.
            most if enters && temporal <= most => temporal,
            _ => self.now,
        }
    }
}

/// Frames left out while a mark is waited for; Chromium's stand eight frames apart.
const PATIENCE: u16 = 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(temporal: u8, enters: bool, opens: bool) -> vp8::Descriptor {
        vp8::Descriptor { temporal_layer: Some(temporal), enters, opens, ..vp8::Descriptor::default() }
    }

    /// Which of these frames, one packet each, go out; `most` changes before the frame given with it.
    fn run(frames: &[vp8::Descriptor], mut most: impl FnMut(usize) -> u8) -> Vec<bool> {
        let mut thinning = Thinning::default();
        let passes = |(at, frame)| {
            thinning.most = most(at);
            let (sequence, time) = (SequenceNumber(65_530).plus(at as u16), MediaTime(at as u32 * 3_000));
            thinning.passes(sequence, time, Some(frame))
        };
        frames.iter().enumerate().map(passes).collect()
    }

    #[test]
    fn down_at_once_and_up_one_layer_at_a_time_where_it_is_entered() {
        let of = |(temporal, enters)| frame(temporal, enters, false);
        let frames =
            [(0, false), (2, false), (1, false), (2, true), (0, false), (1, true), (2, false), (2, true)];
        let passed = run(&frames.map(of), |at| if at < 2 { 0 } else { ALL });
        assert_eq!(passed, [true, false, false, false, true, true, false, true]);
    }

    #[test]
    fn who_may_have_one_layer_gets_no_more() {
        let of = |(temporal, enters)| frame(temporal, enters, false);
        let frames = [(0, false), (1, true), (2, true), (0, false), (1, false)];
        assert_eq!(run(&frames.map(of), |at| u8::from(at > 0)), [true, true, false, true, true]);
    }

    #[test]
    fn after_a_point_of_switching_up_everything_goes_until_something_was_left_out() {
        let frames =
            [frame(0, false, true), frame(2, false, false), frame(1, false, true), frame(2, false, false)];
        let up_at = |up: usize| run(&frames, move |at| if at < up { 0 } else { ALL });
        assert_eq!(up_at(1), [true; 4]);
        assert_eq!(up_at(2), [true, false, false, false], "its predecessor is missing");
    }

    #[test]
    fn where_nothing_is_marked_a_key_frame_is_needed() {
        let mut thinning = Thinning { most: 0, ..Thinning::default() };
        thinning.begin();
        let mut at = 0;
        let mut run = |thinning: &mut Thinning, key_frame| {
            at += 1;
            let layer = if key_frame { 0 } else { at % 2 };
            let frame = vp8::Descriptor { key_frame, ..frame(layer, false, false) };
            thinning.passes(SequenceNumber(at.into()), MediaTime(at.into()), Some(&frame));
            thinning.is_stuck()
        };
        assert!((0..100).all(|_| !run(&mut thinning, false)), "it need not go up");
        thinning.most = ALL;
        assert!((0..130).any(|_| run(&mut thinning, false)));
        assert!(!run(&mut thinning, true));
    }

    #[test]
    fn a_late_packet_goes_the_way_of_its_frame() {
        let mut thinning = Thinning::default();
        let mut passes = |sequence, time, temporal, most| {
            thinning.most = most;
            let descriptor = frame(temporal, false, false);
            thinning.passes(SequenceNumber(sequence), MediaTime(time), Some(&descriptor))
        };
        assert!(passes(1, 0, 0, ALL) && passes(2, 3_000, 2, ALL));
        assert!(passes(4, 6_000, 0, 0));
        assert!(passes(3, 3_000, 2, 0), "of a frame that began before");
        assert!(!passes(6, 9_000, 2, 0) && !passes(5, 9_000, 2, 0));
    }
}
