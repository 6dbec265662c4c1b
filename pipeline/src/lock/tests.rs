//! Taking, keeping and losing the lock, and what is told of it.

use super::*;
use crate::lake::Layout;

fn lake() -> (tempfile::TempDir, Lakehouse) {
    let folder = tempfile::tempdir().unwrap();
    let lake = crate::catalog::open(folder.path().to_str().unwrap(), Layout::Schemas).unwrap();
    (folder, lake)
}

/// A lock as another machine would have written it.
async fn written(lake: &Lakehouse, number: u64, change: impl FnOnce(&mut Holder)) {
    let mut other = Holder::new("run", None, Utc::now());
    other.process = Process { host: "elsewhere".to_owned(), pid: 4711, machine: None, start: None };
    change(&mut other);
    LockFiles::of(lake).unwrap().write(number, &other, PutMode::Overwrite).await.unwrap();
}

async fn refusal(lake: &Lakehouse) -> Option<String> {
    locked(lake, "run", async { Ok(()) }).await.err().map(|error| error.to_string())
}

#[tokio::test]
async fn the_second_hears_who_holds_it_and_the_next_may() {
    let (_folder, lake) = lake();
    let second = locked(&lake, "run", async {
        let error = locked(&lake, "maintain", async { Ok(()) }).await.unwrap_err();
        assert!(matches!(&error, Error::Locked { holder, .. } if holder.command == "run"));
        assert_eq!(error.exit_code(), 1);
        Ok(error.to_string())
    });
    let text = second.await.unwrap();
    let pid = format!("process {}", std::process::id());
    assert!(text.contains("`run`") && text.contains(&pid) && text.contains("since 20"), "{text}");
    assert!(holder(&lake).await.unwrap().is_none());
    assert_eq!(refusal(&lake).await, None);
}

#[tokio::test]
async fn one_that_expired_or_was_given_back_is_taken_over_and_another_is_not() {
    let (_folder, lake) = lake();
    written(&lake, 7, |_| {}).await;
    assert!(refusal(&lake).await.unwrap().contains("process 4711 on elsewhere"));
    written(&lake, 7, |other| other.released = true).await;
    assert_eq!(refusal(&lake).await, None);
    written(&lake, 9, |other| other.expires_at = Utc::now() - TimeDelta::seconds(1)).await;
    assert_eq!(refusal(&lake).await, None);
    assert_eq!(LockFiles::of(&lake).unwrap().numbers().await.unwrap(), [10], "one file stays");
}

#[tokio::test]
async fn that_of_a_dead_process_is_taken_over_at_once() {
    let (_folder, lake) = lake();
    let own = Process::own();
    if own.machine.is_none() {
        return;
    }
    // No process has the highest id there can be.
    written(&lake, 1, |other| other.process = Process { pid: 4_194_304, ..own.clone() }).await;
    assert_eq!(refusal(&lake).await, None);
    // The id is in use again, by a process that started later.
    written(&lake, 3, |other| other.process = Process { pid: 1, start: Some("1".to_owned()), ..own.clone() }).await;
    assert_eq!(refusal(&lake).await, None);
    // Another container of this machine may well have a process that can't be seen from here.
    let there = Process { pid: 4_194_304, machine: Some("another".to_owned()), ..own };
    written(&lake, 5, |other| other.process = there).await;
    assert!(refusal(&lake).await.is_some());
}

#[tokio::test]
async fn work_that_is_dropped_leaves_no_lock_behind() {
    let (_folder, lake) = lake();
    let mut stuck = Box::pin(locked(&lake, "run", std::future::pending::<Result<()>>()));
    while holder(&lake).await.unwrap().is_none() {
        assert!(futures::poll!(&mut stuck).is_pending());
        tokio::task::yield_now().await;
    }
    assert!(refusal(&lake).await.is_some());
    drop(stuck);
    assert_eq!(refusal(&lake).await, None);
}

#[tokio::test]
async fn of_many_at_once_one_gets_it() {
    let (_folder, lake) = lake();
    let (inside, told) = (std::sync::atomic::AtomicBool::new(false), tokio::sync::Semaphore::new(0));
    let attempts = (0..8).map(|_| async {
        let outcome = locked(&lake, "run", async {
            assert!(!inside.swap(true, std::sync::atomic::Ordering::SeqCst), "two at once");
            // It goes on when another was told that it may not.
            drop(told.acquire().await.unwrap());
            inside.store(false, std::sync::atomic::Ordering::SeqCst);
            Ok(())
        });
        let outcome = outcome.await;
        told.add_permits(1);
        outcome.is_ok()
    });
    let won = futures::future::join_all(attempts).await;
    assert!(won.contains(&true) && won.contains(&false), "{won:?}");
}

#[tokio::test]
async fn renewing_moves_the_expiry_and_notices_a_takeover() {
    let (_folder, lake) = lake();
    let lock = Lock::take(&lake, "run", None).await.unwrap();
    let mut own = Holder { expires_at: lock.holder.since, ..lock.holder.clone() };
    assert_eq!(renew(&lock.files, lock.number, &mut own).await.unwrap(), None);
    assert!(own.expires_at > lock.holder.since + lease() - TimeDelta::minutes(1));
    let (_, stored) = lock.files.newest().await.unwrap().unwrap();
    assert_eq!((stored.token, stored.expires_at), (own.token.clone(), own.expires_at));
    written(&lake, lock.number + 1, |_| {}).await;
    let reason = renew(&lock.files, lock.number, &mut own).await.unwrap().unwrap();
    assert!(reason.contains("process 4711 on elsewhere"), "{reason}");
}

#[tokio::test]
async fn what_became_of_a_killed_run_is_on_record_and_only_once() {
    let (_folder, lake) = lake();
    let own = Process::own();
    if own.machine.is_none() {
        return;
    }
    let begun = |id: &str| Begun {
        run_id: id.to_owned(),
        started_at: Utc::now(),
        mode: "incremental".to_owned(),
        layers: "bronze,silver,gold".to_owned(),
        entities: None,
    };
    let killed = |id: &str| {
        let begun = begun(id);
        |other: &mut Holder| {
            other.process = Process { pid: 4_194_304, ..Process::own() };
            other.begun = Some(begun);
        }
    };
    written(&lake, 1, killed("r1")).await;
    assert_eq!(refusal(&lake).await, None);
    // This one had written its row, but not given the lock back.
    written(&lake, 3, killed("r1")).await;
    assert_eq!(refusal(&lake).await, None);
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
