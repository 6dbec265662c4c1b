//! The functions that gold's SQL may call: how many arguments, of which types, and what they give.
//!
//! A function that is not here is a problem: DataFusion would find out only when the statement runs. A test of the
//! pipeline compiles this file too, and asks DataFusion whether it agrees.

use super::kind::Kind;

/// What an argument may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Argument {
    /// Anything.
    Any,
    /// Text.
    Text,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// A number, or text that holds one.
    Amount,
    /// A boolean.
    Bool,
    /// A date or a timestamp.
    Time,
    /// An interval.
    Interval,
    /// A list.
    List,
}

impl Argument {
    /// Whether a value of the type may stand there.
    pub(crate) fn takes(self, kind: Kind) -> bool {
        kind == Kind::Unknown
            || match self {
                Self::Any => true,
                Self::Text => kind == Kind::Text,
                Self::Whole => kind == Kind::Int,
                Self::Number => kind.is_number(),
                Self::Amount => kind.is_number() || kind == Kind::Text,
                Self::Bool => kind == Kind::Bool,
                Self::Time => kind.is_temporal(),
                Self::Interval => kind == Kind::Interval,
                Self::List => kind == Kind::List,
            }
    }

    /// In a message.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Any => "anything",
            Self::Text => "text",
            Self::Whole => "a whole number",
            Self::Number => "a number",
            Self::Amount => "a number or text that holds one",
            Self::Bool => "a boolean",
            Self::Time => "a date or a timestamp",
            Self::Interval => "an interval",
            Self::List => "a list",
        }
    }
}

/// What a function gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gives {
    /// A fixed type.
    Always(Kind),
    /// The type of its first argument.
    First,
    /// The type of its first argument, but floating-point for a whole number.
    Fraction,
    /// The type that holds all arguments.
    Common,
}

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Function {
    /// Its name, in lower case.
    pub(crate) name: &'static str,
    /// How many arguments it needs.
    pub(crate) least: usize,
    /// The arguments in order.
    pub(crate) arguments: &'static [Argument],
    /// Whether the last one may be repeated.
    pub(crate) repeats: bool,
    /// What it gives.
    pub(crate) gives: Gives,
}

/// The function of that name, in any case.
pub(super) fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name.eq_ignore_ascii_case(name))
}

/// The names of all functions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name)
}

const fn fixed(name: &'static str, arguments: &'static [Argument], gives: Kind) -> Function {
    Function { name, least: arguments.len(), arguments, repeats: false, gives: Gives::Always(gives) }
}

const fn optional(name: &'static str, least: usize, arguments: &'static [Argument], gives: Kind) -> Function {
    Function { name, least, arguments, repeats: false, gives: Gives::Always(gives) }
}

const fn many(name: &'static str, least: usize, arguments: &'static [Argument], gives: Gives) -> Function {
    Function { name, least, arguments, repeats: true, gives }
}

const fn first(name: &'static str, least: usize, arguments: &'static [Argument]) -> Function {
    Function { name, least, arguments, repeats: false, gives: Gives::First }
}

const fn fraction(name: &'static str, least: usize, arguments: &'static [Argument]) -> Function {
    Function { name, least, arguments, repeats: false, gives: Gives::Fraction }
}

use Argument::{Amount, Any, Bool, Interval, List, Number, Text, Time, Whole};

