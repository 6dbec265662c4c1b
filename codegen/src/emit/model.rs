//! Models: which schemas become structs, what the structs are called, and whose file they stand in.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase as _;

use crate::ir::{Entity, Field, Ir, Kind, Struct};
use crate::lower::naming;

use super::text::schema_pointer;

/// The module of what more than one entity reaches.
const SHARED: &str = "references";

/// The module of what the server says of itself.
pub(super) const SYSTEM: &str = "system_info";

/// The types that models and operations are written with; no struct has such a name.
const USED: [&str; 13] = [
    "BTreeMap",
    "Count",
    "DateTime",
    "Deserialize",
    "Entity",
    "Option",
    "Self",
    "Serialize",
    "String",
    "Table",
    "Utc",
    "Value",
    "Vec",
];

/// A schema that becomes a struct.
pub(super) struct Model {
    pub(super) schema: String,
    pub(super) pointer: String,
    pub(super) name: String,
    pub(super) module: String,
    pub(super) fields: Vec<Field>,
}

/// The models by schema. A schema that the records of several entities have is a model of each.
pub(crate) struct Models(pub(super) BTreeMap<String, Model>);

/// What is known of a schema while the entities are walked.
#[derive(Default)]
struct Reached<'a> {
    modules: BTreeSet<&'a str>,
    top_of: BTreeSet<&'a str>,
    wanted: String,
    pointer: String,
    fields: Vec<Field>,
}

impl Models {
    /// The models of all entities, and of what the server says of itself.
    pub(crate) fn of(ir: &Ir) -> Self {
        let mut reached: BTreeMap<String, Reached<'_>> = BTreeMap::new();
        for entity in &ir.entities {
            let (key, wanted) = top(ir, entity);
            let entry = reached.entry(key.clone()).or_default();
            entry.top_of.insert(&entity.module);
            entry.wanted = wanted;
            reach(&entity.module, &key, &schema_pointer(&entity.schema), sent(entity), &mut reached);
        }
        if let Some(info) = &ir.info {
            reach(SYSTEM, &info.schema, &info.pointer, &info.fields, &mut reached);
        }
        let names = names(reached.iter().map(|(schema, reached)| (schema.as_str(), reached.wanted.as_str())));
        let models = reached.into_iter().map(|(schema, reached)| {
            let owners = if reached.top_of.is_empty() { &reached.modules } else { &reached.top_of };
            let module = match (owners.len(), owners.first()) {
                (1, Some(only)) => (*only).to_owned(),
                _ => SHARED.to_owned(),
            };
            let name = names.get(&schema).cloned().unwrap_or_default();
            (schema.clone(), Model { schema, pointer: reached.pointer, name, module, fields: reached.fields })
        });
        Self(models.collect())
    }

    /// The struct of an entity's records.
    pub(crate) fn of_entity(&self, ir: &Ir, entity: &Entity) -> Option<&str> {
        self.of_schema(&top(ir, entity).0)
    }

    /// The struct of a schema.
    pub(crate) fn of_schema(&self, schema: &str) -> Option<&str> {
        self.0.get(schema).map(|model| model.name.as_str())
    }
}

/// What the model of an entity is found by, and how its struct is to be called: as the schema is, or as the entity is
/// where other entities have the schema too, for a struct belongs to one table.
fn top(ir: &Ir, entity: &Entity) -> (String, String) {
    if ir.entities.iter().filter(|other| other.schema == entity.schema).count() == 1 {
        return (entity.schema.clone(), naming::pascal(&entity.schema));
    }
    (format!("{} of {}", entity.schema, entity.name), naming::pascal(&entity.name))
}

/// The names of the schemas' structs, in the case that typify gives them. A schema that is called as a type of Rust is
/// keeps its name; one that is not, such as `Agreement.Adjustment` where there is `AgreementAdjustment` too, has a number
/// behind it if need be.
fn names<'a>(schemas: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, String> {
    let mut taken: BTreeSet<String> = USED.iter().map(|name| (*name).to_owned()).collect();
    let schemas = schemas.map(|(schema, wanted)| match wanted {
        "" => (schema, naming::pascal(schema)),
        wanted => (schema, wanted.to_owned()),
    });
    let (own, others): (Vec<_>, Vec<_>) = schemas.partition(|(schema, wanted)| wanted == schema);
    let mut names = BTreeMap::new();
    for (schema, wanted) in own.into_iter().chain(others) {
        let wanted = wanted.to_upper_camel_case();
        let (mut name, mut number) = (wanted.clone(), 1_usize);
        while !taken.insert(name.clone()) {
            number += 1;
            name = format!("{wanted}{number}");
        }
        names.insert(schema.to_owned(), name);
    }
    names
}

/// The properties that the API sends: without the column of the parent's id, which stands at the end where it was
/// added. Another entity may have the same schema and another parent, or none.
fn sent(entity: &Entity) -> &[Field] {
    let added = entity.parent.as_ref().is_some_and(|parent| !parent.in_record);
    let end = entity.shape.len().saturating_sub(usize::from(added));
    entity.shape.get(..end).unwrap_or_default()
}

fn reach<'a>(
    module: &'a str,
    schema: &str,
    pointer: &str,
    fields: &'a [Field],
    reached: &mut BTreeMap<String, Reached<'a>>,
) {
    let entry = reached.entry(schema.to_owned()).or_default();
    entry.modules.insert(module);
    pointer.clone_into(&mut entry.pointer);
    if entry.fields.is_empty() {
        entry.fields = fields.to_vec();
    } else {
        // What is sensitive in one place is left out of the model that all places share.
        for (known, field) in entry.fields.iter_mut().zip(fields) {
            if field.kind == Kind::Sensitive {
                known.kind = Kind::Sensitive;
            }
        }
    }
    for field in fields {
        if let Some(inner) = inner(&field.kind) {
            reach(module, &inner.schema, &inner.pointer, &inner.fields, reached);
        }
    }
}

fn inner(kind: &Kind) -> Option<&Struct> {
    match kind {
        Kind::Struct(inner) => Some(inner),
        Kind::List(item) => inner(item),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(schemas: &[&str]) -> Vec<String> {
        let schemas: BTreeSet<&str> = schemas.iter().copied().collect();
        names(schemas.into_iter().map(|schema| (schema, "")))
            .into_iter()
            .map(|(schema, name)| format!("{schema} {name}"))
            .collect()
    }

    #[test]
    fn a_schema_keeps_its_name_whatever_others_are_called() {
        assert_eq!(named(&["A.B", "SLAReference"]), ["A.B Ab", "SLAReference SlaReference"]);
        // In the order of their texts, `A.B` comes before `AB`.
        assert_eq!(named(&["A.B", "AB"]), ["A.B Ab2", "AB Ab"]);
        assert_eq!(named(&["A.B", "AB", "AB2", "a_b"]), ["A.B Ab3", "AB Ab", "AB2 Ab2", "a_b Ab4"]);
    }

    #[test]
    fn no_struct_is_called_like_a_type_that_structs_are_written_with() {
        assert_eq!(named(&["Value", "option", "self"]), ["Value Value2", "option Option2", "self Self2"]);
    }
}
