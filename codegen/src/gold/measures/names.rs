//! Names of measures: unique in both languages, and known where others are computed from them, without circles.

use std::collections::{BTreeMap, BTreeSet};

use crate::gold::caseless::caseless;
use crate::gold::measures::model::{How, Measure, Measures};
use crate::gold::model::Sql;
use crate::lower::naming::closest;
use crate::report::{Problem, Problems};

/// That no two measures are called the same, in either language.
pub(super) fn unique(measures: &[Measure], problems: &mut Problems) {
    let mut check = |what: &str, names: &[&Sql]| {
        let mut seen = BTreeSet::new();
        for name in names {
            if !seen.insert(caseless(&name.text)) {
                let again = name.at.problem(format!("the {what} `{}` is there twice", name.text));
                problems.push(again.why("names are compared without regard to case").fix("rename or remove one"));
            }
        }
    };
    check("measure", &measures.iter().map(|measure| &measure.name).collect::<Vec<_>>());
    let icelandic: Vec<&Sql> = measures.iter().map(|measure| &measure.icelandic).collect();
    check("measure with the Icelandic name", &icelandic);
}

/// That the rows of sums, and the measures of periods, are there.
pub(super) fn references(measures: &Measures, problems: &mut Problems) {
    let names: Vec<&str> = measures.measures.iter().map(|measure| measure.name.text.as_str()).collect();
    let rows: Vec<&str> = measures.rows.iter().map(|rows| rows.name.as_str()).collect();
    for measure in &measures.measures {
        let (what, name, known) = match &measure.how {
            How::Sum { rows: name, .. } => ("rows", name, &rows),
            How::Period { measure: name, .. } => ("measure", name, &names),
            How::Computed(_) => continue,
        };
        if !known.contains(&name.text.as_str()) {
            let wrong = name.at.problem(format!("there is no {what} `{}`", name.text));
            problems.push(wrong.fix(nearest(&name.text, known)));
        }
    }
}

/// What to write in place of a name that is not known.
pub(super) fn nearest(name: &str, known: &[&str]) -> String {
    match closest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", known.join(", ")),
    }
}

/// A problem for each circle, at the first measure of it. The uses are by measure, in the order of the measures; `at`
/// is where a measure says them.
pub(super) fn circles(
    measures: &[Measure],
    uses: &[BTreeSet<String>],
    at: impl Fn(&Measure) -> Problem,
    problems: &mut Problems,
) {
    let by_name: BTreeMap<&str, &BTreeSet<String>> =
        measures.iter().zip(uses).map(|(measure, uses)| (measure.name.text.as_str(), uses)).collect();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for measure in measures {
        let name = measure.name.text.as_str();
        let circle: Vec<&str> =
            reached(name, &by_name).into_iter().filter(|other| reached(other, &by_name).contains(name)).collect();
        if !circle.is_empty() && told.insert(name) {
            told.extend(&circle);
            let others: Vec<&str> = circle.into_iter().filter(|other| *other != name).collect();
            let through = if others.is_empty() { String::new() } else { format!(", through {}", others.join(", ")) };
            let mut problem = at(measure);
            problem.what = format!("the measure `{name}` is computed from itself{through}");
            problems.push(problem.fix("take one of these uses out"));
        }
    }
}

/// Everything that is used by a name, directly or not.
fn reached<'a>(from: &'a str, uses: &BTreeMap<&'a str, &'a BTreeSet<String>>) -> BTreeSet<&'a str> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(name) = open.pop() {
        let next = uses.get(name).into_iter().flat_map(|uses| uses.iter());
        open.extend(next.map(String::as_str).filter(|name| seen.insert(*name)));
    }
    seen
}
