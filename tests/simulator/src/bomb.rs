//! A body that is small on the way and large once it is unpacked.
//!
//! Invariant: it is a whole, valid gzip file; what it unpacks to is never in memory here.

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// The size of a piece, unpacked.
const PIECE: usize = 1 << 20;
/// A gzip file's start: deflate, no name, no time.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// An empty last block.
const END: [u8; 5] = [1, 0, 0, 0xff, 0xff];

/// So many MiB of spaces as a gzip file; `None` where they can't be packed.
pub(crate) fn of(mebibytes: u32) -> Option<Vec<u8>> {
    let spaces = vec![b' '; PIECE];
    let mut piece = Vec::with_capacity(PIECE / 64);
    // After a full flush a piece stands for itself, so it can be repeated.
    let status = Compress::new(Compression::best(), false).compress_vec(&spaces, &mut piece, FlushCompress::Full);
    if !matches!(status, Ok(Status::Ok)) || piece.len() == piece.capacity() {
        return None;
    }
    let mut sum_of_piece = Crc::new();
    sum_of_piece.update(&spaces);
    let mut sum = Crc::new();
    let mut body = HEADER.to_vec();
    for _ in 0..mebibytes {
        body.extend_from_slice(&piece);
        sum.combine(&sum_of_piece);
    }
    body.extend_from_slice(&END);
    body.extend_from_slice(&sum.sum().to_le_bytes());
    body.extend_from_slice(&sum.amount().to_le_bytes());
    Some(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn it_unpacks_to_what_it_says() {
        let packed = of(3).unwrap();
        assert!(packed.len() < PIECE / 50, "{}", packed.len());
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked.len(), 3 * PIECE);
        assert!(unpacked.iter().all(|byte| *byte == b' '));
    }
}
