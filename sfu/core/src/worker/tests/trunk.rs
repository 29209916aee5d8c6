//! A meeting that spans two workers, in virtual time.

use std::time::{Duration, Instant};

use testkit::link::{Link, Shape};

use super::{
    SECOND, VIDEO, camera,
    net::{Net, seat},
};
use crate::{
    Command, Event, MediaKind, SlotKind, Source, TrackState, TrunkMessage, View, Worker,
    codec::vp8,
    rtp::{SequenceNumber, Ssrc},
    sdp::Purpose,
};

/// Two workers with clients, and the trunk between them.
struct Pair {
    nets: [Net; 2],
    /// Messages with packets that went from each worker.
    media: [usize; 2],
    /// Packets from the first worker are lost.
    full: bool,
}

impl Pair {
    /// Seats 0.. on the first worker, 10.. on the second, all with cameras.
    fn new(here: usize, there: usize) -> Self {
        let now = Instant::now();
        let nets = [(0, here), (1, there)].map(|(index, count)| {
            let mut net = Net::at(now, 10 * index, 0);
            let alone = Worker::new(net.worker.config.clone(), Box::new(base::random::Seeded::new(5)));
            net.worker = alone.with_trunks(index as u8, 2);
            (0..count).for_each(|number| net.join(number));
            net.clients.iter_mut().for_each(|client| client.camera = true);
            net
        });
        let mut pair = Self { nets, media: [0; 2], full: false };
        pair.run(SECOND);
        pair
    }

    fn run(&mut self, duration: Duration) {
        for _ in 0..duration.as_millis() / 5 {
            self.nets.iter_mut().for_each(Net::step);
            while self.carry() {
                self.nets.iter_mut().for_each(|net| while net.exchange() {});
            }
        }
    }

    fn carry(&mut self) -> bool {
        let mut moved = false;
        for from in 0..2 {
            let now = self.nets[from].now;
            while let Some((to, message)) = self.nets[from].worker.poll_trunk() {
                moved = true;
                self.media[from] += usize::from(message.is_media());
                if message.is_media() && self.full && from == 0 {
                    self.nets[from].worker.handle_trunk_loss(now, &message);
                } else {
                    self.nets[usize::from(to)].worker.handle_trunk(now, from as u8, message);
                }
            }
        }
        moved
    }

    /// A client of the second worker looks at a seat.
    fn view(&mut self, viewer: usize, source: usize, height: u16) {
        let views = vec![View { slot: 0, source: camera(source), height }];
        self.command(Command::View { seat: seat(10 + viewer), views });
    }

    fn command(&mut self, command: Command) {
        for net in &mut self.nets {
            net.worker.handle_command(net.now, command.clone());
        }
    }

    fn forget(&mut self) {
        self.media = [0; 2];
        for net in &mut self.nets {
            net.events.clear();
            net.clients.iter_mut().for_each(|client| client.got.clear());
        }
    }
}

#[test]
fn a_camera_is_seen_on_another_worker_from_its_key_frame_on() {
    let mut pair = Pair::new(2, 2);
    pair.view(0, 0, 180);
    pair.view(1, 0, 180);
    pair.run(SECOND);
    for client in &pair.nets[1].clients {
        let got = client.in_slot(VIDEO);
        assert!(got.len() > 40, "{} packets", got.len());
        assert!(vp8::Descriptor::parse(&got[0].payload).unwrap().key_frame);
        assert!(got.windows(2).all(|w| w[1].sequence == w[0].sequence.wrapping_add(1)));
    }
    assert_eq!(pair.nets[1].slot(0, SlotKind::Video, 0), Some(camera(0)));
}

#[test]
fn a_trunk_carries_a_layer_once_and_only_while_somebody_looks() {
    let mut pair = Pair::new(1, 3);
    pair.run(SECOND);
    assert_eq!(pair.media, [0, 0], "nobody looks");
    (0..3).for_each(|viewer| pair.view(viewer, 0, 180));
    pair.run(SECOND);
    pair.forget();
    pair.run(SECOND);
    // Twenty-five frames a second, however many look.
    assert!((24..=26).contains(&pair.media[0]), "{} batches", pair.media[0]);
    (0..3).for_each(|viewer| pair.command(Command::View { seat: seat(10 + viewer), views: Vec::new() }));
    pair.run(SECOND);
    pair.forget();
    pair.run(SECOND);
    assert_eq!(pair.media, [0, 0], "nobody looks any more");
}

#[test]
fn the_height_of_a_view_decides_the_layer_across_workers() {
    let mut pair = Pair::new(1, 1);
    for (height, bytes) in [(180, 300), (720, 900), (360, 600)] {
        pair.view(0, 0, height);
        pair.run(SECOND);
        let got = pair.nets[1].clients[0].in_slot(VIDEO);
        assert_eq!(got.last().unwrap().payload.len(), bytes, "at {height}");
    }
}

