//! Whose line is weak, for those who can do something about it: chair, moderator, secretary, technician.
//!
//! What changes is told within a second, and everything again every few seconds, so that somebody who enters, or
//! whose own line dropped a message, sees what is true.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use base::{Timestamp, id::SeatId};
use signaling_core::{Act, LineWatch};
use signaling_protocol::{SeatLine, ServerMessage};
use tokio::time::Instant;

use super::{Live, deliver};
use crate::{
    outgoing::Kind,
    ports::{Leg, TrackFlow},
    translate,
};

/// The lines of a meeting: one for each seat with a connection.
#[derive(Debug, Default)]
pub(super) struct Lines {
    watches: BTreeMap<SeatId, (LineWatch, Vec<TrackFlow>)>,
    changed: BTreeSet<SeatId>,
    told: Option<Instant>,
    told_all: Option<Instant>,
}

impl Live {
    /// The media plane says how connections fare.
    pub(super) fn legs(&mut self, legs: Vec<Leg>) {
        let (now, moment) = (Timestamp::now(), Instant::now());
        // Connections that only view are no seats.
        for leg in legs.into_iter().filter(|leg| self.meeting.seat(leg.seat).is_some()) {
            let watched = self.lines.watches.entry(leg.seat);
            let (watch, tracks) = watched.or_insert_with(|| (LineWatch::new(now), Vec::new()));
            *tracks = leg.tracks;
            if watch.take(now, leg.figures) {
                self.lines.changed.insert(leg.seat);
            }
        }
        let meeting = &self.meeting;
        self.lines.watches.retain(|seat, _| meeting.seat(*seat).is_some_and(|seat| !seat.waiting));
        for (seat, (watch, _)) in &mut self.lines.watches {
            if watch.look(now) {
                self.lines.changed.insert(*seat);
            }
        }
        self.tell_lines(moment);
    }

    fn tell_lines(&mut self, now: Instant) {
        let is_due = |at: Option<Instant>, every| at.is_none_or(|at| now.duration_since(at) >= every);
        let all = is_due(self.lines.told_all, ALL_EVERY);
        if !all && (self.lines.changed.is_empty() || !is_due(self.lines.told, EVERY)) {
            return;
        }
        let meeting = &self.meeting;
        let sees = |seat| meeting.seat(seat).is_some_and(|seat| seat.may(Act::SeeLines));
        let to: Vec<_> = self
            .visits
            .iter()
            .filter(|visit| visit.welcomed && sees(visit.seat))
            .map(|visit| Arc::clone(&visit.outgoing))
            .collect();
        let changed = std::mem::take(&mut self.lines.changed);
        let told = self.lines.watches.iter().filter(|(seat, _)| all || changed.contains(*seat));
        let lines: Vec<SeatLine> =
            told.map(|(seat, (watch, tracks))| translate::line(*seat, watch, tracks)).collect();
        self.lines.told = Some(now);
        if all {
            self.lines.told_all = Some(now);
        }
        // What is told again soon need not wait for a slow socket.
        let kind = if all { Kind::Levels } else { Kind::Answer };
        if !to.is_empty() && !lines.is_empty() {
            self.send(to, kind, deliver::encode(&ServerMessage::Lines { lines }));
        }
    }
}

/// The shortest time between two messages.
const EVERY: Duration = Duration::from_millis(900);
/// How often everything is told.
const ALL_EVERY: Duration = Duration::from_secs(5);
