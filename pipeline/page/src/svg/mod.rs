//! Pictures as SVG.
//!
//! Laid out here and written by maud: crates that draw charts give their marks neither a title nor a class.

mod bars;
mod columns;
mod heat;
mod line;

pub(crate) use bars::{Bar, bars};
pub(crate) use columns::{Columns, Layout, Series, columns};
pub(crate) use heat::{Heat, heat};
pub(crate) use line::line;

use crate::frame::ONE;
use maud::{Markup, html};

/// Letters of a name in a picture; the title has it whole.
const LETTERS: usize = 34;

/// A coordinate, with one digit behind the point.
fn at(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

/// A number for layout, where the last digits do not matter.
#[expect(clippy::cast_precision_loss, reason = "a pixel is far wider")]
fn float(value: i128) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "a picture has few places")]
fn place(index: usize) -> f64 {
    index as f64
}

/// A name that fits beside a mark.
fn shortened(name: &str) -> String {
    if name.chars().count() <= LETTERS {
        return name.to_owned();
    }
    let begin: String = name.chars().take(LETTERS - 1).collect();
    format!("{}…", begin.trim_end())
}

/// The axis of values: from, to, and the step between its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Axis {
    from: i128,
    to: i128,
    step: i128,
}

impl Axis {
    /// An axis that holds 0 and all values, with about four lines at round numbers.
    fn over(values: impl IntoIterator<Item = i128>) -> Self {
        let (mut least, mut most) = (0, 0);
        for value in values {
            least = least.min(value);
            most = most.max(value);
        }
        let rough = (most.saturating_sub(least) / 4).max(ONE / 10);
        let mut step = 1;
        while step < rough {
            let next = [2, 5, 10].into_iter().map(|times: i128| step * times).find(|next| *next >= rough);
            step = next.unwrap_or(step * 10);
        }
        let up = |value: i128| (value + step - 1).div_euclid(step) * step;
        Self { from: -up(-least), to: up(most).max(if least < 0 { 0 } else { step }), step }
    }

    /// The values at its lines.
    fn lines(self) -> impl Iterator<Item = i128> {
        (0..=((self.to - self.from) / self.step)).map(move |line| self.from + line * self.step)
    }

    /// Where a value stands between the ends: 0 to 1.
    fn share(self, value: i128) -> f64 {
        float(value - self.from) / float(self.to - self.from).max(1.0)
    }
}

/// What the colours stand for.
pub(crate) fn legend<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Markup {
    html! {
        ul.legend {
            @for (class, name) in entries {
                li { svg.key viewBox="0 0 12 12" aria-hidden="true" { rect class=(class) width="12" height="12" rx="2" {} } (name) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_round_lines_and_holds_all_values() {
        let whole = |values: &[i128]| {
            let axis = Axis::over(values.iter().map(|value| value * ONE));
            (axis.from / ONE, axis.to / ONE, axis.step / ONE)
        };
        assert_eq!(whole(&[3, 97]), (0, 100, 50));
        assert_eq!(whole(&[100]), (0, 100, 50));
        assert_eq!(whole(&[-30, 420]), (-200, 600, 200));
        assert_eq!(whole(&[-7, -3]), (-8, 0, 2));
        assert_eq!(whole(&[6_705_478]), (0, 8_000_000, 2_000_000));
        let empty = Axis::over([]);
        assert!(empty.to > 0 && empty.lines().count() >= 2);
        let huge = Axis::over([i128::from(i64::MAX) * ONE]);
        assert!(huge.to >= i128::from(i64::MAX) * ONE && huge.lines().count() < 8);
    }

    #[test]
    fn long_names_are_cut_at_a_letter() {
        assert_eq!(shortened("Þjónusta"), "Þjónusta");
        let long = shortened(&"þ".repeat(500));
        assert_eq!(long.chars().count(), LETTERS);
        assert!(long.ends_with('…'));
    }
}
