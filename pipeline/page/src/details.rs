//! What a check found, and why a record did not fit, in the language of the page.
//!
//! The tables hold these sentences in English. One that is not known here stays as it is.

use crate::words::Language;

/// A sentence with a place for each value, `{}`, in English and in Icelandic. The first that fits counts.
///
/// In Icelandic a count stands behind its noun: before it, 1, 21 and 31 would need another form than 2 and 11.
type Sentence = (&'static str, &'static str);

/// What the checks that come with the pipeline found.
const FIGURES: [Sentence; 14] = [
    ("{} records read, and bronze had them", "lesnar færslur: {}, allar þegar í bronsi"),
    (
        "{} records read, {} of them live in bronze; it lacks such as {}",
        "lesnar færslur: {}, þar af lifandi í bronsi: {}; þar vantar t.d. {}",
    ),
    ("{} records read, {} of them live in bronze", "lesnar færslur: {}, þar af lifandi í bronsi: {}"),
    ("{} live in bronze, {} in silver, {} in {}", "{} lifandi í bronsi, {} í silfri, {} í {}"),
    ("{} live in bronze, {} in silver", "{} lifandi í bronsi, {} í silfri"),
    ("silver {}, gold {}", "silfur {}, gull {}"),
    ("{} rows, as the whole statement gives them", "línur: {}, eins og öll fyrirspurnin gefur þær"),
    (
        "{} rows are stored, the whole statement gives {}; it has rows that are not stored ({}), and stored are rows \
         that it does not give ({})",
        "vistaðar línur: {}, en öll fyrirspurnin gefur {}; í henni eru línur sem eru ekki vistaðar ({}), og vistaðar \
         eru línur sem hún gefur ekki ({})",
    ),
    ("{} rows, {} different {}", "línur: {}, ólík gildi: {} ({})"),
    ("{} rows whose {} is not in {}", "línur: {} þar sem {} er ekki í {}"),
    (
        "{} rows without a status; hours by status {}, all hours {}",
        "línur án stöðu: {}; tímar eftir stöðu {}, allir tímar {}",
    ),
    (
        "source rows with amounts that decimal(19,4) does not hold; they count as 0: {} rows",
        "upphæðir sem decimal(19,4) rúmar ekki og teljast 0; línur: {}",
    ),
    (
        "{} of {} records that were read do not fit, more than {} %: look at {}",
        "{} af {} færslum sem voru lesnar samræmast ekki forskriftinni, fleiri en {}%: sjá {}",
    ),
    ("{} of {} records that were read do not fit", "{} af {} færslum sem voru lesnar samræmast ekki forskriftinni"),
];

/// Why a record is in quarantine.
const REASONS: [Sentence; 4] = [
    ("found no key, expected {}", "fann engan lykil, átti von á {}"),
    (
        "found {} bytes of unknown properties, more than a batch can hold",
        "fann {} bæti af óþekktum eigindum, meira en runa rúmar",
    ),
    ("found {}, expected {}", "fann {}, átti von á {}"),
    ("the server does not give this record: {}", "þjónninn afhendir ekki þessa færslu: {}"),
];

/// What is found and expected, as the decoder calls it.
const KINDS: [Sentence; 13] = [
    ("a text", "texta"),
    ("text", "texta"),
    ("a list", "lista"),
    ("an object", "hlut"),
    ("an object of texts", "hlut með textum"),
    ("another value", "annað gildi"),
    ("a whole number of 64 bits", "heilli 64 bita tölu"),
    ("a positive whole number", "jákvæðri heiltölu"),
    ("a number that a double can hold", "tölu sem rúmast í double"),
    ("a number", "tölu"),
    ("true or false", "gildinu satt eða ósatt"),
    ("a date and time", "dagsetningu og tíma"),
    ("null", "null"),
];

/// What a check found.
pub(crate) fn figures(language: Language, check: &str, detail: &str) -> String {
    if language == Language::English {
        return detail.to_owned();
    }
    let (detail, example) = match detail.split_once(" rows, e.g. ") {
        Some((about, example)) => (format!("{about} rows"), format!(", t.d. {example}")),
        None => (detail.to_owned(), String::new()),
    };
    let said = translated(&FIGURES, &detail).or_else(|| of_yaml(language, check, &detail));
    said.unwrap_or(detail) + &example
}

/// A check of `schema/checks.yaml` says what it looks for and how many rows it found. What it looks for is its name here.
fn of_yaml(language: Language, check: &str, detail: &str) -> Option<String> {
    let (about, rows) = detail.strip_suffix(" rows")?.rsplit_once(' ')?;
    rows.parse::<u64>().ok()?;
    check.strip_prefix("own/")?;
    let is_known = language.check(check) != check;
    Some(if is_known { format!("línur: {rows}") } else { format!("{about} Línur: {rows}") })
}

/// A reason without the value that was found.
pub(crate) fn reason(language: Language, reason: &str) -> String {
    let told = without_value(reason);
    if language == Language::English { told } else { translated(&REASONS, &told).unwrap_or(told) }
}

