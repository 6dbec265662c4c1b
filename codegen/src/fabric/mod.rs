//! Fabric: the folder that one command deploys to a workspace, as it is checked in under `generated/fabric`.
//!
//! Each part of it makes [`FabricFile`]s; [`emit`] puts them below [`FOLDER`] and lists them in
//! `generated/src/fabric.rs`, so that the binary carries them.

mod file;
pub mod ids;
mod items;
mod list;
pub mod model;
pub mod names;
mod notebook;
mod platform;
pub(crate) mod report;
mod transform;

pub use file::{FOLDER, FabricFile};
pub use platform::platform;

use crate::files::GeneratedFiles;
use crate::inputs::Inputs;
use crate::report::Problems;

/// Adds the folder's files, and the list of them; nothing where there are none.
pub(crate) fn emit(inputs: &Inputs, files: &mut GeneratedFiles, problems: &mut Problems) {
    let Some(pages) = inputs.files.get(report::FILE) else { return };
    let Some(gold) = crate::gold::load::model(inputs) else { return };
    let mut made = items::files(inputs, &zone(&gold), files, problems);
    let model = stand_in(&gold);
    made.extend(report::files(pages, &model, problems));
    for (kind, name) in [
        ("Lakehouse", "ConnectWise"),
        ("Report", "ConnectWise"),
        ("Notebook", "Nightly"),
        ("Notebook", "Transform"),
        ("DataPipeline", "Nightly"),
    ] {
        made.push(platform(kind, name));
    }
    list::emit(made, files);
}

/// The reporting time zone.
fn zone(gold: &crate::gold::load::Model) -> String {
    let settings = gold.dimensions.iter().flat_map(|dimension| &dimension.settings);
    settings.filter(|(name, _)| name == "timeZone").map(|(_, zone)| zone.clone()).next().unwrap_or("UTC".to_owned())
}

/// STAND-IN.
fn stand_in(gold: &crate::gold::load::Model) -> model::SemanticModel {
    let mut made = model::SemanticModel::default();
    for table in gold.tables() {
        let mut columns: Vec<model::Column> = Vec::new();
        let mut names: Vec<String> = table.columns().iter().map(|c| c.name.clone()).collect();
        if table.name() == "dimcalendar" {
            names = gold
                .dimensions
                .iter()
                .find(|d| d.table == "dimdate")
                .map(|d| d.columns.iter().map(|c| c.name.clone()).collect())
                .unwrap_or_default();
        }
        names.push("isInferred".to_owned());
        for name in names {
            columns.push(model::Column {
                name: names::column(&name),
                gold: name,
                at: crate::report::At::default(),
                icelandic: None,
                description: String::new(),
                data_type: crate::gold::model::Type::Text,
                format: None,
                is_hidden: false,
                is_date: false,
                sort_by: None,
                is_used: false,
                is_personal: false,
            });
        }
        made.tables.push(model::Table {
            gold: table.name().to_owned(),
            name: table.name().to_owned(),
            icelandic: String::new(),
            description: String::new(),
            is_calendar: false,
            measures: Vec::new(),
            columns,
            hierarchies: Vec::new(),
        });
    }
    if let Some(table) = made.tables.iter_mut().find(|t| t.gold == "fact_timeentry") {
        table.measures = MEASURES
            .lines()
            .map(|n| model::Measure {
                name: n.to_owned(),
                icelandic: String::new(),
                description: String::new(),
                folder: String::new(),
                format: String::new(),
                dax: String::new(),
            })
            .collect();
    }
    made
}
const MEASURES: &str = "Actual Hours\nBillable Hours\nInvoiced Hours\nPrepaid Hours\nInternal Hours\nNo-Charge Hours\nUnclassified Hours\nTime Entries\nCapacity Hours\nUtilized Hours\nUtilization\nInvoiced Revenue\nAgreement Revenue\nTime and Materials Revenue\nInvoiced Work\nPotential Revenue\nRealization\nLabour Cost\nDirect Cost\nMargin\nMargin Percentage\nAddition Revenue\nAddition Cost\nAgreement Hours\nAgreement Direct Cost\nAgreement Profit\nEffective Hourly Rate\nMRR\nPrepaid Hours Remaining\nPrepaid Hours Used\nUnbilled Hours\nUnbilled Amount\nUnbilled Hour-Days\nUnbilled Age\nLeakage\nWritten-Off Work\nReceivables\nOverdue\nOverdue 1-30 Days\nOverdue 31-60 Days\nOverdue 61-90 Days\nOverdue over 90 Days\nInvoiced Revenue YTD\nInvoiced Revenue Last Year\nInvoiced Revenue Rolling 12 Months\nBillable Hours YTD\nBillable Hours Last Year\nBillable Hours Rolling 12 Months";
