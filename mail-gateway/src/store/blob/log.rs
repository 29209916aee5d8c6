//! The accept log: small bodies of one moment are appended to one file and made durable together.
//!
//! A body of its own file costs a creation, two renames' worth of journal and two `fsync`s; twenty peers
//! who each wait for that share one disk. Here a body counts as stored once its record is under an
//! `fdatasync` that everybody who waits shares. Of full or quiet segments each body gets its own name
//! ([`super::pack`]); what a crash leaves is unpacked at the next start. A record names its body by SHA-256, so that a torn one is recognised and nothing is stored twice.

use std::{
    collections::HashMap,
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use mail_gateway_core::message::BlobId;
use tokio::sync::{mpsc, oneshot};

use super::segment::{self, Segment};

/// A handle to the log; its tasks end, after unpacking everything, when the last one is gone.
#[derive(Clone, Debug)]
pub(super) struct AcceptLog {
    jobs: mpsc::Sender<Job>,
    waiting: Waiting,
}

enum Job {
    Store {
        blob: BlobId,
        bytes: Bytes,
        done: oneshot::Sender<io::Result<()>>,
    },
    /// Answered once everything stored before it has a file of its own.
    Settle(oneshot::Sender<()>),
}

/// What the unpacking task does next.
enum Closed {
    Segment(Segment),
    Settle(oneshot::Sender<()>),
}

/// Bodies that are durable in a segment and may not have a file of their own yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting(Arc<Mutex<HashMap<BlobId, Place>>>);

/// Where a body lies. The open file stays readable when its segment is deleted meanwhile.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) file: Arc<File>,
    pub(super) offset: u64,
    pub(super) length: usize,
}

impl Place {
    /// The body.
    pub(super) fn read(&self) -> io::Result<Bytes> {
        let mut bytes = vec![0; self.length];
        self.file.read_exact_at(&mut bytes, self.offset)?;
        Ok(bytes.into())
    }
}

impl Waiting {
    pub(super) fn find(&self, blob: &BlobId) -> Option<Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(blob).cloned()
    }

    fn add(&self, places: impl IntoIterator<Item = (BlobId, Place)>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(places);
    }

    /// Forgets what lay in `file`.
    fn forget(&self, file: &Arc<File>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, place| !Arc::ptr_eq(&place.file, file));
    }
}

impl AcceptLog {
    /// Unpacks what an earlier process left in `<directory>/new` and starts the tasks.
    ///
    /// # Errors
    /// When a segment cannot be unpacked: its letters were acknowledged, so the hub must not start.
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        let waiting = Waiting::default();
        waiting.add(segment::recover(directory)?);
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (closed, unpacking) = mpsc::channel(SEGMENTS);
        let writer =
            Writer { directory: directory.to_owned(), waiting: waiting.clone(), segment: None, closed };
        tokio::spawn(writer.run(queue));
        tokio::spawn(unpack(directory.to_owned(), waiting.clone(), unpacking));
        Ok(Self { jobs, waiting })
    }

    /// Where `blob` lies when it may not have a file yet.
    pub(super) fn find(&self, blob: &BlobId) -> Option<Place> {
        self.waiting.find(blob)
    }

    /// Appends a body; it is on stable storage when this returns. When the queue ([`QUEUE`]) is full the
    /// caller waits, and with it the peer.
    pub(super) async fn store(&self, blob: BlobId, bytes: Bytes) -> io::Result<()> {
        let (done, answer) = oneshot::channel();
        let job = Job::Store { blob, bytes, done };
        self.jobs.send(job).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Waits until everything stored before has a file of its own.
    pub(super) async fn settle(&self) -> io::Result<()> {
        let (done, answer) = oneshot::channel();
        self.jobs.send(Job::Settle(done)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())
    }
}

fn gone() -> io::Error {
    io::Error::other("the accept log has ended")
}

/// The one task that appends.
struct Writer {
    directory: PathBuf,
    waiting: Waiting,
    segment: Option<Segment>,
    closed: mpsc::Sender<Closed>,
}

