//! SASL exchanges, by the words of the standards and against hostile clients.

use aws_lc_rs::{digest, hmac, pbkdf2};
use base::random::{Random, Seeded};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Bindings, Claim, Credential, Exchange, Keys, Mechanism, Step, decode};

const SECRET: &str = "pencil";
const SALT: &str = "W22ZaJ0SNY7soEsUEjb6gQ==";

/// Yields the bytes of RFC 7677 §3's server nonce when it is encoded again.
struct Nonce;

impl Random for Nonce {
    fn fill(&mut self, out: &mut [u8]) {
        out.fill(7);
    }
}

struct Client {
    salted: [u8; 32],
}

impl Client {
    fn new(secret: &str) -> Self {
        let mut salted = [0; 32];
        let rounds = std::num::NonZeroU32::new(4096).unwrap();
        let salt = STANDARD.decode(SALT).unwrap();
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &salt, secret.as_bytes(), &mut salted);
        Self { salted }
    }

    fn mac(key: &[u8], text: &str) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        hmac::sign(&key, text.as_bytes()).as_ref().try_into().unwrap()
    }

    fn credential(&self, id: &str) -> Credential {
        let client_key = Self::mac(&self.salted, "Client Key");
        let stored_key = digest::digest(&digest::SHA256, &client_key).as_ref().try_into().unwrap();
        Credential { id: id.into(), stored_key, server_key: Self::mac(&self.salted, "Server Key") }
    }

    fn last_message(&self, bare: &str, server_first: &str, binding: &[u8], nonce: &str) -> String {
        let without = format!("c={},r={nonce}", STANDARD.encode(binding));
        let key = Self::mac(&self.salted, "Client Key");
        let stored = digest::digest(&digest::SHA256, &key);
        let signature = Self::mac(stored.as_ref(), &format!("{bare},{server_first},{without}"));
        let proof: Vec<u8> = key.iter().zip(signature).map(|(a, b)| a ^ b).collect();
        format!("{without},p={}", STANDARD.encode(proof))
    }
}

fn keys(credentials: Vec<Credential>) -> Keys {
    Keys { salt: STANDARD.decode(SALT).unwrap(), iterations: 4096, credentials }
}

fn challenge(step: Step) -> String {
    let Step::Challenge(bytes) = step else { panic!("a challenge, not {step:?}") };
    String::from_utf8(bytes).unwrap()
}

/// Runs an exchange to its end; `header` is the client's gs2 header, `bound` what it binds to.
fn run(exchange: &mut Exchange, header: &str, bound: &[u8], secret: &str, known: Vec<Credential>) -> Step {
    let bare = "n=user,r=rOprNGfwEbeRWgbNEkqO";
    let step = exchange.handle_response(format!("{header}{bare}").as_bytes());
    if step == Step::Refused {
        return step;
    }
    assert_eq!(step, Step::Lookup("user".into()));
    let server_first = challenge(exchange.handle_keys(keys(known), &mut Nonce));
    let nonce = server_first.strip_prefix("r=").unwrap().split(',').next().unwrap().to_owned();
    let binding = [header.as_bytes(), bound].concat();
    let last = Client::new(secret).last_message(bare, &server_first, &binding, &nonce);
    match exchange.handle_response(last.as_bytes()) {
        Step::Challenge(signed) => {
            assert!(signed.starts_with(b"v="));
            exchange.handle_response(b"")
        }
        other => other,
    }
}

