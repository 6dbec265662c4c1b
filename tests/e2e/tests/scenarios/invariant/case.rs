//! A world and a lakehouse that a history happens to, and what has to hold at its end.

use super::steps::{Cut, ENTITIES, FLAGS, MISFIT, Step, TYPES};
use super::{same_tables, scene, succeeded};
use crate::disk::Disk;
use crate::support::Scene;
use connectwise_etl::catalog::{self, known_tables};
use connectwise_etl::lake::{Layout, MaintenanceOptions, maintain};
use connectwise_etl::run::replay::replay;
use connectwise_etl::run::report::RunReport;
use connectwise_etl::run::{self, Layer, Mode, Options};
use connectwise_simulator::{AdvanceRequest, Faults};
use datafusion::logical_expr::{Expr, ident, lit};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A lakehouse after one full run, to begin every history with, and how often each kind of work writes.
pub(super) struct Template {
    disk: Arc<Disk>,
    full: u64,
    incremental: u64,
    maintain: u64,
}

impl Template {
    /// The writes of undisturbed work in which every entity changed: no cut comes later than at the end of such a one.
    pub(super) async fn new() -> Self {
        let disk = Disk::new();
        scene(&disk).await.full().await;
        let template = Self { disk, full: 0, incremental: 0, maintain: 0 };
        let mut case = Case::new(&template).await;
        let change = AdvanceRequest { hours: 1.0, change: 2, add: 1, post: 1, ..AdvanceRequest::default() };
        let mut counts = Vec::new();
        for mode in [Mode::Full, Mode::Incremental] {
            case.scene.world().advance(change.clone());
            let before = case.disk.writes();
            case.run(Options { mode, ..Options::default() }, None).await.unwrap();
            counts.push(case.disk.writes() - before);
        }
        let before = case.disk.writes();
        case.take(&Step::Maintain { cut: None }).await.unwrap();
        case.disk.forget();
        Self { full: counts[0], incremental: counts[1], maintain: case.disk.writes() - before, ..template }
    }
}

/// A world and a lakehouse that a history happens to.
pub(super) struct Case<'a> {
    template: &'a Template,
    scene: Scene,
    pub(super) disk: Arc<Disk>,
    deleted: BTreeMap<&'static str, Vec<Value>>,
    /// Records that were deleted and came back.
    restored: BTreeSet<(&'static str, i64)>,
    /// Whether some work was left undone: a run that does not look at all may find that the layers disagree.
    uneven: bool,
}

impl<'a> Case<'a> {
    pub(super) async fn new(template: &'a Template) -> Self {
        let disk = Disk::new();
        template.disk.copy_to(&disk, "").await;
        let (deleted, restored) = Default::default();
        Self { template, scene: scene(&disk).await, disk, deleted, restored, uneven: false }
    }

    fn pick(&self, entity: &str, pick: usize) -> Option<Value> {
        let world = self.scene.world();
        let ids = world.ids(entity);
        (!ids.is_empty()).then(|| world.record(entity, ids[pick % ids.len()])).flatten()
    }

    /// Puts a record that says when it changed.
    fn put(&self, entity: &str, mut record: Value, hours_ago: i64) {
        let world = self.scene.world();
        let at = world.now() - chrono::TimeDelta::hours(hours_ago);
        record["_info"]["lastUpdated"] = json!(at.format("%Y-%m-%dT%H:%M:%SZ").to_string());
        world.put(entity, record);
    }

    fn delete(&mut self, entity: &'static str, pick: usize) {
        if let Some(record) = self.pick(entity, pick) {
            self.scene.world().delete(entity, record["id"].as_i64().unwrap_or_default());
            self.deleted.entry(entity).or_default().push(record);
        }
    }

