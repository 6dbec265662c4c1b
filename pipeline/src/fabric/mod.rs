//! Folder that is deployed to Fabric: the checked-in files, in the form that is asked for.
//!
//! The generator writes one form of the folder, which is reviewed. The others differ from it by exact replacements.
//!
//! Invariant: a replacement must find what it replaces as often as it says; otherwise the export fails.

use crate::error::{Error, Result};
use crate::lake::Layout;
use connectwise_generated::fabric::{FILES, PERSONAL, SQL_EXPRESSIONS};
use std::collections::BTreeMap;

/// Folder of the semantic model's definition.
const MODEL: &str = "ConnectWise.SemanticModel/definition";

/// How the semantic model reads its tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum DirectLake {
    /// From the files in OneLake: no wait for the SQL endpoint, and never DirectQuery.
    #[default]
    Onelake,
    /// Through the SQL endpoint of the lakehouse, with its rules of access.
    Sql,
}

/// Form of the folder.
#[derive(Debug, Clone, Copy, Default)]
pub struct Form {
    /// Layout of the lakehouse's tables.
    pub layout: Layout,
    /// How the model reads them.
    pub direct_lake: DirectLake,
    /// Whether the model has the columns with personal texts, such as notes.
    pub personal_texts: bool,
}

/// Builds the files of the folder, by their paths from its top.
///
/// # Errors
/// [`Error::Data`] when a file is not as the replacements expect it: a fault of the generator.
pub fn files(form: Form) -> Result<BTreeMap<&'static str, String>> {
    let mut files: BTreeMap<&'static str, String> =
        FILES.iter().map(|(path, text)| (*path, (*text).to_owned())).collect();
    if form.personal_texts {
        for (path, from, to) in PERSONAL {
            let text = files.get_mut(path).ok_or_else(|| odd(path, "it is missing"))?;
            *text = replaced_once(path, text, from, to)?;
        }
    }
    if form.direct_lake == DirectLake::Sql {
        let path = "ConnectWise.SemanticModel/definition/expressions.tmdl";
        *files.get_mut(path).ok_or_else(|| odd(path, "it is missing"))? = SQL_EXPRESSIONS.to_owned();
    }
    if form.layout == Layout::Flat {
        for (path, text) in &mut files {
            if path.starts_with(&format!("{MODEL}/tables/")) {
                *text = flat_table(path, text)?;
            } else if path.ends_with("/lakehouse.metadata.json") {
                "{}".clone_into(text);
            } else if path.ends_with(".Notebook/notebook-content.py") {
                *text = replaced_once(path, text, "\nlayout = \"schemas\"\n", "\nlayout = \"flat\"\n")?;
            }
        }
    }
    Ok(files)
}

/// Table of the model over a lakehouse without schemas.
fn flat_table(path: &str, text: &str) -> Result<String> {
    const SCHEMA: &str = "\t\t\tschemaName: gold\n";
    let text = replaced_once(path, text, SCHEMA, "")?;
    let text = replaced_once(path, &text, "\t\t\tentityName: ", "\t\t\tentityName: gold_")?;
    replaced_once(path, &text, "\tsourceLineageTag: [gold].[", "\tsourceLineageTag: [dbo].[gold_")
}

/// Replaces a text that must stand in a file exactly once.
fn replaced_once(path: &str, text: &str, from: &str, to: &str) -> Result<String> {
    match text.matches(from).count() {
        1 => Ok(text.replacen(from, to, 1)),
        count => Err(odd(path, &format!("{from:?} stands there {count} times, and once was expected"))),
    }
}

fn odd(path: &str, why: &str) -> Error {
    Error::data(format!("the exported file {path}"), why.to_owned())
}

#[cfg(test)]
mod tests;
