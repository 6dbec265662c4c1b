//! Filters below joins: the engine's rule that moves filters down into the files, without its fault at joins.
//!
//! That rule maps a filter from the output of a plan to its inputs by the names of columns. Above a join whose two sides
//! have a column of the same name it can take the one for the other, and rows are lost without a word
//! (apache/datafusion 25244, 25296; mended after version 55.2 by mapping positions). The logical plan has moved every
//! filter as far down by then, by qualified names; what is left to do is to hand the filters above a file to its reader.
//!
//! Invariant: a filter must not be moved through a plan of several inputs.

use datafusion::common::tree_node::{Transformed, TreeNode as _, TreeNodeRecursion};
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::filter_pushdown::FilterPushdown;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_plan::ExecutionPlan;
use std::sync::Arc;

type Rule = Arc<dyn PhysicalOptimizerRule + Send + Sync>;

/// The engine's rules for physical plans. Filters that joins and sorts make while they run are left out: they would be
/// moved by their columns' names, too.
pub(super) fn rules() -> Vec<Rule> {
    let (moving, while_running) = (FilterPushdown::new(), FilterPushdown::new_post_optimization());
    let rules = PhysicalOptimizer::new().rules.into_iter().filter(|rule| rule.name() != while_running.name());
    rules.map(|rule| if rule.name() == moving.name() { Arc::new(FiltersBelowJoins::default()) } else { rule }).collect()
}

/// Applies the engine's rule to each part of a plan that has no join.
#[derive(Debug, Default)]
struct FiltersBelowJoins(FilterPushdown);

impl PhysicalOptimizerRule for FiltersBelowJoins {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let moved = plan.transform_down(|part| match is_chain(&part) {
            true => Ok(Transformed::new(self.0.optimize(part, config)?, true, TreeNodeRecursion::Jump)),
            false => Ok(Transformed::no(part)),
        })?;
        Ok(moved.data)
    }

    fn name(&self) -> &str {
        "filters_below_joins"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Whether no plan in it has several inputs.
fn is_chain(plan: &Arc<dyn ExecutionPlan>) -> bool {
    match plan.children().as_slice() {
        [] => true,
        [input] => is_chain(input),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::lake;
    use super::super::{Lakehouse, Table};
    use super::*;
    use arrow::array::{ArrayRef, AsArray as _, RecordBatch, StringArray};
    use datafusion::execution::SessionStateBuilder;
    use datafusion::prelude::SessionContext;

    /// A session with a table of these texts in files, by columns.
    async fn with_table(lake: &Lakehouse, name: &'static str, columns: [(&str, Vec<&str>); 2]) {
        let columns = columns.map(|(name, texts)| (name, Arc::new(StringArray::from(texts)) as ArrayRef));
        let rows = RecordBatch::try_from_iter(columns).unwrap();
        let mut table = Table::create_or_evolve(lake, "silver", name, &rows.schema()).await.unwrap();
        let many = rows.num_rows() as u64;
        table.fill(lake.context().read_batch(rows).unwrap(), many, &[]).await.unwrap();
        lake.context().register_table(name, table.provider().unwrap()).unwrap();
    }

    /// The first column of what a statement gives, in order, and the plan by which it was run.
    async fn first_column(context: &SessionContext, sql: &str) -> (Vec<String>, String) {
        let plan = context.sql(sql).await.unwrap().create_physical_plan().await.unwrap();
        let shown = datafusion::physical_plan::displayable(plan.as_ref()).indent(false).to_string();
        let batches = datafusion::physical_plan::collect(plan, context.task_ctx()).await.unwrap();
        let texts = batches.iter().flat_map(|batch| batch.column(0).as_string::<i32>().iter().flatten());
        let mut texts: Vec<String> = texts.map(ToOwned::to_owned).collect();
        texts.sort();
        (texts, shown)
    }

    async fn texts(context: &SessionContext, sql: &str) -> Vec<String> {
        first_column(context, sql).await.0
    }

    #[tokio::test]
    async fn no_row_is_lost_where_both_sides_of_a_join_have_a_column_of_one_name() {
        let (_folder, lake) = lake(100);
        let many: Vec<String> = (0..500).map(|number| format!("k{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        with_table(&lake, "listed", [("key", many.clone()), ("of", many)]).await;
        with_table(&lake, "named", [("key", vec!["k7", "new", "k499"]), ("of", vec!["a", "b", "c"])]).await;
        with_table(&lake, "again", [("key", vec!["a1"]), ("of", vec!["k7"])]).await;
        let context = lake.context();
        let engine = SessionStateBuilder::new_from_existing(context.state())
            .with_physical_optimizer_rules(PhysicalOptimizer::new().rules)
            .build();
        let engine = SessionContext::new_with_state(engine);

        // The smaller side is held in memory: the sides are swapped.
        let unlisted = "SELECT n.key FROM listed AS l RIGHT JOIN named AS n ON n.key = l.key WHERE l.key IS NULL";
        assert_eq!(texts(context, unlisted).await, ["new"]);
        assert_eq!(texts(&engine, unlisted).await, [""; 0], "where the engine is right, this rule can go");

        // The outer join makes a filter while it runs.
        let nested = "SELECT s.key FROM again AS s JOIN (SELECT a.key, l.key, a.of || '!' AS tag FROM again AS a JOIN \
                      listed AS l ON a.of = l.key) ON s.key = a.key";
        assert_eq!(texts(context, nested).await, ["a1"]);

        for (sql, wanted) in [
            ("SELECT l.key FROM listed AS l LEFT JOIN named AS n ON n.key = l.key WHERE n.key IS NOT NULL", 2),
            ("SELECT l.key FROM listed AS l LEFT JOIN named AS n ON n.key = l.key WHERE n.key IS NULL", 498),
            ("SELECT n.key FROM named AS n LEFT JOIN listed AS l ON n.key = l.key WHERE l.key IS NULL", 1),
            (
                "SELECT n.key FROM named AS n LEFT JOIN listed AS l ON n.key = l.key LEFT JOIN again AS a \
                 ON a.of = n.key WHERE l.key IS NULL",
                1,
            ),
        ] {
            assert_eq!(texts(context, sql).await.len(), wanted, "{sql}");
        }
    }

    #[tokio::test]
    async fn a_filter_above_a_file_is_left_to_its_reader() {
        let (_folder, lake) = lake(100);
        with_table(&lake, "named", [("key", vec!["k7", "new"]), ("of", vec!["a", "b"])]).await;
        let sql = "SELECT x.key FROM named AS x JOIN named AS y ON x.of = y.of WHERE x.key = 'new'";
        let (found, plan) = first_column(lake.context(), sql).await;
        assert_eq!(found, ["new"]);
        assert!(plan.contains("predicate=key") && !plan.contains("FilterExec"), "{plan}");
    }
}
