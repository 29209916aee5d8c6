//! What one peer sends: tracks, their simulcast layers, and which SSRC is which.
//!
//! RID and MID come only with the first packets of an SSRC (RFC 8852 §3), so the map is kept.

pub(crate) mod arrivals;
mod layer;
pub mod nack;
pub(crate) mod reception;
pub mod ring;

use std::time::{Duration, Instant};

pub(crate) use layer::Layer;

use crate::{
    MediaKind, TrackState,
    allocation::{demand::Demand, layer::LayerView},
    incoming::arrivals::Arrivals,
    rtp::{self, AudioLevel, ExtensionIds, Header, Packet, PayloadType, Ssrc, rtx},
    sdp::IncomingMedia,
};

/// A peer, everywhere in a worker; the serial tells it from a later one in the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PeerKey {
    /// Place among the worker's peers.
    pub index: u32,
    /// Running number of the peer.
    pub serial: u32,
}

/// A layer of a track of a peer, everywhere in a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LayerAddress {
    /// Who sends it.
    pub peer: PeerKey,
    /// Index among the peer's tracks.
    pub track: u8,
    /// Index among the track's layers.
    pub layer: u8,
}

/// A slot of a peer, everywhere in a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SlotAddress {
    /// Who receives in it.
    pub peer: PeerKey,
    /// Index among the peer's slots.
    pub slot: u8,
}

/// One m-line's media.
pub(crate) struct Track {
    /// What was agreed.
    pub media: IncomingMedia,
    /// One layer, or one per RID, lowest first.
    pub layers: Vec<Option<Box<Layer>>>,
    /// Last state told.
    pub state: TrackState,
    /// Whether packets are forwarded.
    pub open: bool,
    /// Its seat chairs or has the floor.
    pub leads: bool,
    /// When any packet of any layer came.
    pub last_packet: Option<Instant>,
    /// Of a mirror: what its worker says of the layers.
    pub told: Option<Vec<LayerView>>,
    /// What its sender was told about layers.
    pub demand: Demand,
}

impl Track {
    /// Which media.
    pub fn kind(&self) -> MediaKind {
        self.media.kind
    }

    /// What a slot may choose from.
    pub fn views(&self) -> Vec<LayerView> {
        if let Some(told) = &self.told {
            return told.clone();
        }
        let newest = self.last_packet;
        self.layers
            .iter()
            .enumerate()
            .map(|(index, layer)| match (layer, newest) {
                (Some(layer), Some(newest)) => LayerView {
                    // Compared with its siblings, not with the clock: when all fall silent the
                    // network is at fault, and a switch would not help.
                    alive: newest.saturating_duration_since(layer.last_packet) < LAYER_SILENT
                        || self.demand.may_come(index, newest),
                    height: layer.height,
                    rates: layer.rates,
                },
                _ => LayerView::default(),
            })
            .collect()
    }

    /// The state that holds `now`.
    pub fn current_state(&self, now: Instant) -> TrackState {
        if self.told.is_some() {
            return self.state;
        }
        // A slide nobody touches may send nothing for a while and is not lost for that.
        let patience = if self.kind().is_screen() { SCREEN_SILENT } else { TRACK_SILENT };
        match self.last_packet {
            _ if !self.open => TrackState::Gated,
            None => TrackState::Off,
            Some(at) if now.saturating_duration_since(at) >= patience => TrackState::Lost,
            Some(_) => TrackState::Sending,
        }
    }
}

/// What one packet was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Received {
    /// Index of the track.
    pub track: u8,
    /// Index of the layer.
    pub layer: u8,
    /// How loud, for audio.
    pub level: Option<AudioLevel>,
    /// The layer's stream is new; what showed the old one must start over.
    pub restarted: bool,
}

/// Where an SSRC belongs.
#[derive(Debug, Clone, Copy)]
struct Stream {
    ssrc: Ssrc,
    track: u8,
    layer: u8,
    repairs: bool,
}

/// All that one peer sends.
pub(crate) struct Incoming {
    /// By m-line.
    pub tracks: Vec<Track>,
    /// For congestion control of the sender.
    pub arrivals: Arrivals,
    ids: ExtensionIds,
    /// At most [`MAX_STREAMS`]; few, so a list.
    streams: Vec<Stream>,
    /// An SSRC that turned up with the last packet, until it is taken note of.
    pub learnt: Option<Ssrc>,
}

