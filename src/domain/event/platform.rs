//! Events of the platform: its directory of shops, its API keys, its carriers.
//!
//! Stored as it stands: appended, never edited or reordered.

use super::Scope;
use crate::domain::id::TokenHash;
use crate::domain::order::Carrier;
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlatformChange {
    ShopListed {
        shop: String,
        number: u32,
    },
    ApiKeyIssued {
        key: TokenHash,
        name: String,
        scopes: Vec<Scope>,
    },
    ApiKeyRevoked {
        key: TokenHash,
    },
    /// A carrier's page where a tracking number is followed (INB-9).
    CarrierSet {
        carrier: Carrier,
    },
}
