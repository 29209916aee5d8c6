//! Many rows in one statement: what a statement costs beside its rows is paid once.

use std::borrow::Cow;

use database::sqlx::{
    self, AnyConnection, AssertSqlSafe,
    any::{AnyArguments, AnyRow},
    query::Query,
};

/// A value of a row.
pub(crate) enum Value<'a> {
    Text(Cow<'a, str>),
    Number(i64),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// Rows of one width. Both databases take no more than 32,766 values in a statement, so that whoever
/// collects rows bounds them.
pub(crate) struct Rows<'a> {
    width: usize,
    values: Vec<Value<'a>>,
}

impl<'a> Rows<'a> {
    /// Collects `rows`.
    pub(crate) fn of<const WIDTH: usize>(rows: impl IntoIterator<Item = [Value<'a>; WIDTH]>) -> Self {
        Self { width: WIDTH, values: rows.into_iter().flatten().collect() }
    }

    /// Runs `<before> VALUES (…), (…) <after>`; nothing when there is no row.
    pub(crate) async fn execute(
        self,
        c: &mut AnyConnection,
        before: &str,
        after: &str,
    ) -> Result<(), sqlx::Error> {
        if self.values.is_empty() {
            return Ok(());
        }
        self.query(c.backend_name(), before, after).execute(c).await.map(drop)
    }

    /// The answer to `<before> VALUES (…), (…) <after>`; nothing when there is no row.
    pub(crate) async fn fetch(
        self,
        c: &mut AnyConnection,
        before: &str,
        after: &str,
    ) -> Result<Vec<AnyRow>, sqlx::Error> {
        if self.values.is_empty() {
            return Ok(Vec::new());
        }
        self.query(c.backend_name(), before, after).fetch_all(c).await
    }

    /// PostgreSQL knows values by number. SQLite takes numbers for names, and every value bound looks its
    /// name up among all names: a statement of thousands would cost their square, so that they have none.
    fn query(self, backend: &str, before: &str, after: &str) -> Query<'static, sqlx::Any, AnyArguments> {
        query(self.sql(backend, before, after), self.values)
    }

    fn sql(&self, backend: &str, before: &str, after: &str) -> String {
        let numbered = backend != SQLITE;
        let mut sql = String::with_capacity(before.len() + after.len() + 7 * self.values.len() + 16);
        sql.push_str(before);
        sql.push_str(" VALUES ");
        for n in 0..self.values.len() {
            sql.push_str(match n % self.width {
                0 if n == 0 => "(",
                0 => "), (",
                _ => ", ",
            });
            if numbered {
                sql.push('$');
                sql.push_str(&(n + 1).to_string());
            } else {
                sql.push('?');
            }
        }
        sql.push_str(") ");
        sql.push_str(after);
        sql
    }
}

fn query(sql: String, values: Vec<Value<'_>>) -> Query<'static, sqlx::Any, AnyArguments> {
    // Kept prepared where it is small enough to come again with as many rows: to prepare costs more than to run.
    let query = sqlx::query(AssertSqlSafe(sql)).persistent(values.len() <= KEPT);
    values.into_iter().fold(query, |query, value| match value {
        Value::Text(text) => query.bind(text.into_owned()),
        Value::Number(number) => query.bind(number),
    })
}

/// Statements of which none needs the answer of another. SQLite takes them all at once: to hand its thread one
/// and wait for the answer costs more than most of them do.
#[derive(Default)]
pub(crate) struct Statements<'a> {
    all: Vec<(Rows<'a>, &'a str, &'a str)>,
}

impl<'a> Statements<'a> {
    /// Adds `<before> VALUES (…), (…) <after>`; nothing when there is no row.
    pub(crate) fn add(&mut self, rows: Rows<'a>, before: &'a str, after: &'a str) {
        if !rows.values.is_empty() {
            self.all.push((rows, before, after));
        }
    }

    /// Runs them in their order; answers the rows of all.
    pub(crate) async fn fetch(self, c: &mut AnyConnection) -> Result<Vec<AnyRow>, sqlx::Error> {
        let backend = c.backend_name();
        if backend == SQLITE {
            let sql: Vec<String> =
                self.all.iter().map(|(rows, before, after)| rows.sql(backend, before, after)).collect();
            let values = self.all.into_iter().flat_map(|(rows, ..)| rows.values).collect();
            return query(sql.join("; "), values).fetch_all(c).await;
        }
        let mut answers = Vec::new();
        for (rows, before, after) in self.all {
            answers.extend(rows.fetch(c, before, after).await?);
        }
        Ok(answers)
    }
}

/// Values up to which a statement is kept prepared: what a group of twenty letters writes. A hundred are kept.
const KEPT: usize = 1024;
/// As `sqlx` names it.
const SQLITE: &str = "SQLite";
