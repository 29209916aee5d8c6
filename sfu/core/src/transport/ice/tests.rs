//! The agent by its words.

use std::net::SocketAddr;

use base::random::Seeded;

use super::*;

fn path(port: u16) -> Path {
    Path { local: 0, remote: SocketAddr::from(([192, 0, 2, 1], port)) }
}

fn check(credentials: &Credentials, nominate: bool) -> Vec<u8> {
    request(credentials, "far", nominate)
}

fn agent() -> (IceLite, Credentials, Instant) {
    let now = Instant::now();
    let credentials = Credentials::new(0, &mut Seeded::new(1));
    (IceLite::new(credentials.clone(), far("far"), now), credentials, now)
}

fn far(ufrag: &str) -> Credentials {
    Credentials { ufrag: ufrag.into(), password: "the far side's password".into() }
}

#[test]
fn a_check_is_answered_with_the_address_it_came_from() {
    let (mut agent, credentials, now) = agent();
    let parsed = Check::parse(&check(&credentials, false)).unwrap();
    assert_eq!(parsed.local_ufrag().as_deref(), Some(credentials.ufrag.as_str()));
    let answer = agent.handle_check(now, path(4000), &parsed).unwrap();
    let mut response = Message::new();
    response.unmarshal_binary(&answer.response).unwrap();
    let mut mapped = XorMappedAddress::default();
    rtc_stun::message::Getter::get_from(&mut mapped, &response).unwrap();
    assert_eq!((response.typ, mapped.port), (BINDING_SUCCESS, 4000));
    FINGERPRINT.check(&response).unwrap();
    assert!(is_authentic(&response, &agent.key));
    assert!(agent.accepts(path(4000)) && !agent.accepts(path(4001)));
}

#[test]
fn a_forged_check_changes_nothing() {
    let (mut agent, credentials, now) = agent();
    let stranger = Credentials { password: "another password, 22+ chars".into(), ..credentials.clone() };
    let forged = Check::parse(&check(&stranger, true)).unwrap();
    assert_eq!(agent.handle_check(now, path(1), &forged), None);
    let mut bytes = check(&credentials, true);
    bytes[8] ^= 1; // the transaction id is covered too
    assert_eq!(agent.handle_check(now, path(1), &Check::parse(&bytes).unwrap()), None);
    assert_eq!(agent.selected(), None);
}

#[test]
fn media_moves_only_to_a_nominated_address() {
    let (mut agent, credentials, now) = agent();
    let plain = Check::parse(&check(&credentials, false)).unwrap();
    let nominated = Check::parse(&check(&credentials, true)).unwrap();
    assert!(agent.handle_check(now, path(1), &plain).unwrap().moved);
    assert!(!agent.handle_check(now, path(2), &plain).unwrap().moved);
    assert_eq!(agent.selected(), Some(path(1)));
    assert!(agent.handle_check(now, path(2), &nominated).unwrap().moved);
    assert_eq!(agent.selected(), Some(path(2)));
}

#[test]
fn after_a_restart_media_stays_until_a_new_check_nominates() {
    let (mut agent, old, now) = agent();
    let nominated = Check::parse(&check(&old, true)).unwrap();
    agent.handle_check(now, path(1), &nominated).unwrap();
    let new = Credentials::new(0, &mut Seeded::new(2));
    agent.restart(now, new.clone(), far("new"));
    assert_eq!(agent.handle_check(now, path(2), &nominated), None, "the old credentials are void");
    assert!(agent.accepts(path(1)) && agent.selected() == Some(path(1)));
    let plain = Check::parse(&request(&new, "new", false)).unwrap();
    assert!(!agent.handle_check(now, path(2), &plain).unwrap().moved);
    let nominated = Check::parse(&request(&new, "new", true)).unwrap();
    assert!(agent.handle_check(now, path(2), &nominated).unwrap().moved);
}

