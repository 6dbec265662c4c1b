//! Progress display: a bar per entity on a terminal, plain lines elsewhere, events of the log, or nothing.
//!
//! Invariant: everything must go to standard error, and nothing may fail or slow down the work that it reports: a
//! handle counts, and draws only now and then.

use crate::client::Observer;
use crate::printable::{lines, one_line};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};
use std::io::{IsTerminal as _, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tracing::Span;

mod text;

use text::{State, aside, counting_style, line, records, retries, running_style};

/// Interval between plain lines of an entity that is being read.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Progress display, and the span of the trace that it belongs to. Cheap to clone; the default shows nothing.
#[derive(Clone)]
pub struct Progress {
    screen: Option<Arc<Screen>>,
    work: Span,
}

impl Default for Progress {
    fn default() -> Self {
        Self { screen: None, work: Span::none() }
    }
}

impl From<Screen> for Progress {
    fn from(screen: Screen) -> Self {
        Self { screen: Some(Arc::new(screen)), ..Self::default() }
    }
}

enum Screen {
    Bars(MultiProgress),
    Lines {
        out: Mutex<Box<dyn Write + Send>>,
        every: Duration,
    },
    /// Events of the log, at its level and in its form.
    Events {
        every: Duration,
    },
}

impl Progress {
    /// Creates a display that shows nothing.
    pub fn silent() -> Self {
        Self::default()
    }

    /// Returns the same display for one piece of work: the spans of what it shows are below that work's span.
    #[must_use]
    pub fn within(self, work: &Span) -> Self {
        Self { work: work.clone(), ..self }
    }

    /// Creates the display that fits standard error: bars on a terminal, plain lines elsewhere, nothing where `quiet`.
    pub fn standard(quiet: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if quiet {
            Self::silent()
        } else if std::io::stderr().is_terminal() && !dumb {
            Screen::Bars(MultiProgress::with_draw_target(ProgressDrawTarget::stderr())).into()
        } else {
            Self::lines(Box::new(std::io::stderr()), LINE_EVERY)
        }
    }

    /// Creates a display of log events, for programs that read them.
    pub fn events() -> Self {
        Screen::Events { every: LINE_EVERY }.into()
    }

    /// Creates a display of plain lines on any writer: at most one in `every` of an entity that is being read.
    pub fn lines(out: Box<dyn Write + Send>, every: Duration) -> Self {
        Screen::Lines { out: Mutex::new(out), every }.into()
    }

    /// Begins to show an entity; `expected` is its count, where that is known already.
    pub fn entity(&self, name: &str, expected: Option<u64>) -> EntityProgress {
        let span = tracing::info_span!(parent: &self.work, "entity", name);
        let Some(screen) = &self.screen else { return EntityProgress { entity: None, span } };
        let bar = match screen.as_ref() {
            Screen::Lines { .. } | Screen::Events { .. } => None,
            Screen::Bars(bars) => {
                let bar = bars.add(ProgressBar::new(expected.unwrap_or(0)));
                bar.set_style(if expected.is_some() { running_style() } else { counting_style() });
                bar.set_prefix(one_line(name).into_owned());
                bar.enable_steady_tick(Duration::from_millis(200));
                Some(bar)
            }
        };
        let now = Instant::now();
        let state = State { expected, rows: 0, retries: 0, doing: String::new(), started: now, told: now };
        let entity = Entity { screen: Arc::clone(screen), name: name.to_owned(), bar, state: Mutex::new(state) };
        EntityProgress { entity: Some(Arc::new(entity)), span }
    }

    /// Takes all bars off the screen, for good.
    pub fn clear(&self) {
        if let Some(Screen::Bars(bars)) = self.screen.as_deref() {
            // Nothing is lost where the terminal is gone.
            let _ = bars.clear();
            bars.set_draw_target(ProgressDrawTarget::hidden());
        }
    }

    /// Shows a line of its own, above the bars.
    pub fn say(&self, text: impl std::fmt::Display) {
        if let Some(screen) = &self.screen {
            screen.say(&text.to_string());
        }
    }

    /// Shows an error, also where nothing else is shown.
    pub fn error(&self, text: impl std::fmt::Display) {
        match self.screen.as_deref() {
            None => to_stderr(&format!("error: {text}")),
            Some(Screen::Events { .. }) => tracing::error!("{text}"),
            Some(screen) => screen.say(&format!("error: {text}")),
        }
    }

    /// Shows a warning, also where nothing else is shown.
    pub fn warning(&self, text: impl std::fmt::Display) {
        match self.screen.as_deref() {
            None => to_stderr(&format!("warning: {text}")),
            Some(Screen::Events { .. }) => tracing::warn!("{text}"),
            Some(screen) => screen.say(&format!("warning: {text}")),
        }
    }

    /// Runs `work` while no bar is on the screen, for whatever else writes to the terminal.
    pub fn suspend<T>(&self, work: impl FnOnce() -> T) -> T {
        match self.screen.as_deref() {
            Some(Screen::Bars(bars)) => bars.suspend(work),
            _ => work(),
        }
    }
}

impl std::fmt::Debug for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.screen.as_deref() {
            None => "Progress(nothing)",
            Some(Screen::Bars(_)) => "Progress(bars)",
            Some(Screen::Lines { .. }) => "Progress(lines)",
            Some(Screen::Events { .. }) => "Progress(events)",
        })
    }
}

