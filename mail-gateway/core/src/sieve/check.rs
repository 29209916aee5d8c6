//! From commands the grammar allows to a [`Script`] of commands that exist (RFC 5228 §2.10.5): every error
//! is found before a letter meets the script.

use super::{
    EXTENSIONS, MAX_SCRIPT, Script,
    error::{Position, ScriptError},
    parser::{Node, Value, parse},
    program::{
        Comparator, Duplicate, EnvelopePart, FileInto, FlagAct, Headers, Index, MatchKind, Matching,
        Modifier, Moment, Part, Relation, Statement, Test, Transform, Vacation, Zone,
    },
    text::{Text, is_name},
};

mod arguments;
mod test;

use arguments::Arguments;

impl Script {
    /// Reads and checks a script.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn compile(source: &str) -> Result<Self, ScriptError> {
        let start = Position { line: 1, column: 1 };
        if source.len() > MAX_SCRIPT {
            return Err(ScriptError::new(
                start,
                "kịch bản lớn hơn 128 KiB",
                "the script is larger than 128 KiB",
            ));
        }
        let nodes = parse(source)?;
        let mut checker = Checker { required: Vec::new(), remembers: false };
        let body = checker.requires(&nodes)?;
        let statements = checker.block(body)?;
        Ok(Self { statements, remembers: checker.remembers })
    }
}

pub(super) struct Checker {
    required: Vec<String>,
    remembers: bool,
}

fn fail<T>(
    at: Position,
    vietnamese: impl Into<String>,
    english: impl Into<String>,
) -> Result<T, ScriptError> {
    Err(ScriptError::new(at, vietnamese, english))
}