    pub(super) async fn take(&mut self, step: &Step) -> Result<(), String> {
        let world = self.scene.world();
        world.advance(AdvanceRequest { hours: 1.0, ..AdvanceRequest::default() });
        match step {
            Step::Pass { entity, change, add } => {
                world.advance(AdvanceRequest {
                    hours: 1.0,
                    change: *change as _,
                    add: *add as _,
                    entities: vec![ENTITIES[*entity].to_owned()],
                    ..AdvanceRequest::default()
                });
            }
            Step::Late { entity, pick, hours } => {
                if let Some(mut record) = self.pick(ENTITIES[*entity], *pick) {
                    record["notes"] = json!(format!("late by {hours}"));
                    self.put(ENTITIES[*entity], record, *hours);
                }
            }
            Step::Delete { entity, pick } => self.delete(ENTITIES[*entity], *pick),
            Step::Vanish { entity, pick } => {
                self.delete(ENTITIES[*entity], *pick);
                let entities = vec![ENTITIES[*entity].to_owned()];
                let options = Options { mode: Mode::Reconcile, force: true, entities, ..Options::default() };
                self.run(options, None).await?;
            }
            Step::Restore { entity, pick, as_it_was, odd } => {
                let entity = ENTITIES[*entity];
                let deleted = self.deleted.entry(entity).or_default();
                if !deleted.is_empty() {
                    let mut record = deleted.swap_remove(pick % deleted.len());
                    self.restored.extend(record["id"].as_i64().map(|id| (entity, id)));
                    if *odd && entity == "TimeEntry" {
                        record["actualHours"] = json!(MISFIT);
                    }
                    if *as_it_was {
                        let _ = world.put(entity, record);
                    } else {
                        self.put(entity, record, 0);
                    }
                }
            }
            Step::Hide { entity, full } => self.hide(ENTITIES[*entity], *full).await?,
            Step::Keyless { entity, pick, id } => {
                if let Some(mut record) = self.pick(ENTITIES[*entity], *pick) {
                    record["id"] = json!(id);
                    self.put(ENTITIES[*entity], record, 0);
                }
            }
            Step::Misfit { pick } => {
                if let Some(mut entry) = self.pick("TimeEntry", *pick) {
                    entry["actualHours"] = if is_misfit(&entry) { json!(2.5) } else { json!(MISFIT) };
                    self.put("TimeEntry", entry, 0);
                }
            }
            Step::Retype { pick, name } => {
                if let Some(mut agreement) = self.pick("Agreement", *pick) {
                    agreement["type"] = json!({ "id": 900 + name, "name": TYPES[*name] });
                    self.put("Agreement", agreement, 0);
                }
            }
            Step::Move { pick, parent } => {
                let parent = parent.and_then(|parent| self.pick("Agreement", parent));
                if let Some(mut agreement) = self.pick("Agreement", *pick) {
                    agreement["parentAgreement"] =
                        parent.map_or(Value::Null, |parent| json!({ "id": parent["id"], "name": parent["name"] }));
                    self.put("Agreement", agreement, 0);
                }
            }
            Step::Cost { pick, cost } => {
                if let Some(mut member) = self.pick("Member", *pick) {
                    member["hourlyCost"] = json!(1000 + cost);
                    self.put("Member", member, 0);
                }
            }
            Step::Flag { flag, pick } => {
                let (entity, name) = FLAGS[*flag];
                if let Some(record) = self.pick(entity, *pick) {
                    let turned = record[name] != json!(true);
                    world.set_quietly(entity, record["id"].as_i64().unwrap_or_default(), name, json!(turned));
                }
            }
            Step::Post => {
                world.advance(AdvanceRequest { hours: 1.0, post: 1, ..AdvanceRequest::default() });
            }
            Step::Unposted { row, pick, by_number } => match pick.map(|pick| self.pick("Invoice", pick)) {
                None => {
                    let _ = world.delete("UnpostedInvoice", *row);
                }
                Some(invoice) => {
                    let (id, number) = invoice.map_or((json!(null), json!(null)), |invoice| {
                        (invoice["id"].clone(), invoice["invoiceNumber"].clone())
                    });
                    let (id, number) = if *by_number { (json!(null), number) } else { (id, json!(null)) };
                    let row = json!({ "id": row, "billingLogId": id, "invoiceNumber": number });
                    let _ = world.put("UnpostedInvoice", row);
                }
            },
            Step::Run(way) => {
                let started = way.day.map(|day| world.now() + chrono::TimeDelta::days(day));
                let options = Options {
                    mode: if way.full { Mode::Full } else { Mode::Incremental },
                    layers: way.layers.to_vec(),
                    entities: way.entity.iter().map(|entity| ENTITIES[*entity].to_owned()).collect(),
                    lookback_days: way.lookback,
                    since: way.since.map(|days| world.now() - chrono::TimeDelta::days(days)),
                    started,
                    // Of a dozen records most may be gone.
                    force: way.full,
                    ..Options::default()
                };
                let writes = if way.full { self.template.full } else { self.template.incremental };
                self.run(options, of(way.cut, writes)).await?;
            }
            Step::Reconcile { cut } => {
                let options = Options { mode: Mode::Reconcile, force: true, ..Options::default() };
                self.run(options, of(*cut, self.template.incremental)).await?;
            }
            Step::Replay { cut } => {
                self.cut(of(*cut, self.template.incremental));
                let outcome = replay(&self.scene.lake, &Options::default()).await;
                self.ended(outcome, "replay", false)?;
            }
            Step::Maintain { cut } => {
                self.cut(of(*cut, self.template.maintain));
                let upkeep = MaintenanceOptions { retention_hours: 0, dry_run: false };
                let mut failed = None;
                for known in known_tables() {
                    let done = maintain(&self.scene.lake, known, upkeep).await;
                    failed = failed.or(done.and_then(|done| done.error));
                }
                if let (false, Some(error)) = (self.disk.mend(), failed) {
                    return Err(format!("maintain: {error}"));
                }
            }
        }
        Ok(())
    }

