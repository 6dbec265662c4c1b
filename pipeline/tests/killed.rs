//! The binary killed in the middle of its work: readers see whole versions, and the next run ends what it began.
//!
//! Where it is killed is counted in what it has done by then, in requests to the simulator and in files of the
//! lakehouse, never in time. `CW_KILL_POINTS` sets how many points are tried, `CW_KILL_SEED` which.

#![expect(clippy::unwrap_used, reason = "a test that can't start its command has failed")]

use arrow::util::pretty::pretty_format_batches;
use connectwise_etl::catalog;
use connectwise_etl::lake::Layout;
use connectwise_simulator::{AdvanceRequest, Config, Counts, Scale, Simulator};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// How many points are tried where nothing else is said.
const POINTS: u64 = 10;

const TINY: Counts =
    Counts { companies: 4, members: 3, agreements: 6, time_entries: 40, expenses: 3, products: 3, invoices: 5 };

/// A simulator, and the command that runs against it.
struct Scene {
    simulator: Simulator,
    config: Config,
    folder: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let config = Config { scale: Scale::Custom(TINY), misfits: 1, ..Config::default() };
        let simulator = Simulator::start(config.clone()).await.unwrap();
        Self { simulator, config, folder: tempfile::tempdir().unwrap() }
    }

    fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn start(&self, lake: &Path, more: &[&str]) -> Child {
        let staging = self.place("staging");
        std::fs::create_dir_all(&staging).unwrap();
        Command::new(env!("CARGO_BIN_EXE_connectwise-etl"))
            .arg("run")
            .args(more)
            .env_clear()
            .env("CW_BASE_URL", self.simulator.base_url())
            .env("CW_AUTH_USERNAME", &self.config.username)
            .env("CW_AUTH_PASSWORD", &self.config.password)
            .env("CW_CLIENTID", &self.config.client_id)
            .env("CW_LAKEHOUSE", lake)
            // What a killed process staged goes away with the test.
            .env("TMPDIR", &staging)
            .env("CW_STAGING", &staging)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Runs to the end, which has to be a good one.
    fn run(&self, lake: &Path) -> String {
        let Output { status, stderr, .. } = self.start(lake, &[]).wait_with_output().unwrap();
        let text = String::from_utf8(stderr).unwrap();
        assert!(status.success(), "{text}");
        text
    }

    /// What a run has done so far: requests and files.
    fn done(&self, lake: &Path) -> u64 {
        self.simulator.world().requests().total + files(lake)
    }

    /// Starts a run and stops it by a signal when it has done so much; false where it ended before.
    fn stop_after(&self, lake: &Path, much: u64, stop: impl FnOnce(&mut Child)) -> (bool, Output) {
        self.simulator.world().clear_requests();
        let before = self.done(lake);
        let mut child = self.start(lake, &[]);
        let mut stop = Some(stop);
        while child.try_wait().unwrap().is_none() {
            if self.done(lake) - before >= much
                && let Some(stop) = stop.take()
            {
                stop(&mut child);
            }
            std::thread::yield_now();
        }
        (stop.is_none(), child.wait_with_output().unwrap())
    }
}

fn files(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let of = |entry: std::fs::DirEntry| if entry.path().is_dir() { files(&entry.path()) } else { 1 };
    entries.flatten().map(of).sum()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let path = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &path);
        } else {
            std::fs::copy(entry.path(), path).unwrap();
        }
    }
}

/// Every row of every table but meta's, without what says when and by which run it was written.
async fn contents(place: &Path) -> BTreeMap<String, String> {
    let lake = catalog::open(place.to_str().unwrap(), Layout::Schemas).unwrap();
    let context = catalog::register(&lake).await.unwrap();
    let stamps = ["etlTimestamp", "etlRunId", "_etl_processed_at", "_etl_batch_id"];
    let mut contents = BTreeMap::new();
    for known in catalog::known_tables().iter().filter(|known| known.layer != "meta") {
        let columns: Vec<String> = known.schema.fields().iter().map(|field| format!("\"{}\"", field.name())).collect();
        let kept = columns.iter().filter(|name| !stamps.contains(&name.trim_matches('"'))).cloned();
        let sql = format!(
            "SELECT {} FROM {}.{} ORDER BY {}",
            kept.collect::<Vec<_>>().join(", "),
            known.layer,
            known.name,
            known.key.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
        );
        let rows = context.sql(&sql).await.unwrap().collect().await.unwrap();
        contents.insert(format!("{}.{}", known.layer, known.name), pretty_format_batches(&rows).unwrap().to_string());
    }
    contents
}

