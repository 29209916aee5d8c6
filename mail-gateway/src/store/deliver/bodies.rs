//! What is kept of a body once, however many letters have it.

use std::collections::BTreeMap;

use database::sqlx::{self, AnyConnection, Row};
use mail_gateway_core::message::{BlobId, Summary};

use super::{
    super::StoreError,
    rows::{Rows, Value},
};

/// Notes `bodies` for the index, adding rows for new ones; answers their numbers.
pub(super) async fn insert<'a>(
    c: &mut AnyConnection,
    bodies: &BTreeMap<&'a BlobId, &Summary>,
) -> Result<BTreeMap<&'a BlobId, i64>, StoreError> {
    let names = Rows::of(bodies.keys().map(|blob| [Value::from(blob.as_str())]));
    let rows = names.fetch(c, "SELECT blob, doc FROM bodies WHERE blob IN (", ")").await?;
    let mut known: BTreeMap<String, i64> = BTreeMap::new();
    for row in &rows {
        known.insert(row.try_get(0)?, row.try_get(1)?);
    }
    let mut docs = BTreeMap::new();
    let mut new = Vec::new();
    for (blob, summary) in bodies {
        match known.get(blob.as_str()) {
            Some(doc) => drop(docs.insert(*blob, *doc)),
            None => new.push((*blob, *summary)),
        }
    }
    if !new.is_empty() {
        let last = sqlx::query("SELECT COALESCE(MAX(doc), 0) FROM bodies").fetch_one(&mut *c).await?;
        docs.extend(new.iter().map(|(blob, _)| *blob).zip(last.try_get::<i64, _>(0)? + 1..));
        insert_new(c, &new, &docs).await?;
    }
    let noted = Rows::of(docs.values().map(|doc| [Value::from(*doc)]));
    noted.execute(c, "INSERT INTO to_index (doc)", "ON CONFLICT (doc) DO NOTHING").await?;
    Ok(docs)
}

async fn insert_new(
    c: &mut AnyConnection,
    new: &[(&BlobId, &Summary)],
    docs: &BTreeMap<&BlobId, i64>,
) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(new.len());
    for (blob, summary) in new {
        let json = serde_json::to_string(summary).map_err(|_| StoreError::Corrupt("summary"))?;
        rows.push([
            Value::from(blob.as_str()),
            Value::from(i64::try_from(summary.size).unwrap_or(i64::MAX)),
            Value::from(i64::from(summary.has_attachment)),
            Value::from(json),
            Value::from(*docs.get(blob).ok_or(StoreError::Corrupt("doc"))?),
        ]);
    }
    Rows::of(rows).execute(c, "INSERT INTO bodies (blob, size, has_attachment, summary, doc)", "").await?;
    // Absent where there is nothing to say: then they are made when first asked for.
    let said = new.iter().filter(|(_, summary)| !summary.facts.envelope.is_empty());
    let facts = Rows::of(said.map(|(blob, summary)| {
        let facts = &summary.facts;
        [blob.as_str(), &facts.envelope, &facts.body, &facts.structure].map(Value::from)
    }));
    facts
        .execute(
            c,
            "INSERT INTO body_structures (blob, envelope, body, structure)",
            "ON CONFLICT (blob) DO NOTHING",
        )
        .await?;
    Ok(())
}
