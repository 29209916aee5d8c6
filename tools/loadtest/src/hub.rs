//! The driver's side of a media plane in another process: commands, and what it costs.

use std::{
    fs, io,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use crate::{host::LINE_END, janus::Janus};

/// What forwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forwarder {
    /// Our media plane, all lines declared unlimited.
    Unlimited {
        /// Its threads.
        workers: usize,
    },
    /// Our media plane as it serves: lines are probed, and media is paced to what they carry.
    Estimating {
        /// Its threads.
        workers: usize,
    },
    /// The forwarder of [`crate::stock`].
    Stock,
    /// Debian's Janus, a program of its own.
    Janus,
}

impl Forwarder {
    /// The command line that makes this program the forwarder.
    fn words(self) -> Vec<String> {
        match self {
            Self::Unlimited { workers } => vec!["host".into(), workers.to_string(), "unlimited".into()],
            Self::Estimating { workers } => vec!["host".into(), workers.to_string()],
            Self::Stock => vec!["stock".into()],
            Self::Janus => Vec::new(),
        }
    }
}

/// A running media plane.
pub struct Hub {
    process: u32,
    way: Mutex<Way>,
    has_media_threads: bool,
}

/// How it is spoken to.
enum Way {
    /// This program again, over its pipes.
    Pipes(Box<Pipes>),
    Janus(Janus),
}

struct Pipes {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// What the hub counted, and what it used, at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// Datagrams sent.
    pub datagrams: u64,
    /// Messages they went in.
    pub messages: u64,
    /// Processor time of the media threads; of a forwarder without such threads, of all.
    pub media: Duration,
    /// Processor time of all threads.
    pub all: Duration,
}

impl Pipes {
    fn start(words: &[String]) -> io::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(io::Error::other("the hub has no pipes"));
        };
        Ok(Self { process, input, output: BufReader::new(output) })
    }

    fn ask(&mut self, command: &str) -> io::Result<String> {
        writeln!(self.input, "{command}")?;
        self.input.flush()?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        match line.trim_end_matches('\n').split_once('\t') {
            Some(("error", why)) => Err(io::Error::other(why.to_owned())),
            Some((_, rest)) => Ok(rest.to_owned()),
            None => Ok(String::new()),
        }
    }
}

impl Drop for Pipes {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Hub {
    /// Starts `forwarder` in a process of its own.
    pub fn start(forwarder: Forwarder) -> io::Result<Self> {
        let way = match forwarder {
            Forwarder::Janus => Way::Janus(Janus::start()?),
            _ => Way::Pipes(Box::new(Pipes::start(&forwarder.words())?)),
        };
        let process = match &way {
            Way::Pipes(pipes) => pipes.process.id(),
            Way::Janus(janus) => janus.process(),
        };
        let has_media_threads = !matches!(forwarder, Forwarder::Stock | Forwarder::Janus);
        Ok(Self { process, way: Mutex::new(way), has_media_threads })
    }

    fn way(&self) -> io::Result<MutexGuard<'_, Way>> {
        self.way.lock().map_err(|_| io::Error::other("a thread of the driver panicked"))
    }

    /// The answer to an offer.
    pub fn offer(&self, meeting: u128, seat: usize, sdp: &str) -> io::Result<String> {
        match &mut *self.way()? {
            Way::Pipes(pipes) => {
                let sdp = sdp.replace("\r\n", LINE_END);
                let answer = pipes.ask(&format!("offer\t{meeting}\t{}\t{sdp}", seat + 1))?;
                Ok(answer.replace(LINE_END, "\r\n"))
            }
            Way::Janus(janus) => janus.offer(sdp),
        }
    }

    /// What a robot looks at.
    pub fn view(&self, seat: usize, height: u16, sources: impl Iterator<Item = usize>) -> io::Result<()> {
        let sources: String = sources.map(|source| format!("\t{}", source + 1)).collect();
        match &mut *self.way()? {
            Way::Pipes(pipes) => pipes.ask(&format!("view\t{}\t{height}{sources}", seat + 1)).map(drop),
            // Everybody in its room sees the one who sends.
            Way::Janus(_) => Ok(()),
        }
    }

    /// Counters and processor time. The counters are up to a second old, so measure over many.
    pub fn read(&self) -> io::Result<Reading> {
        let answer = match &mut *self.way()? {
            Way::Pipes(pipes) => pipes.ask("metrics")?,
            Way::Janus(_) => String::new(),
        };
        let mut numbers = answer.split('\t').map(|word| word.parse().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        let (media, all) = self.processor_time()?;
        Ok(Reading { datagrams: next(), messages: next(), media, all })
    }

    /// Nanoseconds on a processor, of the media threads and of all.
    fn processor_time(&self) -> io::Result<(Duration, Duration)> {
        let (mut media, mut all) = (0, 0);
        for task in fs::read_dir(format!("/proc/{}/task", self.process))? {
            let task = task?.path();
            let spent = fs::read_to_string(task.join("schedstat"))?;
            let spent: u64 = spent.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0);
            all += spent;
            if !self.has_media_threads || fs::read_to_string(task.join("comm"))?.starts_with("media-") {
                media += spent;
            }
        }
        Ok((Duration::from_nanos(media), Duration::from_nanos(all)))
    }

    /// Resident memory in bytes.
    pub fn memory(&self) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kilobytes.map(|kb| kb * 1_024).ok_or_else(|| io::Error::other("no VmRSS in /proc"))
    }
}
