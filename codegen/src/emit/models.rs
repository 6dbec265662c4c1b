//! `generated/src/models`: serde structs of the records, by typify.
//!
//! typify gets a reading form of the schemas, because reading a server needs the opposite of what they say for writing:
//! every property is optional, an enum is open (text), an integer is 64 bits wide, and what is sensitive has no field.
//! What it makes is regrouped: a schema stands in the file of the one entity that reaches it, else in `references.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use heck::ToUpperCamelCase as _;
use serde_json::{Map, Value, json};
use typify::{TypeSpace, TypeSpaceSettings};

use crate::files::GeneratedFiles;
use crate::ir::{Entity, Field, Ir, Kind, Struct};
use crate::lower::naming::{self, Names};
use crate::report::{Problem, Problems};

use super::text::{comment, header, markdown, schema_pointer};

/// The module of what more than one entity reaches.
pub(crate) const SHARED: &str = "references";

/// Emits every model and the list of them.
pub(crate) fn emit(ir: &Ir, spec_file: &str, files: &mut GeneratedFiles, problems: &mut Problems) {
    let models = Models::of(ir);
    let mut structs = match structs(&models) {
        Ok(structs) => structs,
        Err(error) => {
            problems.push(
                Problem::new(spec_file, "/components/schemas", format!("the models can't be made: {error}"))
                    .why("a schema of an entity has a form that the model generator refuses")
                    .fix("remove the entity with that schema from schema/entities.yaml to go on without"),
            );
            return;
        }
    };
    let mut modules: BTreeMap<&str, Vec<&Model>> = BTreeMap::new();
    for model in models.0.values() {
        modules.entry(model.module.as_str()).or_default().push(model);
    }
    for (module, inside) in &modules {
        let _ =
            files.insert(format!("generated/src/models/{module}.rs"), file(module, inside, &models, ir, &mut structs));
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

/// The names of the schemas' structs, in the case that typify gives them. A schema that is called as a type of Rust is
/// keeps its name; one that is not, such as `Agreement.Adjustment` where there is `AgreementAdjustment` too, has a number
/// behind it if need be.
fn names<'a>(schemas: impl Iterator<Item = &'a String>) -> BTreeMap<String, String> {
    let mut taken: BTreeSet<String> = USED.iter().map(|name| (*name).to_owned()).collect();
    let (own, others): (Vec<&String>, Vec<&String>) = schemas.partition(|schema| naming::pascal(schema) == **schema);
    let mut names = BTreeMap::new();
    for schema in own.into_iter().chain(others) {
        let wanted = naming::pascal(schema).to_upper_camel_case();
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

fn file(
    module: &str,
    inside: &[&Model],
    models: &Models,
    ir: &Ir,
    structs: &mut BTreeMap<String, syn::ItemStruct>,
) -> String {
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
        if let Some(structure) = structs.remove(&model.name) {
            out.push('\n');
            let file = syn::File { shebang: None, attrs: Vec::new(), items: vec![structure.into()] };
            out.push_str(&prettyplease::unparse(&file));
        }
    }
    out
}

fn imports(module: &str, inside: &[&Model], models: &Models) -> String {
    let mut lines: BTreeSet<&str> = BTreeSet::new();
    let mut elsewhere: BTreeSet<&str> = BTreeSet::new();
    for field in inside.iter().flat_map(|model| &model.fields) {
        let mut kind = &field.kind;
        while let Kind::List(item) = kind {
            kind = item;
        }
        match kind {
            Kind::Map => _ = lines.insert("use std::collections::BTreeMap;\n"),
            Kind::Timestamp => _ = lines.insert("use chrono::{DateTime, offset::Utc};\n"),
            Kind::Json => _ = lines.insert("use serde_json::Value;\n"),
            Kind::Struct(inner) => {
                let model = models.0.get(&inner.schema).filter(|model| model.module != module);
                elsewhere.extend(model.map(|model| model.name.as_str()));
            }
            _ => {}
        }
    }
    let mut out: String = lines.into_iter().collect();
    if !elsewhere.is_empty() {
        let names = elsewhere.into_iter().collect::<Vec<_>>().join(",\n    ");
        let _ = writeln!(out, "use super::{{\n    {names},\n}};");
    }
    out
}

/// The structs that typify makes of the reading form, by name, with their fields in the spec's order.
fn structs(models: &Models) -> Result<BTreeMap<String, syn::ItemStruct>, String> {
    let document = serde_json::from_value(reading_form(models)).map_err(|error| error.to_string())?;
    let mut settings = TypeSpaceSettings::default();
    settings.with_map_type("::std::collections::BTreeMap".to_owned());
    settings.with_derive("Default".to_owned()).with_derive("PartialEq".to_owned());
    let mut space = TypeSpace::new(&settings);
    space.add_root_schema(document).map_err(|error| error.to_string())?;
    let made: syn::File =
        syn::parse2(space.to_stream()).map_err(|error| format!("what was generated is no Rust: {error}"))?;
    let mut structs = BTreeMap::new();
    for item in made.items {
        // Conversions of a struct into itself and an error that nothing gives have no user.
        if let syn::Item::Struct(structure) = item {
            structs.insert(structure.ident.to_string(), structure);
        }
    }
    for model in models.0.values() {
        let structure = structs.get_mut(&model.name).ok_or_else(|| format!("{} became no struct", model.schema))?;
        tidy(structure, model)?;
    }
    Ok(structs)
}

/// The schemas as they have to be read: nothing is required, an enum is a text, an integer has 64 bits.
fn reading_form(models: &Models) -> Value {
    let definitions: Map<String, Value> = models
        .0
        .values()
        .map(|model| {
            let stored = model.fields.iter().filter(|field| field.kind != Kind::Sensitive);
            let properties: Map<String, Value> =
                stored.map(|field| (field.name.clone(), property(field, models))).collect();
            (model.name.clone(), json!({ "type": "object", "properties": properties }))
        })
        .collect();
    json!({ "definitions": definitions })
}

fn property(field: &Field, models: &Models) -> Value {
    let mut schema = schema(&field.kind, models);
    if let Some(object) = schema.as_object_mut() {
        if let Some(data_type) = object.get_mut("type") {
            *data_type = json!([data_type, "null"]);
        }
        if let Some(reference) = object.remove("$ref") {
            object.insert("oneOf".to_owned(), json!([{ "$ref": reference }, { "type": "null" }]));
        }
    }
    schema
}

fn schema(kind: &Kind, models: &Models) -> Value {
    match kind {
        Kind::Int => json!({ "type": "integer", "format": "int64" }),
        Kind::Float => json!({ "type": "number", "format": "double" }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Text | Kind::Hashed => json!({ "type": "string" }),
        Kind::Timestamp => json!({ "type": "string", "format": "date-time" }),
        Kind::Json | Kind::Sensitive => json!({}),
        Kind::Map => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Kind::Struct(inner) => models
            .0
            .get(&inner.schema)
            .map_or_else(|| json!({}), |model| json!({ "$ref": format!("#/definitions/{}", model.name) })),
        Kind::List(item) => json!({ "type": "array", "items": schema(item, models) }),
    }
}

/// Puts the fields in the spec's order, numbers names that clash, and leaves of the documentation what the spec says.
fn tidy(structure: &mut syn::ItemStruct, model: &Model) -> Result<(), String> {
    structure.attrs.retain(|attribute| !attribute.path().is_ident("doc"));
    structure.attrs.splice(0..0, docs(0, &format!("From {}.", model.pointer)));
    let syn::Fields::Named(fields) = &mut structure.fields else {
        return Err(format!("{} has no named fields", model.schema));
    };
    let mut made: BTreeMap<String, syn::Field> =
        std::mem::take(&mut fields.named).into_iter().map(|field| (json_name(&field), field)).collect();
    let mut names = Names::default();
    for documented in model.fields.iter().filter(|field| field.kind != Kind::Sensitive) {
        let json = &documented.name;
        let mut field = made.remove(json).ok_or_else(|| format!("{} lacks the field {json}", model.schema))?;
        let wanted = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
        let name = names.take(&wanted);
        field.ident = Some(syn::parse_str(&name).map_err(|error| format!("{name}: {error}"))?);
        field.attrs = docs(4, &markdown(&documented.doc.line()));
        field.attrs.push(if *json == name {
            syn::parse_quote!(#[serde(skip_serializing_if = "Option::is_none")])
        } else {
            syn::parse_quote!(#[serde(rename = #json, skip_serializing_if = "Option::is_none")])
        });
        shorten(&mut field.ty);
        fields.named.push(field);
    }
    Ok(())
}

/// A text as attributes, a line each.
fn docs(indent: usize, text: &str) -> Vec<syn::Attribute> {
    let mut lines = String::new();
    comment(&mut lines, indent, "", text);
    lines.lines().map(|line| format!(" {}", line.trim())).map(|line| syn::parse_quote!(#[doc = #line])).collect()
}

/// The name that a field has in the JSON.
fn json_name(field: &syn::Field) -> String {
    let mut renamed = None;
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // Other arguments have no value, or another one.
        let _ = attribute.parse_nested_meta(|meta| {
            let value = meta.value().and_then(|value| value.parse::<syn::LitStr>());
            if meta.path.is_ident("rename") {
                renamed = Some(value?.value());
            }
            Ok(())
        });
    }
    renamed.or_else(|| field.ident.as_ref().map(ToString::to_string)).unwrap_or_default()
}

/// Leaves of a type's path its name: the file imports it, or it is in the prelude.
fn shorten(data_type: &mut syn::Type) {
    let syn::Type::Path(path) = data_type else { return };
    let Some(mut last) = path.path.segments.pop().map(syn::punctuated::Pair::into_value) else { return };
    if let syn::PathArguments::AngleBracketed(arguments) = &mut last.arguments {
        for argument in &mut arguments.args {
            if let syn::GenericArgument::Type(inner) = argument {
                shorten(inner);
            }
        }
    }
    path.path = last.into();
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
