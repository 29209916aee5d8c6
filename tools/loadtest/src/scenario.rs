//! The meetings that are measured: who sends what, who looks at whom, and what it may cost.

use crate::{
    browser::Browser,
    janus::Janus,
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
    /// A real browser with a camera of three layers, instead of a robot.
    pub is_browser: bool,
}

/// What forwards in a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Our media plane, lines declared unlimited.
    Unlimited,
    /// Our media plane as it serves: it probes lines and paces what goes into them.
    Estimating,
    /// The `webrtc` crate as its documentation shows.
    Stock,
    /// Debian's Janus.
    Janus,
}

/// A meeting to be measured.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// As the table calls it.
    pub name: &'static str,
    /// What forwards.
    pub by: By,
    /// Processor microseconds per packet forwarded that must be kept, and that are aimed at; none where the
    /// row is only there to compare with.
    pub limits: Option<(f64, f64)>,
    /// Nothing is promised about latency and loss.
    pub is_flood: bool,
    /// Everybody.
    pub cast: Vec<Role>,
}

impl Scenario {
    /// The program it needs and this machine has not.
    pub fn missing(&self) -> Option<&'static str> {
        let needs_browser = self.cast.iter().any(|role| role.is_browser);
        (needs_browser && !Browser::is_installed())
            .then_some("Chromium")
            .or_else(|| (self.by == By::Janus && !Janus::is_installed()).then_some("Janus"))
    }
}

/// All of them, in the table's order.
pub fn all() -> Vec<Scenario> {
    use Pattern::{Burst, Even};
    vec![
        one_to("1 → 100 at 1.5 Mbit/s, burst", Some((2.5, 1.5)), 100, Burst),
        one_to("1 → 100 at 1.5 Mbit/s, even", Some((4.2, 3.3)), 100, Even),
        one_to("1 → 200 at 1.5 Mbit/s, burst", Some((2.2, 1.3)), 200, Burst),
        one_to("1 → 200 at 1.5 Mbit/s, even", Some((4.0, 3.2)), 200, Even),
        everybody_sees_everybody(),
        conference(),
        flood(),
        real_camera(),
        Scenario {
            by: By::Estimating,
            ..one_to("the same 1 → 100, burst, lines estimated and paced", None, 100, Burst)
        },
        Scenario { by: By::Stock, ..one_to("the same by the `webrtc` crate", None, 100, Burst) },
        Scenario { by: By::Janus, ..one_to("the same by Janus, two event loops", None, 100, Burst) },
    ]
}

/// A meeting large enough to span two workers, of which nothing is promised but that everybody sees: it
/// runs with the tests, on any machine.
pub fn small() -> Scenario {
    Scenario { is_flood: true, ..one_to("1 → 40, small", None, 40, Pattern::Burst) }
}

fn camera(bitrate: u32, pattern: Pattern) -> Role {
    Role {
        layout: Layout { camera: true, ..Layout::default() },
        streams: vec![Stream::camera(bitrate, pattern)],
        ..Role::default()
    }
}

fn viewer() -> Role {
    Role { layout: Layout { video_slots: 1, ..Layout::default() }, sees: vec![0], ..Role::default() }
}

fn one_to(name: &'static str, limits: Option<(f64, f64)>, viewers: usize, pattern: Pattern) -> Scenario {
    let mut cast = vec![camera(1_500_000, pattern)];
    cast.extend((0..viewers).map(|_| viewer()));
    Scenario { name, by: By::Unlimited, limits, is_flood: false, cast }
}

/// What leaves is the top layer; how large its frames are is the browser's choice.
fn real_camera() -> Scenario {
    let name = "a real Chromium camera, 720p in 3 layers → 100 on the top layer";
    let mut cast = vec![Role { is_browser: true, ..Role::default() }];
    cast.extend((0..100).map(|_| viewer()));
    Scenario { name, by: By::Unlimited, limits: None, is_flood: true, cast }
}

fn everybody_sees_everybody() -> Scenario {
    let cast = (0..10).map(|own| {
        let streams = if own < 9 { vec![Stream::camera(500_000, Pattern::Even)] } else { Vec::new() };
        let layout = Layout { camera: own < 9, video_slots: 9, ..Layout::default() };
        Role { layout, streams, sees: (0..9).filter(|other| *other != own).collect(), is_browser: false }
    });
    let name = "9 cameras at 500 kbit/s seen by 10, even";
    Scenario { name, by: By::Unlimited, limits: Some((5.0, 3.8)), is_flood: false, cast: cast.collect() }
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
        Role { layout, streams, sees: (0..10).filter(|other| *other != own).collect(), is_browser: false }
    });
    let name = "160 sites: stage, 9 thumbnails, 3 voices each";
    Scenario { name, by: By::Unlimited, limits: Some((4.5, 3.2)), is_flood: false, cast: cast.collect() }
}

/// More than one core can forward: what comes out is as fast as it goes.
fn flood() -> Scenario {
    let mut cast = vec![camera(30_000_000, Pattern::Burst)];
    cast.extend((0..200).map(|_| viewer()));
    Scenario {
        name: "as fast as it goes, 1 → 200, burst",
        by: By::Unlimited,
        limits: Some((2.5, 1.43)),
        is_flood: true,
        cast,
    }
}
