//! Lineage: from a gold column back to the API.

use crate::page::{Page, Section};
use crate::texts::{Texts, fill};
use connectwise_generated::lineage::{ColumnLineage, SILVER, SilverOrigin, TABLES, TableLineage};
use maud::{Markup, html};

/// Makes the section.
pub(super) fn section(page: &Page<'_>) -> Section {
    let t = page.t;
    // Facts first: what people ask about stands there.
    let (mut sorted, dimensions): (Vec<&TableLineage>, Vec<&TableLineage>) =
        TABLES.iter().partition(|table| table.table.starts_with("fact_"));
    sorted.extend(dimensions);
    let columns: usize = TABLES.iter().map(|table| table.columns.len()).sum();
    let verdict = fill(
        t.lineage_verdict,
        &[("columns", &page.language.count(columns)), ("tables", &page.language.count(TABLES.len()))],
    );
    let body = html! {
        p.note { (t.lineage_note) }
        div #find data-find=(t.lineage_find) {}
        @for table in sorted {
            details.table id={"t-" (table.table)} {
                summary { code { "gold." (table.table) } " " small lang="en" { (table.description) } }
                @for column in table.columns { (column_of(t, table.table, column)) }
            }
        }
    };
    Section { id: "lineage", tab: t.lineage_tab, title: t.lineage_title, verdict: ("", verdict), body }
}

fn column_of(t: &Texts, table: &str, column: &ColumnLineage) -> Markup {
    html! {
        details.column id={(table) "." (column.column)} {
            summary { code { (column.column) } }
            p lang="en" { (column.description) }
            @if column.sources.is_empty() { p.note { (t.lineage_none) } } @else {
                div.scroll { table.lineage {
                    thead { tr { th { (t.silver) } th { (t.bronze) } th { (t.api) } } }
                    tbody { @for source in column.sources { tr {
                        td { code { (source) } }
                        @match origin(source) {
                            Some(origin) => {
                                td { code { (origin.bronze) "." (origin.path) } }
                                td { @match origin.property {
                                    Some(property) => { code { (origin.endpoint) } " " code { (property) } },
                                    None => (t.set_by_run),
                                } }
                            },
                            None => { td {} td {} },
                        }
                    } } }
                } }
            }
        }
    }
}

fn origin(name: &str) -> Option<&'static SilverOrigin> {
    SILVER.binary_search_by_key(&name, |origin| origin.name).ok().and_then(|place| SILVER.get(place))
}
