//! Tests of taking, renewing and losing the lock, and of its messages.

use super::super::process::Process;
use super::super::testing::lake;
use super::*;
use chrono::TimeDelta;

/// Payload of a holder in these tests.
type Payload = String;

/// A lock as another machine would have written it.
async fn written(lake: &Lakehouse, number: u64, change: impl FnOnce(&mut Holder)) {
    let mut holder = Holder::new("run", Some("theirs".into()), Utc::now());
    holder.process = Process { host: "elsewhere".to_owned(), pid: 4711, machine: None, start: None };
    change(&mut holder);
    LockFiles::of(lake).unwrap().write(number, &holder, PutMode::Overwrite).await.unwrap();
}

/// Runs work under the lock, and releases it.
async fn locked<T>(lake: &Lakehouse, command: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    let (mut lock, _) = Lock::<Payload>::take(lake, command, None).await?;
    let outcome = lock.during(work).await;
    lock.release().await;
    outcome?
}

/// Makes a lock's file older, as if the storage had had it for so long.
fn aged(lake: &Lakehouse, number: u64, age: TimeDelta) {
    let path = lake.root().to_file_path().unwrap().join(format!("meta/etl_run/{}", LockFiles::path(number)));
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified((Utc::now() - age).into()).unwrap();
}

async fn refusal(lake: &Lakehouse) -> Option<String> {
    locked(lake, "run", async { Ok(()) }).await.err().map(|error| error.to_string())
}

