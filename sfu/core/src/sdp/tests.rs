//! Real offers of both browsers, and hostile ones.

use base::random::Seeded;

use super::*;
use crate::{MediaKind, codec::Codec};

const CHROMIUM: &str = include_str!("../../testdata/chromium.sdp");
const FIREFOX: &str = include_str!("../../testdata/firefox.sdp");

fn answered(text: &str) -> (Offer, Answer, String) {
    let offer = Offer::parse(text).unwrap();
    let answer = Answer::to(&offer, &mut Seeded::new(3)).unwrap();
    let fingerprint = Fingerprint { algorithm: "sha-256".into(), digest: vec![0xab; 32] };
    let local = Local {
        ice_ufrag: "ufrag",
        ice_pwd: "password-of-22-characters",
        fingerprint: &fingerprint,
        candidates: &["192.0.2.7:40000", "[2001:db8::7]:40000"].map(|text| text.parse().unwrap()),
        tcp_port: Some(40_443),
    };
    let text = answer.write(&offer, &local, &mut Seeded::new(4));
    (offer, answer, text)
}

/// Lines of the answer's section with this mid.
fn section<'a>(answer: &'a str, mid: &str) -> Vec<&'a str> {
    let line = format!("a=mid:{mid}\r\n");
    let found = answer.split("\r\nm=").skip(1).find(|s| format!("{s}\r\n").contains(&line));
    found.unwrap().split("\r\n").collect()
}

#[test]
fn both_browsers_get_four_tracks_and_fifteen_slots() {
    for text in [CHROMIUM, FIREFOX] {
        let (offer, answer, sdp) = answered(text);
        assert_eq!(offer.sections.len(), 19);
        let kinds: Vec<_> = answer.incoming.iter().map(|m| m.kind).collect();
        let [mic, camera, screen, sound] = MediaKind::ALL;
        assert_eq!(kinds, [mic, camera, screen, sound]);
        assert_eq!(answer.incoming[1].rids, ["q", "h", "f"]);
        assert_eq!(answer.slots.iter().filter(|s| s.is_audio).count(), 3);
        assert_eq!(answer.slots.iter().filter(|s| !s.is_audio && s.rtx_payload_type.is_some()).count(), 12);
        assert_eq!(sdp.matches("\r\nm=").count(), 19);
        assert_eq!(sdp.matches("a=setup:passive").count(), 19);
        assert!(sdp.contains("a=ice-lite\r\n") && sdp.contains(" 192.0.2.7 40000 typ host\r\n"));
        assert!(sdp.contains(" 2001:db8::7 40000 typ host\r\n"));
        assert!(sdp.contains(" 2001:db8::7 40443 typ host tcptype passive\r\n"));
        assert!(sdp.contains(" tcp 1520435199 192.0.2.7 40443 typ host tcptype passive\r\n"));
        assert!(!sdp.contains("\r\n\r\n"));
        let mut ssrcs: Vec<_> = answer.slots.iter().flat_map(|s| [s.ssrc, s.rtx_ssrc]).collect();
        ssrcs.sort_unstable();
        ssrcs.dedup();
        assert_eq!(ssrcs.len(), 30);
    }
}

#[test]
fn numbers_are_echoed_as_each_browser_chose_them() {
    let (_, chromium, _) = answered(CHROMIUM);
    let (_, firefox, sdp) = answered(FIREFOX);
    assert_eq!((chromium.incoming[0].payload_type, firefox.incoming[0].payload_type), (111, 109));
    assert_eq!((chromium.slots[3].payload_type, firefox.slots[3].payload_type), (96, 120));
    let camera = section(&sdp, "1");
    assert!(camera.contains(&"a=simulcast:recv q;h;f") && camera.contains(&"a=rid:f recv"));
    assert!(camera.contains(&"a=recvonly") && section(&sdp, "8").contains(&"a=sendonly"));
}

#[test]
fn redundant_sound_is_agreed_on_with_who_offers_it() {
    let (_, answer, sdp) = answered(CHROMIUM);
    let codecs = |formats: &[Format]| formats.iter().map(|f| f.codec).collect::<Vec<_>>();
    assert_eq!(codecs(&answer.incoming[0].formats), [Codec::Opus, Codec::Red]);
    assert_eq!(codecs(&answer.slots[0].formats), [Codec::Opus, Codec::Red]);
    for mid in ["0", "4"] {
        let lines = section(&sdp, mid);
        assert!(
            lines[0].ends_with(" UDP/TLS/RTP/SAVPF 63 111"),
            "Chromium sends what is first: {}",
            lines[0]
        );
        assert!(lines.contains(&"a=rtpmap:63 red/48000/2") && lines.contains(&"a=fmtp:63 111/111"));
        assert!(lines.contains(&"a=fmtp:111 minptime=10;useinbandfec=1"));
    }
    let (_, answer, sdp) = answered(FIREFOX);
    assert!(answer.slots.iter().all(|slot| slot.format(Codec::Red).is_none()) && !sdp.contains("red/48000"));
    for wrong in ["a=fmtp:63 111/9", "a=fmtp:63 0", "a=fmtp:64 111/111"] {
        let (_, answer, _) = answered(&CHROMIUM.replace("a=fmtp:63 111/111", wrong));
        assert_eq!(answer.incoming[0].formats.len(), 1, "{wrong}");
    }
}