impl Screen {
    fn say(&self, text: &str) {
        match self {
            Screen::Bars(bars) => bars.suspend(|| to_stderr(text)),
            // Progress that can't be shown is no reason to stop.
            Screen::Lines { out, .. } => {
                let mut out = locked(out);
                let _ = writeln!(out, "{}", lines(text)).and_then(|()| out.flush());
            }
            Screen::Events { .. } => tracing::info!("{text}"),
        }
    }
}

fn to_stderr(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", lines(text));
}

/// Locks a mutex, also where a thread panicked with it: its counts are still worth showing.
fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Progress of one entity. Cheap to clone, so that every worker can have it; the default shows nothing.
#[derive(Clone)]
pub struct EntityProgress {
    entity: Option<Arc<Entity>>,
    span: Span,
}

impl Default for EntityProgress {
    fn default() -> Self {
        Self { entity: None, span: Span::none() }
    }
}

struct Entity {
    screen: Arc<Screen>,
    name: String,
    bar: Option<ProgressBar>,
    state: Mutex<State>,
}

impl Observer for EntityProgress {
    fn received(&self, records: u64) {
        self.rows(records);
    }

    fn retried(&self, wait: Duration, reason: &str) {
        self.retry(wait, reason);
    }

    fn span(&self) -> Span {
        self.span.clone()
    }
}

impl EntityProgress {
    /// Sets how many records there will be.
    pub fn expect(&self, records: u64) {
        let Some(entity) = &self.entity else { return };
        locked(&entity.state).expected = Some(records);
        if let Some(bar) = &entity.bar {
            bar.set_length(records);
            bar.set_style(running_style());
        }
    }

    /// Adds records to those that are expected: another list of the same entity is to come.
    pub fn expect_more(&self, records: u64) {
        let Some(entity) = &self.entity else { return };
        let before = locked(&entity.state).expected.unwrap_or(0);
        self.expect(before.saturating_add(records));
    }

    /// Clears how many records are expected: that is unknown.
    pub fn expect_any(&self) {
        let Some(entity) = &self.entity else { return };
        locked(&entity.state).expected = None;
        if let Some(bar) = &entity.bar {
            bar.set_style(counting_style());
        }
    }

    /// Adds records that were read.
    pub fn rows(&self, records: u64) {
        let Some(entity) = &self.entity else { return };
        let mut state = locked(&entity.state);
        state.rows = state.rows.saturating_add(records);
        // More than was counted: records were added, or some come twice.
        if state.expected.is_some_and(|expected| expected < state.rows) {
            state.expected = Some(state.rows);
            entity.bar.as_ref().inspect(|bar| bar.set_length(state.rows));
        }
        if !state.doing.is_empty() {
            state.doing.clear();
        }
        entity.show(&mut state, false);
    }

    /// Shows that a request is retried after this wait, for this reason.
    pub fn retry(&self, wait: Duration, reason: &str) {
        let Some(entity) = &self.entity else { return };
        let mut state = locked(&entity.state);
        state.retries += 1;
        // A wait that a user would wonder about is shown at once.
        let long = wait >= Duration::from_secs(5);
        state.doing = if long { format!("waiting {} s: {reason}", wait.as_secs()) } else { String::new() };
        entity.show(&mut state, long);
    }

    /// Shows what is being done now, in a word or two (`reading again`, `resuming`).
    pub fn note(&self, text: &str) {
        let Some(entity) = &self.entity else { return };
        let mut state = locked(&entity.state);
        text.clone_into(&mut state.doing);
        entity.show(&mut state, true);
    }

    /// Restarts the count of records: everything is read anew.
    pub fn restart(&self, why: &str) {
        let Some(entity) = &self.entity else { return };
        {
            let mut state = locked(&entity.state);
            (state.rows, state.expected) = (0, None);
        }
        self.note(why);
    }

    /// Ends the display of an entity that was read completely.
    pub fn done(&self) {
        let Some(entity) = &self.entity else { return };
        let state = locked(&entity.state);
        let seconds = state.started.elapsed().as_secs_f64();
        let mut text = format!("{} in {seconds:.1} s", records(state.rows));
        if state.retries > 0 {
            text.push_str(&format!(", {}", retries(state.retries)));
        }
        drop(state);
        entity.end(&text);
    }

    /// Ends the display without a word: the command's own error says why.
    pub fn dropped(&self) {
        if let Some(bar) = self.entity.as_ref().and_then(|entity| entity.bar.as_ref()) {
            bar.finish_and_clear();
        }
    }

    /// Ends the display of an entity that could not be read.
    pub fn failed(&self, reason: &str) {
        let Some(entity) = &self.entity else { return };
        // The whole reason is printed at the end of the command.
        entity.end(&format!("failed: {}", reason.lines().next().unwrap_or_default()));
    }
}

impl std::fmt::Debug for EntityProgress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EntityProgress({})", self.entity.as_deref().map_or("nothing", |entity| &entity.name))
    }
}

impl Entity {
    fn show(&self, state: &mut State, at_once: bool) {
        match (self.screen.as_ref(), &self.bar) {
            (Screen::Lines { every, .. } | Screen::Events { every }, _) => {
                if at_once || state.told.elapsed() >= *every {
                    state.told = Instant::now();
                    self.screen.say(&one_line(&format!("{}: {}", self.name, line(state))));
                }
            }
            (Screen::Bars(_), Some(bar)) => {
                bar.set_position(state.rows);
                bar.set_message(one_line(&aside(state)).into_owned());
            }
            (Screen::Bars(_), None) => {}
        }
    }

    fn end(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.screen.say(&one_line(&format!("{}: {text}", self.name)));
    }
}

#[cfg(test)]
mod tests;
