//! `add`: from list endpoints to entries of `schema/entities.yaml`.

use std::path::Path;

use crate::entities;
use crate::files;
use crate::inputs::Inputs;
use crate::lower::lower;
use crate::proposal::{Proposals, Refusal};
use crate::report::{Problems, Reporter};
use crate::spec::Spec;

use super::outcome::{CommandError, none_of};

/// Appends the entities of list endpoints to the YAML; with `parents`, also those whose ids their paths need. All of
/// them, or none: nothing is written where no table could be made of one.
///
/// # Errors
/// Where an endpoint can't be an entity, or is one already.
pub fn add(root: &Path, endpoints: &[String], parents: bool, reporter: &mut Reporter<'_>) -> Result<u8, CommandError> {
    let mut problems = Problems::new();
    let inputs = Inputs::read(root, &mut problems);
    none_of(std::mem::take(&mut problems))?;
    let Some(spec) = Spec::parse(&inputs.spec_file, &inputs.spec, &mut problems) else {
        none_of(problems)?;
        return Err(CommandError::Other("there is no spec".to_owned()));
    };
    let mut text = inputs.files.get(entities::FILE).cloned().unwrap_or_else(|| entities::NEW.to_owned());
    let configs = entities::declared(&inputs, &mut problems);
    none_of(std::mem::take(&mut problems))?;

    let mut proposals = Proposals::new(&spec, &configs, &text);
    let (mut entries, mut refused) = (Vec::new(), Vec::new());
    for endpoint in endpoints {
        let mut proposed = proposals.propose(endpoint);
        if let Err(Refusal::ParentFirst(list)) = &proposed
            && parents
        {
            proposed = match proposals.propose(list) {
                Ok(entry) => {
                    entries.push(entry);
                    proposals.propose(endpoint)
                }
                Err(refusal) => Err(refusal),
            };
        }
        match proposed {
            Ok(entry) => entries.push(entry),
            // Asked for as a parent before, or twice.
            Err(Refusal::InUse(name)) if entries.iter().any(|(added, _)| *added == name) => {}
            Err(refusal) => refused.push(said(endpoint, refusal)),
        }
    }
    if !refused.is_empty() {
        return Err(CommandError::Other(refused.join("\n\n")));
    }
    let first = configs.is_empty();
    for (index, (_, entry)) in entries.iter().enumerate() {
        if !text.ends_with('\n') {
            text.push('\n');
        }
        if !(first && index == 0) {
            text.push('\n');
        }
        text.push_str(entry);
    }
    let added = entities::read(&text, &mut problems);
    lower(&spec, &added, &mut problems);
    none_of(problems)?;
    files::write_file(root, entities::FILE, &text)?;
    let texts: Vec<&str> = entries.iter().map(|(_, entry)| entry.as_str()).collect();
    reporter.text(&texts.join("\n"))?;
    let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
    let names = if names.len() > 5 { format!("{} entities", names.len()) } else { names.join(", ") };
    reporter.line(format!("{names} added to {}: look it over, then run cargo codegen generate", entities::FILE))?;
    Ok(0)
}

fn said(endpoint: &str, refusal: Refusal) -> String {
    match refusal {
        Refusal::InUse(name) => format!("{endpoint} is in use: it is the entity {name}"),
        Refusal::ParentFirst(list) => format!(
            "{endpoint} is read once for each record of {list}, which is no entity\n  \
             fix: add that one first: cargo codegen add {list}; or both at once: cargo codegen add --parents '{endpoint}'"
        ),
        Refusal::Impossible(why) => why,
    }
}
