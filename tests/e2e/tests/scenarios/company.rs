//! Several at once: runs that meet each other, and readers during a run.

use crate::support::{SMALL, Scene};
use connectwise_etl::run::{self, Mode, Options};
use connectwise_etl::{Error, lock};
use connectwise_simulator::{AdvanceRequest, Fault, Faults, When};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_hears_of_the_first_and_touches_nothing() {
    let scene = Scene::new(SMALL).await;
    let full = Options { mode: Mode::Full, ..Options::default() };
    // The first run can't go on until the second has been told.
    scene.world().faults(Faults::default().with("", When::Always, Fault::ServerError { status: 503 }));
    let mut first = Box::pin(run::run(Some(&scene.client), &scene.lake, &full));
    while lock::holder(&scene.lake).await.unwrap().is_none() {
        assert!(futures::poll!(&mut first).is_pending());
        tokio::task::yield_now().await;
    }
    let error = run::run(Some(&scene.client), &scene.lake, &Options::default()).await.unwrap_err();
    assert!(
        matches!(&error, Error::Lake(connectwise_etl::lake::Error::Locked { holder, .. }) if holder.command == "run"),
        "{error}"
    );
    assert_eq!(error.exit_code(), 1);
    assert!(scene.versions().await.is_empty());

    scene.world().faults(Faults::default());
    let first = first.await.unwrap();
    assert_eq!(first.exit_code(), 0, "{:?}", first.error_text());
    assert!(lock::holder(&scene.lake).await.unwrap().is_none());
    assert_eq!(scene.value("SELECT count(*) FROM meta.etl_run").await, "1");
    // The next may.
    scene.incremental().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_during_a_run_sees_whole_versions() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    // In a whole version of the fact every entry has one status, and each of the source's versions has its own sum.
    let sums = "SELECT count(*), count(DISTINCT timeEntryId), SUM(actualHours), count(effectiveBillingStatus) FROM \
                gold.fact_timeentry";
    let mut whole = vec![scene.rows(sums).await];
    for _ in 0..2 {
        scene.world().advance(AdvanceRequest { hours: 24.0, change: 40, add: 30, ..AdvanceRequest::default() });
        let options = Options::default();
        let mut writer = Box::pin(run::run(Some(&scene.client), &scene.lake, &options));
        let mut seen = Vec::new();
        let report = loop {
            tokio::select! {
                report = &mut writer => break report.unwrap(),
                rows = scene.rows(sums) => seen.push(rows),
            }
        };
        assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
        whole.push(scene.rows(sums).await);
        assert_ne!(whole[whole.len() - 1], whole[whole.len() - 2], "nothing changed");
        assert!(!seen.is_empty());
        for rows in seen {
            assert!(whole[whole.len() - 2..].contains(&rows), "{rows:?} is neither before nor after: {whole:?}");
        }
    }
}
