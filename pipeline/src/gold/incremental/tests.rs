use super::*;
use crate::lake::{Lakehouse, Layout, Scope, Stage, Target, cast_to_schema, upsert};
use arrow::array::StringArray;
use connectwise_generated::gold::{GoldColumn, GoldType};

const COLUMNS: &[GoldColumn] = &[
    GoldColumn { name: "key", data_type: GoldType::Bigint, dimension: None, format: None, additivity: None },
    GoldColumn { name: "name", data_type: GoldType::Text, dimension: None, format: None, additivity: None },
];

fn gold(sql: &'static str) -> GoldTable {
    GoldTable {
        name: "fact_expenseentry",
        key: "key",
        columns: COLUMNS,
        fact: None,
        references: None,
        written_once: None,
        sql,
    }
}

/// A lakehouse whose tables are cut into files of ten rows.
fn small_files() -> (tempfile::TempDir, Lakehouse) {
    let folder = tempfile::tempdir().unwrap();
    let lake = crate::catalog::open(folder.path().to_str().unwrap(), Layout::Schemas).unwrap();
    (folder, lake.with_least_rows(10))
}

/// Upserts silver rows: id, the member's id, and a text.
async fn put(lake: &Lakehouse, stage: &Stage, table: &'static str, rows: &[(i64, i64, &str)], all: bool) {
    let entity = ENTITIES.iter().find(|entity| entity.table == table).unwrap();
    let ids: Int64Array = rows.iter().map(|(id, ..)| *id).collect();
    let stamp =
        StringArray::from(rows.iter().map(|(id, member, text)| format!("{id}{member}{text}")).collect::<Vec<_>>());
    let text = StringArray::from(rows.iter().map(|(.., text)| *text).collect::<Vec<_>>());
    let members: Int64Array = rows.iter().map(|(_, member, _)| *member).collect();
    let columns = [
        ("id", Arc::new(ids.clone()) as ArrayRef),
        ("memberId", Arc::new(members)),
        ("identifier", Arc::new(text.clone())),
        ("notes", Arc::new(text)),
        (BATCH_ID, Arc::new(stamp)),
    ];
    let schema = crate::silver::schema(entity);
    let batch = cast_to_schema(&RecordBatch::try_from_iter(columns).unwrap(), &schema).unwrap();
    let target = Target { layer: "silver", name: table, schema, key: &["id"], stamps: &[] };
    let keys = Arc::new(KeySet::Ids(ids.values().iter().copied().collect()));
    let scope = if all { Scope::All } else { Scope::Only { column: "id", keys } };
    upsert(lake, stage, &target, &scope, futures::stream::iter([Ok::<_, Error>(batch)]), &[]).await.unwrap();
}

/// Builds the table and says what was computed: nothing, all, or these keys.
async fn built(lake: &Lakehouse, stage: &Stage, table: &GoldTable) -> Option<Vec<i64>> {
    let inputs = Inputs::new(lake).await.unwrap();
    let (work, transactions) = inputs.work(table, table.sql, false).await.unwrap();
    let (plan, scope, done) = match work {
        RefreshPlan::Nothing | RefreshPlan::Same(_) => return Some(Vec::new()),
        RefreshPlan::Whole(plan) => (plan, Scope::All, None),
        RefreshPlan::Some(plan, keys) => {
            let KeySet::Ids(ids) = &keys else { panic!("text keys") };
            let mut ids: Vec<i64> = ids.iter().copied().collect();
            ids.sort_unstable();
            (plan, Scope::Only { column: "key", keys: Arc::new(keys) }, Some(ids))
        }
    };
    let rows = sorted(inputs.context(), plan, "key").unwrap().execute_stream().await.unwrap();
    let rows = rows.map(|batch| batch.map_err(Error::query));
    let target =
        Target { layer: "gold", name: table.name, schema: crate::gold::schema(table), key: &["key"], stamps: &[] };
    upsert(lake, stage, &target, &scope, rows, &transactions).await.unwrap();
    done
}

const JOINED: &str = "SELECT x.id AS key, CONCAT(x.notes, m.identifier) AS name FROM silver.cw_expenseentry AS x LEFT \
                      JOIN silver.cw_member AS m ON m.id = x.memberId WHERE x._etl_deleted_at IS NULL";