    fn cut(&self, writes: Option<u64>) {
        if let Some(writes) = writes {
            self.disk.cut_after(writes);
        }
    }

    /// A run that was cut off may say what it likes; any other has to succeed. Gives whether it was whole.
    fn ended(&mut self, outcome: connectwise_etl::Result<RunReport>, what: &str, evens: bool) -> Result<bool, String> {
        let was_cut = self.disk.mend();
        // What is left undone of one entity is no fault of a run that looks at another.
        let excused = self.uneven && !evens && outcome.as_ref().is_ok_and(|report| report.exit_code() == 4);
        self.uneven = (self.uneven && !evens) || was_cut;
        if !was_cut && !excused {
            succeeded(outcome, what)?;
        }
        Ok(!was_cut)
    }

    async fn run(&mut self, options: Options, cut: Option<u64>) -> Result<(), String> {
        self.cut(cut);
        let has = |layer| options.layers.is_empty() || options.layers.contains(&layer);
        let all = options.entities.is_empty() && has(Layer::Silver) && has(Layer::Gold);
        let outcome = run::run(Some(&self.scene.client), &self.scene.lake, &options).await;
        let whole = self.ended(outcome, options.mode.name(), all)?;
        self.uneven |= has(Layer::Bronze) && !has(Layer::Silver);
        if whole && has(Layer::Bronze) {
            let read = |entity: &str| options.entities.is_empty() || options.entities.iter().any(|name| name == entity);
            for (entity, id) in self.restored.iter().filter(|(entity, _)| read(entity)) {
                let is_there = self.scene.world().record(entity, *id).is_some();
                if is_there && self.marked(entity, *id).await {
                    return Err(format!("{entity} {id} is marked as deleted, and the source has it"));
                }
            }
        }
        Ok(())
    }

    /// How many rows of bronze are so.
    async fn rows(&self, entity: &str, so: Expr) -> usize {
        let table = format!("cw_{}", entity.to_lowercase());
        let Some(table) = self.scene.lake.open("bronze", &table).await.unwrap() else { return 0 };
        table.frame().unwrap().filter(so).unwrap().count().await.unwrap()
    }

    async fn marked(&self, entity: &str, id: i64) -> bool {
        self.rows(entity, ident("id").eq(lit(id)).and(ident("etlDeletedAt").is_not_null())).await > 0
    }

    async fn live(&self, entity: &str) -> usize {
        self.rows(entity, ident("etlDeletedAt").is_null()).await
    }

