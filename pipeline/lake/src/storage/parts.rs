//! Parts of data files that were read or written: small files whole, of large ones their footers.
//!
//! Data files never change, so that a part stays true as long as its file exists.

use bytes::Bytes;
use deltalake::Path;
use std::collections::{HashMap, VecDeque};
use std::ops::Range;

/// Largest part that is kept.
pub(crate) const LARGEST: u64 = 4 * 1024 * 1024;
/// Bytes of all parts together.
pub(crate) const ROOM: u64 = 64 * 1024 * 1024;

/// Parts of files, the oldest of which make room for new ones.
#[derive(Debug, Default)]
pub(super) struct Parts {
    files: HashMap<Path, Held>,
    order: VecDeque<Path>,
    held: u64,
}

/// Parts of one file.
#[derive(Debug)]
struct Held {
    /// Size of the whole file.
    size: u64,
    parts: VecDeque<(Range<u64>, Bytes)>,
}

/// Bytes of a range, with the size of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) size: u64,
    pub(super) bytes: Bytes,
}

impl Parts {
    /// Bytes of a range, where one part has all of it.
    pub(super) fn get(&self, path: &Path, range: &Range<u64>) -> Option<Part> {
        let file = self.files.get(path)?;
        let (part, bytes) = file.parts.iter().find(|(part, _)| part.start <= range.start && range.end <= part.end)?;
        let place = |at: u64| usize::try_from(at - part.start).ok();
        Some(Part { size: file.size, bytes: bytes.slice(place(range.start)?..place(range.end)?) })
    }

    /// Keeps a part that begins at an offset of a file.
    pub(super) fn insert(&mut self, path: &Path, start: u64, part: Part) {
        let length = part.bytes.len() as u64;
        let range = start..start + length;
        if length > LARGEST || self.get(path, &range).is_some() {
            return;
        }
        let held = Held { size: part.size, parts: VecDeque::new() };
        self.files.entry(path.clone()).or_insert(held).parts.push_back((range, part.bytes));
        self.order.push_back(path.clone());
        self.held += length;
        while self.held > ROOM
            && let Some(oldest) = self.order.pop_front()
            && let Some(file) = self.files.get_mut(&oldest)
        {
            self.held -= file.parts.pop_front().map_or(0, |(_, bytes)| bytes.len() as u64);
            if file.parts.is_empty() {
                self.files.remove(&oldest);
            }
        }
    }

    /// Forgets a file that was deleted.
    pub(super) fn remove(&mut self, path: &Path) {
        if let Some(file) = self.files.remove(path) {
            self.held -= file.parts.iter().map(|(_, bytes)| bytes.len() as u64).sum::<u64>();
            self.order.retain(|other| other != path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_served_from_the_part_that_has_all_of_it() {
        let (mut parts, path) = (Parts::default(), Path::from("a"));
        parts.insert(&path, 10, Part { size: 99, bytes: Bytes::from_static(b"0123456789") });
        assert_eq!(parts.get(&path, &(12..15)), Some(Part { size: 99, bytes: Bytes::from_static(b"234") }));
        assert_eq!(parts.get(&path, &(9..12)), None);
        assert_eq!(parts.get(&path, &(15..21)), None);
        parts.remove(&path);
        assert_eq!((parts.get(&path, &(12..15)), parts.held, parts.order.len()), (None, 0, 0));
    }

    #[test]
    fn the_oldest_parts_make_room() {
        let mut parts = Parts::default();
        let bytes = Bytes::from(vec![0; usize::try_from(LARGEST).unwrap()]);
        let number = ROOM / LARGEST + 3;
        for file in 0..number {
            parts.insert(&Path::from(file.to_string()), 0, Part { size: LARGEST, bytes: bytes.clone() });
        }
        assert!(parts.held <= ROOM);
        let kept = |file: u64| parts.get(&Path::from(file.to_string()), &(0..1)).is_some();
        assert!(!kept(0) && !kept(2) && kept(3) && kept(number - 1));
    }
}
