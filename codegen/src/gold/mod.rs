//! Gold: dimensions and facts from their YAML files to SQL in two dialects, and the agreement rules.
//!
//! One file a table; both dialects come from the same expressions and templates. The order in which tables are built
//! follows from what their statements read.

#[expect(unreachable_pub, reason = "its text becomes a part of the generated crate")]
pub(crate) mod caseless;
mod check;
pub mod custom_fields;
mod dictionary;
mod dimension;
mod emit;
mod functions;
pub mod lineage;
mod lineage_module;
pub(crate) mod load;
pub(crate) mod measures;
pub mod model;
mod named;
mod overflows;
mod queries;
mod read;
pub(crate) mod rules;
mod settings;
mod spark_pattern;
mod sql;
mod words;

use std::collections::BTreeMap;

use crate::files::GeneratedFiles;
use crate::gold::dimension::References;
use crate::gold::lineage::Lineage;
use crate::gold::load::Model;
use crate::gold::measures::Measures;
use crate::gold::model::{Dialect, Fact, Reference, Table, Unknown};
use crate::gold::queries::Entry;
use crate::gold::sql::Renderer;
use crate::gold::words::Code;
use crate::inputs::Inputs;
use crate::ir::Ir;
use crate::report::{Problem, Problems};

/// The template of the billing status, and the column that it is for.
const STATUSES: &str = "templates/gold/billing_status.sql.j2";
const STATUS: &str = "effectiveBillingStatus";

/// The SQL by table and dialect.
type Statements = BTreeMap<String, BTreeMap<&'static str, String>>;

/// What the model becomes.
struct Rendered<'a> {
    statements: Statements,
    /// By fact: its source's rows with amounts that no column holds.
    overflows: BTreeMap<&'a str, String>,
    /// By fact that is written once: the query of its periods.
    periods: BTreeMap<&'a str, String>,
    /// By dimension: what facts' rows say of its rows.
    references: BTreeMap<&'a str, References>,
    /// The rules' module.
    rust_rules: String,
    /// With their SQL for the pipeline's engine.
    checks: Vec<(&'a Entry, String)>,
    reports: Vec<(&'a Entry, String)>,
    measures: Measures,
}

/// Adds everything of gold to the files: SQL, the table list, the rules, and the dictionary's section. What is
/// returned says which gold columns come from which silver columns.
pub fn render(inputs: &Inputs, ir: &Ir, files: &mut GeneratedFiles, problems: &mut Problems) -> Lineage {
    // Of a table that an entity or a file with problems may stand for, nothing is known.
    let unknown = Unknown { silver: !problems.is_empty(), gold: Vec::new() };
    let Some(mut model) = load::read(inputs, problems) else {
        crate::emit::spark::emit(ir, &[], files);
        return Lineage::default();
    };
    let unknown = Unknown { gold: model.unread.clone(), ..unknown };
    named::check_names(ir, &model, &unknown, problems);
    named::check_references(ir, &model.dimensions, &mut model.facts, problems);
    if !unknown.silver {
        custom_fields::check(ir, &model.dimensions, &model.facts, problems);
    }
    let Some(rendered) = statements(inputs, ir, &model, problems) else {
        return Lineage::default();
    };
    let Rendered { statements, overflows, periods, references, rust_rules, checks, reports, measures } = rendered;
    let tables = model.tables();
    let before = problems.iter().count();
    let lineage = check::statements(ir, &tables, &unknown, &statements, problems);
    // These are made of the statements' expressions: what is wrong there is said once.
    let sound = problems.iter().count() == before;
    let catalog = check::all_tables(ir, &tables, &unknown);
    for fact in model.facts.iter().filter(|_| sound) {
        if let Some(sql) = overflows.get(fact.table.as_str()) {
            check::query(&catalog, &fact.at, sql, problems);
        }
    }
    for fact in &model.facts {
        if let (Some(once), Some(sql)) = (&fact.written_once, periods.get(fact.table.as_str())) {
            check::query(&catalog, &once.periods.at, sql, problems);
        }
    }
    for (entry, sql) in checks.iter().chain(&reports) {
        check::query(&catalog, &entry.sql.at, sql, problems);
    }
    let measures = measures::check(measures, &catalog, problems);
    let _ = files.insert("generated/src/measures.rs", measures::module(&measures));
    files.add_module("measures", "Measures over gold: as SQL, and as the DAX of a semantic model.");
    if !checks.is_empty() || !reports.is_empty() {
        let _ = files.insert("generated/src/checks.rs", queries::module(&checks, &reports));
        files.add_module("checks", "Checks of one's own, run after gold, and reports.");
    }
    let Some(order) = build_order(&tables, &statements, problems) else { return lineage };
    let zone = model.dimensions.iter().flat_map(|dimension| &dimension.settings).find(|(name, _)| name == "timeZone");
    let zone = zone.map_or("UTC", |(_, zone)| zone.as_str());
    let statuses = inputs.files.get(STATUSES).map_or("", String::as_str);
    let with_status = order.iter().any(|table| table.columns().iter().any(|column| column.name == STATUS));
    let parts = dictionary::Parts {
        tables: &order,
        rules: &model.rules,
        statuses: if with_status { statuses } else { "" },
        queries: &model.queries,
        measures: &measures,
        lineage: &lineage,
    };
    let _ = files.insert("generated/src/lineage.rs", lineage_module::module(ir, &order, &lineage));
    files.add_module("lineage", "Where gold's columns come from: silver, bronze, and the API's properties.");
    let beside = emit::Beside { overflows: &overflows, references: &references, periods: &periods };
    crate::emit::spark::emit(ir, &order, files);
    emit::emit(&order, &statements, &beside, rust_rules, zone, dictionary::dictionary(&parts), files);
    lineage
}

/// The lineage alone, as far as it can be made out: what is wrong with the inputs is for [`render`] to say.
pub fn lineage(inputs: &Inputs, ir: &Ir) -> Lineage {
    let mut problems = Problems::new();
    let Some(model) = load::read(inputs, &mut problems) else { return Lineage::default() };
    match statements(inputs, ir, &model, &mut problems) {
        Some(rendered) => {
            check::statements(ir, &model.tables(), &Unknown::default(), &rendered.statements, &mut problems)
        }
        None => Lineage::default(),
    }
}

/// The statements in both dialects, the rules' Rust module, and the queries.
fn statements<'a>(inputs: &Inputs, ir: &Ir, model: &'a Model, problems: &mut Problems) -> Option<Rendered<'a>> {
    let Model { rules, dimensions, facts, queries, .. } = model;
    let mut measures = Measures::default();
    let caption = ir.entities.iter().find_map(|entity| entity.agreement_number_caption.clone());
    let mut statements = Statements::new();
    let mut rust_rules = String::new();
    let (mut checks, mut reports) = (Vec::new(), Vec::new());
    let (mut overflows, mut beside, mut periods) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for dialect in Dialect::ALL {
        let mut settings: BTreeMap<String, String> =
            dimensions.iter().flat_map(|dimension| dimension.settings.iter().cloned()).collect();
        settings.insert("agreement_number_caption".to_owned(), caption.clone().unwrap_or_default());
        let globals = minijinja::Value::from_pairs(settings);
        let templates = inputs.below("templates/gold", ".j2");
        let renderer = match Renderer::new(dialect, rules, templates, globals, dimensions, facts, ir) {
            Ok(renderer) => renderer,
            Err(problem) => {
                problems.push(problem);
                return None;
            }
        };
        match renderer.rules(rules) {
            Ok(text) => rust_rules = text,
            Err(problem) => problems.push(problem),
        }
        for dimension in dimensions {
            let references: Vec<Reference<'_>> = references(facts, &dimension.table).collect();
            let statement = renderer.dimension(dimension, &references);
            keep(&mut statements, &dimension.table, dialect, statement, problems);
            if dialect == Dialect::DataFusion
                && let Ok(Some(references)) = renderer.references(dimension, &references)
            {
                beside.insert(dimension.table.as_str(), references);
            }
        }
        for fact in facts {
            keep(&mut statements, &fact.table, dialect, renderer.fact(fact), problems);
        }
        if dialect == Dialect::DataFusion {
            let rendered = |entry: &'a Entry| (entry, renderer.expand(&entry.sql));
            checks = queries.checks.iter().map(rendered).collect();
            reports = queries.reports.iter().map(rendered).collect();
            let once =
                |fact: &'a Fact| Some((fact.table.as_str(), renderer.expand(&fact.written_once.as_ref()?.periods)));
            periods = facts.iter().filter_map(once).collect();
            measures = model.measures.expanded(|sql| renderer.expand(sql), |sql| renderer.expression(sql));
            overflows =
                facts.iter().filter_map(|fact| Some((fact.table.as_str(), renderer.overflows(fact)?))).collect();
        }
        for problem in renderer.problems() {
            // An expression is expanded for a fact and for its dimensions, in both dialects.
            if !problems.iter().any(|other| *other == problem) {
                problems.push(problem);
            }
        }
    }
    Some(Rendered { statements, overflows, references: beside, periods, rust_rules, checks, reports, measures })
}

