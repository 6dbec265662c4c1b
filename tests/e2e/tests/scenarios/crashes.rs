//! Runs that end in the middle of their work: cut off at a write, or on a disk that is full.

use crate::disk::Disk;
use crate::support::Scene;
use connectwise_etl::run::{self, Mode, Options};
use connectwise_simulator::{AdvanceRequest, Config, Counts, Scale};

const TINY: Counts =
    Counts { companies: 4, members: 3, agreements: 6, time_entries: 12, expenses: 3, products: 3, invoices: 5 };

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_a_rerun_with_room_heals() {
    let disk = Disk::new();
    let config = Config { scale: Scale::Custom(TINY), ..Config::default() };
    let scene = Scene::at(config, &disk.address(), tempfile::tempdir().unwrap()).await;
    let full = Options { mode: Mode::Full, ..Options::default() };
    for room in [0, 20_000, 200_000] {
        disk.fill_up_after(room);
        let text = match run::run(Some(&scene.client), &scene.lake, &full).await {
            Ok(report) => {
                assert_eq!(report.exit_code(), 1, "{room}: {:?}", report.error_text());
                report.error_text().unwrap()
            }
            Err(error) => error.to_string(),
        };
        assert!(text.contains("No space left on device"), "{room}: {text}");
        disk.mend();
    }
    scene.full().await;
    let whole = scene.rows("SELECT count(*), SUM(actualHours) FROM gold.fact_timeentry").await;
    assert_eq!(whole[0][0], "12");
    // In the middle of an incremental run, too, what is there stays whole.
    scene.world().advance(AdvanceRequest { hours: 24.0, change: 3, add: 2, ..AdvanceRequest::default() });
    disk.fill_up_after(60_000);
    let report = run::run(Some(&scene.client), &scene.lake, &Options::default()).await.unwrap();
    assert_ne!(report.exit_code(), 0);
    disk.mend();
    assert_eq!(scene.rows("SELECT count(*), SUM(actualHours) FROM gold.fact_timeentry").await, whole);
    scene.incremental().await;
    assert_eq!(scene.value("SELECT count(*) FROM gold.fact_timeentry").await, "14");
}
