//! Draws the boards of `grafana/` as a running server fills them: a Prometheus of its own scrapes the server for a while, is asked what
//! every panel asks, and the answers become one picture for each board. For the README, and for whoever has no Grafana at hand.

#[path = "boards/draw.rs"]
mod draw;
#[path = "boards/number.rs"]
mod number;
mod support;
#[path = "boards/svg.rs"]
mod svg;

use clap::Parser;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use support::{boards, prometheus::Prometheus};

/// Points of a line.
const POINTS: f64 = 80.0;

/// Draws the boards of grafana/ as a running server fills them. Needs Debian's package prometheus.
#[derive(Parser)]
#[command(name = "boards", after_help = "Example, while load or replay runs:\n  boards --key-file data/platform.key --seconds 60")]
struct Args {
    /// Where the server is.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// A file whose first line is a key of the platform: without one no shops are shown by name.
    #[arg(long)]
    key_file: PathBuf,
    /// For how long it is watched before the boards are drawn.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Where the pictures go.
    #[arg(long, default_value = "grafana/pictures")]
    folder: PathBuf,
}

fn now_s() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let target = args.url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let prometheus =
        Prometheus::start(&target, std::fs::read_to_string(&args.key_file)?.trim(), &boards::folder().join("alerts.yml")).await;
    let from = now_s() + 2.0;
    eprintln!("watching {} for {} s", args.url, args.seconds);
    tokio::time::sleep(Duration::from_secs(args.seconds)).await;
    let (health, error) = prometheus.target().await?;
    if health != "up" {
        return Err(format!("{} is not scraped: {error}", args.url).into());
    }
    let to = now_s();
    std::fs::create_dir_all(&args.folder)?;
    for (file, board) in boards::boards() {
        let mut filled = Vec::new();
        for panel in boards::panels(&board) {
            let mut series = Vec::new();
            for (expression, legend) in boards::asked(panel, "15s", &format!("{}s", args.seconds)) {
                let found = prometheus.over(&expression, from, to, ((to - from) / POINTS).max(1.0)).await?;
                series.extend(found.into_iter().map(|(labels, points)| draw::Line { name: draw::named(&legend, &labels), points }));
            }
            filled.push((panel, series));
        }
        let path = args.folder.join(file.replace(".json", ".svg"));
        std::fs::write(&path, draw::board(&board, &filled, (from, to)))?;
        println!("{}", path.display());
    }
    Ok(())
}
