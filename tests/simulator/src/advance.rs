//! The simulator's clock, and what people do while it runs: they change, add and delete records, close invoices and
//! post them.
//!
//! Invariant: what is chosen follows from the seed and from what happened before, so the same calls in the same order
//! give the same world.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::entity::Entity;
use crate::instant::{HOUR, Micros, SECOND, to_utc, whole_second};
use crate::plan::InvoiceState;
use crate::state::State;

/// How far to move the clock, and what happens meanwhile.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdvanceRequest {
    /// By how many hours the clock moves.
    pub hours: f64,
    /// How many records of each entity change.
    pub change: u32,
    /// How many records of each entity are added.
    pub add: u32,
    /// How many records of each entity are deleted for good; never more than a quarter of them.
    pub delete: u32,
    /// How many waiting invoices get into a batch.
    pub post: u32,
    /// How many open invoices are closed and wait from now on; as many as are posted where this is absent.
    pub close: Option<u32>,
    /// The entities that change, grow and shrink; all where empty.
    pub entities: Vec<String>,
}

/// What happened to the records of one entity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityChanges {
    /// The records that changed, posted and closed invoices among them.
    pub changed: Vec<i64>,
    /// The new records.
    pub added: Vec<i64>,
    /// The records that are gone.
    pub deleted: Vec<i64>,
}

/// What happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvanceSummary {
    /// The clock as it is now.
    pub now: chrono::DateTime<chrono::Utc>,
    /// What happened, by the entity's name; the list of unposted invoices has what came and what went.
    pub entities: BTreeMap<String, EntityChanges>,
    /// The invoices that got into a batch.
    pub posted: Vec<i64>,
    /// The invoices that were closed.
    pub closed: Vec<i64>,
}

impl AdvanceSummary {
    /// What happened to the records of an entity.
    pub fn of(&self, entity: &str) -> EntityChanges {
        self.entities.get(entity).cloned().unwrap_or_default()
    }
}

/// The entities that `advance` acts on: the list of unposted invoices follows from the invoices.
const STORED: [Entity; 7] = [
    Entity::Company,
    Entity::Member,
    Entity::Agreement,
    Entity::Invoice,
    Entity::TimeEntry,
    Entity::ExpenseEntry,
    Entity::ProductItem,
];

/// Records that were put as they are stay as they are.
fn is_ours(state: &State, entity: Entity, id: i64) -> bool {
    state.exists(entity, id) && state.overlay(entity, id).is_none_or(|overlay| overlay.verbatim.is_none())
}

/// Chooses up to `wanted` records that fit, spread over all of them.
fn choose(state: &State, entity: Entity, wanted: u64, salt: u64, fits: impl Fn(i64) -> bool) -> BTreeSet<i64> {
    let last = state.last_id(entity).max(0).unsigned_abs();
    let dice = state.plan.dice.of(state.generation ^ entity.salt()).of(salt);
    let mut chosen = BTreeSet::new();
    let mut throw = 0;
    while (chosen.len() as u64) < wanted && throw < wanted.min(last) * 8 + 100 {
        let id = dice.below(throw, last) as i64 + 1;
        if is_ours(state, entity, id) && fits(id) {
            chosen.insert(id);
        }
        throw += 1;
    }
    if (chosen.len() as u64) < wanted {
        // Nearly all of them are wanted, or most ids are gone.
        let missing = wanted as usize - chosen.len();
        let more: Vec<i64> = state
            .ids_after(entity, 0)
            .filter(|id| !chosen.contains(id) && is_ours(state, entity, *id) && fits(*id))
            .take(missing)
            .collect();
        chosen.extend(more);
    }
    chosen
}

/// Chooses what is deleted: work that is on an invoice only where too little else is left.
fn choose_doomed(state: &State, entity: Entity, wanted: u64, taken: &BTreeSet<i64>) -> BTreeSet<i64> {
    let mut doomed = choose(state, entity, wanted, 2, |id| !taken.contains(&id) && !state.is_line(entity, id));
    let missing = wanted.saturating_sub(doomed.len() as u64);
    if missing > 0 {
        let more = choose(state, entity, missing, 2, |id| !taken.contains(&id) && !doomed.contains(&id));
        doomed.extend(more);
    }
    doomed
}

/// A moment while the clock moved, which depends on the record.
fn moment(state: &State, entity: Entity, id: i64, from: Micros, to: Micros) -> Micros {
    if to - from < 2 * SECOND {
        return to;
    }
    let dice = state.plan.dice_of(entity, id).of(state.generation);
    whole_second(dice.range(0, from + SECOND, to + 1)).max(from + SECOND)
}

