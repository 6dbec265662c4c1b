//! Page size: shrinks where the server fails at a page, and grows back afterwards.
//!
//! A page that fails is bisected: parts that are read are kept, and parts that fail get smaller, down to the one record
//! at which the server fails. Where all parts are read there is no such record, and the page was too large for the
//! server: pages stay that small for a while.
//!
//! Invariant: a record must never be blamed before a request for it alone failed.

/// Attempts at a page that a smaller one can replace, and at a single record before it is given up.
pub(crate) const TRIES: u32 = 3;
/// Pages to succeed before larger ones are tried again; doubled each time that the larger ones fail once more.
const PATIENCE: u32 = 8;

/// The size of a list's next page.
#[derive(Debug, Clone)]
pub(crate) struct PageSize {
    /// The largest size that is allowed.
    full: u64,
    /// The size while no failing record is searched for.
    most: u64,
    now: u64,
    /// The number of next records among which the failing one is searched for, during a search.
    suspects: Option<u64>,
    /// The largest page that was read since the search began.
    largest: u64,
    came_any: bool,
    calm: u32,
    patience: u32,
}

impl PageSize {
    /// Starts with pages of so many records.
    pub(crate) fn new(full: u64) -> Self {
        let full = full.max(1);
        let (suspects, patience) = (None, PATIENCE);
        Self { full, most: full, now: full, suspects, largest: 0, came_any: false, calm: 0, patience }
    }

    /// The size of the next page.
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    /// The attempts at the next page: a single one during a search, where a page is expected to fail again.
    pub(crate) fn tries(&self) -> u32 {
        if self.suspects.is_some() && self.now > 1 { 1 } else { TRIES }
    }

    /// Shrinks the page after a failure, of at most so many records. `false` where it was a single record, which is
    /// then the failing one.
    pub(crate) fn failed(&mut self, at_most: u64) -> bool {
        if self.now == 1 {
            return false;
        }
        let suspects = self.now.min(at_most.max(1));
        if self.suspects.is_none() {
            self.largest = 0;
        }
        // The first record alone shows whether the server returns anything at all.
        self.now = if self.came_any { suspects / 2 } else { 1 }.max(1);
        self.suspects = Some(suspects);
        true
    }

    /// Whether the server returned any record since the search began.
    pub(crate) fn came_meanwhile(&self) -> bool {
        self.suspects.is_some() && self.largest > 0
    }

    /// Adapts the size after a page with so many records was read.
    pub(crate) fn came(&mut self, records: u64) {
        self.came_any = true;
        self.largest = self.largest.max(records);
        match self.suspects.map(|suspects| suspects.saturating_sub(records)) {
            Some(0) => {
                self.suspects = None;
                self.most = self.most.min(self.largest.max(1));
                self.now = self.most;
                (self.calm, self.patience) = (0, self.patience.saturating_mul(2));
            }
            Some(left) => {
                self.suspects = Some(left);
                self.now = left.div_ceil(2);
            }
            None => {
                self.calm += 1;
                if self.calm >= self.patience && self.most < self.full {
                    self.most = self.most.saturating_mul(2).min(self.full);
                    self.calm = 0;
                }
                self.now = self.most;
            }
        }
    }

    /// Skips the failing record and restores the size of pages.
    pub(crate) fn passed_over(&mut self) {
        self.suspects = None;
        self.now = self.most;
    }

    /// Lowers the size to what the server accepts.
    pub(crate) fn limit(&mut self, most: u64) {
        self.full = self.full.min(most).max(1);
        self.most = self.most.min(self.full);
        self.now = self.now.min(self.most);
    }

    /// Lowers the size to one at which a numbered page begins here: they begin at multiples of their size.
    pub(crate) fn begin_at(&mut self, offset: u64) {
        while !offset.is_multiple_of(self.now) {
            self.now -= 1;
        }
    }
}

