//! What a start costs with few and with many messages stored: it must not depend on them (activate on demand).

use crate::child::Server;
use crate::inprocess;
use crate::{Options, Ratio, alternate};
use std::time::Instant;

/// Messages in the small store.
const FEW: u64 = 10_000;

pub fn startup(options: &Options) -> anyhow::Result<Vec<Ratio>> {
    let (few, many) = (options.folder.join("few"), options.folder.join("many"));
    eprintln!("  generating stores of {FEW} and {} messages …", options.messages);
    inprocess::generate(&few, FEW)?;
    inprocess::generate(&many, options.messages)?;
    let start_ms = |folder: &std::path::Path| {
        let began = Instant::now();
        let server = Server::restarted(folder)?;
        let took = began.elapsed().as_secs_f64() * 1000.0;
        server.stop()?;
        anyhow::Ok(took)
    };
    // Once each unmeasured: what the generation left to RocksDB is done then.
    start_ms(&few)?;
    start_ms(&many)?;
    let (value, a, b) = alternate(options.rounds, || start_ms(&many), || start_ms(&few))?;
    let detail = format!("{a:.0} ms with {} messages, {b:.0} ms with {FEW}", options.messages);
    Ok(vec![Ratio { name: "startup", value, floor: 2.0, aim: 1.2, unit: "× (at most)", detail }])
}
