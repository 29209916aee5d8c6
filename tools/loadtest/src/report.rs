//! The table.

use crate::{
    floor::Floor,
    measure::{Joining, Measured},
};

/// Its head.
pub fn head(workers: usize) {
    println!("\nworkers: {workers}; µs are processor time of the media threads per packet that arrived\n");
    println!("| what | µs a packet | must | aim | packets/s | run | load | latency p50 / p99 | lost |");
    println!("|---|---|---|---|---|---|---|---|---|");
}

/// A scenario's row; whether its promises were kept.
pub fn measured(row: &Measured) -> bool {
    let (must, aim) =
        row.limits.map_or_else(Default::default, |(must, aim)| (format!("≤ {must}"), aim.to_string()));
    let Measured { name, cost, rate, run, load, latency: (median, most), lost, blind, .. } = row;
    let latency = if *most > 0.0 { format!("{median:.2} / {most:.2} ms") } else { String::new() };
    // A forwarder that does not count its messages has no run.
    let run = if *run > 0.0 { format!("{run:.1}") } else { String::new() };
    println!(
        "| {name} | **{cost:.2}** | {must} | {aim} | {rate:.0} | {run} | {load:.2} | {latency} | {lost} |"
    );
    if *blind > 0 {
        println!("{blind} robots saw nothing");
    }
    // Above half load nothing is promised but the price.
    let is_calm = !row.is_flood && row.limits.is_some() && *load <= 0.5;
    *blind == 0
        && row.limits.is_none_or(|(must, _)| *cost <= must)
        && (!is_calm || (*median <= 2.5 && *most <= 6.0 && *lost == 0))
}

/// The row of those who join.
pub fn joining(row: Joining) -> bool {
    let Joining { p95, cost, memory: (start, each) } = row;
    println!(
        "| 200 join in 5 s | {cost:.2} ms each | ≤ 2 ms | | | | | p95 {p95:.0} ms (≤ 150) | |\n\
         | memory | {start:.0} MB + {each:.0} kB each | ≤ 100 MB + 150 kB | | | | | | |"
    );
    p95 <= 150.0 && cost <= 2.0 && start <= 100.0 && each <= 150.0
}

/// A row of what the machine itself can do.
pub fn floor(row: &Floor) {
    println!("| floor: {} | {:.2} | | | {:.0} | {} | | | |", row.name, row.cost, 1e6 / row.cost, row.run);
}
