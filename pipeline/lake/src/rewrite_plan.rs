//! Plans which files a change rewrites, in groups of neighbouring keys.
//!
//! Invariant: the groups must be ranges of the key that never overlap; each changed key must be in exactly one of them,
//! and each rewritten file in one with its whole range. So a table that is clustered by its key stays so, and about one
//! file has to be sorted at a time.

use super::KeySet;
use super::file_sizing::FileSizing;
use super::files::DataFile;
use datafusion::logical_expr::{Expr, lit};

/// Key range with the files in it that are rewritten.
pub(super) struct RewriteGroup {
    /// The files: none where new rows fall between full ones.
    pub(super) files: Vec<DataFile>,
    /// Number of changed keys in it, by the key's first column.
    pub(super) keys: usize,
    /// Inclusive lower bound; unbounded where absent.
    from: Option<Key>,
    /// Exclusive upper bound, where the next range begins; unbounded where absent.
    to: Option<Key>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    Id(i64),
    Text(String),
}

impl Key {
    fn lit(&self) -> Expr {
        match self {
            Key::Id(id) => lit(*id),
            Key::Text(text) => lit(text.as_str()),
        }
    }
}

impl RewriteGroup {
    /// Predicate that is true where a key is in the group; `None` where every key is.
    pub(super) fn holds(&self, column: &Expr) -> Option<Expr> {
        let from = self.from.as_ref().map(|from| column.clone().gt_eq(from.lit()));
        let to = self.to.as_ref().map(|to| column.clone().lt(to.lit()));
        from.into_iter().chain(to).reduce(Expr::and)
    }
}

/// Plans the groups that changed rows with these keys rewrite.
pub(super) fn rewrite_plan(files: Vec<DataFile>, column: &str, keys: KeySet, sizing: FileSizing) -> Vec<RewriteGroup> {
    let full = sizing.rows_of_a_file(files.iter().filter_map(DataFile::rows).sum());
    match keys {
        KeySet::Ids(ids) => {
            let mut ids: Vec<i64> = ids.into_iter().collect();
            ids.sort_unstable();
            plan(files, |file| file.ids(column), &ids, full, Key::Id)
        }
        KeySet::Texts(texts) => {
            let mut texts: Vec<String> = texts.into_iter().collect();
            texts.sort_unstable();
            plan(files, |file| file.texts(column), &texts, full, Key::Text)
        }
    }
}

/// Files whose ranges overlap, and the range of all of them.
struct OverlappingFiles<T> {
    least: T,
    most: T,
    files: Vec<(T, T, DataFile)>,
}

fn plan<T: Ord + Clone>(
    files: Vec<DataFile>,
    range: impl Fn(&DataFile) -> Option<(T, T)>,
    keys: &[T],
    full: u64,
    key: impl Fn(T) -> Key,
) -> Vec<RewriteGroup> {
    if keys.is_empty() {
        return Vec::new();
    }
    let mut ranged = Vec::new();
    let mut unknown = Vec::new();
    for file in files {
        match range(&file) {
            Some((least, most)) => ranged.push((least, most, file)),
            None => unknown.push(file),
        }
    }
    if !unknown.is_empty() || ranged.is_empty() {
        // A file without statistics may hold any key: one group.
        let hit = ranged.into_iter().filter(|(least, most, _)| count_within(keys, least, most) > 0);
        let files = hit.map(|(.., file)| file).chain(unknown).collect();
        return vec![RewriteGroup { files, keys: keys.len(), from: None, to: None }];
    }
    let clusters = overlapping(ranged);
    let ends: Vec<T> = clusters.iter().skip(1).map(|cluster| cluster.least.clone()).collect();
    let last = ends.len();
    let mut groups: Vec<RewriteGroup> = Vec::new();
    let mut before: Option<usize> = None;
    for (place, cluster) in clusters.into_iter().enumerate() {
        // The first cluster's range is open below, and each ends where the next begins.
        let first = if place == 0 { 0 } else { keys.partition_point(|key| key < &ends[place - 1]) };
        let end = if place == last { keys.len() } else { keys.partition_point(|key| key < &ends[place]) };
        if first >= end {
            continue;
        }
        let group = RewriteGroup {
            files: touched(cluster, &keys[first..end], full),
            keys: end - first,
            from: (place > 0).then(|| key(ends[place - 1].clone())),
            to: (place < last).then(|| key(ends[place].clone())),
        };
        let rows = |group: &RewriteGroup| group.files.iter().filter_map(DataFile::rows).sum::<u64>();
        match groups.last_mut().filter(|_| before.is_some_and(|before| before + 1 == place)) {
            // Two neighbours that fit into one file become one group.
            Some(neighbour) if !group.files.is_empty() && rows(neighbour) + rows(&group) <= full => {
                neighbour.files.extend(group.files);
                neighbour.keys += group.keys;
                neighbour.to = group.to;
            }
            _ => groups.push(group),
        }
        before = Some(place);
    }
    groups
}

