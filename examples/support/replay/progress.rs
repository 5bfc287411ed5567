//! How far a replay is, while it runs: a line that moves on a terminal; elsewhere a line now and then.

use crate::support::table::{count, counted};
use crate::tally::Tally;
use indicatif::{ProgressBar, ProgressStyle};
use std::rc::Rc;
use std::time::Duration;

/// The line, until [`Progress::end`].
pub struct Progress {
    bar: ProgressBar,
    task: actix_rt::task::JoinHandle<()>,
}

impl Progress {
    /// Shows the figures of `tally` from now on.
    pub fn new(tally: Rc<Tally>) -> Progress {
        let bar = ProgressBar::new_spinner();
        bar.set_style(ProgressStyle::with_template("{spinner} {elapsed} {msg}").expect("the template is well-formed"));
        let shown = bar.clone();
        let task = actix_rt::spawn(async move {
            let period = Duration::from_millis(if shown.is_hidden() { 5_000 } else { 200 });
            let mut last = tally.total();
            loop {
                tokio::time::sleep(period).await;
                let now = tally.total();
                let rate = (now.acknowledged + now.answers - last.acknowledged - last.answers) as f64 / period.as_secs_f64();
                let text = format!(
                    "{}, {}, {}, {} a second, {}",
                    counted(now.conversations, "conversation"),
                    counted(now.acknowledged, "message"),
                    counted(now.answers, "answer"),
                    count(rate.round() as u64),
                    counted(tally.shops() as u64, "shop")
                );
                last = now;
                if shown.is_hidden() {
                    eprintln!("{text}");
                } else {
                    shown.set_message(text);
                    shown.tick();
                }
            }
        });
        Progress { bar, task }
    }

    /// Prints a line above it.
    pub fn say(&self, text: &str) {
        self.bar.suspend(|| eprintln!("{text}"));
    }

    /// The line goes away.
    pub fn end(&self) {
        self.task.abort();
        self.bar.finish_and_clear();
    }
}
