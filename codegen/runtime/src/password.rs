//! Password fields: objects of which one property says that another holds a password.
//!
//! ```json
//! { "id": 12, "caption": "Router", "type": "Password", "value": "…" }
//! ```
//!
//! Invariant: whether an object is such a field must be decided by the whole of it, whatever the order of its
//! properties. Any property that says so is enough, also where another of the same name says otherwise.

use memchr::memchr3_iter;

use crate::json::{Scanner, Syntax};

/// Role of a property in the object that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Nothing.
    Other,
    /// What kind of field the object is: `type`, `fieldType`, `valueType`, `fieldTypeIdentifier`.
    Type,
    /// The field's value: `value`, `answer`, `oldValue`.
    Value,
}

impl Role {
    /// Determines the role by the end of the name, without regard to case.
    #[inline]
    pub(crate) fn of(name: &str) -> Self {
        match name.as_bytes().last() {
            Some(b'e' | b'E') if ends_with(name, "type") => Self::Type,
            Some(b'e' | b'E') if ends_with(name, "value") => Self::Value,
            Some(b'r' | b'R') if ends_with(name, "answer") => Self::Value,
            Some(b'r' | b'R') if ends_with(name, "typeidentifier") => Self::Type,
            _ => Self::Other,
        }
    }
}

/// Returns whether a type's text says that the field is a password.
pub(crate) fn is_password(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case("password")
}

fn ends_with(name: &str, end: &str) -> bool {
    let start = name.len().checked_sub(end.len());
    start.and_then(|start| name.get(start..)).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

/// Returns whether the JSON text of a field's type says that it is a password. The text itself may say so, or one
/// inside it where the type is an object or a list.
///
/// # Errors
/// [`Syntax`] where it is no JSON.
#[inline]
pub(crate) fn names_password(raw: &str) -> Result<bool, Syntax> {
    match raw.as_bytes().first() {
        Some(b'"' | b'{' | b'[') if may_name_it(raw.as_bytes()) => any_text_is_it(&mut Scanner::new(raw)),
        _ => Ok(false),
    }
}

/// Returns whether the word is in a JSON text, or an escape, which may stand for a part of it. Nearly no text has
/// either, and to look is cheaper than to read it.
#[inline]
fn may_name_it(raw: &[u8]) -> bool {
    const BEFORE: usize = "pass".len();
    const AFTER: usize = "word".len();
    memchr3_iter(b'w', b'W', b'\\', raw).any(|at| {
        let word = at.checked_sub(BEFORE).and_then(|start| raw.get(start..at + AFTER));
        raw.get(at) == Some(&b'\\') || word.is_some_and(|word| word.eq_ignore_ascii_case(b"password"))
    })
}

fn any_text_is_it(scanner: &mut Scanner<'_>) -> Result<bool, Syntax> {
    let mut found = false;
    match scanner.peek() {
        b'"' => found = is_password(&scanner.string()?.text()),
        b'{' => {
            let mut more = scanner.enter(b'}')?;
            while more {
                scanner.name()?;
                scanner.colon()?;
                found |= any_text_is_it(scanner)?;
                more = scanner.more(b'}')?;
            }
        }
        b'[' => {
            let mut more = scanner.enter(b']')?;
            while more {
                found |= any_text_is_it(scanner)?;
                more = scanner.more(b']')?;
            }
        }
        _ => scanner.skip()?,
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_a_property_is() {
        for name in ["type", "Type", "fieldType", "valueType", "FIELDTYPE", "fieldTypeIdentifier"] {
            assert_eq!(Role::of(name), Role::Type, "{name}");
        }
        for name in ["value", "VALUE", "answer", "oldValue", "Answer"] {
            assert_eq!(Role::of(name), Role::Value, "{name}");
        }
        for name in ["", "e", "r", "types", "values", "number", "note", "answerId", "þype", "company_href"] {
            assert_eq!(Role::of(name), Role::Other, "{name}");
        }
    }

    #[test]
    fn a_type_says_it_in_any_form() {
        for raw in [
            r#""Password""#,
            r#""PASSWORD""#,
            r#"" password ""#,
            r#""p\u0061ssword""#,
            r#"{"id":3,"name":"Password"}"#,
            r#"["Text","password"]"#,
        ] {
            assert_eq!(names_password(raw), Ok(true), "{raw}");
        }
        for raw in [r#""Text""#, r#""Passwords""#, r#""no password""#, "null", "5", "true", r#"{"password":1}"#, "[]"] {
            assert_eq!(names_password(raw), Ok(false), "{raw}");
        }
    }
}
