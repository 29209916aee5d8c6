//! The driver's side of a media plane in another process: commands, and what it costs.

use std::{
    fs, io,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Mutex,
    time::Duration,
};

/// A running media plane.
pub struct Hub {
    process: Child,
    pipes: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
}

/// What the hub counted, and what it used, at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// Datagrams sent.
    pub datagrams: u64,
    /// Messages they went in.
    pub messages: u64,
    /// Processor time of the media threads.
    pub media: Duration,
    /// Processor time of all threads.
    pub all: Duration,
}

impl Hub {
    /// Starts this program again, as a hub.
    pub fn start(workers: usize) -> io::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["host", &workers.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(io::Error::other("the hub has no pipes"));
        };
        Ok(Self { process, pipes: Mutex::new((input, BufReader::new(output))) })
    }

    fn ask(&self, command: &str) -> io::Result<String> {
        let mut pipes = self.pipes.lock().map_err(|_| io::Error::other("a thread of the driver panicked"))?;
        writeln!(pipes.0, "{command}")?;
        pipes.0.flush()?;
        let mut line = String::new();
        pipes.1.read_line(&mut line)?;
        match line.trim_end_matches('\n').split_once('\t') {
            Some(("error", why)) => Err(io::Error::other(why.to_owned())),
            Some((_, rest)) => Ok(rest.to_owned()),
            None => Ok(String::new()),
        }
    }

    /// The answer to an offer.
    pub fn offer(&self, meeting: u128, seat: usize, sdp: &str) -> io::Result<String> {
        let sdp = sdp.replace("\r\n", "\u{1}");
        let answer = self.ask(&format!("offer\t{meeting}\t{}\t{sdp}", seat + 1))?;
        Ok(answer.replace('\u{1}', "\r\n"))
    }

    /// What a robot looks at.
    pub fn view(&self, seat: usize, height: u16, sources: impl Iterator<Item = usize>) -> io::Result<()> {
        let sources: String = sources.map(|source| format!("\t{}", source + 1)).collect();
        self.ask(&format!("view\t{}\t{height}{sources}", seat + 1)).map(drop)
    }

    /// Counters and processor time. The counters are up to a second old, so measure over many.
    pub fn read(&self) -> io::Result<Reading> {
        let answer = self.ask("metrics")?;
        let mut numbers = answer.split('\t').map(|word| word.parse().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        let (media, all) = self.processor_time()?;
        Ok(Reading { datagrams: next(), messages: next(), media, all })
    }

    /// Nanoseconds on a processor, of the media threads and of all.
    fn processor_time(&self) -> io::Result<(Duration, Duration)> {
        let (mut media, mut all) = (0, 0);
        for task in fs::read_dir(format!("/proc/{}/task", self.process.id()))? {
            let task = task?.path();
            let spent = fs::read_to_string(task.join("schedstat"))?;
            let spent: u64 = spent.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0);
            all += spent;
            if fs::read_to_string(task.join("comm"))?.starts_with("media-") {
                media += spent;
            }
        }
        Ok((Duration::from_nanos(media), Duration::from_nanos(all)))
    }

    /// Resident memory in bytes.
    pub fn memory(&self) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kilobytes.map(|kb| kb * 1_024).ok_or_else(|| io::Error::other("no VmRSS in /proc"))
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
