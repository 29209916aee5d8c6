//! Sample meetings for a first look: one that can be joined at once, three that are coming.

use std::{sync::Arc, time::Duration};

use base::{Timestamp, id::MeetingId};
use jiff::{ToSpan, civil::DateTime, tz::TimeZone};
use signaling_core::{Admission, Change, Command, Plan, Role, Status};
use tokio::sync::oneshot;

use crate::{Meetings, live::Message, meetings, ports::Invitee, registry::Shared};

/// The sample meeting everybody may join at once; always the same, so that its address can be printed.
pub const SAMPLE_MEETING: MeetingId = MeetingId::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0001);

/// Who takes part in the sample meetings.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Presides over all of them.
    pub chair: Invitee,
    /// Is invited to all of them.
    pub delegates: Vec<Invitee>,
    /// Whether invitations go out.
    pub announced: bool,
}

impl Meetings {
    /// Makes the sample meetings unless they are there; a sample meeting whose day is over, and
    /// that nobody ended, is moved to today. Returns the one that can be joined now.
    ///
    /// # Errors
    /// When the store fails; the text is for the log.
    pub async fn create_sample(&self, sample: Sample) -> Result<MeetingId, String> {
        let shared = self.shared();
        let zone = TimeZone::get(&shared.config.time_zone).map_err(|cause| cause.to_string())?;
        let now = Timestamp::now();
        let start = hour_of(now, &zone);
        let joinable = joinable(shared, &sample, now, start).await?;
        for (number, title, starts_at, hours) in coming(now, &zone)? {
            let id = sample_id(number);
            if shared.store.meeting(id).await.map_err(|cause| cause.to_string())?.is_none() {
                let plan = plan(&sample, title, starts_at, hours, Admission::Invited);
                meetings::create(shared, id, plan, sample.announced).await.map_err(|p| p.to_string())?;
            }
        }
        Ok(joinable)
    }
}

/// The meeting of today. One that somebody ended stays ended; the next id takes its place.
async fn joinable(
    shared: &Arc<Shared>,
    sample: &Sample,
    now: Timestamp,
    start: Timestamp,
) -> Result<MeetingId, String> {
    for number in (1..).step_by(0x10) {
        let id = sample_id(number);
        match shared.store.meeting(id).await.map_err(|cause| cause.to_string())? {
            None => {
                let title = "Họp tổ công tác Chính quyền điện tử".to_owned();
                let plan = plan(sample, title, start, 12, Admission::Directory);
                meetings::create(shared, id, plan, false).await.map_err(|p| p.to_string())?;
                return Ok(id);
            }
            Some(listed) if matches!(listed.status, Status::Ended | Status::Cancelled) => {}
            Some(listed) => {
                if listed.plan.ends_at < now {
                    move_to(shared, id, &listed.plan, start).await;
                }
                return Ok(id);
            }
        }
    }
    Err("no sample meeting can be made".to_owned())
}

async fn move_to(shared: &Arc<Shared>, id: MeetingId, plan: &Plan, start: Timestamp) {
    let Some(person) = plan.organiser.as_ref().and_then(|organiser| organiser.person) else { return };
    let change = Change {
        starts_at: Some(start),
        ends_at: Some(start.plus(Duration::from_secs(12 * 3600))),
        ..Change::default()
    };
    let (reply, answer) = oneshot::channel();
    let command = Box::new(Command::Change(change));
    shared.send(id, Message::Desk { person, is_admin: true, command, reply });
    // The sample is a convenience: if it cannot be moved it stays where it was.
    let _ = answer.await;
}

fn sample_id(number: u64) -> MeetingId {
    MeetingId::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0000 | u128::from(number))
}

/// The coming meetings: number, title, start, hours.
fn coming(now: Timestamp, zone: &TimeZone) -> Result<Vec<(u64, String, Timestamp, u64)>, String> {
    let today = local(now, zone);
    let at = |days: i64, hour: i8| -> Result<Timestamp, String> {
        let day = today.date().checked_add(days.days()).map_err(|cause| cause.to_string())?;
        let moment = zone.to_timestamp(day.at(hour, 0, 0, 0)).map_err(|cause| cause.to_string())?;
        Ok(Timestamp::from_seconds(moment.as_second()))
    };
    let briefing = format!("Giao ban UBND tỉnh tháng {}/{}", today.month(), today.year());
    let flood = "Ban Chỉ huy PCTT&TKCN: ứng phó mưa lũ (họp khẩn)".to_owned();
    let training = "Tập huấn sử dụng thư điện tử công vụ".to_owned();
    let soon = hour_of(now, zone).plus(Duration::from_secs(2 * 3600));
    Ok(vec![(2, flood, soon, 1), (3, briefing, at(1, 8)?, 3), (4, training, at(3, 14)?, 2)])
}

fn plan(sample: &Sample, title: String, starts_at: Timestamp, hours: u64, admission: Admission) -> Plan {
    Plan {
        title,
        starts_at,
        ends_at: starts_at.plus(Duration::from_secs(hours * 3600)),
        room: None,
        called_floor: false,
        organiser: Some(sample.chair.clone().with_role(Role::Chair)),
        invitees: sample.delegates.iter().cloned().map(|d| d.with_role(Role::Delegate)).collect(),
        units: Vec::new(),
        admission,
    }
}

fn hour_of(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let past = local(now, zone);
    let seconds = i64::from(past.minute()) * 60 + i64::from(past.second());
    Timestamp::from_seconds(now.as_seconds() - seconds)
}

fn local(now: Timestamp, zone: &TimeZone) -> DateTime {
    // A clock beyond the year 9999 shows the epoch; nothing but the sample's hours depends on it.
    zone.to_datetime(jiff::Timestamp::from_second(now.as_seconds()).unwrap_or_default())
}
