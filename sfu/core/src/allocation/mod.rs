//! Who gets what of a line: the video slots of one receiver by importance, and how many voices.
//! `docs/algorithms/allocation.md` has the reasons. Decided afresh each time, from nothing but its
//! arguments.

pub mod demand;
pub mod layer;

use layer::{LayerView, TEMPORAL_LAYERS};

use crate::outgoing::thinning::ALL;

/// What a picture is to its viewer. Earlier is more important.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Papers: unreadable is useless, late is not.
    Screen,
    /// A face drawn large.
    Stage,
    /// A face drawn small.
    Thumbnail,
}

impl Class {
    /// The class of a picture drawn `height` device pixels high.
    pub fn of(is_screen: bool, height: u16) -> Self {
        match is_screen {
            true => Self::Screen,
            false if height >= STAGE_HEIGHT => Self::Stage,
            false => Self::Thumbnail,
        }
    }
}

/// A layer of a source, and how many of its frames. More is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Choice {
    /// Index of the layer.
    pub layer: usize,
    /// The highest temporal layer of it.
    pub temporal: u8,
}

impl Choice {
    /// All frames of a layer.
    pub const fn whole(layer: usize) -> Self {
        Self { layer, temporal: ALL }
    }
}

/// One slot's wish.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Its class.
    pub class: Class,
    /// The layers of its source, lowest first.
    pub layers: Vec<LayerView>,
    /// The height it is drawn at.
    pub height: u16,
    /// What it has, of the same source.
    pub current: Option<Choice>,
}

/// What each wish gets, most important first; nothing where the line is too thin. Unless `rising`
/// no picture becomes better now than it is.
pub fn allocate(budget: u32, rising: bool, wishes: &[Wish]) -> Vec<Option<Choice>> {
    let mut plan = Plan { left: budget, rising, chosen: vec![None; wishes.len()] };
    let stage = wishes.iter().position(|wish| wish.class == Class::Stage);
    for (at, wish) in wishes.iter().enumerate().filter(|(_, wish)| wish.class == Class::Screen) {
        plan.raise(at, wish, u16::MAX);
    }
    // The speaker becomes recognisable before the others appear at all.
    if let Some((at, wish)) = stage.and_then(|at| Some((at, wishes.get(at)?))) {
        plan.raise(at, wish, FAIR_HEIGHT);
    }
    for (at, wish) in wishes.iter().enumerate() {
        plan.raise(at, wish, 0);
    }
    for (at, wish) in wishes.iter().enumerate() {
        plan.raise(at, wish, u16::MAX);
    }
    plan.chosen
}

/// Bit/s that `wishes` would take without a limit.
pub fn wanted(wishes: &[Wish]) -> u32 {
    let best = |wish: &Wish| Some(wish.cost(Choice::whole(wish.ideal(u16::MAX)?)));
    wishes.iter().filter_map(best).fold(0, u32::saturating_add)
}

/// Bit/s of what was chosen.
pub fn cost(chosen: &[Option<Choice>], wishes: &[Wish]) -> u32 {
    chosen.iter().zip(wishes).filter_map(|(choice, wish)| Some(wish.cost((*choice)?))).sum()
}

/// How many voices a line of `estimate` bit/s carries; with those it has, so that it does not waver.
pub fn voices(estimate: u32, carried: usize) -> usize {
    let reserve = |count: usize| if count > carried { 5 } else { 4 };
    let fits = |count: usize, rate: u32| estimate / 5 * 4 >= rate / 5 * reserve(count);
    1 + usize::from(fits(2, TWO_VOICES)) + usize::from(fits(3, THREE_VOICES))
}

/// Bit/s of a voice with its headers: `joined` when several packets leave as one, `redundant` when each packet
/// repeats the one before, `repeated` when each leaves a second time.
pub fn voice(joined: bool, redundant: bool, repeated: bool) -> u32 {
    let once = match (joined, redundant) {
        (true, _) => JOINED_VOICE,
        (false, false) => VOICE,
        (false, true) => REDUNDANT_VOICE,
    };
    once * (1 + u32::from(repeated))
}

