//! Keyed hashes of personal texts.
//!
//! Invariant: a hash must be HMAC-SHA256 of the text's UTF-8 bytes, as 64 hexadecimal digits, and nothing else: equal
//! texts have equal hashes under one key, in whatever column or table they are. A key is never printed.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// Mark before a hash in the JSON of a rejected record, so that it is not hashed a second time.
pub(crate) const MARK: &str = "hmac-sha256:";
/// Number of hexadecimal digits of a hash.
const DIGITS: usize = 64;
/// Bytes of a block of SHA-256: the length of a key that HMAC takes as it is.
const BLOCK: usize = 64;

/// The key of a lakehouse's hashes.
#[derive(Clone)]
pub struct HashKey(Hmac<Sha256>);

impl HashKey {
    /// Creates the key with these bytes, however many.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        // As HMAC defines it: a long key is hashed first, a short one filled up with zeros.
        let mut block = [0; BLOCK];
        if secret.len() > BLOCK {
            let hashed = Sha256::digest(secret);
            block.iter_mut().zip(hashed).for_each(|(to, from)| *to = from);
        } else {
            block.iter_mut().zip(secret).for_each(|(to, from)| *to = *from);
        }
        Self(Hmac::new(&block.into()))
    }

    /// Returns the hash of a text.
    #[must_use]
    pub fn hash(&self, text: &str) -> String {
        let digest = self.digest(text);
        let mut hash = String::with_capacity(DIGITS);
        for byte in digest {
            for half in [byte >> 4, byte & 15] {
                hash.extend(char::from_digit(u32::from(half), 16));
            }
        }
        hash
    }

    /// Returns a number that another key does not give: a table records by it which key its hashes were made with.
    #[must_use]
    pub fn fingerprint(&self) -> i64 {
        let digest = self.digest("connectwise-etl: which key");
        let number = digest.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        (number >> 1).cast_signed()
    }

    fn digest(&self, text: &str) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Returns the hash in a text that is marked as one.
pub(crate) fn marked(text: &str) -> Option<&str> {
    let hash = text.strip_prefix(MARK)?;
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (hash.len() == DIGITS && hash.bytes().all(is_digit)).then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_standard() {
        // RFC 4231, the test cases 2, 1 and 6: a short key, one of bytes that are no text, and one longer than a block.
        let short = HashKey::new(b"Jefe").hash("what do ya want for nothing?");
        assert_eq!(short, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let bytes = HashKey::new(&[0x0b; 20]).hash("Hi There");
        assert_eq!(bytes, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        let long = HashKey::new(&[0xaa; 131]).hash("Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(long, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }

    #[test]
    fn keys_are_told_apart_and_never_printed() {
        let keys = ["one", "two"].map(|key| HashKey::new(key.as_bytes()));
        let [one, two] = &keys;
        assert_ne!(one.fingerprint(), two.fingerprint());
        assert_eq!(one.fingerprint(), HashKey::new(b"one").fingerprint());
        assert!(one.fingerprint() >= 0);
        assert_ne!(one.hash("x"), two.hash("x"));
        assert_eq!(format!("{keys:?}"), "[***, ***]");
    }

    #[test]
    fn only_a_whole_hash_counts_as_marked() {
        let hash = HashKey::new(b"k").hash("x");
        assert_eq!(marked(&format!("{MARK}{hash}")), Some(hash.as_str()));
        for text in [hash.clone(), format!("{MARK}{}", &hash[1..]), format!("{MARK}{hash}0"), format!("{MARK}Jón")] {
            assert_eq!(marked(&text), None, "{text}");
        }
        assert_eq!(marked(&format!("{MARK}{}", hash.to_uppercase())), None);
    }
}