#[test]
fn every_codec_of_a_section_is_echoed_behind_the_first_choice() {
    let (_, answer, sdp) = answered(CHROMIUM);
    let numbers =
        |formats: &[Format]| formats.iter().map(|f| (f.codec, f.payload_type, f.rtx)).collect::<Vec<_>>();
    let expected = [
        (Codec::Vp8, 96, Some(97)),
        (Codec::Vp9, 98, Some(99)),
        (Codec::H264, 102, Some(103)),
        (Codec::Av1, 45, Some(46)),
    ];
    assert_eq!(numbers(&answer.incoming[1].formats), expected);
    assert_eq!(numbers(&answer.slots[3].formats), expected);
    let mid = answer.slots[3].mid.clone();
    let lines = section(&sdp, &mid);
    assert!(lines[0].ends_with(" 96 97 98 99 102 103 45 46"), "{}", lines[0]);
    let h264 = "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f";
    assert!(lines.contains(&h264) && lines.contains(&"a=fmtp:98 profile-id=0"));
    assert!(lines.contains(&"a=fmtp:103 apt=102") && lines.contains(&"a=rtcp-fb:45 nack pli"));
    let (_, answer, _) = answered(FIREFOX);
    let codecs: Vec<_> = answer.slots[3].formats.iter().map(|f| f.codec).collect();
    assert_eq!(codecs, [Codec::Vp8, Codec::Vp9, Codec::Av1]);
    let (_, answer, _) = answered(&CHROMIUM.replace("VP8/90000", "VPX/90000"));
    assert_eq!((answer.incoming[1].payload_type, answer.slots[3].payload_type), (98, 98));
}

#[test]
fn slots_announce_retransmission_the_way_firefox_needs_it() {
    let (_, answer, sdp) = answered(FIREFOX);
    let slot = &answer.slots[3];
    let lines = section(&sdp, &slot.mid);
    let group = format!("a=ssrc-group:FID {} {}", slot.ssrc, slot.rtx_ssrc);
    assert!(lines.iter().any(|l| *l == group));
    let first = lines.iter().find(|l| l.starts_with("a=ssrc:")).unwrap();
    assert!(first.starts_with(&format!("a=ssrc:{} ", slot.ssrc)), "Chromium shows the first");
}

#[test]
fn the_answer_is_sdp() {
    for text in [CHROMIUM, FIREFOX] {
        let (_, _, sdp) = answered(text);
        rtc_sdp::description::session::SessionDescription::unmarshal(&mut std::io::Cursor::new(sdp)).unwrap();
    }
}

