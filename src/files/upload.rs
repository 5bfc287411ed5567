//! Files that are arriving: whole in one request, or in pieces that survive a broken connection.
//!
//! What has arrived stands in a file of its own in `<data folder>/uploads`, named by us, never by the client; it goes when the
//! last who holds it lets go, and at the latest at the next start. Never held in memory but for the piece in hand; bounded for
//! each account or buyer, in bytes for all together, and in time.

use super::sniff::{self, Found};
use super::{Error, io};
use crate::domain::content::{Attachment, FileHash};
use crate::domain::event::Author;
use crate::domain::id::{ConversationId, Millis, ShopScope};
use crate::limits;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// Bytes that wait for the disk before they are written.
const WAITING_BYTES: usize = 256 * 1024;

/// Whose file it is to be: who sends it, into which conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whose {
    pub scope: ShopScope,
    pub conversation: ConversationId,
    pub by: Author,
}

/// A file that is arriving.
pub struct Incoming {
    path: PathBuf,
    /// More it may not have.
    bytes_max: u64,
    received: AtomicU64,
    writing: Mutex<Writing>,
    taken: Arc<AtomicU64>,
}

struct Writing {
    file: File,
    hash: Sha256,
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.taken.fetch_sub(self.bytes_max, Ordering::AcqRel);
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(%error, "an upload was not removed; the next start does it");
        }
    }
}

impl Incoming {
    /// Bytes that have arrived.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Acquire)
    }

    /// Bytes it may have.
    pub fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    fn lock(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Writes what follows byte `offset`. Two who write at once cannot both be right about the offset.
    fn write(&self, offset: u64, pieces: &[Bytes]) -> Result<u64, Error> {
        let mut writing = self.lock();
        let next = self.received();
        if offset != next {
            return Err(Error::Offset { next });
        }
        let bytes: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
        if bytes > self.bytes_max - next {
            return Err(Error::TooLarge { bytes_max: self.bytes_max });
        }
        let mut at = next;
        for piece in pieces {
            writing.file.write_all_at(piece, at).map_err(io("writing an upload"))?;
            at += piece.len() as u64;
        }
        // Only once all of it was written: after a failure the same piece may come again.
        pieces.iter().for_each(|piece| writing.hash.update(piece));
        self.received.store(at, Ordering::Release);
        Ok(at)
    }

    /// What it is, and its name, once all of it is there.
    pub async fn look(self: &Arc<Self>) -> Result<(FileHash, Found), Error> {
        let incoming = self.clone();
        blocking(move || {
            let writing = incoming.lock();
            let found = sniff::look(&writing.file, incoming.received()).map_err(io("reading an upload"))?;
            Ok((writing.hash.clone().finalize().into(), found.map_err(Error::Unwanted)?))
        })
        .await
    }

    /// A part of what has arrived.
    pub(super) async fn part(self: &Arc<Self>, offset: u64, bytes: u64) -> Result<Bytes, Error> {
        let incoming = self.clone();
        blocking(move || {
            let mut part = vec![0; bytes as usize];
            incoming.lock().file.read_exact_at(&mut part, offset).map_err(io("reading an upload"))?;
            Ok(Bytes::from(part))
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(Error::Interrupted))
}

/// Takes the bytes of one request. Dropping it leaves what was written.
pub struct Receiving {
    incoming: Arc<Incoming>,
    offset: u64,
    waiting: Vec<Bytes>,
    waiting_bytes: usize,
}

impl Receiving {
    /// Goes on at byte `offset`.
    pub fn at(incoming: Arc<Incoming>, offset: u64) -> Receiving {
        Receiving { incoming, offset, waiting: Vec::new(), waiting_bytes: 0 }
    }

    pub async fn take(&mut self, piece: Bytes) -> Result<(), Error> {
        self.waiting_bytes += piece.len();
        self.waiting.push(piece);
        if self.waiting_bytes >= WAITING_BYTES { self.flush().await } else { Ok(()) }
    }

    /// Everything taken so far is in the file.
    pub async fn flush(&mut self) -> Result<(), Error> {
        let (incoming, offset, pieces) = (self.incoming.clone(), self.offset, std::mem::take(&mut self.waiting));
        self.waiting_bytes = 0;
        self.offset = blocking(move || incoming.write(offset, &pieces)).await?;
        Ok(())
    }

    /// The file it went to.
    pub async fn finish(mut self) -> Result<Arc<Incoming>, Error> {
        self.flush().await?;
        Ok(self.incoming)
    }
}

/// The name of an upload in pieces: unguessable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UploadId(pub [u8; 16]);

/// An upload in pieces.
#[derive(Clone)]
pub struct Pieces {
    pub whose: Whose,
    pub name: String,
    pub size: u64,
    pub until: Millis,
    /// None: it is complete.
    pub incoming: Option<Arc<Incoming>>,
    /// What it became, so that whoever did not hear it may ask again.
    pub kept: Option<Attachment>,
}

impl Pieces {
    /// Bytes that have arrived.
    pub fn received(&self) -> u64 {
        self.incoming.as_ref().map_or(self.size, |incoming| incoming.received())
    }
}

/// Everything that is arriving.
pub struct Uploads {
    folder: PathBuf,
    /// Bytes promised to uploads.
    taken: Arc<AtomicU64>,
    pieces: Mutex<HashMap<UploadId, Pieces>>,
}

fn random_id() -> Result<[u8; 16], Error> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|_| Error::Interrupted)?;
    Ok(id)
}

