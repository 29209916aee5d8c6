//! Who is heard: the loudest few of a meeting, from the levels that senders measure (RFC 6464).
//!
//! Levels are smoothed, quick to rise and slow to fall, so that a pause for breath costs nobody the
//! floor; and a newcomer must be clearly louder than the quietest of those heard, so that two equally
//! loud voices do not take turns. Who leads the meeting is heard before anybody louder. Times are arguments; a meeting of ten is replayed in microseconds.

use std::{
    cmp::Ordering,
    time::{Duration, Instant},
};

use crate::rtp::AudioLevel;

/// A newcomer must be this many dB louder than the one it displaces.
const MARGIN: f32 = 6.0;
/// Whoever was let in stays at least this long.
const HOLD: Duration = Duration::from_millis(500);
/// Time constants of rising and falling loudness.
const RISE: f32 = 0.05;
const FALL: f32 = 0.8;
/// dB above silence under which nobody displaces anybody: noise of rooms and fans.
const AUDIBLE: f32 = 127.0 - 75.0;
/// Reports of levels are at least this far apart.
const REPORT: Duration = Duration::from_millis(100);
/// A microphone that sent nothing for this long (muted, or gone) is reported silent.
const STALE: Duration = Duration::from_millis(300);

/// A leader who sent nothing for this long has no right to a place.
const GONE: Duration = Duration::from_secs(2);

/// What a packet of a microphone says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// How loud it is.
    pub level: AudioLevel,
    /// Its seat chairs or has the floor.
    pub leads: bool,
}

impl Heard {
    /// The louder of two, led as the `later` one is.
    #[must_use]
    pub fn with(self, later: Self) -> Self {
        let level = if later.level.level < self.level.level { later.level } else { self.level };
        Self { level, ..later }
    }
}

#[derive(Debug)]
struct Voice<K> {
    key: K,
    leads: bool,
    /// Smoothed dB above silence, 0 to 127, as of `at`.
    loudness: f32,
    at: Instant,
    /// The loudest level (smallest number) since the last report.
    peak: Option<u8>,
    /// When it was let in.
    since: Option<Instant>,
    reported: u8,
}

impl<K> Voice<K> {
    fn loudness_at(&self, now: Instant) -> f32 {
        let idle = now.saturating_duration_since(self.at);
        if idle < STALE {
            self.loudness
        } else {
            self.loudness * (-(idle - STALE).as_secs_f32() / FALL).exp()
        }
    }

    fn leads_at(&self, now: Instant) -> bool {
        self.leads && now.saturating_duration_since(self.at) < GONE
    }

    /// Leaders first, then by loudness.
    fn compare(&self, other: &Self, now: Instant) -> Ordering {
        let by_loudness = || self.loudness_at(now).total_cmp(&other.loudness_at(now));
        self.leads_at(now).cmp(&other.leads_at(now)).then_with(by_loudness)
    }
}

/// One of those heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Selected<K> {
    /// Whose voice.
    pub key: K,
    leads: bool,
    loudness: f32,
}

impl<K> Selected<K> {
    /// What speaks for it where not all of those heard have room; the greater goes first. A voice that
    /// holds a place there keeps it against those hardly louder, and while nobody speaks, so that two
    /// speakers do not take the only place from each other with every word.
    pub fn claim(&self, holds: bool) -> (bool, f32) {
        (self.leads, self.loudness.max(AUDIBLE) + if holds { MARGIN } else { 0.0 })
    }
}

/// The voices of one meeting.
#[derive(Debug)]
pub struct Speakers<K> {
    count: usize,
    voices: Vec<Voice<K>>,
    /// Those heard, leaders first, then the loudest.
    selected: Vec<Selected<K>>,
    next_report: Option<Instant>,
}

impl<K: Copy + PartialEq> Speakers<K> {
    /// Selects up to `count` voices. Receivers that have three places need four, since nobody hears
    /// himself.
    pub fn new(count: usize) -> Self {
        Self { count, voices: Vec::new(), selected: Vec::with_capacity(count), next_report: None }
    }

