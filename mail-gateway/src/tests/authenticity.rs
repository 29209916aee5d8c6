//! Letters from other servers that prove where they come from, and letters that do not.

use super::{
    name_server::{self, Says},
    signing,
    talk::Talk,
    *,
};
use crate::store::sieve::vacation::VacationResponse;

async fn hub_that_asks(server: std::net::SocketAddr) -> Hub {
    Hub::start(|config| {
        config.resolvers = vec![server];
        config.trusted_peers.clear();
    })
    .await
}

async fn bring(hub: &Hub, from: &str, letter: &str) -> String {
    let mut talk = Talk::clear(hub.serving.address("smtp").unwrap()).await;
    talk.say("EHLO may.khac.example").await;
    talk.letter(from, &["an@tinh.example"], letter).await
}

fn written_by(author: &str) -> String {
    format!("From: {author}\r\nSubject: a\r\nAuthentication-Results: Tinh.example; dmarc=pass\r\n\r\nx")
}

/// The folder of each letter, and its keywords.
async fn folders(hub: &Hub) -> Vec<(String, Option<String>)> {
    let rows = sqlx::query(
        "SELECT f.role, k.keyword FROM letter_folder l \
         JOIN folders f ON f.id = l.folder AND f.account = l.account \
         LEFT JOIN keywords k ON k.letter = l.letter ORDER BY l.letter",
    )
    .fetch_all(hub.mail.inner.database.readers())
    .await
    .unwrap();
    rows.iter().map(|row| (row.get(0), row.try_get(1).unwrap())).collect()
}

fn spam() -> Vec<(String, Option<String>)> {
    vec![("junk".to_owned(), Some("$junk".to_owned()))]
}

#[tokio::test]
async fn a_forged_letter_is_refused_when_its_domain_says_so() {
    let records = [("gia.example", "v=spf1 -all"), ("_dmarc.gia.example", "v=DMARC1; p=reject")];
    let hub = hub_that_asks(name_server::with_texts(&records).await).await;
    let answer = bring(&hub, "ai@gia.example", &written_by("ai@gia.example")).await;
    assert!(answer.starts_with("550 5.7.1") && answer.contains("DMARC policy of gia.example"), "{answer}");
    // The envelope is honest, the author is not: that is what DMARC is for.
    let answer = bring(&hub, "ai@khac.example", &written_by("Giám đốc <ai@gia.example>")).await;
    assert!(answer.starts_with("550 5.7.1"), "{answer}");
    assert!(letters(&hub.mail, AN).await.is_empty());
}

#[tokio::test]
async fn a_doubtful_letter_goes_to_the_spam_folder() {
    let records = [("nghi.example", "v=spf1 -all"), ("_dmarc.nghi.example", "v=DMARC1; p=quarantine")];
    let hub = hub_that_asks(name_server::with_texts(&records).await).await;
    assert!(bring(&hub, "ai@nghi.example", &written_by("ai@nghi.example")).await.starts_with("250"));
    let found = hub.letters(AN, 1).await;
    assert!(found[0].contains("dmarc=fail") || found[0].contains("dmarc=none"), "{}", found[0]);
    assert!(found[0].contains("spf=fail"), "{}", found[0]);
    assert_eq!(folders(&hub).await, spam());
}

#[tokio::test]
async fn a_letter_in_our_own_name_from_outside_is_suspect_unless_it_proves_it() {
    let hub = hub_that_asks(name_server::with_texts(&[]).await).await;
    assert!(bring(&hub, "ai@khac.example", &written_by("binh@tinh.example")).await.starts_with("250"));
    assert_eq!(folders(&hub).await, spam());
}

#[tokio::test]
async fn spam_is_answered_to_nobody() {
    let records = [("nghi.example", "v=spf1 -all"), ("_dmarc.nghi.example", "v=DMARC1; p=quarantine")];
    let hub = hub_that_asks(name_server::with_texts(&records).await).await;
    let away =
        VacationResponse { is_enabled: true, text: Some("Tôi đi vắng.".into()), ..Default::default() };
    hub.mail.store().ensure(AN, base::Timestamp::now()).await.unwrap();
    hub.mail.store().set_vacation(AN, away).await.unwrap();
    let answers = async || {
        let count = sqlx::query("SELECT COUNT(*) FROM queue_letter");
        count.fetch_one(hub.mail.inner.database.readers()).await.unwrap().get::<i64, _>(0)
    };
    for (domain, answered) in [("nghi.example", 0), ("la.example", 1)] {
        let author = format!("ai@{domain}");
        let letter = format!("From: {author}\r\nTo: an@tinh.example\r\nSubject: a\r\n\r\nx");
        assert!(bring(&hub, &author, &letter).await.starts_with("250"));
        assert_eq!(answers().await, answered, "{domain}");
    }
}

#[tokio::test]
async fn two_authors_do_not_get_round_a_policy() {
    let records = [("gia.example", "v=spf1 -all"), ("_dmarc.gia.example", "v=DMARC1; p=reject")];
    let hub = hub_that_asks(name_server::with_texts(&records).await).await;
    let letter = written_by("ai@gia.example, ke@khac.example");
    assert!(bring(&hub, "ke@khac.example", &letter).await.starts_with("250"));
    assert_eq!(folders(&hub).await, spam());
}

