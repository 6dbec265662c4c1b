//! Known keys: the keys of maps, tried where they were in earlier maps before a text is read and compared.

use crate::json::{Scanner, quote};
use crate::password::Role;
use crate::redact::Redaction;

/// Maximum number of entries of a map in which a repeated key is found by comparing, and of keys that are known.
pub(crate) const FEW_ENTRIES: usize = 24;
/// Maximum bytes of a known key.
const SHORT_KEY: usize = 64;
/// Number of names that are tried where they are expected before a name is looked up: an object may lack all but the
/// last.
pub(crate) const MOST_LACKING: usize = 8;

/// What a map's key decides of its value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traits {
    pub(crate) role: Role,
    pub(crate) redaction: Redaction,
}

/// A key that a map's column had before.
#[derive(Debug)]
struct KnownKey {
    text: Box<str>,
    /// As JSON writes it, quotes included.
    quoted: Box<[u8]>,
    traits: Traits,
}

/// Keys of a column of maps, each once: the first ones that were read, in the order in which maps had them. Servers write
/// the same keys in the same order every time.
#[derive(Debug, Default)]
pub(crate) struct KnownKeys(Vec<KnownKey>);

impl KnownKeys {
    /// Consumes the next key where it is one of those from a place on, and returns its place.
    #[inline]
    pub(crate) fn accept(&self, scanner: &mut Scanner<'_>, from: usize) -> Option<usize> {
        scanner.peek();
        let next = self.0.iter().enumerate().skip(from).take(MOST_LACKING);
        next.into_iter().find(|(_, key)| scanner.accept(&key.quoted)).map(|(at, _)| at)
    }

    /// Returns the text of the key at a place, and what it decides.
    #[inline]
    pub(crate) fn get(&self, at: usize) -> Option<(&str, Traits)> {
        self.0.get(at).map(|key| (&*key.text, key.traits))
    }

    /// Adds a key that was expected at a place, and returns the place after it; `None` where the order is another one.
    #[cold]
    pub(crate) fn learn(&mut self, from: usize, text: &str, traits: Traits) -> Option<usize> {
        if let Some(at) = self.0.iter().position(|key| &*key.text == text) {
            return (at >= from).then_some(at + 1);
        }
        if self.0.len() >= FEW_ENTRIES || text.len() > SHORT_KEY {
            return None;
        }
        let mut quoted = String::new();
        quote(text, &mut quoted);
        self.0.insert(from, KnownKey { text: text.into(), quoted: quoted.into_bytes().into(), traits });
        Some(from + 1)
    }
}
