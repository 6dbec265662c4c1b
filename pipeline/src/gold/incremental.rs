//! Which rows of a gold table have to be computed again, and the statement over these alone.
//!
//! Invariant: each gold commit records the versions of the tables that it was made from, and by which statement. What
//! changed since is read from these tables' logs; the rows to compute again are those whose driving row changed and
//! those for which a join now offers something else than before, found by asking both versions. Where that can't be
//! told, the table is computed whole: the result is the same either way.

use super::shape::{self, Driver, Name, Side};
use crate::catalog::{self, KnownTable};
use crate::error::{Error, Result};
use crate::lake::{Difference, KeySet, Lakehouse, Table};
use crate::silver::{BATCH_ID, PROCESSED_AT, SILVER_DELETED_AT};
use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use connectwise_generated::agreement_rules::{OTHERWISE, RULES};
use connectwise_generated::gold::{GoldTable, TABLES as GOLD};
use connectwise_generated::tables::TABLES as ENTITIES;
use connectwise_runtime::row_hashes;
use datafusion::common::DFSchema;
use datafusion::datasource::provider_as_source;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableScanBuilder, ident};
use datafusion::prelude::{DataFrame, SessionContext};
use futures::StreamExt as _;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// The application transaction that says by which statement a gold table was made.
const DEFINITION: &str = "definition";
/// More affected rows than a third of the driving table's are computed whole: that reads no more, and asks less.
const LARGEST_SHARE: u64 = 3;

/// The tables that statements read, each at one version, and what changed in them.
pub(super) struct Inputs {
    context: SessionContext,
    tables: BTreeMap<Name, Option<Table>>,
    differences: BTreeMap<(Name, i64), Arc<Difference>>,
}

/// What a gold table has to be brought up to date with.
pub(super) enum Work {
    /// Nothing that it is made from changed.
    Nothing,
    /// The rows with these keys.
    Some(LogicalPlan, KeySet),
    /// All rows.
    Whole(LogicalPlan),
}

impl Inputs {
    /// All tables, as they are now.
    pub(super) async fn new(lake: &Lakehouse) -> Result<Self> {
        let opened = catalog::open_all(lake).await?;
        let context = catalog::session(lake, &opened).await?;
        let name = |known: &KnownTable| (known.layer.to_owned(), known.name.to_owned());
        let tables = opened.into_iter().map(|(known, table)| (name(&known), table)).collect();
        Ok(Self { context, tables, differences: BTreeMap::new() })
    }

    /// The session that reads the tables at the versions that are recorded.
    pub(super) fn context(&self) -> &SessionContext {
        &self.context
    }

    /// Lets statements that come later see what was just written.
    pub(super) async fn written(&mut self, table: &GoldTable, stored: Table) -> Result<()> {
        let name = ("gold".to_owned(), table.name.to_owned());
        self.differences.retain(|(other, _), _| *other != name);
        catalog::show(&self.context, "gold", table.name, stored.provider().await?)?;
        self.tables.insert(name, Some(stored));
        Ok(())
    }

    fn table(&self, name: &Name) -> Option<&Table> {
        self.tables.get(name).and_then(Option::as_ref)
    }

    /// How many rows a gold table has that was written or read before.
    pub(super) async fn rows(&self, table: &GoldTable) -> Result<u64> {
        match self.table(&("gold".to_owned(), table.name.to_owned())) {
            Some(table) => table.rows().await,
            None => Ok(0),
        }
    }

    /// What changed in a table since a version.
    async fn difference(&mut self, name: &Name, version: i64) -> Result<Arc<Difference>> {
        let known = (name.clone(), version);
        if let Some(difference) = self.differences.get(&known) {
            return Ok(Arc::clone(difference));
        }
        let difference = Arc::new(match self.table(name) {
            Some(table) => table.difference(version).await?,
            _ if version == MISSING => Difference::None,
            _ => Difference::Unknown,
        });
        self.differences.insert(known, Arc::clone(&difference));
        Ok(difference)
    }

