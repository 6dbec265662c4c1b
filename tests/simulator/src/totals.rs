//! What the lines of each invoice add up to: the time, expenses and products that name it.
//!
//! Invariant: the sums follow from the plan alone, in whole ten-thousandths. Work keeps what it adds to an invoice for
//! as long as it is there, whatever else of it changes, so the sums need no second count.

use crate::entity::Entity;
use crate::json::Amount;
use crate::plan::{Plan, id_at};
use crate::records::{self, Line};

/// What the lines of an invoice add up to, by kind.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sums {
    pub(crate) service: Amount,
    pub(crate) expense: Amount,
    pub(crate) product: Amount,
}

/// The sums of the base population's invoices, by place.
#[derive(Debug)]
pub(crate) struct Totals(Vec<Sums>);

impl Totals {
    /// Goes over all lines once, without making the records.
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut totals = Self(vec![Sums::default(); plan.counts.invoices as usize]);
        totals.add(plan, Entity::TimeEntry, |sums| &mut sums.service);
        totals.add(plan, Entity::ExpenseEntry, |sums| &mut sums.expense);
        totals.add(plan, Entity::ProductItem, |sums| &mut sums.product);
        totals
    }

    fn add(&mut self, plan: &Plan, entity: Entity, of: impl Fn(&mut Sums) -> &mut Amount) {
        for id in (0..plan.count(entity)).map(id_at) {
            if let Some(Line { invoice, amount }) = records::line(plan, entity, id)
                && let Some(sums) = self.0.get_mut(invoice as usize)
            {
                *of(sums) += amount;
            }
        }
    }

    /// The sums of the invoice at a place; nothing where it has no lines.
    pub(crate) fn of(&self, place: u64) -> Sums {
        self.0.get(place as usize).copied().unwrap_or_default()
    }
}
