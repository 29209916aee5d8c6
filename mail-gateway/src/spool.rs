//! Where a letter waits while it arrives: in memory while small, then in a file, so that many slow
//! peers with large letters cost disk and not memory. The finished file is mapped, not read: its pages
//! belong to the page cache and can be dropped at any time. Nothing here is durable: a letter becomes so
//! in [`crate::accept`], before its sender reads `250`.

use std::{
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use tokio::{fs::File, io::AsyncWriteExt};

/// The folder of letters that are arriving.
#[derive(Debug)]
pub(crate) struct Spool {
    directory: PathBuf,
    serial: AtomicU64,
}

impl Spool {
    /// Opens the folder; what an earlier process left there was never acknowledged and goes away.
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(directory)?;
        for left in std::fs::read_dir(directory)? {
            std::fs::remove_file(left?.path())?;
        }
        Ok(Self { directory: directory.to_owned(), serial: AtomicU64::new(0) })
    }

    /// A place for one letter.
    pub(crate) fn letter(&self) -> Arriving {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        Arriving { path: self.directory.join(format!("{serial}.part")), memory: Vec::new(), file: None }
    }
}

/// A letter that is arriving; dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Arriving {
    path: PathBuf,
    memory: Vec<u8>,
    file: Option<File>,
}

impl Spool {
    /// `letter` with `field` put in behind its first line.
    pub(crate) async fn with_field(&self, letter: &Bytes, field: &str) -> io::Result<Bytes> {
        let first = letter.iter().position(|b| *b == b'\n').map_or(0, |at| at + 1);
        let (head, rest) = letter.split_at(first);
        let mut made = self.letter();
        made.append(head).await?;
        made.append(field.as_bytes()).await?;
        for piece in rest.chunks(IN_MEMORY) {
            made.append(piece).await?;
        }
        made.into_bytes().await
    }
}

impl Arriving {
    /// Takes further octets.
    pub(crate) async fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.memory.extend_from_slice(bytes);
        if self.memory.len() < IN_MEMORY {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => self
                .file
                .insert(File::options().read(true).write(true).create_new(true).open(&self.path).await?),
        };
        file.write_all(&self.memory).await?;
        self.memory.clear();
        Ok(())
    }

    /// The whole letter.
    pub(crate) async fn into_bytes(mut self) -> io::Result<Bytes> {
        let rest = std::mem::take(&mut self.memory);
        let Some(mut file) = self.file.take() else { return Ok(rest.into()) };
        file.write_all(&rest).await?;
        file.flush().await?;
        let file = file.into_std().await;
        // SAFETY: a mapped file must not shrink while it is read. This one was made by us under a name
        // nobody else uses, in a folder only the hub writes to, and is unlinked with `self`: its inode
        // then lives by this mapping alone.
        let map = unsafe { memmap2::Mmap::map(&file) }?;
        Ok(Bytes::from_owner(map))
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        // A letter that stayed in memory has no file; a failed removal is repeated at the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Octets of a letter kept in memory; most letters are smaller.
const IN_MEMORY: usize = 128 * 1024;