/// What the camera of seat 0 was told about its layers.
fn demands(pair: &mut Pair) -> Vec<Vec<bool>> {
    let told = |event: Event| match event {
        Event::Demand { seat: s, kind: MediaKind::Camera, layers } if s == seat(0) => Some(layers),
        _ => None,
    };
    std::mem::take(&mut pair.nets[0].events).into_iter().filter_map(told).collect()
}

#[test]
fn a_layer_is_needed_while_another_worker_shows_it() {
    let mut pair = Pair::new(1, 1);
    pair.view(0, 0, 720);
    pair.run(2 * SECOND);
    assert_eq!(demands(&mut pair), [[true, false, true]]);
    pair.nets[0].clients[0].switch_off(&[2]);
    pair.view(0, 0, 360);
    pair.run(Duration::from_millis(60));
    assert_eq!(demands(&mut pair), [[true, true, true]], "what is off can be wished for from there");
    pair.nets[0].clients[0].switch_off(&[]);
    pair.run(4 * SECOND);
    assert_eq!(demands(&mut pair), [[true, true, false]]);
    assert_eq!(pair.nets[1].clients[0].in_slot(VIDEO).last().unwrap().payload.len(), 600);
}

#[test]
fn a_thin_line_of_one_worker_costs_a_wide_one_there_nothing() {
    let mut pair = Pair::new(1, 2);
    pair.view(0, 0, 720);
    pair.view(1, 0, 720);
    pair.run(3 * SECOND);
    let thin = Shape::of_rate(250_000, Duration::from_millis(20));
    pair.nets[1].clients[0].downlink = Some(Link::new(thin));
    pair.run(6 * SECOND);
    pair.forget();
    pair.run(5 * SECOND);
    let sizes = |client: usize| -> Vec<usize> {
        pair.nets[1].clients[client].in_slot(VIDEO).iter().map(|got| got.payload.len()).collect()
    };
    assert!(sizes(1).len() >= 248 && sizes(1).iter().all(|size| *size == 900));
    assert!(sizes(0).len() > 200 && sizes(0).iter().all(|size| *size == 300), "the smallest layer");
}

#[test]
fn who_views_for_a_seat_of_another_worker_never_gets_that_seats_media() {
    let mut pair = Pair::new(2, 1);
    pair.nets[1].join_as(1, Purpose::View { owner: seat(0) });
    pair.nets[0].clients.iter_mut().for_each(|client| client.voice = Some(30));
    let views = [0, 1].map(|number| View { slot: number as u8, source: camera(number), height: 180 });
    pair.command(Command::View { seat: seat(11), views: views.to_vec() });
    pair.run(2 * SECOND);
    let got = |kind| (0..3).filter_map(|slot| pair.nets[1].slot(1, kind, slot)).collect::<Vec<_>>();
    let voice = Source { seat: seat(1), kind: MediaKind::Microphone };
    assert_eq!((got(SlotKind::Audio), got(SlotKind::Video)), (vec![voice], vec![camera(1)]));
}

#[test]
fn voices_are_heard_across_workers_and_levels_told_once() {
    let mut pair = Pair::new(2, 2);
    for net in &mut pair.nets {
        net.clients.iter_mut().for_each(|client| client.voice = Some(30));
    }
    pair.run(2 * SECOND);
    for (net, first) in pair.nets.iter().zip([0, 10]) {
        for number in 0..2 {
            let heard: Vec<_> = (0..3).filter_map(|slot| net.slot(number, SlotKind::Audio, slot)).collect();
            assert_eq!(heard.len(), 3, "seat {}", first + number);
            assert!(heard.iter().all(|source| source.seat != seat(first + number)));
            assert!((0..3).all(|slot| net.clients[number].in_slot(slot).len() > 50));
        }
    }
    let told = |net: &Net| {
        let levels = net.events.iter().filter_map(|event| match event {
            Event::Levels { levels, .. } => Some(levels.len()),
            _ => None,
        });
        levels.max()
    };
    assert_eq!([told(&pair.nets[0]), told(&pair.nets[1])], [Some(4), None]);
}

#[test]
fn the_chair_is_heard_on_another_worker_before_louder_voices() {
    let mut pair = Pair::new(5, 1);
    for (number, client) in pair.nets[0].clients.iter_mut().enumerate() {
        client.voice = Some(if number == 4 { 70 } else { 30 });
    }
    let hears_chair = |pair: &Pair| {
        let sources = (0..3).filter_map(|slot| pair.nets[1].slot(0, SlotKind::Audio, slot));
        sources.into_iter().any(|source| source.seat == seat(4))
    };
    pair.run(2 * SECOND);
    assert!(!hears_chair(&pair));
    pair.command(Command::Lead { seat: seat(4), leads: true });
    pair.run(SECOND / 2);
    assert!(hears_chair(&pair));
}

