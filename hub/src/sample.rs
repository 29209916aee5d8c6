//! `--sample`: the province of Quảng Bình as it was in 2021, with invented people, meetings and letters.

use base::Timestamp;
use directory::SampleSignIn;
use mail_gateway::sample::{SampleMailbox, load_sample};
use signaling::{Sample, ports::Invitee};

use crate::services::Services;

/// Fills empty stores; stores that hold something stay as they are. Answers the sign-ins to print.
///
/// # Errors
/// What could not be written.
pub async fn load(services: &Services) -> Result<Vec<SampleSignIn>, String> {
    let sign_ins =
        services.directory.load_sample().await.map_err(|cause| format!("sample people: {cause}"))?;
    let invitee = |login: &str| sign_ins.iter().find(|s| s.login == login).map(|s| invitee(&s.principal));
    if let Some(chair) = invitee("chutri") {
        let delegates =
            ["thuky", "vanthu.stttt", "kythuat", "quantri"].into_iter().filter_map(invitee).collect();
        let sample = Sample { chair, delegates, announced: false };
        services.meetings.create_sample(sample).await.map_err(|cause| format!("sample meetings: {cause}"))?;
    }
    let mailboxes: Vec<_> = sign_ins.iter().filter_map(|s| mailbox(&s.principal)).collect();
    load_sample(services.mail.store(), &mailboxes, services.mail.domain(), Timestamp::now())
        .await
        .map_err(|cause| format!("sample letters: {cause}"))?;
    Ok(sign_ins)
}

fn mailbox(principal: &directory_core::Principal) -> Option<SampleMailbox> {
    let grant = principal.mailboxes.first()?;
    Some(SampleMailbox { mailbox: grant.mailbox, address: grant.address.clone(), name: grant.name.clone() })
}

fn invitee(principal: &directory_core::Principal) -> Invitee {
    Invitee {
        person: Some(principal.person),
        name: principal.name.clone(),
        address: principal.mailboxes.first().map(|grant| grant.address.clone()).unwrap_or_default(),
        unit_name: principal.unit_name.clone(),
        position: principal.position.clone(),
        order: principal.order,
    }
}
