//! Pictures and files of messages (INB-7): stored once a shop under the SHA-256 of their content, as `<shop number>/<hash>`, in
//! `<data folder>/files` or in a bucket that speaks S3.
//!
//! Invariant: a file is durable before anything that names it is acknowledged. Locally that is a sync of the file and of its
//! folders; a bucket answers when it has it. A crash therefore leaves at most a file that nothing names, and never a name
//! without its file. Who may see a file is not known here: that follows from the rows of the store, and the door asks them.
//!
//! A file goes when the last conversation of its shop that has it is erased: the release of that commit hands it over, and
//! `Door::remove_lost_files` asks the rows again before it deletes. What a crash leaves behind is found by a look through the
//! folder at the next start; a bucket is not looked through, because others may keep files in it, a restored copy of this server
//! among them, so there such a file stays.

mod frames;
pub mod sniff;
pub mod upload;

use crate::config::{Config, FileStore};
use crate::domain::content::FileHash;
use crate::domain::id::ShopScope;
use crate::limits;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{RwLock, RwLockReadGuard, Semaphore};
use upload::{Incoming, Uploads};

/// How long one request to a bucket may take.
const BUCKET_MS_MAX: u64 = 60_000;
/// How long a request to a bucket is tried again.
const BUCKET_RETRY_MS_MAX: u64 = 20_000;

/// Why a file is not taken, or not there.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{doing}: {source}")]
    Io { doing: &'static str, source: std::io::Error },
    #[error("the store of files: {0}")]
    Store(object_store::Error),
    #[error("there is no such file")]
    NotFound,
    /// What it is, and what is accepted.
    #[error("{0}")]
    Unwanted(String),
    #[error("at most {bytes_max} bytes")]
    TooLarge { bytes_max: u64 },
    #[error("the next piece begins at byte {next}")]
    Offset { next: u64 },
    #[error("uploads have no more room")]
    Full,
    #[error("the work on a file was interrupted")]
    Interrupted,
}

fn io(doing: &'static str) -> impl Fn(std::io::Error) -> Error {
    move |source| Error::Io { doing, source }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Error {
        match error {
            object_store::Error::NotFound { .. } => Error::NotFound,
            other => Error::Store(other),
        }
    }
}

/// The bytes of a stored file.
pub type Contents = BoxStream<'static, Result<Bytes, Error>>;

/// The store of files.
pub struct Files {
    store: Arc<dyn ObjectStore>,
    /// It is in the data folder, and nobody else's.
    own: bool,
    pub uploads: Uploads,
    /// One for each first byte of a hash: what is being added is not removed meanwhile.
    held: Vec<RwLock<()>>,
    kept_at_once: Semaphore,
}

impl Files {
    /// Opens it; makes the folders that are missing.
    pub fn open(config: &Config) -> Result<Files, Error> {
        let store: Arc<dyn ObjectStore> = match config.files.kind {
            FileStore::Local => {
                let folder = config.data_dir.join("files");
                std::fs::create_dir_all(&folder).map_err(io("making the folder of files"))?;
                let parent = std::fs::File::open(&config.data_dir).map_err(io("opening the data folder"))?;
                parent.sync_all().map_err(io("syncing the data folder"))?;
                Arc::new(LocalFileSystem::new_with_prefix(&folder)?.with_fsync(true))
            }
            FileStore::S3 => Arc::new(bucket(config)?),
        };
        let uploads = Uploads::open(&config.data_dir.join("uploads"))?;
        let held = (0..256).map(|_| RwLock::new(())).collect();
        let own = config.files.kind == FileStore::Local;
        Ok(Files { store, own, uploads, held, kept_at_once: Semaphore::new(limits::FILES_KEPT_AT_ONCE) })
    }

