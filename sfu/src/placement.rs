//! Which worker a seat's peer lives on.
//!
//! A small meeting stays together, because what crosses workers is written twice; a large one spreads,
//! because one core does not carry it. A seat stays where it is, so that its gates and its new offers
//! meet.

use std::collections::HashMap;

use base::id::{MeetingId, SeatId};

/// The places given so far; those of a meeting until it ends.
#[derive(Debug, Default)]
pub(crate) struct Placement {
    seats: HashMap<SeatId, (MeetingId, usize)>,
}

impl Placement {
    /// The worker of a seat, if it has one.
    pub fn of(&self, seat: SeatId) -> Option<usize> {
        self.seats.get(&seat).map(|(_, worker)| *worker)
    }

    /// Whether anybody of the meeting has a place.
    pub fn knows(&self, meeting: MeetingId) -> bool {
        self.seats.values().any(|(there, _)| *there == meeting)
    }

    /// The worker of a seat; a new one by how many peers each worker has.
    pub fn place(&mut self, meeting: MeetingId, seat: SeatId, loads: &[usize]) -> usize {
        if let Some((there, worker)) = self.seats.get(&seat)
            && *there == meeting
        {
            return *worker;
        }
        let mut members = vec![0_usize; loads.len()];
        for (_, worker) in self.seats.values().filter(|(there, _)| *there == meeting) {
            if let Some(count) = members.get_mut(*worker) {
                *count += 1;
            }
        }
        let together = (0..).zip(&members).filter(|(_, count)| (1..TOGETHER).contains(*count));
        let fullest = together.max_by_key(|(_, count)| **count).map(|(worker, _)| worker);
        let idlest = || (0..).zip(loads).min_by_key(|(_, load)| **load).map_or(0, |(worker, _)| worker);
        let worker = fullest.unwrap_or_else(idlest);
        self.seats.insert(seat, (meeting, worker));
        worker
    }

    /// The meeting is over.
    pub fn end(&mut self, meeting: MeetingId) {
        self.seats.retain(|_, (there, _)| *there != meeting);
    }
}

/// Members of a meeting on one worker before the next is used.
const TOGETHER: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn meeting(number: u128) -> MeetingId {
        MeetingId::from_u128(number)
    }

    #[test]
    fn small_meetings_stay_together_and_large_ones_spread() {
        let mut placement = Placement::default();
        let mut loads = [0; 4];
        for number in 0..200 {
            let worker = placement.place(meeting(1), SeatId::from_u128(number), &loads);
            loads[worker] += 1;
        }
        assert!(loads.iter().all(|load| (48..=52).contains(load)), "{loads:?}");
        loads[2] = 0;
        let of_small = |number: u128| placement.place(meeting(2), SeatId::from_u128(1_000 + number), &loads);
        assert!((0..10).map(of_small).all(|worker| worker == 2));
    }

    #[test]
    fn a_seat_stays_where_it_is_until_the_meeting_ends() {
        let mut placement = Placement::default();
        let seat = SeatId::from_u128(7);
        assert_eq!(placement.place(meeting(1), seat, &[5, 3]), 1);
        assert_eq!(placement.place(meeting(1), seat, &[0, 9]), 1);
        placement.end(meeting(1));
        assert_eq!((placement.of(seat), placement.knows(meeting(1))), (None, false));
    }
}
