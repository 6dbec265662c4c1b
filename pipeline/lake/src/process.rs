//! Processes that hold locks: their identity, whether they still run, and the signals that stop this one.

use serde::{Deserialize, Serialize};

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
    /// Nothing is known about a process on another machine, or on systems without `/proc`.
    pub(super) fn is_gone(&self) -> bool {
        self.machine.is_some() && self.machine == Self::own().machine && start_of(self.pid) != self.start
    }
}

/// Start of a process in clock ticks since boot; `None` where there is no such process.
fn start_of(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold anything; the start is the twentieth field after it.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19).map(ToOwned::to_owned)
}

/// Waits for SIGINT or SIGTERM; signals count from the call on.
#[cfg(unix)]
pub fn interrupted() -> impl Future<Output = ()> + Send {
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
pub fn interrupted() -> impl Future<Output = ()> + Send {
    async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
