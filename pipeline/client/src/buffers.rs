//! Buffers of bodies that were read, for the next ones.
//!
//! Pages are large and about as large as one another. New memory for each of them costs the system more than a tenth of
//! what it costs to unpack them.
//!
//! Invariant: of a buffer, nothing that an earlier body wrote may be read.

use bytes::Bytes;
use std::fmt;
use std::mem::take;
use std::num::NonZero;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Number of buffers that are kept, as many as bodies that are unpacked or decoded at a time on a small machine.
static MOST: LazyLock<usize> = LazyLock::new(|| std::thread::available_parallelism().map_or(1, NonZero::get).min(4));
/// The most bytes of a buffer that is kept.
const LARGEST: usize = 8 * 1024 * 1024;
/// The part of a buffer that a body must fill to be lent: what is smaller would hold the whole buffer, and is copied.
const LEAST_PART: usize = 4;

/// Buffers that are free.
#[derive(Default)]
pub(crate) struct Buffers(Mutex<Vec<Vec<u8>>>);

// What they hold is never shown.
impl fmt::Debug for Buffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffers").finish_non_exhaustive()
    }
}

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
    if length < buffer.len() / LEAST_PART {
        let copy = Bytes::copy_from_slice(buffer.get(..length).unwrap_or_default());
        from.keep(buffer);
        return copy;
    }
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
    fn a_short_body_holds_no_large_buffer() {
        let buffers = Arc::new(Buffers::default());
        let short = lend(&buffers, vec![7; 100], 24);
        assert_eq!(buffers.take().len(), 100, "it is free at once");
        assert_eq!(short, [7; 24].as_slice());
        let long = lend(&buffers, vec![7; 100], 25);
        assert_eq!((buffers.take().len(), long.len()), (0, 25));
    }

    #[test]
    fn what_buffers_hold_is_not_shown() {
        let buffers = Arc::new(Buffers::default());
        drop(lend(&buffers, b"secret".to_vec(), 6));
        assert_eq!(format!("{buffers:?}"), "Buffers { .. }");
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
