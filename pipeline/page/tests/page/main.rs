//! The page from made-up results: figures, totals, both languages, what is cut, what is missing, and hostile texts.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't be set up has failed")]

mod made_up;

use chrono::{DateTime, NaiveDate};
use connectwise_generated::lineage::{SILVER, TABLES};
use connectwise_page::{Error, Input, Language, Limits, Outcome, render, statements};
use made_up::{NOON, flags, instants, results, rows, texts};
use quick_xml::Reader;
use quick_xml::events::Event;
use std::collections::BTreeMap;

fn input(language: Language, results: BTreeMap<String, Outcome>) -> Input {
    Input {
        language,
        generated_at: DateTime::from_timestamp_micros(NOON).unwrap(),
        business_date: NaiveDate::from_ymd_opt(2026, 2, 14).unwrap(),
        version: "0.1.0".to_owned(),
        lakehouse: "lakehouse".to_owned(),
        results,
        limits: Limits::default(),
    }
}

fn page(language: Language, results: BTreeMap<String, Outcome>) -> String {
    render(&input(language, results)).unwrap()
}

/// Reads the page strictly: what opens is closed, in order, and attributes are whole. Returns the elements' names.
fn elements(html: &str) -> Vec<String> {
    const VOID: [&str; 4] = ["meta", "link", "br", "input"];
    let (before, script) = html.split_once("<script>").unwrap();
    let (_, after) = script.split_once("</script>").unwrap();
    let text = format!("{before}{after}");
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_end_names = false;
    let (mut open, mut all) = (Vec::<String>::new(), Vec::new());
    loop {
        let name = |name: &[u8]| String::from_utf8(name.to_vec()).unwrap();
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                for attribute in start.html_attributes() {
                    attribute.unwrap();
                }
                let name = name(start.name().as_ref());
                if !VOID.contains(&name.as_str()) {
                    open.push(name.clone());
                }
                all.push(name);
            }
            Event::End(end) => {
                assert_eq!(open.pop().unwrap(), name(end.name().as_ref()), "at {}", reader.buffer_position())
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(open, Vec::<String>::new());
    all
}

/// The part of the page with a block.
fn block<'a>(html: &'a str, id: &str) -> &'a str {
    let from = html.find(&format!("id=\"b-{id}\"")).unwrap_or_else(|| panic!("there is no block {id}"));
    let rest = &html[from..];
    rest.find("</section>").map_or(rest, |end| &rest[..end])
}

#[test]
fn figures_are_written_as_the_language_does() {
    for (language, code, hours, billable, share, verdict) in [
        (
            Language::Icelandic,
            "is",
            "1.234.567,89",
            "617.283,95",
            "50,0%",
            "Já: 3 af 3 skilyrðum standast. Ábendingar: 1.",
        ),
        (Language::English, "en", "1,234,567.89", "617,283.95", "50.0%", "Yes: 3 of 3 invariants hold. Warnings: 1."),
    ] {
        let html = page(language, results("Norðurál", 3));
        assert!(html.contains(&format!("<html lang=\"{code}\">")));
        assert!(html.contains(&format!("<dd class=\"value\">{hours}</dd>")), "{code}");
        let told = html.split_once("id=\"hours\"").unwrap().1;
        assert!(told.contains(billable) && told.contains(share), "{code}");
        assert!(html.contains(verdict), "{code}");
    }
}

#[test]
fn a_broken_check_is_the_verdict() {
    let mut broken = results("x", 1);
    broken.insert(
        "checks".to_owned(),
        rows(vec![
            ("check", texts(&["rows/a", "sum/b", "sum/c"])),
            ("passed", flags(&[true, false, true])),
            ("severity", texts(&["error", "error", "error"])),
            ("detail", texts(&["", "silver 12.5, gold 12.4", ""])),
            ("checkedAt", instants(3)),
        ]),
    );
    let html = page(Language::English, broken);
    assert!(html.contains("<p class=\"verdict bad\">No: only 1 of 2 invariants hold."));
    assert!(block(&html, "checks").matches("silver 12.5, gold 12.4").count() == 2, "on its own, and among all");
    let empty = page(Language::English, BTreeMap::new());
    assert!(empty.contains("Unknown: the lakehouse holds no check."));
}

#[test]
fn checks_are_named_in_the_language_of_the_page() {
    for (language, rows, currency) in [
        (Language::Icelandic, "Fjöldi raða er sá sami í öllum lögum", "Allar upphæðir eru í einum gjaldmiðli"),
        (Language::English, "Live rows agree between the layers", "All amounts are in one currency"),
    ] {
        let html = page(language, results("x", 1));
        let checks = block(&html, "checks");
        assert!(checks.contains(&format!("<td>{rows}: cw_timeentry</td>")), "{checks}");
        // Broken: on its own, and among all.
        assert_eq!(checks.matches(&format!("<td>{currency} (one-currency)</td>")).count(), 2, "{checks}");
        assert!(!checks.contains("<td>rows/") && !checks.contains("<td>own/"), "{checks}");
    }
}

