use super::keys::{SessionKey, prf};
use super::*;
use crate::rtp::{ExtensionIds, Outgoing, SequenceNumber, Ssrc};

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|d| u8::from_str_radix(std::str::from_utf8(d).unwrap(), 16).unwrap()).collect()
}

const PROFILES: [Profile; 2] = [Profile::AeadAes128Gcm, Profile::AeadAes256Gcm];

/// RFC 7714 §16 and §17: keys 00 01 02 …, salt "Quid pro quo".
fn vector_keys(profile: Profile) -> (SessionKey, SessionKey) {
    let key: Vec<u8> = (0..profile.key_len() as u8).collect();
    let salt = *b"Quid pro quo";
    (SessionKey::raw(profile, &key, salt), SessionKey::raw(profile, &key, salt))
}

fn pair(profile: Profile) -> (Outbound, Inbound) {
    let material: Vec<u8> = (0..2 * (profile.key_len() + 12) as u8).collect();
    let keys = profile.split(&material).unwrap();
    (Outbound::new(profile, &keys.client), Inbound::new(profile, &keys.client))
}

fn packet(ssrc: u32, sequence: u16) -> Vec<u8> {
    let mut bytes = vec![0; 64];
    let outgoing = Outgoing { ssrc: Ssrc(ssrc), sequence: SequenceNumber(sequence), ..Outgoing::default() };
    let len = outgoing.write(&ExtensionIds::default(), b"a frame", &mut bytes).unwrap().len;
    bytes.truncate(len);
    bytes
}

fn seal(session: &mut Outbound, ssrc: u32, sequence: u16) -> Result<Vec<u8>, Error> {
    let mut bytes = packet(ssrc, sequence);
    let len = bytes.len();
    bytes.resize(len + RTP_OVERHEAD, 0);
    session.seal_rtp(&mut bytes, len).map(|sealed| {
        assert_eq!(sealed, bytes.len());
        bytes
    })
}

fn open(session: &mut Inbound, sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let mut bytes = sealed.to_vec();
    session.open_rtp(&mut bytes).map(|len| bytes[..len].to_vec())
}

