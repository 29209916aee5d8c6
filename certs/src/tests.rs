use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, ServerConnection};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};

use super::{CertificateError, Certificates};

fn names() -> Vec<String> {
    vec!["hub.quangbinh.example".to_owned(), "10.20.30.40".to_owned()]
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Does a whole handshake in memory; the version on success, the client's error else.
fn handshake(
    certificates: &Certificates,
    name: &str,
    trusted: &str,
) -> Result<ProtocolVersion, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut server = ServerConnection::new(certificates.server_config()).unwrap();
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets()?;
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        client.read_tls(&mut wire.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    assert_eq!(client.alpn_protocol(), Some(&b"http/1.1"[..]));
    Ok(client.protocol_version().unwrap())
}

#[test]
fn who_trusts_the_hubs_authority_reaches_it_by_every_name() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::open(folder.path(), &names()).unwrap();
    let trusted = certificates.ca_certificate_pem();
    for name in ["localhost", "127.0.0.1", "hub.quangbinh.example", "10.20.30.40"] {
        assert_eq!(handshake(&certificates, name, &trusted).unwrap(), ProtocolVersion::TLSv1_3, "{name}");
    }
    assert!(handshake(&certificates, "elsewhere.example", &trusted).is_err());
    let stranger = tempfile::tempdir().unwrap();
    let stranger = Certificates::open(stranger.path(), &names()).unwrap().ca_certificate_pem();
    assert!(handshake(&certificates, "localhost", &stranger).is_err());
}

#[test]
fn keys_are_the_owners_alone_and_a_restart_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("certs");
    Certificates::open(&folder, &names()).unwrap();
    assert_eq!((mode(&folder.join("ca.key")), mode(&folder.join("server.key"))), (0o600, 0o600));
    let read = || ["ca.pem", "ca.key", "server.pem", "server.key"].map(|f| fs::read(folder.join(f)).unwrap());
    let before = read();
    Certificates::open(&folder, &names()).unwrap();
    assert_eq!(read(), before);
}

#[test]
fn the_certificate_is_renewed_before_its_end_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let now = Timestamp::now();
    let day = SignedDuration::from_hours(24);
    // Issued sixty-five days ago: twenty-five days are left.
    let certificates = Certificates::open_at(folder.path(), &names(), now - day * 65).unwrap();
    let old = fs::read(folder.path().join("server.pem")).unwrap();
    assert!(!certificates.renew_at(now - day * 60).unwrap());
    assert!(certificates.renew_at(now).unwrap());
    assert!(!certificates.renew_at(now).unwrap());
    assert_ne!(fs::read(folder.path().join("server.pem")).unwrap(), old);
    let trusted = certificates.ca_certificate_pem();
    assert_eq!(handshake(&certificates, "localhost", &trusted).unwrap(), ProtocolVersion::TLSv1_3);
}

#[test]
fn a_new_name_gets_a_new_certificate_from_the_same_authority() {
    let folder = tempfile::tempdir().unwrap();
    let trusted = Certificates::open(folder.path(), &names()).unwrap().ca_certificate_pem();
    let again = Certificates::open(folder.path(), &["other.example".to_owned()]).unwrap();
    assert!(handshake(&again, "other.example", &trusted).is_ok());
}

#[test]
fn damage_to_the_server_certificate_heals_and_damage_to_the_authority_is_told() {
    let folder = tempfile::tempdir().unwrap();
    Certificates::open(folder.path(), &names()).unwrap();
    fs::write(folder.path().join("server.key"), "not a key").unwrap();
    let healed = Certificates::open(folder.path(), &names()).unwrap();
    assert!(handshake(&healed, "localhost", &healed.ca_certificate_pem()).is_ok());
    fs::remove_file(folder.path().join("ca.key")).unwrap();
    let told = Certificates::open(folder.path(), &names());
    assert!(matches!(told, Err(CertificateError::DamagedAuthority(path, _)) if path.ends_with("ca.key")));
}
