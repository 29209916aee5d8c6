//! Letters kept in files: mbox (one file a folder) and Maildir (one file a letter), alone or in folders.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

use base::Timestamp;
use mail_gateway_core::{
    imap::name,
    moving::{is_expunged, keywords_in, with_crlf},
};
use mail_parser::mailbox::{
    maildir::{self, Flag},
    mbox,
};

use super::{Found, Teller, Told, source_of};

/// Tells everything at `root`.
///
/// # Errors
/// When nothing there is a mailbox.
pub(super) async fn read(root: PathBuf, teller: Teller) -> Result<(), String> {
    let reading = tokio::task::spawn_blocking(move || {
        let mut reader = Reader { teller, folders: 0 };
        let kind = fs::metadata(&root).map_err(|cause| format!("{}: {cause}", root.display()))?;
        let outcome = match kind.is_file() {
            true => reader.mbox(&root, &[stem(&root)]),
            false => reader.folder(&root, &[], 0),
        };
        match outcome {
            Ok(()) if reader.folders == 0 => {
                Err(format!("{} holds neither an mbox nor a Maildir", root.display()))
            }
            Ok(()) | Err(Stopped::NobodyListens) => Ok(()),
            Err(Stopped::Disk(cause)) => Err(cause.to_string()),
        }
    });
    reading.await.unwrap_or_else(|_| Err("a file could not be read".to_owned()))
}

/// Why reading went no further.
enum Stopped {
    NobodyListens,
    Disk(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(cause: io::Error) -> Self {
        Self::Disk(cause)
    }
}

struct Reader {
    teller: Teller,
    /// Mailboxes found.
    folders: usize,
}

impl Reader {
    /// What lies in the directory `at`, which is the folder `names`.
    fn folder(&mut self, at: &Path, names: &[String], depth: usize) -> Result<(), Stopped> {
        if at.join("cur").is_dir() && at.join("new").is_dir() {
            self.maildir(at, names)?;
        }
        let mut entries: Vec<fs::DirEntry> = fs::read_dir(at)?.collect::<io::Result<_>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let (kind, path) = (entry.file_type()?, entry.path());
            let file = entry.file_name().to_string_lossy().into_owned();
            if kind.is_dir() && depth < DEEPEST && !["cur", "new", "tmp"].contains(&file.as_str()) {
                self.folder(&path, &below(names, &file), depth + 1)?;
            } else if kind.is_file() && is_mbox(&path)? {
                // Converters write each folder's letters into a file of this name inside it.
                let own = if file == "mbox" { names.to_vec() } else { below(names, &stem(&path)) };
                self.mbox(&path, &own)?;
            }
        }
        Ok(())
    }

    fn mbox(&mut self, path: &Path, names: &[String]) -> Result<(), Stopped> {
        if !is_mbox(path)? {
            return Ok(());
        }
        self.folders += 1;
        for letter in mbox::MessageIterator::new(BufReader::with_capacity(BUFFER, File::open(path)?)) {
            let letter = letter?;
            // The empty line before the next letter's first is not part of this one.
            let octets = letter.contents();
            let octets = octets.strip_suffix(b"\n").filter(|rest| rest.ends_with(b"\n")).unwrap_or(octets);
            if is_expunged(octets) {
                self.tell(Told::Deleted(names.to_vec(), None))?;
                continue;
            }
            let received = i64::try_from(letter.internal_date()).ok().filter(|at| *at > 0);
            self.letter(names, octets, keywords_in(octets), received)?;
        }
        Ok(())
    }

    fn maildir(&mut self, at: &Path, names: &[String]) -> Result<(), Stopped> {
        self.folders += 1;
        for letter in maildir::MessageIterator::new(at)? {
            match letter {
                Ok(letter) if letter.flags().contains(&Flag::Trashed) => {
                    self.tell(Told::Deleted(names.to_vec(), None))?;
                }
                Ok(letter) => {
                    let keywords = letter.flags().iter().copied().filter_map(keyword).map(str::to_owned);
                    let received = i64::try_from(letter.internal_date()).ok().filter(|at| *at > 0);
                    self.letter(names, letter.contents(), keywords.collect(), received)?;
                }
                Err(cause) => self.tell(Told::Unread {
                    folder: names.to_vec(),
                    what: at.display().to_string(),
                    why: cause.to_string(),
                })?,
            }
        }
        Ok(())
    }

    fn letter(
        &self,
        names: &[String],
        octets: &[u8],
        keywords: BTreeSet<String>,
        received: Option<i64>,
    ) -> Result<(), Stopped> {
        if octets.is_empty() {
            return Ok(());
        }
        let octets = with_crlf(octets);
        self.tell(Told::Letter(Found {
            folder: (names.to_vec(), None),
            source: source_of(names, &octets),
            octets: octets.into(),
            keywords,
            received: received.map(Timestamp::from_seconds),
        }))
    }

    fn tell(&self, told: Told) -> Result<(), Stopped> {
        self.teller.blocking_send(told).map_err(|_| Stopped::NobodyListens)
    }
}

/// The folder names of the directory `file` inside `names`: Maildir++ writes a whole path into one name, in
/// modified UTF-7 (RFC 3501 §5.1.3); Thunderbird adds `.sbd`.
fn below(names: &[String], file: &str) -> Vec<String> {
    let mut all = names.to_vec();
    match file.strip_prefix('.') {
        Some(path) => all.extend(path.split('.').map(name::decode)),
        None => all.push(file.strip_suffix(".sbd").unwrap_or(file).to_owned()),
    }
    all
}

/// A file's name without the ending of mailboxes.
fn stem(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    [".mbox", ".mbx"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name).to_owned()
}

/// RFC 4155: it begins with a separator line.
fn is_mbox(path: &Path) -> io::Result<bool> {
    let mut start = BufReader::with_capacity(16, File::open(path)?);
    Ok(start.fill_buf()?.starts_with(b"From "))
}

fn keyword(flag: Flag) -> Option<&'static str> {
    match flag {
        Flag::Passed => Some("$forwarded"),
        Flag::Replied => Some("$answered"),
        Flag::Seen => Some("$seen"),
        Flag::Draft => Some("$draft"),
        Flag::Flagged => Some("$flagged"),
        Flag::Trashed => None,
    }
}

/// Levels of directories that are looked into.
const DEEPEST: usize = 16;
const BUFFER: usize = 256 << 10;