#[test]
fn data_channels_are_refused_in_their_place() {
    let application =
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:data\r\n";
    let (_, answer, sdp) = answered(&format!("{FIREFOX}{application}"));
    assert_eq!(answer.slots.len(), 15);
    assert!(sdp.contains("m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
    let bundle = sdp.lines().find(|l| l.starts_with("a=group:BUNDLE")).unwrap();
    assert!(!bundle.contains("data"));
}

#[test]
fn hostile_offers_are_refused_with_the_reason() {
    let many = format!("{FIREFOX}{}", "m=audio 9 UDP/TLS/RTP/SAVPF 109\r\na=mid:x\r\n".repeat(1_000));
    let refused = |text: &str| Offer::parse(text).unwrap_err();
    assert_eq!(refused(&many), OfferError::TooManySections);
    assert_eq!(refused(&"a".repeat(1 << 20)), OfferError::TooLong);
    assert_eq!(refused("garbage"), OfferError::Unreadable);
    assert_eq!(refused(""), OfferError::Unreadable);
    assert_eq!(refused(&FIREFOX.replace("a=fingerprint", "a=x")), OfferError::Missing("fingerprint"));
    assert_eq!(refused(&FIREFOX.replace("a=mid:", "a=x:")), OfferError::Missing("mid"));
    assert_eq!(refused(&FIREFOX.replace("sha-256", "sha-1")), OfferError::Missing("fingerprint"));
    let blind = FIREFOX.replace("VP8/9", "VPX/9").replace("VP9/9", "VPX/9").replace("AV1/9", "VPX/9");
    let blind = Offer::parse(&blind).unwrap();
    assert_eq!(Answer::to(&blind, &mut Seeded::new(1)), Err(OfferError::NoCodec));
}

#[test]
fn fuzz_no_text_makes_the_reader_panic() {
    bolero::check!().for_each(|bytes| {
        if let Ok(text) = std::str::from_utf8(bytes) {
            let _ = Offer::parse(text);
            // The same noise in the place of a real line.
            let line = text.replace(['\r', '\n'], " ");
            let _ = Offer::parse(&FIREFOX.replacen("a=simulcast:send q;h;f", &line, 1));
            let _ = Offer::parse(&FIREFOX.replacen("a=ssrc-group:FID", &line, 2));
        }
    });
}

#[test]
fn a_publisher_sends_one_voice_and_one_picture_and_receives_nothing() {
    let offer = Offer::parse(CHROMIUM).unwrap().with_purpose(Purpose::Publish);
    let answer = Answer::to(&offer, &mut Seeded::new(1)).unwrap();
    let kinds: Vec<_> = answer.incoming.iter().map(|m| m.kind).collect();
    assert_eq!(kinds, [MediaKind::Microphone, MediaKind::Camera]);
    assert_eq!(answer.incoming[1].rids, ["q", "h", "f"]);
    assert!(answer.slots.is_empty());
}

#[test]
fn a_viewer_gets_as_many_slots_as_it_offers_and_what_it_cannot_decode_is_refused_alone() {
    let owner = base::id::SeatId::from_u128(1);
    for text in [CHROMIUM, FIREFOX] {
        let viewer = text.replace("a=sendonly", "a=sendrecv");
        let offer = Offer::parse(&viewer).unwrap().with_purpose(Purpose::View { owner });
        let answer = Answer::to(&offer, &mut Seeded::new(1)).unwrap();
        assert_eq!((answer.incoming.len(), answer.slots.len()), (0, 19));
        assert_eq!(offer.video_slots(), answer.slots.iter().filter(|s| !s.is_audio).count());
    }
    let deaf = FIREFOX.replace("opus/48000/2", "speex/8000");
    let offer = Offer::parse(&deaf).unwrap().with_purpose(Purpose::View { owner });
    assert!(Answer::to(&offer, &mut Seeded::new(1)).unwrap().slots.iter().all(|slot| !slot.is_audio));
    let blind = deaf.replace("VP8/9", "VPX/9").replace("VP9/9", "VPX/9").replace("AV1/9", "VPX/9");
    let offer = Offer::parse(&blind).unwrap().with_purpose(Purpose::View { owner });
    assert_eq!(Answer::to(&offer, &mut Seeded::new(1)), Err(OfferError::NoCodec));
}

#[test]
fn a_viewer_with_a_transport_per_kind_keeps_that_of_the_kind_with_more_sections() {
    let owner = base::id::SeatId::from_u128(1);
    let group = |text: &str| {
        let offer = Offer::parse(text).unwrap().with_purpose(Purpose::View { owner });
        let answer = Answer::to(&offer, &mut Seeded::new(1)).unwrap();
        let fingerprint = offer.fingerprint.clone();
        let local = Local {
            ice_ufrag: "u",
            ice_pwd: "p",
            fingerprint: &fingerprint,
            candidates: &[],
            tcp_port: None,
        };
        let sdp = answer.write(&offer, &local, &mut Seeded::new(4));
        let group = sdp.lines().find(|line| line.starts_with("a=group:BUNDLE")).unwrap().to_owned();
        (offer.ice.ufrag, group)
    };
    let session = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\na=fingerprint:";
    let start = format!("{session}sha-256 {}\r\na=setup:actpass\r\n", ["AB"; 32].join(":"));
    let line = |kind: &str, mid: u8, port: u16| {
        let codec = if kind == "audio" { "opus/48000/2" } else { "VP8/90000" };
        format!(
            "m={kind} {port} UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 192.0.2.1\r\na=recvonly\r\na=mid:{mid}\r\n\
             a=rtpmap:96 {codec}\r\na=ice-ufrag:u{port}\r\na=ice-pwd:password-of-22-characters\r\n"
        )
    };
    let pictures =
        start.clone() + &line("audio", 0, 5_000) + &line("video", 1, 6_000) + &line("video", 2, 6_000);
    assert_eq!(group(&pictures), ("u6000".into(), "a=group:BUNDLE 1 0 2".into()));
    let one_each = start.clone() + &line("audio", 0, 5_000) + &line("video", 1, 6_000);
    assert_eq!(group(&one_each), ("u5000".into(), "a=group:BUNDLE 0 1".into()));
    let bundled = start + &line("audio", 0, 5_000) + &line("video", 1, 5_000) + &line("video", 2, 5_000);
    assert_eq!(group(&bundled), ("u5000".into(), "a=group:BUNDLE 0 1 2".into()));
}
