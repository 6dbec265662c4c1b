use super::*;
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use datafusion::catalog::{MemorySchemaProvider, SchemaProvider as _};
use datafusion::datasource::MemTable;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::sync::Arc;

/// The statement of a fact with custom fields, as the generator writes it.
const THING: &str = include_str!("../../../../codegen/tests/golden/expected/generated/sql/datafusion/fact_thing.sql");

async fn plan_of_things(sql: &str) -> LogicalPlan {
    let mut config = SessionConfig::new();
    config.options_mut().sql_parser.enable_ident_normalization = false;
    let context = SessionContext::new_with_config(config);
    crate::gold::register_functions(&context);
    let instant = || DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let tables = [
        (
            "cw_thing",
            vec![
                ("id", DataType::Int64),
                ("typeId", DataType::Int64),
                ("price", DataType::Float64),
                ("_etl_deleted_at", instant()),
            ],
        ),
        (
            "cw_thing_customfields",
            vec![
                ("parentId", DataType::Int64),
                ("listIndex", DataType::Int64),
                ("id", DataType::Int64),
                ("caption", DataType::Utf8),
                ("value", DataType::Utf8),
            ],
        ),
    ];
    context.sql("CREATE SCHEMA silver").await.unwrap();
    for (name, columns) in tables {
        let fields: Vec<Field> = columns.into_iter().map(|(name, kind)| Field::new(name, kind, true)).collect();
        let table = MemTable::try_new(Arc::new(Schema::new(fields)), vec![vec![]]).unwrap();
        context.register_table(TableReference::partial("silver", name), Arc::new(table)).unwrap();
    }
    context.sql(sql).await.unwrap().into_optimized_plan().unwrap()
}

#[tokio::test]
async fn custom_fields_leave_a_statement_row_by_row() {
    let key_of = |name: &Name| (name.1 == "cw_thing").then_some("id");
    let plan = plan_of_things(THING).await;
    let found = drivers(&plan, "thingId", &key_of).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].name, ("silver".to_owned(), "cw_thing".to_owned()));
    assert_eq!(found[0].sides.len(), THING.matches("LEFT JOIN").count());
    for side in &found[0].sides {
        let [(own, _)] = side.on.as_slice() else { unreachable!("one comparison a join: {:?}", side.on) };
        assert_eq!(own.column_refs().iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["id"]);
        let inputs: Vec<Name> = inputs(&side.plan).into_iter().collect();
        assert_eq!(inputs, [("silver".to_owned(), "cw_thing_customfields".to_owned())]);
    }
}

/// `silver.entry` and `silver.member`, with an id, the other's id, a name and a text for an id.
fn context() -> SessionContext {
    let context = SessionContext::new();
    let silver = MemorySchemaProvider::new();
    for name in ["entry", "member"] {
        let field = |name: &str, data_type| Field::new(name, data_type, true);
        let schema = Schema::new(vec![
            field("id", DataType::Int64),
            field("member", DataType::Int64),
            field("name", DataType::Utf8),
            field("code", DataType::Utf8),
        ]);
        let table = MemTable::try_new(Arc::new(schema), vec![vec![]]).unwrap();
        silver.register_table(name.to_owned(), Arc::new(table)).unwrap();
    }
    context.catalog("datafusion").unwrap().register_schema("silver", Arc::new(silver)).unwrap();
    context
}

fn key_of(name: &Name) -> Option<&'static str> {
    (name.0 == "silver").then_some("id")
}

async fn plan(sql: &str) -> LogicalPlan {
    context().sql(sql).await.unwrap().into_optimized_plan().unwrap()
}

/// Lists the driving tables with their number of join inputs; none where the refresh has to be full.
async fn driving(sql: &str) -> Option<Vec<(String, usize)>> {
    let drivers = drivers(&plan(sql).await, "key", &key_of)?;
    Some(drivers.into_iter().map(|driver| (driver.name.1, driver.sides.len())).collect())
}

fn of(names: &[(&str, usize)]) -> Option<Vec<(String, usize)>> {
    Some(names.iter().map(|(name, sides)| ((*name).to_owned(), *sides)).collect())
}

#[tokio::test]
async fn a_row_that_is_made_of_one_row_is_driven_by_it() {
    assert_eq!(driving("SELECT id AS key, name FROM silver.entry WHERE name <> ''").await, of(&[("entry", 0)]));
    let joined =
        "SELECT e.id * 10 AS key, m.name FROM silver.entry AS e LEFT JOIN silver.member AS m ON m.id = e.member";
    assert_eq!(driving(joined).await, of(&[("entry", 1)]));
    let grouped = "SELECT e.id AS key, m.least FROM silver.entry AS e LEFT JOIN (SELECT name, MIN(id) AS least FROM \
                   silver.member GROUP BY name) AS m ON m.name = e.name";
    assert_eq!(driving(grouped).await, of(&[("entry", 1)]), "what is grouped is on the other side");
    let both = "SELECT CONCAT('E', CAST(id AS VARCHAR)) AS key FROM silver.entry UNION ALL SELECT CONCAT('M', \
                CAST(id AS VARCHAR)) AS key FROM silver.member";
    assert_eq!(driving(both).await, of(&[("entry", 0), ("member", 0)]));
}

