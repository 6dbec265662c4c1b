//! Which operations the client gets: each entity's count, and `/system/info`.
//!
//! Lists and single records are read by the page reader and have no operation: it knows which properties may be asked
//! for, and in how many requests. An operation is made anew of what the client needs of it, so that
//! no oddity of the spec reaches the client generator. Header parameters are left out: clientId is a credential, and
//! the transport sends it by itself.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fixups;
use crate::ir::{Entity, Kind, Operation, Parameter, Returns, Struct};
use crate::spec::{self, Spec};

use super::naming::{self, Names};
use super::shape;

/// The path that tells the server's version.
const SYSTEM_INFO: &str = "/system/info";

/// The operations that the spec has, sorted by path.
pub(super) fn select(spec: &Spec, entities: &[Entity]) -> Vec<Operation> {
    let mut wanted = BTreeMap::new();
    for entity in entities {
        let (name, path) = (&entity.name, &entity.endpoint);
        wanted.insert(spec::count_path(path), (format!("Counts {name} records"), Returns::Count(name.clone())));
    }
    let summary = "Reads the server's version, time zone and licences".to_owned();
    wanted.insert(SYSTEM_INFO.to_owned(), (summary, Returns::Info));
    let mut names = Names::default();
    wanted
        .into_iter()
        .filter_map(|(path, (summary, returns))| {
            let get = spec.operations.get(&path)?;
            let id = get.get("operationId").and_then(Value::as_str).map(naming::ident);
            let id = id.filter(|id| id != "unnamed").unwrap_or_else(|| naming::ident(&format!("get{path}")));
            let parameters = parameters(spec, &path, get, taken_by(&returns));
            Some(Operation { id: names.take(&id), path, summary, parameters, returns })
        })
        .collect()
}

/// What `/system/info` returns, where the spec says it.
pub(super) fn info(spec: &Spec) -> Option<Struct> {
    let content = spec.operations.get(SYSTEM_INFO)?.pointer("/responses/200/content")?.as_object()?;
    let reference = content.values().find_map(|media| media.pointer("/schema/$ref"))?;
    shape::structure(spec, reference.as_str()?)
}

/// The parameters of the query that mean something to an operation: the spec gives each those of a list.
fn taken_by(returns: &Returns) -> &'static [&'static str] {
    match returns {
        Returns::Info => &[],
        Returns::Count(_) => &["conditions", "childConditions", "customFieldConditions"],
    }
}

/// The parameters of the path, in its order, and then those of the query, in the spec's.
fn parameters(spec: &Spec, path: &str, get: &Value, taken: &[&str]) -> Vec<Parameter> {
    let own = get.get("parameters").and_then(Value::as_array).into_iter().flatten();
    let declared: Vec<&Value> = own
        .chain(spec.shared_parameters(path))
        .map(|parameter| {
            let reference = parameter.get("$ref").and_then(Value::as_str);
            reference.and_then(|reference| spec.resolve(reference)).map_or(parameter, |(_, resolved)| resolved)
        })
        .filter(|parameter| !fixups::is_credential_header(parameter))
        .collect();
    let text = |parameter: &Value, key: &str| parameter.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut parameters: Vec<Parameter> = Vec::new();
    for name in spec::parameters(path) {
        let is_it = |parameter: &&&Value| {
            text(parameter, "in").as_deref() == Some("path") && text(parameter, "name").as_deref() == Some(name)
        };
        let kind = declared.iter().find(is_it).map_or(Kind::Int, |parameter| kind(parameter));
        parameters.push(Parameter { name: name.to_owned(), in_path: true, required: true, kind });
    }
    for parameter in declared {
        let Some(name) = text(parameter, "name").filter(|name| is_plain(name)) else { continue };
        let known = |known: &Parameter| naming::ident(&known.name) == naming::ident(&name);
        let required = parameter.get("required").and_then(Value::as_bool).unwrap_or(false);
        let wanted = required || taken.contains(&name.as_str());
        if wanted && text(parameter, "in").as_deref() == Some("query") && !parameters.iter().any(known) {
            parameters.push(Parameter { name, in_path: false, required, kind: kind(parameter) });
        }
    }
    parameters
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn kind(parameter: &Value) -> Kind {
    match parameter.pointer("/schema/type").and_then(Value::as_str) {
        Some("integer") => Kind::Int,
        Some("number") => Kind::Float,
        Some("boolean") => Kind::Bool,
        _ => Kind::Text,
    }
}
