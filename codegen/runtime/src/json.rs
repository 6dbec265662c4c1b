//! JSON scanner: one pass over a page's bytes, no tree.
//!
//! Invariant: whichever way a value is read ([`Scanner::skip`], [`Scanner::string`], [`Scanner::number`] …), the same
//! bytes are accepted, so whether a page is valid never depends on the table it is read for. The grammar is JSON's
//! own, with two allowances: raw control characters inside strings, and lone surrogates (read as U+FFFD).

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// Maximum depth of objects and lists inside one another.
pub(crate) const MAX_DEPTH: usize = 128;

/// Syntax error: where the text stops being JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Syntax {
    pub(crate) offset: usize,
    pub(crate) expected: &'static str,
}

/// A string as it is written between its quotes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Str<'a> {
    pub(crate) raw: &'a str,
    // As wide as the other fields: the bytes that fill a struct up would be copied, too, and slowly.
    escapes: usize,
}

impl<'a> Str<'a> {
    #[inline]
    pub(crate) fn is_escaped(self) -> bool {
        self.escapes > 0
    }

    /// Returns the text without escapes.
    #[inline]
    pub(crate) fn text(self) -> Cow<'a, str> {
        if self.is_escaped() {
            let mut out = String::with_capacity(self.raw.len());
            unescape(self.raw, |part| out.push_str(part));
            Cow::Owned(out)
        } else {
            Cow::Borrowed(self.raw)
        }
    }
}

/// A position to go back to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    pos: usize,
    depth: usize,
}

