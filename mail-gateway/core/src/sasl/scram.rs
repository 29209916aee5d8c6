//! SCRAM-SHA-256 and -PLUS (RFC 5802, RFC 7677): the client proves that it knows a secret without
//! sending it, and learns that the server knows it too.
//!
//! A mailbox may have several app passwords. They share one salt, so that the server's first message
//! fits all of them, and the proof is held against each.

use aws_lc_rs::{constant_time, digest, hmac};
use base::random::Random;
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Bindings, Claim, Step};

/// What the directory knows of a name. For an unknown name it answers a salt all the same and no
/// credentials, so that the exchange does not tell which names exist.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The salt of the name.
    pub salt: Vec<u8>,
    /// How often the secret was hashed (RFC 7677 §4 asks for 4096 at least).
    pub iterations: u32,
    /// The secrets that open something, as keys.
    pub credentials: Vec<Credential>,
}

/// One secret as its verifier (RFC 5802 §3).
#[derive(Debug, Clone)]
pub struct Credential {
    /// How the directory calls it.
    pub id: String,
    /// `H(ClientKey)`.
    pub stored_key: [u8; 32],
    /// `HMAC(SaltedPassword, "Server Key")`.
    pub server_key: [u8; 32],
}

#[derive(Debug)]
pub(super) struct Scram {
    bindings: Bindings,
    plus: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    First,
    Keys(ClientFirst),
    Final(Box<Challenged>),
    /// The server's signature was sent; an empty response ends the exchange.
    Signed(Claim),
    Over,
}

#[derive(Debug)]
struct ClientFirst {
    /// With its channel-binding flag; the client repeats it in its final message.
    gs2_header: String,
    /// The data bound to, when the client binds.
    bound: Vec<u8>,
    bare: String,
    login: String,
    nonce: String,
}

#[derive(Debug)]
struct Challenged {
    first: ClientFirst,
    server_first: String,
    nonce: String,
    keys: Keys,
}

impl Scram {
    pub(super) fn new(bindings: Bindings, plus: bool) -> Self {
        Self { bindings, plus, state: State::First }
    }

    pub(super) fn handle_response(&mut self, response: &[u8]) -> Step {
        match std::mem::replace(&mut self.state, State::Over) {
            State::First => self.client_first(response).unwrap_or(Step::Refused),
            State::Final(challenged) => {
                let Some((claim, server_final)) = client_final(&challenged, response) else {
                    return Step::Refused;
                };
                match server_final {
                    Some(message) => {
                        self.state = State::Signed(claim);
                        Step::Challenge(message)
                    }
                    None => Step::SignIn(claim),
                }
            }
            State::Signed(claim) if response.is_empty() => Step::SignIn(claim),
            State::Signed(_) | State::Keys(_) | State::Over => Step::Refused,
        }
    }

    fn client_first(&mut self, response: &[u8]) -> Option<Step> {
        let text = std::str::from_utf8(response).ok().filter(|text| text.len() <= LONGEST)?;
        let (flag, rest) = text.split_once(',')?;
        let (acting, bare) = rest.split_once(',')?;
        let bound = self.bound(flag)?;
        // RFC 5802 §5.1: "m" is an extension nobody may ignore; it would stand first.
        let (name, rest) = bare.strip_prefix("n=")?.split_once(',')?;
        let nonce = rest.split(',').next()?.strip_prefix("r=")?;
        if nonce.is_empty() || !nonce.bytes().all(|b| (0x21..=0x7e).contains(&b)) {
            return None;
        }
        let login = unescape(name)?;
        if !acting.is_empty() && unescape(acting.strip_prefix("a=")?)? != login {
            return None;
        }
        self.state = State::Keys(ClientFirst {
            gs2_header: text.get(..text.len() - bare.len())?.to_owned(),
            bound,
            bare: bare.to_owned(),
            login: login.clone(),
            nonce: nonce.to_owned(),
        });
        Some(Step::Lookup(login))
    }

    /// The data the client binds to with this flag (RFC 5802 §6); `None` refuses.
    fn bound(&self, flag: &str) -> Option<Vec<u8>> {
        match flag.strip_prefix("p=") {
            Some(kind) if self.plus => self.bindings.find(kind).map(<[u8]>::to_vec),
            Some(_) => None,
            None if self.plus => None,
            // "I could bind, but you did not offer it": when we did, somebody in the middle cut it out.
            None if flag == "y" && !self.bindings.is_empty() => None,
            None => matches!(flag, "n" | "y").then(Vec::new),
        }
    }

