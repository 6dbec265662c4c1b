//! `schema/agreement-rules.yaml`: the classification of agreements, as a Rust function and as SQL.
//!
//! Both forms say the same of every name. The Rust form, which is also the function that DataFusion calls, gets there
//! by NFC and lower case. Spark can't normalise: its form is a regular expression over the name in lower case, in
//! which a pattern's letters match composed or decomposed, and a letter whose next mark would compose with it is
//! another letter. (Several marks stacked on a pattern's last letter are beyond it.)

use std::fmt::Write as _;

use minijinja::context;
use minijinja::value::Value;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::compose;

use crate::gold::model::Dialect;
use crate::report::Problems;
use crate::yaml::{self, Keys, Node};

/// The file, relative to the workspace root.
pub(crate) const FILE: &str = "schema/agreement-rules.yaml";

/// All rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rules {
    /// In the order in which they are tried.
    pub(crate) rules: Vec<Rule>,
    /// The type of anything else.
    pub(crate) otherwise_type: String,
    /// The behaviour of anything else.
    pub(crate) otherwise_behavior: String,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Any of these, as the file writes them.
    pub(crate) patterns: Vec<String>,
    /// agreementTypeNormalized.
    pub(crate) normalized: String,
    /// billingBehavior.
    pub(crate) behavior: String,
    /// Whether it can stand on an invoice.
    pub(crate) invoiceable: bool,
}

/// Reads the file.
pub(crate) fn read(text: &str, problems: &mut Problems) -> Rules {
    let mut rules = Rules::default();
    let Some(root) = yaml::parse(FILE, text, problems) else { return rules };
    let Some(mut keys) = Keys::of(FILE, "", &root, problems) else { return rules };
    for (index, node) in keys.list("rules", problems).iter().enumerate() {
        let rule = rule(index, node, &rules.rules, problems);
        rules.rules.extend(rule);
    }
    if rules.rules.is_empty() {
        problems
            .push(keys.problem("rules", "there is no rule").fix("add `- patterns: […]` with `type` and `behavior`"));
    }
    match keys.get("otherwise") {
        None => problems.push(
            keys.problem("otherwise", "`otherwise` is missing")
                .why("every agreement has a type, also one that no rule knows")
                .fix("add `otherwise: {type: other, behavior: unknown}`"),
        ),
        Some(node) => {
            if let Some(mut keys) = Keys::of(FILE, "/otherwise", node, problems) {
                rules.otherwise_type = class(&mut keys, "type", problems).unwrap_or_default();
                rules.otherwise_behavior = class(&mut keys, "behavior", problems).unwrap_or_default();
                let otherwise = Rule {
                    patterns: Vec::new(),
                    normalized: rules.otherwise_type.clone(),
                    behavior: rules.otherwise_behavior.clone(),
                    invoiceable: true,
                };
                says_one_thing(&keys, &otherwise, &rules.rules, problems);
                keys.finish(problems);
            }
        }
    }
    keys.finish(problems);
    rules
}

fn rule(index: usize, node: &Node, before: &[Rule], problems: &mut Problems) -> Option<Rule> {
    let mut keys = Keys::of(FILE, format!("/rules/{index}"), node, problems)?;
    let patterns = keys.texts("patterns", problems);
    if patterns.is_empty() {
        problems.push(keys.problem("patterns", "a rule without a pattern matches nothing").fix("add `patterns: […]`"));
    }
    if patterns.iter().any(|pattern| fold(pattern).is_empty()) {
        problems.push(
            keys.problem("patterns", "a pattern is blank")
                .why("it is in every name, so no later rule would ever be tried")
                .fix("remove it; what any other name becomes stands under `otherwise`"),
        );
    }
    let normalized = class(&mut keys, "type", problems);
    let behavior = class(&mut keys, "behavior", problems);
    let invoiceable = match keys.get("invoiceable").map(|node| &node.value) {
        None => true,
        Some(yaml::Value::Bool(value)) => *value,
        Some(_) => {
            problems.push(keys.problem("invoiceable", "`invoiceable` is true or false").fix("write true or false"));
            true
        }
    };
    for pattern in &patterns {
        if let Some(odd) = pattern.chars().find(|c| !c.is_alphanumeric() && *c != ' ') {
            problems.push(
                keys.problem("patterns", format!("the pattern `{pattern}` holds `{odd}`"))
                    .why("a pattern is plain text: letters, digits and spaces")
                    .fix("leave it out"),
            );
        }
    }
    let rule =
        normalized.zip(behavior).map(|(normalized, behavior)| Rule { patterns, normalized, behavior, invoiceable });
    if let Some(rule) = &rule {
        says_one_thing(&keys, rule, before, problems);
    }
    keys.finish(problems);
    rule
}

