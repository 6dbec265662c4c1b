//! `diff`: what changed in the tables since another spec file or a git revision.
//!
//! The JSON document is for tools, and its keys stay: `against`; `breaking`, the number of breaking changes; and
//! `changes`, the breaking ones first, each with `entity` (empty in gold and in the rules), `layer` (entity, setting,
//! bronze, silver, gold, rules), `table`, `column` (a path with `/` in bronze, empty for a whole table), `change`
//! (added, removed, retyped, renamed, changed, valuesAdded, valuesRemoved), `before` and `after` where there is
//! something to say, `breaking`, `why` of an entity that is declared and can be no table any more, and `touches`: the
//! gold columns that are computed from it, and by their bare names the gold tables whose rows it chooses.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::diff::{self, Entry};
use crate::gold::lineage::shortened;
use crate::import::Lock;
use crate::inputs::{Inputs, LOCK, plain};
use crate::ir::Ir;
use crate::lower::obstacles;
use crate::report::{Problems, Reporter};
use crate::spec::Spec;
use crate::{entities, files, gold, render};

use super::outcome::{CommandError, count, none_of};

/// How many gold columns a row of the Markdown table names.
const TOUCHED: usize = 6;

/// How the changes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Lines.
    Text,
    /// A Markdown table, for a pull request.
    Md,
    /// One JSON document.
    Json,
}

/// Shows the changes from `against` (a spec file, or a git revision) to the working tree.
///
/// # Errors
/// Where either side can't be read.
pub fn diff(root: &Path, against: &str, format: Format, reporter: &mut Reporter<'_>) -> Result<u8, CommandError> {
    let mut problems = Problems::new();
    let inputs = Inputs::read(root, &mut problems);
    none_of(problems)?;
    let other =
        if Path::new(against).is_file() { of_file(&inputs, Path::new(against))? } else { of_revision(root, against)? };
    show(&changes(&other, &inputs)?, against, format, reporter)?;
    Ok(0)
}

/// The changes from one state of the inputs to another, with the gold that they touch; the breaking ones first.
///
/// # Errors
/// Where a side has no spec that can be read. What an entity lacks on a side is a change and no problem.
pub(super) fn changes(old_inputs: &Inputs, new_inputs: &Inputs) -> Result<Vec<Entry>, CommandError> {
    let side = |inputs: &Inputs| {
        let mut problems = Problems::new();
        let Some(spec) = Spec::parse(&inputs.spec_file, &inputs.spec, &mut problems) else {
            none_of(problems)?;
            return Err(CommandError::Other(format!("{} could not be read", inputs.spec_file)));
        };
        let ir = render::lower(inputs, &mut problems).unwrap_or_default();
        let lineage = gold::lineage(inputs, &ir);
        Ok((spec, ir, lineage))
    };
    let ((old_spec, old, old_lineage), (new_spec, new, new_lineage)) = (side(old_inputs)?, side(new_inputs)?);
    let mut entries = diff::tables(&old, &new, &lost(&old, new_inputs, &new_spec));
    entries.extend(diff::requirements((&old, &old_spec), (&new, &new_spec)));
    diff::trace(&mut entries, (&old, &old_lineage), (&new, &new_lineage));
    entries.extend(diff::gold(old_inputs, new_inputs));
    entries.sort_by_key(|entry| !entry.breaking);
    Ok(entries)
}

/// Why the entities that there were and that are still declared are no tables any more: all that stands in their way.
fn lost(old: &Ir, inputs: &Inputs, spec: &Spec) -> BTreeMap<String, String> {
    let mut unreadable = Problems::new();
    let configs = entities::declared(inputs, &mut unreadable);
    let said = |problems: &Problems| problems.iter().map(|problem| problem.what.clone()).collect::<Vec<_>>().join("; ");
    let why = |name: &str| match configs.iter().find(|config| config.name == name) {
        Some(config) => said(&obstacles(spec, config, &configs)).replace(&format!("{name}: "), ""),
        // It may be what can't be read.
        None if !unreadable.is_empty() => format!("{} can't be read: {}", entities::FILE, said(&unreadable)),
        None => String::new(),
    };
    let reasons = old.entities.iter().map(|entity| (entity.name.clone(), why(&entity.name)));
    reasons.filter(|(_, why)| !why.is_empty()).collect()
}