    /// The application transactions of a table that is made by this statement from these versions.
    fn transactions(&self, made_by: i64, inputs: &BTreeSet<Name>) -> Vec<(String, i64)> {
        let version = |name| self.table(name).map_or(MISSING, Table::version);
        let made_from = inputs.iter().map(|name| (application(name), version(name)));
        made_from.chain([(DEFINITION.to_owned(), made_by)]).collect()
    }

    /// What has to be done for a table, and the transactions to commit with it. Where all of it is wanted though nothing
    /// changed, there is nothing new to record, and so no commit where no row differs.
    pub(super) async fn work(
        &mut self,
        table: &GoldTable,
        sql: &str,
        whole: bool,
    ) -> Result<(Work, Vec<(String, i64)>)> {
        let failed = |error: DataFusionError| Error::table("gold", table.name, "planning", error);
        let written = self.context.sql(sql).await.map_err(failed)?;
        let inputs = shape::inputs(written.logical_plan());
        // Asked before the optimiser puts the time of this run in the place of now().
        let whole = whole || !shape::is_stable(written.logical_plan());
        let mut ids = Vec::new();
        for name in &inputs {
            if !self.tables.contains_key(name) {
                return Err(failed(DataFusionError::Plan(format!("there is no table {}.{}", name.0, name.1))));
            }
            if let Some(input) = self.table(name) {
                ids.push(input.id()?);
            }
        }
        let made_by = made_by(sql, &format!("{:?}", table.columns), &format!("{RULES:?} {OTHERWISE:?}"), &ids);
        let transactions = self.transactions(made_by, &inputs);
        let changed = self.changed(table, made_by, &inputs).await?;
        if let Some(changed) = &changed
            && changed.is_empty()
            && !whole
        {
            return Ok((Work::Nothing, transactions));
        }
        let plan = written.into_optimized_plan().map_err(failed)?;
        let changed = match changed {
            None => return Ok((Work::Whole(plan), transactions)),
            Some(changed) if whole => {
                let fresh = if changed.is_empty() { Vec::new() } else { transactions };
                return Ok((Work::Whole(plan), fresh));
            }
            Some(changed) => changed,
        };
        let narrowed = match shape::drivers(&plan, table.key, &key_of) {
            Some(drivers) => self.narrow(&plan, &drivers, &changed).await,
            None => Ok(None),
        };
        match narrowed {
            Ok(Some((plan, keys))) => Ok((Work::Some(plan, keys), transactions)),
            Ok(None) => Ok((Work::Whole(plan), transactions)),
            Err(error) => {
                // Mostly a version whose files are gone. What is really wrong will be told by the whole statement.
                tracing::info!(table = table.name, %error, "computed whole");
                Ok((Work::Whole(plan), transactions))
            }
        }
    }

    /// Which inputs changed since a table was made from them, and in what; `None` where it was made otherwise, or it is
    /// not known from what.
    async fn changed(
        &mut self,
        table: &GoldTable,
        made_by: i64,
        inputs: &BTreeSet<Name>,
    ) -> Result<Option<BTreeMap<Name, Arc<Difference>>>> {
        let Some(target) = self.table(&("gold".to_owned(), table.name.to_owned())).cloned() else { return Ok(None) };
        if target.transaction(DEFINITION).await? != Some(made_by) {
            return Ok(None);
        }
        let mut changed = BTreeMap::new();
        for name in inputs {
            let Some(version) = target.transaction(&application(name)).await? else { return Ok(None) };
            let difference = self.difference(name, version).await?;
            if !matches!(*difference, Difference::None) {
                changed.insert(name.clone(), difference);
            }
        }
        Ok(Some(changed))
    }

