//! The media plane in a process of its own, commanded over its standard input: what is measured is its
//! processor time, and nothing but the media plane is in it.
//!
//! A command is a line of words between tabs, an answer is a line. Line ends of SDP travel as `\u{1}`.

use std::io::{self, BufRead, Write};

use base::id::{MeetingId, SeatId};
use sfu::{MediaKind, Sfu, SfuHandle, Source, View};
use tokio::runtime::Runtime;

/// Serves meetings until its input ends.
pub fn run(workers: usize, unlimited: bool) -> io::Result<()> {
    let addresses = vec![std::net::Ipv4Addr::LOCALHOST.into()];
    let config = sfu::Config { addresses, udp_port: 0, workers, unlimited, ..sfu::Config::default() };
    let (sfu, mut events) = Sfu::start(&config)?;
    // Nobody here cares what the meeting would be told.
    std::thread::spawn(move || while events.blocking_recv().is_some() {});
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    serve(|command, words| obey(&runtime, &sfu, command, words))?;
    sfu.shutdown();
    Ok(())
}

/// The words of a command.
pub type Words<'a> = std::str::Split<'a, char>;

/// Reads commands until its input ends and answers each with what `obey` says; none is not a command.
pub fn serve(mut obey: impl FnMut(&str, &mut Words<'_>) -> Option<Result<String, String>>) -> io::Result<()> {
    let mut out = io::stdout();
    for line in io::stdin().lock().lines() {
        let line = line?.replace(LINE_END, "\r\n");
        let mut words = line.split('\t');
        let command = words.next().unwrap_or_default();
        let (kind, answer) = match obey(command, &mut words) {
            Some(Ok(answer)) => ("answer", answer),
            Some(Err(error)) => ("error", error),
            None => ("error", "not a command".to_owned()),
        };
        writeln!(out, "{kind}\t{}", answer.replace("\r\n", LINE_END))?;
        out.flush()?;
    }
    Ok(())
}

fn obey(
    runtime: &Runtime,
    sfu: &SfuHandle,
    command: &str,
    words: &mut Words<'_>,
) -> Option<Result<String, String>> {
    let mut number = || words.next()?.parse::<u128>().ok();
    match command {
        "offer" => {
            let (meeting, seat) = (MeetingId::from_u128(number()?), SeatId::from_u128(number()?));
            let answer = runtime.block_on(sfu.offer(meeting, seat, words.next()?));
            Some(answer.map_err(|error| error.to_string()))
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
            Some(Ok(String::new()))
        }
        "metrics" => {
            let sockets = sfu.metrics().sockets;
            Some(Ok(format!("{}\t{}", sockets.sent, sockets.messages)))
        }
        _ => None,
    }
}

/// What stands for the line ends of SDP on the way.
pub const LINE_END: &str = "\u{1}";
