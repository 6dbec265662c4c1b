//! Checks that the tables which a statement reads exist.

use crate::bronze::quarantine::TABLE as QUARANTINE;
use crate::error::{Error, Result};
use crate::lake::Lakehouse;
use crate::lake::session::named_tables;
use datafusion::prelude::SessionContext;

/// Refuses a statement over a table that this tool writes and the session lacks; `when` says as of when it lacks it.
///
/// # Errors
/// [`crate::lake::Error::Lakehouse`] that says what builds it.
pub(crate) fn require_tables(lake: &Lakehouse, context: &SessionContext, sql: &str, when: &str) -> Result<()> {
    // Invalid SQL is reported when it is planned.
    let named = named_tables(context, sql).unwrap_or_default();
    let schema = |layer: &str| context.catalog(lake.warehouse().catalog).and_then(|catalog| catalog.schema(layer));
    let missing = named.iter().find(|(layer, name)| {
        let is_known = || lake.warehouse().table(layer, name).is_some();
        schema(layer).is_some_and(|schema| !schema.table_exist(name)) && is_known()
    });
    let Some((layer, name)) = missing else { return Ok(()) };
    let has_others = schema(layer).is_some_and(|schema| schema.table_names().iter().any(|n| n != QUARANTINE));
    let why = if has_others { format!("no run had written it{when}") } else { format!("{layer} was not built{when}") };
    Err(Error::from(lake.unusable(format!(
        "{layer}.{name} is not there: {why}. `connectwise-etl run`, of all layers and entities, builds it"
    ))))
}
