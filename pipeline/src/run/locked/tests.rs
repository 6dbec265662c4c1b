//! Tests of what is recorded of runs that were killed.

use super::*;
use crate::lake::Layout;
use chrono::Utc;

fn begun(id: &str) -> RunHeader {
    RunHeader {
        run_id: id.to_owned(),
        started_at: Utc::now(),
        mode: "incremental".to_owned(),
        layers: "bronze,silver,gold".to_owned(),
        entities: None,
    }
}

/// Leaves the lock behind as a killed process of this machine does; returns false where that can't be detected here.
async fn killed(lake: &Lakehouse, folder: &std::path::Path, id: &str) -> bool {
    let (lock, _) = Lock::take(lake, "run", Some(begun(id))).await.unwrap();
    let mut files: Vec<_> =
        std::fs::read_dir(folder.join("meta/etl_run/_lock")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let path = files.pop().unwrap();
    let mut record: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    lock.release().await;
    // No process has the highest possible id.
    record["pid"] = 4_194_304.into();
    std::fs::write(&path, record.to_string()).unwrap();
    record["machine"].is_string()
}

#[tokio::test]
async fn what_became_of_a_killed_run_is_on_record_and_only_once() {
    let folder = tempfile::tempdir().unwrap();
    let lake = crate::catalog::open(folder.path().to_str().unwrap(), Layout::Schemas).unwrap();
    if !killed(&lake, folder.path(), "r1").await {
        return;
    }
    locked(&lake, "run", async { Ok(()) }).await.unwrap();
    // This one had written its row, but not released the lock.
    killed(&lake, folder.path(), "r1").await;
    locked(&lake, "run", async { Ok(()) }).await.unwrap();
    let run = locked_run(&lake, "run", begun("r2"), async { Err::<(), _>(Error::Usage("wrong".to_owned())) });
    assert!(run.await.is_err(), "what fails by itself tells so itself");
    let context = crate::catalog::register(&lake).await.unwrap();
    let rows = context.sql("SELECT \"runId\", status, mode, error FROM meta.etl_run").await.unwrap();
    let rows = rows.collect().await.unwrap();
    let text = arrow::util::pretty::pretty_format_batches(&rows).unwrap().to_string();
    assert_eq!(rows.iter().map(|rows| rows.num_rows()).sum::<usize>(), 1, "{text}");
    for word in ["r1", "killed", "incremental", "process 4194304"] {
        assert!(text.contains(word), "{text}");
    }
}