impl Incoming {
    /// Nothing yet of what was agreed.
    pub fn new(now: Instant, media: Vec<IncomingMedia>) -> Self {
        let mut ids = ExtensionIds::default();
        for m in &media {
            // RFC 8843 §9.2: in a bundle one id means one extension in all sections.
            let e = m.extensions;
            ids.mid = ids.mid.or(e.mid);
            ids.rid = ids.rid.or(e.rid);
            ids.repaired_rid = ids.repaired_rid.or(e.repaired_rid);
            ids.audio_level = ids.audio_level.or(e.audio_level);
            ids.transport_sequence = ids.transport_sequence.or(e.transport_sequence);
        }
        let tracks = media.into_iter().map(|media| Track {
            layers: (0..media.rids.len().max(1)).map(|_| None).collect(),
            media,
            state: TrackState::Off,
            open: true,
            leads: false,
            last_packet: None,
            told: None,
            demand: Demand::default(),
        });
        let (streams, learnt) = (Vec::new(), None);
        Self { tracks: tracks.collect(), arrivals: Arrivals::new(now), ids, streams, learnt }
    }

    /// What stands for the sending of a peer on another worker, which says what its layers are like.
    pub fn mirror(now: Instant, media: Vec<IncomingMedia>) -> Self {
        let mut incoming = Self::new(now, media);
        for track in &mut incoming.tracks {
            let is_audio = track.kind().is_audio();
            track.told = Some(vec![LayerView::default(); track.layers.len()]);
            track.layers.fill_with(|| Some(Box::new(Layer::mirror(now, Ssrc(0), is_audio))));
        }
        incoming
    }

    /// Packets of a mirrored layer's stream follow: whether the stream began anew. Nothing: there is no
    /// such layer.
    pub fn begin_batch(&mut self, now: Instant, address: LayerAddress, ssrc: Ssrc) -> Option<bool> {
        self.tracks.get_mut(usize::from(address.track))?.last_packet = Some(now);
        let layer = self.layer_mut(address.track, address.layer)?;
        if layer.ssrc == ssrc {
            return Some(false);
        }
        let restarted = layer.ssrc != Ssrc(0);
        let mut new = Layer::mirror(now, ssrc, layer.is_audio);
        (new.subscribers, new.asked) = (std::mem::take(&mut layer.subscribers), layer.asked);
        new.key_wanted = layer.key_wanted;
        *layer = new;
        Some(restarted)
    }

    /// Whether nothing has come for a while.
    pub fn is_quiet(&self, now: Instant) -> bool {
        let recent = |at: Instant| now.saturating_duration_since(at) < TRACK_SILENT / 2;
        !self.tracks.iter().any(|track| track.last_packet.is_some_and(recent))
    }

    /// The track of a kind.
    pub fn track(&self, kind: MediaKind) -> Option<(usize, &Track)> {
        self.tracks.iter().enumerate().find(|(_, track)| track.kind() == kind)
    }

    /// The layer at these indices.
    pub fn layer_mut(&mut self, track: u8, layer: u8) -> Option<&mut Layer> {
        self.layer_place(track, layer)?.as_deref_mut()
    }

    /// The place of a layer, to take it out while its packets are forwarded.
    pub fn layer_place(&mut self, track: u8, layer: u8) -> Option<&mut Option<Box<Layer>>> {
        self.tracks.get_mut(usize::from(track))?.layers.get_mut(usize::from(layer))
    }

    /// The layer that sends with this SSRC.
    pub fn layer_by_ssrc(&mut self, ssrc: Ssrc) -> Option<&mut Layer> {
        let stream = *self.streams.iter().find(|s| s.ssrc == ssrc && !s.repairs)?;
        self.layer_mut(stream.track, stream.layer)
    }

    /// An SSRC of the peer, where feedback must name one.
    pub fn any_ssrc(&self) -> Option<Ssrc> {
        self.streams.first().map(|stream| stream.ssrc)
    }

