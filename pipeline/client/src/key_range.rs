//! Key ranges: the part of a list that one reader reads.

use crate::conditions::{Condition, Field};
use crate::page_limit::MOST_ON_A_PAGE;

/// The keys above `after` up to and including `to`; an absent bound is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct KeyRange {
    /// The key that the range begins after.
    pub after: Option<i64>,
    /// The last key.
    pub to: Option<i64>,
}

impl KeyRange {
    /// The range of one key.
    pub fn only(key: i64) -> Self {
        Self { after: Some(key.saturating_sub(1)), to: Some(key) }
    }

    /// The conditions on the key that select this range.
    pub(crate) fn conditions(self, key: &Field) -> impl Iterator<Item = Condition> {
        let after = self.after.map(|after| key.clone().more_than(after));
        after.into_iter().chain(self.to.map(|to| key.clone().at_most(to)))
    }

    fn is_empty(self) -> bool {
        matches!((self.after, self.to), (Some(after), Some(to)) if after >= to)
    }

    /// The keys of this range that are not in another.
    pub fn minus(self, other: Self) -> Vec<Self> {
        if other.is_empty() {
            return vec![self];
        }
        let least = |one: Option<i64>, other: Option<i64>| one.into_iter().chain(other).min();
        let below = other.after.map(|after| Self { after: self.after, to: least(self.to, Some(after)) });
        let above = other.to.map(|to| Self { after: self.after.max(Some(to)), to: self.to });
        below.into_iter().chain(above).filter(|range| !range.is_empty()).collect()
    }

    /// Splits the range into two halves, unless its keys up to `newest` fit on one page.
    pub fn halves(self, newest: i64) -> Vec<Self> {
        let (after, end) = (self.after.unwrap_or(0), self.to.unwrap_or(newest));
        let width = end.saturating_sub(after);
        if width <= i64::try_from(MOST_ON_A_PAGE).unwrap_or(i64::MAX) {
            return vec![self];
        }
        let middle = after + width / 2;
        vec![Self { to: Some(middle), ..self }, Self { after: Some(middle), ..self }]
    }

    /// Whether a key is in the range.
    pub fn holds(self, key: i64) -> bool {
        self.after.is_none_or(|after| key > after) && self.to.is_none_or(|to| key <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::field;
    use proptest::prelude::*;

    #[test]
    fn a_range_is_conditions_on_the_key() {
        let written = |after, to| {
            let key = field("id").unwrap();
            KeyRange { after, to }.conditions(&key).map(|one| one.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(written(None, None), [""; 0]);
        assert_eq!(written(Some(-3), None), ["id > -3"]);
        assert_eq!(written(Some(4), Some(9)), ["id > 4", "id <= 9"]);
    }

    proptest! {
        #[test]
        fn halves_cover_what_they_are_of(after in 0_i64..1_000_000, width in 0_i64..1_000_000, open: bool, key in 0_i64..3_000_000) {
            let to = (!open).then_some(after + width);
            let range = KeyRange { after: Some(after), to };
            let found = range.halves(after + width).iter().filter(|half| half.holds(key)).count();
            prop_assert_eq!(found, usize::from(range.holds(key)));
        }

        #[test]
        fn a_difference_holds_what_the_other_lacks(
            one in (prop::option::of(-20_i64..20), prop::option::of(-20_i64..20)),
            other in (prop::option::of(-20_i64..20), prop::option::of(-20_i64..20)),
            key in -25_i64..25,
        ) {
            let range = |(after, to)| KeyRange { after, to };
            let (one, other) = (range(one), range(other));
            let found = one.minus(other).iter().filter(|range| range.holds(key)).count();
            prop_assert_eq!(found, usize::from(one.holds(key) && !other.holds(key)));
        }
    }
}
