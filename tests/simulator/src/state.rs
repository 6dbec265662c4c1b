//! What has happened to the base population: a few words for each record that was changed, added, deleted or put.
//!
//! Invariant: but for a few numbers of each record, memory grows with what happened, not with the population; a record
//! that nothing happened to is made from the plan each time it is asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::entity::Entity;
use crate::instant::{self, Micros};
use crate::json::{Json, Selection};
use crate::plan::{InvoiceState, Plan, id_at, index_of, invoice_of_unposted, place_of, unposted_id};
use crate::records::{self, Subject};
use crate::totals::{Sums, Totals};

/// What happened to a record.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overlay {
    pub(crate) version: u32,
    pub(crate) updated: Option<Micros>,
    /// When it was added; none for the base population.
    pub(crate) created: Option<Micros>,
    pub(crate) deleted: bool,
    /// Where the invoice stands now.
    pub(crate) invoice: Option<InvoiceState>,
    /// The record as a test put it.
    pub(crate) verbatim: Option<Arc<Value>>,
}

#[derive(Debug, Default)]
struct Table {
    last_id: i64,
    overlays: BTreeMap<i64, Overlay>,
}

/// The records as they stand.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) plan: Plan,
    pub(crate) now: Micros,
    /// Rises with every change, so that answers kept from before can be told apart.
    pub(crate) generation: u64,
    pub(crate) next_batch: i64,
    tables: [Table; Entity::ALL.len()],
    /// Made once an invoice is asked for.
    totals: OnceLock<Totals>,
    /// When each record of the base population was last changed, by its place. Made once one is asked for: conditions on
    /// it look at all of a long list.
    updated: [OnceLock<Vec<Micros>>; Entity::ALL.len()],
}

impl State {
    pub(crate) fn new(plan: Plan) -> Self {
        let mut tables: [Table; Entity::ALL.len()] = Default::default();
        for entity in Entity::ALL {
            tables[entity.index()].last_id = plan.last_id(entity);
        }
        let (totals, updated) = Default::default();
        Self { now: plan.start, plan, generation: 0, next_batch: 1_000, tables, totals, updated }
    }

    fn table(&self, entity: Entity) -> &Table {
        &self.tables[entity.index()]
    }

    pub(crate) fn overlay(&self, entity: Entity, id: i64) -> Option<&Overlay> {
        let overlays = &self.table(entity).overlays;
        if overlays.is_empty() { None } else { overlays.get(&id) }
    }

    /// What happened to a record, to be added to.
    pub(crate) fn overlay_mut(&mut self, entity: Entity, id: i64) -> &mut Overlay {
        let table = &mut self.tables[entity.index()];
        table.last_id = table.last_id.max(id);
        table.overlays.entry(id).or_default()
    }

    /// The highest id that was ever in use.
    pub(crate) fn last_id(&self, entity: Entity) -> i64 {
        self.table(entity).last_id
    }

    /// Whether there is such a record.
    pub(crate) fn exists(&self, entity: Entity, id: i64) -> bool {
        match self.overlay(entity, id) {
            Some(overlay) if overlay.deleted => false,
            Some(overlay) if overlay.verbatim.is_some() || overlay.created.is_some() => true,
            _ if entity == Entity::UnpostedInvoice => invoice_of_unposted(id).is_some_and(|id| self.is_waiting(id)),
            _ => self.plan.is_base(entity, id),
        }
    }

    /// Whether an invoice waits for a batch, and so has a row in the list of unposted ones.
    pub(crate) fn is_waiting(&self, invoice: i64) -> bool {
        if !self.exists(Entity::Invoice, invoice) {
            return false;
        }
        let batched = self
            .overlay(Entity::Invoice, invoice)
            .and_then(|overlay| overlay.verbatim.as_ref())
            .is_some_and(|record| !record["glBatch"].is_null() || !self.plan.is_base(Entity::Invoice, invoice));
        !batched && self.invoice_state(invoice) == InvoiceState::Closed
    }

    /// Where an invoice stands.
    pub(crate) fn invoice_state(&self, invoice: i64) -> InvoiceState {
        match self.overlay(Entity::Invoice, invoice).and_then(|overlay| overlay.invoice) {
            Some(state) => state,
            None if self.plan.is_base(Entity::Invoice, invoice) => self.plan.invoice_state(place_of(invoice)),
            None => InvoiceState::Open,
        }
    }