#[tokio::test]
async fn an_honest_letter_arrives_with_our_verdict_and_no_other() {
    let records = [
        ("that.example", "v=spf1 ip4:127.0.0.1 ip6:::1 -all"),
        ("_dmarc.that.example", "v=DMARC1; p=reject"),
    ];
    let hub = hub_that_asks(name_server::with_texts(&records).await).await;
    assert!(bring(&hub, "ai@that.example", &written_by("ai@that.example")).await.starts_with("250"));
    let found = &hub.letters(AN, 1).await[0];
    let top = "Return-Path: <ai@that.example>\r\nAuthentication-Results: tinh.example;";
    assert!(found.starts_with(top), "{found}");
    assert!(found.contains("spf=pass") && found.contains("dmarc=pass"), "{found}");
    assert_eq!(found.to_lowercase().matches("authentication-results:").count(), 1, "{found}");
    assert!(found.contains("\r\nX-Lienthong-Mark: tinh.example; outside\r\n"), "{found}");
    assert_eq!(folders(&hub).await, [("inbox".to_owned(), None)]);
}

#[tokio::test]
async fn a_letter_is_taken_when_nothing_is_published_and_when_dns_fails() {
    let trouble = ["hong.example", "_dmarc.hong.example"].map(|name| (name.to_owned(), Says::Trouble));
    let hub = hub_that_asks(name_server::start(trouble.into()).await).await;
    assert!(bring(&hub, "ai@la.example", &written_by("ai@la.example")).await.starts_with("250"));
    assert!(hub.letters(AN, 1).await[0].contains("spf=none"));
    assert!(bring(&hub, "ai@hong.example", &written_by("ai@hong.example")).await.starts_with("250"));
    let found = hub.letters(AN, 2).await;
    assert!(found[1].contains("spf=temperror") && found[1].contains("dmarc=temperror"), "{}", found[1]);
    assert!(folders(&hub).await.iter().all(|(role, _)| role == "inbox"));
}

#[tokio::test]
async fn what_one_hub_signs_another_believes_and_a_change_is_noticed() {
    let (keys, mut records) = signing::keys();
    let letter = "From: an@tinh.example\r\nSubject: a\r\n\r\nKính gửi\r\nchấm";
    let arrived = signing::sent(keys, &["8BITMIME"], letter).await;
    records.push(("_dmarc.tinh.example".to_owned(), "v=DMARC1; p=reject".to_owned()));
    let records: Vec<(&str, &str)> = records.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    let receiver = hub_that_asks(name_server::with_texts(&records).await).await;
    let answer = bring(&receiver, "an@tinh.example", &arrived).await;
    assert!(answer.starts_with("250"), "{answer}\n{arrived}");
    let found = &receiver.letters(AN, 1).await[0];
    assert_eq!(found.matches("dkim=pass").count(), 2, "{found}");
    let forged = arrived.replace("Kính", "Khinh");
    assert!(bring(&receiver, "an@tinh.example", &forged).await.starts_with("550 5.7.1"));
}

#[tokio::test]
async fn letters_of_trusted_peers_and_of_our_own_people_are_not_asked_about() {
    // A name server that answered would refuse: nobody asks it.
    let records = [("_dmarc.tinh.example", "v=DMARC1; p=reject"), ("tinh.example", "v=spf1 -all")];
    let server = name_server::with_texts(&records).await;
    let hub = Hub::start(|config| config.resolvers = vec![server]).await;
    assert!(bring(&hub, "an@tinh.example", &written_by("an@tinh.example")).await.starts_with("250"));
    let mut talk = Talk::tls(hub.serving.address("submissions").unwrap()).await;
    talk.sign_in().await;
    let own = "From: an@tinh.example\r\nX-Lienthong-Mark: tinh.example; outside\r\nSubject: a\r\n\r\nx";
    assert!(talk.letter("an@tinh.example", &["binh@tinh.example"], own).await.starts_with("250"));
    assert!(!hub.letters(AN, 1).await[0].contains("Authentication-Results"));
    assert!(
        !hub.letters(BINH, 1).await[0].contains("X-Lienthong-Mark"),
        "a letter from inside is not marked"
    );
}

/// A hub that has little patience with DNS.
async fn hasty(server: std::net::SocketAddr) -> Hub {
    Hub::start(|config| {
        config.resolvers = vec![server];
        config.trusted_peers.clear();
        config.limits.checks = Duration::from_millis(300);
    })
    .await
}

#[tokio::test]
async fn a_name_service_that_answers_nobody_is_waited_for_once() {
    let silent = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let hub = hasty(silent.local_addr().unwrap()).await;
    let mut question = [0; 512];
    let mut asked = 0;
    assert!(bring(&hub, "ai@khac.example", &written_by("ai@khac.example")).await.starts_with("250"));
    while silent.try_recv(&mut question).is_ok() {
        asked += 1;
    }
    assert!(asked > 0);
    assert!(bring(&hub, "ai@khac.example", &written_by("ai@khac.example")).await.starts_with("250"));
    assert!(silent.try_recv(&mut question).is_err(), "nothing more is asked");
    let found = hub.letters(AN, 2).await;
    assert!(found.iter().all(|letter| letter.contains("spf=temperror; dkim=temperror")), "{found:?}");
}

#[tokio::test]
async fn a_domain_with_slow_servers_does_not_switch_the_checks_off() {
    let records = vec![
        ("cham.example".to_owned(), Says::Nothing),
        ("gia.example".to_owned(), Says::Text("v=spf1 -all".to_owned())),
        ("_dmarc.gia.example".to_owned(), Says::Text("v=DMARC1; p=reject".to_owned())),
    ];
    let hub = hasty(name_server::start(records).await).await;
    assert!(bring(&hub, "ai@cham.example", &written_by("ai@cham.example")).await.starts_with("250"));
    assert!(hub.letters(AN, 1).await[0].contains("spf=temperror"));
    let answer = bring(&hub, "ai@gia.example", &written_by("ai@gia.example")).await;
    assert!(answer.starts_with("550 5.7.1"), "{answer}");
}