/// Scanner: a position in a text. Reading past its end is a [`Syntax`] error, never a panic.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    pos: usize,
    depth: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, bytes: text.as_bytes(), pos: 0, depth: 0 }
    }

    #[inline]
    pub(crate) fn mark(&self) -> Mark {
        Mark { pos: self.pos, depth: self.depth }
    }

    #[inline]
    pub(crate) fn reset(&mut self, mark: Mark) {
        self.pos = mark.pos;
        self.depth = mark.depth;
    }

    /// Returns the text between a mark and the current position.
    #[inline]
    pub(crate) fn since(&self, mark: Mark) -> &'a str {
        self.text.get(mark.pos..self.pos).unwrap_or_default()
    }

    /// Returns what was not read yet.
    #[inline]
    pub(crate) fn rest(&self) -> &'a str {
        self.text.get(self.pos..).unwrap_or_default()
    }

    /// Skips a value of so many bytes.
    #[inline]
    pub(crate) fn pass(&mut self, bytes: usize) {
        self.pos = self.pos.saturating_add(bytes);
    }

    #[cold]
    pub(crate) fn error(&self, expected: &'static str) -> Syntax {
        Syntax { offset: self.pos.min(self.bytes.len()), expected }
    }

    #[inline]
    fn at(&self, pos: usize) -> u8 {
        // NUL is no token, so it can stand for the end.
        self.bytes.get(pos).copied().unwrap_or(0)
    }

    /// Returns the next byte that is not white space, without consuming it; 0 at the end.
    #[inline]
    pub(crate) fn peek(&mut self) -> u8 {
        loop {
            let byte = self.at(self.pos);
            if byte > b' ' {
                return byte;
            }
            match byte {
                b' ' | b'\n' | b'\r' | b'\t' => self.pos += 1,
                _ => return 0,
            }
        }
    }

    /// Requires that nothing but white space follows.
    pub(crate) fn end(&mut self) -> Result<(), Syntax> {
        self.peek();
        if self.pos < self.bytes.len() { Err(self.error("nothing more")) } else { Ok(()) }
    }

    /// Consumes `{` or `[`, which [`Self::peek`] has shown; returns whether there is something inside.
    #[inline]
    pub(crate) fn enter(&mut self, close: u8) -> Result<bool, Syntax> {
        self.pos += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("at most 128 objects and lists inside one another"));
        }
        if self.peek() == close {
            self.pos += 1;
            self.depth -= 1;
            return Ok(false);
        }
        Ok(true)
    }

    /// Returns, after a value inside an object or list, whether another follows.
    #[inline]
    pub(crate) fn more(&mut self, close: u8) -> Result<bool, Syntax> {
        let byte = self.peek();
        if byte == b',' {
            self.pos += 1;
            Ok(true)
        } else if byte == close {
            self.pos += 1;
            self.depth -= 1;
            Ok(false)
        } else if close == b'}' {
            Err(self.error("`,` or `}`"))
        } else {
            Err(self.error("`,` or `]`"))
        }
    }

    /// Consumes exactly these bytes, if they are next.
    #[inline]
    pub(crate) fn accept(&mut self, bytes: &[u8]) -> bool {
        let found = self.bytes.get(self.pos..self.pos + bytes.len()).is_some_and(|next| is_same(next, bytes));
        if found {
            self.pos += bytes.len();
        }
        found
    }

    /// Consumes the `:` after a property's name.
    #[inline]
    pub(crate) fn colon(&mut self) -> Result<(), Syntax> {
        if self.peek() == b':' {
            self.pos += 1;
            Ok(())
        } else {
            Err(self.error("`:`"))
        }
    }

    /// Reads a property's name.
    #[inline(always)]
    pub(crate) fn name(&mut self) -> Result<Str<'a>, Syntax> {
        if self.peek() == b'"' { self.string() } else { Err(self.error("a property's name in quotes")) }
    }

    /// Reads `true`, `false` or `null`.
    #[inline]
    pub(crate) fn literal(&mut self, word: &'static str) -> Result<(), Syntax> {
        if self.accept(word.as_bytes()) { Ok(()) } else { Err(self.error("a JSON value")) }
    }

    /// Reads a string, whose opening quote [`Self::peek`] has shown.
    // Inlined everywhere, so that what it returns stays in registers: through memory, it is written in halves and read
    // as a whole, for which the processor waits. That took a quarter of the decoder's time.
    #[inline(always)]
    pub(crate) fn string(&mut self) -> Result<Str<'a>, Syntax> {
        let start = self.pos + 1;
        match quote_or_backslash(self.bytes.get(start..).unwrap_or_default()) {
            Some(length) if self.at(start + length) == b'"' => {
                let end = start + length;
                self.pos = end + 1;
                Ok(Str { raw: self.text.get(start..end).unwrap_or_default(), escapes: 0 })
            }
            _ => self.escaped_string(),
        }
    }

    /// Reads a string that may have escapes.
    #[inline(never)]
    fn escaped_string(&mut self) -> Result<Str<'a>, Syntax> {
        let start = self.pos + 1;
        let mut escapes = 0;
        let mut at = start;
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let Some(found) = quote_or_backslash(rest) else {
                self.pos = self.bytes.len();
                return Err(self.error("the end of a string"));
            };
            at += found;
            if self.at(at) == b'"' {
                self.pos = at + 1;
                let raw = self.text.get(start..at).unwrap_or_default();
                return Ok(Str { raw, escapes });
            }
            escapes += 1;
            at = self.escape(at)?;
        }
    }

    /// Checks the escape at a backslash and returns the position after it.
    fn escape(&mut self, at: usize) -> Result<usize, Syntax> {
        match self.at(at + 1) {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(at + 2),
            b'u' if (2..6).all(|i| self.at(at + i).is_ascii_hexdigit()) => Ok(at + 6),
            _ => {
                self.pos = at;
                Err(self.error("an escape that JSON knows"))
            }
        }
    }

    /// Reads a number and returns its text.
    #[inline]
    pub(crate) fn number(&mut self) -> Result<&'a str, Syntax> {
        let start = self.pos;
        let mut at = start;
        if self.at(at) == b'-' {
            at += 1;
        }
        at = match self.at(at) {
            b'0' => at + 1,
            b'1'..=b'9' => self.digits(at),
            _ => {
                self.pos = at;
                return Err(self.error("a JSON value"));
            }
        };
        if self.at(at) == b'.' {
            at = self.some_digits(at + 1)?;
        }
        if matches!(self.at(at), b'e' | b'E') {
            at += 1;
            if matches!(self.at(at), b'+' | b'-') {
                at += 1;
            }
            at = self.some_digits(at)?;
        }
        self.pos = at;
        Ok(self.text.get(start..at).unwrap_or_default())
    }

    #[inline]
    fn digits(&self, mut at: usize) -> usize {
        while self.at(at).is_ascii_digit() {
            at += 1;
        }
        at
    }

    #[inline]
    fn some_digits(&mut self, at: usize) -> Result<usize, Syntax> {
        let end = self.digits(at);
        if end == at {
            self.pos = at;
            return Err(self.error("a digit"));
        }
        Ok(end)
    }

    /// Skips one value, checking its grammar.
    pub(crate) fn skip(&mut self) -> Result<(), Syntax> {
        match self.peek() {
            b'"' => self.string().map(drop),
            b'{' => {
                let mut more = self.enter(b'}')?;
                while more {
                    self.name()?;
                    self.colon()?;
                    self.skip()?;
                    more = self.more(b'}')?;
                }
                Ok(())
            }
            b'[' => {
                let mut more = self.enter(b']')?;
                while more {
                    self.skip()?;
                    more = self.more(b']')?;
                }
                Ok(())
            }
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            _ => self.number().map(drop),
        }
    }

    /// Skips one value and returns its text.
    pub(crate) fn raw(&mut self) -> Result<&'a str, Syntax> {
        self.peek();
        let start = self.mark();
        self.skip()?;
        Ok(self.since(start))
    }
}

