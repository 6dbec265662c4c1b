//! Kinds of values, as far as they matter for whether an expression makes sense.
//!
//! A test of the pipeline compiles this file too, to hold it against the engine's types.

/// A type, as far as it matters for whether an expression makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Not known, or null: it fits everywhere.
    Unknown,
    /// A whole number.
    Int,
    /// An exact number.
    Decimal,
    /// A floating-point number.
    Double,
    /// A boolean.
    Bool,
    /// Text.
    Text,
    /// A day.
    Date,
    /// A point in time.
    Timestamp,
    /// A span of time.
    Interval,
    /// A list.
    List,
    /// A struct or a map.
    Struct,
}

impl Kind {
    /// In a message.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Unknown => "of an unknown type",
            Self::Int => "a whole number",
            Self::Decimal | Self::Double => "a number",
            Self::Bool => "a boolean",
            Self::Text => "text",
            Self::Date => "a date",
            Self::Timestamp => "a timestamp",
            Self::Interval => "an interval",
            Self::List => "a list",
            Self::Struct => "a struct",
        }
    }

    /// Whether it is a number, or may be one.
    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Unknown | Self::Int | Self::Decimal | Self::Double)
    }

    /// Whether it is a date or a timestamp, or may be one.
    pub(crate) fn is_temporal(self) -> bool {
        matches!(self, Self::Unknown | Self::Date | Self::Timestamp)
    }

    /// The type that holds both; `None` where there is none.
    pub(crate) fn with(self, other: Self) -> Option<Self> {
        match (self, other) {
            (one, other) if one == other => Some(one),
            (Self::Unknown, other) => Some(other),
            (one, Self::Unknown) => Some(one),
            (one, other) if one.is_number() && other.is_number() => {
                Some(if one == Self::Double || other == Self::Double { Self::Double } else { Self::Decimal })
            }
            (one, other) if one.is_temporal() && other.is_temporal() => Some(Self::Timestamp),
            _ => None,
        }
    }
}
