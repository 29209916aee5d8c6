//! What a session refused for good, as the operator's log has it.

/// The last lines of the permanent refusals (5yz, RFC 5321 §4.2.1) among the replies in `output`.
pub(super) fn refusals(output: &[u8]) -> impl Iterator<Item = &str> {
    output
        .split(|byte| *byte == b'\n')
        .filter(|line| matches!(line, [b'5', b'0'..=b'9', b'0'..=b'9', b' ', ..]))
        .filter_map(|line| std::str::from_utf8(line).ok())
        .map(str::trim_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_from_other_replies_once_each() {
        let output = b"250-SIZE 52428800\r\n250 HELP\r\n550-5.1.1 Khong co\r\n550 5.1.1 No such mailbox\r\n451 later\r\n";
        assert_eq!(refusals(output).collect::<Vec<_>>(), ["550 5.1.1 No such mailbox"]);
        assert_eq!(refusals(b"").count(), 0);
    }
}
