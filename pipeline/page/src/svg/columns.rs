//! Upright columns over months.

use super::{Axis, at, legend, place};
use crate::words::Language;
use maud::{Markup, html};

/// The values of a colour.
pub(crate) struct Series {
    /// What it stands for.
    pub(crate) name: String,
    /// Its colour.
    pub(crate) class: &'static str,
    /// A value a category.
    pub(crate) values: Vec<i128>,
}

/// How the values of a category stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// On each other; what is below 0 hangs from the axis.
    Stacked,
    /// Before each other, the later ones narrower.
    Overlaid,
}

/// Columns.
pub(crate) struct Columns {
    /// What the picture shows.
    pub(crate) label: String,
    pub(crate) categories: Vec<String>,
    pub(crate) series: Vec<Series>,
    pub(crate) layout: Layout,
    /// Digits behind the point in titles.
    pub(crate) digits: u32,
}

const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 270.0;
const LEFT: f64 = 64.0;
/// Room for half of the last month's name.
const RIGHT: f64 = 26.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 26.0;

/// Draws columns with their legend.
pub(crate) fn columns(language: Language, picture: &Columns) -> Markup {
    let Columns { label, categories, series, layout, digits } = picture;
    let value = |series: &Series, category: usize| series.values.get(category).copied().unwrap_or_default();
    let ends = (0..categories.len()).flat_map(|category| {
        let values = series.iter().map(move |series| value(series, category));
        match layout {
            Layout::Stacked => vec![
                values.clone().filter(|value| *value > 0).fold(0, i128::saturating_add),
                values.filter(|value| *value < 0).fold(0, i128::saturating_add),
            ],
            Layout::Overlaid => values.collect(),
        }
    });
    let axis = Axis::over(ends);
    let height = HEIGHT - TOP - BOTTOM;
    let y = |value: i128| TOP + height * (1.0 - axis.share(value));
    let slot = (WIDTH - LEFT - RIGHT) / place(categories.len().max(1));
    let wide = (slot * 0.72).min(56.0);
    // Names of months need some room.
    let every = categories.len().div_ceil(12).max(1);
    let mut marks = Vec::new();
    for (category, name) in categories.iter().enumerate() {
        let middle = LEFT + slot * (place(category) + 0.5);
        let (mut above, mut below) = (0_i128, 0_i128);
        for (layer, series) in series.iter().enumerate() {
            let value = value(series, category);
            if value == 0 {
                continue;
            }
            let end = if value > 0 { &mut above } else { &mut below };
            let (from, width) = match layout {
                Layout::Overlaid => (0, if layer == 0 { wide } else { wide * 0.6 }),
                Layout::Stacked => (*end, wide),
            };
            *end = end.saturating_add(value);
            let (one, other) = (y(from), y(from.saturating_add(value)));
            let title = format!("{name}, {}: {}", series.name, language.number(value, *digits));
            marks.push((
                series.class,
                middle - width / 2.0,
                one.min(other),
                width,
                (one - other).abs().max(0.5),
                title,
            ));
        }
    }
    html! {
        (legend(series.iter().map(|series| (series.class, series.name.as_str()))))
        div.picture {
            svg viewBox={"0 0 " (at(WIDTH)) " " (at(HEIGHT))} role="img" aria-label=(label) {
                @for line in axis.lines() {
                    line.grid x1=(at(LEFT)) x2=(at(WIDTH - RIGHT)) y1=(at(y(line))) y2=(at(y(line))) {}
                    text.axis x=(at(LEFT - 6.0)) y=(at(y(line) + 4.0)) text-anchor="end" { (language.short(line, axis.to.max(-axis.from))) }
                }
                @for (class, x, y, width, height, title) in &marks {
                    rect class=(class) x=(at(*x)) y=(at(*y)) width=(at(*width)) height=(at(*height)) { title { (title) } }
                }
                line.zero x1=(at(LEFT)) x2=(at(WIDTH - RIGHT)) y1=(at(y(0))) y2=(at(y(0))) {}
                @for (category, name) in categories.iter().enumerate().filter(|(category, _)| category % every == 0) {
                    text.axis x=(at(LEFT + slot * (place(category) + 0.5))) y=(at(HEIGHT - 8.0)) text-anchor="middle" { (name) }
                }
            }
        }
    }
}