#[tokio::test]
async fn the_second_hears_who_holds_it_and_the_next_may() {
    let (_folder, lake) = lake(10);
    let second = locked(&lake, "run", async {
        let error = locked(&lake, "maintain", async { Ok(()) }).await.unwrap_err();
        assert!(matches!(&error, Error::Locked { holder, .. } if holder.command == "run"));
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
    let (_folder, lake) = lake(10);
    written(&lake, 7, |_| {}).await;
    assert!(refusal(&lake).await.unwrap().contains("process 4711 on elsewhere"));
    written(&lake, 7, |other| other.released = true).await;
    assert_eq!(refusal(&lake).await, None);
    written(&lake, 9, |other| other.expires_at = Utc::now() - TimeDelta::seconds(1)).await;
    assert_eq!(refusal(&lake).await, None);
    let numbers = LockFiles::of(&lake).unwrap().numbers().await.unwrap();
    assert_eq!(numbers.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [10], "one file stays");
}

#[tokio::test]
async fn that_of_a_dead_process_is_taken_over_at_once() {
    let (_folder, lake) = lake(10);
    let own = Process::own();
    if own.machine.is_none() {
        return;
    }
    // No process has the highest id there can be.
    written(&lake, 1, |other| other.process = Process { pid: 4_194_304, ..own.clone() }).await;
    assert_eq!(refusal(&lake).await, None);
    // The id was reused by a process that started later.
    written(&lake, 3, |other| other.process = Process { pid: 1, start: Some("1".to_owned()), ..own.clone() }).await;
    assert_eq!(refusal(&lake).await, None);
    // Another container of this machine may well have a process that can't be seen from here.
    let there = Process { pid: 4_194_304, machine: Some("another".to_owned()), ..own };
    written(&lake, 5, |other| other.process = there).await;
    assert!(refusal(&lake).await.is_some());
}

#[tokio::test]
async fn work_that_is_dropped_leaves_no_lock_behind() {
    let (_folder, lake) = lake(10);
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
    let (_folder, lake) = lake(10);
    let (inside, told) = (std::sync::atomic::AtomicBool::new(false), tokio::sync::Semaphore::new(0));
    let attempts = (0..8).map(|_| async {
        let outcome = locked(&lake, "run", async {
            assert!(!inside.swap(true, std::sync::atomic::Ordering::SeqCst), "two at once");
            // The holder goes on once another attempt was refused.
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
    let (_folder, lake) = lake(10);
    let (lock, _) = Lock::take(&lake, "run", Some("ours".to_owned())).await.unwrap();
    let mut own = Holder { expires_at: lock.holder.since, ..lock.holder.clone() };
    assert_eq!(renew(&lock.files, lock.number, &mut own).await.unwrap(), None);
    assert!(own.expires_at > lock.holder.since + lease() - TimeDelta::minutes(1));
    let (_, stored) = lock.files.newest().await.unwrap().unwrap();
    assert_eq!(stored.token, own.token);
    assert!((stored.expires_at - own.expires_at).abs() < TimeDelta::seconds(5), "by the clock of the storage");
    assert_eq!(stored.begun, Some("ours".into()), "renewing keeps what is said of the work");
    written(&lake, lock.number + 1, |_| {}).await;
    let reason = renew(&lock.files, lock.number, &mut own).await.unwrap().unwrap();
    assert!(reason.contains("process 4711 on elsewhere"), "{reason}");
}

#[tokio::test]
async fn who_takes_a_lock_over_gets_what_was_said_of_the_work() {
    let (_folder, lake) = lake(10);
    let (lock, before) = Lock::take(&lake, "run", Some("first".to_owned())).await.unwrap();
    assert!(before.is_none() && lock.payload().is_some_and(|payload| payload == "first"));
    lock.release().await;
    let (lock, before) = Lock::<Payload>::take(&lake, "run", None).await.unwrap();
    assert!(before.is_none(), "it was given back");
    lock.release().await;
    written(&lake, 9, |other| other.expires_at = Utc::now() - TimeDelta::seconds(1)).await;
    let (lock, before) = Lock::<Payload>::take(&lake, "run", None).await.unwrap();
    let before = before.unwrap();
    assert_eq!(before.payload.as_deref(), Some("theirs"));
    let text = before.text();
    assert!(text.contains("process 4711 on elsewhere") && text.contains("last seen 20"), "{text}");
    lock.release().await;
}

#[tokio::test]
async fn a_lock_of_an_earlier_version_is_read_and_says_the_same_in_its_file() {
    let (folder, lake) = lake(10);
    let lock = folder.path().join("meta/etl_run/_lock");
    std::fs::create_dir_all(&lock).unwrap();
    let text = r#"{"command":"run","user":null,"host":"elsewhere","pid":7,"machine":null,"start":null,
        "since":"2026-01-01T00:00:00Z","renewedAt":"2026-01-01T00:00:00Z","expiresAt":"2026-01-01T00:10:00Z",
        "begun":"theirs","released":false,"token":"t"}"#;
    std::fs::write(lock.join("000000000001.json"), text).unwrap();
    aged(&lake, 1, TimeDelta::minutes(11));
    let (taken, before) = Lock::take(&lake, "run", Some("ours".to_owned())).await.unwrap();
    assert_eq!(before.unwrap().payload.as_deref(), Some("theirs"));
    let stored: serde_json::Value =
        serde_json::from_slice(&std::fs::read(lock.join("000000000002.json")).unwrap()).unwrap();
    let keys: std::collections::BTreeSet<&str> = stored.as_object().unwrap().keys().map(String::as_str).collect();
    let wanted: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(keys, wanted.as_object().unwrap().keys().map(String::as_str).collect());
    taken.release().await;
}

#[tokio::test]
async fn its_age_is_that_of_its_file_whatever_the_clock_of_its_holder() {
    let (_folder, lake) = lake(10);
    for off in [TimeDelta::minutes(-11), TimeDelta::minutes(11)] {
        written(&lake, 7, |other| {
            (other.since, other.renewed_at) = (other.since + off, other.renewed_at + off);
            other.expires_at += off;
        })
        .await;
        let told = refusal(&lake).await.unwrap();
        assert!(told.contains("process 4711 on elsewhere"), "{off}: {told}");
    }
    aged(&lake, 7, TimeDelta::minutes(11));
    assert_eq!(refusal(&lake).await, None, "its clock is ahead, and it is gone for longer than its lease");
}

#[tokio::test]
async fn who_waits_gets_the_lock_once_it_is_free_or_hears_who_holds_it() {
    let (_folder, lake) = lake(10);
    let patient = lake.clone().with_lock_wait(Duration::from_secs(60));
    let (lock, _) = Lock::<Payload>::take(&lake, "run", None).await.unwrap();
    let mut second = Box::pin(locked(&patient, "maintain", async { Ok(()) }));
    assert!(futures::poll!(&mut second).is_pending());
    lock.release().await;
    second.await.unwrap();
    written(&lake, 9, |_| {}).await;
    let hasty = lake.clone().with_lock_wait(Duration::from_millis(10));
    assert!(refusal(&hasty).await.unwrap().contains("process 4711 on elsewhere"));
}