/// How the runs ended, as they are on record.
async fn statuses(place: &Path) -> Vec<String> {
    let lake = catalog::open(place.to_str().unwrap(), Layout::Schemas).unwrap();
    let context = catalog::register(&lake).await.unwrap();
    let rows = context.sql("SELECT status FROM meta.etl_run ORDER BY \"startedAt\"").await.unwrap();
    let text = pretty_format_batches(&rows.collect().await.unwrap()).unwrap().to_string();
    text.lines()
        .skip(3)
        .map(|line| line.trim_matches(['|', ' ']).to_owned())
        .filter(|line| !line.contains('+'))
        .collect()
}

fn assert_same(found: &BTreeMap<String, String>, wanted: &BTreeMap<String, String>, what: &str) {
    for (table, rows) in wanted {
        assert_eq!(&found[table], rows, "{what}: {table}");
    }
}

/// Numbers that are the same for the same seed.
fn dice(seed: &mut u64, below: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % below.max(1)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_killed_anywhere_is_ended_by_the_next() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (points, mut seed) = (number("CW_KILL_POINTS").unwrap_or(POINTS), number("CW_KILL_SEED").unwrap_or(5));
    let scene = Scene::new().await;
    // A first run from nothing, and one that finds changes: undisturbed, each shows what has to come out.
    let first = scene.place("first");
    scene.simulator.world().clear_requests();
    scene.run(&first);
    let mut ways: Vec<(Option<PathBuf>, u64, BTreeMap<String, String>)> =
        vec![(None, scene.done(&first), contents(&first).await)];
    for rest in 0..2 {
        for point in 0..points / 2 + points % 2 * (1 - rest) {
            let (from, all, wanted) = ways.last().unwrap();
            let share = all / (points / 2).max(1);
            let much = (point * share + dice(&mut seed, share)).clamp(1, all - 1);
            let lake = scene.place(&format!("killed-{rest}-{point}"));
            if let Some(from) = from {
                copy(from, &lake);
            }
            let (was_killed, output) = scene.stop_after(&lake, much, |child| child.kill().unwrap());
            let what = format!("killed after {much} of {all} steps");
            // A point near the end may come when all is done.
            assert!(was_killed || output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
            contents(&lake).await;
            scene.run(&lake);
            assert_same(&contents(&lake).await, wanted, &what);
            let known = statuses(&lake).await;
            assert!(known.iter().all(|status| status == "done" || status == "killed"), "{what}: {known:?}");
            std::fs::remove_dir_all(&lake).unwrap();
        }
        if rest == 0 {
            let change = AdvanceRequest { hours: 24.0, change: 6, add: 3, post: 2, ..AdvanceRequest::default() };
            scene.simulator.world().advance(change);
            let second = scene.place("second");
            copy(&first, &second);
            scene.simulator.world().clear_requests();
            let before = files(&second);
            scene.run(&second);
            ways.push((Some(first.clone()), scene.done(&second) - before, contents(&second).await));
        }
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_asked_to_end_says_so_and_gives_the_lock_back() {
    let scene = Scene::new().await;
    let lake = scene.place("lake");
    let (stopped, output) = scene.stop_after(&lake, 20, |child| {
        let status = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(status.success());
    });
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(stopped && output.status.code() == Some(1) && text.contains("stopped on request"), "{text}");
    assert_eq!(statuses(&lake).await, ["interrupted"]);
    let text = scene.run(&lake);
    assert!(!text.contains("taking over"), "{text}");
    assert_eq!(statuses(&lake).await, ["interrupted", "done"]);
    // One that was killed can't say so itself: whoever takes its lock over does.
    let (killed, _) = scene.stop_after(&lake, 20, |child| child.kill().unwrap());
    assert!(killed);
    let text = scene.run(&lake);
    assert!(text.contains("taking over"), "{text}");
    assert_eq!(statuses(&lake).await, ["interrupted", "done", "killed", "done"]);
}
