//! Parser: recursive descent, in which `or` binds loosest, then `and`, then `not`.

use super::condition::{Condition, Literal, Name, Operator};
use super::lexer::{ParseError, Token, tokens};
use chrono::{DateTime, Utc};

const VALUE: &str = "expected a value: \"text\", a number, [2026-01-31T12:00:00Z], 7d (ago), true, false or null";

/// How deep parentheses and `not` may nest.
const MAX_DEPTH: usize = 64;

impl Condition {
    /// Parses a condition. A time may be written as an age before `now`: `90min`, `12h`, `7d`, `2w`.
    ///
    /// # Errors
    /// [`ParseError`] with the position and what was expected there.
    pub fn parse(text: &str, now: DateTime<Utc>) -> Result<Self, ParseError> {
        let mut parser = Parser { text, tokens: tokens(text, now)?, next: 0, depth: 0 };
        let condition = parser.alternatives()?;
        match parser.peek() {
            None => Ok(condition),
            Some(_) => Err(parser.wrong("expected and, or, or the end")),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(Token, usize)>,
    next: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(token, _)| token)
    }

    fn wrong(&self, expected: &str) -> ParseError {
        let at = self.tokens.get(self.next).map_or(self.text.len(), |(_, at)| *at);
        ParseError::new(self.text, at, expected)
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        self.next += usize::from(found);
        found
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(other)) if *other == sign);
        self.next += usize::from(found);
        found
    }

    fn alternatives(&mut self) -> Result<Condition, ParseError> {
        let first = self.conjunction()?;
        let mut parts = vec![first];
        while self.keyword("or") {
            parts.push(self.conjunction()?);
        }
        Ok(if parts.len() > 1 { Condition::Or(parts) } else { parts.remove(0) })
    }

    fn conjunction(&mut self) -> Result<Condition, ParseError> {
        let first = self.negation()?;
        let mut parts = vec![first];
        while self.keyword("and") {
            parts.push(self.negation()?);
        }
        Ok(if parts.len() > 1 { Condition::And(parts) } else { parts.remove(0) })
    }

    fn negation(&mut self) -> Result<Condition, ParseError> {
        if self.depth >= MAX_DEPTH {
            return Err(self.wrong("parentheses and not are nested too deep here"));
        }
        self.depth += 1;
        let condition = if self.keyword("not") {
            self.negation()?.negate()
        } else if self.sign("(") {
            let inner = self.alternatives()?;
            if !self.sign(")") {
                return Err(self.wrong("expected and, or, or a closing )"));
            }
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn comparison(&mut self) -> Result<Condition, ParseError> {
        const NAME: &str = "expected a property's name, as status or company/name";
        let name = match self.peek() {
            Some(Token::Word(word)) => Name::new(word).map_err(|_| self.wrong(NAME))?,
            _ => return Err(self.wrong(NAME)),
        };
        self.next += 1;
        let negated = self.keyword("not");
        if self.keyword("in") {
            let values = self.list()?;
            let condition = Condition::In(name, values);
            return Ok(if negated { condition.negate() } else { condition });
        }
        let operator = match self.peek() {
            Some(Token::Sign(sign)) if !negated => operator_of(sign),
            Some(Token::Word(word)) => operator_of(&word.to_ascii_lowercase()),
            _ => None,
        };
        let Some(operator) = operator else {
            return Err(self.wrong(if negated {
                "expected contains, like or in"
            } else {
                "expected =, !=, <, <=, >, >=, contains, like, in or not"
            }));
        };
        self.next += 1;
        let at = self.next;
        let value = self.value()?;
        if matches!(operator, Operator::Contains | Operator::Like) && !matches!(value, Literal::Text(_)) {
            self.next = at;
            return Err(self.wrong("expected a text in double quotes"));
        }
        let condition = Condition::Compare(name, operator, value);
        Ok(if negated { condition.negate() } else { condition })
    }

    fn list(&mut self) -> Result<Vec<Literal>, ParseError> {
        if !self.sign("(") {
            return Err(self.wrong("expected ( and the values"));
        }
        let first = self.value()?;
        let mut values = vec![first];
        while self.sign(",") {
            values.push(self.value()?);
        }
        if !self.sign(")") {
            return Err(self.wrong("expected , and another value, or a closing )"));
        }
        Ok(values)
    }

    fn value(&mut self) -> Result<Literal, ParseError> {
        let value = match self.peek() {
            Some(Token::Value(value)) => value.clone(),
            Some(Token::Word(word)) => match word.to_ascii_lowercase().as_str() {
                "true" => Literal::Boolean(true),
                "false" => Literal::Boolean(false),
                "null" => Literal::Null,
                _ => return Err(self.wrong(VALUE)),
            },
            _ => return Err(self.wrong(VALUE)),
        };
        self.next += 1;
        Ok(value)
    }
}

fn operator_of(text: &str) -> Option<Operator> {
    Operator::ALL.iter().find(|(name, _)| *name == text).map(|(_, operator)| *operator)
}
