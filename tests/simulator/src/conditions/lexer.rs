//! Splits a condition into words, strings, numbers, times and signs.

use crate::instant;

use super::{ConditionError, Literal};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name or a keyword.
    Word(String),
    Literal(Literal),
    Sign(&'static str),
}

const SIGNS: [&str; 9] = ["!=", "<=", ">=", "=", "<", ">", "(", ")", ","];

fn syntax(message: impl Into<String>, at: usize) -> ConditionError {
    ConditionError::Syntax { message: message.into(), at }
}

/// The tokens with the places they start at.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, usize)>, ConditionError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        if next.is_whitespace() {
            at += next.len_utf8();
            continue;
        }
        let (token, length) = if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            (Token::Sign(sign), sign.len())
        } else if next == '"' || next == '\'' {
            let (value, length) = string(rest, next).ok_or_else(|| syntax("string without an end", at))?;
            (Token::Literal(Literal::Text(value)), length)
        } else if next == '[' {
            let inside = rest[1..].split_once(']').map(|(inside, _)| inside);
            let inside = inside.ok_or_else(|| syntax("date without an end", at))?;
            let time = instant::parse(inside).ok_or_else(|| syntax(format!("[{inside}] is no date"), at))?;
            (Token::Literal(Literal::Time(time)), inside.len() + 2)
        } else if next.is_ascii_digit() || matches!(next, '-' | '.') {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.')));
            let number = &rest[..end.unwrap_or(rest.len())];
            let value = number.parse().map_err(|_| syntax(format!("{number} is no number"), at))?;
            (Token::Literal(Literal::Number(value)), number.len())
        } else if next.is_alphabetic() || next == '_' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '/' | '.')));
            let word = &rest[..end.unwrap_or(rest.len())];
            (Token::Word(word.to_owned()), word.len())
        } else {
            return Err(syntax(format!("unexpected {next}"), at));
        };
        found.push((token, at));
        at += length;
    }
    Ok(found)
}

/// A quoted string and its length with the quotes. A quote inside is doubled or comes after a backslash.
fn string(text: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map(|(_, next)| *next);
        if letter == '\\' && matches!(next, Some('"' | '\'' | '\\')) {
            value.extend(letters.next().map(|(_, letter)| letter));
        } else if letter == quote {
            if next != Some(quote) {
                return Some((value, at + quote.len_utf8()));
            }
            letters.next();
            value.push(quote);
        } else {
            value.push(letter);
        }
    }
    None
}
