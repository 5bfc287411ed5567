//! Makes a data folder of many conversations without a server: each one's events in one commit.

use fenliu::domain::conversation::Conversation;
use fenliu::domain::id::{ConversationId, ShopScope};
use fenliu::domain::{Events, Machine};
use fenliu::store::{Commit, Committer, Store, StoreOptions, Stored};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;

/// Commits in flight.
const AHEAD: u64 = 8_192;

/// Nobody needs room for a full disk here.
pub fn store_options() -> StoreOptions {
    StoreOptions { ballast_bytes: 0, ..StoreOptions::default() }
}

/// Writes them all, and stops in order.
pub fn fill(folder: &Path, shop: ShopScope, conversations: impl Iterator<Item = (ConversationId, Events)>) -> anyhow::Result<()> {
    let store = Arc::new(Store::open(folder, &store_options())?);
    let (sender, released) = channel();
    let release = move |group: Vec<_>| {
        let _ = sender.send(group.len() as u64);
    };
    let committer = Committer::start(store, release, |why| panic!("{why}"));
    let mut waiting = 0;
    for (id, events) in conversations {
        let (mut machine, tail) = (Conversation::new(shop, id), Default::default());
        let before = machine.mark();
        events.iter().for_each(|event| machine.apply(event));
        committer.submit(Commit::of(shop, events, before, &machine, Some(&tail), ()));
        waiting += 1;
        while waiting > AHEAD {
            waiting -= released.recv()?;
        }
    }
    committer.stop();
    Ok(())
}
