//! Which simulcast layer a slot would show on a wide line: the smallest that is as high as it is drawn,
//! of those that can come. What a thin line makes of it stands in [`super`].

use std::time::Duration;

/// What is known of one layer of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LayerView {
    /// Packets arrive, or would if somebody wanted them.
    pub alive: bool,
    /// Picture height of the last key frame.
    pub height: Option<u16>,
    /// What it takes.
    pub rates: Rates,
}

/// Temporal layers that are told apart; what lies higher counts as the highest.
pub const TEMPORAL_LAYERS: usize = 3;

/// Measured bit/s of a layer; zero before it is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rates {
    /// Up to each temporal layer, the base layer first; the last is all of it.
    upto: [u32; TEMPORAL_LAYERS],
}

impl Rates {
    /// Of `bytes` per temporal layer that came in `elapsed`.
    pub fn measured(bytes: [u32; TEMPORAL_LAYERS], elapsed: Duration) -> Self {
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut sum = 0_u64;
        let upto = bytes.map(|bytes| {
            sum += u64::from(bytes);
            u32::try_from(sum * 8_000 / millis).unwrap_or(u32::MAX)
        });
        Self { upto }
    }

    /// Without temporal layers.
    #[cfg(test)]
    pub const fn flat(rate: u32) -> Self {
        Self { upto: [rate; TEMPORAL_LAYERS] }
    }

    /// All frames.
    pub fn whole(&self) -> u32 {
        self.upto.last().copied().unwrap_or(0)
    }

    /// The frames of the temporal layers up to `temporal`.
    pub fn upto(&self, temporal: u8) -> u32 {
        self.upto.get(usize::from(temporal)).copied().unwrap_or_else(|| self.whole())
    }
}

/// The index of the layer to show at `height` on a line that carries everything; nothing when none
/// arrives.
pub fn choose(layers: &[LayerView], height: u16) -> Option<usize> {
    let alive = || layers.iter().enumerate().filter(|(_, layer)| layer.alive);
    let high_enough = |(index, layer): &(usize, &LayerView)| {
        // A tenth of scaling up cannot be seen; 180 lines serve a box of 200.
        let nominal = NOMINAL_HEIGHTS.get(*index).copied().unwrap_or(720);
        u32::from(layer.height.unwrap_or(nominal)) * 10 >= u32::from(height) * 9
    };
    alive().find(high_enough).or_else(|| alive().next_back()).map(|(index, _)| index)
}

/// Heights of the layers of a 720-line camera, until a key frame says better.
const NOMINAL_HEIGHTS: [u16; 3] = [180, 360, 720];

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(alive: [bool; 3]) -> Vec<LayerView> {
        let of = |i: usize, height, bitrate| LayerView {
            alive: alive[i],
            height: Some(height),
            rates: Rates::flat(bitrate),
        };
        vec![of(0, 180, 100_000), of(1, 360, 400_000), of(2, 720, 1_500_000)]
    }

    #[test]
    fn the_smallest_layer_that_is_high_enough_is_shown() {
        let all = layers([true; 3]);
        let at = |height| choose(&all, height);
        assert_eq!(
            [at(90), at(180), at(200), at(360), at(400), at(720), at(1080)].map(Option::unwrap),
            [0, 0, 0, 1, 1, 2, 2]
        );
    }

    #[test]
    fn only_layers_that_arrive_are_chosen() {
        assert_eq!(choose(&layers([true, false, false]), 720), Some(0));
        assert_eq!(choose(&layers([false, true, true]), 90), Some(1));
        assert_eq!(choose(&layers([false; 3]), 90), None);
    }
}
