//! The real program as a child process. It never outlives its `Server`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Longer than any start or stop takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// How the program is started: its data, its log, and settings beyond those of every test.
#[derive(Clone)]
pub struct Setup {
    pub data: PathBuf,
    /// Outside of any file system that the test breaks.
    pub log: PathBuf,
    pub environment: Vec<(&'static str, String)>,
}

impl Setup {
    pub fn new(data: &Path, log: &Path) -> Setup {
        Setup { data: data.to_owned(), log: log.to_owned(), environment: Vec::new() }
    }

    pub fn with(mut self, name: &'static str, value: impl ToString) -> Setup {
        self.environment.push((name, value.to_string()));
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fenliu"));
        command.args(arguments).arg("--data-dir").arg(&self.data).stdin(Stdio::null());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FENLIU_")) {
            command.env_remove(name);
        }
        // Small buffers, so that tables are written and logs deleted all the time.
        command.env("FENLIU_STORAGE__WRITE_BUFFER_BYTES", "1048576").env("FENLIU_STORAGE__BALLAST_BYTES", "0");
        command.env("FENLIU_STORAGE__LOW_WATER_BYTES", "0").env("FENLIU_LIMITS__BUYER_MESSAGES_PER_S", "0");
        command.env("FENLIU_LOG", "warn").current_dir(std::env::temp_dir());
        command.envs(self.environment.iter().map(|(name, value)| (*name, value)));
        command
    }

    /// Starts without waiting.
    pub fn launch(&self, arguments: &[&str]) -> Child {
        let log = File::create(&self.log).unwrap();
        let arguments = [&["serve", "--listen", "127.0.0.1:0"], arguments].concat();
        self.command(&arguments).stdout(Stdio::piped()).stderr(log).spawn().unwrap()
    }

    /// Starts and waits until it is ready; `Err`: it ended instead, with this code and these words.
    pub fn start_with(&self, arguments: &[&str]) -> Result<Server, (Option<i32>, String)> {
        let mut child = self.launch(arguments);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let _ = tell.send(lines.next().and_then(Result::ok));
            // Read on: a full pipe would stop the server.
            lines.for_each(drop);
        });
        let mut server = Server { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), setup: self.clone() };
        let line = told.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("neither ready nor ended after {PATIENCE:?}: {}", server.log()));
        let Some(line) = line else {
            let code = server.child.wait().unwrap().code();
            return Err((code, server.log()));
        };
        let address = line.strip_prefix("fenliu ready http://").and_then(|rest| rest.split(' ').next());
        server.address = address.and_then(|a| a.parse().ok()).unwrap_or_else(|| panic!("not the ready line: {line}"));
        Ok(server)
    }

    /// Starts; it must become ready.
    pub fn start(&self) -> Server {
        self.start_with(&[]).unwrap_or_else(|(code, told)| panic!("it did not start: exit code {code:?}\n{told}"))
    }

    /// `fenliu verify` on the stopped folder: what it says; it must be sound.
    pub fn verify(&self) -> String {
        let output = self.command(&["verify"]).output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let faults = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.contains("all sound"), "verify: {}\n{told}{faults}", output.status);
        told
    }
}

/// A running server.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    setup: Setup,
}

impl Server {
    /// The platform's first key.
    pub fn key(&self) -> String {
        std::fs::read_to_string(self.setup.data.join("platform.key")).unwrap().trim().to_owned()
    }

    /// What it wrote on standard error.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.setup.log).unwrap_or_default()
    }

    /// SIGKILL. True: it was alive until then.
    pub fn kill(&mut self) -> bool {
        self.child.kill().unwrap();
        self.child.wait().unwrap().signal() == Some(9)
    }

    /// SIGTERM, and the exit code; of a signal, its number below zero.
    pub fn stop(&mut self) -> Option<i32> {
        // The shell's own `kill`, because the one of libc would need `unsafe`.
        let sent = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.child.id())).status().unwrap();
        assert!(sent.success(), "the server had ended already: {}", self.log());
        self.ended()
    }

    /// Waits until it ends by itself: as [`Server::stop`].
    pub fn ended(&mut self) -> Option<i32> {
        let status = self.child.wait().unwrap();
        status.code().or(status.signal().map(|signal| -signal))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
