//! Notebooks in the form of Fabric's Git integration: `notebook-content.py`.
//!
//! They are written as a script in cells (`# %%`, `# %% [markdown]`, `# %% [parameters]`), which editors know.

use std::fmt::Write as _;

use crate::fabric::file::FabricFile;
use crate::fabric::ids;

/// What runs a notebook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kernel {
    /// One process of Python, without Spark.
    Python,
    /// A Spark session.
    Spark,
}

impl Kernel {
    fn info(self) -> &'static str {
        match self {
            Self::Python => "# META     \"name\": \"jupyter\",\n# META     \"jupyter_kernel_name\": \"python3.11\"\n",
            Self::Spark => "# META     \"name\": \"synapse_pyspark\"\n",
        }
    }

    fn group(self) -> &'static str {
        match self {
            Self::Python => "jupyter_python",
            Self::Spark => "synapse_pyspark",
        }
    }
}

/// The notebook of a script in cells; its default lakehouse is ours.
pub(super) fn notebook(name: &str, kernel: Kernel, script: &str) -> FabricFile {
    let mut out = String::from("# Fabric notebook source\n\n# METADATA ********************\n\n");
    let (lakehouse, workspace) = (ids::LAKEHOUSE, ids::WORKSPACE);
    let _ = write!(
        out,
        "# META {{\n# META   \"kernel_info\": {{\n{}# META   }},\n# META   \"dependencies\": {{\n\
         # META     \"lakehouse\": {{\n\
         # META       \"default_lakehouse\": \"{lakehouse}\",\n\
         # META       \"default_lakehouse_name\": \"ConnectWise\",\n\
         # META       \"default_lakehouse_workspace_id\": \"{workspace}\",\n\
         # META       \"known_lakehouses\": [\n\
         # META         {{\n# META           \"id\": \"{lakehouse}\"\n# META         }}\n\
         # META       ]\n\
         # META     }}\n# META   }}\n# META }}\n",
        kernel.info()
    );
    for cell in cells(script) {
        let (head, is_markdown) = match cell.kind {
            "[markdown]" => ("MARKDOWN", true),
            "[parameters]" => ("PARAMETERS CELL", false),
            _ => ("CELL", false),
        };
        let _ = write!(out, "\n# {head} ********************\n\n{}\n", cell.text);
        if !is_markdown {
            let _ = write!(
                out,
                "\n# METADATA ********************\n\n# META {{\n# META   \"language\": \"python\",\n\
                 # META   \"language_group\": \"{}\"\n# META }}\n",
                kernel.group()
            );
        }
    }
    FabricFile::new(format!("{name}.Notebook/notebook-content.py"), out)
}

struct Cell<'a> {
    /// What stands behind `# %%`.
    kind: &'a str,
    text: &'a str,
}

/// A script's cells, without the empty lines at their ends.
fn cells(script: &str) -> Vec<Cell<'_>> {
    let mut marks: Vec<(usize, usize, &str)> = Vec::new();
    let mut start = 0;
    for line in script.split_inclusive('\n') {
        if let Some(kind) = line.strip_prefix("# %%") {
            marks.push((start, start + line.len(), kind.trim()));
        }
        start += line.len();
    }
    let ends = marks.iter().skip(1).map(|(start, ..)| *start).chain([script.len()]);
    let text = |from: usize, to: usize| script.get(from..to).unwrap_or_default().trim_matches('\n');
    marks.iter().zip(ends).map(|((_, from, kind), to)| Cell { kind, text: text(*from, to) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "# what is before the first cell is none\n# %% [markdown]\n# # Title\n#\n# Text\n\n# %% \
                          [parameters]\nmode = \"a\"\n\n\n# %%\n\nrun(mode)\n";

    #[test]
    fn cells_are_written_as_fabric_s_git_integration_writes_them() {
        let file = notebook("Nightly", Kernel::Python, SCRIPT);
        assert_eq!(file.path, "Nightly.Notebook/notebook-content.py");
        let meta = "\n# METADATA ********************\n\n# META {\n# META   \"language\": \"python\",\n# META   \
                    \"language_group\": \"jupyter_python\"\n# META }\n";
        let wanted = format!(
            "\n# MARKDOWN ********************\n\n# # Title\n#\n# Text\n\n# PARAMETERS CELL \
             ********************\n\nmode = \"a\"\n{meta}\n# CELL ********************\n\nrun(mode)\n{meta}"
        );
        let (head, cells) = file.text.split_at(file.text.len() - wanted.len());
        assert_eq!(cells, wanted);
        assert!(head.starts_with("# Fabric notebook source\n\n# METADATA ********************\n\n# META {\n"));
        let json: String = head.lines().filter_map(|line| line.strip_prefix("# META ")).collect();
        let meta: serde_json::Value = serde_json::from_str(&json).unwrap_or_default();
        assert_eq!(meta["kernel_info"]["jupyter_kernel_name"], "python3.11");
        assert_eq!(meta["dependencies"]["lakehouse"]["default_lakehouse"], ids::LAKEHOUSE);
        assert_eq!(meta["dependencies"]["lakehouse"]["default_lakehouse_workspace_id"], ids::WORKSPACE);
    }
}
