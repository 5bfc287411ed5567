//! Power cuts: unlike a kill, they take everything that was not synced. The file system is told to write nothing more, not even
//! its journal; then it is mounted anew. The negative control serves without syncs and must lose.

use crate::dice::Dice;
use crate::history::Ledger;
use crate::house::House;
use crate::load::{Crew, Load};
use crate::mount::Mount;
use crate::round;
use crate::say;
use crate::server::{Server, Setup};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Cuts of a run where `FENLIU_POWER_CUTS` does not say.
const CUTS: u64 = 20;
/// Cuts of a server without syncs.
const CONTROL_CUTS: u64 = 6;
const DISK_BYTES: u64 = 400 << 20;
/// When the power goes after the load began, in milliseconds.
const LIFE_MS: std::ops::Range<u64> = 40..300;

/// One disk and the server on it.
struct Rig {
    mount: Mount,
    setup: Setup,
    houses: Vec<Arc<House>>,
    ledger: Ledger,
    dice: Dice,
    round: u64,
}

impl Rig {
    fn new(kind: &str, seed: u64, log: &std::path::Path) -> Result<(Rig, Server), String> {
        let mount = Mount::disk(kind, DISK_BYTES)?;
        let setup = Setup::new(&mount.path().join("data"), log);
        let server = setup.start();
        let houses = vec![Arc::new(House::open(&server, "shop", 2, 24))];
        Ok((Rig { mount, setup, houses, ledger: Ledger::default(), dice: Dice::new(seed, 7), round: 0 }, server))
    }

    /// Load, the cut, and the disk mounted again.
    fn cut(&mut self, mut server: Server) {
        self.round += 1;
        let crew = Crew { houses: self.houses.clone(), writers: 8, round: format!("cut-{}", self.round), seed: self.dice.next() };
        let load = Load::start(&server, &crew);
        load.run(Duration::from_millis(LIFE_MS.start + self.dice.next() % (LIFE_MS.end - LIFE_MS.start)));
        // What is told during the cut does not count: a sync under way may then end well without being one, which a machine
        // without power would not live to tell.
        self.mount.cut(|| load.draw_the_line()).unwrap();
        server.kill();
        load.end().into_iter().for_each(|deeds| self.ledger.hear(deeds));
        drop(server);
        self.mount.leave().and_then(|()| self.mount.again()).unwrap();
    }
}

fn with_power_cuts(kind: &str) {
    let seed = Dice::seed();
    let cuts = crate::set_to("FENLIU_POWER_CUTS").unwrap_or(CUTS);
    let (began, log) = (Instant::now(), tempfile::NamedTempFile::new().unwrap());
    let (mut rig, mut server) = match Rig::new(kind, seed, log.path()) {
        Ok(rig) => rig,
        Err(why) => return say(&format!("power cut on {kind}: not run: {why}")),
    };
    let mut torn = 0;
    for number in 1..=cuts {
        rig.cut(server);
        let started = rig.setup.start_with(&[]);
        server = started.unwrap_or_else(|(code, told)| panic!("{kind}, cut {number}, FENLIU_SEED={seed}: exit code {code:?} {told}"));
        torn += u64::from(server.log().contains("the end of the log was torn"));
        round::retry(&server, &mut rig.ledger, &mut rig.dice);
        let problems = round::audit(&server, &rig.houses, &mut rig.ledger, number == cuts);
        assert!(problems.is_empty(), "{kind}, cut {number}, FENLIU_SEED={seed}: {} problems:\n{}", problems.len(), problems.join("\n"));
    }
    server.kill();
    rig.setup.verify();
    drop(server);
    let acked = rig.ledger.acked;
    let took = began.elapsed();
    say(&format!("power cut on {kind}: {cuts} cuts, {torn} torn ends, {acked} acknowledged messages, 0 lost, seed {seed}, {took:.1?}"));
    assert!(acked >= cuts * 20, "only {acked} messages were acknowledged");
    drop(rig);
    without_syncs(kind, seed, log.path());
}

/// The control: the same without syncs must lose, or the test above could not notice.
fn without_syncs(kind: &str, seed: u64, log: &std::path::Path) {
    let (mut lost, mut refused, mut acked) = (0, 0, 0);
    for number in 0..CONTROL_CUTS {
        let (mut rig, mut server) = Rig::new(kind, seed + number, log).unwrap();
        assert_eq!(server.stop(), Some(0), "{}", server.log());
        // What was there before is on disk; only the load is written without syncs.
        server = rig.setup.clone().with("FENLIU_TEST_NO_SYNC", 1).start();
        rig.cut(server);
        let server = rig.setup.start_with(&[]).or_else(|(code, told)| {
            assert_eq!(code, Some(65), "{told}");
            assert!(told.contains("acknowledged data is missing"), "{told}");
            refused += 1;
            rig.setup.start_with(&["--accept-loss"])
        });
        let server = server.unwrap_or_else(|(code, told)| panic!("--accept-loss: {code:?} {told}"));
        let mut client = crate::http::Client::connect(server.address).unwrap();
        for (conversation, talk) in &rig.ledger.talks {
            let path = format!("/v1/staff/conversations/{conversation}");
            let there = client.ask("GET", &path, &rig.houses[0].owner.token, None).unwrap().0 == 200;
            let history = if there { round::history(&mut client, &rig.houses[0], conversation) } else { Vec::new() };
            lost += talk.lost(&history);
        }
        acked += rig.ledger.acked;
    }
    say(&format!(
        "power cut on {kind}, control without syncs: {CONTROL_CUTS} cuts, {acked} acknowledged messages, {lost} lost, {refused} starts refused"
    ));
    assert!(lost > 0, "nothing was lost without syncs: these power cuts cut nothing");
}

#[test]
fn a_power_cut_on_ext4_takes_nothing_acknowledged() {
    with_power_cuts("ext4");
}

#[test]
fn a_power_cut_on_xfs_takes_nothing_acknowledged() {
    with_power_cuts("xfs");
}
