//! Companies.

use crate::instant::day_of;
use crate::json::{Json, ONE};
use crate::links;
use crate::names;
use crate::plan::Plan;

use super::{Subject, any_member, contact, custom_field, info, name_place, site};

pub(super) fn write(json: &mut Json<'_>, plan: &Plan, subject: &Subject) {
    let dice = subject.dice;
    let place = name_place(subject);
    let version = u64::from(subject.version);
    let domain = || format!("{}.example.is", names::company_identifier(place).to_lowercase());
    json.int("id", subject.id);
    json.made("identifier", || names::company_identifier(place));
    json.made("name", || match dice.below(800, 30) {
        0 => format!("{} ", names::company(place)),
        1 => names::decomposed(&names::company(place)),
        _ => names::company(place),
    });
    let status = (dice.below(801, 7).saturating_sub(3) + version) % names::COMPANY_STATUSES.len() as u64;
    links::listed(json, "status", names::COMPANY_STATUSES, status, ("status_href", "/company/companies/statuses"));
    json.made("addressLine1", || format!("Þokugata {}", place % 90 + 1));
    if subject.one_in(802, 4) {
        json.text("addressLine2", "2. hæð");
    }
    json.text("city", "Öldubær");
    json.made("zip", || format!("{}", 900 + place % 60));
    json.object("country", |json| {
        json.int("id", 1);
        json.text("identifier", "IS");
        json.text("name", "Ísland");
        json.object("_info", |json| json.href("country_href", "/company/countries", 1));
    });
    json.made("phoneNumber", || format!("555{:04}", (dice.below(803, 9_000) + version) % 10_000));
    json.text("faxNumber", "");
    json.made("website", || format!("www.{}", domain()));
    let territory = (dice.below(804, names::TERRITORIES.len() as u64) + version) % names::TERRITORIES.len() as u64;
    links::listed(json, "territory", names::TERRITORIES, territory, ("territory_href", "/system/locations"));
    if subject.one_in(805, 2) {
        json.reference("market", 2, "Smásala", ("market_href", "/company/marketDescriptions"));
    }
    json.made("accountNumber", || format!("{:06}", 100_000 + subject.id));
    contact(json, "defaultContact", place);
    json.time("dateAcquired", day_of(subject.created));
    if subject.one_in(830, 4) {
        json.reference("sicCode", 4, "62.02 Ráðgjöf", ("sicCode_href", "/company/sicCodes"));
    }
    if subject.base && place > 12 && subject.one_in(806, 10) {
        links::company(json, "parentCompany", place % 12);
    }
    json.amount("annualRevenue", dice.range(807, 0, 900) * 1_000_000 * ONE);
    if subject.one_in(808, 6) {
        json.int_as_float("numberOfEmployees", dice.range(809, 1, 400));
    } else {
        json.int("numberOfEmployees", dice.range(809, 1, 400) + i64::from(subject.version));
    }
    if !subject.one_in(810, 5) {
        json.int("yearEstablished", dice.range(811, 1950, 2024));
    }
    if subject.one_in(831, 3) {
        json.int("revenueYear", 2024);
        json.reference("ownershipType", 1, "Einkahlutafélag", ("ownershipType_href", "/company/ownershipTypes"));
        json.text("leadSource", "Ábending");
    }
    json.reference("timeZoneSetup", 1, "GMT", ("timeZoneSetup_href", "/system/timeZoneSetups"));
    json.bool("leadFlag", false);
    json.bool("unsubscribeFlag", false);
    json.reference("calendar", 1, "Vinnudagar", ("calendar_href", "/schedule/calendars"));
    if subject.one_in(812, 3) {
        json.text("userDefinedField1", "A-flokkur");
        json.text("userDefinedField2", "");
    }
    json.text("vendorIdentifier", "");
    json.made("taxIdentifier", || format!("{:05}", dice.below(813, 99_999)));
    json.reference("taxCode", 1, "VSK 24%", ("taxCode_href", "/finance/taxCodes"));
    json.reference("billingTerms", 3, "15 dagar", ("billingTerms_href", "/finance/billingTerms"));
    json.reference("invoiceTemplate", 4, "Íslenskt sniðmát", ("invoiceTemplate_href", "/finance/invoiceTemplates"));
    json.reference("pricingSchedule", 1, "Almenn verðskrá", ("pricingSchedule_href", "/procurement/pricingSchedules"));
    links::company(json, "billToCompany", place);
    site(json, "billingSite", place);
    contact(json, "billingContact", place);
    json.reference("invoiceDeliveryMethod", 1, "Tölvupóstur", ("delivery_href", "/finance/deliveryMethods"));
    json.made("invoiceToEmailAddress", || format!("bokhald@{}", domain()));
    if subject.one_in(832, 5) {
        json.made("invoiceCCEmailAddress", || format!("afrit@{}", domain()));
    }
    let deleted = subject.one_in(814, 20);
    json.bool("deletedFlag", deleted);
    if deleted {
        json.time("dateDeleted", day_of(subject.updated));
        json.made("deletedBy", || subject.actor(815));
    }
    json.made("mobileGuid", || links::uuid(place, 0xC0));
    links::currency(json);
    if let Some(member) = any_member(plan, subject, 816) {
        links::member(json, "territoryManager", member);
    }
    json.bool("isVendorFlag", dice.chance(817, 1, 8));
    // One to three, in no order.
    let (first, count) = (dice.below(818, 5), 1 + dice.below(819, 3));
    json.objects("types", 0..count, |json, at: u64| {
        let kind = (first + at * 3) % names::COMPANY_TYPES.len() as u64;
        json.int("id", kind as i64 + 1);
        json.text("name", names::COMPANY_TYPES[kind as usize]);
        json.object("_info", |json| json.href("type_href", "/company/companies/types", kind as i64 + 1));
    });
    site(json, "site", place);
    info(json, subject, |json| {
        json.href("contacts_href", "/company/contacts/of", subject.id);
        json.href("agreements_href", "/finance/agreements/of", subject.id);
    });
    if subject.one_in(820, 3) {
        json.objects("customFields", 0..1, |json, _: i32| {
            let value = |json: &mut Json<'_>| json.int_as_float("value", dice.range(821, 1, 10));
            custom_field(json, (51, "Forgangur", "Number"), value, |_| {});
        });
    }
}
