//! Rows of the table, and what a process has used.

use std::time::Duration;

pub(crate) fn at_least(what: &str, measured: f64, must: f64, unit: &str) -> bool {
    println!("| {what} | {measured:.0} {unit} | ≥ {must:.0} {unit} |");
    measured >= must
}

pub(crate) fn at_most(what: &str, measured: f64, must: f64, unit: &str) -> bool {
    println!("| {what} | {measured:.1} {unit} | ≤ {must:.0} {unit} |");
    measured <= must
}

pub(crate) fn shown(what: &str, measured: f64, unit: &str) {
    println!("| {what} | {measured:.0} {unit} | – |");
}

/// Processor time of this process so far, its threads' included, its children's not.
pub(crate) fn processor_time() -> Duration {
    of_process("self", 2)
}

/// Processor time of the process `master`, its children, and those of its children that ended.
pub(crate) fn of_family(master: u32) -> Duration {
    let children =
        std::fs::read_to_string(format!("/proc/{master}/task/{master}/children")).unwrap_or_default();
    let mut all = of_process(&master.to_string(), 4);
    for child in children.split_whitespace() {
        all += of_process(child, 4);
    }
    all
}

/// The first `count` of: user, system, user of ended children, system of ended children.
fn of_process(process: &str, count: usize) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // Fields 14 to 17, counted after the name, which may hold anything; in hundredths on Linux.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(count);
    Duration::from_millis(fields.filter_map(|field| field.parse::<u64>().ok()).sum::<u64>() * 10)
}

/// Megabytes that `/proc/self/status` says.
pub(crate) fn memory(field: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(f64::NAN) / 1024.0
}
