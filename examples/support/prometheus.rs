//! A real Prometheus beside a running server: started on a free port in a folder of its own, asked over HTTP, ended when dropped.

use serde_json::Value;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long it may take to start; loading nothing it takes less than a second.
const START: Duration = Duration::from_secs(30);
/// Between two questions of somebody who waits.
pub const POLL: Duration = Duration::from_millis(100);

/// See the module.
pub struct Prometheus {
    process: Child,
    base: String,
    http: awc::Client,
    _folder: tempfile::TempDir,
}

/// One series of an answer: its labels, and its points as (seconds, value).
pub type Series = (Value, Vec<(f64, f64)>);

impl Prometheus {
    /// Scrapes `target` (host and port) every second, with a key of the platform.
    pub async fn start(target: &str, key: &str, rules: &Path) -> Prometheus {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = folder.path().join("prometheus.yml");
        let text = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [{:?}]\nscrape_configs:\n  - job_name: fenliu\n    authorization: {{credentials: {key:?}}}\n    \
             static_configs: [{{targets: [{target:?}]}}]\n",
            rules.display().to_string()
        );
        std::fs::write(&config, text).expect("a configuration");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        // Prometheus cannot be told to take a free port by itself.
        drop(listener);
        let process = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--log.level=error")
            .stdin(Stdio::null())
            .spawn()
            .expect("Debian's package prometheus is needed: `. scripts/env.sh && fenliu_install prometheus`");
        let http = awc::Client::builder().timeout(Duration::from_secs(10)).finish();
        let mut started = Prometheus { process, base: format!("http://{address}"), http, _folder: folder };
        let begun = Instant::now();
        while !started.is_ready().await {
            if let Ok(Some(status)) = started.process.try_wait() {
                panic!("prometheus ended: {status}");
            }
            assert!(begun.elapsed() < START, "prometheus is not ready in time");
            tokio::time::sleep(POLL).await;
        }
        started
    }

    async fn is_ready(&self) -> bool {
        self.http.get(format!("{}/-/ready", self.base)).send().await.is_ok_and(|answer| answer.status() == 200)
    }

    async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Value, String> {
        let request = self.http.get(format!("{}{path}", self.base)).query(&query).map_err(|error| error.to_string())?;
        let mut answer = request.send().await.map_err(|error| error.to_string())?;
        let body: Value = answer.json().limit(64 << 20).await.map_err(|error| error.to_string())?;
        if body["status"] == "success" { Ok(body["data"].clone()) } else { Err(body["error"].as_str().unwrap_or("no answer").to_owned()) }
    }

    /// What an expression is now. A scalar is one series without labels.
    pub async fn now(&self, expression: &str) -> Result<Vec<Series>, String> {
        let data = self.get("/api/v1/query", &[("query", expression.to_owned())]).await?;
        if data["resultType"] == "scalar" {
            return Ok(vec![(Value::Null, vec![point(&data["result"])])]);
        }
        Ok(each(&data).map(|series| (series["metric"].clone(), vec![point(&series["value"])])).collect())
    }

    /// What it was from `from` to `to`, in Unix seconds, every `step` seconds.
    pub async fn over(&self, expression: &str, from: f64, to: f64, step: f64) -> Result<Vec<Series>, String> {
        let query = [("query", expression.to_owned()), ("start", from.to_string()), ("end", to.to_string()), ("step", step.to_string())];
        let data = self.get("/api/v1/query_range", &query).await?;
        let points = |series: &Value| series["values"].as_array().into_iter().flatten().map(point).collect();
        Ok(each(&data).map(|series| (series["metric"].clone(), points(series))).collect())
    }

    /// How the scrape of the server fares: its health and the last error.
    pub async fn target(&self) -> Result<(String, String), String> {
        let data = self.get("/api/v1/targets", &[]).await?;
        let target = &data["activeTargets"][0];
        let text = |key: &str| target[key].as_str().unwrap_or_default().to_owned();
        Ok((text("health"), text("lastError")))
    }
}

fn each(data: &Value) -> impl Iterator<Item = &Value> {
    data["result"].as_array().into_iter().flatten()
}

fn point(value: &Value) -> (f64, f64) {
    (value[0].as_f64().unwrap_or(f64::NAN), value[1].as_str().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN))
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