    /// The plan over the affected driving rows, and the keys of the rows that these make or made.
    async fn narrow(
        &self,
        plan: &LogicalPlan,
        drivers: &[Driver],
        changed: &BTreeMap<Name, Arc<Difference>>,
    ) -> Result<Option<(LogicalPlan, KeySet)>> {
        let mut by_table = BTreeMap::new();
        let mut keys = None;
        for driver in drivers {
            let Some(ids) = self.affected(driver, changed).await? else { return Ok(None) };
            let made = self.output_keys(driver, &ids)?;
            let Some(made) = made else { return Ok(None) };
            let all: &mut KeySet = keys.get_or_insert_with(|| KeySet::Ids(HashSet::new()));
            if !all.add(made) {
                return Ok(None);
            }
            by_table.insert(driver.name.clone(), (driver.key, Arc::new(KeySet::Ids(ids))));
        }
        let narrowed = shape::replace_scans(plan, |scan, name| {
            let Some((key, ids)) = by_table.get(name) else { return Ok(None) };
            let scan = LogicalPlan::TableScan(scan.clone());
            let key = scan.schema().columns().into_iter().find(|column| column.name == *key);
            let key = key.ok_or_else(|| DataFusionError::Plan(format!("no key of {}", name.1)))?;
            LogicalPlanBuilder::from(scan).filter(KeySet::holds(ids, Expr::Column(key)))?.build().map(Some)
        });
        let narrowed = narrowed.map_err(|error| Error::Query(error.to_string()))?;
        Ok(keys.map(|keys| (narrowed, keys)))
    }

    /// The ids of the driving rows that changed, or for which a join offers something else.
    async fn affected(
        &self,
        driver: &Driver,
        changed: &BTreeMap<Name, Arc<Difference>>,
    ) -> Result<Option<HashSet<i64>>> {
        let Some(table) = self.table(&driver.name) else { return Ok(None) };
        let mut ids = HashSet::new();
        if let Some(difference) = changed.get(&driver.name) {
            let Difference::Some(differing) = difference.as_ref() else { return Ok(None) };
            let read = driver.scan.projected_schema.columns();
            let filtered = driver.scan.filters.iter().flat_map(|filter| filter.column_refs().into_iter().cloned());
            let columns: BTreeSet<String> = read.into_iter().chain(filtered).map(|column| column.name).collect();
            let compared: Vec<&str> = if driver.name.0 == "silver" {
                // A silver row that is written gets the run's stamp.
                vec![BATCH_ID, PROCESSED_AT, SILVER_DELETED_AT]
            } else {
                columns.iter().map(String::as_str).collect()
            };
            match differing.keys(table, driver.key, &compared).await? {
                Some(changed) => ids.extend(changed),
                None => return Ok(None),
            }
        }
        for side in &driver.sides {
            let touched = shape::inputs(&side.plan).iter().any(|name| changed.contains_key(name));
            if !touched {
                continue;
            }
            if side.on.is_empty() || !driver.compares_alike(side) {
                return Ok(None);
            }
            let Some(offered) = self.changed_offers(side, changed).await? else { return Ok(None) };
            if !offered.is_empty() {
                self.rows_that_meet(driver, side, &offered, &mut ids).await?;
            }
        }
        let few = ids.len() as u64 * LARGEST_SHARE <= table.rows().await?;
        Ok(few.then_some(ids))
    }

    /// The hashes of the join keys for which a side offers other rows than it did.
    async fn changed_offers(
        &self,
        side: &Side,
        changed: &BTreeMap<Name, Arc<Difference>>,
    ) -> Result<Option<HashSet<u128>>> {
        let Some(earlier) = earlier_plan(&side.plan, changed).await? else { return Ok(None) };
        let before = self.offers(side, earlier).await?;
        let mut now = self.offers(side, side.plan.clone()).await?;
        let mut differing: HashSet<u128> =
            before.into_iter().filter(|(key, content)| now.remove(key) != Some(*content)).map(|(key, _)| key).collect();
        differing.extend(now.into_keys());
        Ok(Some(differing))
    }

