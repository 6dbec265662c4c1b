//! Whatever happens, in whatever order: silver and gold equal a rebuild from bronze, row for row, bronze holds what the
//! source has, and a rerun without changes commits no data.
//!
//! Random histories over a world of a dozen records, on a disk in memory; what fails is shrunk to its shortest form.
//! `CW_INVARIANT_CASES` sets how many (as many as CI has time for by default), `CW_INVARIANT_SEED` which.

mod case;
mod steps;

use crate::disk::Disk;
use crate::support::Scene;
use arrow::array::RecordBatch;
use arrow::compute::{concat_batches, take_record_batch};
use arrow::row::{RowConverter, SortField};
use arrow::util::pretty::pretty_format_batches;
use case::{Case, Template};
use connectwise_etl::catalog::known_tables;
use connectwise_etl::client::DataSource;
use connectwise_etl::lake::Lakehouse;
use connectwise_etl::run::report::RunReport;
use connectwise_generated::gold::by_name;
use connectwise_simulator::{Config, Counts, Scale};
use proptest::test_runner::{Config as Cases, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use std::sync::Arc;
use steps::{Step, step};

/// How many histories run where nothing else is said.
const CASES: u32 = 40;

const TINY: Counts =
    Counts { companies: 4, members: 3, agreements: 6, time_entries: 12, expenses: 3, products: 3, invoices: 5 };

fn succeeded(outcome: connectwise_etl::Result<RunReport>, what: &str) -> Result<(), String> {
    match outcome {
        Ok(report) if report.exit_code() == 0 => Ok(()),
        Ok(report) => Err(format!("{what}: {}", report.error_text().unwrap_or_default())),
        Err(error) => Err(format!("{what}: {error}")),
    }
}

/// Tables have several files each: which of them a change touches is part of what is tried.
const LEAST_ROWS: u64 = 4;

async fn scene(disk: &Disk) -> Scene {
    let config = Config { scale: Scale::Custom(TINY), ..Config::default() };
    let mut scene = Scene::at(config, &disk.address(), tempfile::tempdir().unwrap()).await;
    scene.lake = scene.lake.clone().with_least_rows(LEAST_ROWS);
    // Every history goes on from one lakehouse, with a simulator of its own at another port.
    scene.client = scene.client.clone().with_source(DataSource::demo());
    scene
}

/// Compares all tables of silver and gold, but for the stamps and for what is written once, which is no function of
/// bronze.
async fn same_tables(one: &Lakehouse, other: &Lakehouse) -> Result<(), String> {
    let is_computed = |name: &str| by_name(name).is_none_or(|table| table.written_once.is_none());
    let compared = known_tables().iter().filter(|known| matches!(known.layer, "silver" | "gold"));
    for known in compared.filter(|known| is_computed(known.name)) {
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
    let batches = table.frame().unwrap().collect().await.unwrap();
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

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Plays a history and judges it.
async fn play(template: &Template, history: &[Step]) -> Result<(), String> {
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
    let template = runtime().block_on(Template::new());
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
