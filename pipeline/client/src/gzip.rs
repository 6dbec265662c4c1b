//! Gzip: unpacks the body of a response.
//!
//! Invariant: unpacking must stop one byte after the limit, whatever length the body tells.

use crate::buffers::{Buffers, lend};
use bytes::Bytes;
use libdeflater::Decompressor;
use memchr::memmem;
use std::io::{self, Read as _};
use std::sync::Arc;

/// The first bytes of a member: its mark, and the one method that there is. Source: RFC 1952, 2.3.
const MEMBER: &[u8] = &[0x1f, 0x8b, 8];
/// The bytes at the end of a member that tell its length, modulo 2³².
const LENGTH: usize = 4;

/// A body that was not unpacked.
#[derive(Debug)]
pub(crate) enum Unpacked {
    /// It would be larger than the limit.
    TooLarge,
    /// It is damaged, or cut off.
    Damaged(io::Error),
}

/// Unpacks a whole body to at most `limit` bytes, into a buffer where there is a free one.
///
/// # Errors
/// [`Unpacked`].
pub(crate) fn unpack(packed: &[u8], limit: usize, buffers: &Arc<Buffers>) -> Result<Bytes, Unpacked> {
    // A body that was cut off tells any length: only what is unpacked shows whether it is too large.
    let length = told_length(packed).filter(|length| *length <= limit);
    let unpacked = length.and_then(|length| at_once(packed, length, buffers));
    unpacked.map_or_else(|| by_parts(packed, limit).map(Bytes::from), Ok)
}

/// The length that a body of one member tells; `None` where it may have several.
fn told_length(packed: &[u8]) -> Option<usize> {
    let (_, length) = packed.split_at_checked(packed.len().checked_sub(LENGTH)?)?;
    let one = memmem::find(packed.get(MEMBER.len()..)?, MEMBER).is_none();
    usize::try_from(u32::from_le_bytes(length.try_into().ok()?)).ok().filter(|_| one)
}

/// Unpacks into memory of the told length: twice as fast as part by part. `None` where that is not the length.
fn at_once(packed: &[u8], length: usize, buffers: &Arc<Buffers>) -> Option<Bytes> {
    let mut buffer = buffers.take();
    if buffer.len() < length {
        // Of the length alone, and not written: it may be a lie.
        buffer = vec![0; length];
    }
    let written = Decompressor::new().gzip_decompress(packed, buffer.get_mut(..length)?).ok()?;
    (written == length).then(|| lend(buffers, buffer, length))
}

/// Unpacks all members, and stops at the limit.
fn by_parts(packed: &[u8], limit: usize) -> Result<Vec<u8>, Unpacked> {
    let mut unpacked = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    flate2::read::MultiGzDecoder::new(packed).take(most).read_to_end(&mut unpacked).map_err(Unpacked::Damaged)?;
    if unpacked.len() > limit { Err(Unpacked::TooLarge) } else { Ok(unpacked) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write as _;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn unpacked(packed: &[u8], limit: usize) -> Result<Bytes, Unpacked> {
        unpack(packed, limit, &Arc::default())
    }

    /// The same body with another length at its end.
    fn telling(mut packed: Vec<u8>, length: u32) -> Vec<u8> {
        let at = packed.len() - LENGTH;
        packed.splice(at.., length.to_le_bytes());
        packed
    }

    #[test]
    fn a_body_is_unpacked_whole() {
        let page = br#"[{"id":1},{"id":2}]"#.repeat(10_000);
        for text in [b"".as_slice(), b"[]", page.as_slice()] {
            assert_eq!(unpacked(&packed(text), page.len()).unwrap(), text);
        }
        assert!(at_once(&packed(&page), page.len(), &Arc::default()).is_some(), "the fast way is taken");
    }

    #[test]
    fn a_body_in_a_used_buffer_is_that_body_alone() {
        let buffers = Arc::default();
        let body = |text: &[u8]| unpack(&packed(text), 1 << 20, &buffers).unwrap();
        let long = body(&[b'x'; 1_000]);
        let first = long.as_ptr();
        drop(long);
        let short = body(&[b'z'; 600]);
        assert_eq!((short.as_ref(), short.as_ptr()), ([b'z'; 600].as_slice(), first), "in the same buffer");
        assert_eq!(body(b"[22]"), b"[22]".as_slice(), "while the other is read");
        assert_eq!(short, [b'z'; 600].as_slice());
        let damaged = telling(packed(b"[333]"), 4);
        assert!(matches!(unpack(&damaged, 1 << 20, &buffers), Err(Unpacked::Damaged(_))));
        drop(short);
        assert_eq!(body(&[b'y'; 5_000]), [b'y'; 5_000].as_slice(), "longer than the buffer");
    }

    #[test]
    fn no_member_is_left_out() {
        // Of the same length, so that the length at the end fits the first member, too.
        let two = [packed(br#"[{"id":1},"#), packed(br#"{"id":22}]"#)].concat();
        assert_eq!(unpacked(&two, 100).unwrap(), br#"[{"id":1},{"id":22}]"#.as_slice());
        assert!(matches!(unpacked(&two, 19), Err(Unpacked::TooLarge)));
        assert_eq!(unpacked(&two, 20).unwrap().len(), 20);
    }

    #[test]
    fn unpacking_stops_at_the_limit() {
        let long = packed(&[b' '; 100_000]);
        assert!(matches!(unpacked(&long, 99_999), Err(Unpacked::TooLarge)));
        assert_eq!(unpacked(&long, 100_000).unwrap().len(), 100_000);
        for told in [0, 10, 99_999] {
            let lying = telling(long.clone(), told);
            assert!(matches!(unpacked(&lying, 99_999), Err(Unpacked::TooLarge)), "it tells {told}");
        }
    }

    #[test]
    fn a_damaged_body_is_no_body() {
        let whole = packed(&br#"{"id":1},"#.repeat(1_000));
        let mut other = whole.clone();
        let middle = other.len() / 2;
        other[middle] ^= 0x55;
        let wrong = telling(whole.clone(), 8_999);
        for (name, body) in [("changed", other), ("of a wrong length", wrong), ("text", b"[]".to_vec())] {
            assert!(matches!(unpacked(&body, 1 << 20), Err(Unpacked::Damaged(_))), "{name}");
        }
        for end in 1..whole.len() {
            let cut = unpacked(&whole[..end], 1 << 20);
            assert!(matches!(cut, Err(Unpacked::Damaged(_))), "cut after {end} of {} bytes", whole.len());
        }
    }
}
