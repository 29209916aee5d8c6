//! The media plane in a process of its own, commanded over its standard input: what is measured is its
//! processor time, and nothing but the media plane is in it.
//!
//! A command is a line of words between tabs, an answer is a line. Line ends of SDP travel as `\u{1}`.

use std::io::{self, BufRead, Write};

use base::id::{MeetingId, SeatId};
use sfu::{MediaKind, Sfu, SfuHandle, Source, View};

/// Serves until its input ends.
pub fn run(workers: usize) -> io::Result<()> {
    let addresses = vec![std::net::Ipv4Addr::LOCALHOST.into()];
    let config = sfu::Config { addresses, udp_port: 0, workers, unlimited: true, ..sfu::Config::default() };
    let (sfu, mut events) = Sfu::start(&config)?;
    // Nobody here cares what the meeting would be told.
    std::thread::spawn(move || while events.blocking_recv().is_some() {});
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut out = io::stdout();
    for line in io::stdin().lock().lines() {
        let answer = runtime.block_on(obey(&sfu, &line?)).unwrap_or_else(|| "error\tnot a command".into());
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    sfu.shutdown();
    Ok(())
}

async fn obey(sfu: &SfuHandle, line: &str) -> Option<String> {
    let mut words = line.split('\t');
    let command = words.next()?;
    let mut number = || words.next()?.parse::<u128>().ok();
    match command {
        "offer" => {
            let (meeting, seat) = (MeetingId::from_u128(number()?), SeatId::from_u128(number()?));
            let sdp = words.next()?.replace('\u{1}', "\r\n");
            Some(match sfu.offer(meeting, seat, &sdp).await {
                Ok(answer) => format!("answer\t{}", answer.replace("\r\n", "\u{1}")),
                Err(error) => format!("error\t{error}"),
            })
        }
        "view" => {
            let seat = SeatId::from_u128(number()?);
            let height = u16::try_from(number()?).ok()?;
            let mut views = Vec::new();
            while let Some(source) = number() {
                let source = Source { seat: SeatId::from_u128(source), kind: MediaKind::Camera };
                views.push(View { slot: views.len() as u8, source, height });
            }
            sfu.view(seat, views);
            Some("done".into())
        }
        "metrics" => {
            let sockets = sfu.metrics().sockets;
            Some(format!("metrics\t{}\t{}", sockets.sent, sockets.messages))
        }
        _ => None,
    }
}
