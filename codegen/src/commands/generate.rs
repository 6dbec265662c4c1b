//! `generate` and `check`: the same rendering, written or compared.

use std::path::Path;

use crate::files::{self, State};
use crate::fixups;
use crate::import;
use crate::inputs::{Inputs, LOCK};
use crate::render::render;
use crate::report::{Problems, Reporter};
use crate::spec::Spec;

use super::outcome::{CommandError, STALE, count, none_of};

/// Writes the generated files that differ and removes orphans.
///
/// # Errors
/// Where the inputs have problems, or a file can't be written.
pub fn generate(root: &Path, reporter: &mut Reporter<'_>) -> Result<u8, CommandError> {
    let (_, rendered) = rendered(root, reporter)?;
    let done = files::write(root, &rendered)?;
    for (path, state) in &done {
        let verb = match state {
            State::Missing => "created",
            State::Stale => "updated",
            State::Extra => "removed",
        };
        reporter.line(format!("{verb} {path}"))?;
    }
    let same = rendered.len() - done.values().filter(|state| **state != State::Extra).count();
    reporter.line(format!("{} generated, {same} unchanged", count(rendered.len(), "file")))?;
    Ok(0)
}

/// Compares without writing: 0 where everything is fresh, [`STALE`] where anything differs, the stored spec too.
///
/// # Errors
/// Where the inputs have problems, or a file can't be read.
pub fn check(root: &Path, reporter: &mut Reporter<'_>) -> Result<u8, CommandError> {
    let (inputs, rendered) = rendered(root, reporter)?;
    let lock = inputs.files.get(LOCK).and_then(|text| serde_json::from_str(text).ok());
    let altered = lock.and_then(|lock| import::altered(&lock, &inputs.spec));
    if let Some(how) = &altered {
        reporter.line(format!("{} {how}", inputs.spec_file))?;
    }
    let findings = files::compare(root, &rendered)?;
    for (path, state) in &findings {
        reporter.line(format!("{path} {}: run cargo codegen generate", state.describe()))?;
    }
    if findings.is_empty() {
        reporter.line(format!("{} fresh", count(rendered.len(), "generated file")))?;
        return Ok(if altered.is_some() { STALE } else { 0 });
    }
    reporter.line(format!("{} of {} not fresh", findings.len(), count(rendered.len(), "generated file")))?;
    Ok(STALE)
}

fn rendered(root: &Path, reporter: &mut Reporter<'_>) -> Result<(Inputs, files::GeneratedFiles), CommandError> {
    let mut problems = Problems::new();
    let inputs = Inputs::read(root, &mut problems);
    none_of(std::mem::take(&mut problems))?;
    let rendered = render(&inputs, &mut problems);
    // What is wrong with the spec itself was said already.
    let spec = Spec::parse(&inputs.spec_file, &inputs.spec, &mut Problems::new());
    let note = spec.and_then(|spec| fixups::check(&spec, &mut problems));
    none_of(problems)?;
    if let Some(note) = note {
        reporter.line(note)?;
    }
    Ok((inputs, rendered))
}