/// Today's settings with another spec.
fn of_file(inputs: &Inputs, file: &Path) -> Result<Inputs, CommandError> {
    let name = file.display().to_string();
    let spec = std::fs::read_to_string(file).map_err(|error| files::FileError::new(&name, "read", error))?;
    Ok(Inputs { spec_file: name, spec: plain(&spec), files: inputs.files.clone() })
}

/// Spec and settings of a revision.
fn of_revision(root: &Path, revision: &str) -> Result<Inputs, CommandError> {
    let mut inputs = Inputs::default();
    let lock = show_file(root, revision, LOCK)?;
    let lock: Lock = serde_json::from_str(&lock)
        .map_err(|error| CommandError::Other(format!("{LOCK} of {revision} can't be read: {error}")))?;
    inputs.spec_file = format!("schema/{}", lock.file);
    inputs.spec = show_file(root, revision, &inputs.spec_file)?;
    inputs.files.insert(entities::FILE.to_owned(), show_file(root, revision, entities::FILE)?);
    // Gold tells what a change touches; a revision without it has nothing to tell.
    let listed =
        git(root, &["ls-tree", "-r", "--name-only", revision, "--", "schema", "templates"]).unwrap_or_default();
    for file in listed.lines().filter(|file| file.ends_with(".yaml") || file.ends_with(".j2")) {
        if let Ok(text) = show_file(root, revision, file) {
            inputs.files.insert(file.to_owned(), text);
        }
    }
    Ok(inputs)
}

fn show_file(root: &Path, revision: &str, file: &str) -> Result<String, CommandError> {
    let trouble = |why: &str| {
        CommandError::Other(format!(
            "{revision} is neither a file nor a git revision that has {file}: {why}\n  \
             fix: name a spec file, or a revision that `git log -- schema` shows"
        ))
    };
    if revision.starts_with('-') {
        return Err(trouble("it begins with a dash"));
    }
    git(root, &["show", &format!("{revision}:./{file}")]).map(|text| plain(&text)).map_err(|why| trouble(&why))
}

/// What a git command prints, or why it does not.
fn git(root: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .output()
        .map_err(|error| format!("git can't be run: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    String::from_utf8(output.stdout).map_err(|_| "it is not UTF-8".to_owned())
}

fn show(entries: &[Entry], against: &str, format: Format, reporter: &mut Reporter<'_>) -> Result<(), CommandError> {
    let breaking = entries.iter().filter(|entry| entry.breaking).count();
    let summary = match entries.len() {
        0 => format!("no table changed since {against}"),
        changes => format!("{} since {against}, {breaking} breaking", count(changes, "change")),
    };
    match format {
        Format::Text => {
            for entry in entries {
                reporter.line(entry)?;
            }
            reporter.line(summary)?;
        }
        Format::Md => {
            reporter.line(format!("**{summary}**"))?;
            let (broken, others): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(|entry| entry.breaking);
            for (title, entries) in [("Breaking", broken), ("Not breaking", others)] {
                if entries.is_empty() {
                    continue;
                }
                reporter.line(format!(
                    "\n### {title}\n\n| entity | layer | column | change | before | after | touches in gold |\n\
                     |---|---|---|---|---|---|---|"
                ))?;
                for entry in entries {
                    reporter.line(row(entry))?;
                }
            }
        }
        Format::Json => {
            let document = serde_json::json!({ "against": against, "breaking": breaking, "changes": entries });
            let text = serde_json::to_string_pretty(&document)
                .map_err(|error| CommandError::Other(format!("the changes can't be written as JSON: {error}")))?;
            reporter.text(&text)?;
        }
    }
    Ok(())
}

/// A row of the Markdown table.
fn row(entry: &Entry) -> String {
    let column = if entry.column.is_empty() { String::new() } else { format!(".{}", entry.column) };
    let cell = |text: &str| text.replace('|', "\\|").replace('<', "&lt;");
    format!(
        "| {} | {} | `{}{column}` | {} | {} | {} | {} |",
        entry.entity,
        entry.layer,
        entry.table,
        entry.change.label(),
        cell(&entry.before),
        if entry.why.is_empty() { cell(&entry.after) } else { format!("because {}", cell(&entry.why)) },
        shortened(&entry.touches, TOUCHED),
    )
}
