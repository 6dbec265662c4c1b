//! Paths: of the API's lists, and of properties in its records.

/// Whether a path matches an endpoint, with any segment in place of a parameter.
pub(super) fn is_path_of(endpoint: &str, path: &str) -> bool {
    let (mut parts, mut given) = (endpoint.trim_matches('/').split('/'), path.trim_matches('/').split('/'));
    loop {
        match (parts.next(), given.next()) {
            (None, None) => return true,
            (Some(part), Some(given)) if part.starts_with('{') || part.eq_ignore_ascii_case(given) => {}
            _ => return false,
        }
    }
}

/// Why a text is no path below the base; `None` where it is one.
pub(super) fn path_problem(endpoint: &str) -> Option<String> {
    // Characters with another meaning in a URL: queries, fragments, escapes, ways up and out.
    let odd = |letter: char| {
        letter.is_control() || letter.is_whitespace() || matches!(letter, '?' | '#' | '%' | '\\' | '<' | '>' | '"')
    };
    let path = endpoint.trim_matches('/');
    if let Some(letter) = path.chars().find(|letter| odd(*letter)) {
        return Some(format!(
            "{endpoint:?} is no list: {letter:?} does not belong into a path. Conditions, fields and order are given on \
             their own (--conditions, --fields, --order-by)"
        ));
    }
    if path.contains(['{', '}']) {
        return Some(format!("{endpoint:?} is no list: it lies below records, of which one has to be named by its id"));
    }
    let empty = path.split('/').any(|part| matches!(part, "" | "." | ".."));
    empty.then(|| format!("{endpoint:?} is no list: expected a path below the base, as in /time/entries"))
}

/// Whether the property `name` is the one at `path`, or nested in it.
pub(super) fn is_at_or_below(name: &str, path: &str) -> bool {
    let mut names = name.split('/');
    path.split('/').all(|part| names.next().is_some_and(|name| name.eq_ignore_ascii_case(part)))
}

/// The type properties by which passwords are told among these values, without those that are named already.
pub(super) fn types_of_values(names: &[String]) -> Vec<String> {
    let is_lacking = |wanted: &String| !names.iter().any(|name| is_at_or_below(wanted, name));
    names.iter().filter_map(|name| type_of_value(name)).filter(is_lacking).collect()
}

fn type_of_value(name: &str) -> Option<String> {
    let (parent, value) = name.rsplit_once('/')?;
    let of = parent.rsplit('/').next()?;
    let is = |fields: &str, expected: &str| of.eq_ignore_ascii_case(fields) && value.eq_ignore_ascii_case(expected);
    match () {
        () if is("customFields", "value") => Some(format!("{parent}/type")),
        () if is("questions", "answer") => Some(format!("{parent}/fieldType")),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_at_or_below, is_path_of, path_problem, types_of_values};

    #[test]
    fn a_value_is_asked_for_with_its_type() {
        let types = |names: &[&str]| types_of_values(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(types(&["id", "customFields/value"]), ["customFields/type"]);
        assert_eq!(
            types(&["a/CustomFields/Value", "questions/answer"]),
            ["a/CustomFields/type", "questions/fieldType"]
        );
        for names in [&["customFields"][..], &["value", "a/value"], &["customFields/value", "CustomFields/Type"]] {
            assert_eq!(types(names), [""; 0], "{names:?}");
        }
    }

    #[test]
    fn paths_are_those_of_their_endpoints() {
        for (endpoint, path) in [
            ("/system/members", "/system/Members/"),
            ("/finance/agreements/{parentId}/additions", "/finance/agreements/5/additions"),
            ("/sales/orders/", "sales/orders"),
        ] {
            assert!(is_path_of(endpoint, path), "{endpoint} {path}");
        }
        for path in ["/system", "/system/members/5", "/finance/members"] {
            assert!(!is_path_of("/system/members", path), "{path}");
        }
        assert!(is_at_or_below("Company/name", "company") && is_at_or_below("company", "company"));
        assert!(!is_at_or_below("company", "company/name") && !is_at_or_below("companyName", "company"));
    }

    #[test]
    fn a_path_is_a_path_and_nothing_else() {
        for good in ["/time/entries", "time/entries/", "/system/members/Þór", "/a/1/b-c_d.e", "/system/members/a@b.is"]
        {
            assert_eq!(path_problem(good), None, "{good}");
        }
        for odd in [
            "/time/entries?conditions=id>0",
            "/time/entries#x",
            "/time/../system/members",
            "/time/%2e%2e/x",
            "/time/entries%3Fconditions",
            "/./x",
            "//",
            "",
            "/a//b",
            "/a\\b",
            "/a b",
            "/a\nb",
            "/a\u{0}",
        ] {
            assert!(path_problem(odd).is_some(), "{odd:?}");
        }
    }
}
