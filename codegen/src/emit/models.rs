//! `generated/src/models`: serde structs of the records.
//!
//! They are written down here and not by typify, because reading a server needs the opposite of what the schemas say
//! for writing: every property is optional, an enum is open (text), an integer is 64 bits wide, and what is sensitive
//! has no field. A schema stands in the file of the one entity that reaches it, else in `references.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::files::GeneratedFiles;
use crate::ir::{Entity, Field, Ir, Kind, Struct};
use crate::lower::naming::{self, Names};

use super::text::{doc, header, quoted, schema_pointer};

/// The module of what more than one entity reaches.
pub(crate) const SHARED: &str = "references";

/// Emits every model and the list of them.
pub(crate) fn emit(ir: &Ir, files: &mut GeneratedFiles) {
    let models = Models::of(ir);
    let mut modules: BTreeMap<&str, Vec<&Model>> = BTreeMap::new();
    for model in models.0.values() {
        modules.entry(model.module.as_str()).or_default().push(model);
    }
    for (module, inside) in &modules {
        let _ = files.insert(format!("generated/src/models/{module}.rs"), file(module, inside, &models, ir));
    }
    let mut out = header("/components/schemas");
    out.push_str("//! The records as structs, and the structures that they hold.\n//!\n");
    out.push_str("//! Every property is optional and every enum is text, so a record never fails for what a newer\n");
    out.push_str("//! server adds. Properties that are sensitive have no field.\n\n");
    for module in modules.keys() {
        let _ = writeln!(out, "pub mod {module};");
    }
    out.push('\n');
    for (module, inside) in &modules {
        let names: Vec<&str> = inside.iter().map(|model| model.name.as_str()).collect();
        let _ = writeln!(out, "pub use self::{module}::{{\n    {},\n}};", names.join(",\n    "));
    }
    files.add_module("models", "The records as structs.");
    let _ = files.insert("generated/src/models/mod.rs", out);
}

/// The types that the structs are written with; none of them has such a name.
const USED: [&str; 10] =
    ["BTreeMap", "DateTime", "Deserialize", "Option", "Self", "Serialize", "String", "Utc", "Value", "Vec"];

/// A schema that becomes a struct.
struct Model {
    schema: String,
    pointer: String,
    name: String,
    module: String,
    fields: Vec<Field>,
}

/// The models by schema.
struct Models(BTreeMap<String, Model>);

/// What is known of a schema while the entities are walked.
#[derive(Default)]
struct Reached<'a> {
    modules: BTreeSet<&'a str>,
    top_of: BTreeSet<&'a str>,
    pointer: String,
    fields: Vec<Field>,
}

