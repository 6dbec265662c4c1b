//! Log stores of the schemes that a lakehouse may have; local tables are read in folders of any name.
//!
//! Delta's log reader treats the paths that it lists as parts of URLs and decodes them: for a folder `p%20q` it would
//! read `p q`.
//!
//! Invariant: where a folder's name contains characters with a special meaning in URLs, listed paths must be encoded,
//! so that they are decoded exactly once.

use async_trait::async_trait;
use deltalake::logstore::object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, RenameOptions, Result,
};
use deltalake::logstore::{
    LogStore, LogStoreFactory, ObjectStoreRef, StorageConfig, default_logstore, logstore_factories,
};
use deltalake::{DeltaResult, Path};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use std::ops::Range;
use std::sync::{Arc, Once};
use url::Url;

/// Characters that a listed path can't contain, and their encodings.
const ENCODED: [(char, &str); 2] = [('%', "%25"), ('\\', "%5C")];

/// Schemes of local folders and of Azure's storage.
const SCHEMES: [&str; 6] = ["file", "az", "adl", "azure", "abfs", "abfss"];

/// Registers the log store of each scheme, so that local tables are read by the literal names of their folders.
pub(super) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for scheme in SCHEMES.iter().filter_map(|scheme| Url::parse(&format!("{scheme}://")).ok()) {
            logstore_factories().insert(scheme, Arc::new(Logs));
        }
    });
}

struct Logs;

impl LogStoreFactory for Logs {
    fn with_options(
        &self,
        prefixed: ObjectStoreRef,
        root: ObjectStoreRef,
        location: &Url,
        options: &StorageConfig,
    ) -> DeltaResult<Arc<dyn LogStore>> {
        // Only the root's paths become URLs; those below the table are names that Delta made.
        let is_odd = location.scheme() == "file" && ENCODED.iter().any(|(_, code)| location.path().contains(code));
        let root = if is_odd { Arc::new(Encoded(root)) } else { root };
        Ok(default_logstore(prefixed, root, location, options))
    }
}

/// Object store that lists its files by encoded paths.
#[derive(Debug)]
struct Encoded(ObjectStoreRef);

impl std::fmt::Display for Encoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, listed encoded", self.0)
    }
}

fn encode(meta: ObjectMeta) -> Result<ObjectMeta> {
    let mut path = String::new();
    for letter in meta.location.as_ref().chars() {
        match ENCODED.iter().find(|(odd, _)| *odd == letter) {
            Some((_, code)) => path.push_str(code),
            None => path.push(letter),
        }
    }
    Ok(ObjectMeta { location: Path::parse(path)?, ..meta })
}

#[async_trait]
impl ObjectStore for Encoded {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.0.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.0.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.0.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<bytes::Bytes>> {
        self.0.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.0.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.0.list(prefix).map(|meta| encode(meta?)).boxed()
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.0.list_with_offset(prefix, offset).map(|meta| encode(meta?)).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.0.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.0.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.0.rename_opts(from, to, options).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ODD_NAMES, filled, lake_at, merge, rows};
    use super::super::{FileSizing, MaintenanceOptions, TableDef, Then, at_time, maintain};

    #[tokio::test]
    async fn a_table_lies_in_a_folder_of_any_name_and_nowhere_else() {
        for name in ODD_NAMES {
            let folder = tempfile::tempdir().unwrap();
            let place = folder.path().join(name);
            let lake = lake_at(&place).with_least_rows(5);
            let mut table = filled(&lake, rows(0..30, "a")).await;
            merge(&lake, &mut table, rows([3, 40], "b"), false).await;
            let again = lake_at(&place);
            let opened = again.open("silver", "cw_test").await.unwrap().unwrap();
            assert_eq!(opened.frame().unwrap().count().await.unwrap(), 31, "{name}");
            assert_eq!(opened.version(), 2, "{name}");
            let then = at_time(&again, "silver", "cw_test", chrono::Utc::now()).await.unwrap();
            assert!(matches!(then, Then::Was(table) if table.version() == 2), "{name}");
            let known = TableDef {
                layer: "silver",
                name: "cw_test",
                schema: super::super::testing::schema(),
                key: vec!["id"],
                sizing: FileSizing::WIDE,
                optional: false,
            };
            let options = MaintenanceOptions { retention_hours: 0, dry_run: false };
            let done = maintain(&again, &known, options).await.unwrap();
            assert_eq!((done.error, done.compacted, done.vacuumed > 0), (None, true, true), "{name}");
            let opened = again.open("silver", "cw_test").await.unwrap().unwrap();
            assert_eq!(opened.frame().unwrap().count().await.unwrap(), 31, "{name}");
            let beside: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
            assert_eq!(beside, [name], "a folder that was meant otherwise");
        }
    }
}
