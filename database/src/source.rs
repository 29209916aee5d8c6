//! Where the rows of one service live: a file of its own, or a schema of its own on PostgreSQL.

use std::path::{Path, PathBuf};

use sqlx::{
    AnyConnection, AssertSqlSafe, SqlSafeStr,
    migrate::{Migration, Migrator},
};

/// The place of one service's tables.
#[derive(Clone, PartialEq, Eq)]
pub enum Source {
    /// An SQLite file, created when missing.
    File(PathBuf),
    /// A schema, created when missing, of the PostgreSQL database at `url`.
    Schema {
        /// `postgres://user:password@host:port/database?sslmode=…`; holds a secret, so it is never shown.
        url: String,
        /// Lower-case letters, digits and `_`.
        schema: String,
    },
}

impl Source {
    /// The place of the service `name` (`mail`, `meetings`, `directory`): `<data>/<name>.db`, or with a
    /// `url` the schema `name` of that database.
    pub fn of(data: &Path, url: &str, name: &str) -> Self {
        if url.is_empty() {
            Self::File(data.join(name).with_extension("db"))
        } else {
            Self::Schema { url: url.to_owned(), schema: name.to_owned() }
        }
    }

    /// Which SQL is spoken there.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::File(_) => Dialect::Sqlite,
            Self::Schema { .. } => Dialect::Postgres,
        }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::File(path) => format!("sqlite://{}?mode=rwc", path.display()),
            Self::Schema { url, .. } => url.clone(),
        }
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Schema { schema, .. } => {
                f.debug_struct("Schema").field("schema", schema).finish_non_exhaustive()
            }
        }
    }
}

impl From<&Path> for Source {
    fn from(path: &Path) -> Self {
        Self::File(path.to_path_buf())
    }
}

impl From<&PathBuf> for Source {
    fn from(path: &PathBuf) -> Self {
        Self::File(path.clone())
    }
}

impl From<&Source> for Source {
    fn from(source: &Source) -> Self {
        source.clone()
    }
}

/// The SQL of a [`Source`], for the few statements that have no portable form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Dialect {
    /// What the database behind `connection` speaks.
    pub fn of(connection: &AnyConnection) -> Self {
        match connection.backend_name() {
            "PostgreSQL" => Self::Postgres,
            _ => Self::Sqlite,
        }
    }

    /// Of `migrations`, those for this dialect: a file `0020_index_sqlite.sql` or `0021_index_postgres.sql`
    /// is for one of them, all others are for both.
    pub(crate) fn of_these(self, migrations: &Migrator) -> Migrator {
        let foreign = match self {
            Self::Sqlite => " postgres",
            Self::Postgres => " sqlite",
        };
        let ours = migrations.iter().filter(|migration| !migration.description.ends_with(foreign));
        Migrator::with_migrations(ours.map(|migration| self.spelled(migration)).collect())
    }

    /// The one type name that differs.
    fn spelled(self, migration: &Migration) -> Migration {
        match self {
            Self::Sqlite => migration.clone(),
            Self::Postgres => Migration::new(
                migration.version,
                migration.description.clone(),
                migration.migration_type,
                AssertSqlSafe(migration.sql.as_str().replace(" BLOB", " BYTEA")).into_sql_str(),
                migration.no_tx,
            ),
        }
    }
}
