//! The days: their range, and every day of half a century against a published list and another calendar.

use crate::support::{EMPTY, Scene};
use chrono::{Datelike as _, NaiveDate};
use serde_json::json;
use std::collections::BTreeMap;

/// The public holidays by day, with the names that they can have.
fn published() -> BTreeMap<NaiveDate, Vec<&'static str>> {
    include_str!("../../data/icelandic-holidays.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut parts = line.split(';').map(str::trim);
            (parts.next().unwrap().parse().unwrap(), parts.collect())
        })
        .collect()
}

async fn range(scene: &Scene) -> [String; 2] {
    let row = scene.rows("SELECT MIN(Date), MAX(Date) FROM gold.dimdate").await.remove(0);
    [row[0].clone(), row[1].clone()]
}

#[tokio::test(flavor = "multi_thread")]
async fn days_reach_from_the_first_to_two_years_past_the_last_and_ten_years_at_least() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    world.put("TimeEntry", json!({ "id": 1, "timeStart": "2019-03-04T08:00:00Z" }));
    scene.full().await;
    let [first, last] = range(&scene).await;
    assert!(first.as_str() <= "2019-03-04" && last.as_str() >= "2029-03-04", "{first} to {last}");
    // Any date of any fact counts, and what it names is there.
    world.put("Invoice", json!({ "id": 1, "date": "2031-12-30T00:00:00Z", "dueDate": "2032-02-29T00:00:00Z" }));
    world.put("ExpenseEntry", json!({ "id": 1, "date": "1999-12-31T00:00:00Z" }));
    scene.incremental().await;
    let [first, last] = range(&scene).await;
    assert!(first.as_str() <= "1999-12-31" && last.as_str() >= "2034-02-28", "{first} to {last}");
    let lost = "SELECT count(*) FROM gold.fact_invoice AS i LEFT JOIN gold.dimdate AS d ON d.DateKey = i.DueDateKey \
                WHERE d.DateKey IS NULL OR d.Date <> DATE '2032-02-29'";
    assert_eq!(scene.value(lost).await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stray_date_is_a_day_of_its_own_and_no_range_of_millions() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    world.put("TimeEntry", json!({ "id": 1, "timeStart": "2019-03-04T08:00:00Z" }));
    world.put("TimeEntry", json!({ "id": 2, "timeStart": "9999-12-31T23:59:59Z" }));
    world.put("ExpenseEntry", json!({ "id": 1, "date": "0001-01-01T00:00:00Z" }));
    world.put("ExpenseEntry", json!({ "id": 2, "date": "0001-01-01T00:00:00Z" }));
    world.put("Invoice", json!({ "id": 1, "date": "1989-12-31T00:00:00Z", "dueDate": "2101-06-17T00:00:00Z" }));
    // All dates of facts are there (a check of every run), each once (another).
    let report = scene.full().await;
    let told = report.checks.iter().find(|check| check.name == "own/dates-are-plausible").unwrap();
    assert!(!told.passed && told.detail.contains("5 rows"), "{}", told.detail);
    let days = scene.by_key("SELECT DateKey, Year, DayOfWeek, HolidayName FROM gold.dimdate").await;
    let span = days.keys().filter(|key| key.as_str() >= "20190101" && key.as_str() <= "20291231").count();
    assert_eq!(span, 4018, "ten years and the year of the first day, without a gap");
    assert_eq!(days.len(), span + 5, "four strays and the row of the unknown");
    assert_eq!(days["10101"], ["1", "1", "Nýársdagur"], "1 January of the year 1, a Monday");
    assert_eq!(days["99991231"][..2], ["9999", "5"]);
    assert_eq!(days["21010617"][2], "Þjóðhátíðardagurinn");
    // Strays alone leave the ten years around the run's day.
    world.delete("TimeEntry", 1);
    let report = scene.full().await;
    let year = report.run.started().format("%Y").to_string();
    let around = format!("SELECT count(*) > 3650 AND count(*) < 4400 FROM gold.dimdate WHERE abs(Year - {year}) <= 10");
    assert_eq!(scene.value(&around).await, "true");
}