#[test]
fn a_path_is_used_once_the_peer_has_answered_there() {
    let (mut agent, credentials, now) = agent();
    let nominated = Check::parse(&check(&credentials, true)).unwrap();
    agent.handle_check(now, path(1), &nominated).unwrap();
    let (_, question) = agent.probe(now, path(2), &mut Seeded::new(3)).unwrap();
    assert_eq!(agent.probe(now, path(3), &mut Seeded::new(3)), None, "one question at a time");
    let proof = |from: &Credentials| answer(from, &question).and_then(|bytes| Proof::parse(&bytes));
    assert!(proof(&far("far")).is_some() && proof(&credentials).is_none());
    let foreign = Credentials { password: "of somebody who only listens".into(), ..far("far") };
    assert!(proof(&foreign).is_none(), "who has not the password cannot even read it as his");
    let right = proof(&far("far")).unwrap();
    assert_eq!(agent.handle_proof(now, path(3), &right), None, "another path than the one asked");
    assert_eq!(agent.selected(), Some(path(1)));
    assert_eq!(agent.handle_proof(now, path(2), &right), Some(Proven { forgotten: None }));
    assert_eq!(agent.selected(), Some(path(2)));
    assert_eq!(agent.handle_proof(now, path(2), &right), None, "an answer counts once");
}

#[test]
fn once_there_are_keys_a_nominated_path_is_used_when_the_peer_has_answered_there() {
    let (mut agent, credentials, now) = agent();
    let nominated = Check::parse(&check(&credentials, true)).unwrap();
    assert!(agent.handle_check(now, path(1), &nominated).unwrap().moved);
    agent.secure();
    let checked = agent.handle_check(now, path(2), &nominated).unwrap();
    assert!(checked.asks && !checked.moved && agent.accepts(path(2)));
    let (name, question) = agent.probe(now, path(2), &mut Seeded::new(3)).unwrap();
    let soon = now + PROBE_PAUSE;
    assert_eq!((agent.unanswered(soon), agent.selected()), (Some(path(2)), Some(path(1))));
    let again = agent.probe(soon, path(2), &mut Seeded::new(4));
    assert_eq!(again, Some((name, question.clone())), "the same question, for the answer may be on its way");
    let proof = Proof::parse(&answer(&far("far"), &question).unwrap()).unwrap();
    assert!(agent.handle_proof(soon, path(2), &proof).is_some());
    assert_eq!((agent.unanswered(soon), agent.selected()), (None, Some(path(2))));
    assert!(!agent.handle_check(soon, path(2), &nominated).unwrap().asks, "it is there already");
}

#[test]
fn an_answer_that_is_forged_or_late_moves_nothing() {
    let (mut agent, _, now) = agent();
    let (_, question) = agent.probe(now, path(2), &mut Seeded::new(3)).unwrap();
    let mut forged = answer(&far("far"), &question).unwrap();
    let late = Proof::parse(&forged).unwrap();
    forged[30] ^= 1;
    if let Some(forged) = Proof::parse(&forged) {
        assert_eq!(agent.handle_proof(now, path(2), &forged), None);
    }
    assert_eq!(agent.handle_proof(now + PROBE_LIFE, path(2), &late), None);
    assert_eq!(agent.selected(), None);
}

#[test]
fn a_user_fragment_tells_the_worker_of_its_peer() {
    for worker in 0..64 {
        let credentials = Credentials::new(worker, &mut Seeded::new(1));
        assert_eq!(worker_of(&credentials.ufrag), Some(worker));
    }
    assert_eq!((worker_of(""), worker_of("-no")), (None, None));
}

#[test]
fn addresses_are_bounded_and_the_used_one_stays() {
    let (mut agent, credentials, now) = agent();
    let nominated = Check::parse(&check(&credentials, true)).unwrap();
    let plain = Check::parse(&check(&credentials, false)).unwrap();
    agent.handle_check(now, path(1), &nominated).unwrap();
    for port in 2..200 {
        let now = now + Duration::from_millis(20) * u32::from(port);
        agent.handle_check(now, path(port), &plain).unwrap();
    }
    assert_eq!(agent.paths().len(), MAX_PATHS);
    assert!(agent.accepts(path(1)));
}

#[test]
fn fuzz_noise_is_not_a_check() {
    bolero::check!().for_each(|bytes| {
        if let Some(check) = Check::parse(bytes) {
            let (mut agent, _, now) = agent();
            assert!(agent.handle_check(now, path(1), &check).is_none());
        }
        if let Some(proof) = Proof::parse(bytes) {
            let (mut agent, _, now) = agent();
            agent.probe(now, path(1), &mut Seeded::new(3)).unwrap();
            assert!(agent.handle_proof(now, path(1), &proof).is_none());
        }
    });
}
