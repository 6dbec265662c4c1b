//! Outcomes of the API's responses, over a scripted transport without back-off.

use super::*;
use crate::observer::Observer;
use crate::testing::{Scripted, answer};
use futures::FutureExt as _;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use tokio::sync::Notify;

/// The outcome of a status: the attempts, and the error.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Read,
    Login,
    Forbidden,
    NotFound,
    Version,
    Refused,
    /// The number of attempts, and whether a smaller page may succeed.
    GaveUp(u32, bool),
}

fn outcome(read: Result<(), ClientError>) -> Outcome {
    match read {
        Ok(()) => Outcome::Read,
        Err(ClientError::Login { .. }) => Outcome::Login,
        Err(ClientError::Forbidden { .. }) => Outcome::Forbidden,
        Err(ClientError::NotFound { .. }) => Outcome::NotFound,
        Err(ClientError::Version { .. }) => Outcome::Version,
        Err(ClientError::Refused { .. }) => Outcome::Refused,
        Err(ClientError::GaveUp { tries, too_much, .. }) => Outcome::GaveUp(tries, too_much),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn every_status_has_its_outcome() {
    for status in 100..=599 {
        let expected = |tries| match status {
            200..=299 => Outcome::Read,
            401 => Outcome::Login,
            403 => Outcome::Forbidden,
            404 => Outcome::NotFound,
            406 | 415 => Outcome::Version,
            408 | 500 | 504 => Outcome::GaveUp(tries, true),
            429 | 500..=599 => Outcome::GaveUp(8, false),
            _ => Outcome::Refused,
        };
        for (request, tries) in [(Request::new("/x"), 8), (Request::new("/x").can_shrink(), 3)] {
            let (client, script) = Scripted::client(move |_| Ok(answer(status, r#"{"message":"told"}"#)));
            let stats = RequestStats::default();
            let read = client.get(&request, &stats, |_| Ok(())).await;
            if let Err(error) = &read {
                assert!(error.to_string().contains("told"), "{status}: {error}");
            }
            assert_eq!(outcome(read), expected(tries), "{status}");
            let asked = match expected(tries) {
                Outcome::GaveUp(tries, _) => u64::from(tries),
                _ => 1,
            };
            assert_eq!(script.asked().len() as u64, asked, "{status}");
            let counted = (stats.requests.into_inner(), stats.retries.into_inner());
            assert_eq!(counted, (asked, asked - 1), "{status}");
        }
    }
}

#[tokio::test]
async fn what_may_pass_passes() {
    for status in [408, 429, 500, 502, 503, 504, 599] {
        let tries = AtomicU64::new(0);
        let (client, script) = Scripted::client(move |_| {
            let status = if tries.fetch_add(1, Ordering::Relaxed) < 2 { status } else { 200 };
            Ok(answer(status, "[]"))
        });
        client.get(&Request::new("/x"), &RequestStats::default(), |_| Ok(())).await.unwrap();
        assert_eq!(script.asked().len(), 3, "{status}");
    }
}

#[tokio::test]
async fn an_answer_that_can_t_be_read_is_asked_for_again() {
    for (body, too_much, told) in [
        ("[{\"id\":1", true, "the answer can't be read: EOF"),
        ("<html><title>Sign in</title>", false, "a web page in the place of data, \"Sign in\""),
    ] {
        let (client, script) = Scripted::client(move |_| Ok(answer(200, body)));
        let (request, stats) = (Request::new("/x"), RequestStats::default());
        let read = client.get(&request, &stats, |answer| {
            let list: Result<Vec<serde_json::Value>, _> = serde_json::from_slice(&answer.body);
            list.map(|_| ()).map_err(|error| error.to_string())
        });
        let read = read.await;
        assert!(read.as_ref().unwrap_err().to_string().contains(told), "{read:?}");
        assert_eq!((outcome(read), script.asked().len()), (Outcome::GaveUp(8, too_much), 8));
    }
}

#[tokio::test]
async fn an_answer_that_is_late_is_a_sign_of_too_much() {
    let (client, script) = Scripted::client(|_| Err(Failure::late("https://cw.example.com", Duration::from_secs(180))));
    let read = client.get(&Request::new("/x").can_shrink(), &RequestStats::default(), |_| Ok(())).await;
    assert_eq!((outcome(read), script.asked().len()), (Outcome::GaveUp(3, true), 3));
}

/// An observer that records the waits.
#[derive(Debug, Default)]
struct Waits {
    told: Mutex<Vec<Duration>>,
    news: Notify,
}

impl Observer for Arc<Waits> {
    fn received(&self, _: u64) {}

    fn retried(&self, wait: Duration, _: &str) {
        self.told.lock().unwrap().push(wait);
        self.news.notify_one();
    }
}

fn busy(retry_after: &str) -> Received {
    let mut busy = answer(429, r#"{"message":"Too many requests."}"#);
    busy.headers.insert("retry-after", retry_after.parse().unwrap());
    busy
}

#[tokio::test]
async fn a_break_that_the_api_asks_for_holds_all_requests() {
    let (client, script) = Scripted::client(|_| Ok(busy("30")));
    let waits = Arc::new(Waits::default());
    let stats = RequestStats::observed(Arc::new(Arc::clone(&waits)));
    let (request, other) = (Request::new("/x"), Request::new("/other"));
    let mut reading = Box::pin(client.get(&request, &stats, |_| Ok(())));
    tokio::select! {
        read = &mut reading => panic!("{read:?}"),
        () = waits.news.notified() => {}
    }
    assert_eq!(*waits.told.lock().unwrap(), [Duration::from_secs(30)]);
    let clone = client.clone();
    let stats = RequestStats::default();
    assert!(clone.get(&other, &stats, |_| Ok(())).now_or_never().is_none());
    assert_eq!(script.asked().len(), 1, "a request began in the break");
}

#[tokio::test]
async fn a_break_that_is_too_long_is_not_waited_for() {
    let (client, script) = Scripted::client(|_| Ok(busy("86400")));
    let error = client.get(&Request::new("/x"), &RequestStats::default(), |_| Ok(())).await.unwrap_err();
    assert!(matches!(error, ClientError::HeldOff { minutes: 1440, most: 15, .. }), "{error}");
    assert_eq!(script.asked().len(), 1);
}

/// A transport that answers a little later.
#[derive(Debug)]
struct Distant;

#[async_trait::async_trait]
impl Transport for Distant {
    async fn send(&self, _: &str, _: &Request) -> Result<Received, Failure> {
        tokio::time::sleep(Duration::from_millis(5)).await;
        Ok(answer(200, "[]"))
    }
}

#[tokio::test]
async fn a_reader_that_is_left_alone_keeps_no_permit_from_others() {
    let (of_script, _) = Scripted::client(|_| Ok(answer(200, "[]")));
    let rate = RateLimit { requests_per_minute: 0, workers: 1 };
    let client = Client { transport: Arc::new(Distant), budget: Budget::new(rate), ..of_script };
    let (request, stats) = (Request::new("/x"), RequestStats::default());
    let mut alone = Box::pin(client.get(&request, &stats, |_| Ok(())));
    assert!(futures::poll!(&mut alone).is_pending());
    let other = client.get(&request, &stats, |_| Ok(()));
    tokio::time::timeout(Duration::from_secs(20), other).await.expect("it waits for ever").unwrap();
    alone.await.unwrap();
}
