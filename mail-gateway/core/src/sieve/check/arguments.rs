//! The arguments of one command or test: tags in any order, then what the command wants, then nothing.

use super::{
    Checker, Comparator, Index, MatchKind, Matching, Node, Part, Position, Relation, ScriptError, Text,
    Value, fail,
};

pub(super) struct Arguments {
    position: Position,
    left: Vec<(Position, Value)>,
    encoded: bool,
    variables: bool,
}

impl Arguments {
    pub(super) fn of(checker: &Checker, node: &Node) -> Result<Self, ScriptError> {
        Ok(Self {
            position: node.position,
            left: node.arguments.iter().map(|argument| (argument.position, argument.value.clone())).collect(),
            encoded: checker.has("encoded-character"),
            variables: checker.has("variables"),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// Takes the tag `name` when it is there.
    pub(super) fn tag(&mut self, name: &str) -> bool {
        self.take_tag(name).is_some()
    }

    fn take_tag(&mut self, name: &str) -> Option<usize> {
        let at = self.left.iter().position(|(_, value)| *value == Value::Tag(name.to_owned()))?;
        self.left.remove(at);
        Some(at)
    }

    /// Takes the tag `name` and what stands behind it.
    fn tagged(&mut self, name: &str) -> Result<Option<(Position, Value)>, ScriptError> {
        let Some(at) = self.take_tag(name) else { return Ok(None) };
        if at >= self.left.len() {
            return fail(
                self.position,
                format!("thiếu giá trị sau :{name}"),
                format!("a value is missing after :{name}"),
            );
        }
        Ok(Some(self.left.remove(at)))
    }

    pub(super) fn tagged_number(&mut self, name: &str) -> Result<Option<u64>, ScriptError> {
        match self.tagged(name)? {
            None => Ok(None),
            Some((_, Value::Number(number))) => Ok(Some(number)),
            Some((at, _)) => fail(at, format!("sau :{name} cần một số"), format!(":{name} takes a number")),
        }
    }

    pub(super) fn tagged_strings(&mut self, name: &str) -> Result<Option<Vec<Text>>, ScriptError> {
        match self.tagged(name)? {
            None => Ok(None),
            Some((_, Value::Strings(list))) => Ok(Some(self.texts(&list))),
            Some((at, _)) => {
                fail(at, format!("sau :{name} cần một chuỗi"), format!(":{name} takes a string"))
            }
        }
    }

    pub(super) fn tagged_string(&mut self, name: &str) -> Result<Option<Text>, ScriptError> {
        let at = self.position;
        match self.tagged_strings(name)? {
            None => Ok(None),
            Some(list) => match <[Text; 1]>::try_from(list) {
                Ok([text]) => Ok(Some(text)),
                Err(_) => fail(at, format!("sau :{name} cần một chuỗi"), format!(":{name} takes one string")),
            },
        }
    }

    fn texts(&self, list: &[String]) -> Vec<Text> {
        list.iter().map(|text| Text::parse(text, self.encoded, self.variables)).collect()
    }

    /// The next string list.
    pub(super) fn strings(&mut self) -> Result<Vec<Text>, ScriptError> {
        let next = if self.left.is_empty() { None } else { Some(self.left.remove(0)) };
        match next {
            Some((_, Value::Strings(list))) => Ok(self.texts(&list)),
            Some((at, Value::Tag(tag))) => {
                fail(at, format!("không có :{tag} ở lệnh này"), format!(":{tag} does not belong here"))
            }
            Some((at, Value::Number(_))) => fail(at, "cần một chuỗi", "a string is needed"),
            None => fail(self.position, "thiếu một chuỗi", "a string is missing"),
        }
    }

    /// The next string.
    pub(super) fn string(&mut self) -> Result<Text, ScriptError> {
        let at = self.left.first().map_or(self.position, |(at, _)| *at);
        match <[Text; 1]>::try_from(self.strings()?) {
            Ok([text]) => Ok(text),
            Err(_) => fail(at, "chỉ cần một chuỗi", "one string is needed, not a list"),
        }
    }

    /// The next number.
    pub(super) fn number(&mut self) -> Result<u64, ScriptError> {
        match self.left.first() {
            Some((_, Value::Number(number))) => {
                let number = *number;
                self.left.remove(0);
                Ok(number)
            }
            other => fail(other.map_or(self.position, |(at, _)| *at), "cần một số", "a number is needed"),
        }
    }

    /// Nothing may be left.
    pub(super) fn end(&self) -> Result<(), ScriptError> {
        match self.left.first() {
            None => Ok(()),
            Some((at, Value::Tag(tag))) => {
                fail(*at, format!("không có :{tag} ở lệnh này"), format!(":{tag} does not belong here"))
            }
            Some((at, _)) => fail(*at, "thừa tham số", "an argument too many"),
        }
    }

    /// `:flags` (RFC 5232 §5).
    pub(super) fn flags(&mut self, checker: &Checker) -> Result<Option<Vec<Text>>, ScriptError> {
        let flags = self.tagged_strings("flags")?;
        if flags.is_some() {
            checker.needs(self.position, "imap4flags")?;
        }
        Ok(flags)
    }

    /// Match type and comparator (§2.7, RFC 5231).
    pub(super) fn matching(&mut self, checker: &Checker) -> Result<Matching, ScriptError> {
        let at = self.position;
        let mut kinds = Vec::new();
        for (tag, kind) in
            [("is", MatchKind::Is), ("contains", MatchKind::Contains), ("matches", MatchKind::Matches)]
        {
            if self.tag(tag) {
                kinds.push(kind);
            }
        }
        for (tag, kind) in
            [("value", MatchKind::Value as fn(Relation) -> MatchKind), ("count", MatchKind::Count)]
        {
            if let Some(word) = self.tagged_string(tag)? {
                checker.needs(at, "relational")?;
                let Some(relation) = word.fixed().and_then(relation) else {
                    return fail(
                        at,
                        "phép so sánh phải là gt, ge, lt, le, eq hoặc ne",
                        "gt, ge, lt, le, eq or ne is needed",
                    );
                };
                kinds.push(kind(relation));
            }
        }
        let comparator = match self.tagged_string("comparator")? {
            None => Comparator::AsciiCasemap,
            Some(name) => match name.fixed().and_then(comparator) {
                Some(Comparator::AsciiNumeric) => {
                    checker.needs(at, "comparator-i;ascii-numeric")?;
                    Comparator::AsciiNumeric
                }
                Some(Comparator::UnicodeCasemap) => {
                    checker.needs(at, "comparator-i;unicode-casemap")?;
                    Comparator::UnicodeCasemap
                }
                Some(other) => other,
                None => return fail(at, "không có bộ so sánh này", "there is no such comparator"),
            },
        };
        match kinds.as_slice() {
            [] => Ok(Matching { kind: MatchKind::Is, comparator }),
            [kind] => {
                let words = matches!(kind, MatchKind::Contains | MatchKind::Matches);
                if words && comparator == Comparator::AsciiNumeric {
                    return fail(at, "số không so sánh được theo mẫu", "numbers cannot be matched by parts");
                }
                Ok(Matching { kind: *kind, comparator })
            }
            _ => fail(at, "chỉ được một kiểu so sánh", "only one match type may be given"),
        }
    }

    /// The part of an address (§2.7.4, RFC 5233 §3).
    pub(super) fn part(&mut self, checker: &Checker) -> Result<Part, ScriptError> {
        let mut parts = Vec::new();
        for (tag, part) in [
            ("all", Part::All),
            ("localpart", Part::Local),
            ("domain", Part::Domain),
            ("user", Part::User),
            ("detail", Part::Detail),
        ] {
            if self.tag(tag) {
                if matches!(part, Part::User | Part::Detail) {
                    checker.needs(self.position, "subaddress")?;
                }
                parts.push(part);
            }
        }
        match parts.as_slice() {
            [] => Ok(Part::All),
            [part] => Ok(*part),
            _ => fail(self.position, "chỉ được một phần của địa chỉ", "only one address part may be given"),
        }
    }

    /// `:index` and `:last` (RFC 5260 §6).
    pub(super) fn index(&mut self, checker: &Checker) -> Result<Option<Index>, ScriptError> {
        let number = self.tagged_number("index")?;
        let from_last = self.tag("last");
        match number {
            Some(number) if number > 0 => {
                checker.needs(self.position, "index")?;
                Ok(Some(Index { number: usize::try_from(number).unwrap_or(usize::MAX), from_last }))
            }
            None if !from_last => Ok(None),
            _ => fail(self.position, ":index cần một số từ 1", ":index takes a number from 1"),
        }
    }
}

fn relation(word: &str) -> Option<Relation> {
    Some(match word.to_ascii_lowercase().as_str() {
        "gt" => Relation::Greater,
        "ge" => Relation::GreaterOrEqual,
        "lt" => Relation::Less,
        "le" => Relation::LessOrEqual,
        "eq" => Relation::Equal,
        "ne" => Relation::NotEqual,
        _ => return None,
    })
}

fn comparator(name: &str) -> Option<Comparator> {
    Some(match name.to_ascii_lowercase().as_str() {
        "i;octet" => Comparator::Octet,
        "i;ascii-casemap" => Comparator::AsciiCasemap,
        "i;ascii-numeric" => Comparator::AsciiNumeric,
        "i;unicode-casemap" => Comparator::UnicodeCasemap,
        _ => return None,
    })
}
