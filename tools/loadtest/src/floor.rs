//! What this machine takes for the least that forwarding needs: seal a packet, give it to the kernel.
//! No meeting, no rewriting, no timers; the distance to the table's other rows is ours.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use base::random::{Random, System};
use sfu::Socket;
use sfu_core::transport::srtp::{Outbound, Profile, RTP_OVERHEAD};

/// A row.
#[derive(Debug, Clone)]
pub struct Floor {
    /// What was done.
    pub name: &'static str,
    /// Processor microseconds a packet.
    pub cost: f64,
    /// Packets a message.
    pub run: usize,
}

/// Measures all rows.
pub fn measure() -> io::Result<Vec<Floor>> {
    Ok(vec![
        Floor { name: "AES-256-GCM and a bare send", cost: cost(1)?, run: 1 },
        Floor { name: "the same, runs of 4 (GSO)", cost: cost(4)?, run: 4 },
        Floor { name: "the same, runs of 16 (GSO)", cost: cost(16)?, run: 16 },
    ])
}

/// To two hundred receivers in turn, `run` packets each.
fn cost(run: usize) -> io::Result<f64> {
    let receivers: io::Result<Vec<UdpSocket>> =
        (0..RECEIVERS).map(|_| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))).collect();
    let receivers = receivers?;
    let addresses: io::Result<Vec<SocketAddr>> = receivers.iter().map(UdpSocket::local_addr).collect();
    let addresses = addresses?;
    let mut keys: Vec<Outbound> = addresses.iter().map(|_| outbound()).collect();
    let mut socket = Socket::bind((Ipv4Addr::LOCALHOST, 0).into())?;
    let mut arena = Vec::new();
    let mut template = [0x5a; PACKET];
    template[0] = 0x80;
    let mut spent = Duration::ZERO;
    let rounds = PACKETS / RECEIVERS / run;
    for round in 0..rounds {
        let before = own_time();
        arena.clear();
        for outbound in &mut keys {
            for within in 0..run {
                let start = arena.len();
                template[2..4].copy_from_slice(&((round * run + within) as u16).to_be_bytes());
                arena.extend_from_slice(&template);
                arena.resize(start + PACKET + RTP_OVERHEAD, 0);
                let _ = outbound.seal_rtp(&mut arena[start..], PACKET);
            }
        }
        let datagrams = arena.chunks(PACKET + RTP_OVERHEAD).enumerate();
        socket.send(datagrams.map(|(index, bytes)| (addresses[index / run], bytes)));
        spent += own_time() - before;
        // A full socket drops, which is cheaper than to take; so they are emptied.
        receivers.iter().try_for_each(drain)?;
    }
    Ok(spent.as_secs_f64() * 1e6 / (rounds * RECEIVERS * run) as f64)
}

fn outbound() -> Outbound {
    let mut material = [0; 88];
    System.fill(&mut material);
    let profile = Profile::AeadAes256Gcm;
    let keys = profile.split(&material).expect("two keys of 32 bytes and two salts of 12 are 88 bytes");
    Outbound::new(profile, &keys.server)
}

fn drain(receiver: &UdpSocket) -> io::Result<()> {
    receiver.set_nonblocking(true)?;
    let mut buffer = [0; 2_048];
    while receiver.recv(&mut buffer).is_ok() {}
    Ok(())
}

/// Processor time of this thread.
fn own_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock exists on every Linux, the structure is writable.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

const RECEIVERS: usize = 200;
const PACKETS: usize = 200_000;
const PACKET: usize = 1_084;