#[tokio::test]
async fn where_rows_depend_on_one_another_there_is_no_driver() {
    for sql in [
        "SELECT id AS key, ROW_NUMBER() OVER (PARTITION BY name ORDER BY id) AS place FROM silver.entry",
        "SELECT MAX(id) AS key FROM silver.entry GROUP BY name",
        "SELECT DISTINCT id AS key FROM silver.entry",
        "SELECT id AS key FROM silver.entry ORDER BY name LIMIT 3",
        // The rows of the entry are there only where no member takes their place.
        "SELECT e.id AS key, m.id FROM silver.entry AS e RIGHT JOIN silver.member AS m ON m.id = e.member",
        "SELECT e.id AS key, m.id FROM silver.entry AS e FULL JOIN silver.member AS m ON m.id = e.member",
        // A key of two tables, of neither, or of what is no key.
        "SELECT e.id + m.id AS key FROM silver.entry AS e JOIN silver.member AS m ON m.id = e.member",
        "SELECT e.id AS key FROM silver.entry AS e WHERE e.member > (SELECT AVG(member) FROM silver.entry)",
        "SELECT 1 AS key",
        "SELECT member AS key FROM silver.entry",
        // Read twice, it is not only a driver.
        "SELECT e.id AS key, o.name FROM silver.entry AS e LEFT JOIN silver.entry AS o ON o.id = e.member",
    ] {
        assert_eq!(driving(sql).await, None, "{sql}");
    }
}

#[tokio::test]
async fn all_tables_are_found_those_in_subqueries_too() {
    let sql = "SELECT e.id AS key FROM silver.entry AS e WHERE e.member IN (SELECT id FROM silver.member)";
    let written = context().sql(sql).await.unwrap();
    let names: Vec<String> = inputs(written.logical_plan()).into_iter().map(|(_, table)| table).collect();
    assert_eq!(names, ["entry", "member"]);
    let recursive = "WITH RECURSIVE walk AS (SELECT id FROM silver.entry UNION ALL SELECT m.id FROM walk AS w JOIN \
                     silver.member AS m ON m.member = w.id) SELECT id AS key FROM walk";
    let names: Vec<String> = inputs(&plan(recursive).await).into_iter().map(|(_, table)| table).collect();
    assert_eq!(names, ["entry", "member"], "the walk itself is no table");
}

#[tokio::test]
async fn a_statement_that_asks_the_clock_is_not_stable() {
    for (sql, stable) in [
        ("SELECT id AS key, name FROM silver.entry", true),
        ("SELECT id AS key, COUNT(*) OVER (PARTITION BY name) AS n FROM silver.entry", true),
        ("SELECT id AS key, now() AS at FROM silver.entry", false),
        ("SELECT id AS key FROM silver.entry WHERE CURRENT_DATE > DATE '2026-01-01'", false),
        ("SELECT id AS key, random() AS dice FROM silver.entry", false),
        (
            "SELECT id AS key FROM silver.entry WHERE member IN (SELECT id FROM silver.member WHERE now() IS NULL)",
            false,
        ),
    ] {
        let written = context().sql(sql).await.unwrap();
        assert_eq!(is_stable(written.logical_plan()), stable, "{sql}");
    }
}

#[tokio::test]
async fn keys_of_two_types_are_not_compared_by_their_hashes() {
    for (on, alike) in [("m.id = e.member", true), ("m.code = e.name", true), ("m.code = e.member", false)] {
        let sql = format!("SELECT e.id AS key, m.name FROM silver.entry AS e LEFT JOIN silver.member AS m ON {on}");
        let mut found = drivers(&plan(&sql).await, "key", &key_of).unwrap();
        let mut driver = found.remove(0);
        let side = &mut driver.sides[0];
        if !alike {
            // The planner casts one of them; a plan that does not must not be trusted.
            for (own, other) in &mut side.on {
                *own = own.clone().unalias_nested().data;
                let bare = |expression: &Expr| expression.column_refs().into_iter().next().cloned().map(Expr::Column);
                (*own, *other) = (bare(own).unwrap(), bare(other).unwrap());
            }
        }
        let side = driver.sides[0].clone();
        assert_eq!(driver.compares_alike(&side), alike, "{on}");
    }
}
