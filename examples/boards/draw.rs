//! One picture of one board: its panels at their places, with what was found.

use super::number::shown;
use super::svg::Svg;
use serde_json::Value;

/// A line of a panel; points as (seconds, value).
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

const COLUMN: f64 = 52.0;
const ROW: f64 = 30.0;
const GAP: f64 = 8.0;
const HEAD: f64 = 48.0;
const INK: &str = "#24292e";
const FAINT: &str = "#6e7681";
const COLOURS: [&str; 10] = ["#56a64b", "#e0b400", "#3274d9", "#fa6400", "#e02f44", "#8f3bb8", "#0a9396", "#705da0", "#967302", "#447ebc"];
/// Names in a legend.
const NAMES_MAX: usize = 6;

type Place = (f64, f64, f64, f64);

/// The legend of a series: `{{label}}` filled in.
pub fn named(legend: &str, labels: &Value) -> String {
    let mut name = legend.to_owned();
    for (key, value) in labels.as_object().into_iter().flatten() {
        name = name.replace(&format!("{{{{{key}}}}}"), value.as_str().unwrap_or_default());
    }
    name
}

/// `panels`: with what was found for each; `period`: in Unix seconds.
pub fn board(board: &Value, panels: &[(&Value, Vec<Line>)], period: (f64, f64)) -> String {
    let all = board["panels"].as_array().map(Vec::as_slice).unwrap_or_default();
    let at = |panel: &Value, key: &str| panel["gridPos"][key].as_f64().unwrap_or(0.0);
    let rows = all.iter().map(|panel| at(panel, "y") + at(panel, "h")).fold(0.0, f64::max);
    let mut svg = Svg::new(24.0 * COLUMN + GAP, rows * ROW + HEAD + GAP);
    svg.text((GAP * 2.0, 32.0), 20.0, "start", INK, board["title"].as_str().unwrap_or_default());
    let place = |panel: &Value| {
        let (x, y) = (at(panel, "x") * COLUMN + GAP, at(panel, "y") * ROW + HEAD);
        (x, y, at(panel, "w") * COLUMN - GAP, at(panel, "h") * ROW - GAP)
    };
    for row in all.iter().filter(|panel| panel["type"] == "row") {
        let (x, y, ..) = place(row);
        svg.text((x + GAP, y + 18.0), 14.0, "start", FAINT, row["title"].as_str().unwrap_or_default());
    }
    for (panel, lines) in panels {
        let place @ (x, y, ..) = place(panel);
        svg.area(place, "#ffffff");
        svg.text((x + GAP, y + 18.0), 13.0, "start", INK, panel["title"].as_str().unwrap_or_default());
        match panel["type"].as_str() {
            Some("stat") => stat(&mut svg, place, panel, lines),
            Some("bargauge") => bars(&mut svg, place, panel, lines),
            _ => graph(&mut svg, place, panel, lines, period),
        }
    }
    svg.end()
}

fn unit(panel: &Value) -> &str {
    panel["fieldConfig"]["defaults"]["unit"].as_str().unwrap_or("none")
}

/// Value and colour of each threshold, from the lowest.
fn thresholds(panel: &Value) -> Vec<(f64, &str)> {
    let steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"].as_array();
    steps.into_iter().flatten().map(|step| (step["value"].as_f64().unwrap_or(f64::NEG_INFINITY), colour(&step["color"]))).collect()
}

fn colour(name: &Value) -> &'static str {
    match name.as_str() {
        Some("red") => "#e02f44",
        Some("yellow") => "#e0b400",
        Some("blue") => "#3274d9",
        _ => "#56a64b",
    }
}

fn colour_of(panel: &Value, value: f64) -> &'static str {
    let steps = thresholds(panel);
    match steps.iter().rev().find(|(from, _)| value >= *from) {
        Some((_, "#e02f44")) => "#e02f44",
        Some((_, "#e0b400")) => "#e0b400",
        Some((_, "#3274d9")) => "#3274d9",
        _ => "#56a64b",
    }
}

fn last(line: &Line) -> f64 {
    line.points.iter().rev().map(|(_, value)| *value).find(|value| value.is_finite()).unwrap_or(f64::NAN)
}

fn stat(svg: &mut Svg, (x, y, w, h): Place, panel: &Value, lines: &[Line]) {
    let value = lines.first().map_or(f64::NAN, last);
    let by_name = panel["options"]["textMode"] == "name";
    let text = if by_name { lines.first().map_or(String::new(), |line| line.name.clone()) } else { shown(value, unit(panel)) };
    let colour = if value.is_finite() { colour_of(panel, value) } else { FAINT };
    svg.text((x + w / 2.0, y + h / 2.0 + 18.0), 30.0, "middle", colour, &text);
}

