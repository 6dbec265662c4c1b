//! Processes that hold locks: their identity, whether they still run, and the signals that stop this one.

use futures::FutureExt as _;
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;
use tokio::sync::watch;

/// Identity of a process, as exactly as the system tells processes apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Process {
    /// The machine's name.
    pub host: String,
    /// The process's id there.
    pub pid: u32,
    /// The boot id and PID namespace: two containers of one name can both have a process 7.
    pub(super) machine: Option<String>,
    /// When the process started, in clock ticks since boot: ids are reused.
    pub(super) start: Option<String>,
}

impl Process {
    /// Identity of this process.
    pub(super) fn own() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
        let named = ["HOSTNAME", "COMPUTERNAME"].iter().find_map(|name| std::env::var(name).ok());
        let host = read("/proc/sys/kernel/hostname").or(named).unwrap_or_else(|| "an unnamed host".to_owned());
        let boot = read("/proc/sys/kernel/random/boot_id");
        let namespace = std::fs::read_link("/proc/self/ns/pid").ok();
        let machine = boot.zip(namespace).map(|(boot, namespace)| format!("{boot} {}", namespace.display()));
        let pid = std::process::id();
        Self { host, pid, machine, start: start_of(pid) }
    }

    /// Whether it is this process.
    pub(super) fn is_own(&self) -> bool {
        *self == Self::own()
    }

    /// Whether it is known to have ended.
    ///
    /// Nothing is known about a process on another machine, on systems without `/proc`, and where `/proc` hides the
    /// processes of other users.
    pub(super) fn is_gone(&self) -> bool {
        let is_seen = || start_of(FIRST_PROCESS).is_some();
        self.machine.is_some() && self.machine == Self::own().machine && start_of(self.pid) != self.start && is_seen()
    }
}

/// Process that every system has, and that another user owns in most.
const FIRST_PROCESS: u32 = 1;

/// Start of a process in clock ticks since boot; `None` where there is no such process.
fn start_of(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold anything; the start is the twentieth field after it.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19).map(ToOwned::to_owned)
}

/// Number of stops that the program asked for in which this code runs; `None` where it is a program of its own.
static STOPS: OnceLock<watch::Sender<u64>> = OnceLock::new();

/// Leaves the signals of the process to the program that this code is a part of; [`request_stop`] stands for them.
pub fn leave_signals() {
    STOPS.get_or_init(|| watch::Sender::new(0));
}

/// Whether the signals of the process belong to the program that this code is a part of.
pub fn signals_are_left() -> bool {
    STOPS.get().is_some()
}

/// Ends what runs in this process, as Ctrl-C does in a program of its own.
pub fn request_stop() {
    if let Some(stops) = STOPS.get() {
        stops.send_modify(|stops| *stops += 1);
    }
}

/// Waits for SIGINT or SIGTERM, or in the place of both for [`request_stop`]; what comes counts from the call on.
pub fn interrupted() -> impl Future<Output = ()> + Send {
    match STOPS.get() {
        Some(stops) => {
            let mut stops = stops.subscribe();
            async move {
                // The sender is never dropped.
                let _ = stops.changed().await;
            }
            .left_future()
        }
        None => signalled().right_future(),
    }
}

/// Waits for SIGINT or SIGTERM; signals count from the call on.
#[cfg(unix)]
fn signalled() -> impl Future<Output = ()> + Send {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::interrupt(), SignalKind::terminate()];
    let mut signals: Vec<_> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
    async move {
        if signals.is_empty() {
            return std::future::pending().await;
        }
        let each = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
        futures::future::select_all(each).await;
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
fn signalled() -> impl Future<Output = ()> + Send {
    async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
