//! `connectwise-etl export fabric`: the folder that `fab deploy` takes.

use super::output::Output;
use crate::error::{Error, Result};
use crate::fabric::{DirectLake, Form, files};
use crate::lake::Layout;
use clap::{Args, Subcommand};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Lakehouse, semantic model, report, notebooks and pipeline for Microsoft Fabric, as one folder to deploy
    Fabric(FabricArgs),
}

#[derive(Debug, Args)]
struct FabricArgs {
    /// The folder; it is made, and files of an earlier export in it are replaced
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    /// Layout of the lakehouse's tables: with schemas, or flat for a lakehouse without
    #[arg(long, env = "CW_LAYOUT", value_enum, default_value_t)]
    layout: Layout,
    /// How the semantic model reads the tables
    #[arg(long, value_enum, default_value_t, value_name = "WAY")]
    direct_lake: DirectLake,
    /// Put columns with personal texts into the model, too: notes of time entries and expenses
    #[arg(long)]
    personal_texts: bool,
}

pub(super) fn execute(args: &ExportArgs, output: &mut Output) -> Result<u8> {
    let What::Fabric(args) = &args.what;
    let form = Form { layout: args.layout, direct_lake: args.direct_lake, personal_texts: args.personal_texts };
    let files = files(form)?;
    let items: BTreeSet<&str> = files.keys().filter_map(|path| path.split_once('/').map(|(item, _)| item)).collect();
    refuse_others(&args.output, &items)?;
    for item in &items {
        // What an earlier version had, and this one has not, would be deployed as well.
        let folder = args.output.join(item);
        if folder.is_dir() {
            std::fs::remove_dir_all(&folder).map_err(|error| failed("replacing", &folder, error))?;
        }
    }
    for (path, text) in &files {
        let path = args.output.join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| failed("creating", folder, error))?;
        }
        std::fs::write(&path, text).map_err(|error| failed("writing", &path, error))?;
    }
    output.line(format!("{} files are in {}", files.len(), args.output.display()))?;
    output.line(format!(
        "Next: read {}, then: fab deploy --config config.yml",
        args.output.join("README.md").display()
    ))?;
    Ok(0)
}

/// Refuses a folder that holds anything but an earlier export.
fn refuse_others(folder: &Path, items: &BTreeSet<&str>) -> Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::Usage(format!("--output {}: {error}", folder.display()))),
    };
    let names: Vec<String> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let is_export =
        names.iter().any(|name| name == "parameter.yml") && names.iter().any(|name| items.contains(name.as_str()));
    if names.is_empty() || is_export {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "--output {}: the folder holds other files; name a new one, or that of an earlier export",
        folder.display()
    )))
}

fn failed(action: &str, path: &Path, error: std::io::Error) -> Error {
    Error::io(format!("{action} {}", path.display()), error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_other_files_is_left_alone() {
        let items = BTreeSet::from(["ConnectWise.Lakehouse"]);
        let folder = tempfile::tempdir().unwrap();
        refuse_others(&folder.path().join("new"), &items).unwrap();
        refuse_others(folder.path(), &items).unwrap();
        std::fs::create_dir(folder.path().join("ConnectWise.Lakehouse")).unwrap();
        assert!(refuse_others(folder.path(), &items).is_err(), "it may be a lakehouse");
        std::fs::write(folder.path().join("parameter.yml"), "").unwrap();
        refuse_others(folder.path(), &items).unwrap();
    }
}