#[test]
fn the_example_of_rfc_7677_gives_its_keys_and_signature() {
    let bare = "n=user,r=rOprNGfwEbeRWgbNEkqO";
    let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    let server_first = format!("r={nonce},s={SALT},i=4096");
    let client = Client::new(SECRET);
    let last = client.last_message(bare, &server_first, b"n,,", nonce);
    assert_eq!(last, format!("c=biws,r={nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="));
    // The server's side of the same example.
    let challenged = super::scram::tests_only(bare, &server_first, nonce, keys(vec![client.credential("1")]));
    assert_eq!(challenged(last.as_bytes()), "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

#[test]
fn each_of_several_app_passwords_opens_and_another_secret_does_not() {
    let (first, second) = (Client::new("one").credential("1"), Client::new("two").credential("2"));
    for (secret, wanted) in [("one", "1"), ("two", "2")] {
        let mut exchange = Exchange::new(Mechanism::ScramSha256, &Bindings::default());
        let known = vec![first.clone(), second.clone()];
        let claim = Claim::Proven { login: "user".into(), credential: wanted.into() };
        assert_eq!(run(&mut exchange, "n,,", b"", secret, known), Step::SignIn(claim));
        assert_eq!(exchange.handle_response(b""), Step::Refused, "an exchange is over when it is over");
    }
    let mut exchange = Exchange::new(Mechanism::ScramSha256, &Bindings::default());
    let refused = run(&mut exchange, "n,,", b"", "three", vec![first, second]);
    assert_eq!(refused, Step::SignIn(Claim::Disproven { login: "user".into() }));
}

#[test]
fn a_bound_exchange_holds_on_its_own_connection_only() {
    let known = || vec![Client::new(SECRET).credential("1")];
    let bindings = Bindings { exporter: Some(vec![1; 32]), server_end_point: Some(vec![2; 32]) };
    for (header, bound) in [("p=tls-exporter,,", [1; 32]), ("p=tls-server-end-point,,", [2; 32])] {
        let mut exchange = Exchange::new(Mechanism::ScramSha256Plus, &bindings);
        let proven = Claim::Proven { login: "user".into(), credential: "1".into() };
        assert_eq!(run(&mut exchange, header, &bound, SECRET, known()), Step::SignIn(proven));
        // Relayed by somebody in the middle, the client binds to the other connection.
        let mut exchange = Exchange::new(Mechanism::ScramSha256Plus, &bindings);
        let disproven = Claim::Disproven { login: "user".into() };
        assert_eq!(run(&mut exchange, header, &[9; 32], SECRET, known()), Step::SignIn(disproven));
    }
    for (mechanism, header) in [
        (Mechanism::ScramSha256Plus, "n,,"),
        (Mechanism::ScramSha256Plus, "p=tls-unique,,"),
        (Mechanism::ScramSha256, "p=tls-exporter,,"),
        // The client believes that -PLUS was not offered: somebody took it out of the list.
        (Mechanism::ScramSha256, "y,,"),
    ] {
        let mut exchange = Exchange::new(mechanism, &bindings);
        assert_eq!(run(&mut exchange, header, b"", SECRET, known()), Step::Refused, "{header}");
    }
}

#[test]
fn plain_and_login_give_name_and_password() {
    let none = Bindings::default();
    let claim = |login: &str| {
        Step::SignIn(Claim::Password {
            login: login.into(),
            password: base::Redacted::new("mật khẩu".into()),
        })
    };
    let plain = |text: &str| Exchange::new(Mechanism::Plain, &none).handle_response(text.as_bytes());
    assert_eq!(plain("\0an\0mật khẩu"), claim("an"));
    assert_eq!(plain("an\0an\0mật khẩu"), claim("an"));
    for bad in ["binh\0an\0x", "an\0x", "\0an\0", "\0\0x", "", "\0an\0x\0y"] {
        assert_eq!(plain(bad), Step::Refused, "{bad:?}");
    }
    let mut login = Exchange::new(Mechanism::Login, &none);
    assert_eq!(login.opening(), b"Username:");
    assert_eq!(login.handle_response(b"an"), Step::Challenge(b"Password:".to_vec()));
    assert_eq!(login.handle_response("mật khẩu".as_bytes()), claim("an"));
}

#[test]
fn names_are_unescaped_and_nothing_else_is_taken_for_a_name() {
    let first = |text: &str| {
        Exchange::new(Mechanism::ScramSha256, &Bindings::default()).handle_response(text.as_bytes())
    };
    assert_eq!(first("n,,n=a=2Cb=3Dc,r=x"), Step::Lookup("a,b=c".into()));
    assert_eq!(first("n,a=an,n=an,r=x"), Step::Lookup("an".into()));
    for bad in [
        "n,,n=a=2cb,r=x",
        "n,,n=a=,r=x",
        "n,,n=,r=x",
        "n,,n=an,r=",
        "n,,m=x,n=an,r=x",
        "n,a=b,n=an,r=x",
        "q,,n=an,r=x",
    ] {
        assert_eq!(first(bad), Step::Refused, "{bad}");
    }
    assert_eq!(decode("="), Some(Vec::new()));
    assert_eq!(decode("!"), None);
}

#[test]
fn fuzz_whatever_a_client_says_ends_the_exchange_or_goes_on() {
    bolero::check!().with_type::<(u8, Vec<Vec<u8>>)>().for_each(|(which, messages)| {
        let bindings = Bindings { exporter: Some(vec![1; 32]), server_end_point: None };
        let all = Mechanism::offered(&bindings);
        let mechanism = all[usize::from(*which) % all.len()];
        let mut exchange = Exchange::new(mechanism, &bindings);
        for message in messages {
            if let Step::Lookup(_) = exchange.handle_response(message) {
                exchange.handle_keys(keys(Vec::new()), &mut Seeded::new(1));
            }
        }
    });
}
