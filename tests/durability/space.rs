//! A disk without room: refuse and recover, or end; never lose what was acknowledged.

use crate::history::{Attempt, Deed, Ledger};
use crate::house::House;
use crate::http::Client;
use crate::load;
use crate::mount::Mount;
use crate::round;
use crate::say;
use crate::server::{Server, Setup};
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

const MIB: u64 = 1 << 20;
/// RocksDB reserves some 70 MiB for its log.
const DISK_BYTES: u64 = 256 * MIB;
const LOW_WATER_BYTES: u64 = 24 * MIB;
const BALLAST_BYTES: u64 = 8 * MIB;
const TEXT_CHARS: usize = 3_900;
/// The server looks at the free space five times a second.
const NOTICED_MAX: Duration = Duration::from_secs(10);

/// A shop on a small disk, and one client that notes what it is told.
struct Rig {
    mount: Mount,
    log: tempfile::NamedTempFile,
    houses: Vec<Arc<House>>,
    ledger: Ledger,
    sent: u64,
}

impl Rig {
    /// `Err`: why this cannot be done here.
    fn new(settings: impl Fn(Setup) -> Setup) -> Result<(Rig, Setup, Server), String> {
        let mount = Mount::memory(DISK_BYTES)?;
        let log = tempfile::NamedTempFile::new().map_err(|e| e.to_string())?;
        let setup = settings(Setup::new(&mount.path().join("data"), log.path()));
        let server = setup.start();
        let houses = vec![Arc::new(House::open(&server, "shop", 1, 4))];
        Ok((Rig { mount, log, houses, ledger: Ledger::default(), sent: 0 }, setup, server))
    }

    fn filler(&self) -> PathBuf {
        self.mount.path().join("filler")
    }

