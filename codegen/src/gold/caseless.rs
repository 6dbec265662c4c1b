use unicode_normalization::UnicodeNormalization as _;

/// A name as it is looked up: NFC, trimmed, without a `:` at its end, in lower case.
pub fn fold_name(name: &str) -> String {
    let name: String = name.nfc().collect();
    let name = name.trim();
    name.strip_suffix(':').unwrap_or(name).trim_end().to_lowercase()
}

/// A text as it is matched: in NFC and without regard to case. A letter and its capital form are one, and so are what
/// else has that capital form (`ς`, `ſ`), the four i (`i`, `ı`, `I`, `İ`), and `ß` and `ss`.
pub fn caseless(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.nfd() {
        match letter {
            'ß' | 'ẞ' => folded.push_str("ss"),
            // The dot that an `i` has anyway.
            '\u{307}' if folded.ends_with('i') => {}
            // A mark whose capital form is a letter.
            '\u{345}' => folded.push(letter),
            letter => {
                let small = one(letter.to_lowercase()).unwrap_or(letter);
                let capital = one(small.to_uppercase()).unwrap_or(small);
                folded.push(one(capital.to_lowercase()).unwrap_or(small));
            }
        }
    }
    folded.nfc().collect()
}

/// The only one of some letters.
fn one(mut letters: impl ExactSizeIterator<Item = char>) -> Option<char> {
    letters.next().filter(|_| letters.len() == 0)
}