/// The text of a class, which stands between quotes in the SQL of both dialects.
fn class(keys: &mut Keys<'_>, key: &'static str, problems: &mut Problems) -> Option<String> {
    let text = keys.text(key, problems)?;
    if let Some(odd) = text.chars().find(|c| unquotable(*c)) {
        problems.push(
            keys.problem(key, format!("`{text}` holds {odd:?}"))
                .why("it is written into SQL, which the two dialects escape differently")
                .fix("use letters, digits, `_` and spaces"),
        );
    }
    Some(text)
}

/// Whether a character needs an escape in a text literal of SQL; the dialects do not agree on it.
pub(crate) fn unquotable(c: char) -> bool {
    matches!(c, '\'' | '\\') || c.is_control()
}

/// Whether a type has one behaviour, whichever rule gives it: gold looks both up by the type.
fn says_one_thing(keys: &Keys<'_>, rule: &Rule, before: &[Rule], problems: &mut Problems) {
    let Some(other) = before.iter().find(|other| other.normalized == rule.normalized) else { return };
    let word = |rule: &Rule| if rule.invoiceable { "invoiceable" } else { "not invoiceable" };
    let differing =
        [("behavior", rule.behavior.as_str(), other.behavior.as_str()), ("invoiceable", word(rule), word(other))];
    for (key, here, there) in differing {
        if here != there {
            problems.push(
                keys.problem(key, format!("the type `{}` is {here} here and {there} in a rule above", rule.normalized))
                    .why("gold finds both by the type alone, and `connectwise-etl classify` by the rule: they would differ")
                    .fix("make them the same, or give one of them another type"),
            );
        }
    }
}

impl Rules {
    /// SQL for agreementTypeNormalized.
    pub(crate) fn sql_type(&self, expression: &str, dialect: Dialect) -> String {
        if dialect == Dialect::DataFusion {
            return format!("agreement_type({expression})");
        }
        if self.rules.is_empty() {
            return format!("'{}'", self.otherwise_type);
        }
        let mut sql = String::from("CASE");
        for rule in &self.rules {
            let patterns: Vec<String> = rule.patterns.iter().map(|pattern| sql_pattern(pattern)).collect();
            // Spark reads backslashes in a string as escapes.
            let pattern = patterns.join("|").replace('\\', r"\\");
            let _ =
                write!(sql, "\n      WHEN regexp_like(lower({expression}), '{pattern}') THEN '{}'", rule.normalized);
        }
        let _ = write!(sql, "\n      ELSE '{}'\n    END", self.otherwise_type);
        sql
    }

    /// SQL for billingBehavior, from the SQL of a normalised type.
    pub(crate) fn sql_behavior(&self, normalized: &str) -> String {
        if self.rules.is_empty() {
            return format!("'{}'", self.otherwise_behavior);
        }
        let mut sql = format!("CASE {normalized}");
        for rule in &self.rules {
            let _ = write!(sql, " WHEN '{}' THEN '{}'", rule.normalized, rule.behavior);
        }
        let _ = write!(sql, " ELSE '{}' END", self.otherwise_behavior);
        sql
    }

    /// SQL for whether a normalised type can be invoiced.
    pub(crate) fn sql_invoiceable(&self, normalized: &str) -> String {
        let never: Vec<String> =
            self.rules.iter().filter(|rule| !rule.invoiceable).map(|rule| format!("'{}'", rule.normalized)).collect();
        if never.is_empty() { "true".to_owned() } else { format!("{normalized} NOT IN ({})", never.join(", ")) }
    }

    /// What the template of the Rust module needs, as Rust literals.
    pub(crate) fn context(&self) -> Value {
        let literal = |text: &str| format!("{text:?}");
        let rules: Vec<Value> = self
            .rules
            .iter()
            .map(|rule| {
                let patterns: Vec<String> = rule.patterns.iter().map(|pattern| literal(&fold(pattern))).collect();
                context! {
                    patterns, normalized => literal(&rule.normalized), behavior => literal(&rule.behavior),
                    invoiceable => rule.invoiceable.to_string(),
                }
            })
            .collect();
        let otherwise = context! {
            normalized => literal(&self.otherwise_type), behavior => literal(&self.otherwise_behavior),
        };
        context! { rules, otherwise }
    }
}

