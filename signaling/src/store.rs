//! `meetings.db`: the record of every meeting, a row per meeting for lists, guest links, the outbox.

mod guest_links;
mod tokens;

use std::path::Path;

use base::{
    Timestamp,
    id::{MeetingId, PersonId, UnitId},
};
use database::{Database, Source};
use signaling_core::{Event, Meeting, Plan, Recorded, Status};
use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::ports::Invitation;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// Meetings a list shows at most.
const LISTED: i64 = 500;

/// The store; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    database: Database,
}

/// What one turn of a meeting leaves behind; written in one transaction.
pub(crate) struct Append {
    pub(crate) meeting: MeetingId,
    pub(crate) events: Vec<Recorded>,
    pub(crate) letters: Vec<Letter>,
    pub(crate) state: State,
}

/// The row kept for lists.
pub(crate) struct State {
    pub(crate) plan: Plan,
    pub(crate) status: Status,
    pub(crate) sequence: u32,
    pub(crate) present: u32,
}

impl State {
    pub(crate) fn of(meeting: &Meeting) -> Self {
        let present = meeting.seats().filter(|seat| !seat.waiting && seat.is_connected()).count();
        Self {
            plan: meeting.plan().clone(),
            status: meeting.status(),
            sequence: meeting.sequence(),
            present: u32::try_from(present).unwrap_or(u32::MAX),
        }
    }
}

/// A letter on its way into the outbox.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// The event that caused it.
    pub(crate) number: u64,
    /// Its place among the letters of that event.
    pub(crate) part: u32,
    pub(crate) invitation: Invitation,
}

/// A letter waiting to be handed over.
pub(crate) struct Waiting {
    pub(crate) letter: Letter,
    pub(crate) attempts: i64,
    pub(crate) due_at: Timestamp,
}

/// A meeting as lists show it.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) id: MeetingId,
    pub(crate) plan: Plan,
    pub(crate) status: Status,
    pub(crate) sequence: u32,
    pub(crate) present: u32,
}

/// Whose meetings to list.
pub(crate) enum Whose {
    Everybody,
    Mine { person: PersonId, unit: UnitId },
}

impl Store {
    pub(crate) async fn open(source: Source) -> Result<Self, database::OpenError> {
        Ok(Self { database: Database::open(source, &MIGRATIONS).await? })
    }

    pub(crate) async fn copy_to(&self, target: &Path) -> Result<(), sqlx::Error> {
        self.database.copy_to(target).await
    }

    /// Writes a turn. Writing the same turn again changes nothing.
    pub(crate) async fn append(&self, append: Append) -> Result<(), sqlx::Error> {
        self.database.write(move |connection| Box::pin(write_turn(connection, append))).await
    }

