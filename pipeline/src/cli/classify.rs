//! `connectwise-etl classify NAME…`: which rule an agreement type's name falls under.

use super::output::Output;
use super::table::table;
use crate::error::Result;
use clap::Args;
use connectwise_generated::agreement_rules::classify;

#[derive(Debug, Args)]
pub(super) struct ClassifyArgs {
    /// Names of agreement types, e.g. "Tímapottur: 10 tímar"
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
}

pub(super) fn execute(args: &ClassifyArgs, output: &mut Output) -> Result<u8> {
    let rows: Vec<Vec<String>> = args
        .names
        .iter()
        .map(|name| {
            let (rule, pattern) = classify(name);
            let why = match pattern {
                Some(pattern) => format!("holds \"{pattern}\""),
                None => "no rule matches".to_owned(),
            };
            let invoiced = if rule.invoiceable { "yes" } else { "never" };
            vec![name.clone(), rule.normalized.to_owned(), rule.behavior.to_owned(), invoiced.to_owned(), why]
        })
        .collect();
    let header = ["name", "agreementTypeNormalized", "billingBehavior", "invoiced", "why"];
    output.line(table(&header, &rows, &[]))?;
    Ok(0)
}
