//! Problems of an entity, named by it and put where its YAML says what is wrong.

use crate::entities::EntityConfig;
use crate::report::Problem;

use super::naming::closest;

/// A problem of one entity, at one of its keys or inside of it.
pub(super) fn problem(config: &EntityConfig, at: &str, what: impl Into<String>) -> Problem {
    config.problem(at, format!("{}: {}", config.name, what.into()))
}

/// `did you mean …? `, where a name is near enough.
pub(super) fn meant<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    closest(name, known).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default()
}
