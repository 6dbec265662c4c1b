//! Redaction: removes from JSON text what a table must not keep, and replaces hashed values by their hashes.
//!
//! Invariant: the result must hold no property that the shape marks as [`Kind::Sensitive`], none outside the shape that
//! is named like one of the table's sensitive properties, at any depth, or that has the path of one that is excluded,
//! no text of a property that is hashed, wherever it is, and at no depth the value of a password field. A record that
//! does not fit the shape must still not fit it afterwards, except for such a value. Names outside the shape are
//! compared without regard to case.

use std::borrow::Cow;

use crate::error::DecodeError;
use crate::json::{Scanner, Syntax};
use crate::password::{Role, names_password};
use crate::personal::{HashKey, MARK, marked};
use crate::shape::{Field, Kind, Table};

/// Redacts a record's JSON text: removes sensitive and excluded properties and the values of passwords. Hashed values
/// are replaced by their hashes (by null where there is no key). The text is borrowed, byte for byte, where it holds
/// nothing of that.
///
/// # Errors
/// [`DecodeError::Syntax`] where the text is no JSON.
pub fn redact<'a>(table: &'static Table, key: Option<&HashKey>, raw: &'a str) -> Result<Cow<'a, str>, DecodeError> {
    refused(raw, RedactionPolicy::new(table).with_key(key.cloned()).whole(raw, false))
}

/// Redacts the JSON text of a quarantined record, in which hashes are already marked as such.
///
/// # Errors
/// [`DecodeError::Syntax`] where the text is no JSON.
pub fn redact_stored<'a>(
    table: &'static Table,
    key: Option<&HashKey>,
    raw: &'a str,
) -> Result<Cow<'a, str>, DecodeError> {
    refused(raw, RedactionPolicy::new(table).with_key(key.cloned()).stored().whole(raw, true))
}

fn refused<T>(raw: &str, copied: Result<T, Syntax>) -> Result<T, DecodeError> {
    let length = raw.len();
    copied.map_err(|Syntax { offset, expected }| DecodeError::Syntax { offset, length, expected })
}

/// Redaction of a property outside the shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Redaction {
    /// It stays.
    Keep,
    /// Nothing of it stays.
    LeaveOut,
    /// Its hash stays.
    Hash,
}

/// Redaction policy of a table: what it must not keep, or not as it is.
#[derive(Debug, Clone)]
pub(crate) struct RedactionPolicy {
    names: &'static [&'static str],
    excluded: &'static [&'static str],
    hashed: &'static [&'static str],
    shape: &'static [Field],
    /// Whether the shape has such properties, or the table names some.
    any: bool,
    /// Whether some of them are hashed.
    hashes: bool,
    key: Option<HashKey>,
    /// Whether the texts are this crate's own: hashes in them are marked.
    stored: bool,
}

impl RedactionPolicy {
    pub(crate) fn new(table: &'static Table) -> Self {
        let Table { sensitive: names, excluded, hashed, shape, .. } = *table;
        let has = |wanted: Kind| shape.iter().any(|field| has(&field.kind, wanted));
        let hashes = !hashed.is_empty() || has(Kind::Hashed);
        let any = hashes || !names.is_empty() || !excluded.is_empty() || has(Kind::Sensitive);
        Self { names, excluded, hashed, shape, any, hashes, key: None, stored: false }
    }

    /// Creates a policy that redacts only the values of passwords.
    pub(crate) fn of_passwords() -> Self {
        let (names, shape) = (&[], &[]);
        let (any, hashes, key, stored) = (false, false, None, false);
        Self { names, excluded: names, hashed: names, shape, any, hashes, key, stored }
    }

    #[must_use]
    pub(crate) fn with_key(self, key: Option<HashKey>) -> Self {
        Self { key, ..self }
    }

    #[must_use]
    pub(crate) fn stored(self) -> Self {
        Self { stored: true, ..self }
    }

    /// Returns whether the table names something that may not be kept.
    pub(crate) fn any(&self) -> bool {
        self.any
    }

    /// Returns whether something is hashed.
    pub(crate) fn hashes(&self) -> bool {
        self.hashes
    }

    /// Returns whether something is hashed, but the key is missing.
    pub(crate) fn lacks_key(&self) -> bool {
        self.hashes && self.key.is_none()
    }

    /// Returns whether the table names a property that the shape may not know.
    #[inline]
    pub(crate) fn has_names(&self) -> bool {
        !self.names.is_empty() || self.has_personal()
    }

    fn has_personal(&self) -> bool {
        !self.excluded.is_empty() || !self.hashed.is_empty()
    }

