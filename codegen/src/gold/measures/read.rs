//! Reading `schema/measures.yaml`.

use crate::gold::measures::model::{FILE, How, KEYS, Measure, Measures, PERIODS, Rows, Source};
use crate::gold::measures::names;
use crate::gold::model::Sql;
use crate::lower::naming::closest;
use crate::report::{Problem, Problems};
use crate::yaml::{self, Keys, Node, Value};

/// Reads the file's text; nothing where there is no such file.
pub(crate) fn read(text: Option<&String>, problems: &mut Problems) -> Measures {
    let mut measures = Measures::default();
    let Some(text) = text else { return measures };
    let Some(root) = yaml::parse(FILE, text, problems) else { return measures };
    let Some(mut keys) = Keys::of(FILE, "", &root, problems) else { return measures };
    let before = problems.len();
    for (name, node) in keys.named("rows", problems) {
        measures.rows.extend(rows(name, node, problems));
    }
    for (index, node) in keys.list("measures", problems).iter().enumerate() {
        measures.measures.extend(measure(index, node, problems));
    }
    keys.finish(problems);
    let whole = problems.len() == before;
    names::unique(&measures.measures, problems);
    if whole {
        names::references(&measures, problems);
    }
    // What refers to one that can't be read would be a problem that is none.
    if problems.len() == before { measures } else { Measures::default() }
}

fn text(keys: &mut Keys<'_>, key: &'static str, problems: &mut Problems) -> Option<Sql> {
    keys.optional_text(key, problems).map(|text| Sql { text, at: keys.at(key) })
}

fn needed(keys: &mut Keys<'_>, key: &'static str, problems: &mut Problems) -> Option<Sql> {
    keys.text(key, problems).map(|text| Sql { text, at: keys.at(key) })
}

fn rows(name: &str, mut keys: Keys<'_>, problems: &mut Problems) -> Option<Rows> {
    let (from, sql) = (text(&mut keys, "from", problems), text(&mut keys, "sql", problems));
    let date = text(&mut keys, "date", problems);
    let by = keys.texts("by", problems);
    let by_at = keys.at("by");
    for name in &by {
        if !KEYS.iter().any(|key| key.name == name) {
            let known: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
            problems.push(unknown(&keys, "by", "key of measures", name, &known));
        }
    }
    let source = match (from, sql) {
        (Some(table), None) => Some(Source::Table(table)),
        (None, Some(select)) => Some(Source::Select(select)),
        _ => {
            let wrong = keys.problem("", "rows are of one of `from` and `sql`");
            problems.push(wrong.fix("write `from: gold.…` for a table, or `sql: …` for a select of your own"));
            None
        }
    };
    keys.finish(problems);
    Some(Rows { name: name.to_owned(), source: source?, date, by, by_at })
}

fn measure(index: usize, node: &Node, problems: &mut Problems) -> Option<Measure> {
    let mut keys = Keys::of(FILE, format!("/measures/{index}"), node, problems)?;
    let name = needed(&mut keys, "name", problems);
    let icelandic = needed(&mut keys, "icelandic", problems);
    let description = keys.text("description", problems);
    let folder = keys.text("folder", problems);
    let format = keys.text("format", problems);
    let how = how(&mut keys, problems);
    let dax = needed(&mut keys, "dax", problems);
    keys.finish(problems);
    let (name, icelandic) = (name?, icelandic?);
    for name in [&name, &icelandic] {
        if let Some(odd) = name.text.chars().find(|letter| matches!(letter, '[' | ']' | '"') || letter.is_control()) {
            let wrong = name.at.problem(format!("the name `{}` holds {odd:?}", name.text));
            problems.push(wrong.why("formulas write names between these").fix("take it out of the name"));
        }
    }
    let (description, folder, format) = (one_line(&description?), one_line(&folder?), format?);
    Some(Measure { name, icelandic, description, folder, format, how: how?, dax: dax? })
}

/// What a measure is computed from: one of three.
fn how(keys: &mut Keys<'_>, problems: &mut Problems) -> Option<How> {
    let before = problems.len();
    let rows = text(keys, "rows", problems);
    let sum = match keys.get("sum") {
        Some(Node { value: Value::Int(number), .. }) => Some(Sql { text: number.to_string(), at: keys.at("sum") }),
        _ => text(keys, "sum", problems),
    };
    let filter = text(keys, "where", problems);
    let balance = keys.optional_flag("balance", problems);
    let of = text(keys, "of", problems);
    let measure = text(keys, "measure", problems);
    let period = text(keys, "period", problems);
    if problems.len() > before {
        return None;
    }
    match (rows, sum, of, measure, period) {
        (Some(rows), Some(sum), None, None, None) => {
            Some(How::Sum { rows, sum, filter, balance: balance.unwrap_or(false) })
        }
        (None, None, Some(of), None, None) if filter.is_none() && balance.is_none() => Some(How::Computed(of)),
        (None, None, None, Some(measure), Some(named)) if filter.is_none() && balance.is_none() => {
            let Some((_, period)) = PERIODS.iter().find(|(name, _)| *name == named.text) else {
                let known: Vec<&str> = PERIODS.iter().map(|(name, _)| *name).collect();
                problems.push(unknown(keys, "period", "period", &named.text, &known));
                return None;
            };
            Some(How::Period { measure, period })
        }
        _ => {
            let wrong = keys.problem("", "it is not said what the measure is computed from, or more than once");
            problems.push(wrong.fix(
                "write `rows` and `sum` (and, if need be, `where` and `balance`), or `of` alone, or `measure` and `period`",
            ));
            None
        }
    }
}

fn unknown(keys: &Keys<'_>, key: &str, what: &str, name: &str, known: &[&str]) -> Problem {
    let near = closest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    keys.problem(key, format!("there is no {what} `{name}`")).fix(format!("{near}Known are {}", known.join(", ")))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
