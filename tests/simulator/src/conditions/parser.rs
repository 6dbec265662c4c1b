//! A recursive-descent parser: `or` binds loosest, then `and`, then `not`.

use super::lexer::Token;
use super::{ConditionError, Expression, Literal, Name, Operator, Scope};

/// How deep parentheses and `not` may nest.
const MAX_DEPTH: usize = 64;

pub(super) struct Parser {
    tokens: Vec<(Token, usize)>,
    at: usize,
    scope: Scope,
    depth: usize,
}

impl Parser {
    pub(super) fn new(tokens: Vec<(Token, usize)>, scope: Scope) -> Self {
        Self { tokens, at: 0, scope, depth: 0 }
    }

    pub(super) fn parse(mut self) -> Result<Expression, ConditionError> {
        let expression = self.alternatives()?;
        match self.peek() {
            None => Ok(expression),
            Some(_) => Err(self.expected("and, or, or the end")),
        }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn expected(&self, what: &str) -> ConditionError {
        let end = self.tokens.last().map_or(0, |(_, at)| *at + 1);
        let at = self.tokens.get(self.at).map_or(end, |(_, at)| *at);
        ConditionError::Syntax { message: format!("expected {what}"), at }
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        self.at += usize::from(found);
        found
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(found)) if *found == sign);
        self.at += usize::from(found);
        found
    }

    fn alternatives(&mut self) -> Result<Expression, ConditionError> {
        let mut parts = vec![self.conjunction()?];
        while self.take_keyword("or") {
            parts.push(self.conjunction()?);
        }
        Ok(if parts.len() > 1 { Expression::Or(parts) } else { parts.remove(0) })
    }

    fn conjunction(&mut self) -> Result<Expression, ConditionError> {
        let mut parts = vec![self.negation()?];
        while self.take_keyword("and") {
            parts.push(self.negation()?);
        }
        Ok(if parts.len() > 1 { Expression::And(parts) } else { parts.remove(0) })
    }

    fn negation(&mut self) -> Result<Expression, ConditionError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.expected("fewer parentheses"));
        }
        let expression = if self.take_keyword("not") {
            Expression::Not(Box::new(self.negation()?))
        } else if self.take_sign("(") {
            let inner = self.alternatives()?;
            if !self.take_sign(")") {
                return Err(self.expected(")"));
            }
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn comparison(&mut self) -> Result<Expression, ConditionError> {
        let name = match self.peek() {
            Some(Token::Word(word)) => word.clone(),
            _ => return Err(self.expected("the name of a property")),
        };
        let resolved = self
            .scope
            .resolve(&name)
            .ok_or_else(|| ConditionError::UnknownName { name, entity: self.scope.entity_name() })?;
        self.at += 1;
        let negated = self.take_keyword("not");
        let expression = if self.take_keyword("in") {
            self.list(resolved)?
        } else {
            let operator = self.operator()?;
            let literal = self.literal()?;
            if negated && !matches!(operator, Operator::Contains | Operator::Like) {
                return Err(self.expected("contains, like or in after not"));
            }
            Expression::Compare(resolved, operator, literal)
        };
        Ok(if negated { Expression::Not(Box::new(expression)) } else { expression })
    }

    fn operator(&mut self) -> Result<Operator, ConditionError> {
        let operator = match self.peek() {
            Some(Token::Sign("=")) => Operator::Equal,
            Some(Token::Sign("!=")) => Operator::NotEqual,
            Some(Token::Sign("<")) => Operator::Less,
            Some(Token::Sign("<=")) => Operator::LessOrEqual,
            Some(Token::Sign(">")) => Operator::Greater,
            Some(Token::Sign(">=")) => Operator::GreaterOrEqual,
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("contains") => Operator::Contains,
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("like") => Operator::Like,
            _ => return Err(self.expected("a comparison")),
        };
        self.at += 1;
        Ok(operator)
    }

    fn literal(&mut self) -> Result<Literal, ConditionError> {
        let literal = match self.peek() {
            Some(Token::Literal(literal)) => literal.clone(),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("true") => Literal::Bool(true),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("false") => Literal::Bool(false),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("null") => Literal::Null,
            _ => return Err(self.expected("a value")),
        };
        self.at += 1;
        Ok(literal)
    }

    fn list(&mut self, name: Name) -> Result<Expression, ConditionError> {
        if !self.take_sign("(") {
            return Err(self.expected("( after in"));
        }
        let mut literals = vec![self.literal()?];
        while self.take_sign(",") {
            literals.push(self.literal()?);
        }
        if !self.take_sign(")") {
            return Err(self.expected(")"));
        }
        Ok(Expression::In(name, literals))
    }
}