/// Changes a record, with what becomes visible of it left to its content.
fn touch(state: &mut State, entity: Entity, id: i64, from: Micros, to: Micros) {
    let at = moment(state, entity, id, from, to);
    let overlay = state.overlay_mut(entity, id);
    overlay.version += 1;
    overlay.updated = Some(at);
}

/// Moves the clock and lets things happen.
pub(crate) fn advance(state: &mut State, request: &AdvanceRequest) -> AdvanceSummary {
    let from = state.now;
    let to = whole_second(from + (request.hours.clamp(0.0, 1_000_000.0) * HOUR as f64) as Micros);
    state.generation += 1;
    let waiting_before: BTreeSet<i64> = state.ids_after(Entity::UnpostedInvoice, 0).collect();
    let mut summary = AdvanceSummary::default();
    let wanted = |entity: Entity| {
        request.entities.is_empty() || request.entities.iter().any(|name| name.eq_ignore_ascii_case(entity.name()))
    };
    for entity in STORED.into_iter().filter(|entity| wanted(*entity)) {
        let changes = change_entity(state, entity, request, from, to);
        summary.entities.insert(entity.name().to_owned(), changes);
    }
    summary.posted = settle(state, InvoiceState::Closed, request.post, from, to);
    summary.closed = settle(state, InvoiceState::Open, request.close.unwrap_or(request.post), from, to);
    let invoices = summary.entities.entry(Entity::Invoice.name().to_owned()).or_default();
    let settled: BTreeSet<i64> = summary.posted.iter().chain(&summary.closed).copied().collect();
    let known: BTreeSet<i64> = invoices.changed.iter().chain(&invoices.added).copied().collect();
    invoices.changed.extend(settled.difference(&known));
    invoices.changed.sort_unstable();
    state.now = to;
    let waiting: BTreeSet<i64> = state.ids_after(Entity::UnpostedInvoice, 0).collect();
    let rows = EntityChanges {
        changed: Vec::new(),
        added: waiting.difference(&waiting_before).copied().collect(),
        deleted: waiting_before.difference(&waiting).copied().collect(),
    };
    summary.entities.insert(Entity::UnpostedInvoice.name().to_owned(), rows);
    summary.now = to_utc(to);
    summary
}

fn change_entity(
    state: &mut State,
    entity: Entity,
    request: &AdvanceRequest,
    from: Micros,
    to: Micros,
) -> EntityChanges {
    let changed = choose(state, entity, request.change.into(), 1, |_| true);
    let deleted = match request.delete {
        0 => BTreeSet::new(),
        delete => {
            let quarter = (state.ids_after(entity, 0).count() / 4) as u64;
            choose_doomed(state, entity, u64::from(delete).min(quarter), &changed)
        }
    };
    for id in &changed {
        touch(state, entity, *id, from, to);
    }
    for id in &deleted {
        state.overlay_mut(entity, *id).deleted = true;
    }
    let mut added = Vec::new();
    for _ in 0..request.add {
        let id = state.last_id(entity) + 1;
        let at = moment(state, entity, id, from, to);
        let overlay = state.overlay_mut(entity, id);
        overlay.created = Some(at);
        overlay.updated = Some(at);
        added.push(id);
    }
    EntityChanges { changed: changed.into_iter().collect(), added, deleted: deleted.into_iter().collect() }
}

/// Takes the oldest invoices that stand at `at` one step further: open ones are closed, waiting ones posted.
fn settle(state: &mut State, at: InvoiceState, wanted: u32, from: Micros, to: Micros) -> Vec<i64> {
    if wanted == 0 {
        return Vec::new();
    }
    let ids: Vec<i64> = state
        .ids_after(Entity::Invoice, 0)
        .filter(|id| state.invoice_state(*id) == at && is_ours(state, Entity::Invoice, *id))
        .take(wanted as usize)
        .collect();
    let next = match at {
        InvoiceState::Closed => InvoiceState::Posted(state.next_batch),
        _ => InvoiceState::Closed,
    };
    if !ids.is_empty() && at == InvoiceState::Closed {
        state.next_batch += 1;
    }
    for id in &ids {
        touch(state, Entity::Invoice, *id, from, to);
        state.overlay_mut(Entity::Invoice, *id).invoice = Some(next);
    }
    ids
}
