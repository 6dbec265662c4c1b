//! How the base population hangs together: which ids exist, whose agreement is whose, which invoice takes which work.
//!
//! Invariant: everything here is arithmetic over the seed, the counts and the clock's start; nothing is kept, so a
//! reference can be followed without making the record it leads to.

use crate::config::{Config, Counts};
use crate::dice::Dice;
use crate::entity::Entity;
use crate::instant::{DAY, HOUR, MINUTE, Micros, SECOND, day_of, weekday, whole_second};
use crate::json::{Amount, ONE};
use crate::names;

/// After so many ids one is missing, as if it had been deleted long ago.
const RUN: u64 = 13;
/// Agreements of one of the large companies.
const CHAIN: u64 = 6;
/// How far back work goes.
const PAST: Micros = 730 * DAY;
/// The first row number of an unposted invoice.
const UNPOSTED_FIRST: i64 = 20_001;

/// The base population's rules.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) counts: Counts,
    /// Where the clock starts.
    pub(crate) start: Micros,
    pub(crate) dice: Dice,
    /// The time entries with a misfit value, in order.
    misfits: Vec<i64>,
}

/// Where an invoice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InvoiceState {
    /// Still being worked on.
    Open,
    /// Closed, waiting for a batch.
    Closed,
    /// In the accounting batch of that number.
    Posted(i64),
}

/// When a piece of work was done and written down.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) start: Micros,
    pub(crate) end: Micros,
    pub(crate) entered: Micros,
    pub(crate) hours: Amount,
}

/// The id at a place in a base population.
pub(crate) const fn id_at(index: u64) -> i64 {
    (index + index / RUN + 1) as i64
}

/// The place of an id; ids that the base population leaves out get one far away.
pub(crate) const fn place_of(id: i64) -> u64 {
    match index_of(id) {
        Some(index) => index,
        None => 1_000_000_000 + id.unsigned_abs(),
    }
}

/// The place of an id, were the population large enough to reach it.
pub(crate) const fn index_of(id: i64) -> Option<u64> {
    if id < 1 || (id as u64).is_multiple_of(RUN + 1) { None } else { Some(id as u64 - id as u64 / (RUN + 1) - 1) }
}

/// The row in the list of unposted invoices that an invoice has while it waits.
pub(crate) const fn unposted_id(invoice: i64) -> i64 {
    UNPOSTED_FIRST + invoice * 3
}

/// The invoice that a row in the list of unposted invoices stands for.
pub(crate) const fn invoice_of_unposted(id: i64) -> Option<i64> {
    let past = id - UNPOSTED_FIRST;
    if past > 0 && past % 3 == 0 { Some(past / 3) } else { None }
}

impl Plan {
    pub(crate) fn new(config: &Config) -> Self {
        let counts = config.scale.counts();
        let entries = u64::from(counts.time_entries);
        let wanted = u64::from(config.misfits).min(entries);
        let misfits = (1..=wanted).map(|n| id_at((n * entries / (wanted + 1)).min(entries - 1))).collect();
        let start = whole_second(config.clock.timestamp_micros());
        Self { counts, start, dice: Dice::new(config.seed), misfits }
    }

    /// How many records the base population of an entity has.
    pub(crate) fn count(&self, entity: Entity) -> u64 {
        u64::from(match entity {
            Entity::Agreement => self.counts.agreements,
            Entity::TimeEntry => self.counts.time_entries,
            Entity::ExpenseEntry => self.counts.expenses,
            Entity::ProductItem => self.counts.products,
            Entity::Invoice => self.counts.invoices,
            Entity::UnpostedInvoice => 0,
            Entity::Member => self.counts.members,
            Entity::Company => self.counts.companies,
        })
    }

    /// The highest id of the base population; 0 where it is empty.
    pub(crate) fn last_id(&self, entity: Entity) -> i64 {
        self.count(entity).checked_sub(1).map_or(0, id_at)
    }

    pub(crate) fn is_base(&self, entity: Entity, id: i64) -> bool {
        index_of(id).is_some_and(|index| index < self.count(entity))
    }