    /// What a side offers for each join key: the sum of its rows' hashes, so that their order does not matter.
    async fn offers(&self, side: &Side, plan: LogicalPlan) -> Result<HashMap<u128, u128>> {
        let on: Vec<Expr> = side.on.iter().map(|(_, other)| other.clone()).collect();
        let columns = plan.schema().columns().into_iter().map(Expr::Column).collect();
        let mut offers: HashMap<u128, u128> = HashMap::new();
        self.each_row(plan, &on, columns, |keys, contents, _| {
            for (key, content) in keys.iter().zip(contents) {
                let sum = offers.entry(*key).or_default();
                *sum = sum.wrapping_add(*content);
            }
        })
        .await?;
        Ok(offers)
    }

    /// Adds the ids of the driving rows whose join key is among these.
    async fn rows_that_meet(
        &self,
        driver: &Driver,
        side: &Side,
        offered: &HashSet<u128>,
        ids: &mut HashSet<i64>,
    ) -> Result<()> {
        let on: Vec<Expr> = side.on.iter().map(|(own, _)| own.clone()).collect();
        let scan = LogicalPlan::TableScan(driver.scan.clone());
        let key = scan.schema().columns().into_iter().filter(|column| column.name == driver.key);
        let key = key.map(Expr::Column).collect();
        self.each_row(scan, &on, key, |keys, _, columns| {
            if let Some(values) = columns.first().and_then(|column| column.as_primitive_opt::<Int64Type>()) {
                let met = keys.iter().zip(values.values()).filter(|(key, _)| offered.contains(key));
                ids.extend(met.map(|(_, id)| *id));
            }
        })
        .await
    }

    /// Visits the rows of a plan whose join key has no null: hashes of the keys and of the columns, and the columns.
    async fn each_row(
        &self,
        plan: LogicalPlan,
        on: &[Expr],
        columns: Vec<Expr>,
        mut visit: impl FnMut(&[u128], &[u128], &[ArrayRef]),
    ) -> Result<()> {
        let failed = |error: DataFusionError| Error::Query(format!("comparing versions: {error}"));
        let keyed = on.iter().enumerate().map(|(place, key)| key.clone().alias(format!("__on{place}")));
        let selected: Vec<Expr> = keyed.chain(columns).collect();
        let not_null = on.iter().cloned().map(Expr::is_not_null).reduce(Expr::and);
        let mut builder = LogicalPlanBuilder::from(plan);
        if let Some(not_null) = not_null {
            builder = builder.filter(not_null).map_err(failed)?;
        }
        let plan = builder.project(selected).and_then(LogicalPlanBuilder::build).map_err(failed)?;
        let mut rows = DataFrame::new(self.context.state(), plan).execute_stream().await.map_err(failed)?;
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(failed)?;
            let hashes = |from: usize, to: usize| {
                let columns: Vec<usize> = (from..to).collect();
                row_hashes(&batch, &columns).map_err(|error| Error::Query(format!("comparing versions: {error}")))
            };
            let (keys, contents) = (hashes(0, on.len())?, hashes(on.len(), batch.num_columns())?);
            visit(&keys, &contents, &batch.columns()[on.len()..]);
        }
        Ok(())
    }

    /// The keys of the statement's rows that driving rows make.
    fn output_keys(&self, driver: &Driver, ids: &HashSet<i64>) -> Result<Option<KeySet>> {
        let failed = |error: DataFusionError| Error::Query(format!("computing keys: {error}"));
        let schema = Arc::new(Schema::new(vec![Field::new(driver.key, DataType::Int64, true)]));
        let described = DFSchema::try_from_qualified_schema(driver.scan.table_name.clone(), &schema).map_err(failed)?;
        let expression = self.context.create_physical_expr(driver.output_key.clone(), &described).map_err(failed)?;
        let column: ArrayRef = Arc::new(ids.iter().copied().collect::<Int64Array>());
        let rows = ids.len();
        let batch = RecordBatch::try_new(schema, vec![column]).map_err(|error| Error::data("keys", error))?;
        let values = expression.evaluate(&batch).and_then(|value| value.into_array(rows)).map_err(failed)?;
        Ok(KeySet::of(&values))
    }
}

