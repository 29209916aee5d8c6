//! The filter of `Email/query` (RFC 8621 §4.4.1), parsed once and legal from then on.

use base::Timestamp;
use serde_json::Value;

use super::{MethodError, date};
use crate::{mailbox::is_keyword, search::Words};

/// A filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// One condition.
    Condition(Condition),
    /// Several filters, combined.
    Operator(Operator, Vec<Filter>),
}

/// How filters combine (RFC 8620 §5.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// All hold.
    And,
    /// One holds.
    Or,
    /// None holds.
    Not,
}

/// One condition. Words are folded: "Báo cáo" and "bao cao" are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The letter is in this folder.
    InFolder(String),
    /// The letter is in a folder that is none of these.
    InFolderOtherThan(Vec<String>),
    /// Received before.
    Before(Timestamp),
    /// Received at or after.
    After(Timestamp),
    /// At least so many octets.
    MinSize(i64),
    /// Fewer octets.
    MaxSize(i64),
    /// Has the keyword.
    HasKeyword(String),
    /// Does not have it.
    NotKeyword(String),
    /// A letter of its conversation has the keyword.
    SomeInThreadHaveKeyword(String),
    /// Carries files, or not.
    HasAttachment(bool),
    /// These words anywhere.
    Text(Words),
    /// In the author.
    From(Words),
    /// In the recipients.
    To(Words),
    /// In the recipients of a copy.
    Cc(Words),
    /// In the hidden recipients.
    Bcc(Words),
    /// In the subject.
    Subject(Words),
    /// In the text.
    Body(Words),
}

impl Filter {
    /// Parses `value`.
    ///
    /// # Errors
    /// `invalidArguments` for a wrong shape, `unsupportedFilter` for an unknown condition.
    pub fn parse(value: &Value) -> Result<Self, MethodError> {
        let mut budget = MAX_CONDITIONS;
        parse(value, MAX_DEPTH, &mut budget)
    }
}

impl Filter {
    /// Whether a letter may begin or cease to match: its words and dates never change, its folders and
    /// keywords do.
    pub fn is_mutable(&self) -> bool {
        match self {
            Self::Operator(_, filters) => filters.iter().any(Self::is_mutable),
            Self::Condition(condition) => matches!(
                condition,
                Condition::InFolder(_)
                    | Condition::InFolderOtherThan(_)
                    | Condition::HasKeyword(_)
                    | Condition::NotKeyword(_)
                    | Condition::SomeInThreadHaveKeyword(_)
            ),
        }
    }
}

fn parse(value: &Value, depth: usize, budget: &mut usize) -> Result<Filter, MethodError> {
    let object = value.as_object().ok_or_else(|| MethodError::invalid("a filter is an object"))?;
    if depth == 0 {
        return Err(MethodError::UnsupportedFilter("nested too deep".to_owned()));
    }
    if let Some(operator) = object.get("operator") {
        let operator = match operator.as_str() {
            Some("AND") => Operator::And,
            Some("OR") => Operator::Or,
            Some("NOT") => Operator::Not,
            _ => return Err(MethodError::invalid("operator is AND, OR or NOT")),
        };
        let conditions = object.get("conditions").and_then(Value::as_array);
        let conditions = conditions.ok_or_else(|| MethodError::invalid("conditions is an array"))?;
        let filters = conditions.iter().map(|one| parse(one, depth - 1, budget)).collect::<Result<_, _>>()?;
        return Ok(Filter::Operator(operator, filters));
    }
    let mut conditions = Vec::new();
    for (name, value) in object {
        *budget = budget
            .checked_sub(1)
            .ok_or_else(|| MethodError::UnsupportedFilter("too many conditions".to_owned()))?;
        conditions.push(Filter::Condition(condition(name, value)?));
    }
    // RFC 8621 §4.4.1: all members of one condition object hold together.
    match (conditions.pop(), conditions.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(last), false) => {
            conditions.push(last);
            Ok(Filter::Operator(Operator::And, conditions))
        }
        (None, _) => Ok(Filter::Operator(Operator::And, conditions)),
    }
}

fn condition(name: &str, value: &Value) -> Result<Condition, MethodError> {
    let wrong = || MethodError::invalid(format!("filter/{name} has the wrong type"));
    let text = || value.as_str().map(str::to_owned).ok_or_else(wrong);
    let words = || Ok(Words::parse(value.as_str().ok_or_else(wrong)?));
    let moment = || value.as_str().and_then(date::parse).ok_or_else(wrong);
    let size = || value.as_i64().filter(|n| *n >= 0).ok_or_else(wrong);
    let keyword = || {
        let keyword = value.as_str().ok_or_else(wrong)?.to_ascii_lowercase();
        if is_keyword(&keyword) { Ok(keyword) } else { Err(wrong()) }
    };
    Ok(match name {
        "inMailbox" => Condition::InFolder(text()?),
        "inMailboxOtherThan" => {
            let list = value.as_array().filter(|list| list.len() <= MAX_CONDITIONS).ok_or_else(wrong)?;
            let folders = list.iter().map(|one| one.as_str().map(str::to_owned).ok_or_else(wrong));
            Condition::InFolderOtherThan(folders.collect::<Result<_, _>>()?)
        }
        "before" => Condition::Before(moment()?),
        "after" => Condition::After(moment()?),
        "minSize" => Condition::MinSize(size()?),
        "maxSize" => Condition::MaxSize(size()?),
        "hasKeyword" => Condition::HasKeyword(keyword()?),
        "notKeyword" => Condition::NotKeyword(keyword()?),
        "someInThreadHaveKeyword" => Condition::SomeInThreadHaveKeyword(keyword()?),
        "hasAttachment" => Condition::HasAttachment(value.as_bool().ok_or_else(wrong)?),
        "text" => Condition::Text(words()?),
        "from" => Condition::From(words()?),
        "to" => Condition::To(words()?),
        "cc" => Condition::Cc(words()?),
        "bcc" => Condition::Bcc(words()?),
        "subject" => Condition::Subject(words()?),
        "body" => Condition::Body(words()?),
        _ => return Err(MethodError::UnsupportedFilter(name.chars().take(100).collect())),
    })
}

/// Filters within filters.
const MAX_DEPTH: usize = 8;
/// Conditions of one query.
const MAX_CONDITIONS: usize = 100;