/// A reason without the value that was found, in English.
fn without_value(reason: &str) -> String {
    if let Some((found, expected)) = reason.strip_prefix("found ").and_then(|rest| rest.rsplit_once(", expected ")) {
        let found = match found {
            "an object" | "a list" | "a text" | "no key" | "another value" => found,
            _ if found.starts_with("the text ") => "a text",
            _ => "another value",
        };
        return format!("found {found}, expected {expected}");
    }
    match (reason.find('"'), reason.rfind('"')) {
        (Some(from), Some(to)) if from < to => format!("{}\"…{}", &reason[..from], &reason[to..]),
        _ => reason.to_owned(),
    }
}

fn translated(sentences: &[Sentence], text: &str) -> Option<String> {
    sentences.iter().find_map(|(english, icelandic)| {
        let values = values(english, text)?;
        let mut parts = icelandic.split("{}");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for (value, part) in values.into_iter().zip(parts) {
            let kind = KINDS.iter().find(|(english, _)| *english == value);
            out.push_str(kind.map_or(value, |(_, icelandic)| icelandic));
            out.push_str(part);
        }
        Some(out)
    })
}

/// The values in the places of a sentence, where a text is that sentence.
fn values<'t>(sentence: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let (first, mut rest_of_sentence) = sentence.split_once("{}")?;
    let mut rest = text.strip_prefix(first)?;
    let mut values = Vec::new();
    while let Some((between, after)) = rest_of_sentence.split_once("{}") {
        let (value, left) = rest.split_once(between)?;
        values.push(value);
        (rest, rest_of_sentence) = (left, after);
    }
    values.push(rest.strip_suffix(rest_of_sentence)?);
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{English, Icelandic};

    #[test]
    fn a_reason_tells_no_value() {
        for (found, told) in [
            ("found the text \"abc\", expected a number", "found a text, expected a number"),
            ("found the text \"a, expected b\", expected a number", "found a text, expected a number"),
            ("found 1012902089, expected a boolean", "found another value, expected a boolean"),
            ("found an object, expected a number", "found an object, expected a number"),
            ("found no key, expected a number", "found no key, expected a number"),
            ("the server said \"a\" and \"þ\"", "the server said \"…\""),
            ("an id above 0 is needed", "an id above 0 is needed"),
            ("one \" alone", "one \" alone"),
        ] {
            assert_eq!(reason(English, found), told);
        }
    }

    #[test]
    fn reasons_in_icelandic() {
        for (found, told) in [
            ("found the text \"abc\", expected true or false", "fann texta, átti von á gildinu satt eða ósatt"),
            ("found 5.5, expected a whole number of 64 bits", "fann annað gildi, átti von á heilli 64 bita tölu"),
            ("found no key, expected a positive whole number", "fann engan lykil, átti von á jákvæðri heiltölu"),
            ("the server does not give this record: status 500", "þjónninn afhendir ekki þessa færslu: status 500"),
            ("something else", "something else"),
        ] {
            assert_eq!(reason(Icelandic, found), told);
        }
    }

    #[test]
    fn figures_in_icelandic() {
        for (check, detail, told) in [
            ("sum/a/b", "silver 12.5, gold 12.5000", "silfur 12.5, gull 12.5000"),
            ("rows/a", "4 live in bronze, 5 in silver", "4 lifandi í bronsi, 5 í silfri"),
            ("rows/a", "4 live in bronze, 5 in silver, 6 in fact_a", "4 lifandi í bronsi, 5 í silfri, 6 í fact_a"),
            ("rebuild/a", "4 rows, as the whole statement gives them", "línur: 4, eins og öll fyrirspurnin gefur þær"),
            ("key/a", "4 rows, 3 different parentId, position", "línur: 4, ólík gildi: 3 (parentId, position)"),
            (
                "fits/a",
                "source rows with amounts that decimal(19,4) does not hold; they count as 0: 1 rows, e.g. {\"a\":1}",
                "upphæðir sem decimal(19,4) rúmar ekki og teljast 0; línur: 1, t.d. {\"a\":1}",
            ),
            ("own/one-currency", "Currencies of several. 2 rows, e.g. {\"a\":1}", "línur: 2, t.d. {\"a\":1}"),
            ("own/mine", "What I look for. 2 rows", "What I look for. Línur: 2"),
            ("own/mine", "What I look for.", "What I look for."),
            (
                "quarantine/A",
                "5 of 9 records that were read do not fit, more than 1 %: look at bronze.cw_quarantine",
                "5 af 9 færslum sem voru lesnar samræmast ekki forskriftinni, fleiri en 1%: sjá bronze.cw_quarantine",
            ),
            (
                "quarantine/A",
                "0 of 9 records that were read do not fit",
                "0 af 9 færslum sem voru lesnar samræmast ekki forskriftinni",
            ),
            ("a", "", ""),
        ] {
            assert_eq!(figures(Icelandic, check, detail), told);
            assert_eq!(figures(English, check, detail), detail);
        }
    }

    #[test]
    fn a_sentence_has_the_same_places_in_both_languages() {
        for (english, icelandic) in FIGURES.iter().chain(&REASONS) {
            assert_eq!(english.matches("{}").count(), icelandic.matches("{}").count(), "{english}");
        }
    }
}