impl Uploads {
    /// Clears what a last life left.
    pub(super) fn open(folder: &Path) -> Result<Uploads, Error> {
        match std::fs::remove_dir_all(folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io("clearing the folder of uploads")(error)),
            _ => std::fs::create_dir_all(folder).map_err(io("making the folder of uploads"))?,
        }
        Ok(Uploads { folder: folder.to_owned(), taken: Arc::default(), pieces: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UploadId, Pieces>> {
        self.pieces.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Makes room for a file of at most `bytes_max` bytes.
    pub fn receive(&self, bytes_max: u64) -> Result<Arc<Incoming>, Error> {
        let fits = |taken: u64| taken.checked_add(bytes_max).filter(|all| *all <= limits::UPLOADS_BYTES_MAX);
        self.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).map_err(|_| Error::Full)?;
        let made = random_id().and_then(|id| {
            let name: String = id.iter().map(|b| format!("{b:02x}")).collect();
            let path = self.folder.join(name);
            let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path);
            file.map(|file| (path, file)).map_err(io("making an upload"))
        });
        match made {
            Ok((path, file)) => {
                let writing = Mutex::new(Writing { file, hash: Sha256::new() });
                Ok(Arc::new(Incoming { path, bytes_max, received: AtomicU64::new(0), writing, taken: self.taken.clone() }))
            }
            Err(error) => {
                self.taken.fetch_sub(bytes_max, Ordering::AcqRel);
                Err(error)
            }
        }
    }

    /// Begins an upload in pieces. None: `whose` has as many as may be.
    pub fn begin(&self, whose: Whose, name: String, size: u64, now: Millis) -> Result<Option<(UploadId, Pieces)>, Error> {
        let mut pieces = self.lock();
        pieces.retain(|_, p| p.until > now);
        let mine = |p: &Pieces| p.whose.scope == whose.scope && p.whose.by == whose.by && same_sender(p, &whose);
        if pieces.values().filter(|p| mine(p)).count() >= limits::UPLOADS_EACH_MAX {
            // What is complete is only remembered.
            let done = pieces.iter().filter(|(_, p)| mine(p) && p.incoming.is_none()).min_by_key(|(_, p)| p.until).map(|(id, _)| *id);
            match done {
                Some(id) => drop(pieces.remove(&id)),
                None => return Ok(None),
            }
        }
        let of_shop = pieces.values().filter(|p| p.whose.scope == whose.scope && p.incoming.is_some()).map(|p| p.size).sum::<u64>();
        if of_shop + size > limits::UPLOADS_SHOP_BYTES_MAX {
            return Err(Error::Full);
        }
        let incoming = Some(self.receive(size)?);
        let id = UploadId(random_id()?);
        let begun = Pieces { whose, name, size, until: now.plus(limits::UPLOAD_MS_MAX), incoming, kept: None };
        pieces.insert(id, begun.clone());
        Ok(Some((id, begun)))
    }

    /// The upload of that name, of nobody else.
    pub fn of(&self, whose: Whose, id: UploadId, now: Millis) -> Option<Pieces> {
        self.lock().get(&id).filter(|p| p.whose == whose && p.until > now).cloned()
    }

    /// All that are not complete yet, the newest first.
    pub fn all_of(&self, whose: Whose, now: Millis) -> Vec<(UploadId, Pieces)> {
        let unfinished = |p: &Pieces| p.whose == whose && p.until > now && p.incoming.is_some();
        let mut found: Vec<_> = self.lock().iter().filter(|(_, p)| unfinished(p)).map(|(id, p)| (*id, p.clone())).collect();
        found.sort_by_key(|(id, pieces)| (std::cmp::Reverse(pieces.until), id.0));
        found
    }

    /// It is complete.
    pub fn complete(&self, id: UploadId, kept: &Attachment) {
        if let Some(pieces) = self.lock().get_mut(&id) {
            (pieces.incoming, pieces.kept) = (None, Some(kept.clone()));
        }
    }

    /// Gives it up.
    pub fn forget(&self, id: UploadId) {
        self.lock().remove(&id);
    }

    /// Gives up what took too long.
    pub fn expire(&self, now: Millis) {
        self.lock().retain(|_, p| p.until > now);
    }
}

/// A buyer has one conversation; an account has many.
fn same_sender(pieces: &Pieces, whose: &Whose) -> bool {
    whose.by != Author::Buyer || pieces.whose.conversation == whose.conversation
}