/// Whether a line carries sound twice (RFC 2198) for receivers that agreed to it.
pub fn is_redundant(estimate: u32) -> bool {
    estimate >= REDUNDANCY
}

/// Whether a line is so thin that the headers of small packets are a good part of it: sound is joined into
/// larger ones. Those that are joined already stay so a little longer.
pub fn is_joined(estimate: u32, already: bool) -> bool {
    estimate < if already { JOINING / 4 * 5 } else { JOINING }
}

/// Whether a line that loses `loss` of its packets (0 … 1) gets every sound once more in a packet of its own;
/// `redundant` when each packet repeats the one before it as well.
pub fn is_repeated(estimate: u32, loss: f32, redundant: bool, already: bool) -> bool {
    let enough = if redundant { LOSS_DESPITE_REDUNDANCY } else { LOSS };
    estimate >= REDUNDANCY && loss >= if already { enough / 2.0 } else { enough }
}

struct Plan {
    left: u32,
    rising: bool,
    chosen: Vec<Option<Choice>>,
}

impl Plan {
    /// Gives a slot the best that fits, no higher than needed for `height` lines and its wish.
    fn raise(&mut self, at: usize, wish: &Wish, height: u16) {
        let Some(ideal) = wish.ideal(height) else { return };
        let Some(place) = self.chosen.get_mut(at) else { return };
        let has = place.map_or(0, |choice| wish.cost(choice));
        let room = self.left.saturating_add(has);
        let fits = |choice: Choice| {
            let cost = wish.cost(choice);
            let is_rise = wish.current.is_none_or(|current| choice > current);
            // Above what it has only with a reserve, or it would come and go.
            let needed = if is_rise { cost.saturating_add(cost / 8) } else { cost };
            needed <= room && (!is_rise || self.rising)
        };
        let is_more = |choice: &Choice| place.is_none_or(|has| *choice > has);
        let best = wish.choices(ideal).take_while(is_more).find(|choice| fits(*choice));
        if let Some(best) = best {
            *place = Some(best);
            if room != u32::MAX {
                self.left = room - wish.cost(best).min(room);
            }
        }
    }
}

impl Wish {
    /// The smallest usable layer that is high enough for `limit` lines and for the box it is drawn in.
    fn ideal(&self, limit: u16) -> Option<usize> {
        layer::choose(&self.layers, self.height.min(limit))
    }

    /// What it may be given, the best first: less sharp, and only then with fewer frames.
    fn choices(&self, ideal: usize) -> impl Iterator<Item = Choice> {
        let usable = move || (0..=ideal).filter(|&layer| self.usable(layer));
        let thinner = (0..TEMPORAL_LAYERS as u8 - 1).rev();
        let lowest = usable().next().into_iter();
        let thinned =
            lowest.flat_map(move |layer| thinner.clone().map(move |temporal| Choice { layer, temporal }));
        usable().rev().map(Choice::whole).chain(thinned)
    }

    /// Whether `chosen` is less than it has and could use.
    pub fn falls_to(&self, chosen: Option<Choice>) -> bool {
        let kept = self.current.min(self.ideal(u16::MAX).map(Choice::whole));
        kept.is_some_and(|kept| chosen.is_none_or(|chosen| chosen < kept))
    }

    fn usable(&self, layer: usize) -> bool {
        self.layers.get(layer).is_some_and(|layer| layer.alive)
    }

    /// Bit/s on the wire.
    fn cost(&self, Choice { layer, temporal }: Choice) -> u32 {
        let measured = self.layers.get(layer).map_or(0, |layer| layer.rates.upto(temporal));
        let nominal = if self.class == Class::Screen { NOMINAL_SCREEN } else { nominal(layer) };
        let rate = if measured == 0 { nominal } else { measured };
        // Headers below RTP, the tag, what is sent again.
        rate.saturating_add(rate / 12)
    }
}

