//! Which operations the client gets: each entity's list, its count, one record by id, and `/system/info`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::ir::{Entity, Operation};
use crate::spec::Spec;

use super::naming;

/// The path that tells the server's version.
const SYSTEM_INFO: &str = "/system/info";

/// The operations that the spec has, sorted by path.
pub(super) fn select(spec: &Spec, entities: &[Entity]) -> Vec<Operation> {
    let mut wanted = BTreeMap::new();
    for entity in entities {
        let (name, path) = (&entity.name, &entity.endpoint);
        wanted.insert(path.clone(), format!("Lists {name} records."));
        wanted.insert(format!("{path}/count"), format!("Counts {name} records."));
        wanted.insert(format!("{path}/{{{}}}", entity.key), format!("Reads one {name} by its `{}`.", entity.key));
    }
    wanted.insert(SYSTEM_INFO.to_owned(), "Reads the server's version, time zone and licences.".to_owned());
    wanted
        .into_iter()
        .filter_map(|(path, summary)| {
            let mut get = spec.operations.get(&path)?.clone();
            complete(spec, &path, get.as_object_mut()?);
            Some(Operation { path, summary, get })
        })
        .collect()
}

/// Gives an operation a name where it has none, and its parameters in one list without references.
fn complete(spec: &Spec, path: &str, get: &mut Map<String, Value>) {
    get.entry("operationId").or_insert_with(|| json!(format!("get{}", naming::pascal(path))));
    let mut parameters: Vec<Value> = Vec::new();
    let own = get.get("parameters").and_then(Value::as_array).into_iter().flatten();
    for parameter in own.chain(spec.shared_parameters(path)) {
        let reference = parameter.get("$ref").and_then(Value::as_str);
        let parameter = match reference.and_then(|reference| spec.resolve(reference)) {
            Some((_, resolved)) => resolved,
            None => parameter,
        };
        let same = |known: &Value| known.get("name") == parameter.get("name") && known.get("in") == parameter.get("in");
        if !parameters.iter().any(same) {
            parameters.push(parameter.clone());
        }
    }
    get.insert("parameters".to_owned(), Value::Array(parameters));
}
