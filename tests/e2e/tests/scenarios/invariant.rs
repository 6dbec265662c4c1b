//! Whatever happens, in whatever order: silver and gold equal a rebuild from bronze, row for row, bronze holds what the
//! source has, and a rerun without changes commits no data.
//!
//! Random histories over a world of a dozen records, on a disk in memory; what fails is shrunk to its shortest form.
//! `CW_INVARIANT_CASES` sets how many (as many as CI has time for by default), `CW_INVARIANT_SEED` which.

use crate::disk::Disk;
use crate::support::Scene;
use arrow::array::RecordBatch;
use arrow::compute::{concat_batches, take_record_batch};
use arrow::row::{RowConverter, SortField};
use arrow::util::pretty::pretty_format_batches;
use connectwise_etl::catalog::known_tables;
use connectwise_etl::lake::{Lakehouse, Layout};
use connectwise_etl::report::RunReport;
use connectwise_etl::run::{self, Layer, Mode, Options};
use connectwise_simulator::{AdvanceRequest, Config, Counts, Scale};
use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, RngAlgorithm, TestError, TestRng, TestRunner};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many histories run where nothing else is said.
const CASES: u32 = 24;

const TINY: Counts =
    Counts { companies: 4, members: 3, agreements: 6, time_entries: 12, expenses: 3, products: 3, invoices: 5 };

const ENTITIES: [&str; 7] = ["Agreement", "Company", "ExpenseEntry", "Invoice", "Member", "ProductItem", "TimeEntry"];

/// Names that every rule of the agreement types classifies.
const TYPES: [&str; 4] = ["Tímapottur", "Innri verkefni", "yÞjónusta", "Ráðgjöf"];

