//! The pace of an open-loop load: every send has its intended instant, whatever the server does.
//!
//! Invariant: a slow answer never delays the next send's intended instant, so latencies measured from it include the time a
//! message would have waited (no coordinated omission).

use crate::support::dice::Dice;
use clap::ValueEnum;
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Sends closer together than this are handed over in one go.
const SLEEP_MIN: Duration = Duration::from_micros(100);

/// How sends are spread.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Arrivals {
    /// Equal gaps
    Even,
    /// Independent of each other, as real buyers are (a Poisson process)
    Poisson,
}

/// Starts the pace on a thread of its own, because the runtime's timers are no finer than a millisecond. The receiver gets the
/// intended instant of each send from `start` for `duration`, then ends.
pub fn start(rate: f64, arrivals: Arrivals, seed: u64, start: Instant, duration: Duration) -> mpsc::UnboundedReceiver<Instant> {
    let (sends, receiver) = mpsc::unbounded_channel();
    thread::spawn(move || {
        let mut dice = Dice::new(seed, 7);
        let mut at = Duration::ZERO;
        while at < duration {
            let due = start + at;
            let now = Instant::now();
            if due > now {
                thread::sleep((due - now).max(SLEEP_MIN));
            }
            if sends.send(due).is_err() {
                return;
            }
            let gap = match arrivals {
                Arrivals::Even => 1.0,
                Arrivals::Poisson => -(1.0 - dice.unit()).ln(),
            };
            at += Duration::from_secs_f64(gap / rate);
        }
    });
    receiver
}
