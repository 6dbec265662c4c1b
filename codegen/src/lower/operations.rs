//! Which operations the client gets: each entity's list, its count, one record by id, and `/system/info`.

use std::collections::BTreeMap;

use crate::ir::{Entity, Operation};
use crate::spec::Spec;

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
            let get = spec.operations.get(&path)?.clone();
            Some(Operation { path, summary, get })
        })
        .collect()
}
