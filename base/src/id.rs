//! Typed identifiers: UUIDv7 (RFC 9562 §5.7) as text everywhere outside the process.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Timestamp, random::Random};

/// The text was not a UUID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidId;

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an identifier")
    }
}

impl std::error::Error for InvalidId {}

/// A UUIDv7 for the moment `now`, its random part drawn from `random`.
fn uuid_v7(now: Timestamp, random: &mut dyn Random) -> Uuid {
    let mut bytes = [0u8; 10];
    random.fill(&mut bytes);
    let millis = u64::try_from(now.as_micros() / 1000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS)]
        #[serde(transparent)]
        #[ts(type = "string")]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, ordered by `now` (milliseconds) and unguessable by `random`.
            pub fn new(now: Timestamp, random: &mut dyn Random) -> Self {
                Self(uuid_v7(now, random))
            }

            /// The id with these bytes; for fixtures and for ids derived from a stable key.
            pub const fn from_u128(value: u128) -> Self {
                Self(Uuid::from_u128(value))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::parse_str(text).map(Self).map_err(|_| InvalidId)
            }
        }
    )*};
}

ids! {
    /// An organisational unit: province, district, commune, department, division.
    UnitId
    /// A natural person of the directory.
    PersonId
    /// A post in a unit (*chức vụ*), held by a person between dates.
    PositionId
    /// A sign-in: one person's or one service's credentials.
    AccountId
    /// A browser session of an account.
    SessionId
    /// A named set of persons.
    GroupId
    /// A mail address's store (*hộp thư*): personal or agency. It is the JMAP account id of that store.
    MailboxId
    /// A meeting room (*phòng họp*).
    RoomId
    /// A site (*điểm cầu*).
    SiteId
    /// A meeting.
    MeetingId
    /// A participant's place in a meeting; survives reconnects, reloads and changes of device.
    SeatId
    /// A bearer token that opens one seat of one meeting.
    TokenId
    /// A letter in the mail store or queue.
    LetterId
    /// An administrative act in the audit log.
    AuditId
    /// A secret of a mail program.
    AppPasswordId
}
