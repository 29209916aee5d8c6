use sqlx::{AnyConnection, Row, migrate::Migrator};

use super::Database;
use crate::testing::{on_postgres, source};

async fn open(directory: &tempfile::TempDir) -> Database {
    let migrations = directory.path().join("migrations");
    std::fs::create_dir_all(&migrations).unwrap();
    std::fs::write(migrations.join("0001_init.sql"), "CREATE TABLE t (n BIGINT PRIMARY KEY, note TEXT);")
        .unwrap();
    let migrator = Migrator::new(migrations).await.unwrap();
    Database::open(source(&directory.path().join("t.db")), &migrator).await.unwrap()
}

async fn insert(connection: &mut AnyConnection, n: i64) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO t (n) VALUES ($1)").bind(n).execute(connection).await.map(drop)
}

async fn count(database: &Database) -> i64 {
    sqlx::query("SELECT COUNT(*) FROM t").fetch_one(database.readers()).await.unwrap().get(0)
}

#[tokio::test]
async fn a_failing_job_leaves_its_neighbours_alone() {
    let directory = tempfile::tempdir().unwrap();
    let database = open(&directory).await;
    let jobs: Vec<_> = [1i64, 2, 2, 3]
        .into_iter()
        .map(|n| {
            let database = database.clone();
            tokio::spawn(async move {
                database.write(move |c| Box::pin(insert(c, n))).await as Result<(), sqlx::Error>
            })
        })
        .collect();
    let mut failed = 0;
    for job in jobs {
        failed += usize::from(job.await.unwrap().is_err());
    }
    assert_eq!((failed, count(&database).await), (1, 3));
}

#[tokio::test]
async fn what_was_answered_is_there_after_reopening_and_a_copy_opens() {
    let directory = tempfile::tempdir().unwrap();
    let database = open(&directory).await;
    database.write(|c| Box::pin(insert(c, 7))).await.unwrap();
    let copy = directory.path().join("copy.db");
    let copied = database.copy_to(&copy).await;
    drop(database);
    assert_eq!(count(&open(&directory).await).await, 1);
    if on_postgres() {
        assert!(copied.unwrap_err().to_string().contains("pg_dump"));
        return;
    }
    copied.unwrap();
    let migrator = Migrator::new(directory.path().join("migrations")).await.unwrap();
    assert_eq!(count(&Database::open(&copy, &migrator).await.unwrap()).await, 1);
}

#[tokio::test]
async fn a_panicking_job_is_rolled_back_and_the_writer_lives() {
    let directory = tempfile::tempdir().unwrap();
    let database = open(&directory).await;
    let panicked: Result<(), sqlx::Error> = database
        .write(|c| {
            Box::pin(async move {
                insert(c, 1).await?;
                panic!("on purpose")
            })
        })
        .await;
    assert!(panicked.is_err());
    database.write(|c| Box::pin(insert(c, 2))).await.unwrap();
    assert_eq!(count(&database).await, 1);
}
