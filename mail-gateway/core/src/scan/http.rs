//! A whole HTTP/1.1 answer (RFC 9112) of a server that closes the connection after it, as rspamd does.

use super::Unclear;

/// The status of `answer` and its body.
pub(super) fn read(answer: &[u8]) -> Result<(u16, &[u8]), Unclear> {
    let ended = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let Some(end) = ended else { return Err(Unclear::of("an answer that breaks off")) };
    let (head, body) = answer.split_at(end);
    let body = body.get(4..).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default();
    // RFC 9112 §4: version, code, words.
    let code = status.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1));
    let code: u16 = code.and_then(|code| code.parse().ok()).ok_or_else(|| Unclear::of(status))?;
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("transfer-encoding") {
            return Err(Unclear::of("an answer in pieces"));
        }
        // RFC 9112 §8: fewer octets than announced are no complete answer.
        if name.eq_ignore_ascii_case("content-length") {
            let octets: usize = value.trim().parse().map_err(|_| Unclear::of(line))?;
            let whole = body.get(..octets).ok_or_else(|| Unclear::of("an answer that breaks off"))?;
            return Ok((code, whole));
        }
    }
    Ok((code, body))
}
