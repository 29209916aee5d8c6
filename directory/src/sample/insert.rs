//! Writes whole [`Records`] into an empty store.

use base::Timestamp;
use directory_core::{AccountState, MailboxKind, Period, Records, Sending, Target};
use sqlx::AnyConnection;

type Written = Result<(), sqlx::Error>;

/// Writes everything; all accounts get the password hash `hash`.
pub(super) async fn insert(c: &mut AnyConnection, records: &Records, hash: &str, now: Timestamp) -> Written {
    units(c, records).await?;
    persons(c, records, now).await?;
    positions(c, records).await?;
    accounts(c, records, hash, now).await?;
    mailboxes(c, records).await?;
    groups(c, records).await?;
    addresses(c, records, now).await?;
    places(c, records).await
}

async fn units(c: &mut AnyConnection, records: &Records) -> Written {
    for unit in &records.units {
        let (from, until) = bounds(unit.valid);
        sqlx::query(
            "INSERT INTO unit (id, parent, kind, code, name, short_name, mail_code, protocol_order, valid_from, \
             valid_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(unit.id.to_string())
        .bind(unit.parent.map(|id| id.to_string()))
        .bind(unit.kind.as_str())
        .bind(unit.code.clone())
        .bind(unit.name.clone())
        .bind(unit.short_name.clone())
        .bind(unit.mail_code.clone())
        .bind(i64::from(unit.order))
        .bind(from)
        .bind(until)
        .execute(&mut *c)
        .await?;
    }
    Ok(())
}

async fn persons(c: &mut AnyConnection, records: &Records, now: Timestamp) -> Written {
    for person in &records.persons {
        sqlx::query("INSERT INTO person (id, name, phone, created_at) VALUES ($1, $2, $3, $4)")
            .bind(person.id.to_string())
            .bind(person.name.clone())
            .bind(person.phone.clone())
            .bind(now.as_micros())
            .execute(&mut *c)
            .await?;
    }
    Ok(())
}

async fn positions(c: &mut AnyConnection, records: &Records) -> Written {
    for position in &records.positions {
        let (from, until) = bounds(position.valid);
        sqlx::query(
            "INSERT INTO position (id, person, unit, title, protocol_order, valid_from, valid_until) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(position.id.to_string())
        .bind(position.person.map(|id| id.to_string()))
        .bind(position.unit.to_string())
        .bind(position.title.clone())
        .bind(i64::from(position.order))
        .bind(from)
        .bind(until)
        .execute(&mut *c)
        .await?;
    }
    Ok(())
}

async fn accounts(c: &mut AnyConnection, records: &Records, hash: &str, now: Timestamp) -> Written {
    for account in &records.accounts {
        sqlx::query(
            "INSERT INTO account (id, person, login, password_hash, must_change, is_admin, disabled, failures, \
             last_failure, password_changed_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8, $8)",
        )
        .bind(account.id.to_string())
        .bind(account.person.to_string())
        .bind(account.login.clone())
        .bind(hash.to_owned())
        .bind(i64::from(account.must_change))
        .bind(i64::from(account.is_admin))
        .bind(i64::from(account.state == AccountState::Disabled))
        .bind(now.as_micros())
        .execute(&mut *c)
        .await?;
    }
    Ok(())
}

async fn mailboxes(c: &mut AnyConnection, records: &Records) -> Written {
    for mailbox in &records.mailboxes {
        let kind = if mailbox.kind == MailboxKind::Personal { "personal" } else { "agency" };
        sqlx::query(
            "INSERT INTO mailbox (id, kind, name, unit, person, address) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(mailbox.id.to_string())
        .bind(kind)
        .bind(mailbox.name.clone())
        .bind(mailbox.unit.to_string())
        .bind(mailbox.person.map(|id| id.to_string()))
        .bind(mailbox.address.clone())
        .execute(&mut *c)
        .await?;
    }
    for reader in &records.readers {
        sqlx::query("INSERT INTO mailbox_reader (mailbox, person, may_send) VALUES ($1, $2, $3)")
            .bind(reader.mailbox.to_string())
            .bind(reader.person.to_string())
            .bind(i64::from(reader.sending == Sending::As))
            .execute(&mut *c)
            .await?;
    }
    Ok(())
}

async fn groups(c: &mut AnyConnection, records: &Records) -> Written {
    for group in &records.groups {
        sqlx::query("INSERT INTO person_group (id, name) VALUES ($1, $2)")
            .bind(group.id.to_string())
            .bind(group.name.clone())
            .execute(&mut *c)
            .await?;
        for member in &group.members {
            sqlx::query("INSERT INTO person_group_member (person_group, person) VALUES ($1, $2)")
                .bind(group.id.to_string())
                .bind(member.person.to_string())
                .execute(&mut *c)
                .await?;
        }
    }
    Ok(())
}

async fn addresses(c: &mut AnyConnection, records: &Records, now: Timestamp) -> Written {
    for address in &records.addresses {
        let (mailbox, group) = match address.target {
            Target::Mailbox(id) => (Some(id.to_string()), None),
            Target::Group(id) => (None, Some(id.to_string())),
            Target::Nobody => (None, None),
        };
        sqlx::query(
            "INSERT INTO address (address, mailbox, person_group, created_at) VALUES ($1, $2, $3, $4)",
        )
        .bind(address.address.clone())
        .bind(mailbox)
        .bind(group)
        .bind(now.as_micros())
        .execute(&mut *c)
        .await?;
    }
    Ok(())
}

async fn places(c: &mut AnyConnection, records: &Records) -> Written {
    for room in &records.rooms {
        sqlx::query("INSERT INTO room (id, name, unit, place, seats) VALUES ($1, $2, $3, $4, $5)")
            .bind(room.id.to_string())
            .bind(room.name.clone())
            .bind(room.unit.to_string())
            .bind(room.place.clone())
            .bind(i64::from(room.seats))
            .execute(&mut *c)
            .await?;
    }
    for site in &records.sites {
        sqlx::query("INSERT INTO site (id, code, name, short_name, unit) VALUES ($1, $2, $3, $4, $5)")
            .bind(site.id.to_string())
            .bind(site.code.clone())
            .bind(site.name.clone())
            .bind(site.short_name.clone())
            .bind(site.unit.to_string())
            .execute(&mut *c)
            .await?;
    }
    Ok(())
}

fn bounds(period: Period) -> (i64, Option<i64>) {
    (period.from.as_micros(), period.until.map(Timestamp::as_micros))
}
