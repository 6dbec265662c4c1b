//! A pattern of the agreement rules as a regular expression of Spark's, which can't normalise.
//!
//! The expression is over the name in lower case. A letter matches in each of the ways in which it can be written
//! ([`caseless`] gives them all the same text), and the last one is not followed by a mark that would make it another
//! letter. (Several marks stacked on a pattern's last letter are beyond it.) What is no letter, digit or space stands
//! there by its number, so that nothing has a meaning of its own, in the expression or in the SQL around it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::iter::once;
use std::sync::LazyLock;

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

use super::caseless::caseless;

/// SQL for whether a name holds one of some patterns, which are as [`caseless`] gives them.
pub(super) fn holds(name: &str, patterns: &[String]) -> String {
    let mut name = format!("lower({name})");
    if patterns.iter().any(|pattern| pattern.starts_with('s') || pattern.ends_with('s') || pattern.contains("ss")) {
        name = format!("replace({name}, 'ß', 'ss')");
    }
    let patterns: Vec<String> = patterns.iter().map(|pattern| regex(pattern)).collect();
    // Spark reads backslashes in a string as escapes.
    format!("regexp_like({name}, '{}')", patterns.join("|").replace('\\', r"\\"))
}

/// The expression of one pattern.
fn regex(pattern: &str) -> String {
    let mut regex = String::new();
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        let mut whole = String::from(letter);
        while let Some(mark) = letters.next_if(|next| canonical_combining_class(*next) != 0) {
            whole.push(mark);
        }
        let ways = ways(&whole);
        if ways.len() == 1 {
            regex.extend(ways);
        } else {
            let _ = write!(regex, "(?:{})", ways.join("|"));
        }
    }
    let last = pattern.chars().next_back();
    let changing: Vec<char> =
        AFTER.iter().copied().filter(|mark| last.is_some_and(|last| changes(last, *mark))).collect();
    if !changing.is_empty() {
        let _ = write!(regex, "(?:[^{}]|$)", ranges(&changing));
    }
    regex
}

/// What is written in more than one way, in lower case: by its text in [`caseless`] and in NFD, the single letters.
static SINGLE: LazyLock<BTreeMap<String, Vec<char>>> = LazyLock::new(|| {
    let mut found: BTreeMap<String, Vec<char>> = BTreeMap::new();
    for letter in every().filter(|letter| letter.to_lowercase().eq([*letter]) && *letter != 'ß') {
        let folded: String = caseless(letter.encode_utf8(&mut [0; 4])).nfd().collect();
        if !folded.chars().eq([letter]) {
            found.entry(folded).or_default().push(letter);
        }
    }
    found
});

/// What may change the letter that it stands after.
static AFTER: LazyLock<Vec<char>> =
    LazyLock::new(|| every().filter(|c| is_nfc_quick(once(*c)) != IsNormalized::Yes).collect());

/// All letters up to the last that can be decomposed.
fn every() -> impl Iterator<Item = char> {
    '\0'..='\u{2fa1d}'
}

/// Whether a letter becomes another one by what stands after it, or is an `i` that takes a dot of its own.
fn changes(letter: char, after: char) -> bool {
    let apart = once(letter).chain(once(after).nfc());
    (letter, after) == ('i', '\u{307}') || !once(letter).chain(once(after)).nfc().eq(apart)
}

