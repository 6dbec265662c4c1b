//! `generated/src/tables`: an entity's static description, one file an entity.
//!
//! A schema's shape stands once in each file that reaches it, so a change of the schema shows in the files of the
//! entities that it concerns and nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::files::GeneratedFiles;
use crate::ir::{ChangeDetection, Child, Entity, Field, Ir, Kind, SilverColumn, Source, Struct};
use crate::lower::naming::snake;

use super::text::{comment, header, quoted, quoted_list, schema_pointer};

/// Emits every table and the list of them.
pub(crate) fn emit(ir: &Ir, files: &mut GeneratedFiles) {
    files.add_module("tables", "The tables: shapes, keys, silver columns; one module an entity.");
    let _ = files.insert("generated/src/tables/mod.rs", list(ir));
    for entity in &ir.entities {
        let _ = files.insert(format!("generated/src/tables/{}.rs", entity.module), table(entity));
    }
}

fn list(ir: &Ir) -> String {
    let mut out = header("schema/entities.yaml");
    out.push_str("//! The tables of the entities.\n\nuse connectwise_runtime::shape::Table;\n\n");
    for entity in &ir.entities {
        let _ = writeln!(out, "pub mod {};", entity.module);
    }
    let _ = write!(
        out,
        "\n/// The version of the spec that the tables come from.\npub const SPEC_VERSION: &str = {};\n",
        quoted(&ir.version)
    );
    out.push_str("\n/// All of them, by name.\npub static TABLES: &[&Table] = &[\n");
    for entity in &ir.entities {
        let _ = writeln!(out, "    &{}::TABLE,", entity.module);
    }
    out.push_str(
        "];\n\n\
         /// The table of an entity, by the entity's name or one of its variants'.\n\
         pub fn by_entity(name: &str) -> Option<&'static Table> {\n\
         \x20   TABLES\n\
         \x20       .iter()\n\
         \x20       .copied()\n\
         \x20       .find(|table| table.entity == name || table.variants.iter().any(|variant| variant.name == name))\n\
         }\n",
    );
    out
}

fn table(entity: &Entity) -> String {
    let mut out = header(&schema_pointer(&entity.schema));
    let _ = writeln!(out, "//! {}: the records of `{}`.\n", entity.name, entity.endpoint);
    let shapes = Shapes::of(entity);
    out.push_str(&imports(entity));
    let _ = writeln!(out, "/// Bronze and silver `{}`.", entity.table);
    out.push_str("pub static TABLE: Table = Table {\n");
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(out, "    {name}: {value},");
    };
    line("entity", &quoted(&entity.name));
    line("table", &quoted(&entity.table));
    line("endpoint", &quoted(&entity.endpoint));
    line("counted", if entity.counted { "true" } else { "false" });
    line("parent", &parent(entity));
    line("optional", if entity.optional { "true" } else { "false" });
    line("schema", &quoted(&entity.schema));
    line("key", &quoted(&entity.key));
    line("lookback_days", &entity.lookback_days.map_or_else(|| "None".to_owned(), |days| format!("Some({days})")));
    let detection = match entity.change_detection {
        ChangeDetection::LastUpdated => "LastUpdated",
        ChangeDetection::Snapshot => "Snapshot",
        ChangeDetection::FullScan => "FullScan",
    };
    line("change_detection", &format!("ChangeDetection::{detection}"));
    let variants = entity.variants.iter().map(|variant| {
        let (name, having) = (quoted(&variant.name), quoted(&variant.having));
        format!("Variant {{ name: {name}, having: {having}, lookback_days: {} }}", variant.lookback_days)
    });
    line("variants", &format!("&[{}]", variants.collect::<Vec<_>>().join(", ")));
    line("sensitive", &quoted_list(entity.sensitive.iter().map(String::as_str)));
    line("excluded", &quoted_list(entity.excluded.iter().map(String::as_str)));
    line("hashed", &quoted_list(entity.hashed.iter().map(String::as_str)));
    line("reconcile", &quoted_list(entity.reconcile.iter().map(String::as_str)));
    line("shape", "SHAPE");
    line("silver", "SILVER");
    line("children", "CHILDREN");
    out.push_str("};\n");
    functions(&mut out, entity);
    let doc = format!("/// The bronze columns, from {}.", schema_pointer(&entity.schema));
    fields(&mut out, &doc, "SHAPE", &entity.shape, &shapes);
    out.push_str("\n/// The silver columns, without the `_etl_…` ones.\nconst SILVER: &[SilverColumn] = &[\n");
    columns(&mut out, 4, &entity.silver);
    out.push_str("];\n\n/// The lists that are silver tables too.\nconst CHILDREN: &[Child] = &[\n");
    for entry in &entity.children {
        child(&mut out, entry);
    }
    out.push_str("];\n");
    for (name, inner) in &shapes.named {
        let doc = format!("/// From {}.", inner.pointer);
        fields(&mut out, &doc, name, &inner.fields, &shapes);
    }
    out
}

/// Whose ids fill the path's parameter, as an expression.
fn parent(entity: &Entity) -> String {
    let Some(parent) = &entity.parent else { return "None".to_owned() };
    let (name, parameter) = (quoted(&parent.entity), quoted(&parent.parameter));
    let path = quoted_list(parent.path.iter().map(String::as_str));
    let in_record = parent.in_record;
    let ended = parent.ended.as_ref().map_or_else(
        || "None".to_owned(),
        |ended| format!("Some(ParentEnded {{ property: {}, days: {} }})", quoted(&ended.property), ended.days),
    );
    format!(
        "Some(Parent {{ entity: {name}, parameter: {parameter}, path: {path}, in_record: {in_record}, ended: {ended} }})"
    )
}