async fn scene(lake: &Lakehouse, stage: &Stage) {
    let entries: Vec<(i64, i64, &str)> = (0..60).map(|id| (id, id % 6, "a")).collect();
    put(lake, stage, "cw_expenseentry", &entries, true).await;
    put(lake, stage, "cw_member", &[(0, 0, "n"), (1, 0, "n"), (2, 0, "n")], true).await;
}

#[tokio::test]
async fn only_rows_that_a_change_touches_are_computed() {
    let ((_folder, lake), stage) = (small_files(), Stage::new().unwrap());
    scene(&lake, &stage).await;
    let table = gold(JOINED);
    assert_eq!(built(&lake, &stage, &table).await, None, "the first time");
    assert_eq!(built(&lake, &stage, &table).await, Some(vec![]));
    put(&lake, &stage, "cw_expenseentry", &[(7, 1, "b"), (70, 1, "b")], false).await;
    assert_eq!(built(&lake, &stage, &table).await, Some(vec![7, 70]));
    put(&lake, &stage, "cw_member", &[(2, 0, "new")], false).await;
    let of_member = |id: i64| (0..60).filter(move |entry| entry % 6 == id && *entry != 7).collect::<Vec<_>>();
    assert_eq!(built(&lake, &stage, &table).await, Some(of_member(2)), "the entries of the member");
    put(&lake, &stage, "cw_member", &[(5, 0, "came")], false).await;
    put(&lake, &stage, "cw_expenseentry", &[(0, 3, "c")], false).await;
    let mut wanted = of_member(5);
    wanted.insert(0, 0);
    assert_eq!(built(&lake, &stage, &table).await, Some(wanted), "both");
    put(&lake, &stage, "cw_member", &[(0, 0, "n"), (1, 0, "n"), (2, 0, "new"), (3, 0, "n")], true).await;
    assert_eq!(built(&lake, &stage, &table).await, None, "more than a third");
}

#[tokio::test]
async fn another_statement_or_another_table_is_computed_whole() {
    let ((folder, lake), stage) = (small_files(), Stage::new().unwrap());
    scene(&lake, &stage).await;
    assert_eq!(built(&lake, &stage, &gold(JOINED)).await, None);
    let other = gold("SELECT id AS key, notes AS name FROM silver.cw_expenseentry");
    assert_eq!(built(&lake, &stage, &other).await, None);
    assert_eq!(built(&lake, &stage, &other).await, Some(vec![]));
    // The same name and as many versions, but another table.
    std::fs::remove_dir_all(folder.path().join("silver/cw_expenseentry")).unwrap();
    scene(&lake, &stage).await;
    assert_eq!(built(&lake, &stage, &other).await, None);
}

#[tokio::test]
async fn what_asks_the_clock_or_can_not_be_told_is_computed_whole_each_time() {
    let ((_folder, lake), stage) = (small_files(), Stage::new().unwrap());
    scene(&lake, &stage).await;
    for sql in [
        "SELECT id AS key, CAST(now() AS VARCHAR) AS name FROM silver.cw_expenseentry",
        "SELECT id AS key, notes AS name FROM silver.cw_expenseentry WHERE CURRENT_DATE > DATE '2020-01-01'",
    ] {
        assert_eq!(built(&lake, &stage, &gold(sql)).await, None);
        assert_eq!(built(&lake, &stage, &gold(sql)).await, None, "{sql}");
    }
    let window =
        "SELECT id AS key, CAST(ROW_NUMBER() OVER (ORDER BY id) AS VARCHAR) AS name FROM silver.cw_expenseentry";
    assert_eq!(built(&lake, &stage, &gold(window)).await, None);
    assert_eq!(built(&lake, &stage, &gold(window)).await, Some(vec![]), "but only where something changed");
    put(&lake, &stage, "cw_expenseentry", &[(7, 1, "b")], false).await;
    assert_eq!(built(&lake, &stage, &gold(window)).await, None);
}

#[tokio::test]
async fn every_generated_statement_is_stable() {
    let (_folder, lake) = small_files();
    let context = crate::catalog::register(&lake).await.unwrap();
    for table in GOLD {
        let sql = table.sql.replace("${businessDate}", "2026-01-05");
        let written = context.sql(&sql).await.unwrap();
        assert!(shape::is_stable(written.logical_plan()), "{} would be computed whole every time", table.name);
    }
}
