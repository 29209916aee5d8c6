//! App passwords as their owners, programs and IT staff meet them.

use std::net::{IpAddr, Ipv4Addr};

use base::{MailboxId, Timestamp};
use database::testing::source;
use directory::{Actor, Directory, DirectoryError, SAMPLE_PASSWORD, SignInError};
use directory_core::MailboxKind;

const CLERK: &str = "vanthu.stttt";
const AGENCY: &str = "stttt@quangbinh.example";
const IP: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

async fn sample() -> (Directory, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let directory =
        Directory::open(source(&folder.path().join("directory.db")), "quangbinh.example").await.unwrap();
    directory.load_sample().await.unwrap();
    (directory, folder)
}

async fn clerk(directory: &Directory) -> Actor {
    Actor::person(directory.authenticate(CLERK, SAMPLE_PASSWORD, IP, Timestamp::now()).await.unwrap(), None)
}

fn grant(directory: &Directory, kind: MailboxKind) -> (MailboxId, String) {
    let registry = directory.registry();
    let account = registry.account_by_login(CLERK).unwrap().id;
    let grants = registry.principal(account).unwrap().mailboxes;
    let found = grants.into_iter().find(|grant| grant.kind == kind).unwrap();
    (found.mailbox, found.address)
}

async fn sign_in(directory: &Directory, login: &str, secret: &str) -> Result<Vec<String>, SignInError> {
    let principal = directory.authenticate(login, secret, IP, Timestamp::now()).await?;
    assert!(!principal.is_admin);
    Ok(principal.mailboxes.into_iter().map(|grant| grant.address).collect())
}

#[tokio::test]
async fn a_secret_opens_its_one_mailbox_until_it_is_revoked() {
    let (directory, _folder) = sample().await;
    let (actor, now) = (clerk(&directory).await, Timestamp::now());
    let (own, address) = grant(&directory, MailboxKind::Personal);
    let issued = directory.create_app_password(&actor, own, " Thunderbird ", now).await.unwrap();
    assert_eq!((issued.login.as_str(), issued.entry.name.as_str()), (address.as_str(), "Thunderbird"));
    let secret = issued.secret.expose();
    for login in [address.as_str(), CLERK, &address.to_uppercase()] {
        assert_eq!(
            sign_in(&directory, login, secret).await.unwrap(),
            std::slice::from_ref(&address),
            "{login}"
        );
    }
    // The agency's mailbox is not opened by it, although its owner reads that one too.
    assert!(sign_in(&directory, AGENCY, secret).await.is_err());
    let listed = directory.own_app_passwords(&actor).await.unwrap();
    assert!(listed[0].last_used.is_some() && listed[0].last_ip == "127.0.0.1", "{listed:?}");
    directory.revoke_app_password(&actor, issued.entry.id, now).await.unwrap();
    assert!(matches!(sign_in(&directory, CLERK, secret).await, Err(SignInError::WrongPassword { .. })));
    let log = directory.audit(&Actor::system("root"), "mật khẩu ứng dụng", 1).await.unwrap();
    assert_eq!(log.total, 2);
}

#[tokio::test]
async fn a_secret_ends_with_the_right_it_rests_on() {
    let (directory, _folder) = sample().await;
    let (actor, now) = (clerk(&directory).await, Timestamp::now());
    let (agency, address) = grant(&directory, MailboxKind::Agency);
    let secret = directory.create_app_password(&actor, agency, "Máy quét", now).await.unwrap();
    assert_eq!(
        sign_in(&directory, &address, secret.secret.expose()).await.unwrap(),
        std::slice::from_ref(&address)
    );
    let root = Actor::system("root");
    let scanner = directory.create_app_password(&root, agency, "Máy quét 2", now).await.unwrap();
    let person = directory.registry().account_by_login(CLERK).unwrap().person;
    directory.disable(&root, person, now).await.unwrap();
    assert!(sign_in(&directory, &address, secret.secret.expose()).await.is_err());
    // What the operator made for the agency rests on nobody's account.
    assert_eq!(sign_in(&directory, &address, scanner.secret.expose()).await.unwrap(), [address]);
}

#[tokio::test]
async fn nobody_makes_or_revokes_a_secret_of_somebody_else() {
    let (directory, _folder) = sample().await;
    let (actor, now) = (clerk(&directory).await, Timestamp::now());
    let other = directory.authenticate("thuky", SAMPLE_PASSWORD, IP, now).await.unwrap();
    let theirs = other.mailboxes[0].mailbox;
    let refused = directory.create_app_password(&actor, theirs, "x", now).await;
    assert!(matches!(refused, Err(DirectoryError::Forbidden)));
    // A console session of IT staff reads no foreign mail either.
    let staff =
        Actor::person(directory.authenticate("quantri", SAMPLE_PASSWORD, IP, now).await.unwrap(), None);
    let refused = directory.create_app_password(&staff, theirs, "x", now).await;
    assert!(matches!(refused, Err(DirectoryError::Forbidden)));
    let made = directory.create_app_password(&Actor::person(other, None), theirs, "x", now).await.unwrap();
    let refused = directory.revoke_app_password(&actor, made.entry.id, now).await;
    assert!(matches!(refused, Err(DirectoryError::NotFound(_))));
    directory.revoke_app_password(&staff, made.entry.id, now).await.unwrap();
}

#[tokio::test]
async fn a_locked_account_keeps_its_programs_and_wrong_secrets_count() {
    let (directory, _folder) = sample().await;
    let (actor, now) = (clerk(&directory).await, Timestamp::now());
    let (own, address) = grant(&directory, MailboxKind::Personal);
    let issued = directory.create_app_password(&actor, own, "Điện thoại", now).await.unwrap();
    for _ in 0..5 {
        assert!(sign_in(&directory, CLERK, "abcd-efgh-jk23-mnpq-4rst").await.is_err());
    }
    assert!(matches!(sign_in(&directory, CLERK, SAMPLE_PASSWORD).await, Err(SignInError::LockedUntil(_))));
    assert_eq!(sign_in(&directory, CLERK, issued.secret.expose()).await.unwrap(), [address]);
}

#[tokio::test]
async fn scram_keys_tell_nothing_about_which_names_exist() {
    let (directory, _folder) = sample().await;
    let (actor, now) = (clerk(&directory).await, Timestamp::now());
    let (own, address) = grant(&directory, MailboxKind::Personal);
    let issued = directory.create_app_password(&actor, own, "mutt", now).await.unwrap();
    let known = directory.scram_keys(&address).await.unwrap();
    assert_eq!(known.credentials.len(), 1);
    assert_eq!(known.salt, directory.scram_keys(CLERK).await.unwrap().salt);
    let unknown = directory.scram_keys("khong.co@quangbinh.example").await.unwrap();
    assert_eq!(unknown.salt.len(), known.salt.len());
    assert_eq!(unknown.salt, directory.scram_keys("Khong.Co@quangbinh.example").await.unwrap().salt);
    assert_ne!(unknown.salt, known.salt);
    assert!(unknown.credentials.is_empty());
    let opened = directory.by_proof(&known.credentials[0].id, IP, now).await.unwrap();
    assert_eq!(opened.mailboxes[0].address, address);
    directory.revoke_app_password(&actor, issued.entry.id, now).await.unwrap();
    assert!(directory.by_proof(&known.credentials[0].id, IP, now).await.is_err());
}