    /// Returns the redaction of a property outside the shape. `parents` are the names above it, without the indexes of
    /// lists.
    pub(crate) fn redaction<'p>(
        &self,
        parents: impl DoubleEndedIterator<Item = &'p str> + Clone,
        name: &str,
    ) -> Redaction {
        let is_it = |entry: &str, anywhere: bool| {
            let mut parts = entry.rsplit('/');
            parts.next().is_some_and(|part| part.eq_ignore_ascii_case(name))
                && (anywhere || parts.map(str::to_lowercase).eq(parents.clone().rev().map(str::to_lowercase)))
        };
        let sensitive = self.names.iter().any(|entry| is_it(entry, !entry.contains('/')));
        if sensitive || self.excluded.iter().any(|entry| is_it(entry, false)) {
            Redaction::LeaveOut
        } else if self.hashed.iter().any(|entry| is_it(entry, false)) {
            Redaction::Hash
        } else {
            Redaction::Keep
        }
    }

    /// Returns whether the path is that of something personal, or leads to it. A value there in another form than the
    /// shape's may be just that.
    pub(crate) fn leads_to_personal<'p>(&self, path: impl Iterator<Item = &'p str> + Clone) -> bool {
        self.excluded.iter().chain(self.hashed).any(|entry| {
            let mut parts = entry.split('/');
            path.clone().all(|name| parts.next().is_some_and(|part| part.eq_ignore_ascii_case(name)))
        })
    }

    /// Returns the hash of a text, or the one that it is already; none where there is no key.
    pub(crate) fn hash(&self, text: &str) -> Option<String> {
        match marked(text).filter(|_| self.stored) {
            Some(hash) => Some(hash.to_owned()),
            None => self.key.as_ref().map(|key| key.hash(text)),
        }
    }

    /// Redacts a whole record (or what is in its place), its hashes marked; as it is where nothing has to be redacted.
    pub(crate) fn record<'a>(&self, raw: &'a str) -> Result<Cow<'a, str>, Syntax> {
        self.whole(raw, true)
    }

    fn whole<'a>(&self, raw: &'a str, mark: bool) -> Result<Cow<'a, str>, Syntax> {
        self.value(raw, Some(Kind::Struct(self.shape)), Vec::new(), mark)
    }

    /// Redacts a value outside the shape. `parents` are the names above it and its own.
    pub(crate) fn outside<'a>(&self, raw: &'a str, parents: Vec<String>) -> Result<Cow<'a, str>, Syntax> {
        if self.has_personal() || raw.starts_with(['{', '[']) {
            return self.value(raw, None, parents.into_iter().map(Cow::Owned).collect(), true);
        }
        Ok(Cow::Borrowed(raw))
    }

    /// Returns the hash of a value outside the shape that has the name of a hashed one.
    pub(crate) fn outside_hashed(&self, raw: &str) -> Result<String, Syntax> {
        Ok(self.value(raw, Some(Kind::Hashed), Vec::new(), true)?.into_owned())
    }

    fn value<'a>(
        &self,
        raw: &'a str,
        kind: Option<Kind>,
        path: Vec<Cow<'a, str>>,
        mark: bool,
    ) -> Result<Cow<'a, str>, Syntax> {
        let (scanner, out) = (Scanner::new(raw), String::with_capacity(raw.len()));
        let mut copy = Copy { policy: self, mark, scanner, path, out, changed: false };
        copy.value(kind)?;
        Ok(if copy.changed { Cow::Owned(copy.out) } else { Cow::Borrowed(raw) })
    }
}

fn has(kind: &Kind, wanted: Kind) -> bool {
    match kind {
        Kind::Struct(fields) => fields.iter().any(|field| has(&field.kind, wanted)),
        Kind::List(item) => has(item, wanted),
        kind => *kind == wanted,
    }
}

/// A copy in progress: names, strings and numbers as they are written, white space between them left out.
struct Copy<'g, 'a> {
    policy: &'g RedactionPolicy,
    /// Whether hashes are marked.
    mark: bool,
    scanner: Scanner<'a>,
    path: Vec<Cow<'a, str>>,
    out: String,
    changed: bool,
}

impl Copy<'_, '_> {
    fn value(&mut self, kind: Option<Kind>) -> Result<(), Syntax> {
        let token = self.scanner.peek();
        match (token, kind) {
            (_, Some(Kind::Hashed)) => self.hashed(token),
            (b'{', Some(kind @ Kind::List(_))) | (b'"'..=b'9' | b't' | b'f', Some(kind @ Kind::List(_)))
                if item(kind) == Kind::Hashed =>
            {
                self.hashed(token)
            }
            (b'{', _) => self.object(kind),
            (b'[', _) => self.list(kind),
            _ => self.scalar(token),
        }
    }