    /// Takes a decrypted packet; nothing when it is not media to be forwarded.
    pub fn handle_packet(&mut self, now: Instant, bytes: &mut [u8]) -> Option<Received> {
        let packet = Packet::parse(bytes)?;
        let header = packet.header;
        let extensions = packet.extensions(&self.ids);
        if let Some(number) = extensions.transport_sequence {
            // Before anything is dropped: padding and repairs count for the estimate.
            self.arrivals.handle_packet(now, number);
        }
        let known = self.streams.iter().copied().find(|s| s.ssrc == header.ssrc);
        let stream = match known {
            Some(stream) => stream,
            None => {
                let rid = extensions.repaired_rid.or(extensions.rid);
                let stream = self.place(&header, extensions.mid, rid, extensions.repaired_rid.is_some())?;
                self.learn(stream)?
            }
        };
        let track = self.tracks.get_mut(usize::from(stream.track))?;
        let is_audio = track.kind().is_audio();
        let level = extensions.audio_level.or_else(|| {
            let silent = is_audio && track.media.extensions.audio_level.is_none();
            silent.then(|| guessed_level(packet.payload()))
        });
        let place = track.layers.get_mut(usize::from(stream.layer))?;
        let bytes = if stream.repairs {
            let ssrc = place.as_ref()?.ssrc;
            let payload_type = PayloadType::new(track.media.repaired(header.payload_type.value())?);
            rtx::restore(bytes, ssrc, payload_type)?
        } else {
            bytes
        };
        let sent_as = Packet::parse(bytes)?.header.payload_type;
        rtp::set_payload_type(bytes, track.media.codec(sent_as.value())?.kept_as());
        let packet = Packet::parse(bytes)?;
        let restarted = place.as_ref().is_some_and(|l| l.ssrc != packet.header.ssrc);
        if restarted {
            let old = place.take()?;
            let mut new = Box::new(Layer::new(now, packet.header.ssrc, is_audio));
            (new.subscribers, new.trunks) = (old.subscribers, old.trunks);
            *place = Some(new);
        }
        let layer = place.get_or_insert_with(|| Box::new(Layer::new(now, packet.header.ssrc, is_audio)));
        let fresh = layer.take(now, &packet, stream.repairs);
        track.last_packet = Some(now);
        if !track.open {
            layer.held.clear();
            return None;
        }
        fresh.then_some(Received { track: stream.track, layer: stream.layer, level, restarted })
    }

    /// Finds out what an unknown SSRC is: by MID and RID, by the offer's SSRCs, by payload type.
    fn place(&self, header: &Header, mid: Option<&str>, rid: Option<&str>, repaired: bool) -> Option<Stream> {
        let ssrc = header.ssrc;
        let of = |track: usize, layer: usize, repairs: bool| {
            let (track, layer) = (u8::try_from(track).ok()?, u8::try_from(layer).ok()?);
            Some(Stream { ssrc, track, layer, repairs })
        };
        for (t, track) in self.tracks.iter().enumerate() {
            for (l, (main, repair)) in track.media.ssrcs.iter().enumerate().take(track.layers.len()) {
                if *main == ssrc.0 || *repair == Some(ssrc.0) {
                    return of(t, l, *main != ssrc.0);
                }
            }
        }
        let has_type = |track: &Track| {
            let number = header.payload_type.value();
            track.media.codec(number).is_some() || track.media.repaired(number).is_some()
        };
        // RFC 8843 §9.2, the last resort: a payload type that only one section has.
        let alone = self.tracks.iter().filter(|track| has_type(track)).count() == 1;
        // A RID alone will do: one section of an offer has simulcast.
        let is_meant = |track: &Track| match (mid, rid) {
            (Some(mid), _) => track.media.mid == mid,
            (None, Some(rid)) => track.media.rids.iter().any(|known| known == rid),
            (None, None) => alone && has_type(track),
        };
        let (t, track) = self.tracks.iter().enumerate().find(|(_, track)| is_meant(track))?;
        let repairs = repaired || track.media.repaired(header.payload_type.value()).is_some();
        if track.media.rids.is_empty() {
            return of(t, 0, repairs);
        }
        let rid = rid?;
        of(t, track.media.rids.iter().position(|known| known == rid)?, repairs)
    }

    /// Remembers a stream; a new SSRC of a place replaces the old one.
    fn learn(&mut self, stream: Stream) -> Option<Stream> {
        let same = |s: &Stream| (s.track, s.layer, s.repairs) == (stream.track, stream.layer, stream.repairs);
        self.streams.retain(|s| !same(s));
        // Full: two per layer of four tracks fit; more can only be noise.
        if self.streams.len() >= MAX_STREAMS {
            return None;
        }
        self.streams.push(stream);
        self.learnt = Some(stream.ssrc);
        Some(stream)
    }
}

/// How loud a packet is whose sender says nothing about it (RFC 6464 was not agreed): speech unless it is
/// one of Opus' packets for silence, which have next to no bytes (RFC 6716 §2.1.9).
fn guessed_level(payload: &[u8]) -> AudioLevel {
    AudioLevel { voice: payload.len() > 3, level: if payload.len() > 3 { 30 } else { 127 } }
}

/// A layer whose siblings go on has been switched off by its sender.
const LAYER_SILENT: Duration = Duration::from_millis(800);
/// A track without any packet is lost.
const TRACK_SILENT: Duration = Duration::from_secs(2);
/// The same for a screen and its sound.
const SCREEN_SILENT: Duration = Duration::from_secs(15);
const MAX_STREAMS: usize = 32;
