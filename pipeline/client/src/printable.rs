//! Printable text: escapes control characters before a text goes to a screen or a log.
//!
//! Control characters, and the marks that change the direction of writing, are escaped as in JSON (`\n`, `\u001b`), so
//! that a JSON document stays the same document.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Escapes a text into one line.
pub fn one_line(text: &str) -> Cow<'_, str> {
    spelled_out(text, |_| false)
}

/// Escapes a text and keeps its line breaks.
pub fn lines(text: &str) -> Cow<'_, str> {
    spelled_out(text, |letter| letter == '\n')
}

fn spelled_out(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let is_odd = |letter: char| is_odd(letter) && !stays(letter);
    if !text.contains(is_odd) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            letter if !is_odd(letter) => shown.push(letter),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            // Writing to a `String` can't fail.
            other => _ = write!(shown, "\\u{:04x}", u32::from(other)),
        }
    }
    Cow::Owned(shown)
}

/// Whether a character controls the screen instead of being shown on it.
fn is_odd(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A writer to a screen: passes on line breaks and tabs, and escapes other control characters.
pub struct Screen<W> {
    out: W,
    /// Whether [`HALF`] came last: it is held back until the byte after it is known.
    half: bool,
}

/// The first of the two UTF-8 bytes of U+0080 to U+009F.
const HALF: u8 = 0xc2;

impl<W> Screen<W> {
    /// Wraps the writer of a screen.
    pub fn new(out: W) -> Self {
        Self { out, half: false }
    }
}

impl<W: std::io::Write> std::io::Write for Screen<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut shown = Vec::with_capacity(bytes.len());
        for byte in bytes {
            if std::mem::take(&mut self.half) {
                if matches!(byte, 0x80..=0x9f) {
                    write!(shown, "\\u{byte:04x}")?;
                    continue;
                }
                shown.push(HALF);
            }
            match byte {
                &HALF => self.half = true,
                b'\n' | b'\t' => shown.push(*byte),
                0..=0x1f | 0x7f => write!(shown, "\\u{byte:04x}")?,
                _ => shown.push(*byte),
            }
        }
        self.out.write_all(&shown)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn what_moves_the_cursor_is_spelled_out_and_letters_are_not() {
        for (text, shown) in [
            ("Þór – 日本 👍", "Þór – 日本 👍"),
            ("a\r\nb\tc", r"a\r\nb\tc"),
            ("\0\u{1b}[31mred\u{9b}2J\u{7f}", r"\u0000\u001b[31mred\u009b2J\u007f"),
            ("abc\u{202e}cba\u{2066}\u{2028}", r"abc\u202ecba\u2066\u2028"),
        ] {
            assert_eq!(one_line(text), shown);
        }
        assert_eq!(lines("a\nb\rc"), "a\nb\\rc");
        let document = "{\n  \"a\": \"x\u{9b}y\"\n}";
        let same: serde_json::Value = serde_json::from_str(&lines(document)).unwrap();
        assert_eq!(same["a"], "x\u{9b}y");
    }

    #[test]
    fn a_screen_gets_no_control_characters_however_the_bytes_come() {
        let text = "a,\"b\u{1b}[2J\"\tÂ«\u{9b}é\r\n";
        let wanted = "a,\"b\\u001b[2J\"\tÂ«\\u009bé\\u000d\n";
        for size in 1..text.len() {
            let mut screen = Screen::new(Vec::new());
            for part in text.as_bytes().chunks(size) {
                screen.write_all(part).unwrap();
            }
            assert_eq!(String::from_utf8(screen.out).unwrap(), wanted, "{size}");
        }
    }
}
