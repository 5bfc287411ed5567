//! Values on disk: one version byte, then bincode with variable-length integers.
//!
//! Fields and variants of stored types are appended, never edited or reordered; `tests/golden.rs` holds the bytes of each.
//! Nothing outside this file and the golden test may know the encoding.

use super::Error;
use bincode::Options;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version that is written.
pub const VERSION: u8 = 1;

fn codec() -> impl Options {
    bincode::DefaultOptions::new().with_varint_encoding()
}

/// Appends a record to `to`. Panics on what must not be stored (`Event::Heard`): a bug, caught before anything is written.
pub fn encode_into<T: Serialize>(to: &mut Vec<u8>, value: &T) {
    to.push(VERSION);
    codec().serialize_into(to, value).expect("only stored types are encoded");
}

/// A record with room for `spare` more bytes.
pub fn encode_with_room<T: Serialize>(value: &T, spare: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(spare);
    encode_into(&mut bytes, value);
    bytes
}

/// A record.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    encode_with_room(value, 64)
}

/// Reads a record of `column`; bytes left over are damage.
pub fn decode<T: DeserializeOwned>(column: &'static str, bytes: &[u8]) -> Result<T, Error> {
    let (version, body) = bytes.split_first().ok_or_else(|| Error::damaged(column, "an empty record"))?;
    if *version != VERSION {
        return Err(Error::damaged(column, format!("a record of version {version}; this release knows {VERSION}")));
    }
    codec().deserialize(body).map_err(|e| Error::damaged(column, e.to_string()))
}

/// Reads a big-endian u64 value.
pub fn number(column: &'static str, bytes: &[u8]) -> Result<u64, Error> {
    bytes.try_into().map(u64::from_be_bytes).map_err(|_| Error::damaged(column, "a number of wrong length"))
}

/// Reads a big-endian u32 value.
pub fn small_number(column: &'static str, bytes: &[u8]) -> Result<u32, Error> {
    bytes.try_into().map(u32::from_be_bytes).map_err(|_| Error::damaged(column, "a number of wrong length"))
}
