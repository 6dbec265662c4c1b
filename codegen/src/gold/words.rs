//! Which names stand in SQL, apart from those that only stand in its text literals and comments.

/// The SQL with a blank for every text literal and every comment.
pub(super) fn code(sql: &str) -> String {
    let mut code = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let skipped = match first {
            '\'' => literal(rest),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            _ => 0,
        };
        if skipped == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            code.push(' ');
            rest = &rest[skipped..];
        }
    }
    code
}

/// The length of the text literal at the beginning; two quotes in it stand for one.
fn literal(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\'' if letters.peek().is_some_and(|(_, next)| *next == '\'') => {
                letters.next();
            }
            '\'' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Whether code mentions a column, as a word of its own that no `alias.` stands before.
pub(super) fn mentions(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + name.len()..].chars().next();
        !before.is_some_and(|c| is_word(c) || c == '.') && !after.is_some_and(is_word)
    })
}

/// Whether code reads a gold table.
pub(super) fn reads_table(code: &str, table: &str) -> bool {
    let name = format!("gold.{table}");
    code.match_indices(&name).any(|(at, _)| !code[at + name.len()..].chars().next().is_some_and(is_word))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_comments_are_no_code() {
        for (sql, wanted) in [
            ("a = 'b' AND c", "a =   AND c"),
            ("'it''s' || d", "  || d"),
            ("'' || d", "  || d"),
            ("a -- b\n+ c", "a  \n+ c"),
            ("a /* b */ - c", "a   - c"),
            ("a - -b", "a - -b"),
            ("'a -- b' + c", "  + c"),
            ("'never closed", " "),
            ("þ = 'ð' AND æ", "þ =   AND æ"),
        ] {
            assert_eq!(code(sql), wanted, "{sql}");
        }
    }

    #[test]
    fn a_name_is_mentioned_as_a_word_of_its_own() {
        assert!(mentions("price * 2", "price"));
        assert!(mentions("a.price + price", "price"));
        assert!(mentions("\"price\" * 2", "price"));
        for other in ["a.price", "prices", "unit_price", "priceÞ", ""] {
            assert!(!mentions(other, "price"), "{other}");
        }
        assert!(!mentions(&code("CASE WHEN x = 'price' THEN 1 END"), "price"));
    }

    #[test]
    fn a_table_is_read_by_its_whole_name() {
        assert!(reads_table("FROM gold.dimpart AS p", "dimpart"));
        assert!(!reads_table("FROM gold.dimparts AS p", "dimpart"));
        assert!(!reads_table(&code("SELECT 1 -- as gold.dimpart has it"), "dimpart"));
    }
}
