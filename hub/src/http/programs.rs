//! What mail programs read to set themselves up, and the same for people to read
//! (`mail_gateway_core::discovery`).

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::{Path, Query, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base::MailboxId;
use directory_core::Principal;
use mail_gateway_core::discovery::{Door, Programs, Protocol, asked_address};
use serde::Deserialize;
use serde_json::{Value, json};

use super::refusal;
use crate::{config::Config, wiring::publication};

/// The pages; those of one mailbox need its reader's session.
pub fn router(config: &Config) -> Router {
    let programs = Arc::new(programs(config));
    Router::new()
        .route("/mail/config-v1.1.xml", get(autoconfig))
        .route("/.well-known/autoconfig/mail/config-v1.1.xml", get(autoconfig))
        .route("/autodiscover/autodiscover.xml", post(autodiscover))
        .route("/Autodiscover/Autodiscover.xml", post(autodiscover))
        .route("/api/mail-programs", get(settings))
        .route("/api/mail-programs/{mailbox}/apple.mobileconfig", get(apple))
        .with_state(programs)
}

/// What is open, as `config` has it; TLS from the first byte before STARTTLS (RFC 8314 §3).
fn programs(config: &Config) -> Programs {
    let doors = [
        (Protocol::Imap, config.imaps.listen, true),
        (Protocol::Imap, config.imap.listen, false),
        (Protocol::Pop3, config.pop3s.listen, true),
        (Protocol::Pop3, config.pop3.listen, false),
        (Protocol::Smtp, config.submissions.listen, true),
        (Protocol::Smtp, config.submission.listen, false),
    ];
    let open = doors.into_iter().filter_map(|(protocol, listen, implicit_tls)| {
        Some(Door { protocol, port: listen.0?.port(), implicit_tls })
    });
    Programs {
        domain: config.hub.domain.clone(),
        name: config.hub.name.clone(),
        host: publication::host(config),
        doors: open.collect(),
    }
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default, rename = "emailaddress")]
    address: String,
}

/// Thunderbird asks with the address or, of older versions, without.
async fn autoconfig(State(programs): State<Arc<Programs>>, Query(asked): Query<Asked>) -> Response {
    if !asked.address.is_empty() && !programs.serves(&asked.address) {
        return unknown();
    }
    ([(CONTENT_TYPE, "application/xml; charset=utf-8")], programs.autoconfig()).into_response()
}

async fn autodiscover(State(programs): State<Arc<Programs>>, request: String) -> Response {
    match asked_address(&request).filter(|address| programs.serves(address)) {
        Some(address) => ([(CONTENT_TYPE, "application/xml; charset=utf-8")], programs.autodiscover(address))
            .into_response(),
        None => unknown(),
    }
}

/// For the page that tells people what to type.
async fn settings(State(programs): State<Arc<Programs>>) -> Json<Value> {
    let door = |protocol| {
        programs.door(protocol).map(|Door { port, implicit_tls, .. }| {
            json!({ "port": port, "security": if implicit_tls { "SSL/TLS" } else { "STARTTLS" } })
        })
    };
    Json(json!({
        "host": programs.host,
        "imap": door(Protocol::Imap),
        "pop3": door(Protocol::Pop3),
        "smtp": door(Protocol::Smtp),
    }))
}

async fn apple(
    State(programs): State<Arc<Programs>>,
    Path(mailbox): Path<MailboxId>,
    principal: Option<Extension<Principal>>,
) -> Response {
    let Some(Extension(principal)) = principal else {
        return refusal(StatusCode::UNAUTHORIZED, "signInNeeded", "Đăng nhập để tải hồ sơ cài đặt.");
    };
    let Some(grant) = principal.mailboxes.iter().find(|grant| grant.mailbox == mailbox) else {
        return unknown();
    };
    match programs.apple(&grant.address, &grant.name, &mailbox.to_string()) {
        Some(profile) => {
            let kind = (CONTENT_TYPE, "application/x-apple-aspen-config; charset=utf-8");
            ([kind], profile).into_response()
        }
        None => unknown(),
    }
}

fn unknown() -> Response {
    refusal(StatusCode::NOT_FOUND, "notFound", "Hệ thống không phục vụ địa chỉ này.")
}