/// The engine's functions with this table filled in.
fn functions(out: &mut String, entity: &Entity) {
    let table = &entity.table;
    let _ = write!(
        out,
        "\n/// The schema of bronze `{table}`.\n\
         pub fn schema() -> SchemaRef {{\n    connectwise_runtime::bronze_schema(&TABLE)\n}}\n\
         \n/// A decoder of pages of `{}` into batches of bronze `{table}`.\n\
         pub fn decoder() -> Decoder {{\n    Decoder::new(&TABLE)\n}}\n\
         \n/// Bronze rows as rows of silver `{table}`.\n///\n/// # Errors\n\
         /// Where the batch does not have the columns of [`schema`].\n\
         pub fn flatten(bronze: &RecordBatch) -> Result<RecordBatch, FlattenError> {{\n    \
         connectwise_runtime::flatten(&TABLE, bronze)\n}}\n",
        entity.endpoint
    );
}

fn imports(entity: &Entity) -> String {
    let mut names = BTreeSet::from(["ChangeDetection", "Child", "Field", "Kind", "SilverColumn", "Table"]);
    let columns = entity.silver.iter().chain(entity.children.iter().flat_map(|child| &child.columns));
    if columns.count() > 0 {
        names.insert("Source");
    }
    if let Some(parent) = &entity.parent {
        names.insert("Parent");
        names.extend(parent.ended.as_ref().map(|_| "ParentEnded"));
    }
    if !entity.variants.is_empty() {
        names.insert("Variant");
    }
    let names: Vec<&str> = names.into_iter().collect();
    format!(
        "use arrow_array::RecordBatch;\nuse arrow_schema::SchemaRef;\n\
         use connectwise_runtime::shape::{{{}}};\n\
         use connectwise_runtime::{{Decoder, FlattenError}};\n\n",
        names.join(", ")
    )
}

fn fields(out: &mut String, doc: &str, name: &str, fields: &[Field], shapes: &Shapes<'_>) {
    let _ = write!(out, "\n{doc}\nconst {name}: &[Field] = &[\n");
    for field in fields {
        comment(out, 4, "//", &field.doc.line());
        let _ = writeln!(out, "    Field {{ name: {}, kind: {} }},", quoted(&field.name), shapes.kind(&field.kind));
    }
    out.push_str("];\n");
}

fn columns(out: &mut String, indent: usize, columns: &[SilverColumn]) {
    for column in columns {
        let source = match &column.source {
            Source::Path(path) => format!("Path({})", quoted_list(path.iter().map(String::as_str))),
            Source::InfoText(keys) => format!("InfoText({})", quoted_list(keys.iter().copied())),
            Source::InfoTime(keys) => format!("InfoTime({})", quoted_list(keys.iter().copied())),
        };
        let name = quoted(&column.name);
        let _ = writeln!(out, "{:indent$}SilverColumn {{ name: {name}, source: Source::{source} }},", "");
    }
}

fn child(out: &mut String, child: &Child) {
    let _ = writeln!(out, "    Child {{\n        table: {},", quoted(&child.table));
    let _ = writeln!(out, "        list: {},\n        columns: &[", quoted(&child.list));
    columns(out, 12, &child.columns);
    out.push_str("        ],\n    },\n");
}

/// The structs of an entity, each with the name of its constant.
struct Shapes<'a> {
    named: BTreeMap<String, &'a Struct>,
}

impl<'a> Shapes<'a> {
    fn of(entity: &'a Entity) -> Self {
        let mut shapes = Self { named: BTreeMap::new() };
        shapes.add(&entity.shape);
        shapes
    }

    fn add(&mut self, fields: &'a [Field]) {
        for field in fields {
            let mut kind = &field.kind;
            while let Kind::List(item) = kind {
                kind = item;
            }
            if let Kind::Struct(inner) = kind
                && self.name(inner).is_none()
            {
                self.named.insert(self.free(inner), inner);
                self.add(&inner.fields);
            }
        }
    }

    /// The constant of a struct. Two structs of one schema differ where a path is sensitive or personal in one of them.
    fn name(&self, inner: &Struct) -> Option<&str> {
        self.named.iter().find(|(_, known)| **known == inner).map(|(name, _)| name.as_str())
    }

    fn free(&self, inner: &Struct) -> String {
        let name = snake(&inner.schema).to_uppercase();
        let taken = ["SHAPE", "SILVER", "CHILDREN", "TABLE", ""];
        let mut number = 1_usize;
        let mut free = name.clone();
        while taken.contains(&free.as_str()) || self.named.contains_key(&free) {
            number += 1;
            free = format!("{name}_{number}");
        }
        free
    }

    fn kind(&self, kind: &Kind) -> String {
        match kind {
            Kind::Int => "Kind::Int".to_owned(),
            Kind::Float => "Kind::Float".to_owned(),
            Kind::Bool => "Kind::Bool".to_owned(),
            Kind::Text => "Kind::Text".to_owned(),
            Kind::Timestamp => "Kind::Timestamp".to_owned(),
            Kind::Json => "Kind::Json".to_owned(),
            Kind::Map => "Kind::Map".to_owned(),
            Kind::Struct(inner) => format!("Kind::Struct({})", self.name(inner).unwrap_or("&[]")),
            Kind::List(item) => format!("Kind::List(&{})", self.kind(item)),
            Kind::Hashed => "Kind::Hashed".to_owned(),
            Kind::Sensitive => "Kind::Sensitive".to_owned(),
        }
    }
}
