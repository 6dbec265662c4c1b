//! Workarounds for faults of the vendor's spec, each a named function or table that is checked.
//!
//! A fault that the vendor corrects makes its workaround an error: [`check`] says which one to delete. The checks are
//! made for the vendor's own document only, so that a part of it, or another one, can be generated from as well; where
//! they are not made, that is said.

use serde_json::Value;

use crate::report::{Problem, Problems};
use crate::spec::Spec;

/// This file, for the messages.
const FILE: &str = "codegen/src/fixups.rs";

/// The title of the vendor's document.
const TITLE: &str = "Connectwise Manage Public Endpoints";

/// Path templates that break off inside a regular expression. Both read one member by name; nothing is made of them.
const BROKEN_TEMPLATES: [&str; 2] =
    ["/system/info/members/{memberIdentifier:regex(^(types. |(", "/system/members/{memberIdentifier:regex(^(types. |("];

/// Paths below which lists of children stand, though the list of their parents stands elsewhere: the path up to the
/// parameter, and that list. The parameter's description (`typeId`, `boardId`, `vendorId` …) says whose id it is.
const PARENT_LISTS: [(&str, &str); 10] = [
    ("/configurations/types", "/company/configurations/types"),
    ("/finance/agreementTypes", "/finance/agreements/types"),
    ("/procurement/catalog/vendors", "/company/companies"),
    ("/project", "/project/projects"),
    ("/project/boards", "/service/boards"),
    ("/schedule/holidaylists", "/schedule/holidayLists"),
    ("/system/menuEntries", "/system/menuentries"),
    ("/system/myAccount", "/system/members"),
    ("/system/securityRoles", "/system/securityroles"),
    ("/company/contact/types", "/company/contacts/types"),
];

/// The header parameter that every operation declares and that the HTTP client sends by itself, being a credential.
const CREDENTIAL_HEADER: &str = "clientId";

/// Whether a path template is broken: a brace without its other half, or a parameter that is no name.
#[must_use]
pub fn is_broken_template(path: &str) -> bool {
    let mut rest = path;
    while let Some((_, after)) = rest.split_once('{') {
        match after.split_once('}') {
            Some((name, tail)) if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
                rest = tail;
            }
            _ => return true,
        }
    }
    rest.contains('}')
}

/// The list of the parents of what stands below a path, where the path itself is no list.
#[must_use]
pub fn parent_list(before: &str) -> Option<&'static str> {
    PARENT_LISTS.into_iter().find(|(path, _)| *path == before).map(|(_, list)| list)
}

/// Whether an operation's parameter is the credential that the HTTP client sends by itself.
#[must_use]
pub fn is_credential_header(parameter: &Value) -> bool {
    let is = |key: &str, wanted: &str| parameter.get(key).and_then(Value::as_str) == Some(wanted);
    is("in", "header") && is("name", CREDENTIAL_HEADER)
}

/// Adds a problem for every workaround that no longer applies, and for every broken template that none is for. A
/// document of another title is not looked at: what is returned says so, so that it does not go unnoticed.
#[must_use]
pub fn check(spec: &Spec, problems: &mut Problems) -> Option<String> {
    if spec.title() != TITLE {
        return Some(format!(
            "note: {} is titled `{}`, not `{TITLE}`: the workarounds of {FILE} are not checked",
            spec.file,
            spec.title()
        ));
    }
    let mut stale = |what: String, fix: &str| {
        problems.push(
            Problem::new(FILE, "", what)
                .why(format!("{} is another than the one that the workaround was written for", spec.file))
                .fix(fix.to_owned()),
        );
    };
    for path in BROKEN_TEMPLATES {
        if !spec.operations.contains_key(path) {
            stale(format!("there is no broken template `{path}` any more"), "delete it from BROKEN_TEMPLATES");
        }
    }
    for path in spec.operations.keys().filter(|path| is_broken_template(path)) {
        if !BROKEN_TEMPLATES.contains(&path.as_str()) {
            stale(format!("the template `{path}` is broken"), "add it to BROKEN_TEMPLATES, where nothing needs it");
        }
    }
    let is_list = |wanted: &str| spec.lists().any(|(path, _)| path == wanted);
    for (before, list) in PARENT_LISTS {
        let below = format!("{before}/{{");
        if is_list(before) {
            stale(format!("`{before}` is a list itself"), "delete it from PARENT_LISTS");
        } else if !spec.lists().any(|(path, _)| path.starts_with(&below)) {
            stale(format!("no list stands below `{below}…`"), "delete it from PARENT_LISTS");
        } else if !is_list(list) {
            stale(format!("`{list}` is no list"), "correct or delete it in PARENT_LISTS");
        }
    }
    let parameters = spec.operations.values().filter_map(|get| get.get("parameters")).filter_map(Value::as_array);
    if !parameters.flatten().any(is_credential_header) {
        stale(
            format!("no operation declares the header {CREDENTIAL_HEADER}"),
            "delete is_credential_header and its use in the client's operations",
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_whole_or_broken() {
        for path in ["/a", "/a/{id}", "/a/{parentId}/b/{id}", "/a/"] {
            assert!(!is_broken_template(path), "{path}");
        }
        for path in BROKEN_TEMPLATES.into_iter().chain(["/a/{", "/a/}", "/a/{}", "/a/{b c}"]) {
            assert!(is_broken_template(path), "{path}");
        }
    }

    #[test]
    fn a_document_of_another_title_is_not_checked_in_silence() {
        let text =
            r#"{"openapi": "3.0.1", "info": {"title": "Other", "version": "1"}, "paths": {"/odd/{": {"get": {}}}}"#;
        let mut problems = Problems::new();
        let spec = Spec::parse("schema/x.json", text, &mut problems).unwrap_or_default();
        let note = check(&spec, &mut problems).unwrap_or_default();
        assert!(problems.is_empty() && note.starts_with("note: schema/x.json is titled `Other`, not `"), "{note}");
    }

    #[test]
    fn what_no_longer_applies_is_named() {
        let text = format!(
            r#"{{"openapi": "3.0.1", "info": {{"title": "{TITLE}", "version": "1"}}, "paths": {{"/odd/{{": {{"get": {{}}}}}}}}"#
        );
        let mut problems = Problems::new();
        let spec = Spec::parse("schema/x.json", &text, &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(check(&spec.unwrap_or_default(), &mut problems), None);
        let said: Vec<&str> = problems.iter().map(|problem| problem.what.as_str()).collect();
        assert_eq!(said.len(), BROKEN_TEMPLATES.len() + PARENT_LISTS.len() + 2, "{said:?}");
        assert!(said.iter().any(|what| what.contains("`/odd/{` is broken")), "{said:?}");
    }
}