    /// The record of a meeting, in order.
    pub(crate) async fn record(&self, meeting: MeetingId) -> Result<Vec<Recorded>, sqlx::Error> {
        let rows = sqlx::query("SELECT number, at, body FROM events WHERE meeting = $1 ORDER BY number")
            .bind(meeting.to_string())
            .fetch_all(self.database.readers())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Recorded {
                    number: unsigned(row.try_get("number")?)?,
                    at: Timestamp::from_micros(row.try_get("at")?),
                    event: from_json(row.try_get("body")?)?,
                })
            })
            .collect()
    }

    /// Meetings somebody was in when the hub stopped.
    pub(crate) async fn live(&self) -> Result<Vec<MeetingId>, sqlx::Error> {
        let rows = sqlx::query("SELECT id FROM meetings WHERE status = 'live'")
            .fetch_all(self.database.readers())
            .await?;
        rows.iter().map(|row| parse_id(row.try_get("id")?)).collect()
    }

    pub(crate) async fn meeting(&self, id: MeetingId) -> Result<Option<Listed>, sqlx::Error> {
        let row = sqlx::query("SELECT id, plan, status, sequence, present FROM meetings WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(self.database.readers())
            .await?;
        row.as_ref().map(listed).transpose()
    }

    /// Meetings that touch the span of time, by start.
    pub(crate) async fn list(
        &self,
        whose: Whose,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Listed>, sqlx::Error> {
        let (everybody, person, unit) = match whose {
            Whose::Everybody => (1i64, String::new(), String::new()),
            Whose::Mine { person, unit } => (0, person.to_string(), unit.to_string()),
        };
        let rows = sqlx::query(
            "SELECT id, plan, status, sequence, present FROM meetings \
             WHERE (status = 'live' OR (ends_at >= $1 AND starts_at < $2)) AND ($3 = 1 OR organiser = $4 \
               OR id IN (SELECT meeting FROM invited_persons WHERE person = $5) \
               OR id IN (SELECT meeting FROM invited_units WHERE unit = $6)) \
             ORDER BY starts_at, id LIMIT $7",
        )
        .bind(from.as_micros())
        .bind(to.as_micros())
        .bind(everybody)
        .bind(&person)
        .bind(&person)
        .bind(unit)
        .bind(LISTED)
        .fetch_all(self.database.readers())
        .await?;
        rows.iter().map(listed).collect()
    }

    /// The letter that is due first. A meeting's letters go out in order: a later one waits for the
    /// earlier, so that nobody reads of a change before the invitation.
    pub(crate) async fn next_letter(&self) -> Result<Option<Waiting>, sqlx::Error> {
        let row = sqlx::query(
            "SELECT number, part, body, attempts, due_at FROM outbox AS letter \
             WHERE NOT EXISTS (SELECT 1 FROM outbox AS earlier WHERE earlier.meeting = letter.meeting \
               AND (earlier.number < letter.number \
                 OR (earlier.number = letter.number AND earlier.part < letter.part))) \
             ORDER BY due_at, meeting LIMIT 1",
        )
        .fetch_optional(self.database.readers())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let letter = Letter {
            number: unsigned(row.try_get("number")?)?,
            part: u32::try_from(row.try_get::<i64, _>("part")?).map_err(decode)?,
            invitation: from_json(row.try_get("body")?)?,
        };
        let due_at = Timestamp::from_micros(row.try_get("due_at")?);
        Ok(Some(Waiting { letter, attempts: row.try_get("attempts")?, due_at }))
    }

    /// The letter was handed over.
    pub(crate) async fn letter_sent(&self, letter: &Letter) -> Result<(), sqlx::Error> {
        let (meeting, number, part) = letter_key(letter);
        self.database
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("DELETE FROM outbox WHERE meeting = $1 AND number = $2 AND part = $3")
                        .bind(meeting)
                        .bind(number)
                        .bind(part)
                        .execute(connection)
                        .await
                        .map(drop)
                })
            })
            .await
    }

    /// The letter was not handed over; it is due again later.
    pub(crate) async fn letter_failed(&self, letter: &Letter, due: Timestamp) -> Result<(), sqlx::Error> {
        let (meeting, number, part) = letter_key(letter);
        self.database
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE outbox SET due_at = $1, attempts = attempts + 1 \
                     WHERE meeting = $2 AND number = $3 AND part = $4",
                    )
                    .bind(due.as_micros())
                    .bind(meeting)
                    .bind(number)
                    .bind(part)
                    .execute(connection)
                    .await
                    .map(drop)
                })
            })
            .await
    }
}