    /// Copies a text, number, flag or null. Where its path is personal, or leads to something personal, only its type
    /// is kept.
    fn scalar(&mut self, token: u8) -> Result<(), Syntax> {
        let raw = self.scanner.raw()?;
        let personal = self.policy.has_personal() && self.policy.leads_to_personal(self.path.iter().map(AsRef::as_ref));
        let kept = match token {
            _ if !personal => raw,
            b'"' => "\"\"",
            b't' | b'f' => "false",
            b'n' => raw,
            _ => "0",
        };
        self.changed |= kept != raw;
        self.out.push_str(kept);
        Ok(())
    }

    /// Writes the hash of a value that the shape says is a text; numbers and flags are texts, too. Of an object or a
    /// list, which are none, only the type is kept.
    fn hashed(&mut self, token: u8) -> Result<(), Syntax> {
        let raw = self.scanner.raw()?;
        let text = match token {
            b'n' => {
                self.out.push_str(raw);
                return Ok(());
            }
            b'{' | b'[' => {
                self.changed = true;
                self.out.push_str(if token == b'{' { "{}" } else { "[]" });
                return Ok(());
            }
            b'"' => Scanner::new(raw).string()?.text(),
            _ => Cow::Borrowed(raw),
        };
        self.changed = true;
        match self.policy.hash(&text) {
            Some(hash) => {
                self.out.push('"');
                if self.mark {
                    self.out.push_str(MARK);
                }
                self.out.push_str(&hash);
                self.out.push('"');
            }
            None => self.out.push_str("null"),
        }
        Ok(())
    }

    fn object(&mut self, kind: Option<Kind>) -> Result<(), Syntax> {
        // An object where the shape has a list of them is rejected, but its properties are the same.
        let mut kind = kind;
        while let Some(Kind::List(item)) = kind {
            kind = Some(*item);
        }
        let fields = match kind {
            Some(Kind::Struct(fields)) => fields,
            _ => &[],
        };
        self.out.push('{');
        let inside = self.out.len();
        let mut first = true;
        let (mut is_password, mut values) = (false, Vec::new());
        let mut more = self.scanner.enter(b'}')?;
        while more {
            let name = self.scanner.name()?;
            self.scanner.colon()?;
            let text = name.text();
            let role = Role::of(&text);
            self.scanner.peek();
            let (value, written) = (self.scanner.mark(), self.out.len());
            let mut known = fields.iter().find(|field| field.name == text).map(|field| field.kind);
            let redaction = match known {
                Some(kind) if is_sensitive(&kind) => Redaction::LeaveOut,
                Some(_) => Redaction::Keep,
                None => self.policy.redaction(self.path.iter().map(AsRef::as_ref), &text),
            };
            if redaction == Redaction::Hash {
                known = Some(Kind::Hashed);
            }
            if redaction == Redaction::LeaveOut {
                self.changed = true;
                self.scanner.skip()?;
            } else {
                if !first {
                    self.out.push(',');
                }
                first = false;
                self.out.push('"');
                self.out.push_str(name.raw);
                self.out.push_str("\":");
                self.path.push(text);
                self.value(known)?;
                self.path.pop();
            }
            match role {
                Role::Type => is_password |= names_password(self.scanner.since(value))?,
                Role::Value => values.push(written..self.out.len()),
                Role::Other => {}
            }
            more = self.scanner.more(b'}')?;
        }
        if is_password && !values.is_empty() {
            self.changed = true;
            values.into_iter().rev().for_each(|value| self.out.replace_range(value, ""));
            if self.out.get(inside..).is_some_and(|rest| rest.starts_with(',')) {
                self.out.remove(inside);
            }
        }
        self.out.push('}');
        Ok(())
    }

    fn list(&mut self, kind: Option<Kind>) -> Result<(), Syntax> {
        // A list where the shape has an object is rejected, but its items are read as that object: rather too much
        // is left out than too little.
        let item = match kind {
            Some(Kind::List(item)) => Some(*item),
            other => other,
        };
        self.out.push('[');
        let mut more = self.scanner.enter(b']')?;
        let mut first = true;
        while more {
            if !first {
                self.out.push(',');
            }
            first = false;
            self.value(item)?;
            more = self.scanner.more(b']')?;
        }
        self.out.push(']');
        Ok(())
    }
}

/// Returns whether nothing of a kind may be kept: it is sensitive, or a list of what is.
pub(crate) fn is_sensitive(kind: &Kind) -> bool {
    match kind {
        Kind::Sensitive => true,
        Kind::List(item) => is_sensitive(item),
        _ => false,
    }
}

/// Returns what a list, or a list of lists, holds; any other kind itself.
fn item(mut kind: Kind) -> Kind {
    while let Kind::List(item) = kind {
        kind = *item;
    }
    kind
}
