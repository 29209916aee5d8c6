//! What came and what did not.

use std::{collections::BTreeMap, fmt};

use mail_gateway_core::moving::Place;

/// What a move brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Folder by folder.
    pub folders: BTreeMap<Place, FolderReport>,
    /// Letters that did not come: folder, subject or file, reason. The first [`TOLD`]; `refused` of the
    /// folders counts all.
    pub refused: Vec<(Place, String, String)>,
    /// Why it ended before its end.
    pub ended: Option<String>,
}

/// Letters of one folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FolderReport {
    /// Came now.
    pub brought: u64,
    /// Had come before, or stand twice in the source.
    pub known: u64,
    /// Were marked as deleted and left there.
    pub deleted: u64,
    /// Could not be read or kept.
    pub refused: u64,
}

impl Report {
    /// Letters that came now.
    pub fn brought(&self) -> u64 {
        self.folders.values().map(|folder| folder.brought).sum()
    }

    pub(super) fn folder(&mut self, place: Place) -> &mut FolderReport {
        self.folders.entry(place).or_default()
    }

    pub(super) fn refuse(&mut self, place: Place, what: &str, why: &str) {
        tracing::warn!(what, why, "mail: moving in: a letter did not come");
        self.folder(place.clone()).refused += 1;
        if self.refused.len() < TOLD {
            self.refused.push((place, what.to_owned(), why.to_owned()));
        }
    }
}

/// Lines of words between tabs: folder, brought, known, deleted, refused; then who was refused and why.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "folder\tbrought\thad come before\tdeleted there\trefused")?;
        for (place, folder) in &self.folders {
            let FolderReport { brought, known, deleted, refused } = folder;
            writeln!(f, "{}\t{brought}\t{known}\t{deleted}\t{refused}", name(place))?;
        }
        for (place, what, why) in &self.refused {
            writeln!(f, "refused\t{}\t{what}\t{why}", name(place))?;
        }
        let total: u64 = self.folders.values().map(|folder| folder.refused).sum();
        let told = u64::try_from(self.refused.len()).unwrap_or(u64::MAX);
        if total > told {
            writeln!(f, "refused\t{} more stand in the log", total - told)?;
        }
        match &self.ended {
            Some(why) => write!(f, "ended early: {why}"),
            None => write!(f, "{} letters came", self.brought()),
        }
    }
}

fn name(place: &Place) -> String {
    match place {
        Place::Role(role) => role.name().to_owned(),
        Place::Named(names) => names.join("/"),
    }
}

/// Refused letters that a report names.
const TOLD: usize = 200;
