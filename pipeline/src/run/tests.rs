//! Tests of runs that need no server: the run history, replay, and the layers after bronze.

use super::meta;
use super::replay::replay_tables;
use super::report::{EntityReport, RunReport};
use crate::bronze::{self, Loading, quarantine};
use crate::context::{Layer, Mode, Options, RunId};
use crate::progress::Progress;
use crate::testing::{Screen, companies, company, rejected, run, value};
use connectwise_generated::tables::by_entity;
use std::time::Duration;

#[tokio::test]
async fn a_run_is_on_record_once() {
    let (_folder, run) = run(Options::default());
    let lake = &run.lake;
    let mut report = RunReport::new(run.id.clone(), Mode::Full, vec!["bronze", "silver"]);
    report.entities = vec![
        EntityReport { entity: "Company", ..EntityReport::default() },
        EntityReport { entity: "Member", error: Some("no right".to_owned()), ..EntityReport::default() },
    ];
    meta::record(lake, &report).await.unwrap();
    // A process that takes over the lock finds that the run recorded its end itself.
    meta::record_end(lake, &report.header(), "failed", "killed").await.unwrap();
    let runs = "SELECT count(*) || ' ' || max(status) || ' ' || max(layers) FROM meta.etl_run";
    assert_eq!(value(lake, runs).await, "1 partial bronze,silver");
    let entities = "SELECT string_agg(entity || ' ' || status, ', ' ORDER BY entity) FROM meta.etl_entity_run";
    assert_eq!(value(lake, entities).await, "Company done, Member failed");

    let other = RunReport::new(RunId::new(chrono::DateTime::UNIX_EPOCH), Mode::Incremental, vec!["gold"]);
    meta::record_end(lake, &other.header(), "failed", "killed").await.unwrap();
    let ended = "SELECT string_agg(status || ' ' || error, ', ' ORDER BY startedAt) FROM meta.etl_run";
    assert_eq!(value(lake, ended).await, "failed killed, partial no right");
}

#[tokio::test]
async fn what_fits_now_leaves_the_quarantine_and_goes_through_to_gold() {
    let (_folder, run) = run(Options::default());
    let lake = &run.lake;
    let entity = by_entity("Company").unwrap();
    let full = Loading { full: true, ..Loading::default() };
    bronze::load(&run, &companies(&run.stage, 1..3, "A", true), full).await.unwrap();
    let mut odd = companies(&run.stage, 0..0, "", false);
    let fits_now = company(7, "B");
    odd.quarantined =
        vec![rejected(7, "it did not fit", &fits_now.raw_json), rejected(8, "odd", r#"{"id":8,"_info":7}"#)];
    quarantine::add(&run, &odd).await.unwrap();

    let report = replay_tables(lake, &[entity]).await.unwrap();
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert_eq!(value(lake, "SELECT max(recordId) || ' ' || count(*) FROM bronze.cw_quarantine").await, "8 1");
    for layer in ["bronze", "silver"] {
        let names = format!("SELECT string_agg(name, '' ORDER BY id) FROM {layer}.cw_company");
        assert_eq!(value(lake, &names).await, "AAB", "{layer}");
    }
    assert_eq!(value(lake, "SELECT count(*) FROM gold.dimcompany WHERE companyName = 'B'").await, "1");
    let again = replay_tables(lake, &[entity]).await.unwrap();
    assert_eq!((again.exit_code(), again.tables.len()), (0, 0), "nothing else fits");
}

#[tokio::test]
async fn the_layers_after_bronze_need_no_connection_and_bronze_does() {
    let (_folder, run) = run(Options::default());
    let full = Loading { full: true, ..Loading::default() };
    bronze::load(&run, &companies(&run.stage, 1..3, "A", true), full).await.unwrap();
    let options = Options { layers: vec![Layer::Silver, Layer::Gold], ..Options::default() };
    let report = super::run(None, &run.lake, &options).await.unwrap();
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert_eq!(value(&run.lake, "SELECT count(*) FROM gold.dimcompany WHERE companyName = 'A'").await, "2");
    let error = super::run(None, &run.lake, &Options::default()).await.unwrap_err();
    assert_eq!((error.exit_code(), error.to_string().contains("needs a connection")), (2, true), "{error}");
}

#[tokio::test]
async fn what_is_computed_whole_because_its_definition_changed_is_told_once() {
    let (_folder, run) = run(Options::default());
    let full = Loading { full: true, ..Loading::default() };
    bronze::load(&run, &companies(&run.stage, 1..3, "A", true), full).await.unwrap();
    let told = async || {
        let screen = Screen::default();
        let progress = Progress::lines(Box::new(screen.clone()), Duration::ZERO);
        let options = Options { layers: vec![Layer::Silver, Layer::Gold], progress, ..Options::default() };
        let report = super::run(None, &run.lake, &options).await.unwrap();
        assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
        let text = screen.text();
        text.lines().filter(|line| line.contains("than before")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(told().await, [""; 0], "the first time nothing was there");
    for (layer, name) in [("silver", "cw_company"), ("gold", "dimcompany"), ("gold", "dimmember")] {
        let mut table = run.lake.open(layer, name).await.unwrap().unwrap();
        table.record(&[("definition".to_owned(), 1)]).await.unwrap();
    }
    let anew = told().await;
    assert!(
        anew.len() == 2 && anew[0].starts_with("Company: silver is") && anew[1].starts_with("gold: 2 tables"),
        "{anew:?}"
    );
    assert_eq!(told().await, [""; 0], "once");
}
