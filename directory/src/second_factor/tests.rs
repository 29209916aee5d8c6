//! The second factor as people meet it at sign-in.

use std::{net::IpAddr, time::Duration};

use base::Timestamp;
use database::testing::source;
use directory_core::SecondFactorKey;

use crate::{Actor, Directory, DirectoryError, SAMPLE_PASSWORD, SignInError};

const CLERK: &str = "vanthu.stttt";
const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

struct Hub {
    directory: Directory,
    now: Timestamp,
    _folder: tempfile::TempDir,
}

impl Hub {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory =
            Directory::open(source(&folder.path().join("directory.db")), "quangbinh.example").await.unwrap();
        directory.load_sample().await.unwrap();
        Self { directory, now: Timestamp::now(), _folder: folder }
    }

    fn wait(&mut self, seconds: u64) {
        self.now = self.now.plus(Duration::from_secs(seconds));
    }

    async fn sign_in(&self, login: &str, code: Option<&str>) -> Result<Actor, SignInError> {
        let signed = self.directory.sign_in(login, SAMPLE_PASSWORD, code, HERE, "test", self.now).await;
        signed.map(|(_, principal, _)| Actor::person(principal, Some(HERE)))
    }

    /// Switches a second factor on; returns the telephone's key and the recovery codes.
    async fn switch_on(&mut self, actor: &Actor) -> (SecondFactorKey, Vec<String>) {
        let proposal = self.directory.propose_second_factor(actor, SAMPLE_PASSWORD, self.now).await.unwrap();
        let key = SecondFactorKey::from_base32(&proposal.key.replace(' ', "")).unwrap();
        let code = key.code(self.now);
        let codes = self.directory.confirm_second_factor(actor, &code, self.now).await.unwrap();
        self.wait(60);
        (key, codes)
    }
}

#[tokio::test]
async fn a_code_is_asked_for_once_it_is_on_and_each_is_good_once() {
    let mut hub = Hub::start().await;
    let actor = hub.sign_in(CLERK, None).await.unwrap();
    let elsewhere = hub.sign_in(CLERK, None).await.unwrap();
    let wrong = hub.directory.propose_second_factor(&actor, "sai", hub.now).await;
    assert!(matches!(wrong, Err(DirectoryError::SignIn(SignInError::WrongPassword { .. }))));
    let proposal = hub.directory.propose_second_factor(&actor, SAMPLE_PASSWORD, hub.now).await.unwrap();
    assert!(proposal.picture.is_some_and(|picture| picture.side > 20));
    hub.sign_in(CLERK, None).await.expect("a proposal asks for nothing");
    let wrong = hub.directory.confirm_second_factor(&actor, "000000", hub.now).await;
    assert!(matches!(wrong, Err(DirectoryError::SignIn(SignInError::WrongCode { .. }))));

    let (key, codes) = hub.switch_on(&actor).await;
    assert_eq!(codes.len(), 10);
    let open = hub.directory.sessions(&actor.principal).await.unwrap();
    assert_eq!(open.iter().map(|entry| entry.id).collect::<Vec<_>>(), [actor.principal.session.unwrap()]);
    assert_ne!(elsewhere.principal.session, actor.principal.session);
    assert!(matches!(hub.sign_in(CLERK, None).await, Err(SignInError::CodeNeeded)));
    let code = key.code(hub.now);
    hub.sign_in(CLERK, Some(&code)).await.unwrap();
    let again = hub.sign_in(CLERK, Some(&code)).await;
    assert!(matches!(again, Err(SignInError::WrongCode { left: Some(4) })), "{again:?}");
    hub.wait(30);
    hub.sign_in(CLERK, Some(&key.code(hub.now))).await.unwrap();
    let second = hub.directory.propose_second_factor(&actor, SAMPLE_PASSWORD, hub.now).await;
    assert_eq!(second.unwrap_err().code(), "secondFactorOn", "a session must not replace the key");
}

