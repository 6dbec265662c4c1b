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
use super::problem::problem;

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
    let ended = config.parent_ended.clone();
    Some(Parent { entity: name.clone(), parameter: parameter.to_owned(), path, in_record, ended })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Struct;
    use crate::report::Problem;

    const ENTITIES: &str = "entities:\n\
        - {name: Order, endpoint: /orders, table: cw_order}\n\
        - {name: Ghost, endpoint: /ghosts, table: cw_ghost}\n";

    /// A spec with two lists, one of them written with a slash at its end, and lists below them.
    fn spec() -> Spec {
        let list = |schema: &str| {
            format!(
                r##"{{"get": {{"responses": {{"200": {{"content": {{"j": {{"schema": {{"type": "array",
                    "items": {{"$ref": "#/components/schemas/{schema}"}}}}}}}}}}}}}}}}"##
            )
        };
        let lists = [
            ("/orders", "Order"),
            ("/archive/orders", "Order"),
            ("/ghosts/", "Ghost"),
            ("/orders/{orderId}/lines", "Line"),
            ("/ghosts/{id}/lines", "Line"),
            ("/nothing/{id}/lines", "Line"),
        ];
        let paths: Vec<String> = lists.iter().map(|(path, schema)| format!(r#""{path}": {}"#, list(schema))).collect();
        let schema = r#"{"type": "object", "properties": {"id": {"type": "integer"}}}"#;
        let text = format!(
            r#"{{"openapi": "3.0.1", "info": {{"title": "t", "version": "1"}}, "paths": {{{}}}, "components":
                {{"schemas": {{"Order": {schema}, "Ghost": {schema}, "Line": {schema}}}}}}}"#,
            paths.join(",")
        );
        let mut problems = Problems::new();
        let spec = Spec::parse("schema/x.json", &text, &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        spec.unwrap_or_default()
    }

    fn field(name: &str, kind: Kind) -> Field {
        Field { name: name.to_owned(), kind, doc: Doc::default() }
    }

    fn object(name: &str, schema: &str, fields: Vec<Field>) -> Field {
        field(name, Kind::Struct(Struct { schema: schema.to_owned(), pointer: String::new(), fields }))
    }

    /// The parent of the last of these entities, with its shape afterwards and what was said.
    fn parent_of(more: &str, mut shape: Vec<Field>) -> (Option<Parent>, Vec<Field>, Vec<Problem>) {
        let configs = entities::read(&format!("{ENTITIES}{more}"), &mut Problems::new());
        let config = configs.last().unwrap();
        let mut problems = Problems::new();
        let found = parent(&spec(), config, &configs, &mut shape, &mut problems);
        (found, shape, problems.iter().cloned().collect())
    }

    const LINE: &str = "- {name: Line, endpoint: '/orders/{orderId}/lines', table: cw_line, parent: Order}\n";

    #[test]
    fn the_list_of_parents_is_the_path_before_the_parameter() {
        let spec = spec();
        assert_eq!(list_of_parents(&spec, "/orders/{orderId}/lines"), Some("/orders"));
        assert_eq!(list_of_parents(&spec, "/ghosts/{id}/lines"), Some("/ghosts/"), "a slash at its end");
        assert_eq!(list_of_parents(&spec, "/nothing/{id}/lines"), None);
        assert_eq!(list_of_parents(&spec, "/orders"), None, "no parameter");
    }

    #[test]
    fn the_records_name_their_parent_by_its_schema_alone() {
        let id = || field("id", Kind::Int);
        for (shape, path) in [
            (vec![id(), field("orderId", Kind::Int)], &["orderId"][..]),
            (vec![id(), field("OrderID", Kind::Int)], &["OrderID"]),
            (vec![id(), object("order", "OrderReference", vec![id()])], &["order", "id"]),
        ] {
            let (parent, after, problems) = parent_of(LINE, shape.clone());
            assert_eq!(problems, []);
            assert_eq!(after, shape, "nothing is added");
            let parent = parent.unwrap();
            assert_eq!((parent.entity.as_str(), parent.parameter.as_str()), ("Order", "orderId"));
            assert_eq!(
                (parent.path.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), parent.in_record),
                (path, true)
            );
        }
    }

    #[test]
    fn what_only_looks_like_the_parent_is_not_taken_for_it() {
        let id = || field("id", Kind::Int);
        for shape in [
            vec![id()],
            vec![id(), field("orderId", Kind::Text)],
            vec![id(), field("ghostId", Kind::Int)],
            vec![id(), object("order", "GhostReference", vec![id()])],
            vec![id(), object("order", "OrderReference", vec![field("id", Kind::Text)])],
            vec![id(), object("first", "OrderReference", vec![id()])],
        ] {
            let (parent, after, problems) = parent_of(LINE, shape.clone());
            assert_eq!(problems, []);
            let parent = parent.unwrap();
            assert_eq!((parent.path, parent.in_record), (vec!["parentId".to_owned()], false));
            let (added, before) = after.split_last().unwrap();
            assert_eq!(before, shape, "the rest stays");
            assert_eq!((added.name.as_str(), &added.kind), ("parentId", &Kind::Int));
            assert!(added.doc.text.contains("Order") && added.doc.text.contains("{orderId}"), "{}", added.doc.text);
        }
    }

    #[test]
    fn the_added_column_takes_no_propertys_name_in_any_case() {
        let (parent, after, _) = parent_of(LINE, vec![field("id", Kind::Int), field("PARENTID", Kind::Text)]);
        assert_eq!(parent.unwrap().path, ["parentId_1"]);
        assert_eq!(after.last().unwrap().name, "parentId_1");
    }

    #[test]
    fn what_can_be_no_parent_is_refused_with_the_way_out() {
        for (entity, what, fix) in [
            ("{name: A, endpoint: /archive/orders, table: a, parent: Order}", "has no parameter", "remove `parent`"),
            (
                "{name: A, endpoint: '/orders/{orderId}/lines', table: a}",
                "needs an id of a parent",
                "add `parent: Order`",
            ),
            (
                "{name: A, endpoint: '/nothing/{id}/lines', table: a}",
                "needs an id of a parent",
                "name the entity whose ids",
            ),
            (
                "{name: A, endpoint: '/orders/{a}/lines/{b}/x', table: a, parent: Order}",
                "more than one id",
                "remove the entity",
            ),
            (
                "{name: A, endpoint: '/orders/{orderId}/lines', table: a, parent: Oder}",
                "no entity `Oder`",
                "did you mean `Order`?",
            ),
            (
                "{name: A, endpoint: '/orders/{orderId}/lines', table: a, parent: A}",
                "a parent of itself",
                "another entity",
            ),
            (
                "{name: A, endpoint: '/orders/{orderId}/lines', table: a, parent: Ghost}",
                "those of /orders, not of Ghost",
                "the entity of /orders",
            ),
        ] {
            let (parent, after, problems) = parent_of(&format!("- {entity}\n"), Vec::new());
            let [problem] = problems.as_slice() else { panic!("{entity}: {problems:?}") };
            assert_eq!((parent, after), (None, Vec::new()), "{entity}");
            let said = problem.to_string();
            assert!(said.contains(what) && said.contains(fix), "{entity}: {said}");
        }
    }

    #[test]
    fn another_list_of_the_same_records_is_as_good_a_parent() {
        let archived = "- {name: Archived, endpoint: /archive/orders, table: cw_archived}\n";
        let (parent, _, problems) =
            parent_of(&format!("{archived}{}", LINE.replace("parent: Order", "parent: Archived")), Vec::new());
        assert_eq!(problems, []);
        assert_eq!(parent.unwrap().entity, "Archived");
    }

    #[test]
    fn a_circle_of_several_is_found() {
        let more = "- {name: A, endpoint: '/orders/{orderId}/lines', table: a, parent: B}\n\
            - {name: B, endpoint: '/ghosts/{id}/lines', table: b, parent: A}\n";
        let (parent, _, problems) = parent_of(more, Vec::new());
        assert_eq!(parent, None);
        assert!(problems.iter().any(|problem| problem.what.contains("`A` is a parent of itself")), "{problems:?}");
    }
}