#[test]
fn yes_is_said_only_where_everything_was_brought_and_built() {
    assert!(page(Language::English, results("x", 1)).contains("<p class=\"verdict good\">Yes:"));
    let mut partial = results("x", 1);
    if let Some(Outcome::Rows(batches)) = partial.get_mut("runs") {
        let batch = &batches[0];
        let mut columns = batch.columns().to_vec();
        columns[batch.schema().index_of("status").unwrap()] = texts(&["partial"]);
        batches[0] = arrow_array::RecordBatch::try_new(batch.schema(), columns).unwrap();
    }
    let mut without_gold = results("x", 1);
    without_gold.insert("rows_gold".to_owned(), Outcome::Failed("gold.dimdate is not there".to_owned()));
    for wanting in [partial, without_gold] {
        let html = page(Language::English, wanting);
        assert!(html.contains("<p class=\"verdict warn\">In part:") && !html.contains("Yes:"), "{}", &html[..2000]);
    }
}

#[test]
fn a_table_adds_up_to_what_the_picture_shows() {
    let html = page(Language::English, results("Company", 3));
    let hours = block(&html, "hours_month");
    // Without a date 1.50, January 12.50, and a status that nobody knows.
    for title in [
        "Without a date, Prepaid: 1.50",
        "Jan 2026, Invoiced: 10.00",
        "Jan 2026, Prepaid: 2.50",
        "Feb 2026, Company: 1.00",
    ] {
        assert!(hours.contains(&format!("<title>{title}</title>")), "{title}");
    }
    let foot = hours.split_once("<tfoot>").unwrap().1;
    for total in ["10.00", "4.00", "1.00", "15.00"] {
        assert!(foot.contains(&format!("<td class=\"n\">{total}</td>")), "{total}: {foot}");
    }
    // What is below 0 hangs from the axis.
    assert!(block(&html, "invoice_month").contains("<title>Jan 2026, Posted: −1</title>"));
}

#[test]
fn what_is_cut_is_told_with_its_sum() {
    let html = page(Language::Icelandic, results("Fyrirtæki", 3_000));
    let companies = block(&html, "unbilled_company");
    // 100 rows of 10 stand there, 2,900 do not.
    let foot = companies.split_once("<tfoot>").unwrap().1;
    assert!(foot.contains("og 2.900 til viðbótar") && foot.contains(">29.000</td>"), "{foot}");
    assert!(foot.contains(">30.000</td>") && foot.contains("Samtals"), "{foot}");
    assert_eq!(companies.matches("<tr>").count(), 1 + 100 + 2);
    let others = companies.split_once("Aðrir (2.985)<title>").unwrap().1;
    assert!(others.split_once("</g>").unwrap().0.contains(">29.850</text>"), "{others}");
    assert!(block(&html, "unbilled_largest").contains("1 af 321 tímaskráningum; þær nema 3 af 123.456."));
}

#[test]
fn the_page_stays_small() {
    let html = page(Language::Icelandic, results("Þjónustufyrirtæki með löngu nafni", 3_000));
    assert!(html.len() < 2_000_000, "{} bytes", html.len());
}

#[test]
fn a_pot_lasts_as_long_as_its_use_allows() {
    let html = page(Language::English, results("Pot", 2));
    let pots = block(&html, "pots");
    // 6 hours are left, and 9 hours in three months are 3 a month.
    assert!(pots.contains("data-v=\"30000\">3.00</td>") && pots.contains("data-v=\"20000\">2.0</td>"), "{pots}");
    assert!(pots.contains("<title>Dec 2025: 9.00</title>"));
}

#[test]
fn what_is_missing_is_said_and_the_rest_stands() {
    let mut some = results("Company", 2);
    some.insert("pots".to_owned(), Outcome::Failed("gold.<b>fact_agreementrecap</b> was not built".to_owned()));
    some.remove("hours_totals");
    let html = page(Language::Icelandic, some);
    elements(&html);
    let pots = block(&html, "pots");
    assert!(pots.contains("Þennan hluta vantar") && pots.contains("gold.&lt;b&gt;fact_agreementrecap"), "{pots}");
    assert!(block(&html, "unbilled_company").contains("Company 1"));
    // Nothing at all is a page, too.
    let empty = page(Language::English, BTreeMap::new());
    elements(&empty);
    assert!(empty.matches("This part is missing").count() > 15);
    let no_rows: BTreeMap<String, Outcome> =
        results("x", 1).into_keys().map(|name| (name, Outcome::Rows(Vec::new()))).collect();
    elements(&page(Language::English, no_rows));
}