/// Something that happens at the source, or is done here. A number picks one of the records that there are.
#[derive(Debug, Clone)]
enum Step {
    /// Records of an entity change, or come.
    Pass {
        entity: usize,
        change: usize,
        add: usize,
    },
    /// A record changes that says it changed so many hours ago.
    Late {
        entity: usize,
        pick: usize,
        hours: i64,
    },
    Delete {
        entity: usize,
        pick: usize,
    },
    /// A deleted record is there again.
    Restore {
        entity: usize,
        pick: usize,
    },
    /// An agreement gets another type.
    Retype {
        pick: usize,
        name: usize,
    },
    /// An agreement gets another parent, or none.
    Move {
        pick: usize,
        parent: Option<usize>,
    },
    /// A member costs another amount.
    Cost {
        pick: usize,
        cost: i64,
    },
    /// Invoices are posted.
    Post,
    /// A run, cut off after so many writes.
    Run {
        full: bool,
        lookback: Option<u32>,
        cut: Option<u64>,
    },
    /// All ids compared, and what is gone marked.
    Reconcile {
        cut: Option<u64>,
    },
    /// Silver and gold alone.
    Build {
        cut: Option<u64>,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let (entity, pick) = (0..ENTITIES.len(), 0..32_usize);
    let cut = || prop_oneof![3 => Just(None), 2 => (1..70_u64).prop_map(Some)];
    prop_oneof![
        4 => (entity.clone(), 0..3_usize, 0..2_usize)
            .prop_map(|(entity, change, add)| Step::Pass { entity, change, add }),
        2 => (entity.clone(), pick.clone(), 0..20_i64)
            .prop_map(|(entity, pick, hours)| Step::Late { entity, pick, hours }),
        2 => (entity.clone(), pick.clone()).prop_map(|(entity, pick)| Step::Delete { entity, pick }),
        1 => (entity, pick.clone()).prop_map(|(entity, pick)| Step::Restore { entity, pick }),
        2 => (pick.clone(), 0..TYPES.len()).prop_map(|(pick, name)| Step::Retype { pick, name }),
        2 => (pick.clone(), proptest::option::of(pick.clone())).prop_map(|(pick, parent)| Step::Move { pick, parent }),
        1 => (pick, 0..9_i64).prop_map(|(pick, cost)| Step::Cost { pick, cost }),
        1 => Just(Step::Post),
        6 => (prop::bool::weighted(0.15), proptest::option::weighted(0.2, 0..3_u32), cut())
            .prop_map(|(full, lookback, cut)| Step::Run { full, lookback, cut }),
        1 => cut().prop_map(|cut| Step::Reconcile { cut }),
        1 => cut().prop_map(|cut| Step::Build { cut }),
    ]
}

/// A world and a lakehouse that a history happens to.
struct Case {
    scene: Scene,
    disk: Arc<Disk>,
    deleted: BTreeMap<&'static str, Vec<Value>>,
}

impl Case {
    async fn new(template: &Disk) -> Self {
        let disk = Disk::new();
        template.copy_to(&disk, "").await;
        Self { scene: scene(&disk).await, disk, deleted: BTreeMap::new() }
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

    async fn take(&mut self, step: &Step) -> Result<(), String> {
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
            Step::Delete { entity, pick } => {
                let entity = ENTITIES[*entity];
                if let Some(record) = self.pick(entity, *pick) {
                    world.delete(entity, record["id"].as_i64().unwrap_or_default());
                    self.deleted.entry(entity).or_default().push(record);
                }
            }
            Step::Restore { entity, pick } => {
                let entity = ENTITIES[*entity];
                let deleted = self.deleted.entry(entity).or_default();
                if !deleted.is_empty() {
                    let record = deleted.swap_remove(pick % deleted.len());
                    self.put(entity, record, 0);
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
            Step::Post => {
                world.advance(AdvanceRequest { hours: 1.0, post: 1, ..AdvanceRequest::default() });
            }
            Step::Run { full, lookback, cut } => {
                let mode = if *full { Mode::Full } else { Mode::Incremental };
                self.run(Options { mode, lookback_days: *lookback, ..Options::default() }, *cut).await?;
            }
            Step::Reconcile { cut } => {
                self.run(Options { mode: Mode::Reconcile, force: true, ..Options::default() }, *cut).await?;
            }
            Step::Build { cut } => {
                self.run(Options { layers: vec![Layer::Silver, Layer::Gold], ..Options::default() }, *cut).await?;
            }
        }
        Ok(())
    }

    /// Runs. A run that was cut off may say what it likes; any other has to succeed.
    async fn run(&self, options: Options, cut: Option<u64>) -> Result<(), String> {
        if let Some(writes) = cut {
            self.disk.cut_after(writes);
        }
        let outcome = run::run(Some(&self.scene.client), &self.scene.lake, &options).await;
        match (self.disk.mend(), outcome) {
            (true, _) => Ok(()),
            (false, outcome) => succeeded(outcome, options.mode.name()),
        }
    }

    /// What has to hold at the end of any history.
    async fn judge(&self) -> Result<(), String> {
        self.run(Options::default(), None).await?;
        self.run(Options { mode: Mode::Reconcile, force: true, ..Options::default() }, None).await?;
        let versions = self.scene.versions().await;
        self.run(Options::default(), None).await?;
        let after = self.scene.versions().await;
        if versions != after {
            let moved: Vec<_> = after.iter().filter(|(name, version)| versions.get(*name) != Some(version)).collect();
            return Err(format!("a rerun without changes committed to {moved:?}"));
        }
        self.bronze_is_the_source().await?;
        let rebuilt = Disk::new();
        self.disk.copy_to(&rebuilt, "bronze").await;
        let lake = Lakehouse::at(&rebuilt.address(), Layout::Schemas).unwrap();
        let options = Options { layers: vec![Layer::Silver, Layer::Gold], ..Options::default() };
        succeeded(run::run(None, &lake, &options).await, "rebuild")?;
        let compared = same_tables(&self.scene.lake, &lake).await;
        rebuilt.forget();
        compared
    }

    async fn bronze_is_the_source(&self) -> Result<(), String> {
        for entity in ENTITIES {
            let table = format!("cw_{}", entity.to_lowercase());
            let sql = format!("SELECT id, _info['lastUpdated'] FROM bronze.{table} WHERE etlDeletedAt IS NULL");
            let stored: BTreeMap<String, Vec<String>> = self.scene.by_key(&sql).await;
            let source: BTreeMap<String, Vec<String>> = self
                .scene
                .world()
                .records(entity)
                .map(|record| {
                    let updated = record["_info"]["lastUpdated"].as_str().unwrap_or("∅").to_owned();
                    (record["id"].to_string(), vec![updated])
                })
                .collect();
            if stored != source {
                return Err(format!("bronze.{table} is {stored:?}, the source {source:?}"));
            }
        }
        Ok(())
    }
}

fn succeeded(outcome: connectwise_etl::Result<RunReport>, what: &str) -> Result<(), String> {
    match outcome {
        Ok(report) if report.exit_code() == 0 => Ok(()),
        Ok(report) => Err(format!("{what}: {}", report.error_text().unwrap_or_default())),
        Err(error) => Err(format!("{what}: {error}")),
    }
}

async fn scene(disk: &Disk) -> Scene {
    let config = Config { scale: Scale::Custom(TINY), ..Config::default() };
    Scene::at(config, &disk.address(), tempfile::tempdir().unwrap()).await
}

/// Compares all tables of silver and gold, but for the stamps.
async fn same_tables(one: &Lakehouse, other: &Lakehouse) -> Result<(), String> {
    for known in known_tables().iter().filter(|known| matches!(known.layer, "silver" | "gold")) {
        let (left, right) =
            (content(one, known.layer, known.name).await, content(other, known.layer, known.name).await);
        if left == right {
            continue;
        }
        let show = |batch: Option<RecordBatch>| {
            batch.map_or_else(|| "no table".to_owned(), |batch| pretty_format_batches(&[batch]).unwrap().to_string())
        };
        return Err(format!(
            "{}/{} differs from a rebuild:\n{}\nrebuilt:\n{}",
            known.layer,
            known.name,
            show(left),
            show(right)
        ));
    }
    Ok(())
}

/// A table's rows, sorted by what identifies them, without the stamps.
async fn content(lake: &Lakehouse, layer: &'static str, name: &str) -> Option<RecordBatch> {
    let table = lake.open(layer, name).await.unwrap()?;
    let batches = table.frame().await.unwrap().collect().await.unwrap();
    let schema = batches.first().map(RecordBatch::schema).or_else(|| table.schema().ok())?;
    let all = concat_batches(&schema, &batches).unwrap();
    let kept: Vec<usize> = (0..schema.fields().len())
        .filter(|index| !["_etl_processed_at", "_etl_batch_id"].contains(&schema.field(*index).name().as_str()))
        .collect();
    let all = all.project(&kept).unwrap();
    let key: Vec<_> = ["parentId", "listIndex"].iter().filter_map(|name| all.column_by_name(name).cloned()).collect();
    let key = if key.len() == 2 { key } else { vec![Arc::clone(all.column(0))] };
    let fields = key.iter().map(|column| SortField::new(column.data_type().clone())).collect();
    let rows = RowConverter::new(fields).unwrap().convert_columns(&key).unwrap();
    let mut order: Vec<u64> = (0..all.num_rows() as u64).collect();
    order.sort_unstable_by_key(|row| rows.row(usize::try_from(*row).unwrap()));
    Some(take_record_batch(&all, &arrow::array::UInt64Array::from(order)).unwrap())
}

/// A lakehouse after one full run, to begin every history with.
async fn template() -> Arc<Disk> {
    let disk = Disk::new();
    let scene = scene(&disk).await;
    scene.full().await;
    disk
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Plays a history and judges it.
async fn play(template: &Disk, history: &[Step]) -> Result<(), String> {
    let mut case = Case::new(template).await;
    let mut outcome = Ok(());
    for step in history {
        outcome = case.take(step).await.map_err(|reason| format!("{step:?}: {reason}"));
        if outcome.is_err() {
            break;
        }
    }
    if outcome.is_ok() {
        outcome = case.judge().await;
    }
    case.disk.forget();
    outcome
}

#[test]
fn any_history_equals_a_rebuild() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u32>().ok());
    let (cases, seed) = (number("CW_INVARIANT_CASES").unwrap_or(CASES), number("CW_INVARIANT_SEED").unwrap_or(2));
    let template = runtime().block_on(template());
    let workers = u32::try_from(std::thread::available_parallelism().map_or(1, usize::from)).unwrap_or(1).min(cases);
    let worker = |number: u32| {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&seed.to_le_bytes());
        bytes[4..8].copy_from_slice(&number.to_le_bytes());
        let share = cases / workers + u32::from(number < cases % workers);
        let config = Cases { cases: share, max_shrink_iters: 60, failure_persistence: None, ..Cases::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        let runtime = runtime();
        let outcome = runner.run(&proptest::collection::vec(step(), 1..9), |history| {
            runtime.block_on(play(&template, &history)).map_err(TestCaseError::fail)
        });
        if let Err(TestError::Fail(reason, history)) = outcome {
            panic!("{reason}\nafter {history:#?}");
        } else if let Err(error) = outcome {
            panic!("{error}");
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|number| scope.spawn(move || worker(number))).collect();
        for worker in workers {
            if let Err(failure) = worker.join() {
                std::panic::resume_unwind(failure);
            }
        }
    });
}