    /// A list that shows nothing deletes nothing, unless it is told to.
    async fn hide(&mut self, entity: &'static str, full: bool) -> Result<(), String> {
        let endpoint = connectwise_generated::tables::by_entity(entity).unwrap().endpoint;
        let (mode, before) = (if full { Mode::Full } else { Mode::Reconcile }, self.live(entity).await);
        self.scene.world().faults(Faults::default().blind(endpoint));
        let options = Options { mode, entities: vec![entity.to_owned()], ..Options::default() };
        let outcome = run::run(Some(&self.scene.client), &self.scene.lake, &options).await;
        self.scene.world().faults(Faults::default());
        let text = outcome.map_err(|error| error.to_string())?.error_text().unwrap_or_default();
        let after = self.live(entity).await;
        if before > 0 && !(text.contains("--force") && after == before) {
            return Err(format!("{entity} had {before} live rows, and has {after}: {text}"));
        }
        Ok(())
    }

    /// What has to hold at the end of any history.
    pub(super) async fn judge(&mut self) -> Result<(), String> {
        let started = Some(self.scene.world().now());
        let last = Options { reconcile_days: Some(0), force: true, started, ..Options::default() };
        self.run(last.clone(), None).await?;
        let versions = self.scene.versions().await;
        self.run(last, None).await?;
        let after = self.scene.versions().await;
        if versions != after {
            let moved: Vec<_> = after.iter().filter(|(name, version)| versions.get(*name) != Some(version)).collect();
            return Err(format!("a rerun without changes committed to {moved:?}"));
        }
        self.bronze_is_the_source().await?;
        let rebuilt = Disk::new();
        self.disk.copy_to(&rebuilt, "bronze").await;
        let lake = catalog::open(&rebuilt.address(), Layout::Schemas).unwrap();
        let options = Options { layers: vec![Layer::Silver, Layer::Gold], started, ..Options::default() };
        succeeded(run::run(None, &lake, &options).await, "rebuild")?;
        let compared = same_tables(&self.scene.lake, &lake).await;
        rebuilt.forget();
        compared
    }

    async fn bronze_is_the_source(&self) -> Result<(), String> {
        for entity in ENTITIES {
            let table = format!("cw_{}", entity.to_lowercase());
            let flag = FLAGS.iter().find(|(other, _)| *other == entity).map(|(_, name)| *name);
            let set = flag.map_or("false".to_owned(), |name| format!("COALESCE({name}, false)"));
            let sql = format!("SELECT id, _info['lastUpdated'], {set} FROM bronze.{table} WHERE etlDeletedAt IS NULL");
            let mut stored: BTreeMap<String, Vec<String>> = self.scene.by_key(&sql).await;
            let mut source: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for record in self.scene.world().records(entity) {
                let id = record["id"].to_string();
                if is_misfit(&record) {
                    // In quarantine; an earlier version that fitted may be in bronze.
                    let sql = format!(
                        "SELECT count(*) FROM bronze.cw_quarantine WHERE entity = '{entity}' AND recordId = '{id}'"
                    );
                    if self.scene.value(&sql).await != "1" {
                        return Err(format!("{entity} {id} is in neither bronze nor quarantine"));
                    }
                    stored.remove(&id);
                } else {
                    let updated = record["_info"]["lastUpdated"].as_str().unwrap_or("∅").to_owned();
                    let set = flag.is_some_and(|name| record[name] == json!(true));
                    source.insert(id, vec![updated, set.to_string()]);
                }
            }
            if stored != source {
                return Err(format!("bronze.{table} is {stored:?}, the source {source:?}"));
            }
        }
        let stored = self.scene.rows("SELECT id FROM bronze.cw_unpostedinvoice ORDER BY id").await;
        let source: Vec<String> = self.scene.world().ids("UnpostedInvoice").iter().map(ToString::to_string).collect();
        if stored.concat() != source {
            return Err(format!("bronze.cw_unpostedinvoice is {stored:?}, the source {source:?}"));
        }
        Ok(())
    }
}

fn is_misfit(record: &Value) -> bool {
    record["actualHours"] == MISFIT || record["id"].as_i64().is_some_and(|id| id < 1)
}

/// How many writes a part of so many is: one at the least.
fn of(cut: Cut, writes: u64) -> Option<u64> {
    cut.map(|part| 1 + part * writes / 1000)
}
