//! Tolerance: how many of an entity's records may be rejected.

use super::extracted::Extracted;
use crate::error::{Error, Result};

/// The number of rejected records that is accepted whatever their share: a few in a short list are no reason to stop.
const ALWAYS_ALLOWED: u64 = 99;
/// The default share of an entity's records that may be rejected, in percent.
pub(crate) const MOST_PERCENT: f64 = 10.0;
/// Fails where too many records are rejected: rather the API or the specification changed than so many records.
///
/// # Errors
/// [`Error::Data`] with what to do.
pub(crate) fn check_share(extracted: &Extracted, most_percent: f64, read: u64) -> Result<()> {
    let rejected = extracted.quarantined.len() as u64;
    if rejected <= ALWAYS_ALLOWED || rejected as f64 * 100.0 <= read as f64 * most_percent {
        return Ok(());
    }
    let example =
        extracted.quarantined.first().map(|record| format!("{}: {}", record.path, record.reason)).unwrap_or_default();
    Err(Error::data(
        extracted.table.entity,
        format!(
            "{rejected} of {read} records do not fit, more than {most_percent} %, e.g. {example}; the table stays as it \
             was. If the rest is to be loaded all the same: --max-quarantined, or CW_MAX_QUARANTINED"
        ),
    ))
}
