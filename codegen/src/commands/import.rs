//! `import`: the vendor's file into `schema/`.

use std::fs;
use std::path::Path;

use crate::diff;
use crate::files::{self, FileError};
use crate::import::{self as importer, Lock};
use crate::inputs::{Inputs, LOCK, plain};
use crate::report::{Problems, Reporter};
use crate::spec::Spec;

use super::outcome::{CommandError, count, none_of, some_lines};

/// How many changes are printed of the spec, and of the tables.
const SHOWN: usize = 40;

/// Imports a file and prints what changed against the spec that was there.
///
/// # Errors
/// Where the file can't be read or is no usable spec; nothing is written then.
pub fn import(root: &Path, source: &Path, reporter: &mut Reporter<'_>) -> Result<u8, CommandError> {
    let name = source.display().to_string();
    let bytes = fs::read(source).map_err(|error| FileError::new(&name, "read", error))?;
    let mut problems = Problems::new();
    let imported = importer::import(&name, &bytes, &mut problems);
    none_of(std::mem::take(&mut problems))?;
    let Some(imported) = imported else {
        return Err(CommandError::Other(format!("{name} could not be imported")));
    };
    let previous = previous(root);
    let file = format!("schema/{}", imported.file);
    files::write_file(root, &file, &imported.text)?;
    files::write_file(root, LOCK, &imported.lock)?;
    let new = Spec::parse(&file, &imported.text, &mut problems);
    none_of(problems)?;
    let lists = new.as_ref().map_or(0, |spec| spec.lists().count());
    reporter.line(format!(
        "{file}: {}, {}, {}",
        count(new.as_ref().map_or(0, |spec| spec.operations.len()), "GET operation"),
        count(lists, "list endpoint"),
        count(new.as_ref().map_or(0, |spec| spec.schemas.len()), "schema"),
    ))?;
    if let (Some(old), Some(new)) = (&previous, &new) {
        changes(root, old, new, reporter)?;
    }
    if let Some((old_file, ..)) = previous.filter(|(old, ..)| *old != file) {
        fs::remove_file(root.join(&old_file)).map_err(|error| FileError::new(&old_file, "removed", error))?;
        reporter.line(format!("{old_file} removed: {file} takes its place"))?;
    }
    Ok(0)
}

/// Prints what changed in the spec, and in the tables of the entities.
fn changes(
    root: &Path,
    (old_file, old_text, old): &(String, String, Spec),
    new: &Spec,
    reporter: &mut Reporter<'_>,
) -> Result<(), CommandError> {
    let lines = diff::specs(old, new);
    if lines.is_empty() {
        reporter.line("nothing changed in the spec")?;
        return Ok(());
    }
    reporter.line(format!("{} in the spec since {}:", count(lines.len(), "change"), old.version))?;
    some_lines(reporter, &lines, SHOWN, "git diff -- schema")?;
    // What the YAML or the new spec makes impossible is for `generate` to say.
    let inputs = Inputs::read(root, &mut Problems::new());
    let before = Inputs { spec_file: old_file.clone(), spec: old_text.clone(), files: inputs.files.clone() };
    let lines: Vec<String> = super::diff::changes(&before, &inputs)?.iter().map(ToString::to_string).collect();
    reporter.line(format!("{} in the tables:", count(lines.len(), "change")))?;
    some_lines(reporter, &lines, SHOWN, "cargo codegen diff --against HEAD")?;
    Ok(())
}

/// The spec that the lock names, if it is there and can be read.
fn previous(root: &Path) -> Option<(String, String, Spec)> {
    let lock: Lock = serde_json::from_str(&plain(&fs::read_to_string(root.join(LOCK)).ok()?)).ok()?;
    let file = format!("schema/{}", lock.file);
    let text = plain(&fs::read_to_string(root.join(&file)).ok()?);
    let spec = Spec::parse(&file, &text, &mut Problems::new())?;
    Some((file, text, spec))
}
