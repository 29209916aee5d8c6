use super::{Config, Listen, load};

fn set(assignments: &[&str]) -> Result<Config, String> {
    load(None, &assignments.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>()).map_err(|e| e.to_string())
}

#[test]
fn nothing_set_means_the_defaults() {
    assert_eq!(set(&[]).unwrap(), Config::default());
}

#[test]
fn a_misspelt_key_names_the_nearest_one() {
    let error = set(&["smtp.lisen=127.0.0.1:25"]).unwrap_err();
    assert!(error.contains("smtp.lisen") && error.contains("“smtp.listen”"), "{error}");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "[media]\nudp_prot = 5\n").unwrap();
    let error = load(Some(file.path()), &[]).unwrap_err().to_string();
    assert!(error.contains("“media.udp_port”"), "{error}");
}

#[test]
fn empty_switches_a_listener_off_and_lists_are_comma_separated() {
    let config = set(&[
        "smtp.listen=",
        "mail.routes=a.example=127.0.0.1:25,b.example=127.0.0.1:26",
        "media.udp_port=5",
    ])
    .unwrap();
    assert_eq!(config.smtp.listen, Listen(None));
    assert_eq!(config.mail.routes, ["a.example=127.0.0.1:25", "b.example=127.0.0.1:26"]);
    assert_eq!(config.media.udp_port, 5);
}

#[test]
fn wrong_values_say_what_is_wanted() {
    assert!(set(&["media.udp_port=x"]).unwrap_err().contains("whole number"));
    assert!(set(&["http.listen=8080"]).unwrap_err().contains("ADDRESS:PORT"));
    assert!(set(&["novalue"]).unwrap_err().contains("key=value"));
}

#[test]
fn a_service_this_build_lacks_is_refused_not_ignored() {
    assert!(set(&["ldap.listen=127.0.0.1:2389"]).unwrap_err().contains("ldap.listen"));
}

#[test]
fn every_key_has_an_explanation() {
    let table = toml::Table::try_from(Config::default()).unwrap();
    let documented = Config::documented_keys();
    let count: usize = table.values().map(|section| section.as_table().unwrap().len()).sum();
    assert_eq!(documented.len(), count);
    assert!(documented.iter().all(|(_, text)| !text.is_empty()));
}
