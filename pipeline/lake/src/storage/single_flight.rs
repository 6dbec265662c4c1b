//! Requests that are under way once, however many wait for them.
//!
//! Invariant: a future that waits and is not polled must hold nobody up. A scan asks for its next file early and is then
//! left alone while another is read, so that a lock held over a request would never be given back.

use super::super::task::AbortOnDrop;
use deltalake::logstore::object_store::{Error, Result};
use futures::future::BoxFuture;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::watch;
use tracing::Instrument as _;

/// Outcome of a request that many wait for.
type Outcome<T> = std::result::Result<T, Arc<Error>>;

/// Request under way, on its own task: it goes on whoever is polled, and ends when nobody waits for it any more.
struct Flight<T> {
    outcome: watch::Receiver<Option<Outcome<T>>>,
    task: AbortOnDrop,
}

impl<T: Clone + Send + Sync + 'static> Flight<T> {
    fn begin(request: BoxFuture<'static, Result<T>>) -> Self {
        let (tell, outcome) = watch::channel(None);
        let told = async move {
            let found = request.await.map_err(Arc::new);
            tell.send_replace(Some(found));
        };
        let task = tokio::spawn(told.in_current_span());
        Self { outcome, task: AbortOnDrop::of(&task) }
    }

    fn has_ended(&self) -> bool {
        self.task.is_finished() || self.outcome.borrow().is_some()
    }

    async fn outcome(&self) -> Result<T> {
        let mut outcome = self.outcome.clone();
        let ended = outcome.wait_for(Option::is_some).await;
        match ended.ok().and_then(|ended| ended.clone()) {
            Some(found) => found.map_err(for_one),
            // It panicked.
            None => Err(Error::Generic { store: "requests", source: "a request ended without an outcome".into() }),
        }
    }
}

/// Requests under way, by what they ask for.
pub(super) struct SingleFlight<K, T>(Mutex<HashMap<K, Weak<Flight<T>>>>);

impl<K, T> Default for SingleFlight<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K, T> fmt::Debug for SingleFlight<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SingleFlight").finish_non_exhaustive()
    }
}

impl<K: Eq + Hash, T: Clone + Send + Sync + 'static> SingleFlight<K, T> {
    /// Waits for the request that is under way; where there is none, returns what is known, or sends one.
    ///
    /// A request must make what it finds known before it ends: then no second one is sent.
    ///
    /// # Errors
    /// The request's, of the same kind and with the same text for all who wait for it.
    pub(super) async fn get(
        &self,
        key: K,
        known: impl FnOnce() -> Option<T>,
        request: impl FnOnce() -> BoxFuture<'static, Result<T>>,
    ) -> Result<T> {
        let flight = {
            let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let flight = flights.get(&key).and_then(Weak::upgrade);
            // One that has ended may still be held by a future that is not polled.
            match flight.filter(|flight| !flight.has_ended()) {
                Some(flight) => flight,
                None => {
                    if let Some(known) = known() {
                        return Ok(known);
                    }
                    let flight = Arc::new(Flight::begin(request()));
                    flights.retain(|_, flight| flight.strong_count() > 0);
                    flights.insert(key, Arc::downgrade(&flight));
                    flight
                }
            }
        };
        flight.outcome().await
    }
}

/// Error of a request for one of those who waited for it.
fn for_one(error: Arc<Error>) -> Error {
    match &*error {
        Error::NotFound { path, .. } => Error::NotFound { path: path.clone(), source: SourceOf::boxed(error) },
        Error::PermissionDenied { path, .. } => {
            Error::PermissionDenied { path: path.clone(), source: SourceOf::boxed(error) }
        }
        Error::Unauthenticated { path, .. } => {
            Error::Unauthenticated { path: path.clone(), source: SourceOf::boxed(error) }
        }
        Error::Generic { store, .. } => Error::Generic { store, source: SourceOf::boxed(error) },
        _ => Error::Generic { store: "requests", source: error.into() },
    }
}

/// Source of an error that many got.
#[derive(Debug)]
struct SourceOf(Arc<Error>);

