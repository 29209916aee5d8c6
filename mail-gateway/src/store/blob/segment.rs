//! One file of the accept log: records of a magic word, the body's length, its id and its octets.

use std::{
    fs::{self, File},
    io::{self, Read},
    os::{fd::AsRawFd, unix::fs::FileExt},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use mail_gateway_core::message::BlobId;

use super::{log::Place, path_in, sync_directory, temporary};

/// A segment that is being written, or waits to be unpacked. Its file is locked as long as its process
/// lives, so that nobody else takes it for the leavings of a crash.
#[derive(Debug)]
pub(super) struct Segment {
    path: PathBuf,
    file: Arc<File>,
    /// Octets of whole records.
    length: u64,
}

/// Distinguishes the segments of this process.
static SERIAL: AtomicU64 = AtomicU64::new(0);

impl Segment {
    /// A new one whose name is durable.
    pub(super) fn create(directory: &Path) -> io::Result<Self> {
        let folder = directory.join("new");
        loop {
            let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("{}-{serial}.{ENDING}", std::process::id()));
            match File::options().read(true).write(true).create_new(true).open(&path) {
                Ok(file) => {
                    file.try_lock().map_err(io::Error::other)?;
                    sync_directory(&folder)?;
                    return Ok(Self { path, file: Arc::new(file), length: 0 });
                }
                // Left by a process that had our number.
                Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
                Err(cause) => return Err(cause),
            }
        }
    }

    pub(super) fn file(&self) -> &Arc<File> {
        &self.file
    }

    pub(super) fn is_full(&self) -> bool {
        self.length >= FULL
    }

    /// Appends `bodies` and makes them durable; after an error nothing may be appended any more.
    pub(super) fn append(&mut self, bodies: &[(BlobId, Bytes)]) -> io::Result<Vec<(BlobId, Place)>> {
        let octets = bodies.iter().map(|(_, bytes)| HEAD + bytes.len()).sum();
        let (mut records, mut places) = (Vec::with_capacity(octets), Vec::with_capacity(bodies.len()));
        for (blob, bytes) in bodies {
            let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
            records.extend_from_slice(MAGIC);
            records.extend_from_slice(&length.to_le_bytes());
            records.extend_from_slice(blob.as_str().as_bytes());
            let offset = self.length + records.len() as u64;
            records.extend_from_slice(bytes);
            places.push((blob.clone(), Place { file: Arc::clone(&self.file), offset, length: bytes.len() }));
        }
        self.file.write_all_at(&records, self.length)?;
        self.file.sync_data()?;
        self.length += records.len() as u64;
        Ok(places)
    }

    /// Gives every body a file of its own; they are on stable storage when this returns.
    pub(super) fn unpack(&self, directory: &Path) -> io::Result<()> {
        unpack(directory, &self.file, is_there)
    }

    /// Deletes it after [`Self::unpack`]. A failure costs the next start a second look.
    pub(super) fn delete(&self) {
        delete(&self.path);
    }
}

fn delete(path: &Path) {
    if let Err(cause) = fs::remove_file(path) {
        tracing::warn!(%cause, path = %path.display(), "mail store: an unpacked part of the accept log stays");
    }
}

/// Unpacks what a dead process left in `<directory>/new`, and answers where bodies lie that a living one
/// has not unpacked yet: within one process a store may be opened while the last one still ends.
pub(super) fn recover(directory: &Path) -> io::Result<Vec<(BlobId, Place)>> {
    let mut elsewhere = Vec::new();
    for entry in fs::read_dir(directory.join("new"))? {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending != ENDING) {
            continue;
        }
        let file = match File::open(&path) {
            Ok(file) => Arc::new(file),
            // Its owner deleted it since the folder was read.
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => continue,
            Err(cause) => return Err(cause),
        };
        if file.try_lock().is_err() {
            elsewhere.extend(records(&file)?);
            continue;
        }
        unpack(directory, &file, is_whole)?;
        tracing::info!(path = %path.display(), "mail store: a part of the accept log was unpacked after a crash");
        delete(&path);
    }
    Ok(elsewhere)
}

/// Writes the bodies in `file` that are not `known` into files of their own, then makes all durable at once.
fn unpack(
    directory: &Path,
    file: &Arc<File>,
    known: impl Fn(&Path, &BlobId, &Place) -> bool,
) -> io::Result<()> {
    for (blob, place) in records(file)? {
        let target = path_in(directory, &blob);
        if known(&target, &blob, &place) {
            continue;
        }
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        let new = temporary(directory);
        fs::write(&new, place.read()?)?;
        fs::rename(&new, &target)?;
    }
    sync_all(directory)
}

/// A living process wrote the file whole before it gave it its name.
fn is_there(target: &Path, _: &BlobId, place: &Place) -> bool {
    fs::metadata(target).is_ok_and(|found| found.len() == place.length as u64)
}

/// After a crash a file may have its name and length and not its octets.
fn is_whole(target: &Path, blob: &BlobId, _: &Place) -> bool {
    fs::read(target).is_ok_and(|bytes| BlobId::of(&bytes) == *blob)
}

/// The whole records of a segment. The first one that is torn was never acknowledged, and is the last.
pub(super) fn records(file: &Arc<File>) -> io::Result<Vec<(BlobId, Place)>> {
    let end = file.metadata()?.len();
    let (mut found, mut offset) = (Vec::new(), 0);
    let mut head = [0; HEAD];
    while offset + HEAD as u64 <= end {
        file.read_exact_at(&mut head, offset)?;
        let Some((blob, length)) = read_head(&head) else { break };
        let place = Place { file: Arc::clone(file), offset: offset + HEAD as u64, length };
        offset = place.offset + length as u64;
        if offset > end || BlobId::of(&place.read()?) != blob {
            break;
        }
        found.push((blob, place));
    }
    Ok(found)
}

fn read_head(head: &[u8; HEAD]) -> Option<(BlobId, usize)> {
    let mut rest = head.as_slice();
    let (mut magic, mut length) = ([0; 4], [0; 4]);
    rest.read_exact(&mut magic).ok()?;
    rest.read_exact(&mut length).ok()?;
    let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
    let blob = std::str::from_utf8(rest).ok()?.parse().ok()?;
    (&magic == MAGIC).then_some((blob, length))
}

/// Makes everything written to the file system of `directory` durable. Measured on ext4 with other work on the
/// disk: a thousand bodies of 10 KiB take 0.01–0.14 s this way, 5.6 s when each file is synced alone.
fn sync_all(directory: &Path) -> io::Result<()> {
    let folder = File::open(directory)?;
    // SAFETY: `syncfs` takes a file descriptor and touches no memory; `folder` is open until after the call.
    match unsafe { libc::syncfs(folder.as_raw_fd()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Octets from which a segment is unpacked.
const FULL: u64 = 16 << 20;
/// What names of segments end with.
const ENDING: &str = "log";
const MAGIC: &[u8; 4] = b"LTB1";
/// Octets before a body: magic word, length, id.
const HEAD: usize = 4 + 4 + 64;