fn nominal(layer: usize) -> u32 {
    NOMINAL.get(layer).copied().unwrap_or(1_500_000)
}

/// Bit/s of a camera's layers until they are measured.
const NOMINAL: [u32; 3] = [100_000, 400_000, 1_500_000];
const NOMINAL_SCREEN: u32 = 300_000;
/// Drawn at least this high a face is looked at, lower it is there.
const STAGE_HEIGHT: u16 = 300;
/// Lines at which a face is recognisable.
const FAIR_HEIGHT: u16 = 360;
const JOINED_VOICE: u32 = 45_000;
const VOICE: u32 = 62_000;
const REDUNDANT_VOICE: u32 = 80_000;
/// Bit/s of line below which a second copy of the sound would push out what it is there to protect.
const REDUNDANCY: u32 = 250_000;
/// Bit/s of line below which a third of a voice's share would be headers.
const JOINING: u32 = 160_000;
/// Losses from which on sound is sent twice. RFC 2198 alone leaves a hundredth of it lost at a tenth.
const LOSS: f32 = 0.03;
const LOSS_DESPITE_REDUNDANCY: f32 = 0.12;
/// Bit/s of line from which on a second and a third voice pass.
const TWO_VOICES: u32 = 120_000;
const THREE_VOICES: u32 = 200_000;

#[cfg(test)]
mod tests {
    use super::{layer::Rates, *};

    /// The layers given, each with all its frames.
    fn layers(budget: u32, rising: bool, wishes: &[Wish]) -> Vec<Option<usize>> {
        let whole = |choice: Choice| {
            assert_eq!(choice.temporal, ALL);
            choice.layer
        };
        allocate(budget, rising, wishes).into_iter().map(|choice| choice.map(whole)).collect()
    }

    fn camera(height: u16, current: Option<usize>) -> Wish {
        let current = current.map(Choice::whole);
        let rates = Rates::flat;
        let layer = |height, rate| LayerView { alive: true, height: Some(height), rates: rates(rate) };
        let layers = vec![layer(180, 100_000), layer(360, 400_000), layer(720, 1_500_000)];
        Wish { class: Class::of(false, height), layers, height, current }
    }

    fn screen(bitrate: u32) -> Wish {
        let layers = vec![LayerView { alive: true, height: Some(1_080), rates: Rates::flat(bitrate) }];
        Wish { class: Class::Screen, layers, height: 1_080, current: None }
    }

    /// Papers, a speaker, two small faces.
    fn meeting() -> Vec<Wish> {
        vec![screen(300_000), camera(720, None), camera(180, None), camera(180, None)]
    }

    #[test]
    fn a_thinner_line_gives_up_the_least_important_first() {
        let at = |budget| layers(budget, true, &meeting());
        assert_eq!(at(u32::MAX), [Some(0), Some(2), Some(0), Some(0)]);
        assert_eq!(at(3_000_000), [Some(0), Some(2), Some(0), Some(0)]);
        assert_eq!(at(1_500_000), [Some(0), Some(1), Some(0), Some(0)]);
        assert_eq!(at(900_000), [Some(0), Some(1), Some(0), None]);
        assert_eq!(at(540_000), [Some(0), Some(0), None, None], "the speaker before the others");
        assert_eq!(at(400_000), [Some(0), None, None, None]);
        assert_eq!(at(130_000), [None, Some(0), None, None], "a face rather than nothing");
        assert_eq!(at(50_000), [None; 4]);
    }