#[test]
fn another_version_s_result_is_refused() {
    let mut wrong = results("Company", 1);
    wrong.insert("unmatched".to_owned(), rows(vec![("typeName", texts(&["a"]))]));
    let error = render(&input(Language::English, wrong)).unwrap_err();
    assert!(
        matches!(&error, Error::Column { statement, column } if statement == "unmatched" && column == "agreements"),
        "{error}"
    );
}

#[test]
fn hostile_texts_stay_texts() {
    let plain = elements(&page(Language::English, results("Company", 2)));
    let long = "w".repeat(20_000);
    for hostile in [
        "</script><script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</title></svg><script>alert(1)</script>",
        "<!-- --!> ]]> <![CDATA[",
        "\u{202e}gnp.exe \u{2067}שלום\u{0}\u{8}\u{1b}[31m",
        "&lt;b&gt;&#60;script&#62;",
        "{count} {hours}",
        "javascript:alert(1)//http:",
        &long,
    ] {
        let html = page(Language::English, results(hostile, 2));
        assert_eq!(elements(&html), plain, "{hostile:?} makes other elements");
        assert_eq!(html.matches("<script").count(), 1);
        assert!(!html.contains("<img"), "{hostile}");
        assert!(!html.contains('\u{0}') && !html.contains('\u{1b}'), "{hostile:?}");
        let escaped = hostile.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        if !escaped.contains('\u{0}') {
            assert!(html.matches(&escaped).count() > 30, "{hostile} is shown {} times", html.matches(&escaped).count());
        }
        // No attribute but those that the page itself writes.
        assert!(!html.contains(" onerror=alert(1)>") && !html.contains(" onmouseover='alert(1)'>"));
    }
}

#[test]
fn nothing_is_fetched() {
    for language in [Language::Icelandic, Language::English] {
        let html = page(language, results("Company", 2));
        for word in ["http://", "https://", "//cdn", "@import", "url(", " src=", "<iframe", "<object", "<base"] {
            assert!(!html.contains(word), "{word}");
        }
        assert!(html.contains("default-src 'none'; style-src 'sha256-") || html.contains("default-src &#39;none&#39;"));
        // The policy forbids what is written at an element.
        assert!(!html.contains(" style="));
        let links: Vec<&str> = html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(links.iter().all(|link| link.starts_with('#') || *link == "data:,"), "{links:?}");
        let ids: Vec<&str> = html.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        for link in links.iter().filter_map(|link| link.strip_prefix('#')) {
            assert!(ids.contains(&link), "{link} leads nowhere");
        }
    }
}

#[test]
fn every_number_has_its_sql() {
    let html = page(Language::English, results("Company", 2));
    let all = statements(NaiveDate::from_ymd_opt(2026, 2, 14).unwrap()).unwrap();
    for statement in all {
        // What stands beside others' figures: the title bar, and the small lines of the pots.
        if ["source", "currency"].contains(&statement.name.as_str()) {
            continue;
        }
        let escaped =
            statement.sql.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        assert!(html.contains(&format!("<code>{escaped}</code>")), "{}", statement.name);
    }
    assert!(html.matches("<svg").count() > 15);
    assert_eq!(
        html.matches("<svg").count(),
        html.matches("role=\"img\" aria-label=\"").count() + html.matches("svg class=\"key\"").count()
    );
    // Each mark tells its value.
    let marks = html.matches("<rect class=").count() - html.matches("svg class=\"key\"").count();
    assert_eq!(html.matches("</title></rect>").count(), marks);
}

#[test]
fn every_source_of_a_column_has_its_place() {
    let places: Vec<&str> = SILVER.iter().map(|origin| origin.name).collect();
    assert!(places.is_sorted(), "the page looks them up by name");
    let mut columns = 0;
    for table in TABLES {
        for column in table.columns {
            columns += 1;
            for source in column.sources {
                assert!(places.contains(source), "{}.{} comes from {source}", table.table, column.column);
            }
        }
    }
    assert!(columns > 300 && SILVER.len() > 100);
    let of = |name: &str| SILVER.iter().find(|origin| origin.name == name).unwrap();
    let value = of("cw_agreement_customfields.value");
    assert_eq!(
        (value.bronze, value.path, value.property),
        ("cw_agreement", "customFields[].value", Some("customFields/value"))
    );
    let deleted = of("cw_agreement._etl_deleted_at");
    assert_eq!((deleted.path, deleted.property), ("etlDeletedAt", None));
    assert_eq!(of("cw_invoice.companyId").property, Some("company/id"));
}

#[test]
fn lineage_leads_to_the_api() {
    let html = page(Language::English, BTreeMap::new());
    let column =
        html.split_once("id=\"fact_timeentry.potentialRevenue\"").unwrap().1.split_once("</details>").unwrap().0;
    for part in ["cw_timeentry.actualHours", "cw_timeentry.hourlyRate", "/time/entries"] {
        assert!(column.contains(part), "{part}: {column}");
    }
}
