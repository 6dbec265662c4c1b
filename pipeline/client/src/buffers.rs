//! Buffers of bodies that were read, for the next ones.
//!
//! Pages are large and about as large as one another. New memory for each of them would be cleared, page by page, before
//! it is written.
//!
//! Invariant: of a buffer, nothing that an earlier body wrote may be read.

use bytes::Bytes;
use std::mem::take;
use std::num::NonZero;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Number of buffers that are kept: more bodies than that are not unpacked or decoded at a time.
static MOST: LazyLock<usize> = LazyLock::new(|| std::thread::available_parallelism().map_or(1, NonZero::get).min(4));
/// The most bytes of a buffer that is kept.
const LARGEST: usize = 16 * 1024 * 1024;

/// Buffers that are free.
#[derive(Debug, Default)]
pub(crate) struct Buffers(Mutex<Vec<Vec<u8>>>);

impl Buffers {
    /// Takes a free buffer, with what it last held; or an empty one.
    pub(crate) fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Keeps a buffer for the next body, where there is room.
    pub(crate) fn keep(&self, buffer: Vec<u8>) {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < *MOST && (1..=LARGEST).contains(&buffer.capacity()) {
            free.push(buffer);
        }
    }
}

/// The first bytes of a buffer, which is kept when nobody reads them any more.
struct Lent {
    buffer: Vec<u8>,
    length: usize,
    from: Arc<Buffers>,
}

/// Lends the first bytes of a buffer.
pub(crate) fn lend(from: &Arc<Buffers>, buffer: Vec<u8>, length: usize) -> Bytes {
    Bytes::from_owner(Lent { buffer, length, from: Arc::clone(from) })
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.from.keep(take(&mut self.buffer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_kept_when_its_last_reader_is_gone() {
        let buffers = Arc::new(Buffers::default());
        let body = lend(&buffers, vec![7; 100], 60);
        let part = body.slice(10..20);
        assert_eq!(body.len(), 60);
        drop(body);
        assert_eq!(buffers.take().len(), 0, "a part of it is still read");
        assert_eq!(part, [7; 10].as_slice());
        drop(part);
        assert_eq!(buffers.take().len(), 100);
    }

    #[test]
    fn few_buffers_are_kept_and_no_huge_one() {
        let buffers = Buffers::default();
        buffers.keep(Vec::with_capacity(LARGEST + 1));
        buffers.keep(Vec::new());
        assert_eq!(buffers.take().capacity(), 0);
        (0..100).for_each(|_| buffers.keep(vec![1; 10]));
        assert_eq!(std::iter::repeat_with(|| buffers.take()).take_while(|buffer| !buffer.is_empty()).count(), *MOST);
    }
}
