//! What is shown to whoever does not choose himself: a wall of screens, a recorder, a viewer by WHEP.
//!
//! The meeting's order decides: a presented screen, then whoever has the floor, then protocol order. A
//! picture that stays among the shown keeps its place, because every change of place costs a key frame;
//! only the first place always holds the first picture.

use base::id::SeatId;

use crate::{MediaKind, Meeting, TrackState};

/// A picture: whose, and which.
pub type Picture = (SeatId, MediaKind);

impl Meeting {
    /// The pictures that arrive, most important first, those of `except` left out.
    pub fn pictures(&self, except: SeatId) -> Vec<Picture> {
        let there = |kind| self.seats().filter(move |s| !s.waiting && s.shown(kind) == TrackState::Sending);
        let screens = there(MediaKind::Screen).map(|seat| (seat.id, MediaKind::Screen));
        let mut faces: Vec<_> = there(MediaKind::Camera).collect();
        faces.sort_by_key(|seat| (self.called() != Some(seat.id), seat.order, seat.joined_number));
        let faces = faces.into_iter().map(|seat| (seat.id, MediaKind::Camera));
        screens.chain(faces).filter(|(seat, _)| *seat != except).collect()
    }
}

/// Fills `places` with the first of `pictures`.
pub fn place(places: &mut [Option<Picture>], pictures: &[Picture]) {
    let shown = pictures.get(..places.len()).unwrap_or(pictures);
    for place in places.iter_mut() {
        *place = place.filter(|picture| shown.contains(picture));
    }
    if let (Some(first), Some(top)) = (shown.first(), places.first().copied())
        && top != Some(*first)
    {
        let old = places.iter().position(|place| *place == Some(*first));
        if let Some(held) = old.and_then(|at| places.get_mut(at)) {
            *held = top;
        }
        if let Some(place) = places.first_mut() {
            *place = Some(*first);
        }
    }
    let missing: Vec<_> = shown.iter().filter(|p| !places.contains(&Some(**p))).copied().collect();
    let mut missing = missing.into_iter();
    for place in places.iter_mut().filter(|place| place.is_none()) {
        *place = missing.next();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(seat: u128) -> Picture {
        (SeatId::from_u128(seat), MediaKind::Camera)
    }

    fn placed(places: &[u128], pictures: &[u128]) -> Vec<u128> {
        let mut now: Vec<_> = places.iter().map(|p| (*p != 0).then(|| picture(*p))).collect();
        place(&mut now, &pictures.iter().copied().map(picture).collect::<Vec<_>>());
        let number = |p: &Option<Picture>| (0..9).find(|n| *p == Some(picture(*n))).unwrap_or(0);
        now.iter().map(number).collect()
    }

    #[test]
    fn the_first_picture_has_the_first_place_and_the_others_stay_where_they_are() {
        assert_eq!(placed(&[0, 0, 0], &[1, 2]), [1, 2, 0]);
        assert_eq!(placed(&[1, 2, 3], &[2, 1, 3]), [2, 1, 3]);
        assert_eq!(placed(&[1, 2, 3], &[4, 1, 2, 3]), [4, 2, 1]);
        assert_eq!(placed(&[1, 2, 3], &[1, 3]), [1, 0, 3]);
        assert_eq!(placed(&[1, 0, 3], &[1, 3, 4]), [1, 4, 3]);
        assert_eq!(placed(&[1, 2, 3], &[]), [0, 0, 0]);
        assert_eq!(placed(&[], &[1]), [0; 0]);
    }
}
