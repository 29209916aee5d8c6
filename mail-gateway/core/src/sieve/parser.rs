//! The grammar of commands and tests (RFC 5228 §8.2), whatever their names.

use super::{
    error::{Position, ScriptError},
    lexer::{Token, words},
};

/// A command or a test.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) position: Position,
    pub(super) name: String,
    pub(super) arguments: Vec<Argument>,
    pub(super) tests: Vec<Node>,
    /// The block of a command that has one.
    pub(super) block: Option<Vec<Node>>,
}

/// What stands behind a name.
#[derive(Debug, Clone)]
pub(super) struct Argument {
    pub(super) position: Position,
    pub(super) value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Tag(String),
    Number(u64),
    Strings(Vec<String>),
}

/// The commands of `script`.
pub(super) fn parse(script: &str) -> Result<Vec<Node>, ScriptError> {
    let mut parser =
        Parser { words: words(script)?.into_iter().peekable(), last: Position { line: 1, column: 1 } };
    let commands = parser.commands(0)?;
    match parser.next() {
        (Token::End, _) => Ok(commands),
        (_, position) => Err(ScriptError::new(position, "thừa dấu đóng ngoặc", "a bracket too many")),
    }
}

struct Parser {
    words: std::iter::Peekable<std::vec::IntoIter<(Token, Position)>>,
    last: Position,
}

impl Parser {
    fn next(&mut self) -> (Token, Position) {
        let (token, position) = self.words.next().unwrap_or((Token::End, self.last));
        self.last = position;
        (token, position)
    }

    fn peek(&mut self) -> &Token {
        self.words.peek().map_or(&Token::End, |(token, _)| token)
    }

    fn expected<T>(&self, position: Position, what: &str) -> Result<T, ScriptError> {
        Err(ScriptError::new(position, format!("ở đây cần {what}"), format!("{what} is expected here")))
    }

    fn commands(&mut self, depth: usize) -> Result<Vec<Node>, ScriptError> {
        let mut all = Vec::new();
        while matches!(self.peek(), Token::Word(_)) {
            let mut command = self.head(depth)?;
            match self.next() {
                (Token::Sign(';'), _) => {}
                (Token::Sign('{'), _) => {
                    command.block = Some(self.commands(depth + 1)?);
                    match self.next() {
                        (Token::Sign('}'), _) => {}
                        (_, position) => return self.expected(position, "“}”"),
                    }
                }
                (_, position) => return self.expected(position, "“;”"),
            }
            all.push(command);
        }
        if depth == 0 && !matches!(self.peek(), Token::End | Token::Sign('}')) {
            let (_, position) = self.next();
            return self.expected(position, "một lệnh (a command)");
        }
        Ok(all)
    }

    /// A name, its arguments and its tests.
    fn head(&mut self, depth: usize) -> Result<Node, ScriptError> {
        let (Token::Word(name), position) = self.next() else {
            return self.expected(self.last, "một tên lệnh (a name)");
        };
        if depth > MAX_DEPTH {
            return Err(ScriptError::new(position, "lồng nhau quá sâu", "nested too deeply"));
        }
        let mut node = Node { position, name, arguments: Vec::new(), tests: Vec::new(), block: None };
        loop {
            match self.peek() {
                Token::Tag(_) | Token::Number(_) | Token::Text(_) | Token::Sign('[') => {
                    let argument = self.argument()?;
                    node.arguments.push(argument);
                }
                Token::Word(_) => {
                    node.tests.push(self.head(depth + 1)?);
                    return Ok(node);
                }
                Token::Sign('(') => {
                    self.next();
                    node.tests = self.test_list(depth)?;
                    return Ok(node);
                }
                _ => return Ok(node),
            }
        }
    }

    fn test_list(&mut self, depth: usize) -> Result<Vec<Node>, ScriptError> {
        let mut tests = Vec::new();
        loop {
            tests.push(self.head(depth + 1)?);
            match self.next() {
                (Token::Sign(','), _) => {}
                (Token::Sign(')'), _) => return Ok(tests),
                (_, position) => return self.expected(position, "“,” hoặc (or) “)”"),
            }
        }
    }

    fn argument(&mut self) -> Result<Argument, ScriptError> {
        let (token, position) = self.next();
        let value = match token {
            Token::Tag(tag) => Value::Tag(tag),
            Token::Number(number) => Value::Number(number),
            Token::Text(text) => Value::Strings(vec![text]),
            _ => Value::Strings(self.string_list()?),
        };
        Ok(Argument { position, value })
    }

    fn string_list(&mut self) -> Result<Vec<String>, ScriptError> {
        let mut strings = Vec::new();
        loop {
            match self.next() {
                (Token::Text(text), _) => strings.push(text),
                (_, position) => return self.expected(position, "một chuỗi (a string)"),
            }
            match self.next() {
                (Token::Sign(','), _) => {}
                (Token::Sign(']'), _) => return Ok(strings),
                (_, position) => return self.expected(position, "“,” hoặc (or) “]”"),
            }
        }
    }
}

/// Blocks and tests within each other.
const MAX_DEPTH: usize = 30;
