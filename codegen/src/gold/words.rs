//! Which names stand in SQL, apart from those that only stand in its text literals and comments.

use sqlparser::dialect::GenericDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

/// SQL as its tokens, without blanks and comments.
pub(super) struct Code(Vec<Token>);

impl Code {
    /// The tokens of some SQL; none of what can't be read, which is a problem elsewhere.
    pub(super) fn of(sql: &str) -> Self {
        let mut tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize().unwrap_or_default();
        tokens.retain(|token| !matches!(token, Token::Whitespace(_)));
        Self(tokens)
    }

    /// Whether a column is mentioned, by a name that no `alias.` stands before.
    pub(super) fn mentions(&self, name: &str) -> bool {
        let before = std::iter::once(None).chain(self.0.iter().map(Some));
        before.zip(&self.0).any(|(before, token)| is_name(token, name) && before != Some(&Token::Period))
    }

    /// Whether a word stands there, not in quotes, in any case.
    pub(super) fn has_bare_word(&self, name: &str) -> bool {
        self.0.iter().any(|token| match token {
            Token::Word(word) => word.quote_style.is_none() && word.value.eq_ignore_ascii_case(name),
            _ => false,
        })
    }

    /// Whether it divides by anything but a number or a NULLIF.
    pub(super) fn divides_by_what_may_be_zero(&self) -> bool {
        self.0.array_windows().any(|[sign, by]| {
            let is_safe = match by {
                Token::Number(text, _) => text.chars().any(|digit| ('1'..='9').contains(&digit)),
                Token::Word(word) => word.value.eq_ignore_ascii_case("NULLIF"),
                _ => false,
            };
            matches!(sign, Token::Div | Token::Mod) && !is_safe
        })
    }

    /// Whether a gold table is read.
    pub(super) fn reads_table(&self, table: &str) -> bool {
        self.0
            .array_windows()
            .any(|[layer, dot, name]| is_name(layer, "gold") && *dot == Token::Period && is_name(name, table))
    }
}

fn is_name(token: &Token, name: &str) -> bool {
    matches!(token, Token::Word(word) if word.value == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mentions(sql: &str, name: &str) -> bool {
        Code::of(sql).mentions(name)
    }

    #[test]
    fn literals_and_comments_are_no_code() {
        for sql in
            ["a = 'price' AND c", "'it''s price' || d", "a -- price\n+ c", "a /* price */ - c", "'a -- b price' + c"]
        {
            assert!(!mentions(sql, "price"), "{sql}");
        }
        for sql in [
            "a = 'b' AND price",
            "'it''s' || price",
            "'' || price",
            "a -- b\n+ price",
            "a - -price",
            "þ = 'ð' AND price",
        ] {
            assert!(mentions(sql, "price"), "{sql}");
        }
        assert!(mentions("þ = 'ð' AND æ", "æ"));
        assert!(!mentions("price = 'never closed", "price"), "it can't be read");
    }

    #[test]
    fn a_name_is_mentioned_as_a_word_of_its_own() {
        assert!(mentions("price * 2", "price"));
        assert!(mentions("a.price + price", "price"));
        assert!(mentions("\"price\" * 2", "price"));
        for other in ["a.price", "prices", "unit_price", "priceÞ", ""] {
            assert!(!mentions(other, "price"), "{other}");
        }
        assert!(!mentions("CASE WHEN x = 'price' THEN 1 END", "price"));
    }

    #[test]
    fn what_may_be_zero_is_no_divisor() {
        let divides = |sql: &str| Code::of(sql).divides_by_what_may_be_zero();
        for sql in ["a / b", "a / (b)", "a / \"b c\"", "a % 0", "1 / 0.0", "a / NULLIF(b, 0) / c", "a / -2"] {
            assert!(divides(sql), "{sql}");
        }
        for sql in ["a / NULLIF(b, 0)", "a / 100 * b", "a / nullif(b, 0) / 0.5", "'a / b'", "a -- / b"] {
            assert!(!divides(sql), "{sql}");
        }
        assert!(Code::of("sum(a)").has_bare_word("SUM") && !Code::of("\"SUM\" + 'sum'").has_bare_word("SUM"));
    }

    #[test]
    fn a_table_is_read_by_its_whole_name() {
        assert!(Code::of("FROM gold.dimpart AS p").reads_table("dimpart"));
        assert!(!Code::of("FROM gold.dimparts AS p").reads_table("dimpart"));
        assert!(!Code::of("SELECT 1 -- as gold.dimpart has it").reads_table("dimpart"));
    }
}
