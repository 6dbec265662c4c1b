//! What a test's own thread logs; what the threads beside it log is in no test's log.

use std::cell::RefCell;
use std::io::Write;
use std::marker::PhantomData;
use std::sync::Once;
use tracing::Level;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer as _, Registry, fmt};

thread_local! {
    static LINES: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// The log of the thread that made it, in JSON lines down to debug, for as long as it is held.
pub(crate) struct Logged(PhantomData<*const ()>);

impl Logged {
    /// One subscriber serves the whole process. With one for a thread, an event that another test's thread reaches
    /// first is decided by that thread, which has no subscriber, and stays off for all.
    pub(crate) fn start() -> Logged {
        static SUBSCRIBER: Once = Once::new();
        SUBSCRIBER.call_once(|| {
            let is_held = dynamic_filter_fn(|event, _| {
                *event.level() <= Level::DEBUG && LINES.try_with(|lines| lines.borrow().is_some()).unwrap_or(false)
            });
            let layer = fmt::layer().json().with_writer(|| Lines).with_filter(is_held);
            tracing::subscriber::set_global_default(Registry::default().with(layer)).unwrap();
            // What other threads reached before is decided anew.
            tracing::callsite::rebuild_interest_cache();
        });
        LINES.set(Some(Vec::new()));
        Logged(PhantomData)
    }

    pub(crate) fn text(&self) -> String {
        LINES.with_borrow(|lines| String::from_utf8(lines.clone().unwrap()).unwrap())
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        LINES.set(None);
    }
}

struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.iter_mut().for_each(|lines| lines.extend_from_slice(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_event_that_another_thread_reached_first_is_in_the_log() {
    let reach = || tracing::debug!("reached");
    let log = Logged::start();
    std::thread::spawn(reach).join().unwrap();
    assert_eq!(log.text(), "", "another thread's");
    reach();
    assert_eq!(log.text().matches("reached").count(), 1);
}
