//! Tests (RFC 5228 §5 and the extensions').

use super::{
    Checker, Duplicate, EnvelopePart, Headers, Moment, Node, ScriptError, Test, Text, Transform, Zone,
    arguments::Arguments, fail,
};
use crate::sieve::date;

impl Checker {
    pub(super) fn test(&mut self, node: &Node) -> Result<Test, ScriptError> {
        let at = node.position;
        let mut arguments = Arguments::of(self, node)?;
        match node.name.as_str() {
            "not" | "allof" | "anyof" => {
                arguments.end()?;
                return self.combined(node);
            }
            _ if !node.tests.is_empty() => {
                return fail(at, "điều kiện này không chứa điều kiện khác", "this test holds no tests");
            }
            _ => {}
        }
        let test = match node.name.as_str() {
            "true" => Test::True,
            "false" => Test::False,
            "exists" => Test::Exists(arguments.strings()?),
            "size" => match (arguments.tag("over"), arguments.tag("under")) {
                (true, false) => Test::Size { over: true, limit: arguments.number()? },
                (false, true) => Test::Size { over: false, limit: arguments.number()? },
                _ => return fail(at, "size cần :over hoặc :under", "size takes :over or :under"),
            },
            "header" => Test::Header(self.headers(&mut arguments)?),
            "address" => {
                let part = arguments.part(self)?;
                Test::Address { headers: self.headers(&mut arguments)?, part }
            }
            "envelope" => self.envelope(node, &mut arguments)?,
            "body" => self.body(node, &mut arguments)?,
            "string" => {
                self.needs(at, "variables")?;
                let how = arguments.matching(self)?;
                Test::Strings { sources: arguments.strings()?, how, keys: arguments.strings()? }
            }
            "hasflag" => self.has_flag(node, &mut arguments)?,
            "date" | "currentdate" => self.date(node, &mut arguments)?,
            "mailboxexists" => {
                self.needs(at, "mailbox")?;
                Test::MailboxExists(arguments.strings()?)
            }
            "specialuse_exists" => {
                self.needs(at, "special-use")?;
                let first = arguments.strings()?;
                match (arguments.is_empty(), <[Text; 1]>::try_from(first)) {
                    (false, Ok([folder])) => {
                        Test::SpecialUseExists { folder: Some(folder), uses: arguments.strings()? }
                    }
                    (true, Ok([one])) => Test::SpecialUseExists { folder: None, uses: vec![one] },
                    (true, Err(uses)) => Test::SpecialUseExists { folder: None, uses },
                    (false, Err(_)) => {
                        return fail(at, "chỉ cần một chuỗi", "one string is needed, not a list");
                    }
                }
            }
            "duplicate" => self.duplicate(node, &mut arguments)?,
            other => {
                return fail(
                    at,
                    format!("không có điều kiện “{other}”"),
                    format!("there is no test “{other}”"),
                );
            }
        };
        arguments.end()?;
        Ok(test)
    }

    fn combined(&mut self, node: &Node) -> Result<Test, ScriptError> {
        let mut tests = node.tests.iter().map(|test| self.test(test)).collect::<Result<Vec<_>, _>>()?;
        match (node.name.as_str(), tests.len()) {
            ("not", 1) => Ok(Test::Not(Box::new(tests.remove(0)))),
            ("allof", 1..) => Ok(Test::All(tests)),
            ("anyof", 1..) => Ok(Test::Any(tests)),
            _ => fail(node.position, "số điều kiện không đúng", "the number of tests is wrong"),
        }
    }

    fn headers(&self, arguments: &mut Arguments) -> Result<Headers, ScriptError> {
        let (how, index) = (arguments.matching(self)?, arguments.index(self)?);
        Ok(Headers { names: arguments.strings()?, index, how, keys: arguments.strings()? })
    }

