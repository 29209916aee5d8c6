//! Another implementation of WebRTC (the `webrtc` crate) at the doors for WHIP (RFC 9725) and WHEP.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use rtc::{
    media_stream::MediaStreamTrack,
    rtp::{Header, Packet},
    rtp_transceiver::{
        RTCRtpTransceiverDirection, RTCRtpTransceiverInit,
        rtp_sender::{RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind},
    },
};
use testkit::Hub;
use tokio::{sync::mpsc, time::timeout};
use webrtc::{
    media_stream::{
        track_local::{TrackLocal, static_rtp::TrackLocalStaticRTP},
        track_remote::{TrackRemote, TrackRemoteEvent},
    },
    peer_connection::{
        MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
        RTCSessionDescription, Registry, register_default_interceptors,
    },
    runtime::default_runtime,
};

use crate::{administration::text, hub};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_webrtc_rs_encoder_sends_arrives_at_a_webrtc_rs_player() {
    let hub = hub(&[]);
    let meeting = text(&hub.admin(&["meeting", "create", "--title", "Họp giao ban"]));
    let token =
        |role, name| text(&hub.admin(&["token", "--meeting", &meeting, "--role", role, "--name", name]));

    let (mut encoder, track) = Standard::encoder().await;
    encoder.join(&hub, &format!("/whip/{meeting}"), &token("site", "Điểm cầu Lệ Thủy")).await;
    let sending = tokio::spawn(send(track));
    let mut player = Standard::player().await;
    player.join(&hub, &format!("/whep/{meeting}"), &token("observer", "Màn hình lớn")).await;

    let first = timeout(PATIENCE, player.packets.recv()).await.expect("a picture in time").expect("a packet");
    assert!(is_key_frame(&first.payload), "a picture begins with a key frame: {:?}", &first.payload[..10]);
    assert_eq!(first.payload[PICTURE_AT], 1, "the key frame of a picture that was sent");
    let mut last = first.header;
    for _ in 0..30 {
        let next = timeout(PATIENCE, player.packets.recv()).await.expect("more pictures").expect("a packet");
        assert_eq!(next.header.sequence_number, last.sequence_number.wrapping_add(1), "nothing is missing");
        assert_eq!(next.header.timestamp.wrapping_sub(last.timestamp), TICKS, "time goes on evenly");
        last = next.header;
    }
    sending.abort();
}

/// A connection of the `webrtc` crate, as its documentation makes one.
struct Standard {
    connection: Arc<dyn PeerConnection>,
    gathered: mpsc::Receiver<()>,
    /// What arrives on its tracks.
    packets: mpsc::UnboundedReceiver<Packet>,
}

impl Standard {
    async fn new() -> Self {
        let mut engine = MediaEngine::default();
        engine.register_default_codecs().expect("codecs");
        let registry = register_default_interceptors(Registry::new(), &mut engine).expect("interceptors");
        let ((gathering, gathered), (arriving, packets)) = (mpsc::channel(1), mpsc::unbounded_channel());
        let connection = PeerConnectionBuilder::new()
            .with_media_engine(engine)
            .with_interceptor_registry(registry)
            .with_handler(Arc::new(Ears { gathering, arriving }))
            .with_runtime(default_runtime().expect("tokio"))
            .with_udp_addrs(vec!["127.0.0.1:0"])
            .build()
            .await
            .expect("a connection");
        Self { connection: Arc::new(connection), gathered, packets }
    }

    /// Sends one picture.
    async fn encoder() -> (Self, Arc<TrackLocalStaticRTP>) {
        let encoder = Self::new().await;
        let coding = RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters {
                ssrc: Some(SSRC),
                ..RTCRtpCodingParameters::default()
            },
            codec: RTCRtpCodec {
                mime_type: "video/VP8".to_owned(),
                clock_rate: 90_000,
                ..RTCRtpCodec::default()
            },
            ..RTCRtpEncodingParameters::default()
        };
        let kind = RtpCodecKind::Video;
        let track =
            MediaStreamTrack::new("camera".into(), "camera".into(), "camera".into(), kind, vec![coding]);
        let track = Arc::new(TrackLocalStaticRTP::new(track));
        encoder.connection.add_track(Arc::clone(&track) as Arc<dyn TrackLocal>).await.expect("a sender");
        (encoder, track)
    }

    /// Wants one picture.
    async fn player() -> Self {
        let player = Self::new().await;
        let direction = RTCRtpTransceiverDirection::Recvonly;
        let init = RTCRtpTransceiverInit { direction, ..RTCRtpTransceiverInit::default() };
        let added = player.connection.add_transceiver_from_kind(RtpCodecKind::Video, Some(init)).await;
        added.expect("a receiver");
        player
    }

    /// Posts its offer and takes the answer.
    async fn join(&mut self, hub: &Hub, path: &str, token: &str) {
        let offer = self.connection.create_offer(None).await.expect("an offer");
        self.connection.set_local_description(offer).await.expect("it is valid");
        timeout(PATIENCE, self.gathered.recv()).await.expect("candidates in time");
        let offer = self.connection.local_description().await.expect("an offer").sdp;
        let answer = RTCSessionDescription::answer(post(hub, path, token, &offer)).expect("an answer");
        self.connection.set_remote_description(answer).await.expect("it can be read");
    }
}

/// What a connection tells.
struct Ears {
    gathering: mpsc::Sender<()>,
    arriving: mpsc::UnboundedSender<Packet>,
}

#[async_trait]
impl PeerConnectionEventHandler for Ears {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            let _ = self.gathering.try_send(());
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let arriving = self.arriving.clone();
        tokio::spawn(async move {
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(packet) = event {
                    let _ = arriving.send(packet);
                }
            }
        });
    }
}

/// Thirty key frames of one packet a second, numbered, until stopped.
async fn send(track: Arc<TrackLocalStaticRTP>) {
    let mut every = tokio::time::interval(Duration::from_millis(33));
    for number in 0_u16.. {
        every.tick().await;
        let mut payload = vec![0x5a; 200];
        let picture = (number & 0x7f) as u8;
        payload[..6].copy_from_slice(&[0x90, 0xe0, 0x80 | picture, picture, picture, 0x20]);
        // RFC 6386 §9.1: frame tag, start code, 640×360.
        payload[6..16].copy_from_slice(&[0, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1]);
        payload[PICTURE_AT] = 1;
        let header = Header {
            version: 2,
            marker: true,
            payload_type: 96,
            sequence_number: number,
            timestamp: u32::from(number) * TICKS,
            ssrc: SSRC,
            ..Header::default()
        };
        let _ = track.write_rtp(Packet { header, payload: payload.into() }).await;
    }
}

/// RFC 7741 §4.3: the inverse key frame bit behind the descriptor.
fn is_key_frame(payload: &[u8]) -> bool {
    payload.get(6).is_some_and(|tag| tag & 1 == 0)
}

/// Posts an offer with a token; the answer of 201 Created.
fn post(hub: &Hub, path: &str, token: &str, offer: &str) -> String {
    let mut stream = TcpStream::connect(hub.address("http")).expect("the hub listens");
    let length = offer.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {token}\r\nContent-Type: application/sdp\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{offer}"
    );
    stream.write_all(head.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
    assert!(head.starts_with("HTTP/1.1 201"), "{answer}");
    body.to_owned()
}

const SSRC: u32 = 7_000_001;
/// Of 90 kHz, in a frame.
const TICKS: u32 = 3_000;
/// Where in a payload the test's own mark stands.
const PICTURE_AT: usize = 20;
const PATIENCE: Duration = Duration::from_secs(30);
