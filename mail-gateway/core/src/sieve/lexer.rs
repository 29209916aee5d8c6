//! Words of a script (RFC 5228 §8.1).

use super::error::{Position, ScriptError};

/// A word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// `identifier`, in lower case.
    Word(String),
    /// `tag`, in lower case, without its colon.
    Tag(String),
    /// `number`, its quantifier applied.
    Number(u64),
    /// `string`, decoded.
    Text(String),
    /// One of `[](){},;`.
    Sign(char),
    /// Nothing more.
    End,
}

/// Every word of `script` with its place; the last is [`Token::End`].
pub(super) fn words(script: &str) -> Result<Vec<(Token, Position)>, ScriptError> {
    let mut lexer = Lexer { rest: script, position: Position { line: 1, column: 1 } };
    let mut all = Vec::new();
    loop {
        lexer.skip_blank()?;
        let position = lexer.position;
        let token = lexer.token()?;
        let end = token == Token::End;
        all.push((token, position));
        if end {
            return Ok(all);
        }
    }
}

struct Lexer<'a> {
    rest: &'a str,
    position: Position,
}

impl Lexer<'_> {
    fn next(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.rest = self.rest.get(next.len_utf8()..).unwrap_or_default();
        if next == '\n' {
            self.position = Position { line: self.position.line + 1, column: 1 };
        } else {
            self.position.column += 1;
        }
        Some(next)
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(next) = self.peek().filter(|c| wanted(*c)) {
            taken.push(next);
            self.next();
        }
        taken
    }

    fn error<T>(&self, position: Position, vietnamese: &str, english: &str) -> Result<T, ScriptError> {
        Err(ScriptError::new(position, vietnamese, english))
    }

    /// White space and comments (§2.2, §2.3).
    fn skip_blank(&mut self) -> Result<(), ScriptError> {
        loop {
            self.take_while(char::is_whitespace);
            let start = self.position;
            if self.rest.starts_with('#') {
                self.take_while(|c| c != '\n');
            } else if self.rest.starts_with("/*") {
                match self.rest.get(2..).and_then(|inside| inside.find("*/")) {
                    Some(length) => {
                        let until = self.rest.len() - length - 4;
                        while self.rest.len() > until {
                            self.next();
                        }
                    }
                    None => return self.error(start, "chú thích /* chưa đóng", "comment /* is not closed"),
                }
            } else {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<Token, ScriptError> {
        let start = self.position;
        let Some(first) = self.peek() else { return Ok(Token::End) };
        match first {
            '[' | ']' | '(' | ')' | '{' | '}' | ',' | ';' => {
                self.next();
                Ok(Token::Sign(first))
            }
            '"' => self.quoted(start),
            ':' => {
                self.next();
                let name = self.take_while(is_word);
                if name.is_empty() {
                    return self.error(
                        start,
                        "thiếu tên sau dấu hai chấm",
                        "a name is missing after the colon",
                    );
                }
                Ok(Token::Tag(name.to_ascii_lowercase()))
            }
            '0'..='9' => self.number(start),
            c if is_word(c) => {
                let word = self.take_while(is_word).to_ascii_lowercase();
                if word == "text" && self.peek() == Some(':') {
                    self.next();
                    return self.multi_line(start);
                }
                Ok(Token::Word(word))
            }
            other => Err(ScriptError::new(
                start,
                format!("ký tự “{other}” không hợp lệ ở đây"),
                format!("“{other}” cannot stand here"),
            )),
        }
    }

    /// §2.4.1: `K`, `M` and `G` multiply by 1024.
    fn number(&mut self, start: Position) -> Result<Token, ScriptError> {
        let digits = self.take_while(|c| c.is_ascii_digit());
        let power = match self.peek().map(|c| c.to_ascii_uppercase()) {
            Some('K') => 10,
            Some('M') => 20,
            Some('G') => 30,
            _ => 0,
        };
        if power > 0 {
            self.next();
        }
        let number = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(1 << power));
        match number {
            Some(number) if !self.peek().is_some_and(is_word) => Ok(Token::Number(number)),
            _ => self.error(start, "số không hợp lệ", "not a number"),
        }
    }

    /// §2.4.2: a backslash makes the next character stand for itself.
    fn quoted(&mut self, start: Position) -> Result<Token, ScriptError> {
        self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                Some('"') => return Ok(Token::Text(text)),
                Some('\\') => text.extend(self.next()),
                Some(other) => text.push(other),
                None => return self.error(start, "chuỗi chưa đóng dấu nháy", "the string is not closed"),
            }
        }
    }

    /// §2.4.2: `text:` to a line of one dot; a line's first dot is doubled.
    fn multi_line(&mut self, start: Position) -> Result<Token, ScriptError> {
        self.take_while(|c| c == ' ' || c == '\t');
        if self.peek() == Some('#') {
            self.take_while(|c| c != '\n');
        }
        if self.peek() == Some('\r') {
            self.next();
        }
        if self.next() != Some('\n') {
            return self.error(start, "sau text: phải xuống dòng", "a line must end after text:");
        }
        let mut text = String::new();
        loop {
            let line = self.take_while(|c| c != '\n');
            if self.next().is_none() {
                return self.error(
                    start,
                    "text: chưa kết thúc bằng dòng “.”",
                    "text: needs a line with one dot",
                );
            }
            let line = line.strip_suffix('\r').unwrap_or(&line);
            if line == "." {
                return Ok(Token::Text(text));
            }
            text.push_str(if line.starts_with("..") { line.get(1..).unwrap_or_default() } else { line });
            text.push_str("\r\n");
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