    /// The dice of a record.
    pub(crate) fn dice_of(&self, entity: Entity, id: i64) -> Dice {
        self.dice.of(entity.salt() ^ id.unsigned_abs())
    }

    /// The kind of misfit that a time entry carries, counted from 0.
    pub(crate) fn misfit(&self, id: i64) -> Option<usize> {
        if self.misfits.is_empty() { None } else { self.misfits.binary_search(&id).ok() }
    }

    /// When a record of the base population came to be.
    pub(crate) fn created(&self, entity: Entity, id: i64) -> Micros {
        let anchor = self.anchor(entity, id);
        let dice = self.dice_of(entity, id);
        match entity {
            Entity::TimeEntry => work_times(dice, anchor, true).entered,
            Entity::Invoice | Entity::UnpostedInvoice => self.invoice_day(place_of(id)) + 10 * HOUR,
            _ => whole_second(day_of(anchor) + dice.range(1, 8 * HOUR, 16 * HOUR)),
        }
    }

    /// The moment that a record's other times are made from: ids rise with time.
    pub(crate) fn anchor(&self, entity: Entity, id: i64) -> Micros {
        let count = self.count(entity).max(1);
        let place = place_of(id).min(count - 1);
        let past = match entity {
            Entity::Company | Entity::Member | Entity::Agreement => 3 * PAST,
            _ => PAST,
        };
        let back = (past as i128 * i128::from(count - place) / i128::from(count)) as Micros;
        self.start - DAY - back
    }

    /// When a record of the base population was last changed: mostly within days, for some months later.
    pub(crate) fn updated(&self, entity: Entity, id: i64) -> Micros {
        let created = self.created(entity, id);
        let dice = self.dice_of(entity, id);
        let reach = match dice.below(2, 10) {
            0..5 => 2 * DAY,
            5..8 => 30 * DAY,
            _ => 150 * DAY,
        };
        let room = (self.start - SECOND - created).min(reach).max(0);
        whole_second(created + dice.range(3, 0, room + 1))
    }

    // Companies and their agreements. The first companies are large and have a chain of agreements each; the others
    // share the rest.

    fn large_companies(&self) -> u64 {
        u64::from(self.counts.companies / 12).min(u64::from(self.counts.agreements) / CHAIN)
    }

    /// The company, by place, that an agreement belongs to.
    pub(crate) fn agreement_company(&self, place: u64) -> Option<u64> {
        let (companies, large) = (u64::from(self.counts.companies), self.large_companies());
        match companies {
            0 => None,
            _ if place < large * CHAIN => Some(place / CHAIN),
            _ => Some(large + (place - large * CHAIN) % (companies - large)),
        }
    }

    /// One of a company's agreements, by place.
    pub(crate) fn agreement_of_company(&self, company: u64, dice: Dice, salt: u64) -> Option<u64> {
        let (companies, large) = (u64::from(self.counts.companies), self.large_companies());
        if company < large {
            return Some(company * CHAIN + dice.below(salt, CHAIN));
        }
        let shared = u64::from(self.counts.agreements) - large * CHAIN;
        let (offset, others) = (company - large, companies.saturating_sub(large).max(1));
        let own = shared.saturating_sub(offset).div_ceil(others);
        if own == 0 { None } else { Some(large * CHAIN + offset + dice.below(salt, own) * others) }
    }

    /// The agreement that an agreement is part of. Two of them are each other's, which must end nobody's walk badly.
    pub(crate) fn agreement_parent(&self, place: u64, version: u32) -> Option<u64> {
        let large = self.large_companies();
        if place >= large * CHAIN {
            return None;
        }
        let (company, link) = (place / CHAIN, place % CHAIN);
        if self.in_cycle(place) {
            return Some(company * CHAIN + if link == CHAIN - 1 { CHAIN - 2 } else { CHAIN - 1 });
        }
        // A change sometimes takes an agreement out of its chain.
        let root = link == 0 || (company % 2 == 1 && link == 3) || version % 5 == 4;
        (!root).then(|| place - 1)
    }

    /// Whether the agreement is one of the two that have each other as parent.
    pub(crate) fn in_cycle(&self, place: u64) -> bool {
        let company = self.large_companies().saturating_sub(1).min(1);
        self.large_companies() > 0 && place / CHAIN == company && place % CHAIN >= CHAIN - 2
    }