/// Picks the files that may hold one of the keys.
///
/// Where a key lies outside their range, the file that ends last grows, too, unless it is full: so each night's new
/// rows do not leave a small file.
fn touched<T: Ord + Clone>(cluster: OverlappingFiles<T>, keys: &[T], full: u64) -> Vec<DataFile> {
    let all_known = keys.iter().all(|key| *key >= cluster.least && *key <= cluster.most);
    let last =
        cluster.files.iter().enumerate().max_by(|(_, left), (_, right)| left.1.cmp(&right.1)).map(|(place, _)| place);
    let grows = |place: usize, file: &DataFile| {
        !all_known && Some(place) == last && file.rows().is_some_and(|rows| rows < full)
    };
    let files = cluster.files.into_iter().enumerate();
    files
        .filter(|(place, (least, most, file))| count_within(keys, least, most) > 0 || grows(*place, file))
        .map(|(_, (.., file))| file)
        .collect()
}

fn overlapping<T: Ord + Clone>(mut files: Vec<(T, T, DataFile)>) -> Vec<OverlappingFiles<T>> {
    files.sort_by(|left, right| (&left.0, &left.1).cmp(&(&right.0, &right.1)));
    let mut clusters: Vec<OverlappingFiles<T>> = Vec::new();
    for (least, most, file) in files {
        match clusters.last_mut() {
            Some(cluster) if cluster.most >= least => {
                cluster.most = cluster.most.clone().max(most.clone());
                cluster.files.push((least, most, file));
            }
            _ => clusters.push(OverlappingFiles {
                least: least.clone(),
                most: most.clone(),
                files: vec![(least, most, file)],
            }),
        }
    }
    clusters
}

