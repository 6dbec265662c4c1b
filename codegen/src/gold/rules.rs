//! `schema/agreement-rules.yaml`: the classification of agreements, as a Rust function and as SQL.
//!
//! Both forms say the same of every name. The Rust form, which is also the function that DataFusion calls, gets there
//! by [`caseless`], whose source is written into it; Spark's is a regular expression.

use std::fmt::Write as _;

use minijinja::context;
use minijinja::value::Value;
use unicode_normalization::char::canonical_combining_class;

use crate::gold::caseless::{caseless, fold_name};
use crate::gold::model::Dialect;
use crate::gold::spark_pattern;
use crate::inputs::plain;
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
        if let Some(mark) = pattern.trim().chars().next().filter(|first| canonical_combining_class(*first) != 0) {
            problems.push(
                keys.problem("patterns", format!("the pattern {pattern:?} begins with {mark:?}"))
                    .why("it is a mark that belongs to the letter before it, which the pattern lacks")
                    .fix("write that letter too, or leave the mark out"),
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
            let patterns: Vec<String> = rule.patterns.iter().map(|pattern| fold(pattern)).collect();
            let holds = spark_pattern::holds(expression, &patterns);
            let _ = write!(sql, "\n      WHEN {holds} THEN '{}'", rule.normalized);
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
        context! { rules, otherwise, caseless => plain(include_str!("caseless.rs")) }
    }
}

/// A pattern as it is looked for: as a name is, and without any `:` at its end, which no name has.
pub(super) fn fold(pattern: &str) -> String {
    caseless(fold_name(pattern).trim_end_matches(|letter: char| letter == ':' || letter.is_whitespace()))
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
        refused(r#"{patterns: [":", " :: "], type: a, behavior: b}"#, &["a pattern is blank"]);
        refused("{patterns: [], type: a, behavior: b}", &["a rule without a pattern"]);
        refused(r#"{patterns: [""], type: a, behavior: b}"#, &["a list of texts", "a rule without a pattern"]);
    }

    #[test]
    fn a_pattern_is_any_text() {
        let texts = [
            "T&M",
            "24/7",
            "User-Based",
            "Hosting/Cloud Services",
            "C++ (old)",
            "\"'gæði'\"",
            "100%",
            "a_b",
            r"a\b",
            "'\"x\"'",
            "Tímapottur:",
            "İstanbul",
            "Straße",
            "🦀",
        ];
        refused(&format!("{{patterns: {texts:?}, type: a, behavior: b}}"), &[]);
        refused("{patterns: [\"\u{301}x\"], type: a, behavior: b}", &["begins with '\\u{301}'"]);
        refused("{patterns: [365], type: a, behavior: b}", &["quotes", "a rule without a pattern"]);
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
