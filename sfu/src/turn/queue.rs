//! What waits for a client's line. Answers are never lost; media that waited too long is: when the queue is
//! full the oldest goes, because what a line cannot carry is worth nothing later.

use std::{collections::VecDeque, io};

use tokio::io::{AsyncWrite, AsyncWriteExt};

#[derive(Debug, Default)]
pub(super) struct Queue {
    media: VecDeque<Vec<u8>>,
    waiting: usize,
    /// On its way: whole frames, written as one TLS record.
    sending: Vec<u8>,
    written: usize,
    unflushed: bool,
    /// Media lost for want of room.
    pub dropped: u64,
}

impl Queue {
    /// Puts an answer before all media.
    pub fn answer(&mut self, answer: &[u8]) {
        self.sending.extend_from_slice(answer);
    }

    /// Puts media behind what waits.
    pub fn media(&mut self, frame: Vec<u8>) {
        self.waiting += frame.len();
        self.media.push_back(frame);
        while self.waiting > MAX_WAITING {
            let Some(oldest) = self.media.pop_front() else { return };
            self.waiting -= oldest.len();
            self.dropped += 1;
        }
    }

    /// Whether there is nothing to do for [`Self::step`].
    pub fn is_idle(&self) -> bool {
        self.media.is_empty() && self.sending.is_empty() && !self.unflushed
    }

    /// Whether so many answers wait that the client shall be asked nothing more.
    pub fn is_congested(&self) -> bool {
        self.sending.len() > MAX_SENDING
    }

    /// Writes a piece. May be dropped at any time without losing anything.
    pub async fn step(&mut self, writer: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        while self.sending.len() < RECORD {
            let Some(frame) = self.media.pop_front() else { break };
            self.waiting -= frame.len();
            self.sending.extend_from_slice(&frame);
        }
        let rest = self.sending.get(self.written..).unwrap_or_default();
        if rest.is_empty() {
            writer.flush().await?;
            self.unflushed = false;
            return Ok(());
        }
        self.written += writer.write(rest).await?;
        self.unflushed = true;
        if self.written >= self.sending.len() {
            self.sending.clear();
            self.written = 0;
        }
        Ok(())
    }
}

/// A third of a second of a good picture.
const MAX_WAITING: usize = 96 << 10;
/// Some packets share a record; more would wait for each other.
const RECORD: usize = 6 << 10;
const MAX_SENDING: usize = 32 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn of_too_much_media_the_newest_is_sent_and_answers_always() {
        let mut queue = Queue::default();
        for number in 0..1_000_u32 {
            queue.media([number.to_be_bytes().to_vec(), vec![0; 1_020]].concat());
        }
        assert!(queue.waiting <= MAX_WAITING && queue.dropped == 1_000 - 96);
        queue.answer(b"answer");
        let mut out = Vec::new();
        while !queue.is_idle() {
            queue.step(&mut out).await.unwrap();
        }
        assert!(out.starts_with(b"answer"));
        assert_eq!(out.len(), 6 + 96 * 1_024);
        assert_eq!(out[6..10], 904_u32.to_be_bytes(), "the oldest were dropped");
    }

    #[tokio::test]
    async fn a_step_that_is_dropped_loses_nothing() {
        let (mut near, mut far) = tokio::io::duplex(100);
        let mut queue = Queue::default();
        queue.media((0..=255).cycle().take(1_000).collect());
        let mut seen: Vec<u8> = Vec::new();
        while seen.len() < 1_000 {
            let mut part = [0; 64];
            tokio::select! {
                biased;
                read = tokio::io::AsyncReadExt::read(&mut far, &mut part) => seen.extend(&part[..read.unwrap()]),
                step = queue.step(&mut near), if !queue.is_idle() => step.unwrap(),
            }
        }
        assert!(seen.iter().copied().eq((0..=255).cycle().take(1_000)));
    }
}
