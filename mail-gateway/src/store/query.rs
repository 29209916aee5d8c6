//! Finding letters (RFC 8621 §4.4): a filter becomes SQL over folded words.

use base::MailboxId;
use database::sqlx::{self, AssertSqlSafe, Row};
use mail_gateway_core::jmap::filter::{Condition, Filter, Operator};

use super::{Store, StoreError};

/// A letter that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The letter.
    pub id: String,
    /// Its conversation.
    pub thread: String,
}

/// In which order hits come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Newest first.
    #[default]
    NewestFirst,
    /// Oldest first.
    OldestFirst,
    /// By size, biggest first.
    BiggestFirst,
}

impl Store {
    /// The letters of `account` that match, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn query(
        &self,
        account: MailboxId,
        filter: Option<&Filter>,
        order: Order,
    ) -> Result<Vec<Hit>, StoreError> {
        let mut sql = Sql::default();
        let account = sql.value(Value::Text(account.to_string()));
        let mut text = format!(
            "SELECT l.id, l.thread FROM letters l JOIN bodies b ON b.blob = l.blob WHERE l.account = {account}"
        );
        if let Some(filter) = filter {
            text.push_str(" AND ");
            text.push_str(&sql.filter(filter));
        }
        text.push_str(match order {
            Order::NewestFirst => " ORDER BY l.received DESC, l.id DESC",
            Order::OldestFirst => " ORDER BY l.received, l.id",
            Order::BiggestFirst => " ORDER BY b.size DESC, l.id DESC",
        });
        let mut query = sqlx::query(AssertSqlSafe(text));
        for value in sql.values {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Number(number) => query.bind(number),
            };
        }
        let rows = query.fetch_all(self.database().readers()).await?;
        rows.iter().map(|row| Ok(Hit { id: row.try_get(0)?, thread: row.try_get(1)? })).collect()
    }
}

enum Value {
    Text(String),
    Number(i64),
}

/// Values bound so far; every text of a client is bound, never spliced.
#[derive(Default)]
struct Sql {
    values: Vec<Value>,
}

impl Sql {
    fn value(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    fn filter(&mut self, filter: &Filter) -> String {
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

    fn condition(&mut self, condition: &Condition) -> String {
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
            Condition::MinSize(size) => format!("b.size >= {}", self.value(Value::Number(*size))),
            Condition::MaxSize(size) => format!("b.size < {}", self.value(Value::Number(*size))),
            Condition::HasKeyword(keyword) => self.keyword("EXISTS", keyword),
            Condition::NotKeyword(keyword) => self.keyword("NOT EXISTS", keyword),
            Condition::SomeInThreadHaveKeyword(keyword) => {
                let keyword = self.value(Value::Text(keyword.clone()));
                format!(
                    "EXISTS (SELECT 1 FROM letters t JOIN keywords k ON k.letter = t.id \
                     WHERE t.account = l.account AND t.thread = l.thread AND k.keyword = {keyword})"
                )
            }
            Condition::HasAttachment(has) => {
                format!("b.has_attachment = {}", self.value(Value::Number(i64::from(*has))))
            }
            Condition::Text(words) => self.words(
                words,
                &[
                    "b.search_subject",
                    "b.search_from",
                    "b.search_to",
                    "b.search_cc",
                    "b.search_bcc",
                    "b.search_body",
                ],
            ),
            Condition::From(words) => self.words(words, &["b.search_from"]),
            Condition::To(words) => self.words(words, &["b.search_to"]),
            Condition::Cc(words) => self.words(words, &["b.search_cc"]),
            Condition::Bcc(words) => self.words(words, &["b.search_bcc"]),
            Condition::Subject(words) => self.words(words, &["b.search_subject"]),
            Condition::Body(words) => self.words(words, &["b.search_body"]),
        }
    }

    fn keyword(&mut self, exists: &str, keyword: &str) -> String {
        let keyword = self.value(Value::Text(keyword.to_owned()));
        format!("{exists} (SELECT 1 FROM keywords k WHERE k.letter = l.id AND k.keyword = {keyword})")
    }

    /// Every word begins a word of one of the columns (RFC 8621 §4.4.1). Folded words are letters
    /// and digits only, so nothing in them means anything to LIKE.
    fn words(&mut self, words: &[String], columns: &[&str]) -> String {
        if words.is_empty() {
            return "1 = 1".to_owned();
        }
        let all: Vec<String> = words
            .iter()
            .map(|word| {
                let pattern = self.value(Value::Text(format!("% {word}%")));
                let any: Vec<String> =
                    columns.iter().map(|column| format!("{column} LIKE {pattern}")).collect();
                format!("({})", any.join(" OR "))
            })
            .collect();
        format!("({})", all.join(" AND "))
    }
}