/// All of them: the pipeline's own, then DataFusion's scalar, aggregate and window functions.
pub(crate) static FUNCTIONS: &[Function] = &[
    fixed("exact_decimal", &[Amount], Kind::Decimal),
    fixed("percentage", &[Number, Number], Kind::Decimal),
    fixed("beyond_decimal", &[Amount], Kind::Bool),
    fixed("wide_decimal", &[Amount], Kind::Decimal),
    fixed("trimmed", &[Text], Kind::Text),
    fixed("digits", &[Text], Kind::Text),
    fixed("folded_name", &[Text], Kind::Text),
    fixed("whole_number", &[Text], Kind::Int),
    fixed("instant", &[Text], Kind::Timestamp),
    fixed("agreement_type", &[Text], Kind::Text),
    fixed("text_key", &[Text], Kind::Int),
    fixed("date_key", &[Time, Text], Kind::Int),
    fixed("local_date", &[Time, Text], Kind::Date),
    fixed("date_add_days", &[Time, Number], Kind::Date),
    fixed("days_between", &[Time, Time], Kind::Int),
    many("coalesce", 1, &[Any], Gives::Common),
    many("greatest", 1, &[Any], Gives::Common),
    many("least", 1, &[Any], Gives::Common),
    first("nullif", 2, &[Any, Any]),
    many("concat", 1, &[Any], Gives::Always(Kind::Text)),
    many("concat_ws", 2, &[Text, Any], Gives::Always(Kind::Text)),
    fixed("lower", &[Text], Kind::Text),
    fixed("upper", &[Text], Kind::Text),
    fixed("initcap", &[Text], Kind::Text),
    fixed("reverse", &[Text], Kind::Text),
    optional("btrim", 1, &[Text, Text], Kind::Text),
    optional("ltrim", 1, &[Text, Text], Kind::Text),
    optional("rtrim", 1, &[Text, Text], Kind::Text),
    fixed("left", &[Text, Number], Kind::Text),
    fixed("right", &[Text, Number], Kind::Text),
    fixed("repeat", &[Text, Number], Kind::Text),
    fixed("replace", &[Text, Text, Text], Kind::Text),
    optional("lpad", 2, &[Text, Number, Text], Kind::Text),
    optional("rpad", 2, &[Text, Number, Text], Kind::Text),
    optional("substr", 2, &[Text, Number, Number], Kind::Text),
    fixed("split_part", &[Text, Text, Number], Kind::Text),
    fixed("length", &[Text], Kind::Int),
    fixed("char_length", &[Text], Kind::Int),
    fixed("character_length", &[Text], Kind::Int),
    fixed("strpos", &[Text, Text], Kind::Int),
    fixed("starts_with", &[Text, Text], Kind::Bool),
    fixed("ends_with", &[Text, Text], Kind::Bool),
    optional("regexp_like", 2, &[Text, Text, Text], Kind::Bool),
    optional("regexp_replace", 3, &[Text, Text, Text, Text], Kind::Text),
    optional("regexp_match", 2, &[Text, Text, Text], Kind::List),
    first("round", 1, &[Number, Number]),
    fraction("trunc", 1, &[Number, Number]),
    first("abs", 1, &[Number]),
    fixed("signum", &[Number], Kind::Double),
    fixed("power", &[Number, Number], Kind::Double),
    fixed("sqrt", &[Number], Kind::Double),
    fixed("make_date", &[Whole, Whole, Whole], Kind::Date),
    optional("to_date", 1, &[Any, Text], Kind::Date),
    optional("to_timestamp", 1, &[Any, Text], Kind::Timestamp),
    fixed("to_char", &[Time, Text], Kind::Text),
    fixed("date_part", &[Text, Time], Kind::Int),
    fixed("date_trunc", &[Text, Time], Kind::Timestamp),
    fixed("arrow_cast", &[Any, Text], Kind::Unknown),
    optional("generate_series", 2, &[Any, Any, Any], Kind::List),
    fixed("unnest", &[List], Kind::Unknown),
    fixed("array_length", &[List], Kind::Int),
    fixed("cardinality", &[List], Kind::Int),
    fixed("array_to_string", &[List, Text], Kind::Text),
    fixed("array_element", &[List, Number], Kind::Unknown),
    fixed("array_has", &[List, Any], Kind::Bool),
    fixed("get_field", &[Any, Text], Kind::Unknown),
    fixed("date_bin", &[Interval, Time, Time], Kind::Timestamp),
    optional("count", 0, &[Any], Kind::Int),
    first("sum", 1, &[Number]),
    first("min", 1, &[Any]),
    first("max", 1, &[Any]),
    first("first_value", 1, &[Any]),
    first("last_value", 1, &[Any]),
    fraction("avg", 1, &[Number]),
    fixed("bool_and", &[Bool], Kind::Bool),
    fixed("bool_or", &[Bool], Kind::Bool),
    fixed("array_agg", &[Any], Kind::List),
    fixed("string_agg", &[Text, Text], Kind::Text),
    fixed("row_number", &[], Kind::Int),
    fixed("rank", &[], Kind::Int),
    fixed("dense_rank", &[], Kind::Int),
    first("lag", 1, &[Any, Number, Any]),
    first("lead", 1, &[Any, Number, Any]),
];
