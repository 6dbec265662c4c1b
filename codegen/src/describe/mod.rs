//! `schema/*.schema.json`: JSON Schemas of the YAML files, for completion and checks in editors.
//!
//! The tables below say once more what the readers ask for, with a description of each key. That the two agree is
//! tested: the readers themselves say which keys they know, in the message for one that they don't.

mod fabric;

use serde_json::{Map, Value, json};

use crate::entities::ACCESS;
use crate::files::GeneratedFiles;
use crate::gold::model::{Additivity, Type};
use crate::ir::ChangeDetection;

/// What a key holds.
#[derive(Debug, Clone, Copy)]
pub enum Holds {
    /// Text.
    Text,
    /// SQL, which may be a whole number.
    Expression,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A whole number from 0 up.
    Count,
    /// `true` or `false`.
    Flag,
    /// A list of texts.
    Texts,
    /// Names, each with a text, a number or a flag.
    Pairs,
    /// Names, each with a mapping of its own.
    Named(&'static Mapping),
    /// A mapping of its own.
    Mapping(&'static Mapping),
    /// A list of such mappings.
    Mappings(&'static Mapping),
}

/// A key of a mapping.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// Whether it has to be there.
    pub required: bool,
    /// What it means.
    pub doc: &'static str,
}

/// A mapping with known keys.
#[derive(Debug)]
pub struct Mapping(pub &'static [Key]);

/// A kind of YAML file.
#[derive(Debug)]
pub struct Kind {
    /// Its schema, in `schema/`.
    pub file: &'static str,
    /// What such a file is.
    pub title: &'static str,
    /// Its keys.
    pub root: &'static Mapping,
}

const fn must(name: &'static str, holds: Holds, doc: &'static str) -> Key {
    Key { name, holds, required: true, doc }
}

const fn may(name: &'static str, holds: Holds, doc: &'static str) -> Key {
    Key { name, holds, required: false, doc }
}

/// The kinds of files.
pub static KINDS: [Kind; 8] = [
    Kind { file: "entities.schema.json", title: "The list endpoints that become tables", root: &ENTITIES },
    Kind { file: "agreement-rules.schema.json", title: "How agreements are classified", root: &RULES },
    Kind { file: "dimension.schema.json", title: "A dimension of gold", root: &DIMENSION },
    Kind { file: "fact.schema.json", title: "A fact table of gold", root: &FACT },
    Kind { file: "checks.schema.json", title: "Checks of your own, and reports", root: &CHECKS },
    Kind { file: "measures.schema.json", title: "Measures, as SQL over gold and as DAX", root: &MEASURES },
    Kind { file: "report.schema.json", title: "The pages of the Power BI report", root: &fabric::PAGES },
    Kind { file: "model.schema.json", title: "What the semantic model adds to gold", root: &fabric::MODEL },
];

const CHANGES: [&str; 3] = [ChangeDetection::ALL[0].0, ChangeDetection::ALL[1].0, ChangeDetection::ALL[2].0];
const TYPES: [&str; 7] =
    [Type::ALL[0].0, Type::ALL[1].0, Type::ALL[2].0, Type::ALL[3].0, Type::ALL[4].0, Type::ALL[5].0, Type::ALL[6].0];

const ADDITIVITY: [&str; 3] = [Additivity::ALL[0].0, Additivity::ALL[1].0, Additivity::ALL[2].0];
const ADDS_UP: Key = may(
    "additivity",
    Holds::OneOf(&ADDITIVITY),
    "How many rows' values become one: sum (hours, amounts), average (rates, prices of one), none (percentages). Every \
     measure of a fact says it.",
);
const FORMAT: Key = may("format", Holds::Text, "The format string that Power BI shows it by, e.g. `#,##0.00`.");

static ENTITIES: Mapping = Mapping(&[must("entities", Holds::Mappings(&ENTITY), "The entities.")]);

static ENTITY: Mapping = Mapping(&[
    must("name", Holds::Text, "What it is called in commands and in meta tables, e.g. TimeEntry."),
    must("endpoint", Holds::Text, "The list endpoint; `cargo codegen list --all` shows them."),
    may("parent", Holds::Text, "Where the endpoint has a parameter in its path: the entity whose ids fill it."),
    may("parentEnded", Holds::Mapping(&PARENT_ENDED), "Below which parents the list is not read any more."),
    may(
        "access",
        Holds::OneOf(&ACCESS),
        "required (default): the entity fails where its list can't be read. optional: where it never could be read, \
         because the login has no right to it or the API lacks it, the tables stay empty and a warning says so.",
    ),
    must("table", Holds::Text, "The table in bronze and silver, e.g. cw_timeentry."),
    may("key", Holds::Text, "The integer property with one value a record (default: id)."),
    may("lookbackDays", Holds::Count, "How far behind the watermark an incremental run begins (default: one day)."),
    may(
        "changeDetection",
        Holds::OneOf(&CHANGES),
        "lastUpdated (default): by _info.lastUpdated, else a full scan. snapshot: always read whole, rows that are \
         gone are removed. fullScan: always read whole, rows that are gone are kept and marked.",
    ),
    may("sensitive", Holds::Texts, "Properties that are never requested, stored or logged; a/b for a nested one."),
    may("personal", Holds::Mapping(&PERSONAL), "What of a person is left out, or stored as a hash only."),
    may("children", Holds::Texts, "Lists that are silver tables too; customFields always is."),
    may("variants", Holds::Mappings(&VARIANT), "Further names for the records that have a property."),
    may(
        "reconcile",
        Holds::Texts,
        "Plain properties that a comparison with the source reads beside the key, because they change without a new time \
         of change (default: those of deletedFlag, cancelledFlag and inactiveFlag that there are).",
    ),
    may("agreementNumberCaption", Holds::Text, "Of Agreement: the caption of the custom field with its number."),
]);

static PARENT_ENDED: Mapping = Mapping(&[
    must("property", Holds::Text, "The parent's property that holds when it ended, e.g. endDate."),
    must("days", Holds::Count, "Days after which nothing changes below it any more."),
]);

static PERSONAL: Mapping = Mapping(&[
    may("exclude", Holds::Texts, "Properties that are never requested, stored or logged; a/b for a nested one."),
    may(
        "hash",
        Holds::Texts,
        "Texts whose keyed hash is stored in their place (key: CW_HASH_KEY); a/b for a nested one, _info/updatedBy for \
         the key of a map.",
    ),
]);

static VARIANT: Mapping = Mapping(&[
    must("name", Holds::Text, "The further name, e.g. PostedInvoice."),
    must("having", Holds::Text, "The property whose presence makes a record one of these."),
    must("lookbackDays", Holds::Count, "How far behind the watermark its window begins."),
]);

static CHECKS: Mapping = Mapping(&[
    must("checks", Holds::Mappings(&CHECK), "Run after gold, beside the built-in ones."),
    must("reports", Holds::Mappings(&REPORT), "Shown by `connectwise-etl report NAME`."),
]);

static CHECK: Mapping = Mapping(&[
    must("name", Holds::Text, "What it is called in meta/etl_check: a-z, digits and `-`."),
    must("description", Holds::Text, "What it is about."),
    may(
        "severity",
        Holds::OneOf(&["error", "warning"]),
        "error (default): a broken one fails the run. warning: it is told, and the run goes on.",
    ),
    must("sql", Holds::Text, "Gives the rows that offend, or one boolean that is true where all is well."),
]);

static REPORT: Mapping = Mapping(&[
    must("name", Holds::Text, "What it is called on the command line: a-z, digits and `-`."),
    must("description", Holds::Text, "What it shows."),
    must("sql", Holds::Text, "Gives the rows of the report."),
]);

static MEASURES: Mapping = Mapping(&[
    must("rows", Holds::Named(&ROWS), "What sums are over, by a name."),
    must("measures", Holds::Mappings(&MEASURE), "Shown by `connectwise-etl report measures`."),
]);

static ROWS: Mapping = Mapping(&[
    may("from", Holds::Text, "A table: gold.…; one of from and sql."),
    may("sql", Holds::Text, "A select of your own, with the columns of `date` and of the keys in `by`."),
    may("date", Holds::Text, "The column with the day (yyyymmdd, -1 for none); without it, rows count in every month."),
    may("by", Holds::Texts, "Which of company, agreement and member the rows have a key of."),
]);

static MEASURE: Mapping = Mapping(&[
    must("name", Holds::Text, "The English name, unique without regard to case."),
    must("icelandic", Holds::Text, "The Icelandic name, unique too."),
    must("description", Holds::Text, "What it is, in one plain sentence."),
    must("folder", Holds::Text, "The folder that it stands in."),
    must("format", Holds::Text, "The format string that Power BI shows it by, e.g. `#,##0.00`."),
    may("rows", Holds::Text, "Of a sum: the rows."),
    may("sum", Holds::Expression, "Of a sum: the expression that is summed, 1 for a count."),
    may("where", Holds::Text, "Of a sum: which rows count."),
    may("balance", Holds::Flag, "Of a sum: whether all rows up to the end of the month count."),
    may("of", Holds::Text, "SQL over other measures, whose names stand between double quotes."),
    may("measure", Holds::Text, "Another measure, that is computed over `period`."),
    may("period", Holds::OneOf(&["yearToDate", "lastYear", "rolling12"]), "In place of the month."),
    must("dax", Holds::Text, "The same as a formula in DAX."),
]);

static RULES: Mapping = Mapping(&[
    must("rules", Holds::Mappings(&RULE), "Tried in this order; the first match wins."),
    must("otherwise", Holds::Mapping(&OTHERWISE), "Any other name, or no agreement."),
]);

static RULE: Mapping = Mapping(&[
    must("patterns", Holds::Texts, "Any of these, anywhere in the name, in any case; any text."),
    must("type", Holds::Text, "Becomes agreementTypeNormalized."),
    must("behavior", Holds::Text, "Becomes billingBehavior."),
    may("invoiceable", Holds::Flag, "Whether work under such an agreement can stand on an invoice (default: true)."),
]);

static OTHERWISE: Mapping = Mapping(&[
    must("type", Holds::Text, "Becomes agreementTypeNormalized."),
    must("behavior", Holds::Text, "Becomes billingBehavior."),
]);

static DIMENSION: Mapping = Mapping(&[
    must("table", Holds::Text, "The table; the file is named like it."),
    must("description", Holds::Text, "What it holds."),
    must("key", Holds::Text, "The name of the surrogate key."),
    must("naturalKey", Holds::Text, "The natural key, one of the columns."),
    may("with", Holds::Mappings(&WITH), "Named parts, written before the rest of the statement."),
    may("from", Holds::Text, "The FROM clause; without it, the rows are what facts refer to."),
    may("values", Holds::Texts, "Fixed natural keys, always there."),
    may("columns", Holds::Mappings(&DIMENSION_COLUMN), "The columns after the key."),
    may("columnsOf", Holds::Text, "Another dimension: its columns, in the place of `columns`."),
    may("statement", Holds::Text, "A statement of its own, in place of the usual one."),
    may("settings", Holds::Pairs, "Settings for that statement."),
]);

static WITH: Mapping = Mapping(&[must("name", Holds::Text, "Its name."), must("sql", Holds::Text, "Its SQL.")]);

static DIMENSION_COLUMN: Mapping = Mapping(&[
    must("name", Holds::Text, "Letters, digits and `_`."),
    must("type", Holds::OneOf(&TYPES), "measure: decimal(19,4), null counted as 0."),
    may("derive", Holds::Text, "SQL over other columns of this table."),
    may("expr", Holds::Text, "SQL over the table's source."),
    may("customField", Holds::Mapping(&CUSTOM_FIELD), "The custom field of the record that it holds, in its type."),
    may("unknown", Holds::Text, "The SQL literal of the Unknown row (default: null)."),
    may("inferred", Holds::Text, "The SQL literal of inferred rows that carry no value (default: null)."),
    must("description", Holds::Text, "What it means."),
    FORMAT,
    ADDS_UP,
]);

static CUSTOM_FIELD: Mapping = Mapping(&[
    may("id", Holds::Count, "The field's id, which stays when it is renamed; one of id and caption."),
    may("caption", Holds::Text, "The field's caption; of several with it, the first by id that has a value."),
]);

static FACT: Mapping = Mapping(&[
    must("table", Holds::Text, "The table; the file is named like it."),
    must("description", Holds::Text, "What it holds."),
    must("grain", Holds::Text, "What one row is."),
    must("key", Holds::Text, "The primary key, one of the columns."),
    may("from", Holds::Text, "A FROM clause, in place of source, alias and joins."),
    may("source", Holds::Text, "The silver table that it has a row for each live row of."),
    may("alias", Holds::Text, "The source's name in expressions."),
    may("joins", Holds::Text, "Further FROM items."),
    may("reconcile", Holds::Pairs, "Measures whose sum has to equal a silver column's: `goldColumn: silverColumn`."),
    may(
        "writtenOnce",
        Holds::Text,
        "The column that holds the period: rows of a period that has some are never written again.",
    ),
    may(
        "part",
        Holds::Text,
        "The column that says which part of a period a row is of: what can't be computed any more stays where a period is \
         written anew; beside `writtenOnce`.",
    ),
    may("periods", Holds::Text, "SQL of the periods that are over, as one column; beside `writtenOnce`."),
    may("columns", Holds::Mappings(&FACT_COLUMN), "The columns."),
]);

static FACT_COLUMN: Mapping = Mapping(&[
    must("name", Holds::Text, "Letters, digits and `_`."),
    may("dimension", Holds::Text, "The dimension that the column is a key of; such a column has no `type`."),
    may("carries", Holds::Pairs, "Of a key: the columns of an inferred row, each with SQL over the source."),
    may("infers", Holds::Flag, "Of a key: whether a missing row is inferred from it (default: true)."),
    may("type", Holds::OneOf(&TYPES), "measure: decimal(19,4), null counted as 0."),
    may("derive", Holds::Text, "SQL over other columns of this table."),
    may("expr", Holds::Text, "SQL over the table's source."),
    may("customField", Holds::Mapping(&CUSTOM_FIELD), "The custom field of the record that it holds, in its type."),
    must("description", Holds::Text, "What it means."),
    FORMAT,
    ADDS_UP,
]);

/// Emits a schema for each kind of file.
pub(crate) fn emit(files: &mut GeneratedFiles) {
    for kind in &KINDS {
        let mut schema = Map::new();
        schema.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
        schema.insert("$comment".to_owned(), json!("@generated by `cargo codegen generate`. Do not edit."));
        schema.insert("title".to_owned(), json!(kind.title));
        schema.extend(mapping(kind.root));
        let mut text = serde_json::to_string_pretty(&Value::Object(schema)).unwrap_or_default();
        text.push('\n');
        let _ = files.insert(format!("schema/{}", kind.file), text);
    }
}

fn mapping(mapping: &Mapping) -> Map<String, Value> {
    let properties: Map<String, Value> = mapping.0.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> = mapping.0.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema.insert("required".to_owned(), json!(required));
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema
}

fn property(key: &Key) -> Value {
    let scalar = || json!({ "type": ["string", "number", "boolean"] });
    let mut schema = match key.holds {
        Holds::Text => json!({ "type": "string" }),
        Holds::Expression => json!({ "type": ["string", "integer"] }),
        Holds::OneOf(values) => json!({ "enum": values }),
        Holds::Count => json!({ "type": "integer", "minimum": 0 }),
        Holds::Flag => json!({ "type": "boolean" }),
        Holds::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Holds::Pairs => json!({ "type": "object", "additionalProperties": scalar() }),
        Holds::Named(inner) => json!({ "type": "object", "additionalProperties": mapping(inner) }),
        Holds::Mapping(inner) => Value::Object(mapping(inner)),
        Holds::Mappings(inner) => json!({ "type": "array", "items": mapping(inner) }),
    };
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), json!(key.doc));
    }
    schema
}
