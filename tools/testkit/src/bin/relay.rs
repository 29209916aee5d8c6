//! The relay for tests that are not written in Rust: `relay LISTEN TARGET SEED`, then one line a wish on
//! standard input: `down rate=400000 delay=20 loss=0.1`, or `up` alone for a perfect line; `rebind`;
//! `measure`, answered with a line of JSON. It ends with its input.

use std::{
    io::{self, BufRead},
    time::Duration,
};

use testkit::{
    link::{Bursts, Shape},
    relay::{Relay, Seen, Way},
};

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = || io::Error::other("relay LISTEN TARGET SEED: two addresses with ports, a number");
    let mut address = || arguments.next().and_then(|word| word.parse().ok()).ok_or_else(usage);
    let (listen, target) = (address()?, address()?);
    let seed = arguments.next().and_then(|word| word.parse().ok()).ok_or_else(usage)?;
    let relay = Relay::start(listen, target, seed)?;
    println!("{}", relay.address());
    for line in io::stdin().lock().lines() {
        let line = line?;
        match line.trim() {
            "rebind" => relay.rebind(),
            "measure" => {
                let seen = relay.measure().ok_or_else(|| io::Error::other("the relay has failed"))?;
                let [up, down] = seen.map(json);
                println!("{{\"up\":{up},\"down\":{down}}}");
            }
            line => {
                let (way, shape) =
                    parse(line).ok_or_else(|| io::Error::other(format!("not a line: {line}")))?;
                relay.reshape(way, shape);
            }
        }
    }
    Ok(())
}

fn json(seen: Seen) -> String {
    let Seen { longest_wait, bytes, lost } = seen;
    format!("{{\"wait\":{},\"bytes\":{bytes},\"lost\":{lost}}}", longest_wait.as_millis())
}

fn parse(line: &str) -> Option<(Way, Shape)> {
    let mut words = line.split_whitespace();
    let way = match words.next()? {
        "up" => Way::Up,
        "down" => Way::Down,
        _ => return None,
    };
    let mut shape = Shape::default();
    for word in words {
        let (name, value) = word.split_once('=')?;
        let milliseconds = || value.parse().ok().map(Duration::from_millis);
        match name {
            "rate" => shape.rate = Some(value.parse().ok()?),
            "queue" => shape.queue = milliseconds()?,
            "delay" => shape.delay = milliseconds()?,
            "jitter" => shape.jitter = milliseconds()?,
            "loss" => shape.loss = value.parse().ok()?,
            "reordering" => shape.reordering = value.parse().ok()?,
            // Losses of about four in a row, as often as said.
            "bursts" => shape.bursts = Some(Bursts { begin: value.parse().ok()?, end: 0.25, loss: 1.0 }),
            _ => return None,
        }
    }
    Some((way, shape))
}
