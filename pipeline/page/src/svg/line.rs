//! A line so small that it stands in a cell.

use super::{Axis, at, place};
use crate::words::Language;
use maud::{Markup, html};

const WIDTH: f64 = 110.0;
const HEIGHT: f64 = 24.0;

/// Draws the values of months.
pub(crate) fn line(language: Language, label: &str, values: &[(String, i128)]) -> Markup {
    let axis = Axis::over(values.iter().map(|(_, value)| *value));
    let x = |index: usize| 4.0 + (WIDTH - 8.0) * place(index) / place(values.len().saturating_sub(1).max(1));
    let y = |value: i128| 3.0 + (HEIGHT - 6.0) * (1.0 - axis.share(value));
    let points: Vec<String> =
        values.iter().enumerate().map(|(index, (_, value))| format!("{},{}", at(x(index)), at(y(*value)))).collect();
    html! {
        svg.line viewBox={"0 0 " (at(WIDTH)) " " (at(HEIGHT))} role="img" aria-label=(label) {
            polyline points=(points.join(" ")) {}
            @for (index, (month, value)) in values.iter().enumerate() {
                circle cx=(at(x(index))) cy=(at(y(*value))) r="2.5" { title { (month) ": " (language.number(*value, 2)) } }
            }
        }
    }
}
