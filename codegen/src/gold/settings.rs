//! The settings of dimensions that mean the same wherever they stand: what each may be.
//!
//! Other settings are the statement's own. One that a statement asks for and that is missing is found when it is
//! expanded.

use chrono_tz::{TZ_VARIANTS, Tz};

use crate::gold::model::Sql;
use crate::lower::naming::closest;
use crate::report::Problems;

/// Whole numbers: the setting, the least and the most.
const COUNTS: [(&str, u32, u32); 4] =
    [("fiscalYearStartMonth", 1, 12), ("firstYear", 1, 9990), ("lastYear", 1, 9990), ("sparkAgreementDepth", 1, 64)];

/// Checks the settings of a dimension.
pub(crate) fn check(settings: &[(String, Sql)], problems: &mut Problems) {
    for (name, value) in settings {
        if name == "timeZone" {
            time_zone(value, problems);
        }
        if let Some((_, least, most)) = COUNTS.iter().find(|(known, ..)| known == name)
            && !count(value).is_some_and(|count| (*least..=*most).contains(&count))
        {
            let wrong = value.at.problem(format!("`{name}` is `{}`", value.text));
            problems.push(wrong.fix(format!("write a whole number from {least} to {most}")));
        }
    }
    let year = |name| settings.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    if let (Some(first), Some(last)) = (year("firstYear"), year("lastYear"))
        && count(first) > count(last)
    {
        problems.push(last.at.problem("`lastYear` comes before `firstYear`").fix("write the later year"));
    }
}

fn count(value: &Sql) -> Option<u32> {
    value.text.parse().ok()
}

fn time_zone(value: &Sql, problems: &mut Problems) {
    if value.text.parse::<Tz>().is_ok() {
        return;
    }
    let near = closest(&value.text, TZ_VARIANTS.iter().map(|zone| zone.name()));
    let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    problems.push(
        value
            .at
            .problem(format!("`{}` is no time zone", value.text))
            .fix(format!("{near}Write a name of the tz database, e.g. Atlantic/Reykjavik")),
    );
}
