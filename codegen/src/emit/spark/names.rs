//! Names and types as Spark's SQL writes them.

use crate::ir::{Field, Kind};
use crate::lower::silver::is_info;

/// Words that are no names where Spark keeps the standard's reserved words.
const RESERVED: &str = " all and anti any as authorization both case cast check collate column constraint create cross \
    current_date current_time current_timestamp current_user distinct else end escape except execute false fetch \
    filter for foreign from full function grant group having in inner intersect into is join lateral leading left \
    like localtime merge minus natural not null offset on only or order outer overlaps primary qualify recursive \
    references right select semi session_user some sql table then time to trailing true union unique unknown user \
    using values when where with within ";

/// A column or property as an identifier.
pub(super) fn quote(name: &str) -> String {
    let letters = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let is_plain = name.chars().all(letters) && !name.starts_with(|first: char| first.is_ascii_digit());
    if is_plain && !name.is_empty() && !RESERVED.contains(&format!(" {} ", name.to_ascii_lowercase())) {
        name.to_owned()
    } else {
        format!("`{}`", name.replace('`', "``"))
    }
}

/// A text as a literal.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// The type of a silver column.
pub(super) fn sql_type(kind: &Kind) -> String {
    match kind {
        Kind::Int => "BIGINT".to_owned(),
        Kind::Float => "DOUBLE".to_owned(),
        Kind::Bool => "BOOLEAN".to_owned(),
        Kind::Text | Kind::Json | Kind::Hashed | Kind::Sensitive => "STRING".to_owned(),
        Kind::Timestamp => "TIMESTAMP".to_owned(),
        Kind::Map => "MAP<STRING, STRING>".to_owned(),
        Kind::Struct(inner) => {
            let fields = kept(&inner.fields).map(|field| format!("{}: {}", quote(&field.name), sql_type(&field.kind)));
            format!("STRUCT<{}>", fields.collect::<Vec<_>>().join(", "))
        }
        Kind::List(item) => format!("ARRAY<{}>", sql_type(item)),
    }
}

/// The fields of a struct that silver keeps.
pub(super) fn kept(fields: &[Field]) -> impl Iterator<Item = &Field> {
    fields.iter().filter(|field| !is_info(field) && field.kind != Kind::Sensitive)
}

/// Whether a map is anywhere in it: Spark compares no maps.
pub(super) fn has_map(kind: &Kind) -> bool {
    match kind {
        Kind::Map => true,
        Kind::Struct(inner) => kept(&inner.fields).any(|field| has_map(&field.kind)),
        Kind::List(item) => has_map(item),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_no_plain_name_is_quoted() {
        assert_eq!(quote("companyId"), "companyId");
        assert_eq!(quote("_info"), "_info");
        assert_eq!(quote("Order"), "`Order`");
        assert_eq!(quote("1st"), "`1st`");
        assert_eq!(quote("a`b"), "`a``b`");
    }

    #[test]
    fn a_literal_ends_where_it_should() {
        assert_eq!(literal(r"a'b\c"), r"'a\'b\\c'");
    }
}
