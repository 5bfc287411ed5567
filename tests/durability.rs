//! What was acknowledged is there: the real program under load, killed, cut from power, out of disk space. (SPEC: OPS-2, OPS-3)
//! Messages, and what staff and platform do beside them: notes, labels, priorities, drafts, recalls, the blacklist, files, orders, notices.
//!
//! `FENLIU_KILLS` sets the number of kills, `FENLIU_SEED` the seed, `FENLIU_POWER_CUTS` the cuts on each file system. Each test
//! says on standard error what it did, seed included, and fails if it did too little to mean anything.

#[path = "durability/desk.rs"]
mod desk;
#[path = "durability/dice.rs"]
mod dice;
#[path = "durability/history.rs"]
mod history;
#[path = "durability/house.rs"]
mod house;
#[path = "durability/http.rs"]
mod http;
#[path = "durability/kill.rs"]
mod kill;
#[path = "durability/load.rs"]
mod load;
#[path = "durability/mount.rs"]
mod mount;
#[path = "durability/power.rs"]
mod power;
#[path = "durability/round.rs"]
mod round;
#[path = "durability/server.rs"]
mod server;
#[path = "durability/space.rs"]
mod space;
#[path = "durability/work.rs"]
mod work;

/// Not `eprintln!`, which the test harness keeps to itself: what a run did is part of its result.
fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A number from the environment.
fn set_to<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a number")))
}