/// The ways in which a letter with its marks can be written, each as an expression.
fn ways(whole: &str) -> Vec<String> {
    let letters: Vec<char> = whole.nfd().collect();
    let mut ways = Vec::new();
    for order in orders(&letters) {
        for together in (1..=order.len()).rev() {
            let (first, marks) = order.split_at(together);
            let Some(mut way) = single(first) else { continue };
            // The dots that `caseless` drops.
            if first == ['i'] {
                way.push_str(r"\x{307}*");
            }
            way.extend(marks.iter().filter_map(|mark| single(&[*mark])));
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
    }
    ways
}

/// The orders in which a letter's marks can stand and mean the same: those of one class keep theirs.
fn orders(letters: &[char]) -> BTreeSet<Vec<char>> {
    let class = |letter: &char| canonical_combining_class(*letter);
    let mut found = BTreeSet::from([letters.to_vec()]);
    // More marks than any letter of a language has are taken in the usual order alone.
    let mut open = if letters.len() > 4 { Vec::new() } else { vec![letters.to_vec()] };
    while let Some(order) = open.pop() {
        for at in 1..order.len().saturating_sub(1) {
            let mut other = order.clone();
            other.swap(at, at + 1);
            let apart = order.get(at).map(class) != order.get(at + 1).map(class);
            if apart && other.iter().skip(1).all(|mark| class(mark) != 0) && found.insert(other.clone()) {
                open.push(other);
            }
        }
    }
    found
}

/// What stands for some letters as one.
fn single(letters: &[char]) -> Option<String> {
    let text: String = letters.iter().collect();
    let mut found: Vec<char> = SINGLE.get(&text).cloned().unwrap_or_default();
    if let [only] = letters {
        found.insert(0, *only);
    }
    match found.as_slice() {
        [] => None,
        [only] => Some(plain(*only)),
        several => Some(format!("[{}]", several.iter().copied().map(plain).collect::<String>())),
    }
}

/// A letter, digit or space as it is, anything else by its number.
fn plain(letter: char) -> String {
    if letter == ' ' || (letter.is_alphanumeric() && canonical_combining_class(letter) == 0) {
        String::from(letter)
    } else {
        numbered(letter)
    }
}

fn numbered(letter: char) -> String {
    format!(r"\x{{{:x}}}", u32::from(letter))
}

/// Letters in ascending order, by their numbers, as what stands between the brackets of a class.
fn ranges(letters: &[char]) -> String {
    let follows = |a: &char, b: &char| u32::from(*a) + 1 == u32::from(*b);
    let runs = letters.chunk_by(follows).map(|run| match run {
        [first, .., last] if run.len() > 2 => format!("{}-{}", numbered(*first), numbered(*last)),
        run => run.iter().copied().map(numbered).collect(),
    });
    runs.collect()
}

#[cfg(test)]
mod tests {
    use super::super::caseless::fold_name;
    use super::*;
    use proptest::prelude::*;
    use regex::Regex;

    /// A pattern as Rust and as Spark look for it.
    struct Pattern {
        folded: String,
        sql: String,
        regex: Regex,
    }

    impl Pattern {
        fn new(pattern: &str) -> Self {
            let folded = caseless(&fold_name(pattern));
            let sql = holds("n", std::slice::from_ref(&folded));
            let (_, literal) = sql.rsplit_once(", '").unwrap();
            let literal = literal.strip_suffix("')").unwrap().replace(r"\\", r"\");
            assert!(!literal.contains('\''), "{sql}");
            let regex = Regex::new(&literal).unwrap();
            Self { folded, sql, regex }
        }

        /// Whether a name holds it: Spark takes it in lower case, with `ß` in two letters where the SQL says so.
        #[track_caller]
        fn is_in(&self, name: &str) -> bool {
            let held = caseless(&fold_name(name)).contains(&self.folded);
            let lower = name.to_lowercase();
            let lower = match self.sql.as_str() {
                sql if sql.starts_with("regexp_like(lower(n), '") => lower,
                sql if sql.starts_with("regexp_like(replace(lower(n), 'ß', 'ss'), '") => lower.replace('ß', "ss"),
                sql => panic!("{sql}"),
            };
            assert_eq!(self.regex.is_match(&lower), held, "{name:?}: {}", self.sql);
            held
        }
    }

    #[test]
    fn every_letter_is_one_with_its_other_forms() {
        for letter in every().filter(|letter| *letter != '\u{345}') {
            let text = String::from(letter);
            let folded = caseless(&text);
            assert_eq!(caseless(&text.to_lowercase()), folded, "{letter:?} in lower case");
            if letter.to_uppercase().len() == 1 || letter == 'ß' {
                assert_eq!(caseless(&text.to_uppercase()), folded, "{letter:?} in upper case");
            }
            assert_eq!(caseless(&text.nfd().collect::<String>()), folded, "{letter:?} decomposed");
            assert_eq!(caseless(&folded), folded, "{letter:?} twice");
        }
    }

    const TEXTS: &str = "T&M¦24/7¦User-Based¦Hosting/Cloud Services¦C++ (old)¦'gæði'¦100%¦a_b¦a\\b¦\\¦\"x\"¦[a-z]¦a.b¦^a$¦a|b¦\
        a{2}¦#1¦$5¦~¦`¦a  b¦Þ¦ÖRYGGI¦İstanbul¦ışık¦Straße¦ss¦ẞ¦ſ¦ΟΔΟΣ¦ǰ¦Việt Nam¦Å¦\u{212b}¦\u{212a}g¦≠¦a=¦한국¦ё¦日本¦🦀¦x\u{301}";

    #[test]
    fn any_text_is_found_in_any_form_and_its_neighbours_are_not() {
        let texts: Vec<&str> = TEXTS.split('¦').collect();
        for text in &texts {
            let pattern = Pattern::new(text);
            for form in [(*text).to_owned(), text.to_lowercase(), text.to_uppercase()] {
                for form in [form.clone(), form.nfd().collect(), form.nfc().collect()] {
                    assert!(pattern.is_in(&form), "{text:?} in {form:?}");
                    assert!(pattern.is_in(&format!(" {form} :\u{a0}")), "{text:?} in {form:?} with a colon");
                    assert!(pattern.is_in(&format!("x{form}y: 5")), "{text:?} inside of {form:?}");
                }
            }
            texts.iter().filter(|other| *other != text).for_each(|other| {
                pattern.is_in(other);
            });
        }
        let cases = "a.b-axb a_b-axb 100%-1000 a|b-a a-á a-a\u{301} c++-cc istan-i\u{323}stan =-≠ =-=\u{338} ó-o ó-ọ\u{301} 가-각 한-하";
        for (pattern, name) in cases.split(' ').filter_map(|case| case.split_once('-')) {
            assert!(!Pattern::new(pattern).is_in(name), "{pattern:?} in {name:?}");
        }
        for (pattern, name) in
            [("straße", "STRASSE"), ("strasse", "Straße"), ("istanbul", "İSTANBUL"), ("İ", "ı"), ("s", "ß")]
        {
            assert!(Pattern::new(pattern).is_in(name), "{pattern:?} in {name:?}");
        }
    }

    const LETTERS: &str = "a¦á¦A¦Á¦a\u{301}¦i¦ı¦I¦İ¦i\u{307}¦í¦s¦S¦ß¦ẞ¦ſ¦ss¦σ¦Σ¦ς¦k¦\u{212a}¦å¦\u{212b}¦ệ¦e\u{302}\u{323}¦e¦þ¦Þ¦&¦+¦(¦'¦\\¦\
        %¦_¦ ¦:¦.¦1";

    fn text() -> impl Strategy<Value = String> {
        let letter = proptest::sample::select(LETTERS.split('¦').collect::<Vec<_>>());
        proptest::collection::vec(letter, 0..5).prop_map(|letters| letters.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn rust_and_spark_say_the_same(text in text(), names in proptest::collection::vec(text(), 30)) {
            let folded = crate::gold::rules::fold(&text);
            if !folded.is_empty() {
                let pattern = Pattern::new(&folded);
                for name in names {
                    pattern.is_in(&name);
                    prop_assert!(pattern.is_in(&format!("{name} {text} {name}")), "{text:?} {name:?}");
                }
            }
        }
    }
}
