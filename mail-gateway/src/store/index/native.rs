//! Which module speaks to the database at hand.

use database::{Dialect, sqlx::AnyConnection};
use mail_gateway_core::search::{Entry, Words};

use super::{Field, postgres, sqlite};
use crate::store::StoreError;

/// Makes the index when it is not there.
pub(super) async fn prepare(c: &mut AnyConnection) -> Result<(), StoreError> {
    match Dialect::of(c) {
        Dialect::Sqlite => sqlite::prepare(c).await,
        Dialect::Postgres => postgres::prepare(c).await,
    }
}

/// Selects the numbers of all bodies that have an entry.
pub(super) fn entries(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => sqlite::ENTRIES,
        Dialect::Postgres => postgres::ENTRIES,
    }
}

/// Adds the entries of bodies by their numbers, each with the accounts that have it.
pub(super) async fn add(
    c: &mut AnyConnection,
    entries: &[(i64, &[String], &Entry)],
) -> Result<(), StoreError> {
    match Dialect::of(c) {
        Dialect::Sqlite => sqlite::add(c, entries).await,
        Dialect::Postgres => {
            for (doc, accounts, entry) in entries {
                postgres::add(c, *doc, accounts, entry).await?;
            }
            Ok(())
        }
    }
}

/// The statement, up to its list, that removes entries.
pub(super) fn remove_all(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => sqlite::REMOVE_ALL,
        Dialect::Postgres => postgres::REMOVE_ALL,
    }
}

/// Removes the entry of the body number `doc`, if there is one.
pub(super) async fn remove(c: &mut AnyConnection, doc: i64) -> Result<(), StoreError> {
    match Dialect::of(c) {
        Dialect::Sqlite => sqlite::remove(c, doc).await,
        Dialect::Postgres => postgres::remove(c, doc).await,
    }
}

/// A condition on the letter `l` that holds when `words` are in `field`; with `most`, for so many at most of the
/// bodies that came last.
pub(super) fn condition(
    dialect: Dialect,
    account: &str,
    field: Field,
    words: &Words,
    most: Option<usize>,
    bind: impl FnOnce(String) -> String,
) -> String {
    match dialect {
        Dialect::Sqlite => sqlite::condition(bind(sqlite::expression(account, field, words)), most),
        Dialect::Postgres => postgres::condition(bind(postgres::expression(account, field, words)), most),
    }
}
