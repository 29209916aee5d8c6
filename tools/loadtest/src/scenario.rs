//! The meetings that are measured: who sends what, who looks at whom, and what it may cost.

use crate::{
    offer::Layout,
    publisher::{Pattern, Stream},
};

/// One robot of a scenario.
#[derive(Debug, Clone, Default)]
pub struct Role {
    /// Its offer.
    pub layout: Layout,
    /// What it sends.
    pub streams: Vec<Stream>,
    /// Whose cameras it looks at, by number.
    pub sees: Vec<usize>,
}

/// A meeting to be measured.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// As the table calls it.
    pub name: &'static str,
    /// Processor microseconds per packet forwarded that must be kept, and that are aimed at.
    pub limits: (f64, f64),
    /// Nothing is promised about latency and loss.
    pub is_flood: bool,
    /// Everybody.
    pub cast: Vec<Role>,
}

/// All of them, in the table's order.
pub fn all() -> Vec<Scenario> {
    use Pattern::{Burst, Even};
    vec![
        one_to("1 → 100 at 1.5 Mbit/s, burst", (2.5, 1.5), 100, Burst),
        one_to("1 → 100 at 1.5 Mbit/s, even", (4.2, 3.3), 100, Even),
        one_to("1 → 200 at 1.5 Mbit/s, burst", (2.2, 1.3), 200, Burst),
        one_to("1 → 200 at 1.5 Mbit/s, even", (4.0, 3.2), 200, Even),
        everybody_sees_everybody(),
        conference(),
        flood(),
    ]
}

/// A meeting large enough to span two workers, of which nothing is promised but that everybody sees: it
/// runs with the tests, on any machine.
pub fn small() -> Scenario {
    let unlimited = (f64::INFINITY, f64::INFINITY);
    Scenario { is_flood: true, ..one_to("1 → 40, small", unlimited, 40, Pattern::Burst) }
}

fn camera(bitrate: u32, pattern: Pattern) -> Role {
    Role {
        layout: Layout { camera: true, ..Layout::default() },
        streams: vec![Stream::camera(bitrate, pattern)],
        sees: Vec::new(),
    }
}

fn viewer() -> Role {
    Role { layout: Layout { video_slots: 1, ..Layout::default() }, streams: Vec::new(), sees: vec![0] }
}

fn one_to(name: &'static str, limits: (f64, f64), viewers: usize, pattern: Pattern) -> Scenario {
    let mut cast = vec![camera(1_500_000, pattern)];
    cast.extend((0..viewers).map(|_| viewer()));
    Scenario { name, limits, is_flood: false, cast }
}

fn everybody_sees_everybody() -> Scenario {
    let cast = (0..10).map(|own| {
        let streams = if own < 9 { vec![Stream::camera(500_000, Pattern::Even)] } else { Vec::new() };
        let layout = Layout { camera: own < 9, video_slots: 9, ..Layout::default() };
        Role { layout, streams, sees: (0..9).filter(|other| *other != own).collect() }
    });
    let name = "9 cameras at 500 kbit/s seen by 10, even";
    Scenario { name, limits: (5.0, 3.8), is_flood: false, cast: cast.collect() }
}

/// One on the stage, nine in thumbnails, four who speak at once (each hears three others).
fn conference() -> Scenario {
    let cast = (0..160).map(|own: usize| {
        let mut streams = Vec::new();
        if own < 10 {
            let bitrate = if own == 0 { 1_500_000 } else { 100_000 };
            streams.push(Stream::camera(bitrate, Pattern::Burst));
        }
        if own < 4 {
            streams.push(Stream::microphone());
        }
        let layout = Layout { camera: own < 10, microphone: own < 4, audio_slots: 3, video_slots: 10 };
        Role { layout, streams, sees: (0..10).filter(|other| *other != own).collect() }
    });
    let name = "160 sites: stage, 9 thumbnails, 3 voices each";
    Scenario { name, limits: (4.5, 3.2), is_flood: false, cast: cast.collect() }
}

/// More than one core can forward: what comes out is as fast as it goes.
fn flood() -> Scenario {
    let mut cast = vec![camera(30_000_000, Pattern::Burst)];
    cast.extend((0..200).map(|_| viewer()));
    Scenario { name: "as fast as it goes, 1 → 200, burst", limits: (2.5, 1.43), is_flood: true, cast }
}
