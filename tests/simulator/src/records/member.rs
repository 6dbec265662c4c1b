//! Members, with secrets that are marked so that a test can look for them where they must not be.

use crate::instant::{DAY, day_of, text};
use crate::json::{Json, ONE};
use crate::links;
use crate::names;
use crate::plan::{Plan, id_at};

use super::{Subject, any_member, custom_field, info, name_place};

pub(super) fn write(json: &mut Json<'_>, plan: &Plan, subject: &Subject) {
    let dice = subject.dice;
    let place = name_place(subject);
    let (given, last) = names::person(place);
    let email = || format!("{}@example.is", names::member_identifier(place));
    json.int("id", subject.id);
    json.made("identifier", || names::member_identifier(place));
    json.made("password", || format!("SECRET-member-{}", subject.id));
    json.bool("disableOnlineFlag", false);
    json.text("licenseClass", dice.text(850, &["F", "F", "X", "A", "C"]));
    if subject.one_in(851, 5) {
        json.text("notes", "Hlutastarf");
    }
    json.made("employeeIdentifer", || format!("S{:04}", subject.id));
    json.bool("enableMobileGpsFlag", false);
    let inactive = subject.one_in(852, 9);
    if inactive {
        json.time("inactiveDate", day_of(subject.updated));
    }
    json.bool("inactiveFlag", inactive);
    json.made("lastLogin", || text(plan.start - dice.range(853, 1, 40) * DAY));
    json.made("clientId", || format!("SECRET-client-{}", subject.id));
    json.made("token", || format!("SECRET-token-{}", subject.id));
    json.text("firstName", &given);
    if subject.one_in(854, 4) {
        json.text("middleInitial", "Þ");
    }
    if subject.one_in(855, 10) {
        json.parts("lastName", &[&last, " "]);
    } else {
        json.text("lastName", &last);
    }
    json.time("hireDate", day_of(subject.created));
    json.made("officeEmail", email);
    json.text("defaultEmail", "Office");
    json.made("primaryEmail", email);
    json.made("officePhone", || format!("555{:04}", dice.below(856, 10_000)));
    json.text("defaultPhone", "Office");
    json.reference("securityRole", 1, "Starfsmaður", ("securityRole_href", "/system/securityRoles"));
    json.object("office365", |json| {
        json.made("id", || links::uuid(place, 0x36));
        json.made("name", email);
    });
    json.bool("calendarSyncIntegrationFlag", false);
    json.bool("enableLdapAuthenticationFlag", false);
    json.bool("useBrowserLanguageFlag", true);
    let title = dice.below(857, 6) + u64::from(subject.version);
    json.text("title", names::TITLES[(title % 6) as usize]);
    json.bool("enableMobileFlag", true);
    json.reference("type", 1, "Starfsmaður", ("type_href", "/system/members/types"));
    json.reference("timeZone", 1, "GMT", ("timeZone_href", "/system/timeZoneSetups"));
    json.bool("partnerPortalFlag", false);
    json.bool("toastNotificationFlag", true);
    json.ints("memberPersonas", &[1, 3]);
    json.bool("adminFlag", subject.one_in(858, 12));
    json.reference(
        "structureLevel",
        1,
        "Félagið",
        ("structureLevel_href", "/system/myCompany/corporateStructureLevels"),
    );
    defaults(json, plan, subject);
    json.amount("billableForecast", dice.range(859, 40, 90) * ONE);
    if !subject.one_in(860, 8) {
        json.amount("dailyCapacity", if dice.chance(861, 1, 4) { 75_000 } else { 80_000 });
    }
    if !subject.one_in(862, 6) {
        json.amount("hourlyCost", (dice.range(863, 6, 12) * 1_000 + i64::from(subject.version) * 100) * ONE);
    }
    json.amount("hourlyRate", dice.range(864, 16, 30) * 1_000 * ONE);
    for (salt, name) in (865..).zip([
        "includeInUtilizationReportingFlag",
        "requireExpenseEntryFlag",
        "requireTimeSheetEntryFlag",
        "requireStartAndEndTimeOnTimeEntryFlag",
        "allowInCellEntryOnTimeSheet",
        "enterTimeAgainstCompanyFlag",
        "allowExpensesEnteredAgainstCompaniesFlag",
        "timeReminderEmailFlag",
    ]) {
        json.bool(name, dice.chance(salt, 3, 4));
    }
    json.int("daysTolerance", 2);
    json.amount("minimumHours", 2_500);
    json.text("timeSheetStartDate", "2020-01-06");
    json.ints("excludedServiceBoardIds", &[]);
    json.ints("teams", &[1, 2, 3][..dice.below(874, 4) as usize]);
    json.ints("serviceBoardTeamIds", &[1]);
    json.amount("scheduleCapacity", 80_000);
    json.bool("restrictScheduleFlag", false);
    json.reference("calendar", 1, "Vinnudagar", ("calendar_href", "/schedule/calendars"));
    json.text("companyActivityTabFormat", "SummaryList");
    json.text("invoiceTimeTabFormat", "SummaryList");
    json.text("invoicingDisplayOptions", "RemainOnInvoicingScreen");
    json.bool("autoStartStopwatch", false);
    json.bool("autoPopupQuickNotesWithStopwatch", false);
    json.text("globalSearchDefaultTicketFilter", "OpenRecords");
    json.text("globalSearchDefaultSort", "LastUpdatedDesc");
    info(json, subject, |json| json.href("image_href", "/system/members/image", subject.id));
    if subject.one_in(875, 4) {
        json.objects("customFields", 0..1, |json, _: i32| {
            let value = |json: &mut Json<'_>| json.text("value", "Norðurland ");
            custom_field(json, (61, "Starfsstöð", "Text"), value, |_| {});
        });
    }
}

fn defaults(json: &mut Json<'_>, plan: &Plan, subject: &Subject) {
    let dice = subject.dice;
    let location = dice.below(880, names::LOCATIONS.len() as u64);
    let department = dice.below(881, names::DEPARTMENTS.len() as u64);
    for name in ["securityLocation", "defaultLocation", "serviceDefaultLocation"] {
        links::listed(json, name, names::LOCATIONS, location, ("location_href", "/system/locations"));
    }
    for name in ["defaultDepartment", "serviceDefaultDepartment"] {
        json.object(name, |json| {
            json.int("id", department as i64 + 10);
            json.made("identifier", || names::plain(names::DEPARTMENTS[department as usize]));
            json.text("name", names::DEPARTMENTS[department as usize]);
            json.object("_info", |json| json.href("department_href", "/system/departments", department as i64 + 10));
        });
    }
    let boss = any_member(plan, subject, 882).unwrap_or_else(|| id_at(0));
    for name in ["reportsTo", "timeApprover", "expenseApprover"] {
        links::member(json, name, boss);
    }
    json.bool("restrictLocationFlag", false);
    json.bool("restrictDepartmentFlag", false);
    let role = dice.below(883, names::WORK_ROLES.len() as u64);
    links::listed(json, "workRole", names::WORK_ROLES, role, ("workRole_href", "/time/workRoles"));
    let work_type = dice.below(884, names::WORK_TYPES.len() as u64);
    json.object("workType", |json| {
        json.int("id", work_type as i64 + 1);
        json.text("name", names::WORK_TYPES[work_type as usize].0);
        json.bool("utilizationFlag", names::WORK_TYPES[work_type as usize].1);
        json.object("_info", |json| json.href("workType_href", "/time/workTypes", work_type as i64 + 1));
    });
}