impl Models {
    fn of(ir: &Ir) -> Self {
        let mut reached: BTreeMap<String, Reached<'_>> = BTreeMap::new();
        for entity in &ir.entities {
            let entry = reached.entry(entity.schema.clone()).or_default();
            entry.top_of.insert(&entity.module);
            reach(entity, &entity.schema, &schema_pointer(&entity.schema), sent(entity), &mut reached);
        }
        let names = names(reached.keys());
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
}

/// The names of the schemas' structs. A schema that is called as a type of Rust is keeps its name; one that is not,
/// such as `Agreement.Adjustment` where there is `AgreementAdjustment` too, has a number behind it if need be.
fn names<'a>(schemas: impl Iterator<Item = &'a String>) -> BTreeMap<String, String> {
    let mut taken: BTreeSet<String> = USED.iter().map(|name| (*name).to_owned()).collect();
    let (own, others): (Vec<&String>, Vec<&String>) = schemas.partition(|schema| naming::pascal(schema) == **schema);
    let mut names = BTreeMap::new();
    for schema in own.into_iter().chain(others) {
        let wanted = naming::pascal(schema);
        let (mut name, mut number) = (wanted.clone(), 1_usize);
        while !taken.insert(name.clone()) {
            number += 1;
            name = format!("{wanted}{number}");
        }
        names.insert(schema.clone(), name);
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
    entity: &'a Entity,
    schema: &str,
    pointer: &str,
    fields: &'a [Field],
    reached: &mut BTreeMap<String, Reached<'a>>,
) {
    let entry = reached.entry(schema.to_owned()).or_default();
    entry.modules.insert(&entity.module);
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
            reach(entity, &inner.schema, &inner.pointer, &inner.fields, reached);
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

fn file(module: &str, inside: &[&Model], models: &Models, ir: &Ir) -> String {
    let entity = ir.entities.iter().find(|entity| entity.module == module);
    let mut out = match entity {
        Some(entity) => header(&schema_pointer(&entity.schema)),
        None => header("/components/schemas"),
    };
    match entity {
        Some(entity) => {
            let _ = writeln!(
                out,
                "//! {}: a record of `{}`, and what no other entity holds.",
                entity.name, entity.endpoint
            );
        }
        None => out.push_str("//! Structures that more than one entity holds.\n"),
    }
    out.push('\n');
    out.push_str(&imports(module, inside, models));
    let top = entity.map(|entity| entity.schema.as_str()).unwrap_or_default();
    // The entity's own struct comes first.
    let (own, others): (Vec<&Model>, Vec<&Model>) = inside.iter().partition(|model| model.schema == top);
    for model in own.into_iter().chain(others) {
        structure(&mut out, model, models);
    }
    out
}

fn imports(module: &str, inside: &[&Model], models: &Models) -> String {
    let mut lines = BTreeSet::from(["use serde::{Deserialize, Serialize};".to_owned()]);
    let mut elsewhere: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for field in inside.iter().flat_map(|model| &model.fields) {
        let mut kind = &field.kind;
        while let Kind::List(item) = kind {
            kind = item;
        }
        match kind {
            Kind::Map => {
                lines.insert("use std::collections::BTreeMap;".to_owned());
            }
            Kind::Timestamp => {
                lines.insert("use chrono::{DateTime, Utc};".to_owned());
            }
            Kind::Json => {
                lines.insert("use serde_json::Value;".to_owned());
            }
            Kind::Struct(inner) => {
                if let Some(model) = models.0.get(&inner.schema).filter(|model| model.module != module) {
                    elsewhere.entry(&model.module).or_default().insert(&model.name);
                }
            }
            _ => {}
        }
    }
    let mut out = lines.into_iter().collect::<Vec<_>>().join("\n");
    out.push('\n');
    for (module, names) in elsewhere {
        let _ = writeln!(out, "\nuse super::{module}::{{");
        for name in names {
            let _ = writeln!(out, "    {name},");
        }
        out.push_str("};\n");
    }
    out
}

fn structure(out: &mut String, model: &Model, models: &Models) {
    let _ = writeln!(out, "\n/// From {}.", model.pointer);
    out.push_str("#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]\n");
    let _ = writeln!(out, "pub struct {} {{", model.name);
    let mut names = Names::default();
    for field in model.fields.iter().filter(|field| field.kind != Kind::Sensitive) {
        let name = names.take(&naming::ident(&field.name));
        doc(out, 4, &field.doc.line());
        let rename = if name == field.name { String::new() } else { format!("rename = {}, ", quoted(&field.name)) };
        let _ = writeln!(out, "    #[serde({rename}skip_serializing_if = \"Option::is_none\")]");
        let _ = writeln!(out, "    pub {name}: Option<{}>,", rust_type(&field.kind, models));
    }
    out.push_str("}\n");
}

fn rust_type(kind: &Kind, models: &Models) -> String {
    match kind {
        Kind::Int => "i64".to_owned(),
        Kind::Float => "f64".to_owned(),
        Kind::Bool => "bool".to_owned(),
        Kind::Text | Kind::Hashed => "String".to_owned(),
        Kind::Timestamp => "DateTime<Utc>".to_owned(),
        Kind::Json | Kind::Sensitive => "Value".to_owned(),
        Kind::Map => "BTreeMap<String, String>".to_owned(),
        Kind::Struct(inner) => {
            models.0.get(&inner.schema).map_or_else(|| "Value".to_owned(), |model| model.name.clone())
        }
        Kind::List(item) => format!("Vec<{}>", rust_type(item, models)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(schemas: &[&str]) -> Vec<String> {
        let schemas: BTreeSet<String> = schemas.iter().map(|schema| (*schema).to_owned()).collect();
        names(schemas.iter()).into_iter().map(|(schema, name)| format!("{schema} {name}")).collect()
    }

    #[test]
    fn a_schema_keeps_its_name_whatever_others_are_called() {
        assert_eq!(named(&["A.B"]), ["A.B AB"]);
        // In the order of their texts, `A.B` comes before `AB`.
        assert_eq!(named(&["A.B", "AB"]), ["A.B AB2", "AB AB"]);
        assert_eq!(named(&["A.B", "AB", "AB2", "a_b"]), ["A.B AB3", "AB AB", "AB2 AB2", "a_b AB4"]);
    }

    #[test]
    fn no_struct_is_called_like_a_type_that_structs_are_written_with() {
        assert_eq!(named(&["Value", "option", "self"]), ["Value Value2", "option Option2", "self Self2"]);
    }
}
