//! Checks that tables can be committed to a folder.

use super::Lakehouse;
use super::error::Result;
use super::storage::Storage;
use chrono::{DateTime, Utc};
use std::path::Path;

impl Lakehouse {
    /// Checks that the location can be written, before anything is fetched, and returns the time by its clock.
    ///
    /// Object storage is not tested here: taking the lock shows whether it can be written.
    ///
    /// # Errors
    /// [`super::Error::Lakehouse`] with the system's message.
    pub async fn check_writable(&self) -> Result<DateTime<Utc>> {
        let unusable = |reason: String| self.unusable(reason);
        if let Ok(path) = self.root().to_file_path() {
            std::fs::create_dir_all(&path).map_err(|error| {
                unusable(format!(
                    "the folder can't be created ({error}); choose another with --lakehouse or CW_LAKEHOUSE"
                ))
            })?;
            return try_out(&path, |from, to| std::fs::hard_link(from, to)).map_err(unusable);
        }
        Ok(self.storage().map_or_else(Utc::now, Storage::now))
    }
}

/// Writes a small file and hard-links it, which is how a commit is made that no other can overwrite. Returns the file's
/// time.
fn try_out(
    folder: &Path,
    link: impl Fn(&Path, &Path) -> std::io::Result<()>,
) -> std::result::Result<DateTime<Utc>, String> {
    let probe = folder.join(format!(".write-test-{}", uuid::Uuid::new_v4().simple()));
    let second = probe.with_extension("second");
    std::fs::write(&probe, b"").map_err(|error| {
        format!("it can't be written ({error}); check its rights, or choose another with --lakehouse")
    })?;
    let written = std::fs::metadata(&probe).and_then(|probe| probe.modified()).map_or_else(|_| Utc::now(), Into::into);
    let linked = link(&probe, &second);
    let removed = std::fs::remove_file(&probe);
    if linked.is_ok() {
        let _ = std::fs::remove_file(&second);
    }
    linked.map_err(|error| {
        format!(
            "it lies on storage without hard links ({error}), by which a commit is made that no other can overwrite, as \
             mounted storage often does. Use its address in place of the folder: \
             abfss://<workspace>@onelake.dfs.fabric.microsoft.com/<item>.Lakehouse/Tables, or az://<container>/<path>; \
             or a folder on a local disk"
        )
    })?;
    removed.map_err(|error| format!("files in it can't be deleted ({error}); check its rights"))?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::try_out;
    use std::io::{Error, ErrorKind};

    #[test]
    fn storage_without_hard_links_is_told_and_nothing_stays() {
        let folder = tempfile::tempdir().unwrap();
        try_out(folder.path(), |from, to| std::fs::hard_link(from, to)).unwrap();
        for kind in [ErrorKind::PermissionDenied, ErrorKind::Unsupported, ErrorKind::Other] {
            let told = try_out(folder.path(), |_, _| Err(Error::new(kind, "no links here"))).unwrap_err();
            for word in ["without hard links", "no links here", "abfss://", "mounted storage"] {
                assert!(told.contains(word), "{word}: {told}");
            }
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(try_out(&folder.path().join("none"), |_, _| Ok(())).unwrap_err().contains("can't be written"));
    }
}
