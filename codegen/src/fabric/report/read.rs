//! Reading `schema/report.yaml`.

use std::collections::BTreeSet;

use crate::fabric::report::definition::{FILE, KIND_NAMES, KINDS, Kind, Literal, Page, Row, Takes, Visual};
use crate::gold::model::Sql;
use crate::lower::naming::closest;
use crate::report::Problems;
use crate::yaml::{self, Keys, Node, Value};

/// Reads the file's text.
pub(crate) fn read(text: &str, problems: &mut Problems) -> Vec<Page> {
    let mut pages = Vec::new();
    let Some(root) = yaml::parse(FILE, text, problems) else { return pages };
    let Some(mut keys) = Keys::of(FILE, "", &root, problems) else { return pages };
    for (index, node) in keys.list("pages", problems).iter().enumerate() {
        pages.extend(page(&format!("/pages/{index}"), node, problems));
    }
    keys.finish(problems);
    let mut seen = BTreeSet::new();
    for page in &pages {
        if !seen.insert(&page.name.text) {
            let again = page.name.at.problem(format!("the page `{}` is there twice", page.name.text));
            problems.push(again.why("a page's identifier is made of its name").fix("rename or remove one"));
        }
    }
    pages
}

fn page(pointer: &str, node: &Node, problems: &mut Problems) -> Option<Page> {
    let mut keys = Keys::of(FILE, pointer, node, problems)?;
    let name = text(&mut keys, "name", problems);
    let title = keys.text("title", problems);
    let drillthrough = fields(&mut keys, "drillthrough", problems);
    let mut rows = Vec::new();
    for (index, node) in keys.list("rows", problems).iter().enumerate() {
        rows.extend(row(&format!("{pointer}/rows/{index}"), node, problems));
    }
    keys.finish(problems);
    let page = Page { name: name?, title: title?, drillthrough, rows };
    let mut seen = BTreeSet::new();
    for visual in page.rows.iter().flat_map(|row| &row.visuals) {
        if !seen.insert((visual.kind.name, &visual.title.text)) {
            let kind = visual.kind.name;
            let again = visual.title.at.problem(format!("the {kind} `{}` is there twice", visual.title.text));
            problems
                .push(again.why("a visual's identifier is made of its kind and title").fix("give one another title"));
        }
    }
    Some(page)
}

fn row(pointer: &str, node: &Node, problems: &mut Problems) -> Option<Row> {
    let mut keys = Keys::of(FILE, pointer, node, problems)?;
    let before = problems.len();
    let height = keys.optional_count("height", problems);
    if height.is_none() && problems.len() == before {
        problems.push(keys.problem("", "`height` is missing").fix("add `height: …`, in pixels"));
    }
    let mut visuals = Vec::new();
    for (index, node) in keys.list("visuals", problems).iter().enumerate() {
        visuals.extend(visual(&format!("{pointer}/visuals/{index}"), node, problems));
    }
    keys.finish(problems);
    Some(Row { height: height?, visuals })
}

fn visual(pointer: &str, node: &Node, problems: &mut Problems) -> Option<Visual> {
    let mut keys = Keys::of(FILE, pointer, node, problems)?;
    let kind = text(&mut keys, "kind", problems).and_then(|named| kind(&named, problems));
    let title = text(&mut keys, "title", problems);
    let share = keys.optional_count("share", problems).unwrap_or(1).max(1);
    let by = fields(&mut keys, "by", problems);
    let legend = optional(&mut keys, "legend", problems);
    let values = fields(&mut keys, "values", problems);
    let filters = filters(&mut keys, problems);
    let sort = optional(&mut keys, "sort", problems);
    keys.finish(problems);
    let visual = Visual { kind: kind?, title: title?, share, by, legend, values, filters, sort };
    parts(&visual, problems);
    Some(visual)
}

/// That a visual has the parts that its kind draws, and no others.
fn parts(visual: &Visual, problems: &mut Problems) {
    let Kind { name, by, legend, values, .. } = visual.kind;
    let mut check = |key: &str, takes: Takes, there: bool, needed: bool| {
        let wrong = match (takes, there) {
            (Takes::Nothing, true) => format!("a {name} has no `{key}`"),
            (Takes::Columns(_) | Takes::Measures(_) | Takes::Both(_), false) if needed => {
                format!("a {name} needs `{key}`")
            }
            _ => return,
        };
        let fix = if there { format!("remove `{key}`") } else { format!("add `{key}: […]`") };
        problems.push(visual.title.at.problem(wrong).fix(fix));
    };
    check("by", *by, !visual.by.is_empty(), true);
    check("legend", *legend, visual.legend.is_some(), false);
    check("values", *values, !visual.values.is_empty(), true);
}

fn kind(named: &Sql, problems: &mut Problems) -> Option<&'static Kind> {
    let found = KINDS.iter().find(|kind| kind.name == named.text);
    if found.is_none() {
        let near = closest(&named.text, KIND_NAMES).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
        let wrong = named.at.problem(format!("there is no kind of visual `{}`", named.text));
        problems.push(wrong.fix(format!("{near}Known are {}", KIND_NAMES.join(", "))));
    }
    found
}

fn text(keys: &mut Keys<'_>, key: &'static str, problems: &mut Problems) -> Option<Sql> {
    keys.text(key, problems).map(|text| Sql { text, at: keys.at(key) })
}

fn optional(keys: &mut Keys<'_>, key: &'static str, problems: &mut Problems) -> Option<Sql> {
    keys.optional_text(key, problems).map(|text| Sql { text, at: keys.at(key) })
}

/// A list of fields, each with its own place.
fn fields(keys: &mut Keys<'_>, key: &'static str, problems: &mut Problems) -> Vec<Sql> {
    let texts = keys.texts(key, problems);
    let Some(Node { value: Value::List(nodes), .. }) = keys.get(key) else { return Vec::new() };
    let whole = keys.at(key);
    let places = nodes.iter().enumerate().filter(|(_, node)| node.text().is_some_and(|text| !text.is_empty()));
    let at = |(index, node): (usize, &Node)| {
        let mut at = whole.clone();
        at.pointer = format!("{}/{index}", at.pointer);
        (at.line, at.column) = (node.line, node.column);
        at
    };
    texts.into_iter().zip(places.map(at)).map(|(text, at)| Sql { text, at }).collect()
}

/// The columns of `where`, each with its value.
fn filters(keys: &mut Keys<'_>, problems: &mut Problems) -> Vec<(Sql, Literal)> {
    let Some(node) = keys.get("where") else { return Vec::new() };
    let Value::Map(entries) = &node.value else {
        problems.push(keys.problem("where", "`where` is a mapping").fix("write `table.column: value` lines"));
        return Vec::new();
    };
    let mut found = Vec::new();
    for (column, value) in entries {
        let mut at = keys.at("where");
        (at.line, at.column) = (column.line, column.column);
        let literal = match &value.value {
            Value::Text(text) => Literal::Text(text.clone()),
            Value::Int(number) => Literal::Whole(*number),
            Value::Bool(flag) => Literal::Flag(*flag),
            _ => {
                let wrong = at.problem("`where` compares a column with a text, a whole number, true or false");
                problems.push(wrong.fix("write `table.column: value`"));
                continue;
            }
        };
        found.push((Sql { text: column.text().unwrap_or_default().to_owned(), at }, literal));
    }
    found
}
