//! What goes wrong with a data folder, each with what the operator can do. Never shown to a buyer or an agent.

use std::path::{Path, PathBuf};

/// Why the store cannot open, read or write.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the data folder {} is in use by another process; stop that one first, or name another folder", folder.display())]
    InUse { folder: PathBuf },
    #[error(
        "the data folder has format {found}, of a version before the first release, which nothing reads any more: begin with a new folder"
    )]
    UnreleasedFormat { found: u32 },
    #[error(
        "the data folder has format {found}, this release knows formats up to {known}; start the newer release again, or restore a \
         backup made by this one. Nothing was changed"
    )]
    NewerFormat { found: u32, known: u32 },
    #[error(
        "acknowledged data is missing: the database ends at commit {recovered}, but commit {promised} was on disk once. Check that this \
         is the right folder and the disk is sound, or restore a backup; to go on without what is missing, start once with --accept-loss"
    )]
    LossDetected { recovered: u64, promised: u64 },
    #[error(
        "{} is missing beside a database, so nobody can tell whether the database is whole. Put the file back (it belongs to the data \
         folder and its backups), or start once with --accept-loss to go on with what is there", path.display()
    )]
    HighWaterMissing { path: PathBuf },
    #[error(
        "{} is damaged in both of its slots: check the disk. Restore the data folder from a backup, or start once with --accept-loss to go \
         on with what is there", path.display()
    )]
    HighWaterCorrupt { path: PathBuf },
    #[error(
        "the database is damaged and was not opened: {message}. Check the disk, keep a copy of the data folder, and restore the newest \
         backup"
    )]
    Corrupt { message: String },
    #[error("a damaged row in `{column}`: {problem}. Check the disk, run `fenliu verify`, and restore the newest backup")]
    Damaged { column: &'static str, problem: String },
    #[error(
        "the disk is full, and a full disk cannot even be opened: delete {} by hand to get its space, start, then make more room. The file \
         is made again when there is some ({message})", ballast.display()
    )]
    DiskFull { ballast: PathBuf, message: String },
    #[error("{doing} {} failed: {source}. Check the disk and the permissions of the data folder", path.display())]
    Io { doing: &'static str, path: PathBuf, source: std::io::Error },
    #[error("the database engine failed: {message}. Check the disk and the permissions of the data folder, then start again")]
    Engine { message: String },
}

impl Error {
    pub(super) fn damaged(column: &'static str, problem: impl Into<String>) -> Error {
        Error::Damaged { column, problem: problem.into() }
    }

    pub(super) fn io(doing: &'static str, path: &Path, source: std::io::Error) -> Error {
        Error::Io { doing, path: path.to_owned(), source }
    }

    /// What RocksDB says when it cannot open `folder`.
    pub(super) fn opening(e: rocksdb::Error, folder: &Path) -> Error {
        let message = e.to_string();
        if message.contains("lock file") || message.contains("lock hold by") {
            return Error::InUse { folder: folder.to_owned() };
        }
        if message.contains("No space left on device") {
            return Error::DiskFull { ballast: folder.join("BALLAST"), message };
        }
        match e.kind() {
            rocksdb::ErrorKind::Corruption | rocksdb::ErrorKind::InvalidArgument => Error::Corrupt { message },
            _ => Error::Engine { message },
        }
    }
}

impl From<rocksdb::Error> for Error {
    fn from(e: rocksdb::Error) -> Error {
        let message = e.to_string();
        match e.kind() {
            rocksdb::ErrorKind::Corruption => Error::Corrupt { message },
            _ => Error::Engine { message },
        }
    }
}
