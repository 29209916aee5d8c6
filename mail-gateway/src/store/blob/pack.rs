//! Many bodies in one file, which has the names of all of them.
//!
//! An unpacked segment of the accept log stays the file it is: each of its bodies gets a hard link to it under
//! the name a file of its own would have. Nothing is copied, and no file is made, which on some file systems costs
//! more than all the rest of accepting a letter. An index at the end, sorted by name, says where each body lies.
//! A body that goes leaves a hole; the last one takes the file with it. Whatever has no such index, or one
//! without its own name in it, is a body alone: what is large, and what a backup brought back.

use std::{
    cmp::Ordering,
    fs::{self, File},
    io,
    os::{fd::AsRawFd, unix::fs::FileExt},
    path::Path,
};

use mail_gateway_core::message::BlobId;

use super::{log::Place, segment};

/// Writes the index of `bodies` behind the `end` of their records; it is durable when this returns.
pub(super) fn seal(file: &File, end: u64, bodies: &[(BlobId, Place)]) -> io::Result<()> {
    let mut sorted: Vec<&(BlobId, Place)> = bodies.iter().collect();
    sorted.sort_by(|one, other| one.0.cmp(&other.0));
    let mut index = Vec::with_capacity(sorted.len() * ENTRY + TRAILER);
    for (blob, place) in sorted {
        index.extend_from_slice(blob.as_str().as_bytes());
        index.extend_from_slice(&place.offset.to_le_bytes());
        index.extend_from_slice(&(place.length as u64).to_le_bytes());
    }
    index.extend_from_slice(MAGIC);
    index.extend_from_slice(&(bodies.len() as u64).to_le_bytes());
    file.write_all_at(&index, end)?;
    // What a torn record or an older index left behind it.
    file.set_len(end + index.len() as u64)?;
    file.sync_data()
}

/// What lies under the name of a body.
enum Found {
    Alone,
    Packed { offset: u64, length: u64 },
}

/// The octets of `blob`, whose name is `path`.
pub(super) fn read(path: &Path, blob: &BlobId) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let octets = file.metadata()?.len();
    match look(&file, octets, blob)? {
        Found::Alone => {
            let mut bytes = vec![0; usize::try_from(octets).map_err(io::Error::other)?];
            file.read_exact_at(&mut bytes, 0)?;
            Ok(bytes)
        }
        Found::Packed { offset, length } => {
            let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
            file.read_exact_at(&mut bytes, offset)?;
            // After the octets: whoever takes them away marks the record first.
            match segment::is_living(&file, offset)? {
                true => Ok(bytes),
                false => Err(io::ErrorKind::NotFound.into()),
            }
        }
    }
}

/// Whether `blob` with so many octets is at `path`.
pub(super) fn holds(path: &Path, blob: &BlobId, octets: usize) -> bool {
    let found = || {
        let file = File::open(path)?;
        let all = file.metadata()?.len();
        Ok::<_, io::Error>(match look(&file, all, blob)? {
            Found::Alone => all == octets as u64,
            Found::Packed { offset, length } => length == octets as u64 && segment::is_living(&file, offset)?,
        })
    };
    found().unwrap_or(false)
}

/// Takes `blob` away from `path`, and gives back the room it had.
pub(super) fn remove(path: &Path, blob: &BlobId) -> io::Result<()> {
    let file = File::options().read(true).write(true).open(path)?;
    let found = look(&file, file.metadata()?.len(), blob)?;
    fs::remove_file(path)?;
    if let Found::Packed { offset, length } = found {
        segment::bury(&file, offset)?;
        punch(&file, offset, length);
    }
    Ok(())
}

/// Copies `blob` from `path` into a file of its own.
pub(super) fn copy(path: &Path, blob: &BlobId, target: &Path) -> io::Result<()> {
    fs::write(target, read(path, blob)?)
}

fn look(file: &File, octets: u64, blob: &BlobId) -> io::Result<Found> {
    let Some(end) = octets.checked_sub(TRAILER as u64) else { return Ok(Found::Alone) };
    let mut trailer = [0; TRAILER];
    file.read_exact_at(&mut trailer, end)?;
    let (magic, count) = trailer.split_at(MAGIC.len());
    let index = number(count).checked_mul(ENTRY as u64).and_then(|length| end.checked_sub(length));
    let (true, Some(index)) = (magic == MAGIC, index) else { return Ok(Found::Alone) };
    let (mut low, mut high) = (0, number(count));
    while low < high {
        let middle = low + (high - low) / 2;
        let mut entry = [0; ENTRY];
        file.read_exact_at(&mut entry, index + middle * ENTRY as u64)?;
        let (name, place) = entry.split_at(NAME);
        let (offset, length) = place.split_at(8);
        match name.cmp(blob.as_str().as_bytes()) {
            Ordering::Less => low = middle + 1,
            Ordering::Greater => high = middle,
            Ordering::Equal => {
                let (offset, length) = (number(offset), number(length));
                let is_inside = offset >= segment::HEAD as u64
                    && offset.checked_add(length).is_some_and(|end| end <= index);
                return match is_inside {
                    true => Ok(Found::Packed { offset, length }),
                    false => Err(io::ErrorKind::InvalidData.into()),
                };
            }
        }
    }
    Ok(Found::Alone)
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Gives the whole blocks of a range back to the file system. Where it cannot, they go with the file.
fn punch(file: &File, offset: u64, length: u64) {
    let (Ok(offset), Ok(length)) = (libc::off_t::try_from(offset), libc::off_t::try_from(length)) else {
        return;
    };
    let how = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
    // SAFETY: `fallocate` takes a file descriptor and numbers and touches no memory; `file` is open until after it.
    if length > 0 && unsafe { libc::fallocate(file.as_raw_fd(), how, offset, length) } != 0 {
        tracing::debug!(cause = %io::Error::last_os_error(), "mail store: the room of a body is not given back yet");
    }
}

const MAGIC: &[u8; 8] = b"LTBINDEX";
/// Octets of a name.
const NAME: usize = 64;
/// Octets of an entry: name, offset, length.
const ENTRY: usize = NAME + 8 + 8;
/// Octets at the end: magic word, count of entries.
const TRAILER: usize = 8 + 8;