fn keep(
    statements: &mut Statements,
    table: &str,
    dialect: Dialect,
    statement: Result<String, Problem>,
    problems: &mut Problems,
) {
    match statement {
        Ok(statement) => {
            statements.entry(table.to_owned()).or_default().insert(dialect.name(), statement);
        }
        // The other dialect fails the same way.
        Err(problem) if problems.iter().any(|other| *other == problem) => {}
        Err(problem) => problems.push(problem),
    }
}

/// The facts' key columns that refer to a dimension.
fn references<'a>(facts: &'a [Fact], dimension: &str) -> impl Iterator<Item = Reference<'a>> {
    facts.iter().flat_map(move |fact| {
        fact.columns
            .iter()
            .filter(move |column| column.dimension.as_deref() == Some(dimension))
            .map(move |column| Reference { fact, column })
    })
}

/// The tables so that each stands after those that its statement reads.
fn build_order<'a>(
    tables: &'a [Table<'a>],
    statements: &Statements,
    problems: &mut Problems,
) -> Option<Vec<&'a Table<'a>>> {
    let reads = |table: &Table<'_>| -> Vec<&str> {
        let sql = statements.get(table.name()).and_then(|by| by.get(Dialect::DataFusion.name()));
        let Some(code) = sql.map(|sql| Code::of(sql)) else { return Vec::new() };
        tables.iter().map(Table::name).filter(|name| code.reads_table(name)).collect()
    };
    let mut left: Vec<&Table<'_>> = tables.iter().collect();
    let mut order: Vec<&Table<'_>> = Vec::new();
    while !left.is_empty() {
        let ready = left.iter().position(|table| {
            reads(table).iter().all(|name| *name != table.name() && order.iter().any(|done| done.name() == *name))
        });
        let Some(ready) = ready else {
            let names: Vec<&str> = left.iter().map(|table| table.name()).collect();
            problems.push(
                Problem::new(
                    "schema",
                    "",
                    format!("these gold tables read each other in a circle: {}", names.join(", ")),
                )
                .fix("take the reference to gold out of one of them"),
            );
            return None;
        };
        order.push(left.remove(ready));
    }
    Some(order)
}
