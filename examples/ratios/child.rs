//! The servers under measurement as processes of their own, and a shop in them.

use crate::lean::{Lean, request};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running server; killed when dropped.
pub struct Server {
    process: Child,
    /// host:port
    pub address: String,
    pub key: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn start(mut command: Command) -> anyhow::Result<Server> {
    let mut process = command.stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(process.stdout.take().expect("piped")).read_line(&mut line)?;
    let address = line.split("http://").nth(1).and_then(|r| r.split_whitespace().next()).map(str::to_owned);
    let key = line.split("key-file=").nth(1).and_then(|p| std::fs::read_to_string(p.trim()).ok()).unwrap_or_default();
    let Some(address) = address else {
        let _ = process.kill();
        anyhow::bail!("the server did not start: `{}`", line.trim());
    };
    Ok(Server { process, address, key: key.trim().to_owned() })
}

impl Server {
    /// The bare handler.
    pub fn bare() -> anyhow::Result<Server> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--bare-server");
        start(command)
    }

    /// The product, with buckets off, on a new folder.
    pub fn fenliu(folder: &Path) -> anyhow::Result<Server> {
        let _ = std::fs::remove_dir_all(folder);
        Server::restarted(folder)
    }

    /// The product on a folder that is there.
    pub fn restarted(folder: &Path) -> anyhow::Result<Server> {
        let binary: PathBuf =
            std::env::current_exe()?.parent().and_then(Path::parent).expect("examples/ is in the target folder").join("fenliu");
        anyhow::ensure!(binary.exists(), "build the server first: cargo build --release");
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder);
        for (key, value) in [("FENLIU_LIMITS__BUYER_MESSAGES_PER_S", "0"), ("FENLIU_STORAGE__BALLAST_BYTES", "0"), ("FENLIU_LOG", "warn")] {
            command.env(key, value);
        }
        start(command)
    }

    /// An orderly stop.
    pub fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.process.id().to_string()).status()?;
        self.process.wait()?;
        Ok(())
    }

    /// Resident memory in kB.
    pub fn resident_kb(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap_or_default();
        Ok(line.split_whitespace().nth(1).unwrap_or("0").parse()?)
    }

    /// Asks, and expects a success.
    pub async fn ask(&self, method: &str, path: &str, token: &str, body: &Value) -> anyhow::Result<Value> {
        let mut connection = Lean::connect(&self.address).await?;
        let answer = connection.ask(&request(method, path, &self.address, token, &body.to_string())).await?;
        let text = String::from_utf8_lossy(answer.body).into_owned();
        anyhow::ensure!(answer.status < 300, "{method} {path}: {} {text}", answer.status);
        Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
    }

    /// A shop with one agent who owns the conversations of `buyers` buyers; their tokens. The agent's device has gone
    /// afterwards, and stays within its grace.
    pub async fn owned_conversations(&self, buyers: usize) -> anyhow::Result<Vec<String>> {
        let shop = "/v1/platform/shops/ratios";
        if self.ask("POST", "/v1/platform/shops", &self.key, &json!({"shop": "ratios", "name": "ratios"})).await.is_ok() {
            let day_ms = 86_400_000u64;
            self.ask("PUT", &format!("{shop}/diversion"), &self.key, &json!({"rules": [], "offline_grace_ms": day_ms})).await?;
            let account = json!({"login": "a", "name": "a", "password": "a password", "role": "agent", "capacity": 100_000});
            self.ask("POST", &format!("{shop}/accounts"), &self.key, &account).await?;
        }
        let log_in = json!({"shop": "ratios", "login": "a", "password": "a password"});
        let session = self.ask("POST", "/v1/staff/log-in", "-", &log_in).await?;
        let staff = session["token"].as_str().unwrap_or_default().to_owned();
        let device = crate::network::Socket::open(&self.address, "/v1/staff/socket", &staff).await?;
        let mut tokens = Vec::new();
        for n in 0..buyers {
            let buyer = json!({"buyer": format!("buyer-{}-{n}", std::process::id()), "expires_in_s": 86_400});
            let token = self.ask("POST", &format!("{shop}/buyer-tokens"), &self.key, &buyer).await?;
            let token = token["token"].as_str().unwrap_or_default().to_owned();
            let first = json!({"client_message_id": format!("first-message-{n}"), "text": "hello"});
            self.ask("POST", "/v1/buyer/messages", &token, &first).await?;
            tokens.push(token);
        }
        // Owned once the agent's list holds them all.
        for _ in 0..200 {
            let waiting = self.ask("GET", "/v1/staff/inbox?state=waiting&limit=1", &staff, &Value::Null).await?;
            if waiting["conversations"].as_array().is_some_and(Vec::is_empty) {
                drop(device);
                return Ok(tokens);
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        anyhow::bail!("the receptions did not all get their owner")
    }
}
