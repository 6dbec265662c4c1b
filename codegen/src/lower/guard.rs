//! Names that no bronze table can have: what Spark or the SQL endpoint can't read, what only case tells apart, and
//! what the pipeline's own columns are called.
//!
//! What is sensitive is not stored, so its name is nobody's business here; that is also the way out.

use std::collections::BTreeMap;

use crate::entities::{self, EntityConfig};
use crate::etl;
use crate::ir::{Field, Kind};
use crate::report::{Problem, Problems};
use crate::spec::{Spec, escape};

/// The column of what the spec does not know.
const UNKNOWN: &str = "_unknown";

/// Adds a problem for every name in a shape that can't stand.
pub(super) fn names(spec: &Spec, config: &EntityConfig, schema: &str, shape: &[Field], problems: &mut Problems) {
    let pointer = format!("/components/schemas/{}", escape(schema));
    let mut guard = Guard { spec, config, problems };
    for field in stored(shape).filter(|field| is_own(&field.name)) {
        guard.problem(
            &pointer,
            &field.name,
            format!("`{}` is the name of a column that every bronze table has", field.name),
            "one of the two values would be lost",
            &field.name,
        );
    }
    guard.level(&pointer, shape, &mut Vec::new());
}

fn stored(fields: &[Field]) -> impl Iterator<Item = &Field> {
    fields.iter().filter(|field| field.kind != Kind::Sensitive)
}

/// Whether it is one of the pipeline's own columns, or begins like `etlRunId`.
fn is_own(name: &str) -> bool {
    etl::BRONZE.iter().map(|(own, _)| *own).chain([UNKNOWN]).any(|own| own.eq_ignore_ascii_case(name))
        || name.strip_prefix("etl").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

struct Guard<'a> {
    spec: &'a Spec,
    config: &'a EntityConfig,
    problems: &'a mut Problems,
}

impl Guard<'_> {
    /// The properties of one schema, and of what they hold.
    fn level(&mut self, pointer: &str, fields: &[Field], path: &mut Vec<String>) {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for field in stored(fields) {
            path.push(field.name.clone());
            let here = path.join("/");
            if !is_plain(&field.name) {
                let what = format!("the property `{}` can't be a column's name", field.name);
                self.problem(
                    pointer,
                    &field.name,
                    what,
                    "Spark and the SQL endpoint take letters, digits and `_`",
                    &here,
                );
            }
            if let Some(other) = seen.insert(field.name.to_lowercase(), &field.name) {
                let what = format!("only case tells the properties `{other}` and `{}` apart", field.name);
                self.problem(
                    pointer,
                    &field.name,
                    what,
                    "a Delta table compares the names of columns without it",
                    &here,
                );
            }
            let mut kind = &field.kind;
            while let Kind::List(item) = kind {
                kind = item;
            }
            if let Kind::Struct(inner) = kind {
                self.level(&inner.pointer, &inner.fields, path);
            }
            path.pop();
        }
    }

    fn problem(&mut self, pointer: &str, name: &str, what: String, why: &str, path: &str) {
        self.problems.push(
            Problem::new(&self.spec.file, format!("{pointer}/properties/{}", escape(name)), what).why(why).fix(
                format!(
                    "add `{path}` to `sensitive` of {} in {}, so that it is not stored, or remove the entity",
                    self.config.name,
                    entities::FILE
                ),
            ),
        );
    }
}
