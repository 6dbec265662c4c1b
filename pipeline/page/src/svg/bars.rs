//! Level bars, a line each.

use super::{Axis, at, place, shortened};
use crate::words::Language;
use maud::{Markup, html};

/// A line.
pub(crate) struct Bar {
    pub(crate) name: String,
    /// Colour, meaning and value; on each other from the left.
    pub(crate) parts: Vec<(&'static str, String, i128)>,
    /// A light bar behind them, e.g. capacity, with its meaning.
    pub(crate) behind: Option<(String, i128)>,
    /// What stands at the end of the line.
    pub(crate) told: String,
}

impl Bar {
    /// The line for all others: its sum without a bar, beside which the named ones could not be told apart.
    pub(crate) fn others(name: String, told: String) -> Self {
        Self { name, parts: Vec::new(), behind: None, told }
    }
}

const WIDTH: f64 = 1000.0;
const LEFT: f64 = 250.0;
const RIGHT: f64 = 130.0;
const LINE: f64 = 24.0;

/// Draws bars.
pub(crate) fn bars(language: Language, label: &str, lines: &[Bar], digits: u32) -> Markup {
    let axis = Axis::over(lines.iter().flat_map(|bar| {
        let positive = bar.parts.iter().map(|part| part.2).filter(|value| *value > 0).fold(0, i128::saturating_add);
        let negative = bar.parts.iter().map(|part| part.2).filter(|value| *value < 0).fold(0, i128::saturating_add);
        [positive, negative, bar.behind.as_ref().map_or(0, |(_, value)| *value)]
    }));
    let x = |value: i128| LEFT + (WIDTH - LEFT - RIGHT) * axis.share(value);
    let mut marks = Vec::new();
    for (line, bar) in lines.iter().enumerate() {
        let top = place(line) * LINE;
        let title = |what: &str, value: i128| format!("{}, {what}: {}", bar.name, language.number(value, digits));
        let mut mark = |class: &'static str, from: i128, value: i128, inset: f64, title: String| {
            let (one, other) = (x(from), x(from.saturating_add(value)));
            marks.push((class, one.min(other), top + inset, (one - other).abs().max(0.5), LINE - 2.0 * inset, title));
        };
        if let Some((what, value)) = &bar.behind {
            mark("behind", 0, *value, 3.0, title(what, *value));
        }
        let (mut above, mut below) = (0_i128, 0_i128);
        let inset = if bar.behind.is_some() { 6.0 } else { 3.0 };
        for (class, what, value) in bar.parts.iter().filter(|part| part.2 != 0) {
            let end = if *value > 0 { &mut above } else { &mut below };
            mark(class, *end, *value, inset, title(what, *value));
            *end = end.saturating_add(*value);
        }
    }
    let height = place(lines.len()) * LINE;
    html! {
        div.picture {
            svg viewBox={"0 0 " (at(WIDTH)) " " (at(height.max(LINE)))} role="img" aria-label=(label) {
                @for (class, x, y, width, height, title) in &marks {
                    rect class=(class) x=(at(*x)) y=(at(*y)) width=(at(*width)) height=(at(*height)) { title { (title) } }
                }
                line.zero x1=(at(x(0))) x2=(at(x(0))) y1="0" y2=(at(height)) {}
                @for (line, bar) in lines.iter().enumerate() {
                    g {
                        text.name x=(at(LEFT - 8.0)) y=(at(place(line) * LINE + 17.0)) text-anchor="end" {
                            (shortened(&bar.name)) title { (bar.name) }
                        }
                        text.told x=(at(WIDTH)) y=(at(place(line) * LINE + 17.0)) text-anchor="end" { (bar.told) }
                    }
                }
            }
        }
    }
}
