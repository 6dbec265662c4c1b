//! Environment variables: how their values are read and checked.
//!
//! Invariant: an empty variable counts as not set; a value that can't be meant as it stands must be refused by the
//! variable's name, and never ignored.

/// The problems of environment variables, by their names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub(crate) String);

/// The value of one variable, trimmed; `None` where it is not set, or empty.
///
/// # Errors
/// What is wrong with it, by its name.
pub fn variable(name: &str) -> Result<Option<String>, SettingsError> {
    text_of(name).and_then(|text| given(name, text)).map_err(SettingsError)
}

/// The text of a variable as it is.
pub(super) fn text_of(name: &str) -> Result<Option<String>, String> {
    let value = std::env::var_os(name).map(|value| value.into_string());
    value.transpose().map_err(|_| format!("{name} is no text in UTF-8"))
}

/// Returns the trimmed value; `None` where it is empty, and an error where it is in quotes.
pub(super) fn given(name: &str, text: Option<String>) -> Result<Option<String>, String> {
    let Some(text) = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) else { return Ok(None) };
    match quote_around(&text) {
        Some(quote) => Err(format!(
            "{name} begins and ends with a quote ({quote}), which is a part of the value where no shell takes it \
             away: leave the quotes out"
        )),
        None => Ok(Some(text)),
    }
}

/// The quote that a text begins and ends with.
pub fn quote_around(text: &str) -> Option<char> {
    let mut letters = text.chars();
    let first = letters.next()?;
    (matches!(first, '"' | '\'') && letters.next_back() == Some(first)).then_some(first)
}

/// Reads a text file in UTF-8, with or without a byte order mark, or in UTF-16 with one, as Windows writes it.
pub(super) fn read_text(path: &str) -> std::io::Result<String> {
    let bytes = std::fs::read(path)?;
    let wide = |read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| read([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok()
    };
    let text = match &bytes[..] {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => std::str::from_utf8(rest).ok().map(str::to_owned),
        all => std::str::from_utf8(all).ok().map(str::to_owned),
    };
    text.ok_or_else(|| std::io::Error::new(std::io::ErrorKind::InvalidData, "it is no text in UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_around_a_value_are_refused_and_none_in_it() {
        for quoted in ["\"x\"", "'x'", "\"\"", "''", " \"a b\" "] {
            let refused = given("CW_X", Some(quoted.to_owned())).unwrap_err();
            assert!(refused.contains("CW_X") && refused.contains("quote"), "{refused}");
        }
        for (text, value) in [("\"", Some("\"")), ("a\"b", Some("a\"b")), ("'a\"", Some("'a\"")), ("  ", None)] {
            assert_eq!(given("CW_X", Some(text.to_owned())), Ok(value.map(str::to_owned)));
        }
    }

    #[test]
    fn a_mark_at_the_start_of_a_file_is_no_part_of_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let text = "s3cret-þ";
        let wide = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(bytes).collect()
        };
        for bytes in [
            text.as_bytes().to_vec(),
            format!("\u{feff}{text}").into_bytes(),
            wide(u16::to_le_bytes),
            wide(u16::to_be_bytes),
        ] {
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(read_text(path.to_str().unwrap()).unwrap(), text, "{bytes:?}");
        }
        std::fs::write(&path, [0xff, 0x41]).unwrap();
        assert!(read_text(path.to_str().unwrap()).is_err());
    }
}
