//! A forwarder written with the `webrtc` crate as its documentation shows (its example of one who sends
//! to many), to compare with: a connection a robot, each with a socket and tasks of its own, packets
//! handed to every viewer through a channel. It has no slots, layers or congestion control.

use std::{io, sync::Arc, time::Duration};

use async_trait::async_trait;
use rtc::{
    media_stream::MediaStreamTrack,
    rtp::Packet,
    rtp_transceiver::{
        RTCRtpTransceiverDirection, RTCRtpTransceiverInit,
        rtp_sender::{RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind},
    },
};
use rtc_rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use tokio::sync::{broadcast, mpsc};
use webrtc::{
    error::{Error, Result},
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

use crate::host;

/// Serves until its input ends.
pub fn run() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (packets, _) = broadcast::channel(WAITING);
    let mut connections = Vec::new();
    host::serve(|command, words| match command {
        "offer" => {
            let offer = words.nth(2)?;
            let ssrc = FIRST_SSRC + connections.len() as u32;
            Some(match runtime.block_on(answer(offer, ssrc, &packets)) {
                Ok((connection, answer)) => {
                    connections.push(connection);
                    Ok(answer)
                }
                Err(error) => Err(error.to_string()),
            })
        }
        // Everybody sees the one who sends; datagrams are not counted.
        "view" => Some(Ok(String::new())),
        "metrics" => Some(Ok("0\t0".to_owned())),
        _ => None,
    })
}

/// The connection of a robot, and what it is told.
async fn answer(
    offer: &str,
    ssrc: u32,
    packets: &broadcast::Sender<Packet>,
) -> Result<(Arc<dyn PeerConnection>, String)> {
    let sends = offer.contains("a=sendonly");
    let (gathered, mut all) = mpsc::channel(1);
    let mut engine = MediaEngine::default();
    engine.register_default_codecs()?;
    let registry = register_default_interceptors(Registry::new(), &mut engine)?;
    let runtime = default_runtime().ok_or_else(|| Error::Other("no runtime".to_owned()))?;
    let connection: Arc<dyn PeerConnection> = Arc::new(
        PeerConnectionBuilder::new()
            .with_media_engine(engine)
            .with_interceptor_registry(registry)
            .with_handler(Arc::new(Ears { gathered, packets: packets.clone() }))
            .with_runtime(runtime)
            .with_udp_addrs(vec!["127.0.0.1:0"])
            .build()
            .await?,
    );
    if sends {
        let direction = RTCRtpTransceiverDirection::Recvonly;
        let init = RTCRtpTransceiverInit { direction, ..RTCRtpTransceiverInit::default() };
        connection.add_transceiver_from_kind(RtpCodecKind::Video, Some(init)).await?;
    } else {
        view(&connection, ssrc, packets.subscribe()).await?;
    }
    connection.set_remote_description(RTCSessionDescription::offer(offer.to_owned())?).await?;
    let answer = connection.create_answer(None).await?;
    connection.set_local_description(answer).await?;
    let _ = all.recv().await;
    let description = connection.local_description().await;
    let sdp = description.ok_or_else(|| Error::Other("no answer was made".to_owned()))?.sdp;
    Ok((connection, sdp))
}

/// A track of the robot's own, fed by a task of its own.
async fn view(
    connection: &Arc<dyn PeerConnection>,
    ssrc: u32,
    mut packets: broadcast::Receiver<Packet>,
) -> Result<()> {
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(ssrc),
            ..RTCRtpCodingParameters::default()
        },
        codec: RTCRtpCodec {
            mime_type: "video/VP8".to_owned(),
            clock_rate: 90_000,
            ..RTCRtpCodec::default()
        },
        ..RTCRtpEncodingParameters::default()
    };
    let name = format!("camera-{ssrc}");
    let track = MediaStreamTrack::new(name.clone(), name.clone(), name, RtpCodecKind::Video, vec![coding]);
    let track = Arc::new(TrackLocalStaticRTP::new(track));
    connection.add_track(Arc::clone(&track) as Arc<dyn TrackLocal>).await?;
    tokio::spawn(async move {
        loop {
            match packets.recv().await {
                Ok(mut packet) => {
                    packet.header.ssrc = ssrc;
                    // Before the connection stands, nothing can be written.
                    let _ = track.write_rtp(packet).await;
                }
                // Who cannot keep up misses packets, which the table counts as lost.
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    });
    Ok(())
}

/// What a connection tells.
struct Ears {
    gathered: mpsc::Sender<()>,
    packets: broadcast::Sender<Packet>,
}

#[async_trait]
impl PeerConnectionEventHandler for Ears {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            let _ = self.gathered.try_send(());
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let packets = self.packets.clone();
        let Some(media_ssrc) = track.ssrcs().await.first().copied() else { return };
        let asked = Arc::clone(&track);
        tokio::spawn(async move {
            let mut every = tokio::time::interval(KEY_FRAMES);
            loop {
                every.tick().await;
                let wish = PictureLossIndication { sender_ssrc: 0, media_ssrc };
                if asked.write_rtcp(vec![Box::new(wish)]).await.is_err() {
                    return;
                }
            }
        });
        tokio::spawn(async move {
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(packet) = event {
                    let _ = packets.send(packet);
                }
            }
        });
    }
}

/// Packets that wait for one viewer; the oldest make room.
const WAITING: usize = 256;
const FIRST_SSRC: u32 = 7_000_000;
const KEY_FRAMES: Duration = Duration::from_secs(3);