impl SourceOf {
    fn boxed(error: Arc<Error>) -> Box<dyn std::error::Error + Send + Sync> {
        Box::new(Self(error))
    }

    fn source_of(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&*self.0)
    }
}

impl fmt::Display for SourceOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source_of() {
            Some(source) => fmt::Display::fmt(source, f),
            None => fmt::Display::fmt(&self.0, f),
        }
    }
}

impl std::error::Error for SourceOf {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source_of()?.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::oneshot;

    /// Counts requests, each of which ends when the test says so.
    #[derive(Default)]
    struct Source {
        sent: AtomicUsize,
        found: Mutex<Option<u32>>,
    }

    impl Source {
        fn request(self: &Arc<Self>, answer: oneshot::Receiver<Result<u32>>) -> BoxFuture<'static, Result<u32>> {
            self.sent.fetch_add(1, Ordering::Relaxed);
            let source = Arc::clone(self);
            async move {
                let found = answer.await.unwrap()?;
                *source.found.lock().unwrap() = Some(found);
                Ok(found)
            }
            .boxed()
        }

        fn known(&self) -> Option<u32> {
            *self.found.lock().unwrap()
        }
    }

    #[tokio::test]
    async fn one_that_is_not_polled_holds_nobody_up() {
        let (flights, source) = (SingleFlight::<&str, u32>::default(), Arc::new(Source::default()));
        let (answer, asked) = oneshot::channel();
        let mut first = flights.get("a", || source.known(), || source.request(asked)).boxed();
        assert!(futures::poll!(&mut first).is_pending());
        let mut second = flights.get("a", || source.known(), || unreachable!("it is under way")).boxed();
        assert!(futures::poll!(&mut second).is_pending());
        answer.send(Ok(7)).unwrap();
        // The first has begun the request, and is left alone.
        assert_eq!(second.await.unwrap(), 7);
        assert_eq!(flights.get("a", || source.known(), || unreachable!("it is known")).await.unwrap(), 7);
        assert_eq!(first.await.unwrap(), 7);
        assert_eq!(source.sent.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_request_that_panics_is_an_error_for_those_who_wait() {
        let flights = SingleFlight::<&str, u32>::default();
        let first = flights.get("a", || None, || async { panic!("of the test") }.boxed());
        let second = flights.get("a", || None, || unreachable!("it is under way"));
        let (first, second) = futures::join!(first, second);
        assert!(first.is_err() && second.is_err());
        assert_eq!(flights.get("a", || None, || async { Ok(1) }.boxed()).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_request_for_which_nobody_waits_any_more_is_sent_anew() {
        let (flights, source) = (SingleFlight::<&str, u32>::default(), Arc::new(Source::default()));
        let (_never, asked) = oneshot::channel();
        let mut first = flights.get("a", || source.known(), || source.request(asked)).boxed();
        assert!(futures::poll!(&mut first).is_pending());
        drop(first);
        let (answer, asked) = oneshot::channel();
        answer.send(Ok(8)).unwrap();
        assert_eq!(flights.get("a", || source.known(), || source.request(asked)).await.unwrap(), 8);
        assert_eq!(source.sent.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn an_error_reaches_all_who_wait_and_the_next_asks_anew() {
        let (flights, source) = (SingleFlight::<&str, u32>::default(), Arc::new(Source::default()));
        let (answer, asked) = oneshot::channel();
        let mut left_alone = flights.get("a", || source.known(), || source.request(asked)).boxed();
        assert!(futures::poll!(&mut left_alone).is_pending());
        let second = flights.get("a", || source.known(), || unreachable!("it is under way"));
        answer.send(Err(Error::NotFound { path: "a".to_owned(), source: "gone".into() })).unwrap();
        let is_told =
            |error: &Error| matches!(error, Error::NotFound { .. }) && error.to_string().matches("gone").count() == 1;
        assert!(is_told(&second.await.unwrap_err()));
        let (answer, asked) = oneshot::channel();
        answer.send(Ok(9)).unwrap();
        assert_eq!(flights.get("a", || source.known(), || source.request(asked)).await.unwrap(), 9);
        assert!(is_told(&left_alone.await.unwrap_err()));
    }
}