/// The text of the code behind the functions that statements call.
const FUNCTIONS: [&str; 2] = [include_str!("functions.rs"), include_str!("../../../generated/src/agreement_rules.rs")];

/// A number for how a table is made: by which statement, whose functions and rules are compiled in, from which tables.
fn made_by(sql: &str, columns: &str, rules: &str, inputs: &[String]) -> i64 {
    let parts = [sql, columns, rules, datafusion::DATAFUSION_VERSION].into_iter().chain(FUNCTIONS);
    crate::lake::definition(parts.chain(inputs.iter().map(String::as_str)))
}

/// The version of a table that is not there.
const MISSING: i64 = -1;

/// The application transaction that holds the version of an input.
fn application(name: &Name) -> String {
    format!("{}/{}", name.0, name.1)
}

/// The key of a table whose rows can drive a statement.
fn key_of((layer, table): &Name) -> Option<&'static str> {
    match layer.as_str() {
        "silver" => ENTITIES.iter().find(|entity| entity.table == table).map(|entity| entity.key),
        "gold" => GOLD.iter().find(|gold| gold.name == table).map(|gold| gold.key),
        _ => None,
    }
}

/// The plan over the earlier versions of what changed; `None` where they can't be read in the same way.
async fn earlier_plan(plan: &LogicalPlan, changed: &BTreeMap<Name, Arc<Difference>>) -> Result<Option<LogicalPlan>> {
    let mut providers = BTreeMap::new();
    for name in shape::inputs(plan) {
        match changed.get(&name).map(AsRef::as_ref) {
            None | Some(Difference::None) => {}
            Some(Difference::Unknown) => return Ok(None),
            Some(Difference::Some(differing)) => {
                providers.insert(name, differing.earlier().provider().await?);
            }
        }
    }
    let mut same = true;
    let earlier = shape::replace_scans(plan, |scan, name| {
        let Some(provider) = providers.get(name) else { return Ok(None) };
        let (now, before) = (scan.source.schema(), provider.schema());
        same &= now.fields() == before.fields();
        if !same {
            return Ok(None);
        }
        TableScanBuilder::new(scan.table_name.clone(), provider_as_source(Arc::clone(provider)))
            .with_projection(scan.projection.clone())
            .with_filters(scan.filters.clone())
            .build()
            .map(|scan| Some(LogicalPlan::TableScan(scan)))
    });
    let earlier = earlier.map_err(|error| Error::Query(format!("comparing versions: {error}")))?;
    Ok(same.then_some(earlier))
}

