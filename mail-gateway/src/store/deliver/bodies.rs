//! What is kept of a body once, however many letters have it.

use std::collections::BTreeMap;

use database::sqlx::{AnyConnection, Row};
use mail_gateway_core::message::{BlobId, Summary};

use super::{
    super::StoreError,
    rows::{Rows, Statements, Value},
};

/// Notes `bodies` for the index, adding rows for new ones; answers their numbers.
pub(super) async fn insert<'a>(
    c: &mut AnyConnection,
    bodies: &BTreeMap<&'a BlobId, &'a Summary>,
) -> Result<BTreeMap<&'a BlobId, i64>, StoreError> {
    let (docs, new) = number(c, bodies).await?;
    let mut statements = Statements::default();
    add(&mut statements, &new, &docs)?;
    statements.fetch(c).await?;
    Ok(docs)
}

/// The numbers of bodies by their names, and those without a row.
pub(super) type Numbered<'a> = (BTreeMap<&'a BlobId, i64>, Vec<(&'a BlobId, &'a Summary)>);

/// The numbers of `bodies`, and those of them that have no row yet.
pub(super) async fn number<'a>(
    c: &mut AnyConnection,
    bodies: &BTreeMap<&'a BlobId, &'a Summary>,
) -> Result<Numbered<'a>, StoreError> {
    // The last number stands behind the known ones, so that one question is enough.
    let names = Rows::of(bodies.keys().map(|blob| [Value::from(blob.as_str())]));
    let after = ") UNION ALL SELECT '', COALESCE(MAX(doc), 0) FROM bodies";
    let rows = names.fetch(c, "SELECT blob, doc FROM bodies WHERE blob IN (", after).await?;
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
    let last = known.get("").copied().unwrap_or_default();
    docs.extend(new.iter().map(|(blob, _)| *blob).zip(last + 1..));
    Ok((docs, new))
}

/// Adds what writes the rows of `new` and notes all of `docs` for the index.
pub(super) fn add<'a>(
    statements: &mut Statements<'a>,
    new: &[(&'a BlobId, &'a Summary)],
    docs: &BTreeMap<&'a BlobId, i64>,
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
    let before = "INSERT INTO bodies (blob, size, has_attachment, summary, doc)";
    statements.add(Rows::of(rows), before, "");
    // Absent where there is nothing to say: then they are made when first asked for.
    let said = new.iter().filter(|(_, summary)| !summary.facts.envelope.is_empty());
    let facts = Rows::of(said.map(|(blob, summary)| {
        let facts = &summary.facts;
        [blob.as_str(), &facts.envelope, &facts.body, &facts.structure].map(Value::from)
    }));
    let before = "INSERT INTO body_structures (blob, envelope, body, structure)";
    statements.add(facts, before, "ON CONFLICT (blob) DO NOTHING");
    let noted = Rows::of(docs.values().map(|doc| [Value::from(*doc)]));
    statements.add(noted, "INSERT INTO to_index (doc)", "ON CONFLICT (doc) DO NOTHING");
    Ok(())
}
