//! Times as histograms: microseconds with three digits, shown in milliseconds.

use super::table::{Table, count};
use hdrhistogram::Histogram;
use std::time::Duration;

/// Longest time that is told apart; a longer one counts as this.
const TIME_MAX: Duration = Duration::from_secs(600);

/// The times of one kind.
pub struct Timing(Histogram<u64>);

impl Default for Timing {
    fn default() -> Timing {
        // Bounds from the start: a histogram that grows by itself clamps to its first bound (2) in `saturating_record`.
        let bounded = Histogram::new_with_bounds(1, TIME_MAX.as_micros() as u64, 3);
        Timing(bounded.expect("three digits are within what the histogram allows"))
    }
}

impl Timing {
    /// Adds one.
    pub fn record(&mut self, time: Duration) {
        self.0.saturating_record((time.as_micros() as u64).max(1));
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// The time that `quantile` (0..=1) of all did not exceed.
    pub fn at(&self, quantile: f64) -> Duration {
        Duration::from_micros(self.0.value_at_quantile(quantile))
    }

    /// The cells of [`table`]: count, p50, p90, p99, p99.9, max.
    fn cells(&self) -> Vec<String> {
        let mut cells = vec![count(self.len())];
        if self.0.is_empty() {
            cells.extend(std::iter::repeat_n("–".to_owned(), 5));
            return cells;
        }
        cells.extend([0.5, 0.9, 0.99, 0.999].map(|q| ms(self.at(q))));
        cells.push(ms(Duration::from_micros(self.0.max())));
        cells
    }
}

fn ms(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1000.0)
}

/// One row for each kind of time, in milliseconds.
pub fn table(kinds: &[(&str, &Timing)]) -> Table {
    let mut table = Table::new(&["time in ms", "count", "p50", "p90", "p99", "p99.9", "max"]);
    for (name, timing) in kinds {
        table.row(std::iter::once((*name).to_owned()).chain(timing.cells()));
    }
    table
}
