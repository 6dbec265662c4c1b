//! Chance without a generator's state: every throw is a hash of a seed and a salt, so a record needs no other record,
//! and a property no other property, to come out the same.

/// SplitMix64's finaliser.
const fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Dice for one thing, such as one record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(mix(seed.wrapping_add(0x9e37_79b9_7f4a_7c15)))
    }

    /// Dice for a part of the thing.
    pub(crate) const fn of(self, part: u64) -> Self {
        Self(mix(self.0 ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// 64 random bits for a salt.
    pub(crate) const fn bits(self, salt: u64) -> u64 {
        mix(self.0.wrapping_add(salt.wrapping_mul(0xd134_2543_de82_ef95)))
    }

    /// A number from 0 up to, and without, `n`; 0 where `n` is 0.
    pub(crate) const fn below(self, salt: u64, n: u64) -> u64 {
        ((self.bits(salt) as u128 * n as u128) >> 64) as u64
    }

    /// A number from `low` up to, and without, `high`.
    pub(crate) const fn range(self, salt: u64, low: i64, high: i64) -> i64 {
        low + self.below(salt, high.abs_diff(low)) as i64
    }

    /// True in `part` of `whole` cases.
    pub(crate) const fn chance(self, salt: u64, part: u64, whole: u64) -> bool {
        self.below(salt, whole) < part
    }

    /// One of the items.
    pub(crate) fn pick<T: Copy>(self, salt: u64, items: &[T], otherwise: T) -> T {
        items.get(self.below(salt, items.len() as u64) as usize).copied().unwrap_or(otherwise)
    }

    /// One of the texts.
    pub(crate) fn text(self, salt: u64, items: &[&'static str]) -> &'static str {
        self.pick(salt, items, "")
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn throws_depend_on_everything_and_stay_in_range() {
        let dice = Dice::new(7).of(3);
        assert_eq!(dice.bits(1), Dice::new(7).of(3).bits(1));
        assert_ne!(dice.bits(1), Dice::new(8).of(3).bits(1));
        assert_ne!(dice.bits(1), dice.of(1).bits(1));
        for salt in 0..1000 {
            assert!((5..9).contains(&dice.range(salt, 5, 9)));
        }
        assert_eq!(dice.below(1, 0), 0);
    }
}