impl Writer {
    async fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut group = Vec::with_capacity(GROUP);
        loop {
            match tokio::time::timeout(QUIET, queue.recv_many(&mut group, GROUP)).await {
                Ok(0) => return self.close().await,
                Ok(_) => self.handle(std::mem::take(&mut group)).await,
                Err(_) => self.close().await,
            }
        }
    }

    async fn handle(&mut self, group: Vec<Job>) {
        let (mut bodies, mut answers, mut settling) = (Vec::new(), Vec::new(), Vec::new());
        for job in group {
            match job {
                Job::Store { blob, bytes, done } => {
                    bodies.push((blob, bytes));
                    answers.push(done);
                }
                Job::Settle(done) => settling.push(done),
            }
        }
        if !bodies.is_empty() {
            let outcome = self.append(bodies).await;
            for answer in answers {
                // The caller may have gone; its body is stored all the same.
                let _ = answer.send(outcome.as_ref().copied().map_err(again));
            }
        }
        if !settling.is_empty() || self.segment.as_ref().is_some_and(Segment::is_full) {
            self.close().await;
        }
        for done in settling {
            let _ = self.closed.send(Closed::Settle(done)).await;
        }
    }

    /// Makes `bodies` durable together.
    async fn append(&mut self, bodies: Vec<(BlobId, Bytes)>) -> io::Result<()> {
        let (directory, segment) = (self.directory.clone(), self.segment.take());
        let work = tokio::task::spawn_blocking(move || {
            let mut segment = match segment {
                Some(segment) => segment,
                None => Segment::create(&directory)?,
            };
            let places = segment.append(&bodies);
            Ok::<_, io::Error>((segment, places))
        });
        let (segment, places) = work.await.map_err(io::Error::other)??;
        match places {
            Ok(places) => {
                self.waiting.add(places);
                self.segment = Some(segment);
                Ok(())
            }
            Err(cause) => {
                // Nothing may follow a record that is torn: what stands before it is unpacked, the next
                // group begins a segment of its own.
                let _ = self.closed.send(Closed::Segment(segment)).await;
                Err(cause)
            }
        }
    }

    /// Hands the segment on; waits when [`SEGMENTS`] of them wait to be unpacked.
    async fn close(&mut self) {
        if let Some(segment) = self.segment.take() {
            let _ = self.closed.send(Closed::Segment(segment)).await;
        }
    }
}

/// The same error for one more caller.
fn again(cause: &io::Error) -> io::Error {
    io::Error::new(cause.kind(), cause.to_string())
}

/// The one task that unpacks. A segment that cannot be unpacked now is tried again: its bodies are durable
/// where they are, and readable.
async fn unpack(directory: PathBuf, waiting: Waiting, mut closed: mpsc::Receiver<Closed>) {
    while let Some(next) = closed.recv().await {
        let segment = match next {
            Closed::Segment(segment) => Arc::new(segment),
            Closed::Settle(done) => {
                let _ = done.send(());
                continue;
            }
        };
        loop {
            let (directory, work) = (directory.clone(), Arc::clone(&segment));
            let done = tokio::task::spawn_blocking(move || work.unpack(&directory));
            match done.await.map_err(io::Error::other).and_then(|done| done) {
                Ok(()) => break,
                Err(cause) => {
                    tracing::error!(%cause, "mail store: the accept log cannot be unpacked; trying again");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
        waiting.forget(segment.file());
        segment.delete();
    }
}

/// Bodies that may wait to be appended.
const QUEUE: usize = 256;
/// Bodies that share one `fdatasync` at most.
const GROUP: usize = 128;
/// Segments that may wait to be unpacked.
const SEGMENTS: usize = 8;
/// A segment that nobody appended to for this long is unpacked.
const QUIET: Duration = Duration::from_secs(1);
/// Time between tries to unpack a segment.
const AGAIN: Duration = Duration::from_secs(5);
