//! Disk quota: limits the bytes that are staged at a time.

use super::error::{Error, Result};
use std::sync::atomic::{AtomicU64, Ordering};

/// Quota of bytes on local disk.
#[derive(Debug)]
pub(super) struct DiskQuota {
    limit: u64,
    used: AtomicU64,
}

impl DiskQuota {
    /// Creates a quota of which `used` bytes are taken already.
    pub(super) fn new(limit: u64, used: u64) -> Self {
        Self { limit, used: AtomicU64::new(used) }
    }

    /// Takes bytes from the quota.
    ///
    /// # Errors
    /// [`Error::Io`] when the limit is exceeded.
    pub(super) fn take(&self, bytes: u64) -> Result<()> {
        let used = self.used.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if used <= self.limit {
            return Ok(());
        }
        let text = format!(
            "staging holds more than {} GiB; narrow the run with --entities, or set CW_STAGING_LIMIT_GB to more",
            self.limit as f64 / (1_u64 << 30) as f64
        );
        Err(Error::io("staging what was read", std::io::Error::other(text)))
    }

    /// Returns bytes to the quota.
    pub(super) fn free(&self, bytes: u64) {
        self.used.fetch_sub(bytes.min(self.used.load(Ordering::Relaxed)), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_limit_is_refused() {
        let quota = DiskQuota::new(10, 0);
        quota.take(6).unwrap();
        assert!(quota.take(6).unwrap_err().to_string().contains("CW_STAGING_LIMIT_GB"));
        quota.free(12);
        quota.take(9).unwrap();
        assert!(DiskQuota::new(10, 9).take(2).is_err(), "what is there already counts");
    }
}