async fn write_turn(connection: &mut AnyConnection, append: Append) -> Result<(), sqlx::Error> {
    let id = append.meeting.to_string();
    let replanned =
        append.events.iter().any(|r| matches!(r.event, Event::Created { .. } | Event::Changed { .. }));
    write_state(connection, &id, &append.state).await?;
    if replanned {
        write_invited(connection, &id, &append.state.plan).await?;
    }
    for recorded in &append.events {
        sqlx::query(
            "INSERT INTO events (meeting, number, at, body) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (meeting, number) DO NOTHING",
        )
        .bind(&id)
        .bind(signed(recorded.number)?)
        .bind(recorded.at.as_micros())
        .bind(to_json(&recorded.event)?)
        .execute(&mut *connection)
        .await?;
    }
    for letter in &append.letters {
        let (meeting, number, part) = letter_key(letter);
        sqlx::query(
            "INSERT INTO outbox (meeting, number, part, body, due_at, attempts) VALUES ($1, $2, $3, $4, $5, 0) \
             ON CONFLICT (meeting, number, part) DO NOTHING",
        )
        .bind(meeting)
        .bind(number)
        .bind(part)
        .bind(to_json(&letter.invitation)?)
        .bind(letter.invitation.at.as_micros())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn write_state(connection: &mut AnyConnection, id: &str, state: &State) -> Result<(), sqlx::Error> {
    let plan = &state.plan;
    let organiser = plan.organiser.as_ref().and_then(|o| o.person).map(|person| person.to_string());
    sqlx::query(
        "INSERT INTO meetings (id, organiser, starts_at, ends_at, status, sequence, present, plan) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO UPDATE SET \
         organiser = excluded.organiser, starts_at = excluded.starts_at, ends_at = excluded.ends_at, \
         status = excluded.status, sequence = excluded.sequence, present = excluded.present, \
         plan = excluded.plan",
    )
    .bind(id.to_owned())
    .bind(organiser)
    .bind(plan.starts_at.as_micros())
    .bind(plan.ends_at.as_micros())
    .bind(status_text(state.status))
    .bind(i64::from(state.sequence))
    .bind(i64::from(state.present))
    .bind(to_json(plan)?)
    .execute(connection)
    .await
    .map(drop)
}

async fn write_invited(connection: &mut AnyConnection, id: &str, plan: &Plan) -> Result<(), sqlx::Error> {
    for table in
        ["DELETE FROM invited_persons WHERE meeting = $1", "DELETE FROM invited_units WHERE meeting = $1"]
    {
        sqlx::query(table).bind(id.to_owned()).execute(&mut *connection).await?;
    }
    for person in plan.invitees.iter().filter_map(|invitee| invitee.person) {
        sqlx::query("INSERT INTO invited_persons (meeting, person) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(id.to_owned())
            .bind(person.to_string())
            .execute(&mut *connection)
            .await?;
    }
    for unit in &plan.units {
        sqlx::query("INSERT INTO invited_units (meeting, unit) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(id.to_owned())
            .bind(unit.to_string())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

fn letter_key(letter: &Letter) -> (String, i64, i64) {
    let number = i64::try_from(letter.number).unwrap_or(i64::MAX);
    (letter.invitation.meeting.to_string(), number, i64::from(letter.part))
}

fn listed(row: &AnyRow) -> Result<Listed, sqlx::Error> {
    Ok(Listed {
        id: parse_id(row.try_get("id")?)?,
        plan: from_json(row.try_get("plan")?)?,
        status: match row.try_get::<String, _>("status")?.as_str() {
            "live" => Status::Live,
            "ended" => Status::Ended,
            "cancelled" => Status::Cancelled,
            _ => Status::Scheduled,
        },
        sequence: u32::try_from(row.try_get::<i64, _>("sequence")?).map_err(decode)?,
        present: u32::try_from(row.try_get::<i64, _>("present")?).map_err(decode)?,
    })
}

fn status_text(status: Status) -> &'static str {
    match status {
        Status::Scheduled => "scheduled",
        Status::Live => "live",
        Status::Ended => "ended",
        Status::Cancelled => "cancelled",
    }
}

fn parse_id(text: String) -> Result<MeetingId, sqlx::Error> {
    text.parse().map_err(decode)
}

fn unsigned(number: i64) -> Result<u64, sqlx::Error> {
    u64::try_from(number).map_err(decode)
}

fn signed(number: u64) -> Result<i64, sqlx::Error> {
    i64::try_from(number).map_err(decode)
}

fn to_json<T: serde::Serialize>(value: &T) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(decode)
}

fn from_json<T: serde::de::DeserializeOwned>(text: String) -> Result<T, sqlx::Error> {
    serde_json::from_str(&text).map_err(decode)
}

fn decode(cause: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(cause))
}
