//! SDP fragments of PATCH (RFC 8840 §9): read for the other side's new credentials, written with ours.

use crate::ports::IceCredentials;

/// What a fragment says that a lite agent needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fragment {
    /// The sender's user fragment and password, as far as it names them.
    ufrag: Option<String>,
    password: Option<String>,
    /// Its first m-line and mid, to be answered under the same.
    section: Option<(String, String)>,
}

impl Fragment {
    /// Reads a fragment; nothing when a line is none of SDP's.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut fragment = Self { ufrag: None, password: None, section: None };
        let mut media = None;
        for line in text.lines().filter(|line| !line.is_empty()) {
            // RFC 8866 §5: a letter, an equals sign, the value.
            let (kind, value) = line.split_once('=').filter(|(kind, _)| kind.len() == 1)?;
            let plain = value.len() <= 512 && value.bytes().all(|b| (0x20..0x7f).contains(&b));
            match (kind, value.split_once(':')) {
                _ if !plain => return None,
                ("m", _) => media = Some(value.to_owned()),
                ("a", Some(("mid", mid))) if fragment.section.is_none() => {
                    fragment.section = media.clone().map(|media| (media, mid.to_owned()));
                }
                // RFC 8839 §5.4: 4 to 256 characters, and 22 to 256.
                ("a", Some(("ice-ufrag", ufrag))) => {
                    fragment.ufrag = Some(ufrag.to_owned()).filter(|u| (4..=256).contains(&u.len()));
                }
                ("a", Some(("ice-pwd", password))) => {
                    fragment.password = Some(password.to_owned()).filter(|p| (22..=256).contains(&p.len()));
                }
                _ => {}
            }
        }
        Some(fragment)
    }

    /// The sender's new credentials, if it names both.
    pub(super) fn credentials(&self) -> Option<IceCredentials> {
        Some(IceCredentials { ufrag: self.ufrag.clone()?, password: self.password.clone()? })
    }

    /// The answer to a restart (RFC 9725 §4.3.3): our new credentials, under the section that asked.
    pub(super) fn answer(&self, ufrag: &str, password: &str) -> String {
        let (media, mid) = self
            .section
            .as_ref()
            .map_or(("audio 9 UDP/TLS/RTP/SAVPF 0", "0"), |(media, mid)| (media.as_str(), mid.as_str()));
        format!(
            "a=ice-lite\r\na=group:BUNDLE {mid}\r\nm={media}\r\na=mid:{mid}\r\n\
             a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\na=end-of-candidates\r\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESTART: &str = "a=ice-options:trickle ice2\r\na=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
        a=mid:0\r\na=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n\
        a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1\r\n";

    #[test]
    fn a_restart_is_answered_under_the_section_that_asked() {
        let fragment = Fragment::parse(RESTART).unwrap();
        let new = fragment.credentials().unwrap();
        assert_eq!((new.ufrag.as_str(), new.password.as_str()), ("ysXw", "vw5LmwG4y/e6dPP/zAP9Gp5k"));
        assert!(Fragment::parse("a=ice-ufrag:ysXw\r\na=ice-pwd:short\r\n").unwrap().credentials().is_none());
        let answer = fragment.answer("ours", "our password of 22 chars");
        assert!(answer.contains("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:ours\r\n"));
    }

    #[test]
    fn fuzz_what_is_read_answers_with_lines_of_sdp() {
        bolero::check!().with_iterations(20_000).with_max_len(256).for_each(|bytes: &[u8]| {
            let noise = String::from_utf8_lossy(bytes);
            for text in [noise.to_string(), RESTART.replacen("111", &noise, 1)] {
                if let Some(fragment) = Fragment::parse(&text) {
                    let answer = fragment.answer("u", "p");
                    assert!(answer.split_terminator("\r\n").all(|line| !line.contains(['\r', '\n'])));
                }
            }
        });
    }

    #[test]
    fn noise_is_refused() {
        for noise in ["nonsense", "a=ice-ufrag:\u{7}bell", "ab=c"] {
            assert_eq!(Fragment::parse(noise), None, "{noise}");
        }
        assert_eq!(Fragment::parse("a=ice-ufrag:abc").unwrap().ufrag, None, "too short");
    }
}