    /// Fills the disk up to `free_bytes`; 0: to the last byte.
    fn fill(&self, free_bytes: u64) {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(self.filler()).unwrap();
        let free = || rustix::fs::statvfs(self.mount.path()).map(|fs| fs.f_bavail * fs.f_frsize).unwrap();
        while free() > free_bytes {
            let bytes = (free() - free_bytes).min(MIB) as usize;
            if file.write_all(&vec![1; bytes]).is_err() {
                return;
            }
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    /// Sends one message: the status, 0 where there was no answer.
    fn send(&mut self, client: &mut Client) -> (u16, Value) {
        self.sent += 1;
        let buyer = &self.houses[0].buyers[self.sent as usize % self.houses[0].buyers.len()];
        let (id, text) = (format!("message-{}", self.sent), format!("text {} {}", self.sent, "x".repeat(TEXT_CHARS)));
        let attempt =
            Attempt { conversation: buyer.conversation.clone(), author: 0, id, text, file: None, token: buyer.token.clone(), client: 0 };
        self.ledger.hear(vec![Deed::Tried(attempt.clone())]);
        let answer = load::send(client, &attempt).unwrap_or((0, Value::Null));
        if answer.0 == 200 {
            self.ledger.hear(vec![Deed::Acked { attempt, seq: answer.1["seq"].as_u64().unwrap() }]);
        }
        answer
    }

    /// Sends until the answer is `status`.
    fn send_until(&mut self, client: &mut Client, status: u16) -> Value {
        let began = Instant::now();
        loop {
            match self.send(client) {
                (found, answer) if found == status => return answer,
                (200 | 503, _) if began.elapsed() < NOTICED_MAX => {}
                other => panic!("{other:?} where {status} was expected"),
            }
        }
    }

    /// Everything acknowledged is there, and can be read; what was refused may be sent again where `writable`.
    fn check(&mut self, server: &Server, writable: bool) {
        if writable {
            let mut dice = crate::dice::Dice::new(1, 1);
            round::retry(server, &mut self.ledger, &mut dice);
        }
        let problems = round::audit(server, &self.houses, &mut self.ledger, true);
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }
}

#[test]
fn below_the_low_water_mark_writes_are_refused_and_reads_go_on() {
    let settings =
        |setup: Setup| setup.with("FENLIU_STORAGE__LOW_WATER_BYTES", LOW_WATER_BYTES).with("FENLIU_STORAGE__BALLAST_BYTES", BALLAST_BYTES);
    let (mut rig, setup, mut server) = match Rig::new(settings) {
        Ok(rig) => rig,
        Err(why) => return say(&format!("low disk space: not run: {why}")),
    };
    let mut client = Client::connect(server.address).unwrap();
    for _ in 0..50 {
        assert_eq!(rig.send(&mut client).0, 200);
    }
    rig.fill(LOW_WATER_BYTES / 2);
    let answer = rig.send_until(&mut client, 503);
    assert_eq!(answer["code"], "disk_low", "{answer}");
    assert_eq!(client.ask("GET", "/readyz", "", None).unwrap().0, 503, "a balancer should look elsewhere");
    assert_eq!(client.ask("GET", "/healthz", "", None).unwrap().0, 200, "nobody should restart it");
    rig.check(&server, false);
    rig.free();
    rig.send_until(&mut client, 200);
    rig.check(&server, true);
    // Killed while there is no room, it starts there. RocksDB gives back what it had reserved, so that goes, too.
    rig.fill(LOW_WATER_BYTES / 2);
    rig.send_until(&mut client, 503);
    server.kill();
    server = setup.start();
    let mut client = Client::connect(server.address).unwrap();
    rig.fill(LOW_WATER_BYTES / 2);
    rig.send_until(&mut client, 503);
    rig.check(&server, false);
    rig.free();
    rig.send_until(&mut client, 200);
    rig.check(&server, true);
    assert_eq!(server.stop(), Some(0));
    setup.verify();
    say(&format!("low disk space: refused, read on and recovered; {} acknowledged messages", rig.ledger.acked));
}

#[test]
fn a_full_disk_ends_the_server_and_loses_nothing() {
    let (mut rig, setup, mut server) = match Rig::new(|setup| setup) {
        Ok(rig) => rig,
        Err(why) => return say(&format!("full disk: not run: {why}")),
    };
    let mut client = Client::connect(server.address).unwrap();
    for _ in 0..50 {
        assert_eq!(rig.send(&mut client).0, 200);
    }
    rig.fill(0);
    // RocksDB has reserved space for its log, so it takes some messages.
    let last = loop {
        match rig.send(&mut client) {
            (200, _) => {}
            other => break other,
        }
    };
    assert!(matches!(last, (0, _) | (503, _)), "{last:?}: 503 is what the server can say about the last, no answer is as good");
    assert_eq!(server.ended(), Some(74), "{}", server.log());
    assert!(server.log().contains("No space left on device") && server.log().contains("Look at the disk"), "{}", server.log());
    let told = match setup.start_with(&[]) {
        Ok(mut server) => {
            rig.check(&server, false);
            server.kill();
            "it opened all the same".to_owned()
        }
        Err((code, told)) => {
            assert_eq!(code, Some(74), "{told}");
            assert!(told.contains("No space left on device"), "{told}");
            "it was refused".to_owned()
        }
    };
    rig.free();
    let server = setup.start();
    rig.check(&server, true);
    drop(server);
    setup.verify();
    say(&format!("full disk: ended with 74, on the full disk {told}, then whole; {} acknowledged messages", rig.ledger.acked));
    drop(rig.log);
}

#[test]
fn deleting_the_ballast_opens_a_full_disk() {
    let settings = |setup: Setup| setup.with("FENLIU_STORAGE__LOW_WATER_BYTES", MIB).with("FENLIU_STORAGE__BALLAST_BYTES", BALLAST_BYTES);
    let (mut rig, setup, mut server) = match Rig::new(settings) {
        Ok(rig) => rig,
        Err(why) => return say(&format!("ballast: not run: {why}")),
    };
    let mut client = Client::connect(server.address).unwrap();
    for _ in 0..200 {
        assert_eq!(rig.send(&mut client).0, 200);
    }
    server.kill();
    rig.fill(0);
    let (code, told) = setup.start_with(&[]).err().expect("a full disk cannot be opened");
    let ballast = setup.data.join("BALLAST");
    assert_eq!(code, Some(74), "{told}");
    assert!(told.contains(&format!("delete {}", ballast.display())), "{told}");
    std::fs::remove_file(&ballast).unwrap();
    let server = setup.start();
    rig.check(&server, false);
    rig.free();
    let mut client = Client::connect(server.address).unwrap();
    rig.send_until(&mut client, 200);
    rig.check(&server, true);
    say(&format!("ballast: deleted, opened, whole; {} acknowledged messages", rig.ledger.acked));
}
