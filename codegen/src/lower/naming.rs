//! Names: how the spec's names become columns, files and Rust identifiers.
//!
//! Every rule here is a pure function of its arguments, so a name never depends on what else was generated, but for
//! clashes, which [`Names`] settles in the order in which it is asked.

use std::collections::BTreeSet;

/// Names that are taken, compared without regard to case.
#[derive(Debug, Clone, Default)]
pub struct Names(BTreeSet<String>);

impl Names {
    /// With the names that nobody may have.
    pub fn reserving<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(names.into_iter().map(str::to_lowercase).collect())
    }

    /// Whether nobody has the name.
    pub fn is_free(&self, name: &str) -> bool {
        !self.0.contains(&name.to_lowercase())
    }

    /// Takes the name, or the first of `name_1`, `name_2` … that is free.
    pub fn take(&mut self, name: &str) -> String {
        if self.0.insert(name.to_lowercase()) {
            return name.to_owned();
        }
        let mut number = 1_usize;
        loop {
            let numbered = format!("{name}_{number}");
            if self.0.insert(numbered.to_lowercase()) {
                return numbered;
            }
            number += 1;
        }
    }
}

/// A column name: the names of the path joined in camelCase, with `_` for every character that is not a letter, a
/// digit or `_`. The first name keeps its case; every further one begins with a capital.
pub fn column(path: &[String]) -> String {
    let mut name = String::new();
    for (index, part) in path.iter().enumerate() {
        let part = plain(part);
        let mut letters = part.chars();
        match letters.next() {
            Some(first) if index > 0 => {
                name.push(first.to_ascii_uppercase());
                name.push_str(letters.as_str());
            }
            _ => name.push_str(&part),
        }
    }
    if name.is_empty() { "_".to_owned() } else { name }
}

/// The text with `_` for every character that is not a letter, a digit or `_`.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect()
}

/// `TimeEntry` → `time_entry`, `invoiceCCEmail` → `invoice_cc_email`, `Agreement.Adjustment` → `agreement_adjustment`.
pub fn snake(text: &str) -> String {
    let letters: Vec<char> = plain(text).chars().collect();
    let mut name = String::new();
    for (index, &letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|i| letters.get(i));
        let after = letters.get(index + 1);
        let word = letter.is_ascii_uppercase()
            && match before {
                None | Some('_') => false,
                Some(before) if before.is_ascii_uppercase() => after.is_some_and(char::is_ascii_lowercase),
                Some(_) => true,
            };
        if word {
            name.push('_');
        }
        if letter != '_' || !name.ends_with('_') {
            name.push(letter.to_ascii_lowercase());
        }
    }
    name.trim_matches('_').to_owned()
}

/// A Rust identifier for a field, a module or a function.
pub fn ident(text: &str) -> String {
    const KEYWORDS: &[&str] = &[
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
        "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
        "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
        "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
    ];
    let name = snake(text);
    if KEYWORDS.contains(&name.as_str()) {
        return format!("{name}_");
    }
    match name.chars().next() {
        None => "unnamed".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("n{name}"),
        Some(_) => name,
    }
}

/// A Rust type name: `Agreement.Adjustment` → `AgreementAdjustment`.
pub fn pascal(text: &str) -> String {
    let mut name = String::new();
    for part in plain(text).split('_') {
        let mut letters = part.chars();
        if let Some(first) = letters.next() {
            name.push(first.to_ascii_uppercase());
            name.push_str(letters.as_str());
        }
    }
    match name.chars().next() {
        None => "Unnamed".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("N{name}"),
        Some(_) => name,
    }
}

/// The candidate that is nearest to the text, if one is near enough to be a misspelling of it.
pub fn closest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = text.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::levenshtein(&wanted, &candidate.to_lowercase()), candidate))
        .min()
        .filter(|(steps, candidate)| *steps <= 1 + candidate.len().max(text.len()) / 4)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn columns_join_in_camel_case() {
        for (names, wanted) in [
            (&["company", "id"][..], "companyId"),
            (&["ticket", "summary"], "ticketSummary"),
            (&["phase", "_links", "x"], "phase_linksX"),
            (&["_odd"], "_odd"),
            (&["a-b", "c.d"], "a_bC_d"),
            (&["Sort", "sort"], "SortSort"),
            (&["þjónusta"], "_j_nusta"),
            (&[""], "_"),
            (&["1st"], "1st"),
        ] {
            assert_eq!(column(&path(names)), wanted);
        }
    }

    #[test]
    fn clashes_are_numbered_without_regard_to_case() {
        let mut names = Names::reserving(["_etl_source"]);
        assert_eq!(names.take("companyId"), "companyId");
        assert_eq!(names.take("CompanyID"), "CompanyID_1");
        assert_eq!(names.take("companyid"), "companyid_2");
        assert_eq!(names.take("companyId_1"), "companyId_1_1");
        assert_eq!(names.take("_ETL_source"), "_ETL_source_1");
    }

    #[test]
    fn rust_names() {
        assert_eq!(snake("TimeEntry"), "time_entry");
        assert_eq!(snake("invoiceCCEmailAddress"), "invoice_cc_email_address");
        assert_eq!(snake("Agreement.Adjustment"), "agreement_adjustment");
        assert_eq!(snake("_info"), "info");
        assert_eq!(ident("type"), "type_");
        assert_eq!(ident("2fa"), "n2fa");
        assert_eq!(ident("???"), "unnamed");
        assert_eq!(pascal("Company.ContactTypeAssociation"), "CompanyContactTypeAssociation");
    }

    #[test]
    fn the_closest_name_is_a_misspelling_or_nothing() {
        let known = ["name", "endpoint", "lookbackDays", "changeDetection"];
        assert_eq!(closest("lookbackdays", known), Some("lookbackDays"));
        assert_eq!(closest("endpiont", known), Some("endpoint"));
        assert_eq!(closest("zebra", known), None);
    }
}
