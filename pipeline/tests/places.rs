//! The binary and the places that it is given: names are literal text, and what is not there is said to be missing.

#![expect(clippy::unwrap_used, reason = "a test that can't start its command has failed")]

use connectwise_simulator::{AdvanceRequest, Config, Counts, Scale, Simulator};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const TINY: Counts =
    Counts { companies: 20, members: 2, agreements: 3, time_entries: 10, expenses: 2, products: 2, invoices: 2 };

/// What a shell, a pattern, a URL or a word of the command line could take otherwise.
const ODD: &str = "a [1]? *{x}%20p#5'Þ\"\\~";

struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.err);
        serde_json::from_str(&self.out).unwrap()
    }
}

struct Scene {
    simulator: Simulator,
    config: Config,
    folder: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let config = Config { scale: Scale::Custom(TINY), ..Config::default() };
        let simulator = Simulator::start(config.clone()).await.unwrap();
        Self { simulator, config, folder: tempfile::tempdir().unwrap() }
    }

    fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the command in the scene's folder, with what it stages below it.
    fn command(&self, arguments: &[&str], environment: &[(&str, &Path)]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_connectwise-etl"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.place("home"))
            .env("CW_BASE_URL", self.simulator.base_url())
            .env("CW_AUTH_USERNAME", &self.config.username)
            .env("CW_AUTH_PASSWORD", &self.config.password)
            .env("CW_CLIENTID", &self.config.client_id)
            .envs(environment.iter().copied());
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
    }

    fn companies(&self) -> u64 {
        self.simulator.world().records("Company").count() as u64
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The counts of an entity in a run's document.
fn counts<'a>(document: &'a Value, entity: &str) -> &'a Value {
    &document["entities"].as_array().unwrap().iter().find(|found| found["entity"] == entity).unwrap()["counts"]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lakehouse_and_staging_of_any_name_go_the_whole_way() {
    let scene = Scene::new().await;
    let (lake, staging) = (scene.place(&format!("lake {ODD}")), scene.place(&format!("staging {ODD}")));
    let places = [("CW_LAKEHOUSE", lake.as_path()), ("CW_STAGING", staging.as_path())];
    let count = || {
        let sql = "SELECT count(*) AS n FROM gold.dimcompany WHERE \"companyId\" > 0 AND NOT \"isInferred\"";
        scene.command(&["query", sql, "--format", "json"], &places).json()[0]["n"].as_u64().unwrap()
    };
    let first = scene.command(&["run", "--json"], &places).json();
    assert_eq!(counts(&first, "Company")["inserted"], 20);
    let checks = first["checks"].as_array().unwrap();
    let fetched = checks.iter().find(|check| check["name"] == "fetched/cw_company").unwrap();
    assert_eq!(fetched["detail"], "20 records read, 20 of them live in bronze");
    assert_eq!(count(), 20);

    let changes = AdvanceRequest { hours: 8.0, change: 3, add: 2, ..AdvanceRequest::default() };
    scene.simulator.world().advance(changes);
    let second = scene.command(&["run", "--json"], &places).json();
    let company = counts(&second, "Company");
    assert_eq!((&company["inserted"], &company["deleted"]), (&2.into(), &0.into()), "{company}");
    assert_eq!(count(), scene.companies());

    let maintained = scene.command(&["maintain", "--json", "--retention-hours", "0", "--force"], &places).json();
    assert!(maintained.as_array().unwrap().iter().all(|table| table["error"].is_null()), "{maintained}");
    assert_eq!(count(), scene.companies());
    let status = scene.command(&["status", "--json"], &places).json();
    assert_eq!(status["notBuilt"], Value::Array(Vec::new()));
    let table = status["tables"].as_array().unwrap().iter().find(|table| table["table"] == "cw_company").unwrap();
    assert_eq!(table["rows"], scene.companies());
    let now = "2999-01-01";
    let then =
        scene.command(&["query", "SELECT 1 FROM bronze.cw_company", "--as-of", now, "--format", "json"], &places);
    assert_eq!(then.json().as_array().unwrap().len() as u64, scene.companies());
    let doctor = scene.command(&["doctor", "--json"], &places).json();
    let checks = doctor["checks"].as_array().unwrap();
    assert!(checks.iter().filter(|check| check["name"] == "tables").all(|check| check["state"] == "well"), "{doctor}");
    // Nothing was made under a name that was taken otherwise.
    assert_eq!(names(scene.folder.path()), [format!("lake {ODD}"), format!("staging {ODD}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_staged_below_a_home_of_any_name_arrives() {
    let scene = Scene::new().await;
    let home = scene.place("st[1]");
    let places = [("HOME", home.as_path())];
    let run = |lake: &str| {
        let all = ["run", "--json", "--layers", "bronze", "--lookback-days", "3650", "--lakehouse", lake];
        scene.command(&all, &places).json()
    };
    let first = run("lake");
    assert_eq!(counts(&first, "Company")["inserted"], 20);
    scene.simulator.world().advance(AdvanceRequest { hours: 8.0, change: 3, ..AdvanceRequest::default() });
    let second = run("lake");
    let company = counts(&second, "Company");
    let count = |what: &str| company[what].as_u64().unwrap();
    assert_eq!((count("updated") + count("unchanged"), count("deleted")), (20, 0), "{company}");
    // A lakehouse below the home, as no shell wrote it out.
    let third = run("~/lake");
    assert_eq!(counts(&third, "Company")["inserted"], 20);
    assert!(home.join("lake/bronze/cw_company").is_dir() && !scene.place("~").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_was_not_built_is_named_wherever_it_is_asked() {
    let scene = Scene::new().await;
    let lake = scene.place("lake");
    let places = [("CW_LAKEHOUSE", lake.as_path())];
    let ran = scene.command(&["run", "--layers", "bronze", "--entities", "Company"], &places);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("bronze holds what was read") && !ran.out.contains("live rows agree"), "{}", ran.out);
    for (arguments, words) in [
        (&["report", "unbilled"][..], "gold was not built yet"),
        (&["report", "unbilled", "--json"], "gold was not built yet"),
        (&["report", "measures"], "gold was not built yet"),
        (&["report", "measures", "--by", "month", "--json"], "gold was not built yet"),
        (&["query", "SELECT * FROM gold.dimcompany"], "gold.dimcompany is not there: gold was not built yet"),
        (&["query", "SELECT 1 FROM dimcompany AS c JOIN bronze.cw_company AS b ON true"], "gold was not built yet"),
        (&["query", "SELECT * FROM silver.cw_company"], "silver was not built yet"),
        (&["query", "SELECT * FROM bronze.cw_member"], "bronze.cw_member is not there: no run had written it yet"),
        (&["query", "SELECT * FROM gold.dimcompany", "--as-of", "2999-01-01"], "gold was not built by 2999-01-01"),
        (&["run", "--layers", "gold"], "silver was not built"),
    ] {
        let ran = scene.command(arguments, &places);
        assert_eq!(ran.code, 1, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(words), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("`connectwise-etl run`") || ran.err.contains("--layers"), "{}", ran.err);
        assert!(ran.out.is_empty(), "{arguments:?}: {}", ran.out);
    }
    let status = scene.command(&["status"], &places);
    assert_eq!(status.code, 0, "{}", status.err);
    assert!(status.out.contains("not built yet: silver, gold"), "{}", status.out);
    let status = scene.command(&["status", "--json"], &places).json();
    assert_eq!(status["notBuilt"], serde_json::json!(["silver", "gold"]));
    // The quarantine comes with the first record that does not fit: without it, there are none.
    let quarantine = scene.command(&["query", "SELECT * FROM bronze.cw_quarantine", "--format", "json"], &places);
    assert_eq!(quarantine.json(), serde_json::json!([]));
    let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema IN ('silver', 'gold')";
    assert_eq!(scene.command(&["query", tables, "--format", "json"], &places).json(), serde_json::json!([]));

    // An empty folder has nothing to maintain either.
    let empty = scene.place("empty");
    std::fs::create_dir(&empty).unwrap();
    for arguments in [&["maintain"][..], &["status"], &["report", "unbilled"], &["replay"], &["reconcile"]] {
        let ran = scene.command(arguments, &[("CW_LAKEHOUSE", empty.as_path())]);
        assert_eq!(ran.code, 1, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("there are no tables") && ran.out.is_empty(), "{arguments:?}: {}", ran.err);
    }
    assert!(names(&empty).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_layout_is_refused_by_every_command() {
    let scene = Scene::new().await;
    for (made, other) in [("schemas", "flat"), ("flat", "schemas")] {
        let lake = scene.place(made);
        let place = [("CW_LAKEHOUSE", lake.as_path())];
        let layers = ["run", "--layers", "bronze", "--entities", "Company", "--layout", made];
        assert_eq!(scene.command(&layers, &place).code, 0);
        let before = names(&lake);
        for command in [
            &["run"][..],
            &["run", "--dry-run"],
            &["run", "--layers", "silver,gold"],
            &["reconcile"],
            &["reconcile", "--apply"],
            &["replay"],
            &["maintain"],
            &["query", "SELECT 1"],
            &["report", "unbilled"],
            &["status"],
        ] {
            let ran = scene.command(&[command, &["--layout", other]].concat(), &place);
            assert_eq!(ran.code, 2, "{command:?}: {}", ran.err);
            assert!(ran.err.contains(&format!("set CW_LAYOUT={made}")), "{command:?}: {}", ran.err);
            assert!(ran.out.is_empty(), "{command:?}: {}", ran.out);
        }
        let doctor = scene.command(&["doctor", "--layout", other], &place);
        assert_eq!(doctor.code, 1, "{}", doctor.out);
        assert!(doctor.out.contains(&format!("CW_LAYOUT={made}")), "{}", doctor.out);
        assert_eq!(names(&lake), before, "a second set of tables");
        assert_eq!(scene.command(&["status", "--layout", made], &place).code, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lakehouse_that_is_none_is_wrong_use_and_makes_no_folder() {
    let scene = Scene::new().await;
    for (value, words) in [
        ("\"./lake\"", "quotes"),
        ("'./lake'", "quotes"),
        ("  ", "blank"),
        ("./lake ", "blank"),
        ("~anna/lake", "home"),
    ] {
        for command in [&["run"][..], &["status"], &["query", "SELECT 1"], &["demo"]] {
            let by_environment = scene.command(command, &[("CW_LAKEHOUSE", Path::new(value))]);
            let by_argument = scene.command(&[command, &["--lakehouse", value]].concat(), &[]);
            for ran in [by_environment, by_argument] {
                assert_eq!(ran.code, 2, "{value:?}, {command:?}: {}", ran.err);
                assert!(ran.err.contains(words) && ran.err.contains("CW_LAKEHOUSE"), "{value:?}: {}", ran.err);
            }
        }
    }
    for value in ["'st'", " ", "~anna/st", "st\n"] {
        let ran = scene.command(&["run", "--lakehouse", "lake"], &[("CW_STAGING", Path::new(value))]);
        assert_eq!(ran.code, 2, "{value:?}: {}", ran.err);
        assert!(ran.err.contains("CW_STAGING"), "{value:?}: {}", ran.err);
    }
    assert!(names(scene.folder.path()).is_empty(), "{:?}", names(scene.folder.path()));
    assert_eq!(scene.simulator.world().requests().total, 0);
}