    pub(super) fn handle_keys(&mut self, keys: Keys, random: &mut dyn Random) -> Step {
        let State::Keys(first) = std::mem::replace(&mut self.state, State::Over) else {
            return Step::Refused;
        };
        let mut bytes = [0; 18];
        random.fill(&mut bytes);
        let nonce = format!("{}{}", first.nonce, STANDARD.encode(bytes));
        let server_first = format!("r={nonce},s={},i={}", STANDARD.encode(&keys.salt), keys.iterations);
        let message = server_first.clone().into_bytes();
        self.state = State::Final(Box::new(Challenged { first, server_first, nonce, keys }));
        Step::Challenge(message)
    }
}

/// The claim, and the server's final message when the proof holds; `None` when the message is none.
fn client_final(challenged: &Challenged, response: &[u8]) -> Option<(Claim, Option<Vec<u8>>)> {
    let text = std::str::from_utf8(response).ok().filter(|text| text.len() <= LONGEST)?;
    let (without_proof, proof) = text.rsplit_once(",p=")?;
    let proof: [u8; 32] = STANDARD.decode(proof).ok()?.try_into().ok()?;
    let mut attributes = without_proof.split(',');
    let binding = STANDARD.decode(attributes.next()?.strip_prefix("c=")?).ok()?;
    let nonce = attributes.next()?.strip_prefix("r=")?;
    let first = &challenged.first;
    let login = first.login.clone();
    let mut expected = first.gs2_header.clone().into_bytes();
    expected.extend_from_slice(&first.bound);
    // Another nonce is a replay, other binding data another connection: as wrong as a wrong proof.
    if nonce != challenged.nonce || binding != expected {
        return Some((Claim::Disproven { login }, None));
    }
    let signed = format!("{},{},{without_proof}", first.bare, challenged.server_first);
    let known = challenged.keys.credentials.iter().find(|credential| proves(credential, &proof, &signed));
    Some(match known {
        Some(credential) => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &credential.server_key);
            let signature = STANDARD.encode(hmac::sign(&key, signed.as_bytes()));
            let claim = Claim::Proven { login, credential: credential.id.clone() };
            (claim, Some(format!("v={signature}").into_bytes()))
        }
        None => (Claim::Disproven { login }, None),
    })
}

/// RFC 5802 §3: `ClientKey := ClientProof XOR ClientSignature`, and `H(ClientKey) = StoredKey`.
fn proves(credential: &Credential, proof: &[u8; 32], signed: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &credential.stored_key);
    let signature = hmac::sign(&key, signed.as_bytes());
    let client_key: Vec<u8> = proof.iter().zip(signature.as_ref()).map(|(a, b)| a ^ b).collect();
    let hash = digest::digest(&digest::SHA256, &client_key);
    constant_time::verify_slices_are_equal(hash.as_ref(), &credential.stored_key).is_ok()
}

/// RFC 5802 §5.1: `=2C` is a comma, `=3D` an equals sign, nothing else may follow an equals sign.
fn unescape(name: &str) -> Option<String> {
    let mut parts = name.split('=');
    let mut text = parts.next()?.to_owned();
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        text.push(match code {
            "2C" => ',',
            "3D" => '=',
            _ => return None,
        });
        text.push_str(rest);
    }
    (!text.is_empty()).then_some(text)
}

/// Octets of a client's message; names and nonces of programs are far shorter.
const LONGEST: usize = 4096;

/// A server in the middle of an exchange whose nonce is given, to be held against published examples.
#[cfg(test)]
pub(super) fn tests_only(
    bare: &str,
    server_first: &str,
    nonce: &str,
    keys: Keys,
) -> impl Fn(&[u8]) -> String + use<> {
    let first = ClientFirst {
        gs2_header: "n,,".into(),
        bound: Vec::new(),
        bare: bare.into(),
        login: "user".into(),
        nonce: String::new(),
    };
    let challenged = Challenged { first, server_first: server_first.into(), nonce: nonce.into(), keys };
    move |last| String::from_utf8(client_final(&challenged, last).unwrap().1.unwrap()).unwrap()
}
