//! `docs/standards.md` and the code say the same: what is cited is on the page, what the page claims is cited.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::shell::root;

/// A line of the page.
struct Row {
    standard: String,
    numbers: Vec<u32>,
    status: String,
}

fn rows() -> Vec<Row> {
    let page = fs::read_to_string(root().join("docs/standards.md")).unwrap();
    let cells = page.lines().filter_map(|line| {
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        Some((cells.next()?.to_owned(), cells.next()?.to_owned()))
    });
    cells
        .filter(|(standard, _)| standard.starts_with("RFC "))
        .map(|(standard, status)| Row { numbers: numbers_in(&standard), standard, status })
        .collect()
}

/// Numbers of three to five digits: `RFC 2034, 3463 …` names two; versions and years are shorter or stand after them.
fn numbers_in(text: &str) -> Vec<u32> {
    let words = text.split(|c: char| !c.is_ascii_digit() && c != '.');
    words.filter(|word| (3..=5).contains(&word.len())).filter_map(|word| word.parse().ok()).collect()
}

/// Our own source files, tests included.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let foreign = ["target", "node_modules", "dist", "data"].iter().any(|other| name == *other);
        if path.is_dir() && !foreign && !name.to_string_lossy().starts_with('.') {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| ["rs", "ts", "svelte", "sql"].iter().any(|e| end == *e))
        {
            found.push(path);
        }
    }
}

/// Every `RFC nnnn` in the code, except in this file.
fn cited() -> BTreeSet<u32> {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    let mut numbers = BTreeSet::new();
    for file in files.into_iter().filter(|file| !file.ends_with("xtask/src/standards.rs")) {
        let text = fs::read_to_string(file).unwrap();
        for after in text.split("RFC ").skip(1) {
            let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
            numbers.extend(digits.parse::<u32>().ok().filter(|_| digits.len() >= 3));
        }
    }
    numbers
}

#[test]
fn every_standard_cited_in_the_code_is_on_the_page() {
    let listed: BTreeSet<u32> = rows().into_iter().flat_map(|row| row.numbers).collect();
    let missing: Vec<_> = cited().into_iter().filter(|number| !listed.contains(number)).collect();
    assert!(missing.is_empty(), "docs/standards.md does not name RFC {missing:?}");
}

#[test]
fn every_standard_the_page_claims_is_cited_in_the_code() {
    let cited = cited();
    let rows = rows();
    assert!(rows.len() > 30, "the page has only {} rows", rows.len());
    for row in rows {
        let claims = match row.status.as_str() {
            "Yes" | "Partial" | "Rule" => true,
            "No" => false,
            other => panic!("{}: “{other}” is neither Yes, Partial, Rule nor No", row.standard),
        };
        let any = row.numbers.iter().any(|number| cited.contains(number));
        assert!(any || !claims, "{} is claimed, but no line of code cites it", row.standard);
    }
}
