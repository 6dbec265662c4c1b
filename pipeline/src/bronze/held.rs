//! Check that bronze holds what was fetched: it reads the table itself, after the commit.

use super::columns::DELETED_AT;
use super::load::Loaded;
use crate::check::Check;
use crate::error::Result;
use crate::extract::Extracted;
use crate::lake::{Lakehouse, OnTable as _, longs};
use datafusion::logical_expr::{ident, lit};
use futures::StreamExt as _;
use roaring::RoaringTreemap;

/// How many missing ids the check's detail names.
const SHOWN: usize = 5;

/// Checks that every record that was read and fits is a live row.
///
/// # Errors
/// [`crate::lake::Error::Table`] when the table can't be read.
pub(crate) async fn check_fetched(lake: &Lakehouse, extracted: &Extracted, loaded: &Loaded) -> Result<Check> {
    let entity = extracted.table;
    let read = extracted.ids.len();
    let name = format!("fetched/{}", entity.table);
    if loaded.version == loaded.changed_version {
        // Each record was compared with its row, and none had to be written.
        return Ok(Check::new(name, true, format!("{read} records read, and bronze had them")));
    }
    // A bit for each record: a list may have millions.
    let mut missing: RoaringTreemap = extracted.ids.ids().map(i64::cast_unsigned).collect();
    let ends = extracted.ids.ids().min().zip(extracted.ids.ids().max());
    if let (Some(table), Some((least, most))) = (lake.open("bronze", entity.table).await?, ends) {
        let live = ident(entity.key).between(lit(least), lit(most)).and(ident(DELETED_AT).is_null());
        let rows = table.frame()?.filter(live).on_table(&table, "reading")?;
        let mut rows = rows
            .select(vec![ident(entity.key)])
            .on_table(&table, "reading")?
            .execute_stream()
            .await
            .on_table(&table, "reading")?;
        while let Some(batch) = rows.next().await {
            for id in longs(&batch.on_table(&table, "reading")?, entity.key) {
                missing.remove(id.cast_unsigned());
            }
        }
    }
    let mut detail = format!("{read} records read, {} of them live in bronze", read as u64 - missing.len());
    if !missing.is_empty() {
        let shown: Vec<String> = missing.iter().take(SHOWN).map(|id| id.cast_signed().to_string()).collect();
        detail.push_str(&format!("; it lacks such as {} {}", entity.key, shown.join(", ")));
    }
    Ok(Check::new(name, missing.is_empty(), detail))
}
