//! Numbers as Grafana writes them, by the unit of the panel.

fn short(value: f64, steps: &[(f64, &str)]) -> String {
    let (by, unit) = steps.iter().rev().find(|(by, _)| value.abs() >= *by).or(steps.first()).copied().unwrap_or((1.0, ""));
    let value = value / by;
    let text = if value.fract().abs() < 1e-9 || value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") };
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}

/// `value` in `unit`.
pub fn shown(value: f64, unit: &str) -> String {
    if !value.is_finite() {
        return "no data".into();
    }
    match unit {
        "percentunit" => format!("{}%", short(value * 100.0, &[(1.0, "")])),
        "s" if value == 0.0 => "0 s".into(),
        "s" => short(value, &[(1e-6, " µs"), (1e-3, " ms"), (1.0, " s"), (60.0, " min"), (3_600.0, " h"), (86_400.0, " d")]),
        "bytes" => short(value, &[(1.0, " B"), (1_024.0, " KiB"), (1_048_576.0, " MiB"), (1_073_741_824.0, " GiB")]),
        "cps" => short(value, &[(1.0, "/s"), (1e3, " k/s"), (1e6, " M/s")]),
        "reqps" => short(value, &[(1.0, " req/s"), (1e3, " k req/s")]),
        _ => short(value, &[(1.0, ""), (1e3, " k"), (1e6, " M"), (1e9, " G")]),
    }
}
