//! From a gold table's YAML to its statement in a dialect.
//!
//! Expressions are templates: a few functions stand for what the dialects write differently or what a rule says
//! exactly once (exact decimals, rounding, date keys, the agreement rules). The statement itself is a template too.
//! Derived columns are layered: each layer is a named part over the one before, so a derived column can use others.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior, context};

use crate::gold::functions::{Amounts, key_of, money, register};
use crate::gold::model::{Column, Dialect, Dimension, Fact, Sql, Type};
use crate::gold::rules::Rules;
use crate::gold::words::Code;
use crate::gold::{check, custom_fields};
use crate::ir::Ir;
use crate::report::Problem;

/// The facts' key columns by the dimension that they refer to: the fact's table and the column.
fn key_columns(facts: &[Fact]) -> BTreeMap<String, Vec<(String, String)>> {
    let mut found: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    // What is written once is made of other tables, dimensions among them.
    let facts = facts.iter().filter(|fact| fact.written_once.is_none());
    for (fact, column) in facts.flat_map(|fact| fact.columns.iter().map(move |column| (fact, column))) {
        if let Some(dimension) = &column.dimension {
            found.entry(dimension.clone()).or_default().push((fact.table.clone(), column.name.clone()));
        }
    }
    found
}

/// Renders templates of one dialect.
pub(crate) struct Renderer<'a> {
    pub(super) environment: Environment<'a>,
    pub(super) dialect: Dialect,
    pub(super) globals: Value,
    /// Dimensions whose natural key is text.
    text_keys: BTreeSet<String>,
    /// The key of each silver table's records.
    record_keys: BTreeMap<String, String>,
    /// What `money` was called with.
    pub(super) amounts: Amounts,
    /// What is wrong with single expressions: the rest is rendered all the same.
    pub(super) wrong: RefCell<Vec<Problem>>,
}

