//! The octets of DATA (RFC 5321 §4.5.2): dot-unstuffing in, dot-stuffing out.
//!
//! Smuggling is impossible by construction: a CR or LF alone is refused on the way in (RFC 5321
//! §2.3.8), only `<CRLF>.<CRLF>` ends a letter, and [`Stuffer`] cannot produce either on the way out.

/// Takes the letter out of the DATA stream.
#[derive(Debug, Default)]
pub struct Decoder {
    at: At,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum At {
    /// At the start of a line; the CRLF of the DATA command itself counts.
    #[default]
    Start,
    /// Inside a line.
    Text,
    /// After a CR inside or at the start of a line.
    Cr,
    /// After a dot that starts a line.
    Dot,
    /// After a dot and CR that start a line.
    DotCr,
}

/// How far [`Decoder::decode`] came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// All input is used up; the letter goes on.
    More,
    /// The letter ended; this many octets of the input belonged to it.
    End(usize),
    /// A chunk ended and further ones follow; this many octets of the input belonged to it.
    Chunk(usize),
    /// A CR or LF stood alone: where the letter ends is not certain any more.
    BareLineBreak,
}

impl Decoder {
    /// Appends the letter's octets in `input` to `letter`.
    pub fn decode(&mut self, input: &[u8], letter: &mut Vec<u8>) -> Progress {
        let mut index = 0;
        while let Some(&byte) = input.get(index) {
            if self.at == At::Text {
                // All of a line but its end goes over in one piece.
                let rest = input.get(index..).unwrap_or_default();
                let text = memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
                if text > 0 {
                    letter.extend_from_slice(rest.get(..text).unwrap_or_default());
                    index += text;
                    continue;
                }
            }
            index += 1;
            self.at = match (self.at, byte) {
                (At::Start, b'.') => At::Dot,
                (At::Start | At::Text, b'\r') => At::Cr,
                (At::Dot, b'\r') => At::DotCr,
                (At::DotCr, b'\n') => return Progress::End(index),
                (At::Cr, b'\n') => {
                    letter.extend_from_slice(b"\r\n");
                    At::Start
                }
                (At::Cr | At::DotCr, _) | (_, b'\n') => return Progress::BareLineBreak,
                // A leading dot was stuffing: it is dropped, what follows is text.
                (At::Start | At::Text | At::Dot, _) => {
                    letter.push(byte);
                    At::Text
                }
            };
        }
        Progress::More
    }
}

/// Counts the octets of BDAT chunks (RFC 3030 §2).
///
/// Nothing inside ends the letter, so nothing can be smuggled past us; but a text letter with a CR or
/// LF alone would be read in two ways by the servers after us, so it is marked broken all the same.
#[derive(Debug)]
pub struct Chunk {
    /// Octets of the announced chunk still to come.
    left: u64,
    last: bool,
    /// Any octets are allowed (BODY=BINARYMIME).
    binary: bool,
    broken: bool,
    after_cr: bool,
    /// Inside a line.
    open: bool,
}

impl Chunk {
    /// Before the first chunk of a letter.
    pub fn new(binary: bool) -> Self {
        Self { left: 0, last: false, binary, broken: false, after_cr: false, open: false }
    }

    /// The next `octets` are a chunk, the letter's last when `last`.
    pub fn announce(&mut self, octets: u64, last: bool) {
        (self.left, self.last) = (octets, last);
    }

    /// Whether nothing of the announced chunk is missing.
    pub fn is_whole(&self) -> bool {
        self.left == 0
    }

    /// Whether a text letter had a CR or LF alone.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Appends the chunk's octets in `input` to `letter`; a text letter's last line gets its end.
    pub fn decode(&mut self, input: &[u8], letter: &mut Vec<u8>) -> Progress {
        let used = usize::try_from(self.left).unwrap_or(usize::MAX).min(input.len());
        let fresh = input.get(..used).unwrap_or_default();
        self.left -= used as u64;
        letter.extend_from_slice(fresh);
        self.check(fresh);
        if self.left > 0 {
            return Progress::More;
        }
        if !self.last {
            return Progress::Chunk(used);
        }
        self.broken |= self.after_cr;
        if self.open && !self.binary {
            letter.extend_from_slice(b"\r\n");
        }
        Progress::End(used)
    }

    fn check(&mut self, fresh: &[u8]) {
        if self.binary {
            return;
        }
        for &byte in fresh {
            self.broken |= self.after_cr != (byte == b'\n');
            self.after_cr = byte == b'\r';
            self.open = byte != b'\n';
        }
    }
}

/// Puts a letter into a DATA stream.
#[derive(Debug)]
pub struct Stuffer {
    line_start: bool,
    after_cr: bool,
}

impl Default for Stuffer {
    fn default() -> Self {
        Self { line_start: true, after_cr: false }
    }
}

impl Stuffer {
    /// Appends the stream form of `letter` to `out`; a CR or LF alone becomes CRLF.
    pub fn stuff(&mut self, letter: &[u8], out: &mut Vec<u8>) {
        for &byte in letter {
            match byte {
                b'\n' => {
                    out.extend_from_slice(b"\r\n");
                    (self.line_start, self.after_cr) = (true, false);
                    continue;
                }
                _ if self.after_cr => {
                    out.extend_from_slice(b"\r\n");
                    (self.line_start, self.after_cr) = (true, false);
                }
                _ => {}
            }
            if byte == b'\r' {
                self.after_cr = true;
                continue;
            }
            if self.line_start && byte == b'.' {
                out.push(b'.');
            }
            out.push(byte);
            self.line_start = false;
        }
    }

    /// Ends the letter.
    pub fn finish(self, out: &mut Vec<u8>) {
        if !self.line_start || self.after_cr {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b".\r\n");
    }
}

/// `letter` with every line end made CRLF, for letters that did not come over SMTP.
pub fn with_crlf(letter: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(letter.len() + letter.len() / 32);
    let mut bytes = letter.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' => {
                bytes.next_if_eq(&b'\n');
                out.extend_from_slice(b"\r\n");
            }
            b'\n' => out.extend_from_slice(b"\r\n"),
            _ => out.push(byte),
        }
    }
    out
}
