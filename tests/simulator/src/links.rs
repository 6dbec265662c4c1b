//! What a record refers to, and how references are written: company, agreement, member, invoice and the small lists.

use crate::dice::Dice;
use crate::entity::Entity;
use crate::instant::Micros;
use crate::json::Json;
use crate::names;
use crate::plan::{Plan, id_at, place_of};

/// The first id of agreements that entries name and the list lacks.
const LOST_AGREEMENT: i64 = 900_001;
/// The first id of members who have gone.
const LOST_MEMBER: i64 = 9_001;

/// An agreement that is referred to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AgreementLink {
    pub(crate) id: i64,
    /// The type's place in [`names::AGREEMENT_TYPES`].
    pub(crate) kind: usize,
}

/// What a time entry, expense entry or product item refers to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Links {
    /// The company, by place; none for internal work.
    pub(crate) company: Option<u64>,
    pub(crate) agreement: Option<AgreementLink>,
    pub(crate) member: i64,
    pub(crate) billable: Option<&'static str>,
    /// The invoice, by place.
    pub(crate) invoice: Option<u64>,
}

impl Links {
    /// `open` leaves the invoice out, as for work that has just been written down.
    pub(crate) fn new(plan: &Plan, dice: Dice, at: Micros, open: bool) -> Self {
        let companies = u64::from(plan.counts.companies);
        let company = (companies > 0 && !dice.chance(30, 1, 25)).then(|| {
            // Large companies get more than their share.
            if dice.chance(31, 1, 4) { dice.below(32, companies.div_ceil(6)) } else { dice.below(32, companies) }
        });
        let agreement = if dice.chance(33, 1, 500) {
            let id = LOST_AGREEMENT + dice.range(34, 0, 5);
            Some(AgreementLink { id, kind: (id - LOST_AGREEMENT) as usize * 4 % names::AGREEMENT_TYPES.len() })
        } else if dice.chance(35, 1, 12) {
            None
        } else {
            company
                .and_then(|company| plan.agreement_of_company(company, dice, 36))
                .map(|place| AgreementLink { id: id_at(place), kind: plan.agreement_type(place, 0) })
        };
        let members = u64::from(plan.counts.members);
        let member = if members == 0 || dice.chance(37, 1, 400) {
            LOST_MEMBER + dice.range(38, 0, 3)
        } else {
            id_at(dice.below(38, members))
        };
        let billable = match dice.below(39, 100) {
            0..70 => Some("Billable"),
            70..82 => Some("DoNotBill"),
            82..94 => Some("NoCharge"),
            94..99 => Some("NoDefault"),
            _ => None,
        };
        let usual = agreement.is_none_or(|agreement| names::is_invoiced(agreement.kind));
        let wanted = billable == Some("Billable") && (usual || dice.chance(40, 3, 100)) && !dice.chance(41, 1, 15);
        let invoice = company.filter(|_| wanted && !open).and_then(|company| plan.invoice_for(company, at));
        Self { company, agreement, member, billable, invoice }
    }

    /// The invoice, by place, that the work is a line of: prepaid and internal work may name one and is none.
    pub(crate) fn line(&self) -> Option<u64> {
        self.invoice.filter(|_| self.agreement.is_none_or(|agreement| names::is_invoiced(agreement.kind)))
    }
}

/// A reference to a company.
pub(crate) fn company(json: &mut Json<'_>, name: &str, place: u64) {
    company_with(json, name, place, |_| {});
}

/// A reference to a company with something more in it.
pub(crate) fn company_with(json: &mut Json<'_>, name: &str, place: u64, more: impl FnOnce(&mut Json<'_>)) {
    json.object(name, |json| {
        json.int("id", id_at(place));
        json.made("identifier", || names::company_identifier(place));
        json.made("name", || names::company(place));
        more(json);
        json.object("_info", |json| {
            json.href("company_href", Entity::Company.path(), id_at(place));
            json.made("mobileGuid", || uuid(place, 0xC0));
        });
    });
}

