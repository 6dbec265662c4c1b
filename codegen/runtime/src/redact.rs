//! Leaving sensitive properties out of JSON text.
//!
//! Invariant: what comes out holds no property that the shape marks as [`Kind::Sensitive`], and none outside the shape
//! that is named like one of the table's sensitive properties, at any depth. Names outside the shape are compared
//! without regard to case.

use std::borrow::Cow;

use crate::error::DecodeError;
use crate::json::{Scanner, Syntax};
use crate::shape::{Field, Kind, Table};

/// A record's JSON text without what the table calls sensitive; borrowed, byte by byte as it stands, where it holds
/// nothing of that.
///
/// # Errors
/// [`DecodeError::Syntax`] where the text is no JSON.
pub fn redact<'a>(table: &'static Table, raw: &'a str) -> Result<Cow<'a, str>, DecodeError> {
    Sensitive::new(table).record(raw).map_err(|Syntax { offset, expected }| DecodeError::Syntax {
        offset,
        length: raw.len(),
        expected,
    })
}

/// What a table must not keep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sensitive {
    names: &'static [&'static str],
    shape: &'static [Field],
    /// The shape has sensitive properties, or the table names some.
    any: bool,
}

impl Sensitive {
    pub(crate) fn new(table: &'static Table) -> Self {
        let any = !table.sensitive.is_empty() || table.shape.iter().any(|field| has_sensitive(&field.kind));
        Self { names: table.sensitive, shape: table.shape, any }
    }

    /// Whether anything of a record can be sensitive.
    pub(crate) fn any(&self) -> bool {
        self.any
    }

    /// Whether the table names a property that the shape may not know.
    #[inline]
    pub(crate) fn has_names(&self) -> bool {
        !self.names.is_empty()
    }

    /// Whether a property outside the shape counts as sensitive. `parents` are the names above it, without the
    /// indexes of lists.
    pub(crate) fn is_named<'p>(&self, parents: impl DoubleEndedIterator<Item = &'p str> + Clone, name: &str) -> bool {
        self.names.iter().any(|entry| {
            let mut parts = entry.rsplit('/');
            let same_name = parts.next().is_some_and(|part| part.eq_ignore_ascii_case(name));
            let nested = entry.contains('/');
            same_name && (!nested || parts.map(str::to_lowercase).eq(parents.clone().rev().map(str::to_lowercase)))
        })
    }

    /// A whole record (or what stands in its place) without its sensitive properties; as it stands where it has none.
    pub(crate) fn record<'a>(&self, raw: &'a str) -> Result<Cow<'a, str>, Syntax> {
        if self.any { self.value(raw, Some(Kind::Struct(self.shape)), Vec::new()) } else { Ok(Cow::Borrowed(raw)) }
    }

    /// The same for a value outside the shape. `parents` are the names above it and its own.
    pub(crate) fn outside<'a>(&self, raw: &'a str, parents: Vec<String>) -> Result<Cow<'a, str>, Syntax> {
        if self.has_names() && raw.starts_with(['{', '[']) {
            return self.value(raw, None, parents.into_iter().map(Cow::Owned).collect());
        }
        Ok(Cow::Borrowed(raw))
    }

    fn value<'a>(&self, raw: &'a str, kind: Option<Kind>, path: Vec<Cow<'a, str>>) -> Result<Cow<'a, str>, Syntax> {
        let (scanner, out) = (Scanner::new(raw), String::with_capacity(raw.len()));
        let mut copy = Copy { sensitive: *self, scanner, path, out, left_out: false };
        copy.value(kind)?;
        Ok(if copy.left_out { Cow::Owned(copy.out) } else { Cow::Borrowed(raw) })
    }
}

fn has_sensitive(kind: &Kind) -> bool {
    match kind {
        Kind::Sensitive => true,
        Kind::Struct(fields) => fields.iter().any(|field| has_sensitive(&field.kind)),
        Kind::List(item) => has_sensitive(item),
        _ => false,
    }
}

/// A copy in the making: names, strings and numbers as they stand, white space between them left out.
struct Copy<'a> {
    sensitive: Sensitive,
    scanner: Scanner<'a>,
    path: Vec<Cow<'a, str>>,
    out: String,
    left_out: bool,
}

impl Copy<'_> {
    fn value(&mut self, kind: Option<Kind>) -> Result<(), Syntax> {
        match self.scanner.peek() {
            b'{' => self.object(kind),
            b'[' => self.list(kind),
            _ => {
                self.out.push_str(self.scanner.raw()?);
                Ok(())
            }
        }
    }

    fn object(&mut self, kind: Option<Kind>) -> Result<(), Syntax> {
        // An object where the shape has a list of them is a misfit, but its properties are the same.
        let mut kind = kind;
        while let Some(Kind::List(item)) = kind {
            kind = Some(*item);
        }
        let fields = match kind {
            Some(Kind::Struct(fields)) => fields,
            _ => &[],
        };
        self.out.push('{');
        let mut first = true;
        let mut more = self.scanner.enter(b'}')?;
        while more {
            let name = self.scanner.name()?;
            self.scanner.colon()?;
            let text = name.text();
            let known = fields.iter().find(|field| field.name == text).map(|field| field.kind);
            let leave_out = match known {
                Some(kind) => is_sensitive(&kind),
                None => self.sensitive.is_named(self.path.iter().map(AsRef::as_ref), &text),
            };
            if leave_out {
                self.left_out = true;
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
            more = self.scanner.more(b'}')?;
        }
        self.out.push('}');
        Ok(())
    }

    fn list(&mut self, kind: Option<Kind>) -> Result<(), Syntax> {
        // A list where the shape has an object is a misfit, but its items are read as that object: rather too much
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

/// Whether nothing of a kind may be kept: it is sensitive, or a list of what is.
pub(crate) fn is_sensitive(kind: &Kind) -> bool {
    match kind {
        Kind::Sensitive => true,
        Kind::List(item) => is_sensitive(item),
        _ => false,
    }
}