/// The years of the calendar, after it was seen that it is what a model asks of a date table.
async fn calendar(scene: &Scene) -> [String; 2] {
    let days = scene.rows("SELECT Date, DateKey FROM gold.dimcalendar ORDER BY Date").await;
    let date = |row: &Vec<String>| row[0].parse::<NaiveDate>().unwrap();
    let (first, last) = (date(&days[0]), date(days.last().unwrap()));
    assert_eq!((first.ordinal(), last.month(), last.day()), (1, 12, 31), "whole years");
    let expected: Vec<_> = first.iter_days().take_while(|day| *day <= last).collect();
    assert_eq!(days.iter().map(date).collect::<Vec<_>>(), expected, "each day once, none missing, none null");
    let differing = "SELECT count(*) FROM (SELECT * FROM gold.dimcalendar EXCEPT SELECT * FROM gold.dimdate) AS other";
    assert_eq!(scene.value(differing).await, "0", "its rows are those of dimdate");
    [first.year().to_string(), last.year().to_string()]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calendar_of_models_has_whole_years_without_gaps_and_strays() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    world.put("TimeEntry", json!({ "id": 1, "timeStart": "2019-12-31T08:00:00Z" }));
    world.put("TimeEntry", json!({ "id": 2, "timeStart": "2999-01-01T08:00:00Z" }));
    world.put("ExpenseEntry", json!({ "id": 1, "date": "1989-12-31T00:00:00Z" }));
    world.put("ExpenseEntry", json!({ "id": 2 }));
    scene.full().await;
    assert_eq!(calendar(&scene).await, ["2019", "2021"]);
    // 731 days after the last of these dates are three years on.
    world.put("Invoice", json!({ "id": 1, "date": "2021-12-31T00:00:00Z", "dueDate": "2101-01-01T00:00:00Z" }));
    world.put("ExpenseEntry", json!({ "id": 2, "date": "1990-01-01T00:00:00Z" }));
    scene.incremental().await;
    assert_eq!(calendar(&scene).await, ["1990", "2023"]);
    // The last plausible year ends it: a stray after it, though dimdate has its year, has no row.
    world.put("Invoice", json!({ "id": 2, "date": "2100-12-31T00:00:00Z" }));
    world.put("Invoice", json!({ "id": 3, "date": "2103-01-01T00:00:00Z" }));
    scene.incremental().await;
    assert_eq!(calendar(&scene).await, ["1990", "2100"]);
    // Dates are corrected: it shrinks.
    for id in [1, 2, 3] {
        world.put("Invoice", json!({ "id": id, "date": "2020-01-01T00:00:00Z" }));
    }
    world.put("ExpenseEntry", json!({ "id": 2, "date": "2019-01-01T00:00:00Z" }));
    scene.incremental().await;
    assert_eq!(calendar(&scene).await, ["2019", "2022"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_calendar_has_is_no_date() {
    let scene = Scene::new(EMPTY).await;
    // Midnight of the first day in UTC is the evening of a day of the year 0 by Reykjavík's solar time.
    scene.world().put("TimeEntry", json!({ "id": 1, "timeStart": "0001-01-01T00:00:00Z" }));
    scene.world().put("TimeEntry", json!({ "id": 2, "timeStart": "0001-01-01T12:00:00Z" }));
    scene.full().await;
    let keys = scene.rows("SELECT WorkDateKey FROM gold.fact_timeentry ORDER BY timeEntryId").await;
    assert_eq!(keys.concat(), ["-1", "10101"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_century_of_days_is_what_other_calendars_say() {
    let scene = Scene::new(EMPTY).await;
    for (id, day) in [(1, "2000-01-01"), (2, "2050-12-31")] {
        scene.world().put("TimeEntry", json!({ "id": id, "timeStart": format!("{day}T12:00:00Z") }));
    }
    scene.full().await;
    let rows = scene
        .by_key(
            "SELECT Date, DateKey, Year, Quarter, Month, Day, DayOfYear, DayOfWeek, IsoYear, IsoWeek, FiscalYear, \
             FiscalQuarter, MonthNameIs, MonthNameEn, DayNameIs, DayNameEn, IsWeekend, IsHoliday, HolidayName, \
             IsHalfHoliday, IsBusinessDay FROM gold.dimdate WHERE DateKey BETWEEN 20000101 AND 20501231",
        )
        .await;
    let holidays = published();
    let months_is = "janúar febrúar mars apríl maí júní júlí ágúst september október nóvember desember";
    let months_en = "January February March April May June July August September October November December";
    let days_is = "mánudagur þriðjudagur miðvikudagur fimmtudagur föstudagur laugardagur sunnudagur";
    let days_en = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday";
    let word = |words: &'static str, index: u32| words.split(' ').nth(index as usize).unwrap().to_owned();
    let mut day = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap();
    let mut seen = 0;
    while day.year() <= 2050 {
        let row = &rows[&day.to_string()];
        let weekday = day.weekday().num_days_from_monday();
        let (year, month) = (day.year().to_string(), day.month());
        let quarter = month.div_ceil(3).to_string();
        let half = month == 12 && (day.day() == 24 || day.day() == 31);
        let names = holidays.get(&day);
        let expected = [
            day.format("%Y%m%d").to_string(),
            year.clone(),
            quarter.clone(),
            month.to_string(),
            day.day().to_string(),
            day.ordinal().to_string(),
            (weekday + 1).to_string(),
            day.iso_week().year().to_string(),
            day.iso_week().week().to_string(),
            year,
            quarter,
            word(months_is, month - 1),
            word(months_en, month - 1),
            word(days_is, weekday),
            word(days_en, weekday),
            (weekday >= 5).to_string(),
            names.is_some().to_string(),
        ];
        assert_eq!(row[..17], expected, "{day}");
        match names {
            Some(names) => assert!(names.contains(&row[17].as_str()), "{day}: {} is none of {names:?}", row[17]),
            None if half => assert_eq!(row[17], if day.day() == 24 { "Aðfangadagur" } else { "Gamlársdagur" }),
            None => assert_eq!(row[17], "∅", "{day}"),
        }
        let business = weekday < 5 && names.is_none();
        assert_eq!(row[18..], [half.to_string(), business.to_string()], "{day}");
        day = day.succ_opt().unwrap();
        seen += 1;
    }
    assert_eq!(seen, rows.len());
    assert_eq!(holidays.len(), 710);
}
