//! Lists below a parent: whose ids fill the parameter of the path, and where that id stands in the records.
//!
//! A record's own `id` stays the key. The parent's id is taken for sent only where the schema says so by name
//! (`agreementId`, or `agreement` of the schema AgreementReference with an integer `id`). Anywhere else a column is
//! added at the end of the shape, so that no record loses what it belongs to.

use crate::entities::{self, EntityConfig};
use crate::fixups;
use crate::ir::{Doc, Field, Kind, Parent};
use crate::report::Problems;
use crate::spec::{self, Spec};

use super::naming::Names;
use super::problem;

/// The column of the parent's id where the schema has none.
const ADDED: &str = "parentId";

/// The list whose ids fill the one parameter of a path: the path up to the parameter where that is a list, else the
/// one that the fixups name.
pub fn list_of_parents<'a>(spec: &'a Spec, path: &str) -> Option<&'a str> {
    let (before, _) = path.split_once("/{")?;
    let slash = format!("{before}/");
    let same = spec.lists().map(|(list, _)| list).find(|list| *list == before || *list == slash);
    same.or_else(|| spec.lists().map(|(list, _)| list).find(|list| fixups::parent_list(before) == Some(*list)))
}

/// The parent of an entity; its column is added to the shape where the records do not name it.
pub(super) fn parent(
    spec: &Spec,
    config: &EntityConfig,
    configs: &[EntityConfig],
    shape: &mut Vec<Field>,
    problems: &mut Problems,
) -> Option<Parent> {
    let parameters: Vec<&str> = spec::parameters(&config.endpoint).collect();
    let list = list_of_parents(spec, &config.endpoint);
    let (parameter, name) = match (parameters.as_slice(), &config.parent) {
        ([], None) => return None,
        ([], Some(_)) => {
            problems.push(
                problem(config, "parent", format!("`{}` has no parameter for a parent's id", config.endpoint))
                    .fix("remove `parent`"),
            );
            return None;
        }
        ([_], None) => {
            let declared = configs.iter().find(|other| Some(other.endpoint.as_str()) == list);
            let fix = match (declared, list) {
                (Some(declared), _) => format!("add `parent: {}`", declared.name),
                (None, Some(list)) => {
                    format!("`cargo codegen add {list}` first, and name that entity under `parent`")
                }
                (None, None) => "name the entity whose ids belong there under `parent`".to_owned(),
            };
            problems.push(
                problem(config, "endpoint", format!("`{}` needs an id of a parent in its path", config.endpoint))
                    .why("the list is read once for each of them")
                    .fix(fix),
            );
            return None;
        }
        ([parameter], Some(name)) => (*parameter, name),
        _ => {
            problems.push(
                problem(config, "endpoint", format!("`{}` needs more than one id in its path", config.endpoint))
                    .why("one parent's ids fill one parameter")
                    .fix("remove the entity; `cargo codegen list --all` shows every endpoint that could be one"),
            );
            return None;
        }
    };
    let Some(declared) = configs.iter().find(|other| other.name == *name) else {
        let near = super::naming::closest(name, configs.iter().map(|other| other.name.as_str()));
        let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
        problems.push(
            problem(config, "parent", format!("there is no entity `{name}`"))
                .why("its ids are read from its table")
                .fix(format!("{near}Declare it in {}, e.g. with `cargo codegen add`", entities::FILE)),
        );
        return None;
    };
    if in_a_circle(config, configs) {
        problems.push(
            problem(config, "parent", format!("`{name}` is a parent of itself"))
                .why("each waits for the ids of the other")
                .fix("name another entity"),
        );
        return None;
    }
    let schema = spec.list_schema(&declared.endpoint).unwrap_or_default();
    if let Some(list) = list.filter(|list| *list != declared.endpoint && spec.list_schema(list) != Some(schema)) {
        problems.push(
            problem(config, "parent", format!("the ids in `{}` are those of {list}, not of {name}", config.endpoint))
                .why("another entity's ids would list what belongs to other records")
                .fix(format!("name the entity of {list}")),
        );
        return None;
    }
    let (path, in_record) = match in_record(shape, schema) {
        Some(path) => (path, true),
        None => (vec![add_column(shape, name, parameter)], false),
    };
    Some(Parent { entity: name.clone(), parameter: parameter.to_owned(), path, in_record })
}

/// Whether the parents of an entity lead back to it.
fn in_a_circle(config: &EntityConfig, configs: &[EntityConfig]) -> bool {
    let mut seen = vec![config.name.as_str()];
    let mut at = config.parent.as_deref();
    while let Some(name) = at {
        if seen.contains(&name) {
            return true;
        }
        seen.push(name);
        at = configs.iter().find(|other| other.name == name).and_then(|other| other.parent.as_deref());
    }
    false
}

/// Where the records name their parent.
fn in_record(shape: &[Field], schema: &str) -> Option<Vec<String>> {
    let id = format!("{schema}Id");
    let is_id = |field: &&Field| field.kind == Kind::Int && field.name.eq_ignore_ascii_case(&id);
    if let Some(field) = shape.iter().find(is_id) {
        return Some(vec![field.name.clone()]);
    }
    let reference = format!("{schema}Reference");
    shape.iter().filter(|field| field.name.eq_ignore_ascii_case(schema)).find_map(|field| match &field.kind {
        Kind::Struct(inner) if inner.schema == reference => {
            let id = inner.fields.iter().find(|field| field.name == "id" && field.kind == Kind::Int)?;
            Some(vec![field.name.clone(), id.name.clone()])
        }
        _ => None,
    })
}

/// Adds the column of the parent's id, under a name that no property has in any case.
fn add_column(shape: &mut Vec<Field>, parent: &str, parameter: &str) -> String {
    let mut names = Names::reserving(shape.iter().map(|field| field.name.as_str()));
    let name = names.take(ADDED);
    let text = format!("The id of the {parent} that the record was listed under ({{{parameter}}}); not in the record.");
    let doc = Doc { text, ..Doc::default() };
    shape.push(Field { name: name.clone(), kind: Kind::Int, doc });
    name
}
