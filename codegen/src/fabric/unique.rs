//! Names and captions: none twice, whatever its case, and none that a file or a formula can't hold.

use std::collections::BTreeMap;

use crate::fabric::model::Table;
use crate::fabric::settings::{FILE, Settings, Text};
use crate::gold::caseless::caseless;
use crate::report::{At, Problem, Problems};

/// That tables, perspectives and roles have names of their own, which can be names of files.
pub(super) fn tables(settings: &Settings, problems: &mut Problems) {
    let tables = || settings.tables.iter();
    distinct("table", tables().map(|table| &table.name), problems);
    distinct("table with the Icelandic name", tables().map(|table| &table.icelandic), problems);
    distinct("perspective", settings.perspectives.iter().map(|perspective| &perspective.name), problems);
    distinct("role", settings.roles.iter().map(|role| &role.name), problems);
    let named = tables().map(|table| &table.name).chain(settings.perspectives.iter().map(|other| &other.name));
    for name in named.chain(settings.roles.iter().map(|role| &role.name)) {
        let odd =
            |letter: &char| matches!(letter, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '\'' | '[' | ']');
        if let Some(odd) = name.text.chars().find(|letter| odd(letter) || letter.is_control()) {
            let wrong = name.at.problem(format!("the name `{}` holds {odd:?}", name.text));
            problems.push(wrong.why("a file and formulas have it in their names").fix("take it out of the name"));
        }
    }
}

/// That what stands in a table has names and captions of its own.
pub(super) fn within(table: &Table, problems: &mut Problems) {
    let mut named: Vec<(&str, &str, Option<&At>)> = Vec::new();
    let mut captioned: Vec<(&str, &str, Option<&At>)> = Vec::new();
    for measure in &table.measures {
        named.push(("measure", &measure.name, None));
        captioned.push(("measure", &measure.icelandic, None));
    }
    for hierarchy in &table.hierarchies {
        named.push(("hierarchy", &hierarchy.name, None));
        captioned.push(("hierarchy", &hierarchy.icelandic, None));
    }
    for column in &table.columns {
        named.push(("column", &column.name, Some(&column.at)));
        captioned.extend(column.icelandic.as_deref().map(|icelandic| ("column", icelandic, Some(&column.at))));
        if let Some(odd) = column.name.chars().find(|letter| matches!(letter, '[' | ']' | '"') || letter.is_control()) {
            let wrong = column.at.problem(format!("the name `{}` holds {odd:?}", column.name));
            problems.push(wrong.why("formulas write names between these").fix("take it out of the name"));
        }
    }
    clashes(table, "name", &named, problems);
    clashes(table, "Icelandic name", &captioned, problems);
}

fn clashes(table: &Table, what: &str, named: &[(&str, &str, Option<&At>)], problems: &mut Problems) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (kind, name, at) in named {
        let Some(first) = seen.insert(caseless(name), kind) else { continue };
        let found = format!("{} has a {first} and a {kind} with the {what} `{name}`", table.gold);
        let wrong = match at {
            Some(at) => at.problem(found),
            None => Problem::new(FILE, format!("/tables/{}", table.gold), found),
        };
        problems.push(
            wrong
                .why("names in one table differ by more than their case")
                .fix("give the column another `name` or `icelandic` among the table's `columns`"),
        );
    }
}

fn distinct<'a>(what: &str, names: impl Iterator<Item = &'a Text>, problems: &mut Problems) {
    let mut seen = BTreeMap::new();
    for name in names {
        if seen.insert(caseless(&name.text), ()).is_some() {
            let wrong = name.at.problem(format!("the {what} `{}` is there twice", name.text));
            problems.push(wrong.why("names are compared without regard to case").fix("rename one"));
        }
    }
}
