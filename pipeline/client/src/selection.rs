//! Selection: which records of a list are requested.

use crate::conditions::{Condition, Field};
use crate::key_range::KeyRange;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The records of a list to request, whatever their keys.
#[derive(Debug, Clone)]
pub struct Selection {
    /// The key property of the records.
    pub key: Field,
    /// The condition that a record satisfies.
    pub condition: Option<Condition>,
    /// The keys of records that are left out.
    pub left_out: Arc<BTreeSet<i64>>,
}

impl Selection {
    /// All records of a list with this key.
    pub fn all(key: Field) -> Self {
        Self { key, condition: None, left_out: Arc::default() }
    }

    /// The condition for the selected records of a range; `None` where it selects all.
    pub fn conditions(&self, range: KeyRange) -> Option<Condition> {
        let left_out = self.left_out.iter().map(|id| self.key.clone().differs_from(*id));
        let all = range.conditions(&self.key).chain(left_out).chain(self.condition.clone());
        all.reduce(Condition::and)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::field;

    fn written(condition: Option<Condition>, left_out: &[i64], range: KeyRange) -> Option<String> {
        let left_out = Arc::new(left_out.iter().copied().collect());
        let selection = Selection { key: field("id").unwrap(), condition, left_out };
        selection.conditions(range).map(|condition| condition.to_string())
    }

    #[test]
    fn a_range_and_what_is_left_out_stand_before_the_condition() {
        let named = |name: &str| field(name).unwrap();
        let either = named("a").equals(1).or(named("b").is_null());
        let range = KeyRange { after: Some(4), to: Some(9) };
        assert_eq!(written(None, &[], KeyRange::default()), None);
        assert_eq!(written(Some(named("a").equals(1)), &[], KeyRange::default()).unwrap(), "a = 1");
        assert_eq!(
            written(Some(either.clone()), &[7, 5], range).unwrap(),
            "id > 4 and id <= 9 and id != 5 and id != 7 and (a = 1 or b = null)"
        );
        let both = named("a").equals(1).and(either);
        assert_eq!(written(Some(both), &[], range).unwrap(), "id > 4 and id <= 9 and (a = 1 and (a = 1 or b = null))");
    }
}
