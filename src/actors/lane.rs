//! Lanes: the threads on which entities live, one per web worker (or one per arbiter where the library is embedded).
//!
//! A conversation lives on the lane its first command arrived on, so most commands never change threads. Whatever the
//! commit thread releases comes back to a lane in one batch per group: one wake-up, however many acknowledgements.

use super::registry::Registry;
use super::release::Payload;
use crate::store::commit::Released;
use std::cell::Cell;
use std::sync::{Arc, RwLock};
use tokio::sync::mpsc;

thread_local! {
    static CURRENT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Something to be done on a lane.
type Task = Box<dyn FnOnce(&Arc<Registry>) + Send>;

/// What a lane is handed from other threads.
pub enum Work {
    /// A part of a commit group.
    Released(Vec<Released<Payload>>),
    /// Activating an entity.
    Run(Task),
}

/// The lanes of one server.
#[derive(Default)]
pub struct Lanes {
    senders: RwLock<Vec<mpsc::UnboundedSender<Work>>>,
}

impl Lanes {
    /// The lane this thread is, if it is one.
    pub fn current() -> Option<usize> {
        CURRENT.get()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.senders.read().expect("no lane panics while it enters").len()
    }

    /// Hands work to lane `index`. A lane that has ended takes nothing: its entities are gone with it.
    pub fn hand(&self, index: usize, work: Work) {
        if let Some(sender) = self.senders.read().expect("no lane panics while it enters").get(index) {
            let _ = sender.send(work);
        }
    }

    /// Ends every lane once it has done what it was handed.
    pub fn end(&self) {
        self.senders.write().expect("no lane panics while it enters").clear();
    }

    /// Makes the calling thread a lane of `registry` until its runtime ends. Needs a running `LocalSet` (an actix arbiter).
    pub fn enter(registry: &Arc<Registry>) -> usize {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let index = {
            let mut senders = registry.lanes.senders.write().expect("no lane panics while it enters");
            senders.push(sender);
            senders.len() - 1
        };
        CURRENT.set(Some(index));
        let registry = registry.clone();
        actix::spawn(async move {
            while let Some(work) = receiver.recv().await {
                match work {
                    Work::Released(group) => registry.release_here(group),
                    Work::Run(run) => run(&registry),
                }
            }
        });
        index
    }
}
