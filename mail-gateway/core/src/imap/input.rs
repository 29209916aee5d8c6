//! From octets to whole commands: lines, and the literals inside them (RFC 9051 §4.3, RFC 7888).

/// What a client may send before it is told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Octets of a command without its literals.
    pub line: usize,
    /// Octets of all literals of one command together.
    pub literals: usize,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// More octets are needed.
    Read,
    /// The client waits for leave to send a literal: write a continuation, then go on.
    Continue,
    /// A whole command, its literals inside, without the last line end.
    Command(Vec<u8>),
    /// The command was too large and is forgotten; its first octets name its tag.
    TooLarge(Vec<u8>),
    /// What comes cannot be skipped safely: say so and close.
    Hopeless,
}

/// Collects octets; empty, it holds no memory.
#[derive(Debug, Default)]
pub struct Input {
    bytes: Vec<u8>,
    /// How much of `bytes` belongs to the command being collected and was looked at.
    seen: usize,
    /// Octets of its literals so far.
    literals: usize,
    /// Where the literal being read ends.
    literal_end: Option<usize>,
}

impl Input {
    /// Takes octets from the client.
    pub fn handle(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether nothing waits to be looked at.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// A line as it stands, for what is no command: `DONE`, an answer to a challenge.
    pub fn poll_line(&mut self, limit: usize) -> Next {
        match self.bytes.iter().position(|b| *b == b'\n') {
            Some(end) if end <= limit => Next::Command(self.take(end + 1)),
            Some(_) => Next::Hopeless,
            None if self.bytes.len() > limit => Next::Hopeless,
            None => Next::Read,
        }
    }

    /// The next whole command, or what is missing for it.
    pub fn poll(&mut self, limits: Limits) -> Next {
        loop {
            if let Some(end) = self.literal_end {
                if self.bytes.len() < end {
                    return Next::Read;
                }
                self.seen = end;
                self.literal_end = None;
            }
            let rest = self.bytes.get(self.seen..).unwrap_or_default();
            let Some(end) = rest.iter().position(|b| *b == b'\n').map(|n| self.seen + n + 1) else {
                let too_long = self.bytes.len().saturating_sub(self.literals) > limits.line;
                return if too_long { Next::Hopeless } else { self.rest() };
            };
            if end.saturating_sub(self.literals) > limits.line {
                return Next::Hopeless;
            }
            let line = self.bytes.get(self.seen..end).unwrap_or_default();
            let Some(literal) = Literal::at_end(line) else { return Next::Command(self.take(end)) };
            self.literals = self.literals.saturating_add(literal.size);
            if self.literals > limits.literals {
                // RFC 7888 §4: octets the client sends unasked could be read as commands; rather close.
                let tag = self.take(end);
                return if literal.waits { Next::TooLarge(tag) } else { Next::Hopeless };
            }
            self.seen = end;
            self.literal_end = Some(end + literal.size);
            if literal.waits {
                return Next::Continue;
            }
        }
    }

    fn rest(&mut self) -> Next {
        if self.bytes.is_empty() {
            self.bytes = Vec::new();
        }
        Next::Read
    }

    /// Cuts the command that ends at `end` off, without its line end.
    fn take(&mut self, end: usize) -> Vec<u8> {
        let rest = self.bytes.split_off(end.min(self.bytes.len()));
        let mut command = std::mem::replace(&mut self.bytes, rest);
        // One line end: a literal before it may end with line ends of its own.
        for end in [b'\n', b'\r'] {
            if command.last() == Some(&end) {
                command.pop();
            }
        }
        (self.seen, self.literals) = (0, 0);
        command
    }
}

/// The announcement of a literal at the end of a line: `{5}`, `{5+}`, `~{5}`.
struct Literal {
    size: usize,
    waits: bool,
}

impl Literal {
    fn at_end(line: &[u8]) -> Option<Self> {
        let line = line.strip_suffix(b"\n")?;
        let line = line.strip_suffix(b"\r").unwrap_or(line).strip_suffix(b"}")?;
        let open = line.iter().rposition(|b| *b == b'{')?;
        let inside = line.get(open + 1..)?;
        let (digits, waits) = match inside.strip_suffix(b"+") {
            Some(digits) => (digits, false),
            None => (inside, true),
        };
        if digits.is_empty() || digits.len() > 10 || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let size = std::str::from_utf8(digits).ok()?.parse().ok()?;
        Some(Self { size, waits })
    }
}
