//! From spec and YAML to the IR: every decision of the generator is made below this module.
//!
//! An entity that can't be made whole is left out and named in a problem; the others are made all the same.

mod guard;
pub mod naming;
mod operations;
pub mod parent;
mod problem;
mod reconcile;
mod shape;
pub(crate) mod silver;

use crate::entities::{self, EntityConfig};
use crate::ir::{ChangeDetection, Entity, Field, Ir, Kind};
use crate::report::{Problem, Problems};
use crate::spec::Spec;

use self::naming::closest;
use self::problem::{meant, problem};
use self::shape::{Mark, Unmarked};

/// Makes the IR.
pub fn lower(spec: &Spec, configs: &[EntityConfig], problems: &mut Problems) -> Ir {
    let mut entities: Vec<Entity> =
        configs.iter().filter_map(|config| entity(spec, config, configs, problems)).collect();
    entities.sort_by(|a, b| a.name.cmp(&b.name));
    tables_are_unique(&entities, configs, problems);
    parents_end(&entities, configs, problems);
    let operations = operations::select(spec, &entities);
    let info = operations::info(spec);
    Ir { version: spec.version.clone(), entities, operations, info }
}

/// Checks that what says when a parent ended is a time of the parent's.
fn parents_end(entities: &[Entity], configs: &[EntityConfig], problems: &mut Problems) {
    for config in configs {
        let Some(ended) = &config.parent_ended else { continue };
        let Some(name) = &config.parent else {
            problems.push(problem(config, "parentEnded", "there is no `parent` that could end").fix("remove it"));
            continue;
        };
        // A parent that is no entity, or can't be made, is a problem already.
        let Some(parent) = entities.iter().find(|entity| entity.name == *name) else { continue };
        let times = || parent.shape.iter().filter(|field| field.kind == Kind::Timestamp).map(|field| &*field.name);
        if !times().any(|time| time == ended.property) {
            let what = format!("`{}` is no time of {name}", ended.property);
            problems.push(problem(config, "parentEnded/property", what).why("it says when the parent ended").fix(
                format!("{}Its times are {}", meant(&ended.property, times()), times().collect::<Vec<_>>().join(", ")),
            ));
        }
    }
}

/// Why no table can be made of an entity; nothing where one can.
pub fn obstacles(spec: &Spec, config: &EntityConfig, configs: &[EntityConfig]) -> Problems {
    let mut problems = Problems::new();
    entity(spec, config, configs, &mut problems);
    problems
}

fn entity(spec: &Spec, config: &EntityConfig, configs: &[EntityConfig], problems: &mut Problems) -> Option<Entity> {
    let Some(schema) = spec.list_schema(&config.endpoint) else {
        problems.push(no_list(spec, config));
        return None;
    };
    let before = problems.len();
    let mut shape = shape::shape(spec, config, schema, problems);
    let parent = parent::parent(spec, config, configs, &mut shape, problems);
    protect(config, schema, &mut shape, problems);
    guard::names(spec, config, schema, &shape, problems);
    check_key(spec, config, schema, &shape, problems);
    for (index, variant) in config.variants.iter().enumerate() {
        let known = || shape.iter().filter(|field| field.kind != Kind::Sensitive).map(|field| field.name.as_str());
        if !known().any(|name| name == variant.having) {
            let at = format!("variants/{index}/having");
            problems.push(
                problem(config, &at, format!("`{}` is no property of `{schema}`", variant.having))
                    .why(format!("its presence is what makes a record a {}", variant.name))
                    .fix(format!("{}Name one of the schema's properties", meant(&variant.having, known()))),
            );
        }
    }
    if let Some(parent) = parent.as_ref().filter(|parent| shape::at(&shape, &parent.path) != Some(&Kind::Int)) {
        problems.push(
            problem(config, "parent", format!("the parent's id at `{}` is left out", parent.path.join("/")))
                .why("it says what a record belongs to")
                .fix("name other properties, or parts of it, under `sensitive` and `exclude`"),
        );
    }
    let mut silver = silver::columns(&shape);
    silver::lift_hashes(&mut silver.columns, &config.hash);
    let children = children(config, schema, &shape, problems);
    let reconcile = reconcile::columns(config, schema, &shape, problems);
    (problems.len() == before).then(|| Entity {
        name: config.name.clone(),
        module: module(&config.name),
        endpoint: config.endpoint.clone(),
        counted: spec.counts(&config.endpoint),
        parent,
        optional: config.optional,
        table: config.table.clone(),
        schema: schema.to_owned(),
        key: config.key.clone(),
        lookback_days: config.lookback_days,
        change_detection: config.change_detection,
        variants: config.variants.clone(),
        sensitive: config.sensitive.clone(),
        excluded: config.exclude.clone(),
        hashed: config.hash.clone(),
        reconcile,
        agreement_number_caption: config.agreement_number_caption.clone(),
        shape,
        silver: silver.columns,
        children,
        not_flattened: silver.not_flattened,
    })
}

