//! The shape of the house, checked: imports go down only, the map names rooms that exist.

use std::{collections::BTreeMap, fs, path::Path};

use crate::shell::root;

/// What each of our crates may import of ours. Services never import each other; they meet in `hub`.
const ALLOWED: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("database", &["base"]),
    ("directory/core", &["base"]),
    ("directory", &["base", "database", "directory-core"]),
    ("certs", &["base"]),
    ("signaling/protocol", &["base"]),
    ("signaling/core", &["base", "directory-core"]),
    ("signaling", &["base", "database", "directory-core", "signaling-core", "signaling-protocol"]),
    ("sfu/core", &["base"]),
    ("sfu", &["base", "sfu-core"]),
    ("mail-gateway/core", &["base", "directory-core"]),
    ("mail-gateway", &["base", "database", "directory-core", "mail-gateway-core"]),
    ("tools/loadtest", &["base", "sfu", "sfu-core"]),
    ("tools/testkit", &["base"]),
    ("tools/xtask", &[]),
];

fn dependencies(folder: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
    let section =
        text.split("\n[dependencies]").nth(1).unwrap_or_default().split("\n[").next().unwrap_or_default();
    section.lines().filter_map(|line| line.split(['.', ' ', '=']).next()).map(str::to_owned).collect()
}

fn ours() -> BTreeMap<String, String> {
    let mut names: BTreeMap<String, String> = ALLOWED
        .iter()
        .map(|(folder, _)| (*folder, folder.trim_start_matches("tools/").replace('/', "-")))
        .map(|(f, n)| (n, f.to_owned()))
        .collect();
    names.insert("hub".to_owned(), "hub".to_owned());
    names
}

#[test]
fn imports_go_down_only() {
    let ours = ours();
    for (folder, allowed) in ALLOWED {
        for name in dependencies(folder).iter().filter(|name| ours.contains_key(*name)) {
            assert!(allowed.contains(&name.as_str()), "{folder} must not import {name}");
        }
    }
}

#[test]
fn cores_do_not_know_sockets_tasks_or_databases() {
    for folder in ["directory/core", "signaling/core", "sfu/core", "mail-gateway/core"] {
        for name in dependencies(folder) {
            let forbidden =
                ["tokio", "axum", "sqlx", "database", "hickory-resolver", "tokio-rustls", "getrandom"];
            assert!(!forbidden.contains(&name.as_str()), "{folder} imports {name}");
        }
        forbid(
            &root().join(folder).join("src"),
            &[
                "Instant::now",
                "SystemTime::now",
                "Timestamp::now",
                "std::fs",
                "std::net::UdpSocket",
                "async fn",
            ],
        );
    }
}

/// No file under `folder` contains any of `words` outside its tests.
fn forbid(folder: &Path, words: &[&str]) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            if !path.ends_with("tests") {
                forbid(&path, words);
            }
        } else if !path.ends_with("tests.rs") && path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for word in words {
                assert!(!code.contains(word), "{} contains {word}", path.display());
            }
        }
    }
}

#[test]
fn the_map_names_rooms_that_exist() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let paths = map
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.contains('/') && !word.contains([' ', '<', '{', '*']));
    let mut named = 0;
    for path in paths.filter(|path| !path.starts_with(['/', 'h']) || path.starts_with("hub/")) {
        named += 1;
        assert!(root().join(path).exists(), "ARCHITECTURE.md names {path}, which does not exist");
    }
    assert!(named > 20, "the map names only {named} paths");
}

#[test]
fn nothing_names_a_registry_or_one_machine() {
    let lock = fs::read_to_string(root().join("web-client/package-lock.json")).unwrap();
    assert!(!lock.contains("\"resolved\""), "package-lock.json records download addresses");
}
