//! Letters that leave are signed so that others can tell (DKIM), and what is published is found again.

use base64::{Engine, engine::general_purpose::STANDARD};
use mail_auth::{AuthenticatedMessage, DkimResult, MessageAuthenticator};
use rcgen::{KeyPair, PublicKeyData};

use super::{
    name_server::{self, Says},
    sink::Sink,
    *,
};
use crate::{
    Envelope, SigningKey,
    records::{DnsRecord, Published},
    sign::Signer,
};

/// An RSA and an Ed25519 key, and the records under which they are found.
pub(super) fn keys() -> (Vec<SigningKey>, Vec<(String, String)>) {
    let rsa = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let short = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let (r, e) = (STANDARD.encode(rsa.subject_public_key_info()), STANDARD.encode(short.public_key_raw()));
    let records = vec![
        ("r._domainkey.tinh.example".to_owned(), format!("v=DKIM1; k=rsa; p={r}")),
        ("e._domainkey.tinh.example".to_owned(), format!("v=DKIM1; k=ed25519; p={e}")),
    ];
    let keys = vec![
        SigningKey { selector: "r".into(), pkcs8: rsa.serialize_der(), ed25519: false },
        SigningKey { selector: "e".into(), pkcs8: short.serialize_der(), ed25519: true },
    ];
    (keys, records)
}

/// What arrives at another server when An writes `letter` on a hub that signs with `keys`.
pub(super) async fn sent(keys: Vec<SigningKey>, offers: &[&str], letter: &str) -> String {
    let mut sink = Sink::start(offers, |_, _| None).await;
    let route = sink.route("bo.example");
    let hub = Hub::start(|config| config.routes.push(route)).await;
    hub.mail.sign_with(keys).unwrap();
    let envelope =
        Envelope { sender: Some("an@tinh.example".into()), recipients: vec!["xa@bo.example".into()] };
    hub.mail.submit(&envelope, letter.as_bytes()).await.unwrap();
    sink.next().await.letter.trim_end().to_owned()
}

/// How many signatures of `letter` hold, as the standard library of the trade judges.
async fn good_signatures(letter: &str, records: &[(String, String)]) -> usize {
    let records: Vec<(&str, &str)> = records.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    let server = name_server::with_texts(&records).await;
    let hub = Hub::start(|config| config.resolvers = vec![server]).await;
    let checker = MessageAuthenticator(hub.mail.inner.outbound.resolver().unwrap().clone());
    let parsed = AuthenticatedMessage::parse(letter.as_bytes()).unwrap();
    let results = checker.verify_dkim(&parsed).await;
    results.iter().filter(|output| *output.result() == DkimResult::Pass).count()
}

const LETTER: &str =
    "From: an@tinh.example\r\nSubject: =?utf-8?B?R2nhuqV5IG3hu51p?=\r\n\r\nKính gửi\r\n.chấm\r\n\r\n";

#[tokio::test]
async fn a_letter_leaves_with_two_signatures_that_hold() {
    let (keys, records) = keys();
    let arrived = sent(keys, &["8BITMIME"], LETTER).await;
    assert_eq!(arrived.matches("DKIM-Signature:").count(), 2, "{arrived}");
    assert_eq!(good_signatures(&arrived, &records).await, 2, "{arrived}");
    assert_eq!(good_signatures(&arrived.replace("Kính", "Khinh"), &records).await, 0);
    let forged = arrived.replacen("From:", "From: ai@khac.example\r\nFrom:", 1);
    assert_eq!(good_signatures(&forged, &records).await, 0, "nobody adds a second author");
}

#[tokio::test]
async fn a_letter_re_encoded_for_an_old_server_is_signed_as_it_leaves() {
    let (keys, records) = keys();
    let letter = LETTER.replacen("\r\n\r\n", "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n", 1);
    let arrived = sent(keys, &[], &letter).await;
    assert!(arrived.is_ascii(), "{arrived}");
    assert_eq!(good_signatures(&arrived, &records).await, 2, "{arrived}");
}

#[tokio::test]
async fn a_strangers_letter_is_not_signed_in_our_name() {
    let signer = Signer::default();
    signer.use_keys("tinh.example", keys().0).unwrap();
    assert!(signer.sign("tinh.example", b"From: ai@khac.example\r\n\r\nx\r\n").is_empty());
    assert!(signer.sign("tinh.example", b"From: AN@Tinh.Example\r\n\r\nx\r\n").contains("d=tinh.example"));
    let broken = vec![SigningKey { selector: "hong".into(), pkcs8: vec![1], ed25519: false }];
    assert!(signer.use_keys("tinh.example", broken).unwrap_err().starts_with("hong"));
}

#[tokio::test]
async fn what_is_published_is_told_from_what_is_not() {
    let server = name_server::start(vec![
        ("tinh.example".into(), Says::Text("v=spf1 mx -all".into())),
        ("_dmarc.tinh.example".into(), Says::Text("v=DMARC1; p=none".into())),
        ("hong.example".into(), Says::Trouble),
    ])
    .await;
    let hub = Hub::start(|config| config.resolvers = vec![server]).await;
    let state = async |name: &str, value: &str| {
        let record =
            DnsRecord { name: name.to_owned(), kind: "TXT", value: value.to_owned(), purpose: "a test" };
        hub.mail.published(&record).await
    };
    assert_eq!(state("tinh.example", "v=spf1 mx -all").await, Published::Right);
    let other = state("_dmarc.tinh.example", "v=DMARC1; p=quarantine").await;
    assert_eq!(other, Published::Different(vec!["v=DMARC1; p=none".to_owned()]));
    assert_eq!(state("a._domainkey.tinh.example", "v=DKIM1; p=x").await, Published::Missing);
    let unknown = state("hong.example", "v=spf1 mx -all").await;
    assert!(matches!(unknown, Published::Unknown(_)), "{unknown:?}");
}
