//! The estimator over scripted lines, in virtual time: a leg that sends voices and as much video as the
//! estimate allows in steps, as simulcast layers do.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use base::random::Seeded;
use testkit::link::{Link, Shape};

use super::{BELOW, Sender};
use crate::{
    incoming::arrivals::Arrivals,
    rtcp::{self, Builder, Packet},
    rtp::{SequenceNumber, Ssrc},
};

const SECOND: Duration = Duration::from_secs(1);
const STEP: Duration = Duration::from_millis(5);
const DELAY: Duration = Duration::from_millis(30);
/// Bit/s of video a leg can choose from.
const LADDER: [u32; 8] = [0, 90_000, 180_000, 270_000, 540_000, 900_000, 1_800_000, 2_700_000];

/// One leg over one line.
struct Leg {
    now: Instant,
    sender: Sender,
    link: Link,
    random: Seeded,
    under_way: VecDeque<(Instant, u16)>,
    feedback: VecDeque<(Instant, Vec<u8>)>,
    arrivals: Arrivals,
    video: u32,
    ticks: u64,
    waiting: VecDeque<usize>,
    longest_queue: Duration,
}

impl Leg {
    fn new(shape: Shape) -> Self {
        let now = Instant::now();
        Self {
            now,
            sender: Sender::new(now, true),
            link: Link::new(shape),
            random: Seeded::new(11),
            under_way: VecDeque::new(),
            feedback: VecDeque::new(),
            arrivals: Arrivals::new(now),
            video: 0,
            ticks: 0,
            waiting: VecDeque::new(),
            longest_queue: Duration::ZERO,
        }
    }

    fn reshape(&mut self, shape: Shape) {
        self.link.reshape(self.now, shape);
    }

    fn send(&mut self, bytes: usize) {
        let number = self.sender.number();
        let micros = self.sender.micros(self.now);
        self.sender.sent(micros, bytes, true);
        if let Some(at) = self.link.carry(self.now, bytes + BELOW as usize, &mut self.random) {
            self.under_way.push_back((at, number));
        }
    }

    /// Lets `duration` pass while up to `most` bit/s of video are wanted; the longest queue meanwhile.
    fn run(&mut self, duration: Duration, most: u32) -> Duration {
        let end = self.now + duration;
        self.longest_queue = Duration::ZERO;
        while self.now < end {
            self.now += STEP;
            self.ticks += 1;
            self.receive();
            self.produce(most);
            let micros = self.sender.micros(self.now);
            while self.sender.may_send(micros)
                && let Some(bytes) = self.waiting.pop_front()
            {
                self.send(bytes);
            }
            if let Some(mut bytes) = self.sender.poll_probe(self.now) {
                while bytes > 40 {
                    let packet = bytes.min(290);
                    self.send(packet as usize);
                    bytes -= packet;
                }
            }
            self.longest_queue = self.longest_queue.max(self.link.queue(self.now));
        }
        self.longest_queue
    }

    fn receive(&mut self) {
        while let Some((at, number)) = self.under_way.front().copied().filter(|(at, _)| *at <= self.now) {
            self.under_way.pop_front();
            self.arrivals.handle_packet(at, number);
        }
        if self.ticks.is_multiple_of(12) {
            while let Some(report) = self.arrivals.report() {
                let mut buffer = [0; 1_500];
                let mut builder = Builder::new(&mut buffer);
                let first = SequenceNumber(report.first);
                builder.transport_feedback(Ssrc(1), Ssrc(2), first, &report.arrivals, report.count);
                let len = builder.finish();
                self.feedback.push_back((self.now + DELAY, buffer[..len].to_vec()));
            }
        }
        while let Some((_, bytes)) = self.feedback.pop_front_if(|(at, _)| *at <= self.now) {
            for packet in rtcp::parse(&bytes) {
                if let Packet::TransportFeedback(feedback) = packet {
                    self.sender.handle_feedback(self.now, &feedback);
                }
            }
        }
        if self.ticks.is_multiple_of(5) {
            self.sender.handle_timeout(self.now);
        }
    }

    /// A voice every 20 ms, 25 frames a second.
    fn produce(&mut self, most: u32) {
        self.sender.set_wanted(most + 45_000);
        if self.ticks.is_multiple_of(4) {
            self.send(85);
        }
        if self.ticks.is_multiple_of(8) {
            let room = self.sender.estimate().saturating_sub(45_000);
            self.video = LADDER.into_iter().rfind(|step| *step <= room.min(most)).unwrap_or(0);
            let mut frame = self.video as usize / 8 / 25;
            while frame > 0 {
                let packet = frame.min(1_100);
                self.waiting.push_back(packet);
                frame -= packet;
            }
        }
    }

    fn estimate(&self) -> u32 {
        self.sender.estimate()
    }
}

