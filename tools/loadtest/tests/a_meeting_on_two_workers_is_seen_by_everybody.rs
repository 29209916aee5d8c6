//! Real sockets, real threads, real handshakes: what the core's tests of trunks leave out.

use std::process::Command;

#[test]
fn a_meeting_on_two_workers_is_seen_by_everybody() {
    let output = Command::new(env!("CARGO_BIN_EXE_loadtest"))
        .args(["--workers", "2", "--seconds", "2", "small"])
        .output()
        .expect("the robots can be started");
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{table}{}", String::from_utf8_lossy(&output.stderr));
    assert!(table.contains("1 → 40, small"), "{table}");
}
