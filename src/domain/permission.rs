//! What an account may do (ACC-1): permissions, and the roles that bundle them.

use super::desk::OwnRole;
use super::event::Role;
use serde::{Deserialize, Serialize};

/// One right. The number is its bit on disk: append, never reorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Permission {
    /// Answers buyers: the conversations it owns, labels, notes, drafts.
    Serve,
    /// Sees, and with `Serve` acts on, every conversation of the shop.
    Oversee,
    /// Assigns from the offline pool by hand (OFF-2).
    Pool,
    /// Edits the texts of shop and groups (TXT-1).
    TeamTexts,
    /// 黑名单 (INB-8).
    Blacklist,
    /// Sees all orders of the shop, not only those of buyers it serves (INB-9).
    Orders,
    /// Archives and restores (INB-12).
    Archive,
    /// Takes data out (INB-15).
    Export,
    /// Reads settings, accounts and the audit.
    Review,
    /// Changes settings, groups and accounts.
    Manage,
    /// Reports and records.
    Reports,
}

impl Permission {
    pub const ALL: [Permission; 11] = [
        Permission::Serve,
        Permission::Oversee,
        Permission::Pool,
        Permission::TeamTexts,
        Permission::Blacklist,
        Permission::Orders,
        Permission::Archive,
        Permission::Export,
        Permission::Review,
        Permission::Manage,
        Permission::Reports,
    ];

    /// As settings and refusals call it.
    pub const fn name(self) -> &'static str {
        match self {
            Permission::Serve => "the permission serve",
            Permission::Oversee => "the permission oversee",
            Permission::Pool => "the permission pool",
            Permission::TeamTexts => "the permission team_texts",
            Permission::Blacklist => "the permission blacklist",
            Permission::Orders => "the permission orders",
            Permission::Archive => "the permission archive",
            Permission::Export => "the permission export",
            Permission::Review => "the permission review",
            Permission::Manage => "the permission manage",
            Permission::Reports => "the permission reports",
        }
    }
}

/// A set of [`Permission`]s, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permissions(pub u32);

impl Permissions {
    pub fn of(list: &[Permission]) -> Permissions {
        Permissions(list.iter().fold(0, |bits, p| bits | 1 << *p as u8))
    }
    pub fn all() -> Permissions {
        Permissions::of(&Permission::ALL)
    }
    pub fn has(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u8) != 0
    }
    /// Whether none of `others` is missing here.
    pub fn covers(self, others: Permissions) -> bool {
        others.0 & !self.0 == 0
    }
    /// Those it has, in order.
    pub fn list(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |permission| self.has(*permission))
    }
}

impl Role {
    /// What it may do; `own`: the shop's own roles. A role that is gone may do nothing.
    pub fn permissions(self, own: &[OwnRole]) -> Permissions {
        use Permission as P;
        match self {
            Role::Owner => Permissions::all(),
            Role::Supervisor => {
                Permissions::of(&[P::Serve, P::Oversee, P::Pool, P::TeamTexts, P::Blacklist, P::Orders, P::Archive, P::Review, P::Reports])
            }
            Role::Agent => Permissions::of(&[P::Serve]),
            Role::Analyst => Permissions::of(&[P::Oversee, P::Orders, P::Export, P::Reports]),
            Role::Own(no) => own.iter().find(|role| role.no == no).map_or(Permissions::default(), |role| role.permissions),
        }
    }
}
