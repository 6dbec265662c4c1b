//! Growing buffers of values: the parts of columns.
//!
//! Invariant: every buffer can be cut back to any earlier length, and padded with nulls to any later one.

use std::mem::{replace, take};
use std::sync::Arc;

use arrow_array::{ArrayRef, StringArray};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::ArrowError;

/// Takes a buffer, and leaves an empty one with the room that this one took: the next page is about as large, and a
/// buffer that grows is copied each time.
pub(crate) fn take_sized<T>(values: &mut Vec<T>) -> Vec<T> {
    let room = values.len();
    replace(values, Vec::with_capacity(room))
}

/// A vector of bits. While all are 1 there are no bytes: most columns have a value in every row. Bits after the last in
/// its last byte are 0.
#[derive(Debug, Default)]
pub(crate) struct Bits {
    bytes: Vec<u8>,
    len: usize,
}

impl Bits {
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn push(&mut self, bit: bool) {
        if self.bytes.is_empty() {
            if bit {
                self.len += 1;
                return;
            }
            self.write_out();
        }
        let shift = self.len & 7;
        if shift == 0 {
            self.bytes.push(u8::from(bit));
        } else if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << shift;
        }
        self.len += 1;
    }

    /// Pads with zeros up to a length.
    #[inline]
    pub(crate) fn pad(&mut self, len: usize) {
        if len > self.len {
            if self.bytes.is_empty() {
                self.write_out();
            }
            self.bytes.resize(len.div_ceil(8), 0);
            self.len = len;
        }
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        if len < self.len {
            self.len = len;
            self.bytes.truncate(len.div_ceil(8));
            self.clear_after_last();
        }
    }

    pub(crate) fn take(&mut self) -> BooleanBuffer {
        let len = take(&mut self.len);
        if self.bytes.is_empty() {
            return BooleanBuffer::new_set(len);
        }
        BooleanBuffer::new(Buffer::from_vec(take_sized(&mut self.bytes)), 0, len)
    }

    pub(crate) fn take_nulls(&mut self) -> Option<NullBuffer> {
        if self.bytes.is_empty() {
            self.len = 0;
            return None;
        }
        Some(NullBuffer::new(self.take())).filter(|nulls| nulls.null_count() > 0)
    }

    /// Writes the bytes of bits that are all 1.
    #[cold]
    fn write_out(&mut self) {
        self.bytes.resize(self.len.div_ceil(8), u8::MAX);
        self.clear_after_last();
    }

    fn clear_after_last(&mut self) {
        if let (Some(last), shift @ 1..) = (self.bytes.last_mut(), self.len & 7) {
            *last &= (1 << shift) - 1;
        }
    }
}

/// Values of a fixed width.
#[derive(Debug, Default)]
pub(crate) struct Fixed<T> {
    pub(crate) values: Vec<T>,
    pub(crate) valid: Bits,
}

impl<T: Copy + Default> Fixed<T> {
    #[inline]
    pub(crate) fn put(&mut self, row: usize, value: T) {
        if self.values.len() < row {
            self.pad(row);
        }
        self.values.push(value);
        self.valid.push(true);
    }

    pub(crate) fn pad(&mut self, len: usize) {
        self.values.resize(len, T::default());
        self.valid.pad(len);
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.values.truncate(len);
        self.valid.truncate(len);
    }
}

/// Booleans, a bit each.
#[derive(Debug, Default)]
pub(crate) struct Bools {
    pub(crate) values: Bits,
    pub(crate) valid: Bits,
}

impl Bools {
    #[inline]
    pub(crate) fn put(&mut self, row: usize, value: bool) {
        self.pad(row);
        self.values.push(value);
        self.valid.push(true);
    }

    pub(crate) fn pad(&mut self, len: usize) {
        self.values.pad(len);
        self.valid.pad(len);
    }
}

/// Offsets: where the values of each row end.
#[derive(Debug)]
pub(crate) struct Ends(Vec<i32>);

impl Default for Ends {
    fn default() -> Self {
        Self(vec![0])
    }
}

impl Ends {
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.0.len() - 1
    }

    /// Returns the number of values of all rows.
    #[inline]
    pub(crate) fn last(&self) -> usize {
        // Never negative.
        self.0.last().map_or(0, |last| *last as usize)
    }

    #[inline]
    pub(crate) fn push(&mut self, end: usize) {
        // Fits: see the invariants above.
        self.0.push(end as i32);
    }

    #[inline]
    pub(crate) fn pad(&mut self, len: usize) {
        if self.len() < len {
            let last = self.0.last().copied().unwrap_or(0);
            self.0.resize(len + 1, last);
        }
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.0.truncate(len + 1);
    }

    pub(crate) fn take(&mut self) -> OffsetBuffer<i32> {
        let ends = take_sized(&mut self.0);
        self.0.push(0);
        OffsetBuffer::new(ScalarBuffer::from(ends))
    }

    pub(crate) fn memory(&self) -> usize {
        self.0.len() * size_of::<i32>()
    }
}

/// Texts.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    bytes: Vec<u8>,
    ends: Ends,
    valid: Bits,
}

impl Texts {
    #[inline]
    pub(crate) fn put(&mut self, row: usize, text: &str) {
        self.begin(row).extend_from_slice(text.as_bytes());
        self.end();
    }

    /// Returns the buffer to write a row's text to, before [`Self::end`].
    #[inline]
    pub(crate) fn begin(&mut self, row: usize) -> &mut Vec<u8> {
        if self.len() < row {
            self.pad(row);
        }
        &mut self.bytes
    }

    #[inline]
    pub(crate) fn end(&mut self) {
        self.ends.push(self.bytes.len());
        self.valid.push(true);
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns the number of bytes of all rows.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Returns a row's bytes.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> &[u8] {
        let end = |index: usize| self.ends.0.get(index).map_or(0, |end| *end as usize);
        self.bytes.get(end(row)..end(row + 1)).unwrap_or_default()
    }

    pub(crate) fn pad(&mut self, len: usize) {
        self.ends.pad(len);
        self.valid.pad(len);
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.ends.truncate(len);
        self.valid.truncate(len);
        self.bytes.truncate(self.ends.last());
    }

    pub(crate) fn memory(&self) -> usize {
        self.bytes.len() + self.ends.memory()
    }

    pub(crate) fn finish(&mut self, len: usize) -> Result<ArrayRef, ArrowError> {
        self.pad(len);
        let bytes = Buffer::from_vec(take_sized(&mut self.bytes));
        Ok(Arc::new(StringArray::try_new(self.ends.take(), bytes, self.valid.take_nulls())?))
    }
}