/// A reference to a member, who may have gone.
pub(crate) fn member(json: &mut Json<'_>, name: &str, id: i64) {
    json.object(name, |json| {
        json.int("id", id);
        json.made("identifier", || member_login(id));
        json.made("name", || member_name(id));
        json.object("_info", |json| {
            json.href("member_href", Entity::Member.path(), id);
            json.href("image_href", "/system/members/image", id);
        });
    });
}

/// The login of a member, who may have gone.
pub(crate) fn member_login(id: i64) -> String {
    if id >= LOST_MEMBER { format!("farinn{}", id - LOST_MEMBER + 1) } else { names::member_identifier(place_of(id)) }
}

fn member_name(id: i64) -> String {
    if id >= LOST_MEMBER {
        return format!("Farinn Fyrrverandi {}", id - LOST_MEMBER + 1);
    }
    let (given, last) = names::person(place_of(id));
    format!("{given} {last}")
}

/// The name of an agreement.
pub(crate) fn agreement_name(plan: &Plan, id: i64) -> String {
    if id >= LOST_AGREEMENT {
        return format!("Eldri samningur {}", id - LOST_AGREEMENT + 1);
    }
    let place = place_of(id);
    let kind = names::AGREEMENT_TYPES.get(plan.agreement_type(place, 0)).copied().unwrap_or_default();
    let name = format!("{} nr. {id}", kind.trim().trim_end_matches(':'));
    match plan.dice_of(Entity::Agreement, id).below(21, 20) {
        0 => format!("{name} "),
        1 => format!("{name}:"),
        2 => names::decomposed(&name),
        _ => name,
    }
}

/// A reference to an agreement, with the name of its type as it was when the reference was made.
pub(crate) fn agreement(json: &mut Json<'_>, plan: &Plan, name: &str, link: AgreementLink) {
    json.object(name, |json| {
        json.int("id", link.id);
        json.made("name", || agreement_name(plan, link.id));
        json.text("type", type_name(link.kind));
        json.bool("chargeFirmFlag", false);
        json.object("_info", |json| {
            json.href("agreement_href", Entity::Agreement.path(), link.id);
            json.href("type_href", "/finance/agreements/types", link.kind as i64 + 1);
        });
    });
}

/// The name of an agreement type.
pub(crate) fn type_name(kind: usize) -> &'static str {
    names::AGREEMENT_TYPES.get(kind).copied().unwrap_or_default()
}

/// The number printed on an invoice.
pub(crate) fn invoice_number(id: i64) -> String {
    format!("R{id:07}")
}

/// A reference to an invoice.
pub(crate) fn invoice(json: &mut Json<'_>, name: &str, place: u64) {
    let id = id_at(place);
    json.object(name, |json| {
        json.int("id", id);
        json.made("identifier", || invoice_number(id));
        json.text("billingType", "Standard");
        json.text("applyToType", "All");
        json.bool("chargeFirmFlag", false);
        json.object("_info", |json| json.href("invoice_href", Entity::Invoice.path(), id));
    });
}

/// A reference to an entry of a small list, numbered from 1.
pub(crate) fn listed(json: &mut Json<'_>, name: &str, list: &[&str], at: u64, link: (&str, &str)) {
    json.reference(name, at as i64 + 1, list.get(at as usize).copied().unwrap_or_default(), link);
}

/// A reference to the currency.
pub(crate) fn currency(json: &mut Json<'_>) {
    json.object("currency", |json| {
        json.int("id", 7);
        json.text("symbol", "kr.");
        json.text("currencyCode", "ISK");
        json.text("decimalSeparator", ",");
        json.int("numberOfDecimals", 0);
        json.text("thousandsSeparator", ".");
        json.bool("negativeParenthesesFlag", false);
        json.bool("displaySymbolFlag", false);
        json.text("currencyIdentifier", "ISK");
        json.bool("displayIdFlag", true);
        json.bool("rightAlign", true);
        json.text("name", "Íslensk króna");
        json.object("_info", |json| json.href("currency_href", "/finance/currencies", 7));
    });
}

/// A UUID that a number stands for.
pub(crate) fn uuid(number: u64, salt: u64) -> String {
    let (high, low) = (Dice::new(salt).bits(number), Dice::new(salt ^ 1).bits(number));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}