#[tokio::test]
async fn a_recovery_code_opens_once_and_new_ones_replace_the_old() {
    let mut hub = Hub::start().await;
    let actor = hub.sign_in(CLERK, None).await.unwrap();
    let (key, codes) = hub.switch_on(&actor).await;
    hub.sign_in(CLERK, Some(&codes[3].to_uppercase().replace('-', " "))).await.unwrap();
    assert!(matches!(hub.sign_in(CLERK, Some(&codes[3])).await, Err(SignInError::WrongCode { .. })));
    assert_eq!(hub.directory.second_factor(&actor).await.unwrap().recovery_codes, 9);
    let fresh = hub.directory.renew_recovery_codes(&actor, &key.code(hub.now), hub.now).await.unwrap();
    assert!(matches!(hub.sign_in(CLERK, Some(&codes[0])).await, Err(SignInError::WrongCode { .. })));
    hub.sign_in(CLERK, Some(&fresh[0])).await.unwrap();
    let stranger = hub.sign_in("thuky", None).await.unwrap();
    hub.switch_on(&stranger).await;
    assert!(matches!(hub.sign_in("thuky", Some(&fresh[1])).await, Err(SignInError::WrongCode { .. })));
}

#[tokio::test]
async fn codes_cannot_be_guessed_by_who_knows_the_password() {
    let mut hub = Hub::start().await;
    let actor = hub.sign_in(CLERK, None).await.unwrap();
    let (key, codes) = hub.switch_on(&actor).await;
    for left in [4, 3, 2, 1] {
        let guess = hub.sign_in(CLERK, Some("000000")).await;
        assert!(matches!(guess, Err(SignInError::WrongCode { left: Some(n) }) if n == left), "{guess:?}");
        assert!(matches!(hub.sign_in(CLERK, None).await, Err(SignInError::CodeNeeded)));
    }
    for code in ["000000", &key.code(hub.now), &codes[0]] {
        assert!(matches!(hub.sign_in(CLERK, Some(code)).await, Err(SignInError::CodesLockedUntil(_))));
    }
    let removed = hub.directory.remove_second_factor(&actor, &key.code(hub.now), hub.now).await;
    assert!(matches!(removed, Err(DirectoryError::SignIn(SignInError::CodesLockedUntil(_)))));
    hub.wait(15 * 60);
    hub.sign_in(CLERK, Some(&key.code(hub.now))).await.unwrap();
}

#[tokio::test]
async fn mail_programs_need_a_secret_of_their_own() {
    let mut hub = Hub::start().await;
    let actor = hub.sign_in(CLERK, None).await.unwrap();
    let mailbox = actor.principal.mailboxes[0].mailbox;
    hub.directory.authenticate(CLERK, SAMPLE_PASSWORD, HERE, hub.now).await.unwrap();
    hub.switch_on(&actor).await;
    let refused = hub.directory.authenticate(CLERK, SAMPLE_PASSWORD, HERE, hub.now).await;
    assert!(matches!(refused, Err(SignInError::AppPasswordNeeded)));
    let issued = hub.directory.create_app_password(&actor, mailbox, "Thunderbird", hub.now).await.unwrap();
    hub.directory.authenticate(CLERK, issued.secret.expose(), HERE, hub.now).await.unwrap();
}

#[tokio::test]
async fn only_the_person_or_it_staff_switch_it_off() {
    let mut hub = Hub::start().await;
    let actor = hub.sign_in(CLERK, None).await.unwrap();
    let admin = hub.sign_in("quantri", None).await.unwrap();
    let other = hub.sign_in("thuky", None).await.unwrap();
    let person = actor.principal.person;
    let nothing = hub.directory.reset_second_factor(&admin, person, hub.now).await;
    assert_eq!(nothing.unwrap_err().code(), "secondFactorOff");
    hub.switch_on(&actor).await;
    let foreign = hub.directory.reset_second_factor(&other, person, hub.now).await;
    assert!(matches!(foreign, Err(DirectoryError::Forbidden)));
    assert!(hub.directory.list_people(&admin, CLERK, None, 1).await.unwrap().items[0].second_factor);
    hub.directory.reset_second_factor(&admin, person, hub.now).await.unwrap();
    assert!(hub.directory.sessions(&actor.principal).await.unwrap().is_empty());
    let back = hub.sign_in(CLERK, None).await.unwrap();
    let (key, _) = hub.switch_on(&back).await;
    hub.directory.remove_second_factor(&back, &key.code(hub.now), hub.now).await.unwrap();
    hub.sign_in(CLERK, None).await.unwrap();
    assert_eq!(hub.directory.second_factor(&back).await.unwrap().since, None);
}