impl<'a> Renderer<'a> {
    /// A renderer with the templates (name and text) and the settings that expressions may use.
    ///
    /// # Errors
    /// A problem for a template that can't be parsed.
    pub(crate) fn new(
        dialect: Dialect,
        rules: &Arc<Rules>,
        templates: impl Iterator<Item = (&'a str, &'a str)>,
        globals: Value,
        dimensions: &[Dimension],
        facts: &[Fact],
        ir: &Ir,
    ) -> Result<Self, Problem> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
        environment.set_syntax(syntax.map_err(|error| Problem::new("templates", "", error.to_string()))?);
        let amounts = Amounts::default();
        register(&mut environment, dialect, rules, &amounts);
        let keys = key_columns(facts);
        environment
            .add_function("key_columns", move |dimension: &str| keys.get(dimension).cloned().unwrap_or_default());
        for (file, text) in templates {
            let name = file.rsplit('/').next().unwrap_or(file);
            environment.add_template(name, text).map_err(|error| {
                Problem::new(file, "", format!("the template can't be read: {error}")).fix("correct its syntax")
            })?;
        }
        let text_keys = dimensions
            .iter()
            .filter(|dimension| has_text_key(dimension))
            .map(|dimension| dimension.table.clone())
            .collect();
        let record_keys = ir.entities.iter().map(|entity| (entity.table.clone(), entity.key.clone())).collect();
        Ok(Self { environment, dialect, globals, text_keys, record_keys, amounts, wrong: RefCell::default() })
    }

    /// What was wrong with single expressions so far.
    pub(crate) fn problems(self) -> Vec<Problem> {
        self.wrong.into_inner()
    }

    /// A template in this dialect; one that can't be expanded becomes NULL and a problem.
    pub(crate) fn expand(&self, sql: &Sql) -> String {
        let context = context! { dialect => self.dialect.name(), settings => self.globals.clone() };
        match self.environment.render_str(&sql.text, context) {
            Ok(text) => text.trim().to_owned(),
            Err(error) => {
                let problem = sql
                    .at
                    .problem(format!("the expression can't be expanded: {error}"))
                    .fix("check the names of the functions and their arguments");
                self.wrong.borrow_mut().push(problem);
                "NULL".to_owned()
            }
        }
    }

    /// A template that gives one expression; one that is no SQL becomes NULL and a problem.
    pub(super) fn expression(&self, sql: &Sql) -> String {
        let text = self.expand(sql);
        match check::expression(&text, self.dialect) {
            Err(why) => {
                let problem = sql.at.problem(format!("this is no SQL expression: {why}")).fix("correct the expression");
                self.wrong.borrow_mut().push(problem);
                "NULL".to_owned()
            }
            Ok(()) => text,
        }
    }

    pub(super) fn template(&self, file: &str, name: &str, context: Value) -> Result<String, Problem> {
        let failed = |error: minijinja::Error| {
            Problem::new(format!("templates/gold/{name}"), "", format!("it can't be rendered for {file}: {error:#}"))
                .fix("correct the template")
        };
        let text = self.environment.get_template(name).and_then(|template| template.render(context)).map_err(failed)?;
        Ok(format!("{}\n", text.trim_end()))
    }

    /// The Rust module of the agreement rules.
    ///
    /// # Errors
    /// The problem that kept it from being made.
    pub(crate) fn rules(&self, rules: &Rules) -> Result<String, Problem> {
        self.template(crate::gold::rules::FILE, "agreement_rules.rs.j2", rules.context())
    }

    /// The statement of a fact.
    ///
    /// # Errors
    /// The problem that kept it from being made.
    pub(crate) fn fact(&self, fact: &Fact) -> Result<String, Problem> {
        let base = self.base_columns(&fact.columns);
        let layers = self.layers(&fact.columns);
        let columns: Vec<String> = fact.columns.iter().map(|column| self.typed(column)).collect();
        let from = self.fact_from(fact);
        let context = context! {
            file => fact.file.as_str(), grain => fact.grain.as_str(),
            from, last => last_layer(&layers, "source"), base, layers, columns,
        };
        self.template(&fact.file, "fact.sql.j2", context).map(|sql| self.headed(&sql))
    }

    /// The statement with what its reader has to do first, below its first line.
    pub(super) fn headed(&self, sql: &str) -> String {
        let (first, rest) = sql.split_once('\n').unwrap_or((sql, ""));
        let mut lines = vec![first];
        if self.dialect == Dialect::Spark {
            lines.push("-- Before it: SET spark.sql.session.timeZone = UTC");
            if rest.contains("${businessDate}") {
                lines.push("-- and the run's day, which stands for businessDate below: SET businessDate = 2026-06-15");
            }
        }
        lines.push(rest);
        lines.join("\n")
    }

    /// FROM and what follows of a fact's rows, line by line.
    pub(super) fn fact_from(&self, fact: &Fact) -> Vec<String> {
        let mut from = match &fact.from {
            Some(from) => lines(&format!("FROM {}", self.expand(from))),
            None => {
                let records = format!("silver.{} AS {}", fact.source, fact.alias);
                let mut from = lines(&format!("FROM {}", self.with_custom_fields(&records, &fact.columns)));
                from.extend(lines(&self.expand(&fact.joins)));
                from.push(format!("WHERE {}._etl_deleted_at IS NULL", fact.alias));
                from
            }
        };
        from.retain(|line| !line.is_empty());
        from
    }

    /// A FROM clause with the joins of the custom fields that columns hold.
    pub(super) fn with_custom_fields(&self, from: &str, columns: &[Column]) -> String {
        let Some(of) = custom_fields::records(from) else { return from.to_owned() };
        let key = self.record_keys.get(of.table).map_or("id", String::as_str);
        let joins = custom_fields::joins(columns, of, key, self.dialect);
        if joins.is_empty() {
            return from.to_owned();
        }
        format!("{}\n{}\n{}", &from[..of.end], joins.join("\n"), from[of.end..].trim_start())
    }

    /// The expression of a column over the source, as it is before its type makes something of it.
    pub(super) fn base(&self, column: &Column) -> String {
        match &column.custom_field {
            Some(_) => custom_fields::expression(column, self.dialect),
            None => self.expression(&column.expression),
        }
    }

    /// `expr AS name` of the columns that are over the source.
    pub(super) fn base_columns(&self, columns: &[Column]) -> Vec<String> {
        columns
            .iter()
            .filter(|column| !column.derived)
            .map(|column| {
                let expression = self.base(column);
                match (&column.dimension, column.data_type) {
                    (Some(dimension), _) => {
                        let key = key_of(&expression, self.text_keys.contains(dimension), self.dialect);
                        format!("COALESCE({key}, -1) AS {}", column.name)
                    }
                    (_, Type::Measure) => {
                        format!("COALESCE({}, 0) AS {}", money(&expression, self.dialect), column.name)
                    }
                    (_, Type::Decimal) => format!("{} AS {}", money(&expression, self.dialect), column.name),
                    _ => format!("{expression} AS {}", column.name),
                }
            })
            .collect()
    }

    /// The derived columns, in layers: a column stands one layer after the last derived column that it uses.
    pub(super) fn layers(&self, columns: &[Column]) -> Vec<Vec<String>> {
        let mut levels: Vec<(&Column, usize, String)> = Vec::new();
        for column in columns.iter().filter(|column| column.derived) {
            let mut expression = self.expression(&column.expression);
            let code = Code::of(&expression);
            let level = levels
                .iter()
                .filter(|(other, ..)| code.mentions(&other.name))
                .map(|(_, level, _)| level + 1)
                .max()
                .unwrap_or(0);
            let later = columns
                .iter()
                .skip_while(|other| other.name != column.name)
                .find(|other| other.derived && code.mentions(&other.name));
            if let Some(later) = later {
                let what = if later.name == column.name {
                    format!("`{}` uses itself", column.name)
                } else {
                    format!("`{}` uses `{}`, which stands later", column.name, later.name)
                };
                let why = "derived columns are computed in the order of the file";
                let problem = column.expression.at.problem(what).why(why).fix("move it behind the column that it uses");
                self.wrong.borrow_mut().push(problem);
                "NULL".clone_into(&mut expression);
            }
            let expression = match column.data_type {
                Type::Measure => format!("COALESCE({expression}, 0)"),
                _ => expression,
            };
            levels.push((column, level, expression));
        }
        let depth = levels.iter().map(|(_, level, _)| level + 1).max().unwrap_or(0);
        (0..depth)
            .map(|wanted| {
                levels
                    .iter()
                    .filter(|(_, level, _)| *level == wanted)
                    .map(|(column, _, expression)| format!("{expression} AS {}", column.name))
                    .collect()
            })
            .collect()
    }

    /// The column in its declared type, for the last SELECT.
    pub(super) fn typed(&self, column: &Column) -> String {
        let name = &column.name;
        match column.data_type {
            Type::Bigint => format!("CAST({name} AS BIGINT) AS {name}"),
            // What is computed may be beyond the column: one record must not stop all of gold.
            Type::Measure if column.derived => format!("COALESCE(TRY_CAST({name} AS DECIMAL(19, 4)), 0) AS {name}"),
            Type::Decimal if column.derived => format!("TRY_CAST({name} AS DECIMAL(19, 4)) AS {name}"),
            Type::Decimal | Type::Measure => format!("CAST({name} AS DECIMAL(19, 4)) AS {name}"),
            _ => name.clone(),
        }
    }
}

/// Whether a dimension's natural key is text.
pub(crate) fn has_text_key(dimension: &Dimension) -> bool {
    dimension.columns.iter().any(|column| column.name == dimension.natural_key && column.data_type == Type::Text)
}

pub(super) fn last_layer(layers: &[Vec<String>], otherwise: &str) -> String {
    if layers.is_empty() { otherwise.to_owned() } else { format!("step{}", layers.len()) }
}

pub(super) fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}