    #[test]
    fn what_is_shown_stays_where_a_newcomer_would_not_fit() {
        let tight = 440_000;
        assert_eq!(layers(tight, true, &[camera(360, Some(1))]), [Some(1)]);
        assert_eq!(layers(tight, true, &[camera(360, Some(0))]), [Some(0)]);
        assert_eq!(layers(2_000_000, false, &[camera(720, Some(1))]), [Some(1)], "not rising");
        assert_eq!(layers(200_000, false, &[camera(720, Some(1))]), [Some(0)], "down at once");
    }

    /// Half its bits in the base layer, a quarter in each above.
    fn in_time(mut wish: Wish, temporal: Option<u8>) -> Wish {
        let views = wish.layers.iter_mut();
        views.for_each(|view| {
            let part = view.rates.whole() / 32;
            view.rates = Rates::measured([2 * part, part, part], std::time::Duration::from_millis(1_000));
        });
        wish.current = temporal.map(|temporal| Choice { layer: 0, temporal });
        wish
    }

    #[test]
    fn a_screen_loses_frames_before_it_goes() {
        let at = |budget| allocate(budget, true, &[in_time(screen(320_000), None)]);
        let frames = |temporal| [Some(Choice { layer: 0, temporal })];
        assert_eq!(at(400_000), frames(ALL));
        assert_eq!(at(300_000), frames(1));
        assert_eq!(at(200_000), frames(0));
        assert_eq!(at(150_000), [None]);
    }

    #[test]
    fn a_face_becomes_small_before_it_loses_frames() {
        let at = |budget| allocate(budget, true, &[in_time(camera(720, None), None)]);
        assert_eq!(at(500_000), [Some(Choice::whole(1))]);
        assert_eq!(at(300_000), [Some(Choice::whole(0))]);
        assert_eq!(at(100_000), [Some(Choice { layer: 0, temporal: 1 })]);
    }

    #[test]
    fn more_frames_need_a_reserve_and_fewer_are_given_at_once() {
        let tight = 350_000;
        let given = |rising, has| allocate(tight, rising, &[in_time(screen(320_000), Some(has))]);
        assert_eq!(given(true, ALL), [Some(Choice::whole(0))]);
        assert_eq!(given(true, 0), [Some(Choice { layer: 0, temporal: 1 })]);
        assert_eq!(given(false, 0), [Some(Choice { layer: 0, temporal: 0 })]);
        assert!(in_time(screen(320_000), Some(1)).falls_to(Some(Choice { layer: 0, temporal: 0 })));
        assert!(!in_time(screen(320_000), Some(1)).falls_to(Some(Choice::whole(0))));
    }

    #[test]
    fn only_layers_that_can_come_are_given() {
        let mut wish = camera(720, None);
        wish.layers[1].alive = false;
        assert_eq!(layers(800_000, true, &[wish.clone()]), [Some(0)]);
        wish.layers.iter_mut().for_each(|layer| layer.alive = false);
        assert_eq!(layers(800_000, true, &[wish]), [None]);
    }

    #[test]
    fn what_is_wanted_is_the_sum_of_what_is_drawn() {
        let all = [100_000, 300_000, 1_500_000].map(|rate: u32| rate + rate / 12);
        assert_eq!(wanted(&meeting()), all[1] + all[2] + 2 * all[0]);
    }

    #[test]
    fn a_line_for_one_voice_gets_one() {
        assert_eq!([64_000, 140_000, 200_000, 300_000, u32::MAX].map(|e| voices(e, 0)), [1, 1, 2, 3, 3]);
        assert_eq!([110_000, 125_000].map(|estimate| voices(estimate, 2)), [1, 2]);
        assert_eq!(voices(125_000, 1), 1);
    }

    proptest::proptest! {
        #[test]
        fn never_more_is_given_than_there_is(budget in 0..6_000_000_u32, heights in proptest::collection::vec(90..1_080_u16, 0..12)) {
            let wishes: Vec<Wish> = heights.iter().map(|height| camera(*height, None)).collect();
            let given = allocate(budget, true, &wishes);
            proptest::prop_assert!(cost(&given, &wishes) <= budget);
        }
    }
}
