//! Structs, by typify, of a reading form of the schemas.
//!
//! Reading a server needs the opposite of what schemas say for writing: every property is optional and may be null, an
//! enum is open (text), an integer is 64 bits wide, and what is sensitive has no field.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use typify::{TypeSpace, TypeSpaceSettings};

use crate::ir::{Field, Kind};
use crate::lower::naming::Names;

use super::model::{Model, Models};
use super::text::{comment, markdown};

/// The structs that typify makes of the reading form, by name, with their fields in the spec's order.
pub(super) fn structs(models: &Models) -> Result<BTreeMap<String, syn::ItemStruct>, String> {
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
        Kind::Map => json!({ "type": "object", "additionalProperties": { "type": ["string", "null"] } }),
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
