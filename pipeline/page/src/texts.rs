//! All words of the page, in both languages. A text that lacks one of them does not compile.

macro_rules! texts {
    ($($key:ident: $is:literal, $en:literal;)*) => {
        /// The words of one language.
        pub(crate) struct Texts {
            $(pub(crate) $key: &'static str,)*
        }

        /// In Icelandic.
        pub(crate) static ICELANDIC: Texts = Texts { $($key: $is,)* };

        /// In English.
        pub(crate) static ENGLISH: Texts = Texts { $($key: $en,)* };

        #[cfg(test)]
        static ALL: &[(&str, &str, &str)] = &[$((stringify!($key), $is, $en),)*];
    };
}

texts! {
    // The frame of the page.
    title: "Tímar, samningar og reikningar", "Hours, agreements and invoices";
    subtitle: "Úr gögnum ConnectWise", "From the data of ConnectWise";
    made: "Tekið saman {when} (UTC)", "Made {when} (UTC)";
    business_date: "Miðað við {date}", "As of {date}";
    lakehouse: "Gagnahús: {name}", "Lakehouse: {name}";
    source: "Uppruni: {address}", "Source: {address}";
    version: "connectwise-etl {version}", "connectwise-etl {version}";
    currency: "Upphæðir í {code}", "Amounts in {code}";
    currencies: "Athugið: reikningar eru í fleiri en einum gjaldmiðli ({codes}). Upphæðir eru lagðar saman eins og gjaldmiðillinn væri einn.", "Note: invoices are in several currencies ({codes}). Amounts are added up as if there were one.";
    sections: "Kaflar", "Sections";
    theme: "Dökkt / ljóst", "Dark / light";
    filter: "Sía línur", "Filter rows";
    sort: "Raða", "Sort";
    copy: "Afrita", "Copy";
    copied: "Afritað", "Copied";
    sql: "SQL-fyrirspurnin á bak við tölurnar", "The SQL behind these figures";
    data: "Tölurnar sem tafla", "The figures as a table";
    missing: "Þennan hluta vantar: fyrirspurnin gaf enga niðurstöðu.", "This part is missing: the statement gave no result.";
    nothing: "Ekkert.", "Nothing.";
    more: "og {count} til viðbótar", "and {count} more";
    more_hidden: "Sían og röðunin ná aðeins yfir þær línur sem sjást.", "Filter and order reach the rows that are shown.";
    all: "Samtals", "Total";
    others: "Aðrir ({count})", "Others ({count})";
    earlier: "Fyrr", "Earlier";
    no_date: "Án dagsetningar", "Without a date";
    unnamed: "(án heitis)", "(no name)";
    unlinked: "Ótengt", "Not linked";
    days: "dagar", "days";
    yes: "já", "yes";
    no: "nei", "no";
    months: "jan. feb. mars apr. maí júní júlí ág. sept. okt. nóv. des.", "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";
    weekdays: "mán. þri. mið. fim. fös. lau. sun.", "Mon Tue Wed Thu Fri Sat Sun";
    thousand: "þús.", "k";
    million: "m.", "M";
    billion: "ma.", "bn";

    // Words of many tables.
    company: "Fyrirtæki", "Company";
    agreement: "Samningur", "Agreement";
    agreement_type: "Samningstegund", "Agreement type";
    member: "Starfsmaður", "Member";
    month: "Mánuður", "Month";
    status: "Staða", "Status";
    entries: "Tímaskráningar", "Time entries";
    hours: "Tímar", "Hours";
    amount: "Upphæð", "Amount";
    day: "Dagur", "Day";
    rate: "Tímagjald", "Hourly rate";
    entity: "Gögn", "Entity";
    rows: "Raðir", "Rows";
    table: "Tafla", "Table";
    reason: "Ástæða", "Reason";
    active: "Virkur", "Active";

    // Is it right?
    quality: "Stemma gögnin?", "Is it right?";
    quality_tab: "Stemma gögnin?", "Is it right?";
    verdict_good: "Já: {held} af {all} skilyrðum standast.", "Yes: {held} of {all} invariants hold.";
    verdict_bad: "Nei: aðeins {held} af {all} skilyrðum standast.", "No: only {held} of {all} invariants hold.";
    verdict_partly: "Að hluta: {held} af {all} skilyrðum standast, en síðasta keyrsla náði ekki öllu.", "In part: {held} of {all} invariants hold, but the last run did not bring everything.";
    verdict_none: "Óvíst: engin athugun er skráð í gagnahúsinu.", "Unknown: the lakehouse holds no check.";
    verdict_warnings: "Ábendingar: {count}.", "Warnings: {count}.";
    verdict_quarantine: "Færslur í sóttkví: {count}.", "Records in quarantine: {count}.";
    verdict_run: "Síðasta keyrsla: {when}, {status}.", "Last run: {when}, {status}.";
    last_run: "Síðasta keyrsla", "Last run";
    checks_held: "Athuganir sem standast", "Checks that hold";
    quarantined: "Í sóttkví", "In quarantine";
    rows_in_gold: "Raðir í gulli", "Rows in gold";
    of_all: "af {all}", "of {all}";
    invariants: "Skilyrðin", "The invariants";
    invariants_note: "Athugað eftir keyrslu sem lauk {when}.", "Checked after the run that ended {when}.";
    invariant: "Skilyrði", "Invariant";
    checks: "Athuganir", "Checks";
    broken: "Brotnar", "Broken";
    fetched: "Brons geymir allt sem var lesið", "Bronze holds what was read";
    live_rows: "Fjöldi raða er sá sami í öllum lögum", "Live rows agree between the layers";
    sums: "Summur í silfri og gulli eru jafnar", "Sums in silver and gold agree";
    fits: "Engin upphæð er of stór", "No amount is too large";
    keys: "Lyklar eru einkvæmir og tilvísanir heilar", "Keys are unique, references whole";
    one_status: "Hver tímaskráning hefur eina reikningsstöðu", "Every time entry has one billing status";
    rebuild: "Gull er eins og það væri reiknað frá grunni", "Gold equals a rebuild";
    own: "Eigin athuganir", "Checks of your own";
    records_fit: "Færslur samræmast forskriftinni", "Records fit the specification";
    other_checks: "Aðrar athuganir", "Other checks";
    key_unique: "Lykillinn er einkvæmur", "The key is unique";
    reference_whole: "Tilvísunin er heil", "The reference is whole";
    own_products: "Margfeldi og framlegð rúmast í dálkum gulls", "Products and margins fit the columns of gold";
    own_invoiced: "Reikningsfærðar færslur eiga sér reikning", "What was invoiced has its invoice";
    own_lines: "Reikningar stemma við línur sínar", "Invoices agree with their lines";
    own_hourly_cost: "Tímakostnaður er tala", "Hourly costs are numbers";
    own_dates: "Dagsetningar eru trúverðugar", "Dates are plausible";
    own_cycles: "Reikningstímabil samninga eru þekkt", "Billing cycles of agreements are known";
    own_currency: "Allar upphæðir eru í einum gjaldmiðli", "All amounts are in one currency";
    own_notes: "Athugasemdir eru óstyttar", "Notes are whole";
    holds: "stenst", "holds";
    holds_not: "stenst ekki", "does not hold";
    warning: "ábending", "warning";
    check: "Athugun", "Check";
    figures: "Tölur", "Figures";
    all_checks: "Allar athuganir", "All checks";
    runs: "Keyrslur", "Runs";
    runs_note: "Síðustu {shown} keyrslur af {all}.", "The last {shown} of {all} runs.";
    started: "Hófst", "Started";
    seconds: "Sekúndur", "Seconds";
    mode: "Háttur", "Mode";
    layers: "Lög", "Layers";
    read: "Lesið", "Read";
    inserted: "Nýtt", "New";
    updated: "Breytt", "Changed";
    deleted: "Eytt", "Deleted";
    error: "Villa", "Error";
    run_done: "lokið", "done";
    run_partial: "lokið að hluta", "partly done";
    run_check_failed: "athugun stóðst ekki", "a check failed";
    run_failed: "mistókst", "failed";
    mode_incremental: "breytingar", "incremental";
    mode_full: "allt", "full";
    mode_reconcile: "samanburður", "reconcile";
    mode_replay: "endurlestur", "replay";
    growth: "Breytingar eftir keyrslum", "Changes by run";
    growth_note: "Raðir í bronsi sem hver keyrsla bætti við, breytti eða eyddi.", "Rows of bronze that each run added, changed or deleted.";
    watermarks: "Hversu langt var lesið", "How far was read";
    watermarks_note: "Síðasta keyrsla hverrar tegundar gagna; nýjasta breytingin sem gagnahúsið geymir.", "The last run of each entity, and the newest change that the lakehouse holds.";
    watermark: "Nýjasta breyting", "Newest change";
    quarantine: "Sóttkví", "Quarantine";
    quarantine_note: "Færslur sem samræmast ekki forskriftinni, með ástæðu. Innihald þeirra er ekki sýnt.", "Records that do not fit the specification, with the reason. What is in them is not shown.";
    record: "Færsla", "Record";
    path: "Eigind", "Property";
    fetched_at: "Sótt", "Fetched";
    unknown: "Óþekktar eigindir", "Unknown properties";
    unknown_note: "Eigindir sem forskriftin þekkir ekki. Gildi þeirra eru geymd í _unknown.", "Properties that the specification does not know. Their values are kept in _unknown.";
    times: "Fjöldi", "Times";
    by_layer: "Raðir í bronsi og silfri", "Rows in bronze and silver";
    gold_rows: "Raðir í gulli", "Rows in gold";
    bronze: "Brons", "Bronze";
    bronze_deleted: "Eytt í bronsi", "Deleted in bronze";
    silver: "Silfur", "Silver";

    // Where did the hours go?
    hours_title: "Hvert fóru tímarnir?", "Where did the hours go?";
    hours_tab: "Tímar", "Hours";
    hours_verdict: "Unnir tímar eru {hours}. Af þeim eru {billable} reikningshæfir ({share}).", "{hours} hours were worked. Of these {billable} are billable ({share}).";
    hours_month: "Unnir tímar eftir mánuðum og reikningsstöðu", "Hours worked by month and billing status";
    invoiced: "Reikningsfært", "Invoiced";
    billable: "Reikningshæft", "Billable";
    operations: "Rekstrarþjónusta", "Operations";
    prepaid: "Tímapottur", "Prepaid";
    internal: "Innri verkefni", "Internal";
    no_charge: "Gjaldfrjálst", "No charge";
    do_not_bill: "Ekki innheimt", "Do not bill";
    unclassified: "Óflokkað", "Unclassified";
    utilization_month: "Nýttir tímar og tímar til ráðstöfunar", "Utilized hours and capacity";
    utilization_member: "Nýting eftir starfsmönnum síðustu tólf mánuði", "Utilization by member over twelve months";
    utilization_note: "Tólf mánuðir til og með {month}. Ljósa súlan er tímar til ráðstöfunar, sú dökka nýttir tímar.", "The twelve months up to {month}. The light bar is capacity, the dark one utilized hours.";
    recent: "Síðustu 12 mán.: {what}", "12 months: {what}";
    weekday_heat: "Tímaskráningar eftir vikudögum og mánuðum", "Time entries by weekday and month";
    weekday: "Vikudagur", "Weekday";
    weekday_note: "Myndin sýnir síðustu {shown} mánuði af {all}, taflan alla.", "The picture shows the last {shown} of {all} months, the table all of them.";

    // What was not billed?
    unbilled_title: "Hvað er óreikningsfært?", "What was not billed?";
    unbilled_tab: "Óreikningsfært", "Unbilled";
    unbilled_verdict: "Óreikningsfærðir tímar eru {hours}, að verðmæti {amount}. Tekjutap af gjaldfrjálsri vinnu er {leakage}.", "{hours} hours worth {amount} are not billed. Leakage through work without charge is {leakage}.";
    unbilled_age: "Óreikningsfært eftir aldri vinnunnar", "Unbilled by age of the work";
    age: "Aldur", "Age";
    age_1: "0–30 dagar", "0–30 days";
    age_2: "31–60 dagar", "31–60 days";
    age_3: "61–90 dagar", "61–90 days";
    age_4: "91–180 dagar", "91–180 days";
    age_5: "181–365 dagar", "181–365 days";
    age_6: "meira en ár", "over a year";
    unbilled_company: "Óreikningsfært eftir fyrirtækjum", "Unbilled by company";
    unbilled_agreement: "Óreikningsfært eftir samningum", "Unbilled by agreement";
    unbilled_largest: "Stærstu óreikningsfærðu tímaskráningarnar", "The largest unbilled entries";
    unbilled_largest_note: "{shown} af {all} tímaskráningum; þær nema {part} af {whole}.", "{shown} of {all} entries; they make up {part} of {whole}.";
    entry: "Tímaskráning", "Time entry";
    leakage_month: "Tekjutap af gjaldfrjálsri vinnu eftir mánuðum", "Leakage by month";
    leakage_company: "Tekjutap af gjaldfrjálsri vinnu eftir fyrirtækjum", "Leakage by company";

    // Agreements.
    agreements_title: "Samningar", "Agreements";
    agreements_tab: "Samningar", "Agreements";
    agreements_verdict: "Hagnaður af samningum er {profit}. Í tímapottum eru eftir {hours} tímar.", "Agreements make a profit of {profit}. Prepaid pots hold {hours} hours.";
    agreements_loss: "Tap af samningum er {profit}. Í tímapottum eru eftir {hours} tímar.", "Agreements make a loss of {profit}. Prepaid pots hold {hours} hours.";
    profit: "Hagnaður og raunverulegt tímagjald eftir samningum", "Profit and effective rate by agreement";
    profit_best: "Súlurnar sýna samninga með mestan hagnað og mest tap.", "The bars show the agreements with the highest profit and the highest loss.";
    pots: "Tímapottar", "Prepaid pots";
    pots_note: "Virkir samningar um fyrirframgreidda tíma. Notkun er meðaltal síðustu þriggja heilu mánaða.", "Active agreements of prepaid hours. Use is the average of the last three whole months.";
    available: "Til ráðstöfunar", "Available";
    used: "Notað", "Used";
    remaining: "Eftir", "Left";
    overrun: "Umfram", "Overrun";
    use_a_month: "Notkun á mánuði", "Use a month";
    lasts: "Endist í mánuði", "Lasts months";
    burn_down: "Eftir við mánaðamót síðustu 12 mánuði", "Left at month ends of 12 months";
    unlimited: "ótakmarkað", "unlimited";
    prepaid_month: "Unnir tímar úr tímapottum eftir mánuðum", "Prepaid hours worked by month";
    unmatched: "Samningstegundir sem engin regla þekkir", "Agreement types that no rule matches";
    unmatched_note: "Bætið reglu við schema/agreement-rules.yaml eða leiðréttið heitið í ConnectWise.", "Add a rule to schema/agreement-rules.yaml, or correct the name in ConnectWise.";
    agreements: "Samningar", "Agreements";
    revenue: "Tekjur", "Revenue";

    // Invoices.
    invoices_title: "Reikningar", "Invoices";
    invoices_tab: "Reikningar", "Invoices";
    invoices_verdict: "Viðskiptakröfur eru {receivables}. Þar af eru {overdue} gjaldfallnar ({share}).", "Receivables are {receivables}. Of these {overdue} are overdue ({share}).";
    invoice_status: "Opnir, óbókaðir og bókaðir reikningar", "Open, unposted and posted invoices";
    open: "Opnir", "Open";
    unposted: "Óbókaðir", "Unposted";
    posted: "Bókaðir", "Posted";
    invoices: "Fjöldi reikninga", "Invoices";
    total_with_tax: "Með skatti", "With tax";
    balance: "Ógreitt", "Balance";
    invoice_month: "Reikningsfærðar tekjur eftir mánuðum", "Invoiced revenue by month";
    differences: "Reikningar sem stemma ekki við línur sínar", "Invoices that differ from their lines";
    differences_none: "Allir reikningar stemma við línur sínar.", "All invoices agree with their lines.";
    invoice: "Reikningur", "Invoice";
    kind: "Tegund", "Type";
    lines: "Línur", "Lines";
    service: "Vinna", "Work";
    expense: "Útgjöld", "Expenses";
    product: "Vörur", "Products";
    of_lines: "{what} á línum", "{what} on lines";
    difference: "Mismunur", "Difference";
    receivables_age: "Viðskiptakröfur eftir aldri", "Receivables by age";
    not_due: "Ógjaldfallið", "Not due";
    overdue_30: "1–30 dagar", "1–30 days";
    overdue_60: "31–60 dagar", "31–60 days";
    overdue_90: "61–90 dagar", "61–90 days";
    overdue_more: "yfir 90 dagar", "over 90 days";
    receivables_company: "Viðskiptakröfur eftir fyrirtækjum", "Receivables by company";

    // Lineage.
    lineage_title: "Uppruni talnanna", "Lineage";
    lineage_tab: "Uppruni", "Lineage";
    lineage_note: "Veljið dálk í gulli: þá sjást dálkarnir í silfri, slóðin í bronsi og eigindin í API ConnectWise.", "Choose a column of gold to see the columns of silver, the path in bronze and the property of the API.";
    lineage_find: "Leita að dálki", "Find a column";
    lineage_verdict: "Dálkar í gulli: {columns} í {tables} töflum.", "Gold has {columns} columns in {tables} tables.";
    api: "API", "API";
    lineage_none: "Reiknað án gagna úr ConnectWise, eða sett af keyrslunni sjálfri.", "Computed without data of ConnectWise, or set by the run itself.";
    set_by_run: "sett af keyrslunni", "set by the run";

    // Entities.
    time_entry: "Tímaskráningar", "Time entries";
    agreement_addition: "Viðbætur samninga", "Agreement additions";
    agreement_adjustment: "Leiðréttingar samninga", "Agreement adjustments";
    agreement_recap: "Uppgjör samninga", "Agreement recap";
    companies: "Fyrirtæki", "Companies";
    expense_entry: "Útgjöld", "Expenses";
    members: "Starfsmenn", "Members";
    product_item: "Vörur", "Products";
    project: "Verkefni", "Projects";
    ticket: "Þjónustubeiðnir", "Tickets";
    unposted_invoice: "Óbókaðir reikningar", "Unposted invoices";
    work_type: "Vinnutegundir", "Work types";
    invoice_entity: "Reikningar", "Invoices";
}

/// A text with its places filled in.
pub(crate) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    // A value that looks like a place stays as it is.
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, behind)| Some((before, behind.split_once('}')?)))
    {
        out.push_str(before);
        out.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<&str> {
        let mut found: Vec<&str> = text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn both_languages_say_all_and_have_the_same_places() {
        assert!(ALL.len() > 150);
        for (key, is, en) in ALL {
            assert!(!is.trim().is_empty() && !en.trim().is_empty(), "{key}");
            assert_eq!(places(is), places(en), "{key}");
            assert_eq!(is.trim(), *is, "{key}");
            assert_eq!(en.trim(), *en, "{key}");
        }
    }

    #[test]
    fn icelandic_is_not_english() {
        let same: Vec<&str> = ALL.iter().filter(|(_, is, en)| is == en).map(|(key, _, _)| *key).collect();
        assert_eq!(same, ["version", "api"]);
    }

    #[test]
    fn months_and_weekdays_are_whole() {
        for texts in [&ICELANDIC, &ENGLISH] {
            assert_eq!(texts.months.split(' ').count(), 12);
            assert_eq!(texts.weekdays.split(' ').count(), 7);
        }
    }

    #[test]
    fn what_is_filled_in_is_not_read_again() {
        assert_eq!(fill("{a} and {b}", &[("a", "{b}"), ("b", "2")]), "{b} and 2");
        assert_eq!(fill("{a", &[("a", "1")]), "{a");
    }
}