/// Searches the least key above `after` up to `most`; `holds` tells whether a range of keys (above, up to) has one.
///
/// # Errors
/// Those of `holds`.
pub(crate) async fn least_key<E, Asked: Future<Output = Result<bool, E>>>(
    after: i64,
    most: i64,
    mut holds: impl FnMut(i64, i64) -> Asked,
) -> Result<Option<i64>, E> {
    let (mut below, mut width) = (after, 1_i64);
    let mut found = loop {
        if below >= most {
            return Ok(None);
        }
        let to = below.saturating_add(width).min(most);
        if holds(below, to).await? {
            break to;
        }
        (below, width) = (to, width.saturating_mul(2));
    };
    while found - below > 1 {
        let middle = below + (found - below) / 2;
        if holds(below, middle).await? {
            found = middle;
        } else {
            below = middle;
        }
    }
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// The outcome of reading a list, and the number of requests, retries included.
    #[derive(Default)]
    struct Done {
        came: Vec<u64>,
        blamed: Vec<u64>,
        requests: u32,
    }

    /// Reads from a server that fails at pages with a `bad` record, and at those of more than `heavy` records.
    fn read(records: u64, bad: &BTreeSet<u64>, heavy: u64, most: u64) -> Done {
        let (mut done, mut size, mut at) = (Done::default(), PageSize::new(most), 0);
        while at < records {
            let page: Vec<u64> = (at..records.min(at + size.now())).collect();
            let fails = page.len() as u64 > heavy || page.iter().any(|record| bad.contains(record));
            if !fails {
                done.requests += 1;
                at += page.len() as u64;
                size.came(page.len() as u64);
                done.came.extend(page);
                continue;
            }
            done.requests += size.tries();
            if !size.failed(records - at) {
                done.blamed.push(at);
                at += 1;
                size.passed_over();
            }
        }
        done
    }

    #[test]
    fn one_record_costs_few_requests_and_pages_are_full_again() {
        for (records, most) in [(60, 24), (100_000, 45)] {
            for bad in [0, 1, 36, 58, 59] {
                let done = read(records, &[bad].into(), u64::MAX, 1000);
                assert_eq!(done.blamed, [bad]);
                assert!(done.requests <= most + u32::try_from(records / 1000).unwrap(), "{bad}: {}", done.requests);
            }
        }
    }

    #[test]
    fn pages_that_are_too_much_stay_as_small_as_they_came() {
        let done = read(100_000, &BTreeSet::new(), 300, 1000);
        assert_eq!((done.came.len(), done.blamed.len()), (100_000, 0));
        assert!(done.requests < 100_000 / 250 + 120, "{}", done.requests);
    }

    proptest! {
        #[test]
        fn all_comes_but_what_fails_alone(
            records in 0_u64..3_000,
            bad in prop::collection::btree_set(0_u64..3_000, 0..6),
            heavy in 1_u64..1_200,
            most in 1_u64..1_200,
        ) {
            let done = read(records, &bad, heavy, most);
            let (blamed, came): (Vec<u64>, Vec<u64>) = (0..records).partition(|record| bad.contains(record));
            prop_assert_eq!(done.blamed, blamed);
            prop_assert_eq!(done.came, came);
        }

        #[test]
        fn a_page_by_number_begins_where_the_last_one_ended(offset in 0_u64..100_000, most in 1_u64..1_000) {
            let mut size = PageSize::new(most);
            size.begin_at(offset);
            prop_assert!(size.now() >= 1 && size.now() <= most && offset % size.now() == 0);
        }

        #[test]
        fn the_least_key_is_found(after in 0_i64..1_000, distance in 1_i64..1_000_000, to in prop::option::of(0_i64..2_000_000)) {
            let key = after + distance;
            let mut asked = 0;
            let found = futures::executor::block_on(least_key(after, to.unwrap_or(i64::MAX), |below, to| {
                asked += 1;
                std::future::ready(Ok::<_, ()>(below < key && key <= to))
            }));
            prop_assert_eq!(found.unwrap(), Some(key).filter(|key| to.is_none_or(|to| *key <= to)));
            prop_assert!(asked <= 45, "{}", asked);
        }
    }
}