    /// While this is held, the file is not removed: from before it is stored until its row is on disk.
    pub async fn hold(&self, hash: &FileHash) -> RwLockReadGuard<'_, ()> {
        self.held[usize::from(hash[0])].read().await
    }

    /// Stores what has arrived. It is durable when this returns.
    pub async fn put(&self, scope: ShopScope, hash: &FileHash, incoming: &Arc<Incoming>) -> Result<(), Error> {
        let _one = self.kept_at_once.acquire().await.map_err(|_| Error::Interrupted)?;
        let (path, bytes) = (place(scope, hash), incoming.received());
        if bytes <= limits::FILE_PART_BYTES {
            self.store.put(&path, incoming.part(0, bytes).await?.into()).await?;
            return Ok(());
        }
        let mut upload = self.store.put_multipart(&path).await?;
        let stored = async {
            let mut offset = 0;
            while offset < bytes {
                let part = incoming.part(offset, limits::FILE_PART_BYTES.min(bytes - offset)).await?;
                offset += part.len() as u64;
                upload.put_part(part.into()).await?;
            }
            upload.complete().await?;
            Ok(())
        }
        .await;
        if stored.is_err()
            && let Err(error) = upload.abort().await
        {
            tracing::warn!(%error, "an interrupted upload to the store of files was not cleared");
        }
        stored
    }

    /// The bytes of a file, piece by piece.
    pub async fn get(&self, scope: ShopScope, hash: &FileHash) -> Result<Contents, Error> {
        let found = self.store.get(&place(scope, hash)).await?;
        Ok(found.into_stream().map(|piece| piece.map_err(Error::from)).boxed())
    }

    /// The files of a shop, where they are this server's alone; none of a bucket, which is not looked through.
    pub fn of_shop(&self, scope: ShopScope) -> BoxStream<'static, Result<FileHash, Error>> {
        if !self.own {
            return futures_util::stream::empty().boxed();
        }
        let all = self.store.list(Some(&Path::from(scope.number().to_string())));
        all.filter_map(async |found| found.map(|object| hash_of(&object.location)).map_err(Error::from).transpose()).boxed()
    }

    /// Deletes a file that nothing names any more; `used` says whether something does. True: it was deleted.
    pub async fn remove_if_unused<E>(
        &self,
        scope: ShopScope,
        hash: &FileHash,
        used: impl FnOnce() -> Result<bool, E>,
    ) -> Result<Result<bool, Error>, E> {
        let _nobody_adds = self.held[usize::from(hash[0])].write().await;
        if used()? {
            return Ok(Ok(false));
        }
        Ok(match self.store.delete(&place(scope, hash)).await.map_err(Error::from) {
            Ok(()) => Ok(true),
            // A bucket does not say, the folder does.
            Err(Error::NotFound) => Ok(false),
            Err(error) => Err(error),
        })
    }
}

/// Where a file is: nothing in it comes from a client.
fn place(scope: ShopScope, hash: &FileHash) -> Path {
    let name: String = hash.iter().map(|b| format!("{b:02x}")).collect();
    Path::from(format!("{}/{name}", scope.number()))
}

/// The file at a place; None: it is none of ours.
fn hash_of(place: &Path) -> Option<FileHash> {
    let name = place.filename()?.as_bytes();
    if name.len() != 64 {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).filter(|_| !byte.is_ascii_uppercase());
    let mut hash = FileHash::default();
    for (byte, two) in hash.iter_mut().zip(name.chunks_exact(2)) {
        *byte = (digit(two[0])? * 16 + digit(two[1])?) as u8;
    }
    Some(hash)
}

fn bucket(config: &Config) -> Result<impl ObjectStore, Error> {
    // The client of the bucket is built without one. A second call finds it there, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let files = &config.files;
    let options = ClientOptions::new()
        .with_allow_http(files.endpoint.starts_with("http://"))
        .with_connect_timeout(Duration::from_millis(5_000))
        .with_timeout(Duration::from_millis(BUCKET_MS_MAX));
    let retry = RetryConfig { max_retries: 3, retry_timeout: Duration::from_millis(BUCKET_RETRY_MS_MAX), ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&files.bucket)
        .with_region(&files.region)
        .with_virtual_hosted_style_request(files.virtual_hosted)
        // Not every service that speaks S3 knows how to delete many at once, and we never do.
        .with_disable_bulk_delete(true)
        .with_access_key_id(&files.keys.id)
        .with_secret_access_key(&files.keys.secret)
        .with_client_options(options)
        .with_retry(retry);
    if !files.endpoint.is_empty() {
        builder = builder.with_endpoint(&files.endpoint);
    }
    if !files.keys.session.is_empty() {
        builder = builder.with_token(&files.keys.session);
    }
    Ok(builder.build()?)
}
