//! Keys of the documents that have versions.

use super::{Key, parts};
use crate::domain::id::ShopScope;

/// A document of a shop that has versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Document {
    Diversion,
    Desk,
    Guard,
    Words,
    /// Of the platform, for all shops.
    Conduct,
    Questions,
    /// The approvals of a shop; they have no numbers and stand under 0, in the order of the feed.
    Approvals,
}

/// `settings_version` without its last part, the feed seq.
pub fn version_prefix(scope: ShopScope, document: Document, version: u32) -> Key {
    parts(&[&scope.number().to_be_bytes(), &[document as u8], &version.to_be_bytes()])
}

/// The versions of a document before `before`, or all: from (inclusive) and to (exclusive).
pub fn version_range(scope: ShopScope, document: Document, before: Option<u32>) -> (Key, Key) {
    let end = || parts(&[&scope.number().to_be_bytes(), &[document as u8 + 1]]);
    (version_prefix(scope, document, 0), before.map_or_else(end, |before| version_prefix(scope, document, before)))
}