    /// The ids above a given one, in order. Only records that a test put have ids below 1.
    pub(crate) fn ids_after(&self, entity: Entity, after: i64) -> Box<dyn Iterator<Item = i64> + '_> {
        if entity == Entity::UnpostedInvoice {
            let invoices = self.ids_after(Entity::Invoice, i64::MIN).map(unposted_id);
            let own = self.table(entity).overlays.keys().copied();
            let mut ids: Vec<i64> = invoices.chain(own).filter(|id| *id > after && self.exists(entity, *id)).collect();
            ids.sort_unstable();
            ids.dedup();
            return Box::new(ids.into_iter());
        }
        let base = self.plan.last_id(entity);
        let (next, first) = (after.saturating_add(1), after.max(0).saturating_add(1));
        let overlays = &self.table(entity).overlays;
        let below = overlays.range(next.min(1)..1).map(|(id, _)| *id);
        let later = overlays.range(first.max(base + 1)..).map(|(id, _)| *id);
        Box::new(below.chain(first..=base).chain(later).filter(move |id| self.exists(entity, *id)))
    }

    /// When a record was last changed; none where the record does not say.
    pub(crate) fn updated(&self, entity: Entity, id: i64) -> Option<Micros> {
        match self.overlay(entity, id) {
            Some(Overlay { updated: Some(updated), .. }) => Some(*updated),
            Some(Overlay { verbatim: Some(_), .. }) => None,
            _ if entity == Entity::UnpostedInvoice => None,
            _ => Some(self.base_updated(entity, id)),
        }
    }

    fn base_updated(&self, entity: Entity, id: i64) -> Micros {
        let all = self.updated[entity.index()].get_or_init(|| {
            let places = 0..self.plan.count(entity);
            places.map(|place| self.plan.updated(entity, id_at(place))).collect()
        });
        let place = index_of(id).and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| all.get(place).copied()).unwrap_or_else(|| self.plan.updated(entity, id))
    }

    /// Whether a record is a line of an invoice.
    pub(crate) fn is_line(&self, entity: Entity, id: i64) -> bool {
        self.plan.is_base(entity, id) && records::line(&self.plan, entity, id).is_some()
    }

    /// What the lines of an invoice add up to; those that came later have none.
    fn lines(&self, invoice: i64) -> Sums {
        if !self.plan.is_base(Entity::Invoice, invoice) {
            return Sums::default();
        }
        self.totals.get_or_init(|| Totals::new(&self.plan)).of(place_of(invoice))
    }

    /// What a record is written from; none where it is not there or was put as it is.
    fn subject(&self, entity: Entity, id: i64) -> Option<Subject> {
        // A row of the unposted ones is written from its invoice.
        let (stored, key) = match entity {
            Entity::UnpostedInvoice => (Entity::Invoice, invoice_of_unposted(id)?),
            _ => (entity, id),
        };
        let overlay = self.overlay(stored, key);
        let base = self.plan.is_base(stored, key);
        let added = overlay.and_then(|overlay| overlay.created);
        let created = added.unwrap_or_else(|| self.plan.created(stored, key));
        Some(Subject {
            entity,
            id: key,
            place: place_of(key),
            dice: self.plan.dice_of(entity, key),
            base: base && added.is_none(),
            anchor: added.unwrap_or_else(|| self.plan.anchor(stored, key)),
            created,
            updated: self.updated(stored, key).unwrap_or(created),
            version: overlay.map_or(0, |overlay| overlay.version),
            invoice: if stored == Entity::Invoice { self.invoice_state(key) } else { InvoiceState::Open },
            lines: if stored == Entity::Invoice { self.lines(key) } else { Sums::default() },
        })
    }

    /// Appends a record as JSON; the record must exist.
    pub(crate) fn write<'s>(&self, json: &mut Json<'s>, entity: Entity, id: i64, selection: Option<&'s Selection>) {
        let verbatim = self.overlay(entity, id).and_then(|overlay| overlay.verbatim.as_deref());
        json.record(selection, |json| match verbatim {
            Some(record) => json.properties(record),
            None => {
                if let Some(subject) = self.subject(entity, id) {
                    records::write(json, &self.plan, &subject);
                }
            }
        });
    }

    /// A record, or what a selection leaves of it, as a value.
    pub(crate) fn value(&self, entity: Entity, id: i64, selection: Option<&Selection>) -> Option<Value> {
        if !self.exists(entity, id) {
            return None;
        }
        let mut json = Json::new(Vec::with_capacity(4_096));
        self.write(&mut json, entity, id, selection);
        serde_json::from_slice(&json.into_bytes()).ok()
    }

    /// Sets or replaces a record with one as given; without an id it gets the next. Returns the id.
    pub(crate) fn put(&mut self, entity: Entity, mut record: Value) -> Option<i64> {
        let id = match record.get("id") {
            None | Some(Value::Null) => {
                let id = self.last_id(entity).max(if entity == Entity::UnpostedInvoice { 5_000_000 } else { 0 }) + 1;
                let Value::Object(map) = &mut record else { return None };
                map.insert("id".to_owned(), id.into());
                id
            }
            // A whole number may be written as 1.0.
            Some(id) => id.as_i64().or_else(|| id.as_f64().map(|id| id as i64))?,
        };
        let own = record.pointer("/_info/lastUpdated").and_then(Value::as_str).map(str::to_owned);
        let updated = match (own, entity) {
            (Some(own), _) => instant::parse(&own),
            (None, Entity::UnpostedInvoice) => None,
            (None, _) => {
                let now = self.now;
                if let Value::Object(map) = &mut record {
                    let info = map.entry("_info").or_insert_with(|| Value::Object(serde_json::Map::new()));
                    if let Value::Object(info) = info {
                        info.insert("lastUpdated".to_owned(), instant::text(now).into());
                    }
                }
                Some(now)
            }
        };
        let overlay = self.overlay_mut(entity, id);
        overlay.version += 1;
        overlay.updated = updated;
        overlay.deleted = false;
        overlay.verbatim = Some(Arc::new(record));
        self.generation += 1;
        Some(id)
    }

    /// Removes a record for good; says whether it was there.
    pub(crate) fn delete(&mut self, entity: Entity, id: i64) -> bool {
        if !self.exists(entity, id) {
            return false;
        }
        let overlay = self.overlay_mut(entity, id);
        overlay.deleted = true;
        overlay.verbatim = None;
        self.generation += 1;
        true
    }
}
