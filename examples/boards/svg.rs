//! The few shapes a picture needs.

use std::fmt::Write;

/// A picture under way.
pub struct Svg(String);

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl Svg {
    pub fn new(width: f64, height: f64) -> Svg {
        Svg(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\">\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#f4f5f5\"/>\n"
        ))
    }

    pub fn area(&mut self, (x, y, w, h): (f64, f64, f64, f64), fill: &str) {
        let _ = writeln!(self.0, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" rx=\"2\" fill=\"{fill}\"/>");
    }

    /// `anchor`: start, middle or end.
    pub fn text(&mut self, (x, y): (f64, f64), size: f64, anchor: &str, fill: &str, text: &str) {
        let text = escaped(text);
        let _ =
            writeln!(self.0, "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{fill}\">{text}</text>");
    }

    pub fn line(&mut self, points: &[(f64, f64)], colour: &str, more: &str) {
        let points: Vec<_> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(self.0, "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" {more}/>", points.join(" "));
    }

    pub fn end(mut self) -> String {
        self.0 += "</svg>\n";
        self.0
    }
}