#[test]
fn thin_lines_are_found_within_five_seconds_and_their_queue_stays_short() {
    for rate in [1_200_000, 400_000, 150_000, 64_000] {
        let mut leg = Leg::new(Shape::of_rate(rate, DELAY));
        leg.run(5 * SECOND, 2_700_000);
        let queue = leg.run(20 * SECOND, 2_700_000);
        let estimate = u64::from(leg.estimate());
        assert!(estimate <= rate * 11 / 10, "{estimate} on a line of {rate}");
        assert!(estimate >= rate * 6 / 10, "{estimate} on a line of {rate}");
        assert!(queue < Duration::from_millis(200), "{queue:?} of queue at {rate}");
    }
}

#[test]
fn a_wide_line_is_found_within_three_seconds() {
    let mut leg = Leg::new(Shape::of_rate(20_000_000, DELAY));
    leg.run(3 * SECOND, 2_700_000);
    assert!(leg.estimate() >= 2_800_000, "{}", leg.estimate());
}

#[test]
fn a_line_that_becomes_thin_is_followed_and_used_again_when_it_recovers() {
    for thin in [400_000, 64_000] {
        let mut leg = Leg::new(Shape::of_rate(5_000_000, DELAY));
        leg.run(8 * SECOND, 2_700_000);
        leg.reshape(Shape::of_rate(thin, DELAY));
        leg.run(5 * SECOND, 2_700_000);
        let queue = leg.run(15 * SECOND, 2_700_000);
        assert!(queue < Duration::from_millis(200), "{queue:?} of queue at {thin}");
        leg.reshape(Shape::of_rate(5_000_000, DELAY));
        leg.run(7 * SECOND, 2_700_000);
        assert_eq!(leg.video, 2_700_000, "estimate {} after {thin}", leg.estimate());
    }
}

#[test]
fn a_longer_way_is_not_taken_for_a_queue() {
    let mut leg = Leg::new(Shape::of_rate(5_000_000, DELAY));
    leg.run(6 * SECOND, 2_700_000);
    // The old way is shut, and then another is found, ten times as long.
    leg.reshape(Shape { loss: 1.0, ..Shape::of_rate(5_000_000, DELAY) });
    leg.run(7 * SECOND, 2_700_000);
    assert!(leg.estimate() < 200_000, "{}", leg.estimate());
    leg.reshape(Shape::of_rate(5_000_000, 10 * DELAY));
    leg.sender.handle_new_path(leg.now);
    leg.run(SECOND, 2_700_000);
    assert!(leg.video >= 180_000, "a picture at once: video {} estimate {}", leg.video, leg.estimate());
    leg.run(7 * SECOND, 2_700_000);
    assert!(leg.video >= 1_800_000, "video {} estimate {}", leg.video, leg.estimate());
}

#[test]
fn a_quiet_line_does_not_rot() {
    let jitter = Duration::from_millis(8);
    let mut leg = Leg::new(Shape { jitter, ..Shape::of_rate(8_000_000, DELAY) });
    leg.run(6 * SECOND, 2_700_000);
    leg.run(60 * SECOND, 0);
    leg.run(4 * SECOND, 2_700_000);
    assert!(leg.video >= 1_800_000, "video {} estimate {}", leg.video, leg.estimate());
}

#[test]
fn a_radio_link_that_loses_a_tenth_keeps_its_picture() {
    let mut leg = Leg::new(Shape { loss: 0.1, ..Shape::of_rate(4_000_000, DELAY) });
    leg.run(20 * SECOND, 900_000);
    assert!(leg.video >= 540_000, "video {} estimate {}", leg.video, leg.estimate());
}

#[test]
fn a_receiver_without_feedback_is_not_held_down() {
    let mut leg = Leg::new(Shape { loss: 1.0, ..Shape::default() });
    leg.run(5 * SECOND, 900_000);
    assert_eq!(leg.estimate(), u32::MAX);
}

#[test]
fn who_wants_no_more_is_not_probed() {
    let mut leg = Leg::new(Shape::of_rate(8_000_000, DELAY));
    leg.run(10 * SECOND, 180_000);
    let before = leg.sender.number();
    leg.run(10 * SECOND, 180_000);
    let video = 250;
    assert!(leg.sender.number().wrapping_sub(before) <= 500 + video + 5, "only voices and frames");
}

#[test]
fn fuzz_no_feedback_makes_the_estimator_panic() {
    bolero::check!().for_each(|bytes| {
        let now = Instant::now();
        let mut sender = Sender::new(now, true);
        for packet in 0..40_u64 {
            sender.sent(packet * 1_000, 500, true);
        }
        let mut message = vec![0x8f, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2];
        message.extend_from_slice(bytes);
        message.resize(message.len().next_multiple_of(4), 0);
        let words = (message.len() / 4 - 1) as u16;
        message[2..4].copy_from_slice(&words.to_be_bytes());
        for packet in rtcp::parse(&message) {
            if let Packet::TransportFeedback(feedback) = packet {
                sender.handle_feedback(now + SECOND, &feedback);
                sender.handle_feedback(now + 2 * SECOND, &feedback);
            }
        }
        sender.handle_timeout(now + 3 * SECOND);
    });
}
