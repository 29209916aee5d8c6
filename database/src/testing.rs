//! The same tests on both databases: with `LIENTHONG_TEST_DATABASE` set to the URL of a PostgreSQL
//! database, every place a test opens becomes a schema there instead of a file.

use std::{
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    path::Path,
};

use sqlx::{AssertSqlSafe, Connection, Executor, Row};

use crate::Source;

/// The place that stands for `path` in this run: opening the same path again finds the same rows.
pub fn source(path: &Path) -> Source {
    match std::env::var("LIENTHONG_TEST_DATABASE") {
        Ok(url) if !url.is_empty() => {
            // Temporary folders have names of their own, so no two tests share a schema.
            let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(path);
            Source::Schema { url, schema: format!("t{hash:016x}") }
        }
        _ => Source::from(path),
    }
}

/// Whether this run is on PostgreSQL, for what only one of them can do.
pub fn on_postgres() -> bool {
    matches!(source(Path::new("")), Source::Schema { .. })
}

/// Makes the schema of `to` a copy of the schema of `from`, as copying the file does on SQLite.
///
/// # Errors
/// When the database refuses; always on SQLite.
pub async fn copy_schema(from: &Path, to: &Path) -> Result<(), sqlx::Error> {
    let (Source::Schema { url, schema: old }, Source::Schema { schema: new, .. }) =
        (source(from), source(to))
    else {
        return Err(sqlx::Error::Configuration("not on PostgreSQL".into()));
    };
    let mut connection = sqlx::AnyConnection::connect(&url).await?;
    connection.execute(AssertSqlSafe(format!("CREATE SCHEMA {new}"))).await?;
    let tables =
        sqlx::query("SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = $1").bind(old.clone());
    for row in tables.fetch_all(&mut connection).await? {
        let table: String = row.try_get(0)?;
        connection
            .execute(AssertSqlSafe(format!(
                "CREATE TABLE {new}.{table} (LIKE {old}.{table} INCLUDING ALL); \
                 INSERT INTO {new}.{table} SELECT * FROM {old}.{table}"
            )))
            .await?;
    }
    connection.close().await
}
