//! What a robot's camera or microphone sends: frames of equal size, their packets at once or spread.

use std::{
    ops::Range,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use sfu_core::rtp::{AudioLevel, MediaTime, Outgoing, PayloadType, SequenceNumber, Ssrc};

use crate::{
    offer::{self, IDS, OPUS, VP8},
    robot::Robot,
};

/// How the packets of a frame follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// All within a millisecond.
    Burst,
    /// Spread at two and a half times the mean rate.
    Even,
}

/// One stream.
#[derive(Debug, Clone, Copy)]
pub struct Stream {
    /// Heard, not seen.
    pub is_audio: bool,
    /// Payload bits per second.
    pub bitrate: u32,
    /// Frames a second.
    pub rate: u32,
    /// How they go.
    pub pattern: Pattern,
}

impl Stream {
    /// A camera at thirty frames a second.
    pub const fn camera(bitrate: u32, pattern: Pattern) -> Self {
        Self { is_audio: false, bitrate, rate: 30, pattern }
    }

    /// A microphone that is spoken into: 20 ms packets.
    pub const fn microphone() -> Self {
        Self { is_audio: true, bitrate: 32_000, rate: 50, pattern: Pattern::Burst }
    }
}

/// A stream being sent.
pub struct Publisher {
    /// Place of its robot in the fleet.
    pub robot: usize,
    /// Number of its robot.
    number: usize,
    stream: Stream,
    sequence: u16,
    frames: u32,
    /// Bytes that the next frame owes to the bitrate.
    owed: u32,
    /// Packets of the frame that is under way: sent, of how many.
    progress: (u32, u32),
    key: bool,
    frame_at: Instant,
    /// When the next packet goes.
    pub due: Instant,
}

impl Publisher {
    /// Begins at `due`.
    pub fn new(robot: usize, number: usize, stream: Stream, due: Instant) -> Self {
        Self {
            robot,
            number,
            stream,
            sequence: 65_000,
            frames: 0,
            owed: 0,
            progress: (0, 0),
            key: true,
            frame_at: due,
            due,
        }
    }

    /// Sends what is due.
    pub fn send_due(&mut self, now: Instant, robot: &mut Robot) {
        // A thread that was kept waiting leaves frames out instead of sending them in a heap.
        let interval = Duration::from_secs(1) / self.stream.rate;
        if now.saturating_duration_since(self.due) > 4 * interval {
            (self.due, self.frame_at, self.progress) = (now, now, (0, 0));
        }
        while self.due <= now {
            if self.progress.0 == self.progress.1 {
                self.begin_frame(robot);
            }
            self.send_packet(robot);
            self.progress.0 += 1;
            let (sent, of) = self.progress;
            let within = match self.stream.pattern {
                Pattern::Burst => Duration::ZERO,
                Pattern::Even => interval * 2 / 5 * sent / of.max(1),
            };
            if sent == of {
                self.frame_at += interval;
                self.due = self.frame_at;
            } else {
                self.due = self.frame_at + within;
            }
        }
    }

    fn begin_frame(&mut self, robot: &mut Robot) {
        self.frames += 1;
        self.owed += self.stream.bitrate / 8 / self.stream.rate;
        let size = self.packet_len();
        let count = (self.owed / size as u32).max(1);
        self.owed = self.owed.saturating_sub(count * size as u32);
        self.progress = (0, count);
        self.key = !self.stream.is_audio && std::mem::take(&mut robot.key_wanted);
    }

    /// Payload bytes of a packet: 1,100 on the wire where a frame has as many.
    fn packet_len(&self) -> usize {
        let frame = (self.stream.bitrate / 8 / self.stream.rate) as usize;
        frame.clamp(STAMP.end, 1_060)
    }

    fn send_packet(&mut self, robot: &mut Robot) {
        let Some(outbound) = robot.outbound() else { return };
        let (sent, of) = self.progress;
        let is_audio = self.stream.is_audio;
        let mut payload = [0x5a; 1_200];
        let payload = &mut payload[..self.packet_len()];
        if !is_audio {
            let picture = (self.frames & 0x7f) as u8;
            payload[..6].copy_from_slice(&[0x80, 0xe0, 0x80, picture, picture, 0x20]);
            if sent == 0 {
                payload[0] = 0x90;
                // RFC 6386 §9.1: frame tag, start code, 1280×720.
                payload[6..16].copy_from_slice(&[u8::from(!self.key), 0, 0, 0x9d, 1, 0x2a, 0, 5, 0xd0, 2]);
            }
        }
        let stamp = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
        payload[STAMP].copy_from_slice(&stamp.to_be_bytes());
        let ticks = if is_audio { 48_000 } else { 90_000 } / self.stream.rate;
        let packet = Outgoing {
            payload_type: PayloadType::new(if is_audio { OPUS } else { VP8 }),
            marker: !is_audio && sent + 1 == of,
            sequence: SequenceNumber(self.sequence),
            timestamp: MediaTime(self.frames.wrapping_mul(ticks)),
            ssrc: Ssrc(offer::ssrc(self.number, is_audio)),
            transport_sequence: None,
            audio_level: is_audio.then_some(AudioLevel { voice: true, level: 30 }),
            ..Outgoing::default()
        };
        self.sequence = self.sequence.wrapping_add(1);
        let mut buffer = [0; 1_500];
        let Some(written) = packet.write(&IDS, payload, &mut buffer) else { return };
        if let Ok(len) = outbound.seal_rtp(&mut buffer, written.len) {
            robot.socket.send(&buffer[..len]);
        }
    }
}

/// Where in a payload the moment of sending stands.
pub const STAMP: Range<usize> = 16..24;