#[test]
fn rtp_matches_the_vectors_of_rfc_7714() {
    let plain = hex("8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976
                     69736120 696e2070 61727465 73207472 6573");
    let sealed = [
        hex("8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f
             42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce"),
        hex("8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3
             b50b2a02 76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13"),
    ];
    for (profile, expected) in PROFILES.into_iter().zip(sealed) {
        let (rtp, rtcp) = vector_keys(profile);
        let mut buffer = plain.clone();
        buffer.resize(plain.len() + RTP_OVERHEAD, 0);
        Outbound::with_keys(rtp, rtcp).seal_rtp(&mut buffer, plain.len()).unwrap();
        assert_eq!(buffer, expected);
        let (rtp, rtcp) = vector_keys(profile);
        let len = Inbound::with_keys(rtp, rtcp).open_rtp(&mut buffer).unwrap();
        assert_eq!(buffer[..len], plain);
    }
}

#[test]
fn rtcp_matches_the_vectors_of_rfc_7714() {
    let plain = hex("81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61
                     deadbeef deadbeef deadbeef deadbeef deadbeef");
    let expected = hex("81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d
                        c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872
                        45d9eade 800005d4");
    let (rtp, rtcp) = vector_keys(Profile::AeadAes128Gcm);
    let mut session = Outbound::with_keys(rtp, rtcp);
    session.set_rtcp_index(0x5d4);
    let mut buffer = plain.clone();
    buffer.resize(plain.len() + RTCP_OVERHEAD, 0);
    session.seal_rtcp(&mut buffer, plain.len()).unwrap();
    assert_eq!(buffer, expected);
    let (rtp, rtcp) = vector_keys(Profile::AeadAes128Gcm);
    let len = Inbound::with_keys(rtp, rtcp).open_rtcp(&mut buffer).unwrap();
    assert_eq!(buffer[..len], plain);
}

#[test]
fn key_derivation_matches_rfc_3711_b3_and_rfc_6188_7_2() {
    let vectors = [
        (
            "e1f97a0d3e018be0d64fa32c06de4139",
            "0ec675ad498afeebb6960b3aabe6",
            "c61e7a93744f39ee10734afe3ff7a087",
            "30cbbc08863d8c85d49db34a9ae1",
        ),
        (
            "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6",
            "3b04803de51ee7c96423ab5b78d2",
            "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4",
            "fa31791685ca444a9e07c6c64e93",
        ),
    ];
    for (key, salt, session_key, session_salt) in vectors {
        let (key, salt) = (hex(key), <[u8; 14]>::try_from(hex(salt)).unwrap());
        let mut derived = vec![0; key.len()];
        prf(&key, &salt, 0, &mut derived);
        assert_eq!(derived, hex(session_key));
        let mut derived = [0; 14];
        prf(&key, &salt, 2, &mut derived);
        assert_eq!(derived[..], hex(session_salt));
    }
}

#[test]
fn keying_material_of_another_profile_is_refused() {
    assert!(Profile::AeadAes128Gcm.split(&[0; 56]).is_some());
    assert!(Profile::AeadAes256Gcm.split(&[0; 88]).is_some());
    for len in [0, 55, 57, 60, 88] {
        assert!(Profile::AeadAes128Gcm.split(&vec![0; len]).is_none());
    }
}

#[test]
fn a_stream_survives_the_wrap_of_its_numbers_reordered_and_with_gaps() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = pair(profile);
        let numbers = (0..200_000_u32).filter(|n| n % 7 != 3).map(|n| (n + 65_000) as u16);
        let mut held = None;
        for (count, number) in numbers.enumerate() {
            let sealed = seal(&mut outbound, 9, number).unwrap();
            if count % 10 == 4 {
                held = Some((number, sealed));
                continue;
            }
            assert_eq!(open(&mut inbound, &sealed).unwrap(), packet(9, number));
            if let Some((number, sealed)) = held.take_if(|_| count % 10 == 9) {
                assert_eq!(open(&mut inbound, &sealed).unwrap(), packet(9, number));
            }
        }
    }
}

#[test]
fn what_was_opened_once_is_not_opened_again() {
    let (mut outbound, mut inbound) = pair(Profile::AeadAes128Gcm);
    let first = seal(&mut outbound, 1, 100).unwrap();
    open(&mut inbound, &first).unwrap();
    assert_eq!(open(&mut inbound, &first), Err(Error::Repeated));
    for number in 101..=300 {
        open(&mut inbound, &seal(&mut outbound, 1, number).unwrap()).unwrap();
    }
    assert_eq!(open(&mut inbound, &first), Err(Error::Repeated), "older than the window");

    let mut report = hex("80c90001 00000001");
    report.resize(8 + RTCP_OVERHEAD, 0);
    outbound.seal_rtcp(&mut report, 8).unwrap();
    assert_eq!(inbound.open_rtcp(&mut report.clone()), Ok(8));
    assert_eq!(inbound.open_rtcp(&mut report), Err(Error::Repeated));
}

#[test]
fn an_index_is_never_sealed_twice() {
    let (mut outbound, _) = pair(Profile::AeadAes128Gcm);
    seal(&mut outbound, 1, 100).unwrap();
    assert_eq!(seal(&mut outbound, 1, 100), Err(Error::Repeated));
    seal(&mut outbound, 1, 102).unwrap();
    seal(&mut outbound, 1, 101).unwrap();
    assert_eq!(seal(&mut outbound, 1, 101), Err(Error::Repeated));
    seal(&mut outbound, 2, 100).expect("another stream has its own numbers");
    seal(&mut outbound, 1, 500).unwrap();
    assert_eq!(seal(&mut outbound, 1, 300), Err(Error::Repeated), "too old to be known unused");
}

#[test]
fn damage_anywhere_is_noticed_and_teaches_nothing() {
    let (mut outbound, mut inbound) = pair(Profile::AeadAes256Gcm);
    let sealed = seal(&mut outbound, 1, 1).unwrap();
    for at in 0..sealed.len() {
        let mut damaged = sealed.clone();
        damaged[at] ^= 1;
        assert!(open(&mut inbound, &damaged).is_err(), "byte {at}");
    }
    assert!(open(&mut inbound, &sealed).is_ok(), "forgeries must not advance the window");

    let mut report = hex("80c90001 00000001");
    report.resize(8 + RTCP_OVERHEAD, 0);
    outbound.seal_rtcp(&mut report, 8).unwrap();
    for at in 0..report.len() {
        let mut damaged = report.clone();
        damaged[at] ^= 1;
        assert!(inbound.open_rtcp(&mut damaged).is_err(), "byte {at}");
    }
    assert_eq!(inbound.open_rtcp(&mut report), Ok(8));
}

#[test]
fn streams_beyond_the_bound_are_refused_and_known_ones_go_on() {
    let (mut outbound, mut inbound) = pair(Profile::AeadAes128Gcm);
    let (mut other, _) = pair(Profile::AeadAes128Gcm);
    for ssrc in 0..MAX_STREAMS as u32 {
        open(&mut inbound, &seal(&mut outbound, ssrc, 1).unwrap()).unwrap();
    }
    assert_eq!(seal(&mut outbound, 1000, 1), Err(Error::TooManyStreams));
    assert_eq!(open(&mut inbound, &seal(&mut other, 1000, 1).unwrap()), Err(Error::TooManyStreams));
    open(&mut inbound, &seal(&mut outbound, 3, 2).unwrap()).unwrap();
}

#[test]
fn an_exhausted_key_seals_no_more_reports() {
    let (mut outbound, _) = pair(Profile::AeadAes128Gcm);
    outbound.set_rtcp_index(0x7fff_ffff);
    let mut report = hex("80c90001 00000001");
    report.resize(8 + RTCP_OVERHEAD, 0);
    outbound.seal_rtcp(&mut report, 8).unwrap();
    assert_eq!(outbound.seal_rtcp(&mut report, 8), Err(Error::Exhausted));
}

/// Hostile bytes on an open session: refused without a panic.
#[test]
fn fuzz_any_bytes_are_survived() {
    let session = std::sync::Mutex::new(pair(Profile::AeadAes128Gcm).1);
    bolero::check!().with_iterations(20_000).with_max_len(128).for_each(|input: &[u8]| {
        let mut sessions = session.lock().unwrap();
        let mut bytes = input.to_vec();
        assert!(sessions.open_rtp(&mut bytes).is_err());
        assert!(sessions.open_rtcp(&mut bytes).is_err());
        if let Some(first) = bytes.first_mut() {
            *first = *first & 0x3f | 0x80;
        }
        if let Some(last) = bytes.len().checked_sub(4).and_then(|at| bytes.get_mut(at)) {
            *last |= 0x80;
        }
        assert!(sessions.open_rtp(&mut bytes).is_err());
        assert!(sessions.open_rtcp(&mut bytes).is_err());
    });
}