    /// The type of an agreement, as a place in [`names::AGREEMENT_TYPES`].
    pub(crate) fn agreement_type(&self, place: u64, version: u32) -> usize {
        let types = names::AGREEMENT_TYPES.len();
        let dice = self.dice_of(Entity::Agreement, id_at(place));
        // Every type occurs, however few agreements there are.
        let first = if place.is_multiple_of(3) { (place / 3) as usize } else { dice.below(20, types as u64) as usize };
        // Prepaid stays prepaid, and invoiced stays invoiced: else lines would come and go on invoices of long ago.
        let alike = |kind: &usize| names::is_invoiced(*kind) == names::is_invoiced(first);
        let round = (first..first + types).filter(|kind| alike(&(kind % types))).map(|kind| kind % types);
        round.cycle().nth((version / 3) as usize).unwrap_or(first)
    }

    // Invoices.

    /// The company, by place, that an invoice goes to.
    pub(crate) fn invoice_company(&self, place: u64) -> Option<u64> {
        place.checked_rem(u64::from(self.counts.companies))
    }

    /// The day of an invoice.
    pub(crate) fn invoice_day(&self, place: u64) -> Micros {
        let count = u64::from(self.counts.invoices).max(1);
        let passed = i128::from(PAST - 10 * DAY) * i128::from(place.min(count)) / i128::from(count);
        day_of(self.start - (PAST - 5 * DAY) + passed as Micros)
    }

    /// The invoice, by place, that takes a company's work of that time, if it has been made yet.
    pub(crate) fn invoice_for(&self, company: u64, at: Micros) -> Option<u64> {
        let (count, companies) = (u64::from(self.counts.invoices), u64::from(self.counts.companies));
        let passed = (at - (self.start - (PAST - 5 * DAY))).max(0);
        let reached = (i128::from(passed) * i128::from(count)).div_euclid(i128::from(PAST - 10 * DAY)) as u64 + 1;
        let wait = (company + companies - reached.checked_rem(companies)?) % companies;
        Some(reached + wait).filter(|place| *place < count)
    }

    /// Where an invoice of the base population stands.
    pub(crate) fn invoice_state(&self, place: u64) -> InvoiceState {
        let count = u64::from(self.counts.invoices).max(1);
        match place * 100 / count {
            95.. => InvoiceState::Open,
            87..95 => InvoiceState::Closed,
            _ if self.dice_of(Entity::Invoice, id_at(place)).chance(4, 1, 40) => InvoiceState::Open,
            _ => InvoiceState::Posted(100 + (place * 24 / count) as i64),
        }
    }
}

/// The hours that people write down: many of them values that binary fractions get wrong.
const HOURS: &[Amount] = &[
    2_500, 5_000, 7_500, 10_000, 10_000, 15_000, 20_000, 30_000, 40_000, 75_000, 1_000, 7_000, 26_750, 10_050, 3_333,
    12_500,
];

/// When a piece of work was done. `past` says that the anchor gives the day only; else it is when it was entered.
pub(crate) fn work_times(dice: Dice, anchor: Micros, past: bool) -> Times {
    let hours = dice.pick(10, HOURS, ONE);
    let length = hours * 360 * 1_000;
    if !past {
        let end = anchor - anchor.rem_euclid(MINUTE) - MINUTE;
        return Times { start: whole_second(end - length), end, entered: whole_second(anchor), hours };
    }
    let mut day = day_of(anchor);
    let free = weekday(day) - 4;
    if free > 0 && dice.chance(11, 9, 10) {
        day -= free * DAY;
    }
    let start = match dice.below(12, 80) {
        // Around midnight in UTC, where the day depends on the time zone.
        0 => day + 23 * HOUR + dice.range(13, 30, 60) * MINUTE,
        1 => day + dice.range(13, 0, 10) * MINUTE,
        _ => day + 8 * HOUR + dice.range(13, 0, 32) * 15 * MINUTE,
    };
    let end = whole_second(start + length);
    Times { start, end, entered: whole_second(end + dice.range(14, MINUTE, 3 * HOUR)), hours }
}