#[test]
fn a_missing_packet_is_repaired_from_the_near_worker() {
    let mut pair = Pair::new(1, 1);
    pair.view(0, 0, 180);
    pair.run(SECOND);
    let client = &mut pair.nets[1].clients[0];
    let lost = client.in_slot(VIDEO).last().copied().cloned().unwrap();
    client.got.clear();
    client.send_rtcp(|builder| {
        builder.nack(Ssrc(1), Ssrc(lost.ssrc), &[SequenceNumber(lost.sequence)]);
    });
    pair.run(Duration::from_millis(20));
    let repair = pair.nets[1].clients[0].got.iter().find(|g| g.payload_type == 97).unwrap();
    assert_eq!(repair.payload[2..], lost.payload);
}

#[test]
fn a_stuck_decoder_gets_a_key_frame_from_the_far_worker() {
    let mut pair = Pair::new(1, 1);
    pair.view(0, 0, 180);
    pair.run(SECOND);
    let ssrc = pair.nets[1].clients[0].slots[VIDEO];
    pair.forget();
    pair.nets[1].clients[0].send_rtcp(|builder| {
        builder.pli(Ssrc(1), Ssrc(ssrc));
    });
    pair.run(SECOND / 2);
    let got = pair.nets[1].clients[0].in_slot(VIDEO);
    assert!(got.iter().any(|g| vp8::Descriptor::parse(&g.payload).unwrap().key_frame));
}

#[test]
fn a_full_ring_loses_packets_and_a_key_frame_repairs_it() {
    let mut pair = Pair::new(1, 1);
    pair.view(0, 0, 180);
    pair.run(SECOND);
    pair.full = true;
    pair.run(SECOND);
    pair.full = false;
    let asked = pair.nets[0].clients[0].plis;
    assert!(pair.nets[0].worker.metrics().trunk_lost > 0 && asked > 1, "asked {asked} times");
    pair.forget();
    pair.run(SECOND);
    let got = pair.nets[1].clients[0].in_slot(VIDEO);
    assert!(got.len() > 40);
    assert!(got.iter().any(|g| vp8::Descriptor::parse(&g.payload).unwrap().key_frame));
}

#[test]
fn a_closed_gate_stops_a_camera_on_every_worker() {
    let mut pair = Pair::new(1, 1);
    pair.view(0, 0, 180);
    pair.run(SECOND);
    pair.command(Command::Gate { seat: seat(0), kind: MediaKind::Camera, open: false });
    pair.run(Duration::from_millis(5));
    pair.forget();
    pair.run(SECOND);
    assert!(pair.nets[1].clients[0].got.is_empty());
    pair.command(Command::Gate { seat: seat(0), kind: MediaKind::Camera, open: true });
    pair.run(SECOND);
    assert!(!pair.nets[1].clients[0].got.is_empty());
    let gated = |event: &Event| matches!(event, Event::Track { state: TrackState::Gated, .. });
    assert!(!pair.nets[1].events.iter().any(gated), "the meeting hears of a track once");
}

#[test]
fn who_leaves_is_gone_on_every_worker_and_who_returns_is_seen_again() {
    let mut pair = Pair::new(1, 1);
    pair.view(0, 0, 180);
    pair.run(SECOND);
    pair.command(Command::Close(seat(0)));
    pair.run(SECOND);
    assert_eq!(pair.nets[1].slot(0, SlotKind::Video, 0), None);
    pair.nets[0].join(0);
    pair.nets[0].clients[0].camera = true;
    pair.forget();
    // Clients check every two seconds.
    pair.run(3 * SECOND);
    assert!(pair.nets[1].clients[0].in_slot(VIDEO).len() > 30);
    assert_eq!(pair.nets[1].slot(0, SlotKind::Video, 0), Some(camera(0)));
}

#[test]
fn a_worker_that_missed_everything_is_told_anew() {
    let mut pair = Pair::new(1, 1);
    pair.view(0, 0, 180);
    pair.run(SECOND);
    for (from, to) in [(0, 1), (1, 0)] {
        pair.nets[from].worker.resync_trunk(to);
    }
    pair.run(SECOND / 2);
    pair.forget();
    pair.run(SECOND);
    assert!(pair.nets[1].clients[0].in_slot(VIDEO).len() > 40);
}

#[test]
fn messages_about_nobody_are_ignored() {
    let mut pair = Pair::new(1, 1);
    pair.view(0, 0, 180);
    pair.run(SECOND);
    let mut messages: Vec<TrunkMessage> = Vec::new();
    pair.command(Command::Close(seat(0)));
    while let Some((_, message)) = pair.nets[0].worker.poll_trunk() {
        messages.push(message);
    }
    let net = &mut pair.nets[1];
    for _ in 0..2 {
        messages.iter().for_each(|message| net.worker.handle_trunk(net.now, 0, message.clone()));
    }
    pair.run(SECOND);
    assert_eq!(pair.nets[1].slot(0, SlotKind::Video, 0), None);
}