    /// A packet of `key`'s microphone said how loud it is. Members of a meeting are bounded by its
    /// seats, so the list of voices is.
    pub fn heard(&mut self, key: K, heard: Heard, now: Instant) {
        let Heard { level, leads } = heard;
        let loudness = f32::from(127 - level.level.min(127));
        let Some(voice) = self.voices.iter_mut().find(|voice| voice.key == key) else {
            let peak = Some(level.level);
            self.voices.push(Voice { key, leads, loudness, at: now, peak, since: None, reported: 127 });
            return;
        };
        let elapsed = now.saturating_duration_since(voice.at).as_secs_f32();
        let before = voice.loudness_at(now);
        let constant = if loudness > before { RISE } else { FALL };
        voice.loudness = before + (loudness - before) * (1.0 - (-elapsed / constant).exp());
        voice.at = now;
        voice.leads = leads;
        voice.peak = Some(voice.peak.map_or(level.level, |peak| peak.min(level.level)));
    }

    /// `key` left, or its microphone was closed.
    pub fn remove(&mut self, key: K) {
        self.voices.retain(|voice| voice.key != key);
        self.selected.retain(|selected| selected.key != key);
    }

    /// Those to be heard at `now`, leaders first, then the loudest. Free places are given at once, so that no first
    /// syllable is lost; taken ones change hands by the rules above.
    pub fn select(&mut self, now: Instant) -> &[Selected<K>] {
        while let Some(newcomer) = self.newcomer(now) {
            if self.in_places() >= self.count {
                let Some(quietest) = self.displaced_by(newcomer, now) else { break };
                self.set_place(quietest, None);
            }
            self.set_place(newcomer, Some(now));
        }
        self.voices.sort_by(|a, b| b.compare(a, now));
        self.selected.clear();
        let inside = self.voices.iter().filter(|voice| voice.since.is_some());
        self.selected.extend(inside.map(|voice| {
            let (leads, loudness) = (voice.leads_at(now), voice.loudness_at(now));
            Selected { key: voice.key, leads, loudness }
        }));
        &self.selected
    }

    /// Fills `out` with the levels since the last report (0 loudest, 127 silence), if one is due:
    /// at most ten a second, and only of microphones whose level changed. `true`: there is one.
    pub fn levels(&mut self, now: Instant, out: &mut Vec<(K, u8)>) -> bool {
        out.clear();
        if self.next_report.is_some_and(|next| now < next) {
            return false;
        }
        for voice in &mut self.voices {
            let silent = now.saturating_duration_since(voice.at) >= STALE;
            let level = voice.peak.take().or(silent.then_some(127)).unwrap_or(voice.reported);
            if level != voice.reported {
                voice.reported = level;
                out.push((voice.key, level));
            }
        }
        if !out.is_empty() {
            self.next_report = Some(now + REPORT);
        }
        !out.is_empty()
    }

    fn in_places(&self) -> usize {
        self.voices.iter().filter(|voice| voice.since.is_some()).count()
    }

    /// The first by rank who has no place.
    fn newcomer(&self, now: Instant) -> Option<usize> {
        let outside = self.voices.iter().enumerate().filter(|(_, voice)| voice.since.is_none());
        let first = outside.max_by(|(_, a), (_, b)| a.compare(b, now));
        first.map(|(at, _)| at).filter(|_| self.count > 0)
    }

    /// Who must give way to `newcomer`, if anybody.
    fn displaced_by(&self, newcomer: usize, now: Instant) -> Option<usize> {
        let newcomer = self.voices.get(newcomer)?;
        let (loudness, leads) = (newcomer.loudness_at(now), newcomer.leads_at(now));
        let may_leave = |voice: &Voice<K>| match (leads, voice.leads_at(now)) {
            (true, false) => voice.since.is_some(),
            (false, true) => false,
            _ => {
                voice.since.is_some_and(|since| now.saturating_duration_since(since) >= HOLD)
                    && loudness >= AUDIBLE
                    && loudness > voice.loudness_at(now) + MARGIN
            }
        };
        let inside = self.voices.iter().enumerate().filter(|(_, voice)| may_leave(voice));
        let quietest = inside.min_by(|(_, a), (_, b)| a.compare(b, now));
        quietest.map(|(at, _)| at)
    }

