//! The world behind the server: its records, its clock, its switches and what was asked of it.
//!
//! Invariant: every method can be called from any thread while the server answers requests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::advance::{self, AdvanceRequest, AdvanceSummary};
use crate::config::Config;
use crate::entity::Entity;
use crate::faults::{FaultState, Faults, Struck};
use crate::further;
use crate::instant::to_utc;
use crate::log::{RequestLine, RequestLog};
use crate::plan::Plan;
use crate::served::{self, Served};
use crate::state::State;

/// The codebase that a simulator starts with.
const CODEBASE: &str = "v4_6_release";
/// How many lists of ids are kept for callers who come back for the next page.
const KEPT_LISTS: usize = 4;

/// Lists of ids, by what was asked, for as long as nothing changes.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<KeptLists>);

/// The entity and what was asked of it.
pub(crate) type Asked = (Entity, String);

#[derive(Debug, Default)]
struct KeptLists {
    generation: u64,
    lists: Vec<(Asked, Arc<Vec<i64>>)>,
}

impl Kept {
    pub(crate) fn get(&self, generation: u64, key: Asked, make: impl FnOnce() -> Vec<i64>) -> Arc<Vec<i64>> {
        let found = {
            let kept = lock(&self.0);
            let found = kept.lists.iter().find(|(known, _)| *known == key).map(|(_, ids)| Arc::clone(ids));
            found.filter(|_| kept.generation == generation)
        };
        if let Some(ids) = found {
            return ids;
        }
        let ids = Arc::new(make());
        let mut kept = lock(&self.0);
        if kept.generation != generation {
            kept.generation = generation;
            kept.lists.clear();
        }
        if kept.lists.len() == KEPT_LISTS {
            kept.lists.remove(0);
        }
        kept.lists.push((key, Arc::clone(&ids)));
        ids
    }
}

/// The records, the clock and the switches of a simulator.
#[derive(Debug)]
pub struct World {
    state: RwLock<State>,
    faults: Mutex<FaultState>,
    log: Mutex<RequestLog>,
    kept: Kept,
    served: Mutex<Served>,
    codebase: RwLock<String>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// A world without a server.
    pub fn new(config: &Config) -> Self {
        let plan = Plan::new(config);
        let mut served = Served::default();
        for (path, records) in further::lists(&plan) {
            served.set(&path, records);
        }
        Self {
            state: RwLock::new(State::new(plan)),
            faults: Mutex::new(FaultState::new(config.faults.clone())),
            log: Mutex::default(),
            kept: Kept::default(),
            served: Mutex::new(served),
            codebase: RwLock::new(CODEBASE.to_owned()),
        }
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Moves the clock and lets things happen. Records that were put stay as they are.
    pub fn advance(&self, request: AdvanceRequest) -> AdvanceSummary {
        advance::advance(&mut self.write(), &request)
    }

    /// Replaces all switches.
    pub fn faults(&self, faults: Faults) {
        *lock(&self.faults) = FaultState::new(faults);
    }

    /// The switches as they are.
    pub fn switches(&self) -> Faults {
        lock(&self.faults).faults().clone()
    }

    pub(crate) fn strike(&self, path: &str, kind: &str) -> Struck {
        lock(&self.faults).strike(path, kind)
    }

    /// The part of the API's path that an upgrade changes.
    pub fn codebase(&self) -> String {
        self.codebase.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Moves the API to another codebase, as an upgrade does: at the old address there is nothing any more.
    pub fn move_to(&self, codebase: &str) {
        *self.codebase.write().unwrap_or_else(PoisonError::into_inner) = codebase.trim_matches('/').to_owned();
    }

    /// The simulator's own time.
    pub fn now(&self) -> DateTime<Utc> {
        to_utc(self.read().now)
    }

    /// The ids of an entity's records, in order; none where there is no such entity.
    pub fn ids(&self, entity: &str) -> Vec<i64> {
        let state = self.read();
        Entity::from_name(entity).map_or_else(Vec::new, |entity| state.ids_after(entity, i64::MIN).collect())
    }

    /// How many records an entity has.
    pub fn count(&self, entity: &str) -> usize {
        let state = self.read();
        Entity::from_name(entity).map_or(0, |entity| state.ids_after(entity, i64::MIN).count())
    }

    /// A record, whole.
    pub fn record(&self, entity: &str, id: i64) -> Option<Value> {
        self.read().value(Entity::from_name(entity)?, id, None)
    }

    /// All records of an entity, each made when it is its turn.
    pub fn records(&self, entity: &str) -> impl Iterator<Item = Value> {
        let found = Entity::from_name(entity);
        let ids = self.ids(entity);
        ids.into_iter().filter_map(move |id| self.read().value(found?, id, None))
    }

    /// Sets or replaces a record with one as given. `_info.lastUpdated` gets the clock's time unless the record has
    /// its own; a record without an id gets the next. Returns the id, or nothing where there is no such entity or the
    /// record is no object.
    pub fn put(&self, entity: &str, record: Value) -> Option<i64> {
        let entity = Entity::from_name(entity)?;
        if record.is_object() { self.write().put(entity, record) } else { None }
    }

    /// Sets a property of a record whose time of change stays, as servers do with some of their flags. Says whether the
    /// record is there.
    pub fn set_quietly(&self, entity: &str, id: i64, property: &str, value: Value) -> bool {
        let Some(mut record) = self.record(entity, id) else { return false };
        record[property] = value;
        self.put(entity, record).is_some()
    }

    /// Removes a record for good; says whether it was there.
    pub fn delete(&self, entity: &str, id: i64) -> bool {
        Entity::from_name(entity).is_some_and(|entity| self.write().delete(entity, id))
    }

    /// Serves records as a further list, e.g. at `/service/tickets` or `/finance/agreements/7/additions`, in place of
    /// what was served there before. A record needs a whole `id`; `_info.lastUpdated` is its own. Returns how many
    /// records there are.
    pub fn serve(&self, path: &str, records: Vec<Value>) -> usize {
        lock(&self.served).set(path, records)
    }

    /// The records that are served at a path; none below an agreement that is gone.
    pub fn listed(&self, path: &str) -> Vec<Value> {
        self.served(path).map(|asked| asked.records().cloned().collect()).unwrap_or_default()
    }

    pub(crate) fn served(&self, path: &str) -> Option<served::Asked> {
        match further::agreement_of(path) {
            // Below an agreement that is gone there is nothing, and every other one has its lists.
            Some(id) if !self.read().exists(Entity::Agreement, id) => None,
            Some(_) => Some(lock(&self.served).asked_or_none(path)),
            None => lock(&self.served).asked(path),
        }
    }

    /// What was asked so far.
    pub fn requests(&self) -> RequestLog {
        lock(&self.log).clone()
    }

    /// Forgets what was asked.
    pub fn clear_requests(&self) {
        *lock(&self.log) = RequestLog::default();
    }

    pub(crate) fn log(&self, line: RequestLine) {
        lock(&self.log).add(line);
    }
}
