//! The Session object (RFC 8620 §2): which accounts a person has and where things are.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use base::Timestamp;
use directory_core::{MailboxGrant, MailboxKind, Principal};
use mail_gateway_core::{jmap::request, message::BlobId};
use serde_json::{Value, json};

use super::{Reader, Service, failed, sieve, upkeep, vacation};

const CORE: &str = "urn:ietf:params:jmap:core";
const MAIL: &str = "urn:ietf:params:jmap:mail";
const SUBMISSION: &str = "urn:ietf:params:jmap:submission";
const WEB_SOCKET: &str = "urn:ietf:params:jmap:websocket";

/// The session endpoint.
pub(crate) async fn session(State(service): State<Service>, Reader(principal): Reader) -> Response {
    for grant in &principal.mailboxes {
        if let Err(error) = service.store.ensure(grant.mailbox, Timestamp::now()).await {
            return failed(&error);
        }
    }
    ([(header::CACHE_CONTROL, "no-store")], Json(object(&service, &principal))).into_response()
}

fn object(service: &Service, principal: &Principal) -> Value {
    let mut accounts = serde_json::Map::new();
    for grant in &principal.mailboxes {
        accounts.insert(
            grant.mailbox.to_string(),
            json!({
                "name": grant.address,
                // RFC 8620 §2: the user's own, not one shared with the user.
                "isPersonal": grant.kind == MailboxKind::Personal && !grant.delegated,
                "isReadOnly": grant.is_read_only(),
                "accountCapabilities": {
                    CORE: {},
                    MAIL: {
                        "maxMailboxesPerEmail": null,
                        "maxMailboxDepth": 10,
                        "maxSizeMailboxName": 200,
                        "maxSizeAttachmentsPerEmail": request::MAX_SIZE_UPLOAD,
                        "emailQuerySortOptions": super::email_query::SORT_OPTIONS,
                        "mayCreateTopLevelMailbox": true,
                    },
                    upkeep::QUOTA: {},
                    upkeep::DELETED: {},
                    super::email::HANDLING: {},
                    vacation::VACATION: {},
                    sieve::SIEVE: sieve::capability(service.forwarding),
                    SUBMISSION: { "maxDelayedSend": 0, "submissionExtensions": {} },
                },
            }),
        );
    }
    let personal =
        principal.mailboxes.iter().find(|grant| grant.kind == MailboxKind::Personal && !grant.delegated);
    let primary = personal.or(principal.mailboxes.first()).map(|grant| grant.mailbox);
    let primary = match primary {
        Some(id) => json!({
            CORE: id, MAIL: id, SUBMISSION: id, upkeep::QUOTA: id, upkeep::DELETED: id, super::email::HANDLING: id,
            vacation::VACATION: id, sieve::SIEVE: id,
        }),
        None => json!({}),
    };
    json!({
        "capabilities": {
            CORE: {
                "maxSizeUpload": request::MAX_SIZE_UPLOAD,
                "maxConcurrentUpload": super::UPLOADS,
                "maxSizeRequest": request::MAX_SIZE_REQUEST,
                "maxConcurrentRequests": super::turns::MAX_CONCURRENT,
                "maxCallsInRequest": request::MAX_CALLS,
                "maxObjectsInGet": request::MAX_GET,
                "maxObjectsInSet": request::MAX_SET,
                "collationAlgorithms": [],
            },
            MAIL: {},
            SUBMISSION: {},
            upkeep::QUOTA: {},
            upkeep::DELETED: {},
            super::email::HANDLING: {},
            vacation::VACATION: {},
            sieve::SIEVE: { "implementation": "Liên Thông" },
            // RFC 8887 §3.
            WEB_SOCKET: { "url": "/jmap/ws", "supportsPush": true },
        },
        "accounts": accounts,
        "primaryAccounts": primary,
        "username": principal.login,
        "apiUrl": "/jmap/api",
        "downloadUrl": "/jmap/download/{accountId}/{blobId}/{name}?type={type}",
        "uploadUrl": "/jmap/upload/{accountId}/",
        "eventSourceUrl": "/jmap/eventsource?types={types}&closeafter={closeafter}&ping={ping}",
        "state": state(principal),
    })
}

/// Changes when the person's accounts change (RFC 8620 §3.4, `sessionState`).
pub(crate) fn state(principal: &Principal) -> String {
    let mut text = String::new();
    for grant in &principal.mailboxes {
        let MailboxGrant { mailbox, address, name, may_send, aliases, sender, .. } = grant;
        text.push_str(&format!("{mailbox} {address} {name} {may_send} {aliases:?} {sender:?};"));
    }
    BlobId::of(text.as_bytes()).as_str().chars().take(12).collect()
}