    fn set_place(&mut self, at: usize, since: Option<Instant>) {
        if let Some(voice) = self.voices.get_mut(at) {
            voice.since = since;
        }
    }
}

/// Puts `wanted` (the first ones first) into one receiver's places. Whoever is still wanted stays
/// where it is, and whoever is not keeps the place until somebody needs it: a voice that fell silent
/// costs nothing, an emptied place cuts its last word. Calls `changed` for each place that changes.
pub fn assign<K: Copy + PartialEq>(
    places: &mut [Option<K>],
    wanted: impl Iterator<Item = K> + Clone,
    mut changed: impl FnMut(usize, K),
) {
    let wanted = wanted.take(places.len());
    for key in wanted.clone() {
        if places.contains(&Some(key)) {
            continue;
        }
        let is_free = |place: &Option<K>| place.is_none_or(|held| !wanted.clone().any(|want| want == held));
        // An empty place first, then one whose holder is not wanted any more.
        let empty = places.iter().position(Option::is_none);
        if let Some(at) = empty.or_else(|| places.iter().position(is_free))
            && let Some(place) = places.get_mut(at)
        {
            *place = Some(key);
            changed(at, key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A meeting in virtual time: each voice has a level, a packet every 20 ms.
    struct Room {
        speakers: Speakers<char>,
        now: Instant,
    }

    impl Room {
        fn new(count: usize) -> Self {
            Self { speakers: Speakers::new(count), now: Instant::now() }
        }

        /// Lets everybody be heard for `ms`; gives the selections in between, each once.
        fn run(&mut self, ms: u64, levels: &[(char, u8)]) -> Vec<Vec<char>> {
            let mut seen: Vec<Vec<char>> = Vec::new();
            for _ in 0..ms / 20 {
                self.now += Duration::from_millis(20);
                for &(key, level) in levels {
                    let level = AudioLevel { voice: level < 80, level };
                    self.speakers.heard(key, Heard { level, leads: key.is_uppercase() }, self.now);
                }
                let mut selected: Vec<char> = self.speakers.select(self.now).iter().map(|s| s.key).collect();
                selected.sort_unstable();
                if seen.last() != Some(&selected) {
                    seen.push(selected);
                }
            }
            seen
        }
    }

    #[test]
    fn everybody_is_heard_while_there_are_places() {
        let mut room = Room::new(3);
        assert_eq!(room.run(20, &[('a', 120), ('b', 127), ('c', 30)]), [['a', 'b', 'c']]);
    }

    #[test]
    fn somebody_who_begins_to_speak_is_heard_within_a_fifth_of_a_second() {
        let mut room = Room::new(3);
        room.run(3_000, &[('a', 40), ('b', 40), ('c', 110), ('d', 120)]);
        let seen = room.run(200, &[('a', 40), ('b', 40), ('c', 110), ('d', 35)]);
        assert_eq!(seen.last().unwrap(), &['a', 'b', 'd']);
    }

    #[test]
    fn a_pause_for_breath_costs_nobody_the_floor() {
        let mut room = Room::new(1);
        room.run(2_000, &[('a', 35), ('b', 70)]);
        assert_eq!(room.run(500, &[('a', 100), ('b', 70)]), [['a']]);
        assert_eq!(room.run(2_000, &[('a', 127), ('b', 50)]).last().unwrap(), &['b']);
    }

    #[test]
    fn equally_loud_voices_do_not_take_turns() {
        let mut room = Room::new(1);
        room.run(1_000, &[('a', 40), ('b', 45)]);
        for _ in 0..20 {
            assert_eq!(room.run(200, &[('a', 42), ('b', 39)]), [['a']]);
            assert_eq!(room.run(200, &[('a', 39), ('b', 42)]), [['a']]);
        }
    }

    #[test]
    fn noise_displaces_nobody() {
        let mut room = Room::new(1);
        room.run(1_000, &[('a', 120), ('b', 127)]);
        assert_eq!(room.run(5_000, &[('a', 120), ('b', 80)]), [['a']]);
    }

    #[test]
    fn a_microphone_that_stops_sending_gives_way() {
        let mut room = Room::new(1);
        room.run(1_000, &[('a', 20), ('b', 60)]);
        assert_eq!(room.run(3_000, &[('b', 60)]).last().unwrap(), &['b']);
        room.speakers.remove('b');
        assert_eq!(room.speakers.select(room.now).iter().map(|s| s.key).collect::<Vec<_>>(), ['a']);
    }

    #[test]
    fn who_leads_is_heard_before_anybody_louder_while_he_sends() {
        let mut room = Room::new(2);
        room.run(1_000, &[('a', 30), ('b', 30)]);
        let seen = room.run(1_000, &[('a', 30), ('b', 30), ('C', 90)]);
        assert!(seen.last().unwrap().contains(&'C'));
        assert_eq!(room.speakers.select(room.now)[0].key, 'C');
        let seen = room.run(4_000, &[('a', 30), ('b', 30)]);
        assert_eq!(seen.last().unwrap(), &['a', 'b'], "a leader who left keeps no place");
    }

    #[test]
    fn where_one_has_room_the_holder_stays_until_another_speaks_alone() {
        let mut room = Room::new(4);
        let first = |room: &mut Room, holder: char| {
            let heard = room.speakers.select(room.now).iter();
            heard
                .max_by(|a, b| a.claim(a.key == holder).partial_cmp(&b.claim(b.key == holder)).unwrap())
                .unwrap()
                .key
        };
        room.run(1_000, &[('a', 40), ('b', 38)]);
        assert_eq!(first(&mut room, 'a'), 'a', "hardly louder");
        room.run(1_000, &[('a', 120), ('b', 110)]);
        assert_eq!(first(&mut room, 'a'), 'a', "nobody speaks");
        room.run(1_500, &[('a', 120), ('b', 40)]);
        assert_eq!(first(&mut room, 'a'), 'b', "the holder is silent");
        room.run(3_000, &[('C', 40)]);
        assert_eq!(first(&mut room, 'C'), 'C');
        room.run(4_000, &[('a', 40)]);
        assert_eq!(first(&mut room, 'C'), 'a', "the holder's microphone sends nothing any more");
    }

    #[test]
    fn levels_come_at_most_ten_times_a_second_and_end_in_silence() {
        let mut room = Room::new(3);
        let mut out = Vec::new();
        let mut reports = 0;
        for step in 0..100 {
            room.run(20, &[('a', 30 + step % 7)]);
            reports += usize::from(room.speakers.levels(room.now, &mut out));
        }
        assert!((15..=20).contains(&reports), "{reports} in two seconds");
        room.now += Duration::from_secs(1);
        assert!(room.speakers.levels(room.now, &mut out));
        assert_eq!(out, [('a', 127)]);
        room.now += Duration::from_secs(1);
        assert!(!room.speakers.levels(room.now, &mut out), "nothing new");
    }

    #[test]
    fn a_receiver_keeps_voices_in_their_places() {
        let mut places = [None; 3];
        let mut changes = Vec::new();
        assign(&mut places, "abc".chars(), |at, key| changes.push((at, key)));
        assign(&mut places, "cda".chars(), |at, key| changes.push((at, key)));
        assert_eq!(places, [Some('a'), Some('d'), Some('c')]);
        assign(&mut places, "d".chars(), |at, key| changes.push((at, key)));
        assert_eq!(places, [Some('a'), Some('d'), Some('c')], "nobody needs the others' places");
        assert_eq!(changes, [(0, 'a'), (1, 'b'), (2, 'c'), (1, 'd')]);
    }
}