/// Finds the first quote or backslash. Most strings of a record are shorter than what a call of memchr costs, so the
/// first bytes are looked at here, eight at a time.
#[inline]
fn quote_or_backslash(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const QUOTES: u64 = ONES * b'"' as u64;
    const SLASHES: u64 = ONES * b'\\' as u64;
    let mut at = 0;
    let (chunks, _) = bytes.as_chunks::<8>();
    for chunk in chunks.iter().take(3) {
        let word = u64::from_le_bytes(*chunk);
        let quote = word ^ QUOTES;
        let slash = word ^ SLASHES;
        let hit = (quote.wrapping_sub(ONES) & !quote | slash.wrapping_sub(ONES) & !slash) & HIGH;
        if hit != 0 {
            return Some(at + (hit.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    memchr2(b'"', b'\\', bytes.get(at..)?).map(|found| at + found)
}

/// Compares short texts of one length, eight bytes at a time: most are names, for which a call costs more.
#[inline]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    const WORD: usize = 8;
    match (one.last_chunk::<WORD>(), other.last_chunk::<WORD>()) {
        (Some(end), Some(other_end)) => {
            let mut words = one.as_chunks::<WORD>().0.iter().zip(other.as_chunks::<WORD>().0);
            end == other_end && words.all(|(word, other)| word == other)
        }
        _ => one.iter().eq(other),
    }
}

/// Passes on the text of a string whose escapes [`Scanner::string`] has checked, part by part. It is never longer than
/// the raw text.
pub(crate) fn unescape(raw: &str, mut part: impl FnMut(&str)) {
    let mut rest = raw;
    while let Some(at) = memchr(b'\\', rest.as_bytes()) {
        let (before, escape) = rest.split_at(at);
        if !before.is_empty() {
            part(before);
        }
        let plain = match escape.as_bytes().get(1) {
            Some(b'b') => "\u{8}",
            Some(b'f') => "\u{c}",
            Some(b'n') => "\n",
            Some(b'r') => "\r",
            Some(b't') => "\t",
            Some(b'u') => {
                let (found, length) = code_point(escape);
                part(found.encode_utf8(&mut [0; 4]));
                rest = escape.get(length..).unwrap_or_default();
                continue;
            }
            _ => escape.get(1..2).unwrap_or_default(),
        };
        part(plain);
        rest = escape.get(2..).unwrap_or_default();
    }
    if !rest.is_empty() {
        part(rest);
    }
}

/// Decodes a `\u` escape to its character and the length of its text: six bytes, or twelve of a surrogate pair.
fn code_point(escape: &str) -> (char, usize) {
    let unit = |from: usize| {
        let is_escape = escape.get(from..from + 2) == Some("\\u");
        let digits = escape.get(from + 2..from + 6).filter(|_| is_escape)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let units = [unit(0).unwrap_or(0xFFFD), unit(6).unwrap_or(0)];
    match char::decode_utf16(units).next() {
        Some(Ok(found)) if found.len_utf16() == 2 => (found, 12),
        Some(Ok(found)) => (found, 6),
        _ => (char::REPLACEMENT_CHARACTER, 6),
    }
}

/// Writes a text as a JSON string, quotes included.
pub(crate) fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                const HEX: [char; 16] =
                    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
                let code = c as usize;
                out.push_str("\\u00");
                out.extend([HEX.get(code >> 4), HEX.get(code & 15)].into_iter().flatten());
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
