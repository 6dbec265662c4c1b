//! Listing of a lakehouse: the objects of all logs, and the sizes of data files.

use deltalake::Path;
use deltalake::logstore::object_store::{ObjectMeta, ObjectStore, Result};
use futures::TryStreamExt as _;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

/// Folder of a table's log.
const LOG: &str = "_delta_log";
/// Age at which a listing is made anew: what other programs commit is seen by then.
const LIFETIME: Duration = Duration::from_secs(20);

/// Whether a path is that of an object of a log.
pub(super) fn is_log(path: &Path) -> bool {
    path.as_ref().split('/').any(|part| part == LOG)
}

/// Entity tag of an object, in the one form that answers and listings have in common.
pub(super) fn tag(meta: &ObjectMeta) -> Option<&str> {
    meta.e_tag.as_deref().map(|tag| tag.trim_matches('"')).filter(|tag| !tag.is_empty())
}

/// What this process did to an object.
#[derive(Debug)]
pub(super) enum Change {
    Written(ObjectMeta),
    Deleted(Path),
}

/// Objects below a folder at a moment, kept up with what this process writes.
#[derive(Debug)]
pub(super) struct Listing {
    logs: BTreeMap<Path, ObjectMeta>,
    sizes: HashMap<Path, u64>,
    top: BTreeSet<Path>,
    saved: Option<ObjectMeta>,
    made: Instant,
}