/// Marks what is sensitive or personal in a shape.
fn protect(config: &EntityConfig, schema: &str, shape: &mut [Field], problems: &mut Problems) {
    let lists = [
        ("sensitive", &config.sensitive, Mark::LeaveOut, "a secret whose name is misspelt here would be stored"),
        ("personal/exclude", &config.exclude, Mark::LeaveOut, "what is misspelt here would be stored"),
        ("personal/hash", &config.hash, Mark::Hash, "what is misspelt here would be stored as it is"),
    ];
    let paths = lists.into_iter().flat_map(|(key, paths, how, why)| {
        paths.iter().enumerate().map(move |(index, path)| (format!("{key}/{index}"), path.as_str(), how, why))
    });
    for (at, text, how, why) in paths {
        let problem = |what: String| problem(config, &at, what);
        let names: Vec<&str> = text.split('/').collect();
        let time = silver::is_lifted_time(&names);
        let changes = config.change_detection == ChangeDetection::LastUpdated;
        problems.push(match shape::mark(shape, &names, how) {
            Ok(()) if time => problem(format!("`{text}` is a time that is read, and no text"))
                .why("it says when a record changed or was made")
                .fix("remove it here"),
            Ok(()) if how == Mark::LeaveOut && names == ["_info"] && changes => {
                problem("`_info` can't be left out".to_owned())
                    .why("its lastUpdated says which records changed")
                    .fix("hash what is personal in it, e.g. `_info/updatedBy`, or set `changeDetection: fullScan`")
            }
            Ok(()) => continue,
            Err(Unmarked::Nowhere(known)) => {
                let near = meant(text, known.iter().map(String::as_str));
                problem(format!("`{text}` is no property of `{schema}`"))
                    .why(why)
                    .fix(format!("{near}Write a property's name, or a/b for a nested one"))
            }
            Err(Unmarked::Twice) => problem(format!("`{text}`, or what it stands in, is left out or hashed already"))
                .why("one thing becomes of a property")
                .fix("name it once"),
            Err(Unmarked::NoText(label)) => problem(format!("`{text}` is {label}, and only text can be hashed"))
                .why("the hash of a number, a date or a flag is found by trying all of them")
                .fix("name the texts in it, or put it under `exclude`"),
            Err(Unmarked::InMap) => problem(format!("`{text}` is the key of a map and can't be left out"))
                .why("the API gives a map as a whole, so it would be requested all the same")
                .fix("put it under `hash`, or leave the whole map out"),
        });
    }
}

/// The name of an entity's generated files; the shared models have a file of their own.
fn module(name: &str) -> String {
    let module = naming::ident(name);
    if module == "references" { format!("{module}_") } else { module }
}

fn no_list(spec: &Spec, config: &EntityConfig) -> Problem {
    let what = if spec.operations.contains_key(&config.endpoint) {
        format!("`{}` lists no schema of its own", config.endpoint)
    } else {
        format!("the spec {} has no GET {}", spec.version, config.endpoint)
    };
    let near = closest(&config.endpoint, spec.lists().filter(|(_, schema)| schema.is_some()).map(|(path, _)| path));
    let near = near.map(|near| format!("did you mean {near}? ")).unwrap_or_default();
    problem(config, "endpoint", what)
        .why("a table is made of the records that a list endpoint returns")
        .fix(format!("{near}`cargo codegen list --all` shows every endpoint that can be an entity"))
}

fn check_key(spec: &Spec, config: &EntityConfig, schema: &str, shape: &[Field], problems: &mut Problems) {
    let integers = shape.iter().filter(|field| field.kind == Kind::Int).map(|field| field.name.as_str());
    let fix = format!("{}Name a property of type integer under `key`", meant(&config.key, integers));
    match shape.iter().find(|field| field.name == config.key).map(|field| &field.kind) {
        Some(Kind::Int) if spec.may_be_null(schema, &config.key) => problems.push(
            problem(config, "key", format!("the key `{}` of `{schema}` may be null", config.key))
                .why("the spec says so of what only refers to a record, or counts: its id is no key")
                .fix("name a property of type integer that is not nullable under `key`, or remove the entity"),
        ),
        Some(Kind::Int) => {}
        Some(other) => problems.push(
            problem(config, "key", format!("the key `{}` is {}, not an integer", config.key, other.label())).fix(fix),
        ),
        None => {
            problems.push(problem(config, "key", format!("`{}` is no property of `{schema}`", config.key)).fix(fix));
        }
    }
}

/// The lists that are tables: the ones that the YAML names, and customFields.
fn children(config: &EntityConfig, schema: &str, shape: &[Field], problems: &mut Problems) -> Vec<crate::ir::Child> {
    for (index, name) in config.children.iter().enumerate() {
        if !shape.iter().any(|field| field.name == *name && matches!(field.kind, Kind::List(_))) {
            let lists = shape.iter().filter(|field| matches!(field.kind, Kind::List(_)));
            let lists: Vec<&str> = lists.map(|field| field.name.as_str()).collect();
            let near = meant(name, lists.iter().copied());
            problems.push(
                problem(config, &format!("children/{index}"), format!("`{name}` is no list of `{schema}`"))
                    .fix(format!("{near}Its lists are: {}", lists.join(", "))),
            );
        }
    }
    let mut children = Vec::new();
    for field in shape {
        let Kind::List(item) = &field.kind else { continue };
        if field.name == "customFields" || config.children.contains(&field.name) {
            children.push(silver::child(&config.name, &field.name, item));
        }
    }
    children
}

/// No two tables have one name.
fn tables_are_unique(entities: &[Entity], configs: &[EntityConfig], problems: &mut Problems) {
    let mut seen = std::collections::BTreeMap::new();
    for entity in entities {
        let tables = std::iter::once(&entity.table).chain(entity.children.iter().map(|child| &child.table));
        for table in tables {
            if let Some(other) = seen.insert(table.clone(), entity.name.clone()) {
                let what = format!("two tables are called `{table}`");
                let config = configs.iter().find(|config| config.name == entity.name);
                let at = if *table == entity.table { "table" } else { "children" };
                let found = config.map(|config| config.problem(at, &what));
                problems.push(
                    found
                        .unwrap_or_else(|| Problem::new(entities::FILE, "/entities", what))
                        .why(format!("{other} and {} both have one", entity.name))
                        .fix("change one entity's `table`, or its `children`"),
                );
            }
        }
    }
}