impl Checker {
    /// §3.2: `require` stands before everything else.
    fn requires<'a>(&mut self, nodes: &'a [Node]) -> Result<&'a [Node], ScriptError> {
        let count = nodes.iter().take_while(|node| node.name == "require").count();
        let (requires, body) = nodes.split_at(count);
        for node in requires {
            let mut arguments = Arguments::of(self, node)?;
            let names = arguments.strings()?;
            arguments.end()?;
            for name in names.iter().filter_map(Text::fixed) {
                let name = name.to_ascii_lowercase();
                if !EXTENSIONS.contains(&name.as_str()) {
                    return fail(
                        node.position,
                        format!("hệ thống không có phần mở rộng “{name}”"),
                        format!("there is no extension “{name}” here"),
                    );
                }
                self.required.push(name);
            }
        }
        Ok(body)
    }

    fn has(&self, extension: &str) -> bool {
        self.required.iter().any(|name| name == extension)
    }

    /// Says that a command needs an extension the script did not require.
    fn needs(&self, at: Position, extension: &str) -> Result<(), ScriptError> {
        if self.has(extension) {
            return Ok(());
        }
        fail(at, format!("thiếu require \"{extension}\""), format!("require \"{extension}\" is missing"))
    }

    fn block(&mut self, nodes: &[Node]) -> Result<Vec<Statement>, ScriptError> {
        let mut statements = Vec::new();
        let mut at = 0;
        while let Some(node) = nodes.get(at) {
            at += 1;
            if node.name == "if" {
                let chain = nodes.get(at..).unwrap_or_default();
                let length =
                    chain.iter().take_while(|next| next.name == "elsif" || next.name == "else").count();
                statements.push(self.branches(node, chain.get(..length).unwrap_or_default())?);
                at += length;
                continue;
            }
            if node.block.is_some() && known(&node.name) {
                return fail(node.position, "lệnh này không có khối { }", "this command has no block");
            }
            if !node.tests.is_empty() {
                return fail(node.position, "lệnh này không có điều kiện", "this command has no test");
            }
            statements.push(self.statement(node)?);
        }
        Ok(statements)
    }

    fn branches(&mut self, first: &Node, rest: &[Node]) -> Result<Statement, ScriptError> {
        let (mut branches, mut otherwise) = (Vec::new(), None);
        for node in std::iter::once(first).chain(rest) {
            let Some(block) = &node.block else {
                return fail(node.position, "thiếu khối { }", "a block is missing");
            };
            if otherwise.is_some() {
                return fail(node.position, "else phải đứng cuối", "nothing may follow else");
            }
            Arguments::of(self, node)?.end()?;
            match (node.name.as_str(), node.tests.as_slice()) {
                ("else", []) => otherwise = Some(self.block(block)?),
                ("else", _) => return fail(node.position, "else không có điều kiện", "else has no test"),
                (_, [test]) => branches.push((self.test(test)?, self.block(block)?)),
                _ => return fail(node.position, "cần đúng một điều kiện", "exactly one test is needed"),
            }
        }
        Ok(Statement::If(branches, otherwise.unwrap_or_default()))
    }

    fn statement(&mut self, node: &Node) -> Result<Statement, ScriptError> {
        let at = node.position;
        let mut arguments = Arguments::of(self, node)?;
        let statement = match node.name.as_str() {
            "stop" => Statement::Stop,
            "discard" => Statement::Discard,
            "keep" => Statement::Keep(arguments.flags(self)?),
            "redirect" => {
                let copy = arguments.tag("copy");
                if copy {
                    self.needs(at, "copy")?;
                }
                let address = arguments.string()?;
                let malformed =
                    address.fixed().is_some_and(|text| text.parse::<directory_core::EmailAddress>().is_err());
                if malformed {
                    return fail(
                        at,
                        "địa chỉ chuyển tiếp không hợp lệ",
                        "the address to redirect to is none",
                    );
                }
                Statement::Redirect { address, copy }
            }
            "fileinto" => self.file_into(at, &mut arguments)?,
            "reject" | "ereject" => {
                self.needs(at, &node.name)?;
                Statement::Reject(arguments.string()?)
            }
            "vacation" => self.vacation(at, &mut arguments)?,
            "set" => self.set(at, &mut arguments)?,
            "setflag" | "addflag" | "removeflag" => self.change_flags(node, &mut arguments)?,
            "require" => {
                return fail(at, "require phải đứng đầu kịch bản", "require must stand first");
            }
            "elsif" | "else" => return fail(at, "thiếu if phía trước", "there is no if before it"),
            other => {
                return fail(
                    at,
                    format!("không có lệnh “{other}”"),
                    format!("there is no command “{other}”"),
                );
            }
        };
        arguments.end()?;
        Ok(statement)
    }

    fn file_into(&self, at: Position, arguments: &mut Arguments) -> Result<Statement, ScriptError> {
        self.needs(at, "fileinto")?;
        let flags = arguments.flags(self)?;
        let (copy, create) = (arguments.tag("copy"), arguments.tag("create"));
        if copy {
            self.needs(at, "copy")?;
        }
        if create {
            self.needs(at, "mailbox")?;
        }
        let special_use = arguments.tagged_string("specialuse")?;
        if special_use.is_some() {
            self.needs(at, "special-use")?;
        }
        Ok(Statement::FileInto(FileInto { folder: arguments.string()?, copy, create, flags, special_use }))
    }

    fn vacation(&mut self, at: Position, arguments: &mut Arguments) -> Result<Statement, ScriptError> {
        self.needs(at, "vacation")?;
        self.remembers = true;
        let days = arguments.tagged_number("days")?.map(|days| days.clamp(1, 365).saturating_mul(86_400));
        let seconds = arguments.tagged_number("seconds")?;
        if seconds.is_some() {
            self.needs(at, "vacation-seconds")?;
        }
        let vacation = Vacation {
            // RFC 6131 §2: nought answers every letter, which two machines would do for ever.
            seconds: seconds.map(|n| n.clamp(60, 365 * 86_400)).or(days).unwrap_or(7 * 86_400),
            subject: arguments.tagged_string("subject")?,
            from: arguments.tagged_string("from")?,
            addresses: arguments.tagged_strings("addresses")?.unwrap_or_default(),
            mime: arguments.tag("mime"),
            handle: arguments.tagged_string("handle")?,
            reason: arguments.string()?,
        };
        Ok(Statement::Vacation(Box::new(vacation)))
    }

    fn set(&self, at: Position, arguments: &mut Arguments) -> Result<Statement, ScriptError> {
        self.needs(at, "variables")?;
        let mut modifiers = Vec::new();
        for (tag, modifier) in [
            ("lower", Modifier::Lower),
            ("upper", Modifier::Upper),
            ("lowerfirst", Modifier::LowerFirst),
            ("upperfirst", Modifier::UpperFirst),
            ("quotewildcard", Modifier::QuoteWildcard),
            ("length", Modifier::Length),
        ] {
            if arguments.tag(tag) {
                if modifiers.iter().any(|other: &Modifier| other.precedence() == modifier.precedence()) {
                    return fail(at, "hai từ bổ nghĩa loại trừ nhau", "two modifiers exclude each other");
                }
                modifiers.push(modifier);
            }
        }
        let name = arguments.string()?;
        let name = name.fixed().filter(|name| is_name(name)).map(str::to_ascii_lowercase);
        let Some(name) = name else {
            return fail(at, "tên biến không hợp lệ", "not a variable's name");
        };
        Ok(Statement::Set { name, value: arguments.string()?, modifiers })
    }

    fn change_flags(&self, node: &Node, arguments: &mut Arguments) -> Result<Statement, ScriptError> {
        self.needs(node.position, "imap4flags")?;
        let act = match node.name.as_str() {
            "setflag" => FlagAct::Set,
            "addflag" => FlagAct::Add,
            _ => FlagAct::Remove,
        };
        let first = arguments.strings()?;
        if arguments.is_empty() {
            return Ok(Statement::Flags { act, variable: None, flags: first });
        }
        self.needs(node.position, "variables")?;
        let variable = match first.as_slice() {
            [name] => name.fixed().filter(|name| is_name(name)).map(str::to_ascii_lowercase),
            _ => None,
        };
        if variable.is_none() {
            return fail(node.position, "tên biến không hợp lệ", "not a variable's name");
        }
        Ok(Statement::Flags { act, variable, flags: arguments.strings()? })
    }
}

fn known(name: &str) -> bool {
    !matches!(name, "elsif" | "else")
}
