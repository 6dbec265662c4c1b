//! Gzip: unpacks the body of a response.
//!
//! Invariant: unpacking must stop one byte after the limit, whatever length the body tells.

use libdeflater::Decompressor;
use memchr::memmem;
use std::io::{self, Read as _};

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

/// Unpacks a whole body to at most `limit` bytes.
///
/// # Errors
/// [`Unpacked`].
pub(crate) fn unpack(packed: &[u8], limit: usize) -> Result<Vec<u8>, Unpacked> {
    // A body that was cut off tells any length: only what is unpacked shows whether it is too large.
    let length = told_length(packed).filter(|length| *length <= limit);
    length.and_then(|length| at_once(packed, length)).map_or_else(|| by_parts(packed, limit), Ok)
}

/// The length that a body of one member tells; `None` where it may have several.
fn told_length(packed: &[u8]) -> Option<usize> {
    let (_, length) = packed.split_at_checked(packed.len().checked_sub(LENGTH)?)?;
    let one = memmem::find(packed.get(MEMBER.len()..)?, MEMBER).is_none();
    usize::try_from(u32::from_le_bytes(length.try_into().ok()?)).ok().filter(|_| one)
}

/// Unpacks into memory of the told length: twice as fast as part by part. `None` where that is not the length.
fn at_once(packed: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut unpacked = vec![0; length];
    let written = Decompressor::new().gzip_decompress(packed, &mut unpacked).ok()?;
    (written == length).then_some(unpacked)
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
            assert_eq!(unpack(&packed(text), page.len()).unwrap(), text);
        }
        assert!(at_once(&packed(&page), page.len()).is_some(), "the fast way is taken");
    }

    #[test]
    fn no_member_is_left_out() {
        // Of the same length, so that the length at the end fits the first member, too.
        let two = [packed(br#"[{"id":1},"#), packed(br#"{"id":22}]"#)].concat();
        assert_eq!(unpack(&two, 100).unwrap(), br#"[{"id":1},{"id":22}]"#);
        assert!(matches!(unpack(&two, 19), Err(Unpacked::TooLarge)));
        assert_eq!(unpack(&two, 20).unwrap().len(), 20);
    }

    #[test]
    fn unpacking_stops_at_the_limit() {
        let long = packed(&[b' '; 100_000]);
        assert!(matches!(unpack(&long, 99_999), Err(Unpacked::TooLarge)));
        assert_eq!(unpack(&long, 100_000).unwrap().len(), 100_000);
        for told in [0, 10, 99_999] {
            let lying = telling(long.clone(), told);
            assert!(matches!(unpack(&lying, 99_999), Err(Unpacked::TooLarge)), "it tells {told}");
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
            assert!(matches!(unpack(&body, 1 << 20), Err(Unpacked::Damaged(_))), "{name}");
        }
        for end in 1..whole.len() {
            let cut = unpack(&whole[..end], 1 << 20);
            assert!(matches!(cut, Err(Unpacked::Damaged(_))), "cut after {end} of {} bytes", whole.len());
        }
    }
}
