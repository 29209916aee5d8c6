//! Bodies as files, `blobs/ab/abcdef…`, written so that a crash leaves either nothing or all of it. Small
//! ones are stored by way of the accept log, which makes many of them durable at once, and share a file
//! ([`pack`]) afterwards.

mod log;
mod pack;
mod segment;
pub(crate) mod sweep;
pub mod upload;
pub mod verify;

use std::{
    collections::HashMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use mail_gateway_core::message::BlobId;

use super::StoreError;
use log::AcceptLog;

/// The folder of bodies.
#[derive(Clone, Debug)]
pub struct Blobs {
    directory: PathBuf,
    log: AcceptLog,
    /// Bodies stored a moment ago, whose rows may not be written yet: the sweep leaves them alone.
    fresh: Arc<Mutex<HashMap<BlobId, Instant>>>,
}

/// Distinguishes files being written by this process.
static TEMPORARY: AtomicU64 = AtomicU64::new(0);

impl Blobs {
    /// Opens the folder, creating it if needed, and puts in order what a crash left. Must be called within a
    /// runtime of tokio.
    ///
    /// # Errors
    /// When it cannot be made or put in order.
    pub fn open(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory.join("new"))?;
        let log = AcceptLog::open(directory)?;
        Ok(Self { directory: directory.to_owned(), log, fresh: Arc::default() })
    }

    /// Where the bytes of `blob` are, once the body has settled.
    pub fn path(&self, blob: &BlobId) -> PathBuf {
        path_in(&self.directory, blob)
    }

    /// Waits until every body stored so far has its name; before that it is durable in the accept log.
    ///
    /// # Errors
    /// When the log has ended.
    pub async fn settle(&self) -> Result<(), StoreError> {
        Ok(self.log.settle().await?)
    }

    /// Stores `bytes`; they are on stable storage when this returns.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn put(&self, bytes: Bytes) -> Result<BlobId, StoreError> {
        if bytes.len() > SMALL {
            let blobs = self.clone();
            return run(move || blobs.put_large(&bytes)).await;
        }
        let blob = BlobId::of(&bytes);
        self.note_fresh(&blob);
        // In this order: a body leaves the log only after its name is there.
        if self.log.find(&blob).is_none() && !self.has_file(&blob, bytes.len()) {
            self.log.store(blob.clone(), bytes).await?;
        }
        Ok(blob)
    }

    /// Before the look at the disk: from here on the sweep cannot delete what is found there.
    fn note_fresh(&self, blob: &BlobId) {
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        fresh.insert(blob.clone(), Instant::now());
        if fresh.len().is_multiple_of(PRUNE) {
            fresh.retain(|_, stored| stored.elapsed() < FRESH);
        }
    }

    fn has_file(&self, blob: &BlobId, length: usize) -> bool {
        pack::holds(&self.path(blob), blob, length)
    }

    /// Writes a body into its file at once: writing many octets twice costs more than a sync.
    fn put_large(&self, bytes: &[u8]) -> Result<BlobId, StoreError> {
        let blob = BlobId::of(bytes);
        let target = self.path(&blob);
        self.note_fresh(&blob);
        if self.has_file(&blob, bytes.len()) {
            return Ok(blob);
        }
        let temporary = temporary(&self.directory);
        let mut file = fs::File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        let folder = target.parent().unwrap_or(&self.directory);
        if !folder.exists() {
            fs::create_dir_all(folder)?;
            sync_directory(&self.directory)?;
        }
        fs::rename(&temporary, &target)?;
        // The name itself must survive a power cut, not only the bytes.
        sync_directory(folder)?;
        Ok(blob)
    }

    /// The bytes of `blob`.
    ///
    /// # Errors
    /// [`StoreError::MissingBlob`] when there is no such file.
    pub async fn read(&self, blob: &BlobId) -> Result<Bytes, StoreError> {
        if let Some(place) = self.log.find(blob) {
            return run(move || Ok(place.read()?)).await;
        }
        let (path, name) = (self.path(blob), blob.clone());
        match run(move || Ok(pack::read(&path, &name)?)).await {
            Ok(bytes) => Ok(bytes.into()),
            Err(StoreError::Disk(cause)) if cause.kind() == io::ErrorKind::NotFound => {
                tracing::error!(%blob, "mail store: a body is missing on disk; restore it from a backup");
                Err(StoreError::MissingBlob(blob.clone()))
            }
            Err(error) => Err(error),
        }
    }

    /// Deletes a body that nothing names, unless it was stored again a moment ago.
    pub(crate) async fn remove(&self, blob: BlobId) -> Result<(), StoreError> {
        let blobs = self.clone();
        run(move || {
            // The lock is held over the deletion: storing the same bytes waits and writes them anew.
            let mut fresh = blobs.fresh.lock().unwrap_or_else(PoisonError::into_inner);
            fresh.retain(|_, stored| stored.elapsed() < FRESH);
            if fresh.contains_key(&blob) {
                return Ok(());
            }
            match pack::remove(&blobs.path(&blob), &blob) {
                Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause.into()),
                _ => Ok(()),
            }
        })
        .await
    }

    /// The bodies on disk that were not stored a moment ago.
    pub(crate) async fn old_files(&self) -> Result<Vec<BlobId>, StoreError> {
        self.settle().await?;
        let blobs = self.clone();
        run(move || {
            let mut found = Vec::new();
            for folder in fs::read_dir(&blobs.directory)? {
                let folder = folder?;
                if folder.file_name() == "new" || !folder.file_type()?.is_dir() {
                    continue;
                }
                for file in fs::read_dir(folder.path())? {
                    found.extend(file?.file_name().to_str().and_then(|name| name.parse::<BlobId>().ok()));
                }
            }
            let fresh = blobs.fresh.lock().unwrap_or_else(PoisonError::into_inner);
            found.retain(|blob| !fresh.contains_key(blob));
            Ok(found)
        })
        .await
    }

    /// Whether the body is there.
    pub async fn exists(&self, blob: &BlobId) -> bool {
        self.log.find(blob).is_some() || tokio::fs::try_exists(self.path(blob)).await.unwrap_or(false)
    }

    /// Copies every body into `target`, each into a file of its own.
    ///
    /// # Errors
    /// When the copy cannot be written.
    pub async fn copy_to(&self, target: &Path) -> Result<(), StoreError> {
        self.settle().await?;
        let (from, to) = (self.directory.clone(), target.to_owned());
        run(move || {
            fs::create_dir_all(&to)?;
            for folder in fs::read_dir(&from)? {
                let folder = folder?;
                if folder.file_name() == "new" || !folder.file_type()?.is_dir() {
                    continue;
                }
                let inside = to.join(folder.file_name());
                fs::create_dir_all(&inside)?;
                for file in fs::read_dir(folder.path())? {
                    let file = file?;
                    let Some(blob) = file.file_name().to_str().and_then(|name| name.parse().ok()) else {
                        continue;
                    };
                    match pack::copy(&file.path(), &blob, &inside.join(file.file_name())) {
                        // Swept since the folder was read; the copied rows do not name it.
                        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
                        copied => copied?,
                    }
                }
                sync_directory(&inside)?;
            }
            Ok(sync_directory(&to)?)
        })
        .await
    }
}

/// Where `blob` lies below `directory`.
fn path_in(directory: &Path, blob: &BlobId) -> PathBuf {
    let name = blob.as_str();
    directory.join(name.get(..2).unwrap_or(name)).join(name)
}

/// A name for a file that is being written.
fn temporary(directory: &Path) -> PathBuf {
    let serial = TEMPORARY.fetch_add(1, Ordering::Relaxed);
    directory.join("new").join(format!("{}-{serial}", std::process::id()))
}

/// Octets up to which a body goes through the accept log.
const SMALL: usize = 1 << 20;
/// Fresh bodies between two looks for those that are not any more.
const PRUNE: usize = 4096;
/// Longer than any letter takes from its body to its rows.
const FRESH: Duration = Duration::from_secs(600);

/// Makes the names in `directory` durable.
fn sync_directory(directory: &Path) -> io::Result<()> {
    fs::File::open(directory)?.sync_all()
}

/// Runs blocking `work` away from the async workers.
async fn run<T, F>(work: F) -> Result<T, StoreError>
where
    F: FnOnce() -> Result<T, StoreError> + Send + 'static,
    T: Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(cause) => Err(StoreError::Disk(io::Error::other(cause))),
    }
}

#[cfg(test)]
mod tests;