fn fold(pattern: &str) -> String {
    pattern.nfc().collect::<String>().trim().to_lowercase()
}

/// A pattern as a regular expression over a name in lower case: a letter that can be decomposed matches in both forms,
/// and the last one is not followed by a mark that would make it another letter.
fn sql_pattern(pattern: &str) -> String {
    let folded = fold(pattern);
    let mut regex = String::new();
    for letter in folded.chars() {
        match decomposed(letter).as_slice() {
            [base, marks @ ..] if !marks.is_empty() => {
                let marks: String = marks.iter().copied().map(escaped).collect();
                let _ = write!(regex, "(?:{letter}|{base}{marks})");
            }
            _ => regex.push(letter),
        }
    }
    if let Some(last) = folded.chars().next_back() {
        let base = decomposed(last).first().copied().unwrap_or(last);
        let changing: String = ('\u{300}'..='\u{36f}')
            .filter(|mark| compose(last, *mark).is_some() || compose(base, *mark).is_some())
            .map(escaped)
            .collect();
        if !changing.is_empty() {
            let _ = write!(regex, "(?:[^{changing}]|$)");
        }
    }
    regex
}

fn decomposed(letter: char) -> Vec<char> {
    std::iter::once(letter).nfd().collect()
}

fn escaped(mark: char) -> String {
    format!(r"\x{{{:x}}}", u32::from(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let mut problems = Problems::new();
        read(text, &mut problems);
        problems.iter().map(|problem| problem.to_string().replace('\n', " ")).collect()
    }

    #[track_caller]
    fn refused(rules: &str, wanted: &[&str]) {
        let found = said(&format!("rules: [{rules}]\notherwise: {{type: other, behavior: unknown}}"));
        assert_eq!(found.len(), wanted.len(), "{rules}: {found:#?}");
        for wanted in wanted {
            assert!(found.iter().any(|found| found.contains(wanted)), "{rules}: {wanted} is not in {found:#?}");
        }
    }

    #[test]
    fn a_blank_pattern_would_match_every_name() {
        refused("{patterns: [x], type: a, behavior: b}", &[]);
        for blank in [r#""x", " ""#, r#""   ""#] {
            refused(&format!("{{patterns: [{blank}], type: a, behavior: b}}"), &["a pattern is blank"]);
        }
        refused("{patterns: [], type: a, behavior: b}", &["a rule without a pattern"]);
        refused(r#"{patterns: [""], type: a, behavior: b}"#, &["a list of texts", "a rule without a pattern"]);
    }

    #[test]
    fn a_type_has_one_behavior_whichever_rule_gives_it() {
        let first = "{patterns: [x], type: a, behavior: b}";
        refused(&format!("{first}, {{patterns: [z], type: a, behavior: b}}"), &[]);
        refused(
            &format!("{first}, {{patterns: [z], type: a, behavior: c}}"),
            &["yaml:1:83: the type `a` is c here and b in a rule above   at:  /rules/1/behavior"],
        );
        refused(
            &format!("{first}, {{patterns: [z], type: a, behavior: b, invoiceable: false}}"),
            &["the type `a` is not invoiceable here and invoiceable in a rule above   at:  /rules/1/invoiceable"],
        );
        // What no rule matches has a type too, and is invoiceable.
        refused("{patterns: [x], type: other, behavior: unknown}", &[]);
        refused(
            "{patterns: [x], type: other, behavior: b, invoiceable: false}",
            &["the type `other` is unknown here and b", "the type `other` is invoiceable here and not invoiceable"],
        );
    }

    #[test]
    fn what_two_dialects_would_escape_differently_is_no_class() {
        refused("{patterns: [x], type: it's, behavior: b}", &["`it's` holds '\\''"]);
        refused(r"{patterns: [x], type: a, behavior: b\n}", &[r"holds '\\'"]);
        let otherwise = said("rules: [{patterns: [x], type: a, behavior: b}]\notherwise: {type: o, behavior: \"n'a\"}");
        assert!(otherwise.iter().any(|found| found.contains("at:  /otherwise/behavior")), "{otherwise:#?}");
    }
}
