//! The records' content: one module an entity, each writing from a [`Subject`] and the plan alone.
//!
//! Invariant: a property comes from the subject's dice with its own salt, so leaving a property out, or asking for one
//! of them only, changes no other.

mod agreement;
mod company;
mod expense_entry;
mod invoice;
mod member;
mod product_item;
mod time_entry;
mod unposted_invoice;

use crate::dice::Dice;
use crate::entity::Entity;
use crate::instant::Micros;
use crate::json::{Amount, Json};
use crate::links;
use crate::names;
use crate::plan::{InvoiceState, Plan, id_at, place_of};
use crate::totals::Sums;

/// A record that is to be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject {
    pub(crate) entity: Entity,
    pub(crate) id: i64,
    /// The place in the population.
    pub(crate) place: u64,
    pub(crate) dice: Dice,
    /// Whether it belongs to the base population, and not to what was added since.
    pub(crate) base: bool,
    /// What its times are made from.
    pub(crate) anchor: Micros,
    pub(crate) created: Micros,
    pub(crate) updated: Micros,
    /// How many times it was changed since the start.
    pub(crate) version: u32,
    /// Where the invoice stands; of meaning for invoices only.
    pub(crate) invoice: InvoiceState,
    /// What the invoice's lines add up to; of meaning for invoices only.
    pub(crate) lines: Sums,
}

/// What a record adds to an invoice.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    /// The invoice, by place.
    pub(crate) invoice: u64,
    pub(crate) amount: Amount,
}

impl Subject {
    /// True in one of `n` records; `salt` sets one property's luck apart from another's.
    fn one_in(&self, salt: u64, n: u64) -> bool {
        self.dice.chance(salt, 1, n)
    }

    /// Who made the record, or changed it last: a name, sometimes with the spaces of a fixed-width column.
    fn actor(&self, salt: u64) -> String {
        let name = names::member_identifier(self.dice.below(salt, 25));
        if self.one_in(salt + 1, 8) { format!("{name}   ") } else { name }
    }
}

/// Writes a record's properties.
pub(crate) fn write(json: &mut Json<'_>, plan: &Plan, subject: &Subject) {
    match subject.entity {
        Entity::Agreement => agreement::write(json, plan, subject),
        Entity::TimeEntry => time_entry::write(json, plan, subject),
        Entity::ExpenseEntry => expense_entry::write(json, plan, subject),
        Entity::ProductItem => product_item::write(json, plan, subject),
        Entity::Invoice => invoice::write(json, plan, subject),
        Entity::UnpostedInvoice => unposted_invoice::write(json, plan, subject),
        Entity::Member => member::write(json, plan, subject),
        Entity::Company => company::write(json, plan, subject),
    }
}

/// The line that a record of the base population is, if it is on an invoice; the same however often it has changed.
pub(crate) fn line(plan: &Plan, entity: Entity, id: i64) -> Option<Line> {
    let of = match entity {
        Entity::TimeEntry => time_entry::line,
        Entity::ExpenseEntry => expense_entry::line,
        Entity::ProductItem => product_item::line,
        _ => return None,
    };
    of(plan, plan.dice_of(entity, id), plan.anchor(entity, id))
}

/// The record's own `_info`, with further links.
fn info(json: &mut Json<'_>, subject: &Subject, more: impl FnOnce(&mut Json<'_>)) {
    json.object("_info", |json| {
        json.time("lastUpdated", subject.updated);
        json.made("updatedBy", || subject.actor(900 + u64::from(subject.version) * 2));
        let agreement = subject.entity == Entity::Agreement;
        json.time(if agreement { "createdDate" } else { "dateEntered" }, subject.created);
        json.made(if agreement { "createdBy" } else { "enteredBy" }, || subject.actor(910));
        more(json);
    });
}

/// An `_info` that tells of no change.
fn info_links(json: &mut Json<'_>, links: impl FnOnce(&mut Json<'_>)) {
    json.object("_info", links);
}

/// A custom field with the value that `value` writes, if any.
fn custom_field(
    json: &mut Json<'_>,
    field: (i64, &str, &str),
    value: impl FnOnce(&mut Json<'_>),
    more: impl FnOnce(&mut Json<'_>),
) {
    let (id, caption, kind) = field;
    json.int("id", id);
    json.text("caption", caption);
    json.text("type", kind);
    json.text("entryMethod", "EntryField");
    json.int("numberOfDecimals", 0);
    json.made("connectWiseId", || links::uuid(id.unsigned_abs(), 0xCF));
    value(json);
    more(json);
}

/// The ticket or project that work belongs to.
fn work_item(json: &mut Json<'_>, subject: &Subject, on_ticket: bool, on_project: bool) {
    if on_ticket || on_project {
        let ticket = ticket_id(subject);
        json.object("ticket", |json| {
            json.int("id", ticket);
            json.parts("summary", &["Beiðni: ", names::TICKET_SUBTYPES[(ticket % 6) as usize]]);
            json.object("_info", |json| json.href("ticket_href", "/service/tickets", ticket));
        });
    }
    if on_project {
        let project = subject.dice.range(101, 1, 60);
        json.object("project", |json| {
            json.int("id", project);
            json.made("name", || format!("Innleiðing áfanga {project}"));
            json.object("_info", |json| json.href("project_href", "/project/projects", project));
        });
        json.object("phase", |json| {
            json.int("id", project * 10 + 1);
            json.text("name", "Undirbúningur");
            json.object("_info", |json| json.href("phase_href", "/project/projects/phases", project * 10 + 1));
        });
    }
}

/// The number of the ticket that work belongs to.
fn ticket_id(subject: &Subject) -> i64 {
    subject.dice.range(100, 10_000, 60_000)
}

/// The site of a company.
fn site(json: &mut Json<'_>, name: &str, company: u64) {
    json.reference(name, id_at(company) + 500, "Aðalstarfsstöð", ("site_href", "/company/companies/sites"));
}

/// The contact of a company.
fn contact(json: &mut Json<'_>, name: &str, company: u64) {
    json.object(name, |json| {
        let id = id_at(company) + 3_000;
        json.int("id", id);
        json.made("name", || {
            let (given, last) = names::person(company * 3 + 1);
            format!("{given} {last}")
        });
        json.object("_info", |json| json.href("contact_href", "/company/contacts", id));
    });
}

/// The company, by place, of an agreement or an invoice that may have been added since the start.
fn owner(plan: &Plan, subject: &Subject) -> Option<u64> {
    if subject.base {
        return match subject.entity {
            Entity::Agreement => plan.agreement_company(subject.place),
            _ => plan.invoice_company(subject.place),
        };
    }
    let companies = u64::from(plan.counts.companies);
    (companies > 0).then(|| subject.dice.below(5, companies))
}

/// The member, by id, whom the dice choose.
fn any_member(plan: &Plan, subject: &Subject, salt: u64) -> Option<i64> {
    let members = u64::from(plan.counts.members);
    (members > 0).then(|| id_at(subject.dice.below(salt, members)))
}

/// The place that names of added records are made from.
fn name_place(subject: &Subject) -> u64 {
    place_of(subject.id)
}