fn count_within<T: Ord>(sorted: &[T], least: &T, most: &T) -> usize {
    sorted.partition_point(|key| key <= most) - sorted.partition_point(|key| key < least)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{filled, lake, merge, ranges, rows};
    use super::*;
    use crate::Table;
    use arrow::array::{ArrayRef, RecordBatch, StringArray};
    use arrow::datatypes::{DataType, Field, Schema};
    use std::sync::Arc;

    fn sizing() -> FileSizing {
        FileSizing::WIDE.with_least(10)
    }

    /// The first keys of the files of each group, and its range.
    fn shown(groups: &[RewriteGroup], column: &str) -> Vec<String> {
        let end = |key: &Option<Key>| match key {
            None => String::new(),
            Some(Key::Id(id)) => id.to_string(),
            Some(Key::Text(text)) => text.clone(),
        };
        let of = |group: &RewriteGroup| {
            let mut files: Vec<String> = group.files.iter().map(|file| file.range(column).0.to_string()).collect();
            files.sort();
            format!("[{}] {}..{}", files.join(" "), end(&group.from), end(&group.to))
        };
        groups.iter().map(of).collect()
    }

    fn of(table: &Table, ids: &[i64]) -> Vec<String> {
        let groups = rewrite_plan(table.files().unwrap(), "id", KeySet::Ids(ids.iter().copied().collect()), sizing());
        assert_eq!(groups.iter().map(|group| group.keys).sum::<usize>(), ids.len(), "each key in one group");
        shown(&groups, "id")
    }

    #[tokio::test]
    async fn only_files_that_may_hold_a_key_are_written_anew() {
        let (_folder, lake) = lake(10);
        // 0..18, 20..38, …, 80..98, and even numbers alone.
        let table = filled(&lake, rows((0..50).map(|id| id * 2), "")).await;
        assert_eq!(ranges(&table, "id").len(), 5);
        assert_eq!(of(&table, &[0]), ["[0] ..20"]);
        assert_eq!(of(&table, &[21, 22]), ["[20] 20..40"], "a key between two others belongs to their file");
        assert_eq!(of(&table, &[18, 40]), ["[0] ..20", "[40] 40..60"]);
        assert_eq!(of(&table, &[19]), ["[] ..20"], "full files have nothing to do with a key between them");
        assert_eq!(of(&table, &[-5]), ["[] ..20"]);
        assert_eq!(of(&table, &[98, 200]), ["[80] 80.."]);
        assert_eq!(of(&table, &[]), [""; 0]);
    }

    #[tokio::test]
    async fn the_file_before_new_keys_grows_until_it_is_full() {
        let (_folder, lake) = lake(10);
        let mut table = filled(&lake, rows(0..20, "")).await;
        assert_eq!(of(&table, &[20, 21]), ["[] 10.."], "it is full");
        merge(&lake, &mut table, rows(20..24, ""), false).await;
        assert_eq!(ranges(&table, "id").len(), 3);
        assert_eq!(of(&table, &[24]), ["[20] 20.."], "it is not full yet");
        assert_eq!(of(&table, &[24, 3]), ["[0] ..10", "[20] 20.."]);
        assert_eq!(of(&table, &[3]), ["[0] ..10"], "nothing comes after it");
        // In the middle, too.
        merge(&lake, &mut table, rows(12..18, ""), true).await;
        merge(&lake, &mut table, rows(4..8, ""), true).await;
        assert_eq!(of(&table, &[19, 20]), ["[10 20] 10.."], "neighbours that are not full become one");
        assert_eq!(of(&table, &[5, 15]), ["[0 10] ..20"]);
    }

    #[tokio::test]
    async fn files_that_overlap_are_one_range() {
        let (_folder, lake) = lake(10);
        let mut table = filled(&lake, rows(0..10, "")).await;
        table.append(lake.context().read_batch(rows(5..15, "")).unwrap(), 10).await.unwrap();
        table.append(lake.context().read_batch(rows(20..30, "")).unwrap(), 10).await.unwrap();
        assert_eq!(of(&table, &[2]), ["[0] ..20"]);
        assert_eq!(of(&table, &[7, 21]), ["[0 5] ..20", "[20] 20.."]);
    }

    #[tokio::test]
    async fn a_file_without_statistics_may_hold_anything() {
        let (_folder, lake) = lake(10);
        let table = filled(&lake, rows(0..30, "")).await;
        let ids = || KeySet::Ids([1, 1_000].into());
        for spoilt in [serde_json::Value::Null, serde_json::json!({ "minValues": { "id": "0" }, "numRecords": 10 })] {
            let mut files = table.files().unwrap();
            assert_eq!(files.len(), 3);
            files.sort_by_key(|file| file.ids("id"));
            files[2].set_statistics(spoilt);
            assert_eq!(shown(&rewrite_plan(files, "id", ids(), sizing()), "id").len(), 1);
        }
        let mut files = table.files().unwrap();
        files.iter_mut().for_each(|file| file.set_statistics(serde_json::Value::Null));
        let all = rewrite_plan(files, "id", ids(), sizing());
        assert_eq!((all.len(), all[0].files.len(), all[0].holds(&lit(1)).is_none()), (1, 3, true));
    }

    #[tokio::test]
    async fn text_keys_are_compared_as_texts() {
        let (_folder, lake) = lake(10);
        let texts: StringArray = (0..40).map(|number| Some(format!("T{number:02}"))).collect();
        let schema = Schema::new(vec![Field::new("lineId", DataType::Utf8, false)]);
        let batch = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(texts) as ArrayRef]).unwrap();
        let table = filled(&lake, batch).await;
        let of = |texts: &[&str]| {
            let keys = KeySet::Texts(texts.iter().map(|text| (*text).to_owned()).collect());
            shown(&rewrite_plan(table.files().unwrap(), "lineId", keys, sizing()), "lineId")
        };
        assert_eq!(of(&["T00", "T35"]), ["[\"T00\"] ..T10", "[\"T30\"] T30.."]);
        assert_eq!(of(&["T1", "P7"]), ["[] ..T10"], "T1 comes after T09 and before T10");
        assert_eq!(of(&["T155"]), ["[\"T10\"] T10..T20"]);
    }

    #[tokio::test]
    async fn a_table_stays_clustered_and_whole_whatever_is_merged() {
        let (_folder, lake) = lake(10);
        let mut table = filled(&lake, rows((0..100).map(|id| id * 3), "")).await;
        let mut known: std::collections::BTreeSet<i64> = (0..100).map(|id| id * 3).collect();
        let mut dice = 7_u64;
        let mut below = |most: u64| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from((dice >> 33) % most).unwrap()
        };
        for round in 0..25 {
            let ids: std::collections::BTreeSet<i64> = (0..1 + below(12)).map(|_| below(400) - 20).collect();
            let delete = round % 3 == 2;
            for id in &ids {
                if delete {
                    known.remove(id)
                } else {
                    known.insert(*id)
                };
            }
            merge(&lake, &mut table, rows(ids.clone(), "new"), delete).await;
            let ranges = ranges(&table, "id");
            let apart = |pair: &[(serde_json::Value, serde_json::Value)]| pair[0].1.as_i64() < pair[1].0.as_i64();
            assert!(ranges.windows(2).all(apart), "round {round}, {ids:?}: {ranges:?}");
            assert!(ranges.len() <= 25, "round {round}: {} files of {} rows", ranges.len(), known.len());
            assert_eq!(table.rows().await.unwrap(), known.len() as u64, "round {round}: {ids:?}");
        }
    }
}
