//! The words all commands are made of (RFC 9051 §9: atom, astring, string, number, list).

use super::{
    super::{name, set::Set},
    Parsed,
};

/// A place in a command.
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    /// Lists within lists.
    depth: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, depth: 0 }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Whether exactly these octets come next.
    pub(super) fn follows(&self, bytes: &[u8]) -> bool {
        self.rest.starts_with(bytes)
    }

    /// Goes over `byte` if it stands here.
    pub(super) fn skip(&mut self, byte: u8) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    pub(super) fn expect(&mut self, byte: u8, why: &'static str) -> Parsed<()> {
        if self.skip(byte) { Ok(()) } else { Err(why) }
    }

    pub(super) fn space(&mut self) -> Parsed<()> {
        self.expect(b' ', "a space is missing")
    }

    /// The command ends here.
    pub(super) fn end(&mut self) -> Parsed<()> {
        while self.skip(b' ') {}
        if self.rest.is_empty() { Ok(()) } else { Err("more words than the command takes") }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.iter().all(|b| *b == b' ')
    }

    fn run(&mut self, belongs: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|b| !belongs(*b)).unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at(end);
        self.rest = rest;
        run
    }

    fn text(bytes: &[u8]) -> Parsed<String> {
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| "not UTF-8")
    }

    /// `1*<any ASTRING-CHAR except "+">`.
    pub(super) fn tag(&mut self) -> Parsed<String> {
        let run = self.run(|b| is_astring(b) && b != b'+');
        if run.is_empty() || run.len() > MAX_TAG { Err("a tag is missing") } else { Self::text(run) }
    }

    pub(super) fn atom(&mut self) -> Parsed<String> {
        let run = self.run(is_atom);
        if run.is_empty() { Err("a word is missing") } else { Self::text(run) }
    }

    /// A word of letters, digits, dots and hyphens: the names of items before `[`.
    pub(super) fn keyword(&mut self) -> Parsed<String> {
        let run = self.run(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
        if run.is_empty() { Err("a word is missing") } else { Ok(Self::text(run)?.to_ascii_uppercase()) }
    }

    /// A flag: `\Seen` or a keyword.
    pub(super) fn flag(&mut self) -> Parsed<String> {
        let system = self.skip(b'\\');
        let word = self.atom()?;
        Ok(if system { format!("\\{word}") } else { word })
    }

    pub(super) fn number(&mut self) -> Parsed<u64> {
        let run = self.run(|b| b.is_ascii_digit());
        let number =
            std::str::from_utf8(run).ok().filter(|run| run.len() <= 19).and_then(|run| run.parse().ok());
        number.ok_or("a number is missing")
    }

    pub(super) fn number_32(&mut self) -> Parsed<u32> {
        u32::try_from(self.number()?).map_err(|_| "a number is too large")
    }

    /// A mod-sequence: 63 bits (RFC 7162 §7).
    pub(super) fn modseq(&mut self) -> Parsed<i64> {
        i64::try_from(self.number()?).map_err(|_| "a mod-sequence is too large")
    }

    /// Octets of an atom, quoted string or literal.
    pub(super) fn astring(&mut self) -> Parsed<Vec<u8>> {
        match self.peek() {
            Some(b'"' | b'{' | b'~') => self.string(),
            _ => {
                let run = self.run(is_astring);
                if run.is_empty() { Err("a string is missing") } else { Ok(run.to_vec()) }
            }
        }
    }

    pub(super) fn astring_text(&mut self) -> Parsed<String> {
        String::from_utf8(self.astring()?).map_err(|_| "not UTF-8")
    }

    /// Octets of a quoted string or literal.
    pub(super) fn string(&mut self) -> Parsed<Vec<u8>> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{' | b'~') => Ok(self.literal()?.to_vec()),
            _ => Err("a string is missing"),
        }
    }

    fn quoted(&mut self) -> Parsed<Vec<u8>> {
        self.expect(b'"', "a quote is missing")?;
        let mut out = Vec::new();
        loop {
            let (first, rest) = self.rest.split_first().ok_or("a quoted string does not end")?;
            self.rest = rest;
            match first {
                b'"' => return Ok(out),
                b'\\' => {
                    let (escaped, rest) = rest.split_first().ok_or("a quoted string does not end")?;
                    self.rest = rest;
                    out.push(*escaped);
                }
                b'\r' | b'\n' => return Err("a quoted string does not end"),
                byte => out.push(*byte),
            }
        }
    }

    /// `{n}`, `{n+}` or `~{n}` and its octets.
    pub(super) fn literal(&mut self) -> Parsed<&'a [u8]> {
        self.skip(b'~');
        self.expect(b'{', "a literal is missing")?;
        let size = usize::try_from(self.number()?).map_err(|_| "a literal is too large")?;
        self.skip(b'+');
        self.expect(b'}', "a literal's size does not end")?;
        self.skip(b'\r');
        self.expect(b'\n', "a literal does not begin")?;
        if size > self.rest.len() {
            return Err("a literal is cut off");
        }
        let (octets, rest) = self.rest.split_at(size);
        self.rest = rest;
        Ok(octets)
    }

    /// A mailbox name: UTF-7 or UTF-8, `INBOX` in any case (RFC 9051 §5.1).
    pub(super) fn mailbox(&mut self) -> Parsed<String> {
        let name = name::decode(&self.astring_text()?);
        if name.len() > MAX_NAME { Err("a mailbox name is too long") } else { Ok(name) }
    }

    /// A pattern of LIST.
    pub(super) fn pattern(&mut self) -> Parsed<String> {
        let raw = match self.peek() {
            Some(b'"' | b'{') => self.string()?,
            _ => self.run(|b| is_astring(b) || matches!(b, b'%' | b'*')).to_vec(),
        };
        let pattern = String::from_utf8(raw).map_err(|_| "not UTF-8")?;
        if pattern.len() > MAX_NAME { Err("a pattern is too long") } else { Ok(name::decode(&pattern)) }
    }

    pub(super) fn set(&mut self) -> Parsed<Set> {
        let run = self.run(|b| b.is_ascii_digit() || matches!(b, b':' | b',' | b'*' | b'$'));
        Set::parse(std::str::from_utf8(run).unwrap_or_default()).ok_or("a set of numbers is missing")
    }

    /// `(a b c)`, each read by `one`.
    pub(super) fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.expect(b'(', "a list is missing")?;
        let mut items = Vec::new();
        while !self.skip(b')') {
            if !items.is_empty() {
                self.space()?;
            }
            if items.len() >= MAX_ITEMS {
                return Err("a list is too long");
            }
            items.push(one(self)?);
        }
        Ok(items)
    }

    /// Runs `work` one level deeper; a client cannot exhaust the stack.
    pub(super) fn deeper<T>(&mut self, work: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return Err("nested too deeply");
        }
        self.depth += 1;
        let done = work(self);
        self.depth -= 1;
        done
    }

    /// Goes over `word` if it stands here, in any case.
    pub(super) fn skip_word(&mut self, word: &str) -> bool {
        let Some((start, rest)) = self.rest.split_at_checked(word.len()) else { return false };
        let ends = rest.first().is_none_or(|b| !is_atom(*b));
        if ends && start.eq_ignore_ascii_case(word.as_bytes()) {
            self.rest = rest;
            return true;
        }
        false
    }
}

/// ATOM-CHAR; eight-bit octets are let through for clients that send UTF-8 bare.
fn is_atom(b: u8) -> bool {
    b > 0x20 && b != 0x7f && !b"(){%*\"\\]".contains(&b)
}

fn is_astring(b: u8) -> bool {
    is_atom(b) || b == b']'
}

const MAX_TAG: usize = 100;
const MAX_NAME: usize = 2000;
const MAX_ITEMS: usize = 1000;
const MAX_DEPTH: usize = 50;
