//! The limit of what may be staged, as the environment says it.

use crate::error::{Error, Result};
use connectwise_client::settings::variable;

/// The bytes that may be staged, by `CW_STAGING_LIMIT_GB`; `None` where it says nothing.
///
/// # Errors
/// [`Error::Usage`] where it is no number of GiB.
pub(crate) fn staging_limit() -> Result<Option<u64>> {
    const NAME: &str = "CW_STAGING_LIMIT_GB";
    let Some(text) = variable(NAME)? else { return Ok(None) };
    bytes_of(&text).map(Some).ok_or_else(|| {
        Error::Usage(format!("{NAME} is {text:?}: expected a number of GiB that is more than 0, as 20, 0.5 or 10GB"))
    })
}

/// So many GiB in bytes.
fn bytes_of(text: &str) -> Option<u64> {
    let unit = text.find(|letter: char| letter.is_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit);
    if !matches!(unit.to_ascii_lowercase().as_str(), "" | "g" | "gb" | "gib") {
        return None;
    }
    let gibibytes: f64 = number.trim_end().parse().ok()?;
    let bytes = gibibytes * (1_u64 << 30) as f64;
    // More than there can be is as good as no limit: the conversion ends at the largest number.
    (bytes.is_finite() && bytes >= 1.0).then_some(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_of_gibibytes() {
        for (text, bytes) in
            [("20", 20 << 30), ("0.5", 1 << 29), ("10GB", 10 << 30), ("1.5 GiB", 3 << 29), ("2g", 2 << 30)]
        {
            assert_eq!(bytes_of(text), Some(bytes), "{text}");
        }
        assert_eq!(bytes_of("99999999999999"), Some(u64::MAX));
        for text in ["", "GB", "0", "-1", "10MB", "1TB", "ten", "1,5", "nan", "inf", "1e999", "5 0"] {
            assert_eq!(bytes_of(text), None, "{text}");
        }
    }
}