    fn envelope(&self, node: &Node, arguments: &mut Arguments) -> Result<Test, ScriptError> {
        self.needs(node.position, "envelope")?;
        let (how, part) = (arguments.matching(self)?, arguments.part(self)?);
        let mut parts = Vec::new();
        for name in arguments.strings()? {
            parts.push(match name.fixed().map(str::to_ascii_lowercase).as_deref() {
                Some("from") => EnvelopePart::From,
                Some("to") => EnvelopePart::To,
                _ => {
                    return fail(node.position, "phong bì chỉ có from và to", "an envelope has from and to");
                }
            });
        }
        Ok(Test::Envelope { parts, part, how, keys: arguments.strings()? })
    }

    fn body(&self, node: &Node, arguments: &mut Arguments) -> Result<Test, ScriptError> {
        self.needs(node.position, "body")?;
        let how = arguments.matching(self)?;
        let content = arguments.tagged_strings("content")?;
        let transform = match (arguments.tag("raw"), content, arguments.tag("text")) {
            (true, None, false) => Transform::Raw,
            (false, Some(kinds), false) => Transform::Content(
                kinds.iter().filter_map(Text::fixed).map(str::to_ascii_lowercase).collect(),
            ),
            (false, None, _) => Transform::Text,
            _ => {
                return fail(
                    node.position,
                    "chỉ được một cách đọc nội dung",
                    "only one body transform may be given",
                );
            }
        };
        Ok(Test::Body { transform, how, keys: arguments.strings()? })
    }

    fn has_flag(&self, node: &Node, arguments: &mut Arguments) -> Result<Test, ScriptError> {
        self.needs(node.position, "imap4flags")?;
        let how = arguments.matching(self)?;
        let first = arguments.strings()?;
        if arguments.is_empty() {
            return Ok(Test::HasFlag { variables: Vec::new(), how, keys: first });
        }
        self.needs(node.position, "variables")?;
        let variables = first.iter().filter_map(Text::fixed).map(str::to_ascii_lowercase).collect();
        Ok(Test::HasFlag { variables, how, keys: arguments.strings()? })
    }

    fn date(&self, node: &Node, arguments: &mut Arguments) -> Result<Test, ScriptError> {
        self.needs(node.position, "date")?;
        let how = arguments.matching(self)?;
        let index = arguments.index(self)?;
        let original = arguments.tag("originalzone");
        let zone = match arguments.tagged_string("zone")? {
            _ if original => Some(Zone::Original),
            None => None,
            Some(text) => match text.fixed().and_then(date::zone) {
                Some(offset) => Some(Zone::Offset(offset)),
                None => return fail(node.position, "múi giờ phải như +0700", "a zone looks like +0700"),
            },
        };
        let moment = if node.name == "currentdate" {
            Moment::Now
        } else {
            Moment::Header { name: arguments.string()?, index }
        };
        let part = arguments.string()?;
        let known = part.fixed().filter(|part| date::Local::new(0, 0).part(part).is_some());
        let Some(part) = known else {
            return fail(node.position, "không có phần này của ngày", "there is no such part of a date");
        };
        Ok(Test::Date { moment, zone, part: part.to_owned(), how, keys: arguments.strings()? })
    }

    fn duplicate(&mut self, node: &Node, arguments: &mut Arguments) -> Result<Test, ScriptError> {
        self.needs(node.position, "duplicate")?;
        self.remembers = true;
        let duplicate = Duplicate {
            handle: arguments.tagged_string("handle")?,
            header: arguments.tagged_string("header")?,
            unique: arguments.tagged_string("uniqueid")?,
            seconds: arguments.tagged_number("seconds")?.unwrap_or(7 * 86_400).clamp(1, 90 * 86_400),
            last: arguments.tag("last"),
        };
        if duplicate.header.is_some() && duplicate.unique.is_some() {
            return fail(
                node.position,
                ":header và :uniqueid loại trừ nhau",
                ":header and :uniqueid exclude each other",
            );
        }
        Ok(Test::Duplicate(Box::new(duplicate)))
    }
}