impl Listing {
    /// Lists everything below a folder, by a request for each 5,000 objects.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn of(store: &dyn ObjectStore, root: &Path, saved: &Path) -> Result<Self> {
        let (logs, sizes, top) = (BTreeMap::new(), HashMap::new(), BTreeSet::new());
        let mut listing = Self { logs, sizes, top, saved: None, made: Instant::now() };
        let mut objects = store.list(Some(root));
        while let Some(meta) = objects.try_next().await? {
            if let Some(mut below) = meta.location.prefix_match(root)
                && let (Some(first), Some(_)) = (below.next(), below.next())
            {
                listing.top.insert(root.clone().join(first));
            }
            if meta.location == *saved {
                listing.saved = Some(meta);
            } else {
                listing.insert(meta);
            }
        }
        Ok(listing)
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.made.elapsed() < LIFETIME
    }

    /// Takes in what this process did since the listing began.
    pub(super) fn apply(&mut self, change: &Change) {
        match change {
            Change::Written(meta) => self.insert(meta.clone()),
            Change::Deleted(path) => {
                self.logs.remove(path);
                self.sizes.remove(path);
            }
        }
    }

    fn insert(&mut self, meta: ObjectMeta) {
        if is_log(&meta.location) {
            self.logs.insert(meta.location.clone(), meta);
        } else {
            self.sizes.insert(meta.location, meta.size);
        }
    }

    /// Object of a log.
    pub(super) fn log(&self, path: &Path) -> Option<&ObjectMeta> {
        self.logs.get(path)
    }

    /// Size of a data file.
    pub(super) fn size(&self, path: &Path) -> Option<u64> {
        self.sizes.get(path).copied()
    }

    /// Object with the saved logs.
    pub(super) fn saved(&self) -> Option<&ObjectMeta> {
        self.saved.as_ref()
    }

    /// Folders right below the root that hold objects.
    pub(super) fn top(&self) -> impl Iterator<Item = &Path> {
        self.top.iter()
    }

    /// Objects of logs below a folder, after a path where one is given, in the order of their paths.
    pub(super) fn logs_below(&self, folder: &Path, after: Option<&Path>) -> Vec<ObjectMeta> {
        let from = self.logs.range(folder.clone()..);
        let below = from.take_while(|(path, _)| path.as_ref().starts_with(folder.as_ref()));
        let within = below.filter(|(path, _)| path.prefix_match(folder).is_some_and(|mut rest| rest.next().is_some()));
        within.filter(|(path, _)| after.is_none_or(|after| *path > after)).map(|(_, meta)| meta.clone()).collect()
    }

    /// Objects that a reader of the newest versions needs: of each log, from its newest checkpoint on.
    pub(super) fn needed(&self) -> Vec<&ObjectMeta> {
        let folder = |path: &Path| path.as_ref().rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let version = |path: &Path| path.filename()?.get(..20)?.parse::<u64>().ok();
        let mut checkpoints: HashMap<Option<String>, u64> = HashMap::new();
        for path in self.logs.keys() {
            if let Some(version) = version(path)
                && path.filename().is_some_and(|name| name.contains(".checkpoint"))
            {
                let newest = checkpoints.entry(folder(path)).or_default();
                *newest = version.max(*newest);
            }
        }
        let is_needed = |path: &Path| match (version(path), checkpoints.get(&folder(path))) {
            (Some(version), Some(newest)) => version >= *newest,
            _ => true,
        };
        self.logs.iter().filter(|(path, _)| is_needed(path)).map(|(_, meta)| meta).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deltalake::logstore::object_store::ObjectStoreExt as _;
    use deltalake::logstore::object_store::memory::InMemory;

    async fn listing(paths: &[&str]) -> Listing {
        let store = InMemory::new();
        for path in paths {
            store.put(&Path::from(*path), "x".into()).await.unwrap();
        }
        Listing::of(&store, &Path::from("lake/Tables"), &Path::from("lake/Tables/meta/saved")).await.unwrap()
    }

    fn names(metas: impl IntoIterator<Item = ObjectMeta>) -> Vec<String> {
        metas.into_iter().map(|meta| meta.location.filename().unwrap().to_owned()).collect()
    }

    #[tokio::test]
    async fn logs_are_listed_in_order_and_no_other_table_s() {
        let listing = listing(&[
            "lake/Tables/gold/a/_delta_log/00000000000000000001.json",
            "lake/Tables/gold/a/_delta_log/00000000000000000000.json",
            "lake/Tables/gold/a/part.parquet",
            "lake/Tables/gold/ab/_delta_log/00000000000000000007.json",
            "lake/Tables/meta/saved",
            "lake/Other/gold/a/_delta_log/00000000000000000009.json",
        ])
        .await;
        let log = Path::from("lake/Tables/gold/a/_delta_log");
        let all = names(listing.logs_below(&log, None));
        assert_eq!(all, ["00000000000000000000.json", "00000000000000000001.json"]);
        let after = log.clone().join("00000000000000000000.json");
        assert_eq!(names(listing.logs_below(&log, Some(&after))), ["00000000000000000001.json"]);
        assert_eq!(listing.size(&Path::from("lake/Tables/gold/a/part.parquet")), Some(1));
        assert!(listing.saved().is_some());
        assert_eq!(
            listing.top().map(ToString::to_string).collect::<Vec<_>>(),
            ["lake/Tables/gold", "lake/Tables/meta"]
        );
    }

    #[tokio::test]
    async fn what_lies_before_a_checkpoint_is_not_needed() {
        let listing = listing(&[
            "lake/Tables/gold/a/_delta_log/00000000000000000009.json",
            "lake/Tables/gold/a/_delta_log/00000000000000000010.checkpoint.parquet",
            "lake/Tables/gold/a/_delta_log/00000000000000000010.json",
            "lake/Tables/gold/a/_delta_log/00000000000000000011.json",
            "lake/Tables/gold/a/_delta_log/_last_checkpoint",
            "lake/Tables/gold/b/_delta_log/00000000000000000000.json",
        ])
        .await;
        assert_eq!(
            names(listing.needed().into_iter().cloned()),
            [
                "00000000000000000010.checkpoint.parquet",
                "00000000000000000010.json",
                "00000000000000000011.json",
                "_last_checkpoint",
                "00000000000000000000.json"
            ]
        );
    }
}
