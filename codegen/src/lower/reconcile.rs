//! The properties that a comparison with the source reads beside the key.

use super::problem::{meant, problem};
use crate::entities::EntityConfig;
use crate::ir::{ChangeDetection, Field, Kind};
use crate::report::Problems;

/// The flags by which the API says that a record is no longer in use. They can change without a new time of change.
const SOFT_FLAGS: [&str; 3] = ["deletedFlag", "cancelledFlag", "inactiveFlag"];

/// The properties that the YAML names, or, where it leaves that open, the soft flags that there are.
pub(super) fn columns(config: &EntityConfig, schema: &str, shape: &[Field], problems: &mut Problems) -> Vec<String> {
    let kind_of = |name: &str| shape.iter().find(|field| field.name == name).map(|field| &field.kind);
    let Some(names) = &config.reconcile else {
        // What is read whole every time shows every change by itself.
        let is_by_time = config.change_detection == ChangeDetection::LastUpdated;
        let flags = SOFT_FLAGS.into_iter().filter(|name| is_by_time && kind_of(name) == Some(&Kind::Bool));
        return flags.map(str::to_owned).collect();
    };
    for (index, name) in names.iter().enumerate() {
        let problem = |what: String| problem(config, &format!("reconcile/{index}"), what);
        problems.push(match kind_of(name) {
            Some(_) if config.change_detection == ChangeDetection::Snapshot => {
                problem(format!("`{name}` can't be compared: a snapshot is read whole every time"))
                    .why("no comparison with the source is made of it")
                    .fix("remove `reconcile`")
            }
            Some(_) if *name == config.key || names[..index].contains(name) => {
                problem(format!("`{name}` is read already")).fix("name it once; the key is read in any case")
            }
            Some(Kind::Int | Kind::Float | Kind::Bool | Kind::Text | Kind::Timestamp) => continue,
            Some(Kind::Sensitive | Kind::Hashed) => {
                problem(format!("`{name}` is left out, or stored as a hash")).fix("name another property")
            }
            Some(other) => problem(format!("`{name}` is {}, and only plain values are compared", other.label()))
                .why("a comparison reads these properties of every record")
                .fix("name flags, numbers, texts or times of the record itself"),
            None => {
                let known = shape.iter().filter(|field| field.kind == Kind::Bool).map(|field| field.name.as_str());
                problem(format!("`{name}` is no property of `{schema}`"))
                    .fix(format!("{}Name a property of the record itself, e.g. a flag", meant(name, known)))
            }
        });
    }
    names.clone()
}
