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
        rules.rules.extend(rule(index, node, problems));
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
                rules.otherwise_type = keys.text("type", problems).unwrap_or_default();
                rules.otherwise_behavior = keys.text("behavior", problems).unwrap_or_default();
                keys.finish(problems);
            }
        }
    }
    keys.finish(problems);
    rules
}

fn rule(index: usize, node: &Node, problems: &mut Problems) -> Option<Rule> {
    let mut keys = Keys::of(FILE, format!("/rules/{index}"), node, problems)?;
    let patterns = keys.texts("patterns", problems);
    if patterns.iter().all(|pattern| pattern.trim().is_empty()) {
        problems.push(keys.problem("patterns", "a rule without a pattern matches nothing").fix("add `patterns: […]`"));
    }
    let normalized = keys.text("type", problems);
    let behavior = keys.text("behavior", problems);
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
    keys.finish(problems);
    Some(Rule { patterns, normalized: normalized?, behavior: behavior?, invoiceable })
}

impl Rules {
    /// SQL for agreementTypeNormalized.
    pub(crate) fn sql_type(&self, expression: &str, dialect: Dialect) -> String {
        if dialect == Dialect::DataFusion {
            return format!("agreement_type({expression})");
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
