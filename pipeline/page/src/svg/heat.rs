//! A field of squares, the darker the more.

use super::{at, float, place};
use crate::words::Language;
use maud::{Markup, html};

/// A heat map.
pub(crate) struct Heat {
    /// What the picture shows.
    pub(crate) label: String,
    pub(crate) across: Vec<String>,
    pub(crate) down: Vec<String>,
    /// By line and column.
    pub(crate) values: Vec<Vec<i128>>,
    /// What the values count.
    pub(crate) unit: String,
}

const WIDTH: f64 = 1000.0;
const LEFT: f64 = 64.0;
/// Room for half of the last month's name.
const RIGHT: f64 = 26.0;
const LINE: f64 = 24.0;
const BOTTOM: f64 = 22.0;

/// Draws a heat map.
pub(crate) fn heat(language: Language, picture: &Heat) -> Markup {
    let Heat { label, across, down, values, unit } = picture;
    let most = values.iter().flatten().copied().max().unwrap_or_default().max(1);
    let slot = (WIDTH - LEFT - RIGHT) / place(across.len().max(1));
    let every = across.len().div_ceil(12).max(1);
    let height = place(down.len()) * LINE;
    html! {
        div.picture {
            svg viewBox={"0 0 " (at(WIDTH)) " " (at(height + BOTTOM))} role="img" aria-label=(label) {
                @for (line, (name, values)) in down.iter().zip(values).enumerate() {
                    text.axis x=(at(LEFT - 6.0)) y=(at(place(line) * LINE + 16.0)) text-anchor="end" { (name) }
                    @for (column, value) in values.iter().enumerate() {
                        rect.heat x=(at(LEFT + slot * place(column) + 1.0)) y=(at(place(line) * LINE + 1.0))
                            width=(at((slot - 2.0).max(1.0))) height=(at(LINE - 2.0)) rx="2"
                            fill-opacity=(format!("{:.2}", 0.06 + 0.94 * float((*value).max(0)) / float(most))) {
                            title { (name) " " (across.get(column).map_or("", String::as_str)) ": " (language.number(*value, 0)) " " (unit) }
                        }
                    }
                }
                @for (column, name) in across.iter().enumerate().filter(|(column, _)| column % every == 0) {
                    text.axis x=(at(LEFT + slot * (place(column) + 0.5))) y=(at(height + 15.0)) text-anchor="middle" { (name) }
                }
            }
        }
    }
}
