//! Every list endpoint of the spec: what a table of it would have, and what stands in the way of one.
//!
//! Whether an endpoint can be an entity is found by making it one, with its parent, by the same code that `generate`
//! runs; so what is said here and what `generate` does can't differ.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::entities::EntityConfig;
use crate::ir::{ChangeDetection, Entity, Field, Kind};
use crate::lower::lower;
use crate::lower::parent::list_of_parents;
use crate::report::Problems;
use crate::spec::{self, Spec};

/// The names that an integer key may have, beside `id`, in any case.
const OTHER_KEYS: [&str; 2] = ["recId", "recordId"];

/// Words in a property's name that make it a secret.
const SECRETS: [&str; 11] = [
    "password",
    "passphrase",
    "secret",
    "token",
    "credential",
    "privatekey",
    "apikey",
    "accesskey",
    "encryptionkey",
    "licensekey",
    "clientid",
];
/// Words that make it none: the sender, the subject and the text of an e-mail about a password.
const NO_SECRETS: [&str; 1] = ["passwordemail"];

/// A list endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Its path template.
    pub endpoint: String,
    /// The schema of its records, where it has a name.
    pub schema: Option<String>,
    /// How many columns bronze would have, without the ones that every table has.
    pub bronze_columns: Option<usize>,
    /// How many columns silver would have, without the ones that every table has.
    pub silver_columns: Option<usize>,
    /// The key.
    pub key: Option<String>,
    /// Whether the records have `_info`, by which changes are found.
    pub info: bool,
    /// Whether the spec has a path that counts them.
    pub counted: bool,
    /// Its properties that are secrets by their names, as paths.
    #[serde(skip)]
    pub secrets: Vec<String>,
    /// The parameters of its path.
    pub parameters: Vec<String>,
    /// The list whose ids fill the one parameter of its path.
    pub parent: Option<String>,
    /// The entity that it is in `entities.yaml`.
    pub entity: Option<String>,
    /// Why it can't be an entity.
    pub obstacle: Option<String>,
}

/// All of them, by path.
pub fn all(spec: &Spec, configs: &[EntityConfig]) -> Vec<Endpoint> {
    spec.lists().map(|(path, schema)| endpoint(spec, configs, path, schema)).collect()
}

/// One of them; `None` where the path lists nothing.
pub fn one(spec: &Spec, configs: &[EntityConfig], path: &str) -> Option<Endpoint> {
    spec.lists().find(|(list, _)| *list == path).map(|(path, schema)| endpoint(spec, configs, path, schema))
}

fn endpoint(spec: &Spec, configs: &[EntityConfig], path: &str, schema: Option<&str>) -> Endpoint {
    let used = configs.iter().find(|config| config.endpoint == path);
    let mut found = Endpoint {
        endpoint: path.to_owned(),
        schema: schema.map(str::to_owned),
        parameters: spec::parameters(path).map(str::to_owned).collect(),
        counted: spec.counts(path),
        entity: used.map(|config| config.name.clone()),
        ..Endpoint::default()
    };
    let Some(schema) = schema else {
        found.obstacle = Some("its items have no schema of their own".to_owned());
        return found;
    };
    found.key = used.map(|config| config.key.clone()).or_else(|| key(spec, schema));
    found.info = spec.properties(schema).any(|(name, _)| name == "_info");
    if found.parameters.len() == 1 {
        found.parent = list_of_parents(spec, path).map(str::to_owned);
    }
    // What is declared to be left out is no column, and no obstacle.
    let left_out: Vec<String> =
        used.into_iter().flat_map(|config| config.sensitive.iter().chain(&config.exclude)).cloned().collect();
    let stored = |entity: &Entity| entity.shape.iter().filter(|field| field.kind != Kind::Sensitive).count();
    match alone(spec, &found, schema, &left_out) {
        Ok(entity) => {
            found.bronze_columns = Some(stored(&entity));
            found.silver_columns = Some(entity.silver.len());
        }
        Err(obstacle) => found.obstacle = Some(obstacle),
    }
    if let Ok(entity) = alone(spec, &found, schema, &[]) {
        secrets(&entity.shape, "", &mut found.secrets);
    }
    found
}