/// A plan's rows in the order of the table's key.
pub(super) fn sorted(context: &SessionContext, plan: LogicalPlan, key: &str) -> datafusion::error::Result<DataFrame> {
    DataFrame::new(context.state(), plan).sort(vec![ident(key).sort(true, true)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_pattern_of_a_rule_is_another_definition() {
        let of = |rules: &[_]| made_by("SELECT 1", "id", &format!("{rules:?} {OTHERWISE:?}"), &[]);
        let known = of(RULES);
        assert_eq!(known, of(RULES));
        let mut patterns = RULES.to_vec();
        patterns[0].patterns = &["þjónustan"];
        let mut order = RULES.to_vec();
        order.reverse();
        let mut class = RULES.to_vec();
        class[0].normalized = "operations";
        for other in [patterns, order, class] {
            assert_ne!(known, of(&other));
        }
    }

    #[test]
    fn every_part_counts() {
        let id = ["1".to_owned()];
        let known = made_by("SELECT 1", "id", "rules", &id);
        for other in [
            made_by("SELECT 2", "id", "rules", &id),
            made_by("SELECT 1", "id, name", "rules", &id),
            made_by("SELECT 1", "id", "other rules", &id),
            made_by("SELECT 1", "id", "rules", &["2".to_owned()]),
            made_by("SELECT 1", "id", "rules", &[]),
        ] {
            assert_ne!(known, other);
        }
    }

    #[test]
    fn the_code_of_every_function_counts() {
        let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut folders = vec![sources];
        let mut registering = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                    continue;
                }
                let text = std::fs::read_to_string(entry.path()).unwrap();
                if text.contains(concat!("impl ScalarUDFImpl", " for")) {
                    registering += 1;
                    assert!(FUNCTIONS.contains(&text.as_str()), "{} is in no definition", entry.path().display());
                }
            }
        }
        assert!(registering > 0);
    }

    use crate::lake::{Scope, Stage, Target, align_batch, sync, testing};
    use arrow::array::StringArray;
    use connectwise_generated::gold::{GoldColumn, GoldType};

    const COLUMNS: &[GoldColumn] = &[
        GoldColumn { name: "key", data_type: GoldType::Bigint, dimension: None, format: None, additivity: None },
        GoldColumn { name: "name", data_type: GoldType::Text, dimension: None, format: None, additivity: None },
    ];

    fn gold(sql: &'static str) -> GoldTable {
        GoldTable { name: "fact_expenseentry", key: "key", columns: COLUMNS, fact: None, sql }
    }

    /// Brings silver rows: id, the member's id, and a text.
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
        let batch = align_batch(&RecordBatch::try_from_iter(columns).unwrap(), &schema).unwrap();
        let target = Target { layer: "silver", name: table, schema, key: &["id"], stamps: &[] };
        let keys = Arc::new(KeySet::Ids(ids.values().iter().copied().collect()));
        let scope = if all { Scope::All } else { Scope::Only { column: "id", keys } };
        sync(lake, stage, &target, &scope, futures::stream::iter([Ok(batch)]), &[]).await.unwrap();
    }

    /// Builds the table and says what was computed: nothing, all, or these keys.
    async fn built(lake: &Lakehouse, stage: &Stage, table: &GoldTable) -> Option<Vec<i64>> {
        let mut inputs = Inputs::new(lake).await.unwrap();
        let (work, transactions) = inputs.work(table, table.sql, false).await.unwrap();
        let (plan, scope, done) = match work {
            Work::Nothing => return Some(Vec::new()),
            Work::Whole(plan) => (plan, Scope::All, None),
            Work::Some(plan, keys) => {
                let KeySet::Ids(ids) = &keys else { panic!("text keys") };
                let mut ids: Vec<i64> = ids.iter().copied().collect();
                ids.sort_unstable();
                (plan, Scope::Only { column: "key", keys: Arc::new(keys) }, Some(ids))
            }
        };
        let rows = sorted(inputs.context(), plan, "key").unwrap().execute_stream().await.unwrap();
        let rows = rows.map(|batch| batch.map_err(|error| Error::Query(error.to_string())));
        let target =
            Target { layer: "gold", name: table.name, schema: super::super::schema(table), key: &["key"], stamps: &[] };
        sync(lake, stage, &target, &scope, rows, &transactions).await.unwrap();
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
        let ((_folder, lake), stage) = (testing::lake(10), Stage::new().unwrap());
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
        let ((folder, lake), stage) = (testing::lake(10), Stage::new().unwrap());
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
        let ((_folder, lake), stage) = (testing::lake(10), Stage::new().unwrap());
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
        let (_folder, lake) = testing::lake(10);
        let context = catalog::register(&lake).await.unwrap();
        for table in GOLD {
            let sql = table.sql.replace("${businessDate}", "2026-01-05");
            let written = context.sql(&sql).await.unwrap();
            assert!(shape::is_stable(written.logical_plan()), "{} would be computed whole every time", table.name);
        }
    }
}
