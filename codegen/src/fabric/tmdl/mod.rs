//! The semantic model as a folder of TMDL, as Microsoft's own writer has it: tabs, a blank line between objects and at
//! the end of a file, names between quotes where they need them, formulas of several lines two tabs further in. An
//! import of the folder followed by an export changes nothing.
//!
//! Lines end with `\n`: so does what Git stores of a Fabric workspace, and what that writer gives on Linux. Power BI
//! Desktop on Windows reads both.

mod beside;
mod culture;
mod table;
mod text;

use crate::fabric::file::FabricFile;
use crate::fabric::list::{Replacement, Variants};
use crate::fabric::model::{ITEM, NAME, SemanticModel};
use crate::fabric::platform::platform;
use crate::fabric::tmdl::beside::Source;

/// The files of the item, and the examples beside it.
pub(super) fn files(model: &SemanticModel) -> Vec<FabricFile> {
    let definition = |path: &str, text: String| FabricFile::new(format!("{ITEM}/definition/{path}"), text);
    let mut files = vec![
        platform("SemanticModel", NAME),
        FabricFile::new(format!("{ITEM}/definition.pbism"), beside::PBISM),
        definition("database.tmdl", beside::DATABASE.to_owned()),
        definition("model.tmdl", beside::model(model)),
        definition("expressions.tmdl", beside::expressions(&Source::OneLake)),
        definition("relationships.tmdl", beside::relationships(model)),
        definition(CULTURE, culture::culture(model)),
    ];
    for table in &model.tables {
        files.push(definition(&table_path(&table.name), table::table(table)));
    }
    for perspective in &model.perspectives {
        let path = format!("perspectives/{}.tmdl", perspective.name);
        files.push(definition(&path, beside::perspective(model, perspective)));
    }
    for role in &model.roles {
        files.push(FabricFile::new(format!("{EXAMPLES}/{}.tmdl", role.name), beside::role(role)));
    }
    files
}

/// Where examples stand, that no deployment reads.
const EXAMPLES: &str = "examples";

/// The Icelandic captions, below the definition.
const CULTURE: &str = "cultures/is-IS.tmdl";

fn table_path(name: &str) -> String {
    format!("tables/{name}.tmdl")
}

/// What other variants of the model have in the place of its files' texts.
pub(super) fn variants(model: &SemanticModel) -> Variants {
    let definition = |path: &str| format!("{ITEM}/definition/{path}");
    let mut personal = Vec::new();
    for table in &model.tables {
        let columns: Vec<_> = table.columns.iter().filter(|column| column.is_personal).collect();
        if columns.is_empty() {
            continue;
        }
        let before = table::after_columns(table);
        let blocks: String = columns.iter().map(|column| table::column(table, column)).collect();
        personal.push(Replacement {
            path: definition(&table_path(&table.name)),
            to: format!("{blocks}{before}"),
            from: before,
        });
        let head = culture::head(table);
        let captions: String = columns.iter().map(|column| culture::column(column)).collect();
        personal.push(Replacement { path: definition(CULTURE), to: format!("{head}{captions}"), from: head });
    }
    Variants { personal, sql_expressions: beside::expressions(&Source::Sql) }
}
