//! Which operations the client gets: each entity's list, its count, one record by id, and `/system/info`.
//!
//! An operation is made anew of what the client needs of it, so that no oddity of the spec reaches the client
//! generator. Header parameters are left out: clientId is a credential, and the HTTP client sends it by itself.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fixups;
use crate::ir::{Entity, Kind, Operation, Parameter};
use crate::spec::{self, Spec};

use super::naming::{self, Names};

/// The path that tells the server's version.
const SYSTEM_INFO: &str = "/system/info";

/// The operations that the spec has, sorted by path.
pub(super) fn select(spec: &Spec, entities: &[Entity]) -> Vec<Operation> {
    let mut wanted = BTreeMap::new();
    for entity in entities {
        let (name, path) = (&entity.name, &entity.endpoint);
        wanted.insert(path.clone(), format!("Lists {name} records"));
        let below = path.trim_end_matches('/');
        wanted.insert(spec::count_path(path), format!("Counts {name} records"));
        wanted.insert(format!("{below}/{{{}}}", entity.key), format!("Reads one {name} by its `{}`", entity.key));
    }
    wanted.insert(SYSTEM_INFO.to_owned(), "Reads the server's version, time zone and licences".to_owned());
    let mut names = Names::default();
    wanted
        .into_iter()
        .filter_map(|(path, summary)| {
            let get = spec.operations.get(&path)?;
            let id = get.get("operationId").and_then(Value::as_str).map(naming::ident);
            let id = id.filter(|id| id != "unnamed").unwrap_or_else(|| naming::ident(&format!("get{path}")));
            let parameters = parameters(spec, &path, get);
            Some(Operation { id: names.take(&id), path, summary, parameters })
        })
        .collect()
}

/// The parameters of the path, in its order, and then those of the query, in the spec's.
fn parameters(spec: &Spec, path: &str, get: &Value) -> Vec<Parameter> {
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
        if text(parameter, "in").as_deref() == Some("query") && !parameters.iter().any(known) {
            let required = parameter.get("required").and_then(Value::as_bool).unwrap_or(false);
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
