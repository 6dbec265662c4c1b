//! `generated/src/models`: serde structs of the records, a file an entity.
//!
//! A schema stands in the file of the one entity that reaches it, else in `references.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::files::GeneratedFiles;
use crate::ir::{Ir, Kind};
use crate::report::{Problem, Problems};

use super::model::{Model, Models, SYSTEM};
use super::structs::structs;
use super::text::{header, schema_pointer};

/// Emits every model and the list of them.
pub(crate) fn emit(ir: &Ir, models: &Models, spec_file: &str, files: &mut GeneratedFiles, problems: &mut Problems) {
    let mut structs = match structs(models) {
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
            files.insert(format!("generated/src/models/{module}.rs"), file(module, inside, models, ir, &mut structs));
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

fn file(
    module: &str,
    inside: &[&Model],
    models: &Models,
    ir: &Ir,
    structs: &mut BTreeMap<String, syn::ItemStruct>,
) -> String {
    let entity = ir.entities.iter().find(|entity| entity.module == module);
    let (mut out, about) = match (entity, &ir.info) {
        (Some(entity), _) => (
            header(&schema_pointer(&entity.schema)),
            format!("{}: a record of `{}`, and what no other entity holds.", entity.name, entity.endpoint),
        ),
        (None, Some(info)) if module == SYSTEM => {
            (header(&info.pointer), "The server's version, time zone and licences.".to_owned())
        }
        _ => (header("/components/schemas"), "Structures that more than one entity holds.".to_owned()),
    };
    let _ = writeln!(out, "//! {about}");
    let mut imports = imports(module, inside, models);
    if entity.is_some() {
        imports.push_str("use super::super::tables;\nuse connectwise_runtime::{Entity, Table};\n");
    }
    if !imports.is_empty() {
        out.push('\n');
        out.push_str(&imports);
    }
    let top = match entity {
        Some(entity) => models.of_entity(ir, entity),
        None => ir.info.as_ref().and_then(|info| models.of_schema(&info.schema)),
    };
    // The entity's own struct comes first.
    let (own, others): (Vec<&Model>, Vec<&Model>) = inside.iter().partition(|model| Some(model.name.as_str()) == top);
    for model in own.into_iter().chain(others) {
        let Some(structure) = structs.remove(&model.name) else { continue };
        out.push('\n');
        let file = syn::File { shebang: None, attrs: Vec::new(), items: vec![structure.into()] };
        out.push_str(&prettyplease::unparse(&file));
        if entity.is_some() && Some(model.name.as_str()) == top {
            let name = &model.name;
            let _ = write!(
                out,
                "\nimpl Entity for {name} {{\n    const TABLE: &'static Table = &tables::{module}::TABLE;\n}}\n"
            );
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
