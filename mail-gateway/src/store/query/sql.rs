//! A filter as a condition in SQL. Every text of a client is bound, never spliced.

use database::{
    Dialect,
    sqlx::{self, Any, AssertSqlSafe, any::AnyArguments, query::Query},
};
use mail_gateway_core::{
    jmap::filter::{Condition, Filter, Operator},
    search::Words,
};

use super::super::index::{self, Field};

#[derive(Clone)]
pub(super) enum Value {
    Text(String),
    Number(i64),
}

/// A statement growing, with the values bound so far.
#[derive(Clone)]
pub(super) struct Sql {
    dialect: Dialect,
    account: String,
    values: Vec<Value>,
    /// Whether the row `b` of the body is needed.
    pub(super) needs_body: bool,
}

impl Sql {
    pub(super) fn new(dialect: Dialect, account: String) -> Self {
        Self { dialect, values: vec![Value::Text(account.clone())], account, needs_body: false }
    }

    pub(super) fn value(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    /// The query `text` with its values.
    pub(super) fn bind(self, text: String) -> Query<'static, Any, AnyArguments> {
        let mut query = sqlx::query(AssertSqlSafe(text));
        for value in self.values {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Number(number) => query.bind(number),
            };
        }
        query
    }

    pub(super) fn filter(&mut self, filter: &Filter) -> String {
        match filter {
            Filter::Condition(condition) => self.condition(condition),
            Filter::Operator(operator, filters) => {
                let parts: Vec<String> = filters.iter().map(|filter| self.filter(filter)).collect();
                match operator {
                    Operator::And if parts.is_empty() => "1 = 1".to_owned(),
                    Operator::Or if parts.is_empty() => "1 = 0".to_owned(),
                    Operator::And => format!("({})", parts.join(" AND ")),
                    Operator::Or => format!("({})", parts.join(" OR ")),
                    // RFC 8620 §5.5: NOT is true when none of its conditions is.
                    Operator::Not if parts.is_empty() => "1 = 1".to_owned(),
                    Operator::Not => format!("NOT ({})", parts.join(" OR ")),
                }
            }
        }
    }

    /// The condition that `words` are in `field`; with `most`, of only so many letters that came last.
    pub(super) fn words(&mut self, field: Field, words: &Words, most: Option<usize>) -> String {
        if words.is_empty() {
            return "1 = 1".to_owned();
        }
        let (dialect, account) = (self.dialect, self.account.clone());
        index::condition(dialect, &account, field, words, most, |expression| {
            self.value(Value::Text(expression))
        })
    }

    fn condition(&mut self, condition: &Condition) -> String {
        if let Some((field, words)) = words_of(condition) {
            return self.words(field, words, None);
        }
        match condition {
            Condition::InFolder(folder) => {
                let folder = self.value(Value::Text(folder.clone()));
                format!(
                    "EXISTS (SELECT 1 FROM letter_folder f WHERE f.letter = l.id AND f.folder = {folder})"
                )
            }
            Condition::InFolderOtherThan(folders) => {
                let list: Vec<String> =
                    folders.iter().map(|folder| self.value(Value::Text(folder.clone()))).collect();
                let list = if list.is_empty() { "''".to_owned() } else { list.join(", ") };
                format!(
                    "EXISTS (SELECT 1 FROM letter_folder f WHERE f.letter = l.id AND f.folder NOT IN ({list}))"
                )
            }
            Condition::Before(at) => format!("l.received < {}", self.value(Value::Number(at.as_micros()))),
            Condition::After(at) => format!("l.received >= {}", self.value(Value::Number(at.as_micros()))),
            Condition::MinSize(size) => self.of_body("b.size >= ", *size),
            Condition::MaxSize(size) => self.of_body("b.size < ", *size),
            Condition::HasAttachment(has) => self.of_body("b.has_attachment = ", i64::from(*has)),
            Condition::HasKeyword(keyword) => self.keyword("EXISTS", keyword),
            Condition::NotKeyword(keyword) => self.keyword("NOT EXISTS", keyword),
            Condition::SomeInThreadHaveKeyword(keyword) => {
                let keyword = self.value(Value::Text(keyword.clone()));
                format!(
                    "EXISTS (SELECT 1 FROM letters t JOIN keywords k ON k.letter = t.id \
                     WHERE t.account = l.account AND t.thread = l.thread AND k.keyword = {keyword})"
                )
            }
            // Answered above.
            _ => "1 = 1".to_owned(),
        }
    }

    fn of_body(&mut self, comparison: &str, number: i64) -> String {
        self.needs_body = true;
        format!("{comparison}{}", self.value(Value::Number(number)))
    }

    fn keyword(&mut self, exists: &str, keyword: &str) -> String {
        let keyword = self.value(Value::Text(keyword.to_owned()));
        format!("{exists} (SELECT 1 FROM keywords k WHERE k.letter = l.id AND k.keyword = {keyword})")
    }
}

/// The words a condition asks for and where.
pub(super) fn words_of(condition: &Condition) -> Option<(Field, &Words)> {
    Some(match condition {
        Condition::Text(words) => (Field::Any, words),
        Condition::From(words) => (Field::From, words),
        Condition::To(words) => (Field::To, words),
        Condition::Cc(words) => (Field::Cc, words),
        Condition::Bcc(words) => (Field::Bcc, words),
        Condition::Subject(words) => (Field::Subject, words),
        Condition::Body(words) => (Field::Body, words),
        _ => return None,
    })
}
