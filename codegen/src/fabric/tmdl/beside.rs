//! The files beside the tables: the model itself, where it reads, relationships, perspectives, roles.

use std::fmt::Write as _;

use crate::fabric::ids::{LAKEHOUSE, SQL_ENDPOINT, SQL_ENDPOINT_ID, WORKSPACE, id};
use crate::fabric::model::{Perspective, Role, SemanticModel};
use crate::fabric::tmdl::text::{description, formula, name};

/// What the partitions read through.
pub(super) const EXPRESSION: &str = "DirectLake - ConnectWise";

/// `definition.pbism`.
pub(super) const PBISM: &str = r#"{
  "$schema": "https://developer.microsoft.com/json-schemas/fabric/item/semanticModel/definitionProperties/1.0.0/schema.json",
  "version": "4.2",
  "settings": {}
}"#;

/// `database.tmdl`. From level 1604 on a model reads OneLake directly.
pub(super) const DATABASE: &str = "database\n\tcompatibilityLevel: 1604\n\n";

/// `model.tmdl`. It has no collation: texts are compared without regard to case, as the measures' formulas want it.
pub(super) fn model(model: &SemanticModel) -> String {
    let mut out = String::from(
        "model Model\n\tculture: en-US\n\tdefaultPowerBIDataSourceVersion: powerBI_V3\n\tdiscourageImplicitMeasures\n\t\
         sourceQueryCulture: en-US\n\tdataAccessOptions\n\t\tlegacyRedirects\n\t\treturnErrorValuesAsNull\n\n",
    );
    let _ = writeln!(out, "annotation PBI_QueryOrder = [\"{EXPRESSION}\"]\n");
    out.push_str("annotation __PBI_TimeIntelligenceEnabled = 0\n\n");
    for table in &model.tables {
        let _ = writeln!(out, "ref table {}", name(&table.name));
    }
    out.push('\n');
    if !model.perspectives.is_empty() {
        for perspective in &model.perspectives {
            let _ = writeln!(out, "ref perspective {}", name(&perspective.name));
        }
        out.push('\n');
    }
    out.push_str("ref cultureInfo is-IS\n\n");
    out
}

/// Where a model reads.
pub(super) enum Source {
    /// The lakehouse's files.
    OneLake,
    /// Its SQL endpoint.
    Sql,
}

/// `expressions.tmdl`.
pub(super) fn expressions(source: &Source) -> String {
    let (step, call) = match source {
        Source::OneLake => (
            "Source",
            format!(
                "AzureStorage.DataLake(\"https://onelake.dfs.fabric.microsoft.com/{WORKSPACE}/{LAKEHOUSE}\", \
                 [HierarchicalNavigation=true])"
            ),
        ),
        Source::Sql => ("database", format!("Sql.Database(\"{SQL_ENDPOINT}\", \"{SQL_ENDPOINT_ID}\")")),
    };
    let mut out = String::new();
    let text = format!("let\n    {step} = {call}\nin\n    {step}");
    formula(&mut out, 0, &format!("expression {}", name(EXPRESSION)), &text);
    let _ = writeln!(out, "\tlineageTag: {}\n", id(&format!("expression/{EXPRESSION}")));
    out.push_str("\tannotation PBI_IncludeFutureArtifacts = False\n\n");
    out
}

/// `relationships.tmdl`.
pub(super) fn relationships(model: &SemanticModel) -> String {
    let mut out = String::new();
    for relationship in &model.relationships {
        let _ = writeln!(out, "relationship {}", id(&format!("relationship/{}", relationship.path)));
        if !relationship.is_active {
            out.push_str("\tisActive: false\n");
        }
        for (end, (table, column)) in [("fromColumn", &relationship.from), ("toColumn", &relationship.to)] {
            let _ = writeln!(out, "\t{end}: {}.{}", name(table), name(column));
        }
        out.push('\n');
    }
    out
}

/// `perspectives/<name>.tmdl`: the tables' visible columns and hierarchies, and the measures of the folders.
pub(super) fn perspective(model: &SemanticModel, perspective: &Perspective) -> String {
    let mut out = String::new();
    description(&mut out, 0, &perspective.description);
    let _ = writeln!(out, "perspective {}\n", name(&perspective.name));
    for table in &model.tables {
        let is_listed = perspective.tables.contains(&table.name);
        let measures = table.measures.iter().filter(|measure| perspective.folders.contains(&measure.folder));
        let measures: Vec<_> = measures.map(|measure| ("Measure", &measure.name)).collect();
        if !is_listed && measures.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\tperspectiveTable {}\n", name(&table.name));
        let columns = table.columns.iter().filter(|column| is_listed && !column.is_hidden && !column.is_personal);
        let columns = columns.map(|column| ("Column", &column.name));
        let hierarchies = table.hierarchies.iter().filter(|_| is_listed);
        let hierarchies = hierarchies.map(|hierarchy| ("Hierarchy", &hierarchy.name));
        for (kind, of) in measures.into_iter().chain(columns).chain(hierarchies) {
            let _ = writeln!(out, "\t\tperspective{kind} {}\n", name(of));
        }
    }
    out
}

/// The file of a role.
pub(super) fn role(role: &Role) -> String {
    let mut out = String::new();
    description(&mut out, 0, &role.description);
    let _ = writeln!(out, "role {}\n\tmodelPermission: read\n", name(&role.name));
    formula(&mut out, 1, &format!("tablePermission {}", name(&role.table)), &role.dax);
    out.push('\n');
    out
}