/// The entity that it would be with nothing but its key and what is left out, or why it can be none.
fn alone(spec: &Spec, found: &Endpoint, schema: &str, sensitive: &[String]) -> Result<Entity, String> {
    if found.endpoint.ends_with("/count") {
        return Err("it counts, whatever the spec says that it lists".to_owned());
    }
    match (found.parameters.len(), &found.parent) {
        (0, _) | (1, Some(_)) => {}
        (1, None) => return Err("its path needs an id of a parent that no list gives".to_owned()),
        (more, _) => return Err(format!("its path needs {more} ids, and a parent fills one")),
    }
    let Some(key) = &found.key else {
        let id = spec.properties(schema).find(|(name, _)| *name == "id");
        let kind = id.and_then(|(_, property)| property.get("type")).and_then(Value::as_str);
        return Err(match kind {
            Some("integer") => format!("the `id` of {schema} may be null: it refers to a record, and is no key"),
            Some(kind) => format!("the `id` of {schema} is a {kind}, and keys are integers"),
            None => format!("{schema} has no integer key"),
        });
    };
    let mut configs = vec![EntityConfig { sensitive: sensitive.to_vec(), ..config("Entity", &found.endpoint, key) }];
    if let Some(list) = &found.parent {
        let parent_key = spec.list_schema(list).and_then(|schema| self::key(spec, schema));
        let parent_key = parent_key.ok_or_else(|| format!("the list of its parents, {list}, has no integer key"))?;
        configs.push(config("Parent", list, &parent_key));
        configs.iter_mut().take(1).for_each(|config| config.parent = Some("Parent".to_owned()));
    }
    let mut problems = Problems::new();
    let ir = lower(spec, &configs, &mut problems);
    if let Some(problem) = problems.iter().next() {
        let what = problem.what.strip_prefix("Entity: ").unwrap_or(&problem.what);
        return Err(match what.strip_prefix("Parent: ") {
            Some(what) => format!("its parent can't be an entity: {what}"),
            None => what.to_owned(),
        });
    }
    ir.entity("Entity").cloned().ok_or_else(|| "no table can be made of it".to_owned())
}

/// The paths of the properties that are secrets by their names, at any depth. A flag or a number is none.
fn secrets(fields: &[Field], above: &str, found: &mut Vec<String>) {
    for field in fields {
        let path = format!("{above}{}", field.name);
        let mut kind = &field.kind;
        while let Kind::List(item) = kind {
            kind = item;
        }
        match kind {
            Kind::Struct(inner) => secrets(&inner.fields, &format!("{path}/"), found),
            Kind::Text | Kind::Json | Kind::Map if is_secret(&field.name) => found.push(path),
            _ => {}
        }
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRETS.iter().any(|word| name.contains(word)) && !NO_SECRETS.iter().any(|word| name.contains(word))
}

/// The key that a schema proposes: its integer `id`, else an integer that is called like a key; none that may be null.
pub fn key(spec: &Spec, schema: &str) -> Option<String> {
    let own = [format!("{schema}Id"), format!("{schema}RecId")];
    let is_integer = |property: &Value| property.get("type").and_then(Value::as_str) == Some("integer");
    let integers = || {
        let integers = spec.properties(schema).filter(|(_, property)| is_integer(property)).map(|(name, _)| name);
        integers.filter(|name| !spec.may_be_null(schema, name))
    };
    let called = |wanted: &str| integers().find(|name| name.eq_ignore_ascii_case(wanted)).cloned();
    if let Some(id) = integers().find(|name| *name == "id") {
        return Some(id.clone());
    }
    OTHER_KEYS.into_iter().chain(own.iter().map(String::as_str)).find_map(called)
}

/// An entity with nothing but what a table needs.
fn config(name: &str, endpoint: &str, key: &str) -> EntityConfig {
    EntityConfig {
        pointer: String::new(),
        place: (0, 0),
        places: BTreeMap::new(),
        name: name.to_owned(),
        endpoint: endpoint.to_owned(),
        parent: None,
        parent_ended: None,
        optional: false,
        table: format!("cw_{}", name.to_lowercase()),
        key: key.to_owned(),
        lookback_days: None,
        change_detection: ChangeDetection::FullScan,
        sensitive: Vec::new(),
        exclude: Vec::new(),
        hash: Vec::new(),
        children: Vec::new(),
        variants: Vec::new(),
        reconcile: None,
        agreement_number_caption: None,
    }
}
