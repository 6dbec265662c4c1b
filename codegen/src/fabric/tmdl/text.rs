//! Names and formulas in TMDL.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A name as TMDL has it: between quotes where it is more than letters, digits, `_` and `-`.
pub(super) fn name(name: &str) -> Cow<'_, str> {
    let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-');
    let begins = name.starts_with(|letter: char| letter.is_alphabetic() || letter == '_');
    if begins && name.chars().all(is_plain) { name.into() } else { format!("'{}'", name.replace('\'', "''")).into() }
}

/// Writes `/// …` above an object that stands `depth` tabs in.
pub(super) fn description(out: &mut String, depth: usize, text: &str) {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let _ = writeln!(out, "{}/// {text}", tabs(depth));
}

/// Writes `<head> = <formula>` at `depth` tabs: on the same line, or on lines of its own two tabs further in.
pub(super) fn formula(out: &mut String, depth: usize, head: &str, text: &str) {
    let _ = write!(out, "{}{head} =", tabs(depth));
    if text.contains('\n') {
        out.push('\n');
        for line in text.lines() {
            let line = line.trim_end();
            let _ = if line.is_empty() { writeln!(out) } else { writeln!(out, "{}{line}", tabs(depth + 2)) };
        }
    } else {
        let _ = writeln!(out, " {text}");
    }
}

/// A text as the value of a property: between quotes where it begins with one, or begins or ends with a blank.
pub(super) fn value(text: &str) -> Cow<'_, str> {
    if text.starts_with('"') || text.trim() != text {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text.into()
    }
}

fn tabs(depth: usize) -> &'static str {
    const TABS: &str = "\t\t\t\t\t\t\t\t";
    TABS.get(..depth).unwrap_or(TABS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_they_need_it() {
        for (plain, wanted) in [
            ("Calendar", "Calendar"),
            ("is-IS", "is-IS"),
            ("Time entries", "'Time entries'"),
            ("Jóna's", "'Jóna''s'"),
            ("1st", "'1st'"),
            ("a.b", "'a.b'"),
            ("A=B", "'A=B'"),
        ] {
            assert_eq!(name(plain), wanted);
        }
    }

    #[test]
    fn formulas_of_several_lines_stand_two_tabs_further_in() {
        let mut out = String::new();
        formula(&mut out, 1, "measure A", "SUM(x)");
        formula(&mut out, 1, "measure B", "VAR y = 1 \n\nRETURN\n    y");
        assert_eq!(out, "\tmeasure A = SUM(x)\n\tmeasure B =\n\t\t\tVAR y = 1\n\n\t\t\tRETURN\n\t\t\t    y\n");
    }

    #[test]
    fn values_are_quoted_where_they_begin_with_a_quote() {
        assert_eq!(value("#,##0.0\"%\""), "#,##0.0\"%\"");
        assert_eq!(value("\"kr.\" 0"), "\"\"\"kr.\"\" 0\"");
        assert_eq!(value(" 0"), "\" 0\"");
    }
}