fn bars(svg: &mut Svg, (x, y, w, h): Place, panel: &Value, lines: &[Line]) {
    let mut of: Vec<(f64, &str)> =
        lines.iter().map(|line| (last(line), line.name.as_str())).filter(|(value, _)| value.is_finite()).collect();
    of.sort_by(|one, other| other.0.total_cmp(&one.0));
    of.truncate(NAMES_MAX);
    if of.is_empty() {
        svg.text((x + w / 2.0, y + h / 2.0 + 6.0), 14.0, "middle", FAINT, "no data");
    }
    let height = (h - 40.0) / NAMES_MAX as f64;
    for (n, (value, name)) in of.iter().enumerate() {
        let top = y + 30.0 + n as f64 * height;
        let (from, room) = (x + w * 0.35, w * 0.5);
        svg.text((from - GAP, top + height * 0.6), 11.0, "end", INK, name);
        svg.area((from, top, room, height * 0.8), "#eceeef");
        svg.area((from, top, room * value.clamp(0.0, 1.0), height * 0.8), colour_of(panel, *value));
        svg.text((from + room + GAP, top + height * 0.6), 11.0, "start", INK, &shown(*value, unit(panel)));
    }
}

/// A round number of `unit` not below `value`.
fn round_above(value: f64, unit: &str) -> f64 {
    let thousand = if unit == "bytes" { 1_024f64.powf(value.log(1_024.0).floor()) } else { 1.0 };
    let power = thousand * 10f64.powf((value / thousand).log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|step| step * power).find(|round| *round >= value).unwrap_or(value)
}

fn graph(svg: &mut Svg, (x, y, w, h): Place, panel: &Value, lines: &[Line], (from, to): (f64, f64)) {
    let (left, top, right, bottom) = (x + 68.0, y + 30.0, x + w - 12.0, y + h - 42.0);
    let defaults = &panel["fieldConfig"]["defaults"];
    let stacked = defaults["custom"]["stacking"]["mode"] == "normal";
    let drawn = if stacked { stack(lines) } else { lines.iter().map(|line| line.points.clone()).collect() };
    let values = drawn.iter().flatten().map(|(_, value)| *value).filter(|value| value.is_finite());
    let most = values.fold(0.0, f64::max);
    let ceiling =
        defaults["max"].as_f64().filter(|max| most > max * 0.5).unwrap_or(if most > 0.0 { round_above(most, unit(panel)) } else { 1.0 });
    let across = |time: f64| left + (time - from) / (to - from) * (right - left);
    let up = |value: f64| bottom - (value / ceiling).clamp(0.0, 1.0) * (bottom - top);
    for part in 0..=4 {
        let value = ceiling * f64::from(part) / 4.0;
        svg.line(&[(left, up(value)), (right, up(value))], "#eceeef", "");
        svg.text((left - 6.0, up(value) + 4.0), 10.0, "end", FAINT, &shown(value, unit(panel)));
    }
    for (seconds, anchor) in [(from, "start"), ((from + to) / 2.0, "middle"), (to, "end")] {
        let clock = seconds as u64 % 86_400;
        let text = format!("{:02}:{:02}:{:02}", clock / 3_600, clock / 60 % 60, clock % 60);
        svg.text((across(seconds), bottom + 14.0), 10.0, anchor, FAINT, &text);
    }
    for (value, colour) in thresholds(panel).into_iter().filter(|(value, _)| value.is_finite() && *value <= ceiling) {
        svg.line(&[(left, up(value)), (right, up(value))], colour, "stroke-dasharray=\"6 4\"");
    }
    for (n, points) in drawn.iter().enumerate() {
        let points: Vec<_> =
            points.iter().filter(|(_, value)| value.is_finite()).map(|(time, value)| (across(*time), up(*value))).collect();
        if !points.is_empty() {
            svg.line(&points, COLOURS[n % COLOURS.len()], "stroke-width=\"1.4\"");
        }
    }
    if drawn.is_empty() {
        svg.text(((left + right) / 2.0, (top + bottom) / 2.0), 14.0, "middle", FAINT, "no data");
    }
    legend(svg, (x + 12.0, y + h - 12.0, w - 24.0, 0.0), lines);
}

/// Each line on top of those before it.
fn stack(lines: &[Line]) -> Vec<Vec<(f64, f64)>> {
    let mut below: std::collections::BTreeMap<u64, f64> = std::collections::BTreeMap::new();
    let mut raise = |(time, value): &(f64, f64)| {
        let sum = below.entry((time * 1_000.0) as u64).or_default();
        *sum += if value.is_finite() { *value } else { 0.0 };
        (*time, *sum)
    };
    lines.iter().map(|line| line.points.iter().map(&mut raise).collect()).collect()
}

fn legend(svg: &mut Svg, (x, y, w, _): Place, lines: &[Line]) {
    let mut at = x;
    for (n, line) in lines.iter().enumerate() {
        let width = 24.0 + line.name.chars().map(|c| if c.is_ascii() { 6.0 } else { 11.0 }).sum::<f64>();
        if n >= NAMES_MAX || at + width > x + w - 50.0 {
            svg.text((at, y), 10.0, "start", FAINT, &format!("+{} more", lines.len() - n));
            return;
        }
        svg.area((at, y - 7.0, 10.0, 4.0), COLOURS[n % COLOURS.len()]);
        svg.text((at + 14.0, y), 10.0, "start", INK, &line.name);
        at += width;
    }
}
