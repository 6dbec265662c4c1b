//! `cultures/is-IS.tmdl`: the Icelandic captions. English ones are the names themselves.

use std::fmt::Write as _;

use crate::fabric::model::{Column, SemanticModel, Table};
use crate::fabric::tmdl::text::{name, value};

/// The file. Microsoft's writer puts no blank lines between captions.
pub(super) fn culture(model: &SemanticModel) -> String {
    let mut out = String::from("cultureInfo is-IS\n\ttranslations\n\t\tmodel Model\n");
    for table in &model.tables {
        out.push_str(&head(table));
        for measure in &table.measures {
            let _ = writeln!(out, "\t\t\t\tmeasure {}", name(&measure.name));
            let _ = writeln!(out, "\t\t\t\t\tcaption: {}", value(&measure.icelandic));
            if let Some(folder) = model.folder(&measure.folder) {
                let _ = writeln!(out, "\t\t\t\t\tdisplayFolder: {}", value(folder));
            }
        }
        for hierarchy in &table.hierarchies {
            let _ = writeln!(out, "\t\t\t\thierarchy {}", name(&hierarchy.name));
            let _ = writeln!(out, "\t\t\t\t\tcaption: {}", value(&hierarchy.icelandic));
            for level in &hierarchy.levels {
                let column = table.columns.iter().find(|column| column.name == *level);
                if let Some(caption) = column.and_then(|column| column.icelandic.as_ref()) {
                    let _ = writeln!(out, "\t\t\t\t\tlevel {}", name(level));
                    let _ = writeln!(out, "\t\t\t\t\t\tcaption: {}", value(caption));
                }
            }
        }
    }
    out.push('\n');
    out
}

/// The lines that a table's captions begin with: its own, and those of its columns but for personal ones.
pub(super) fn head(table: &Table) -> String {
    let own = format!("\t\t\ttable {}\n\t\t\t\tcaption: {}\n", name(&table.name), value(&table.icelandic));
    let columns = table.columns.iter().filter(|column| !column.is_personal).map(column);
    [own].into_iter().chain(columns).collect()
}

/// The lines of a column; none where it has no caption.
pub(super) fn column(column: &Column) -> String {
    match &column.icelandic {
        Some(caption) => {
            format!("\t\t\t\tcolumn {}\n\t\t\t\t\tcaption: {}\n", name(&column.name), value(caption))
        }
        None => String::new(),
    }
}
