//! How many records the next page asks for: fewer where the server can't make one, and as many as before after that.
//!
//! A page that fails is searched by halves: what comes is kept, and what does not gets smaller, down to the one record
//! that the server stumbles over. Where all of it comes in parts, there is none, and the page was too much for the
//! server: pages stay as small as that for a while. Invariant: a record is blamed only after a request for it alone
//! failed.

/// Tries of a page that has a smaller one in its place, and of a record alone before it is given up.
pub(crate) const TRIES: u32 = 3;
/// Pages that come before larger ones are tried again; twice as many each time that these are too much once more.
const PATIENCE: u32 = 8;

/// The size of a list's next page.
#[derive(Debug, Clone)]
pub(crate) struct PageSize {
    /// As large as pages may be.
    full: u64,
    /// As large as they are while nothing is looked for.
    most: u64,
    now: u64,
    /// The records from here on of which one is the trouble, while it is looked for.
    suspects: Option<u64>,
    /// The largest page that came meanwhile.
    largest: u64,
    came_any: bool,
    calm: u32,
    patience: u32,
}

impl PageSize {
    /// Pages of so many records.
    pub(crate) fn new(full: u64) -> Self {
        let full = full.max(1);
        let (suspects, patience) = (None, PATIENCE);
        Self { full, most: full, now: full, suspects, largest: 0, came_any: false, calm: 0, patience }
    }

    /// The records that the next page asks for.
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    /// After how many tries the next page is given up: while a record is looked for, a page that fails again is what
    /// is expected.
    pub(crate) fn tries(&self) -> u32 {
        if self.suspects.is_some() && self.now > 1 { 1 } else { TRIES }
    }

    /// The page failed, of at most so many records. Whether a smaller one can be asked for: else it is the record.
    pub(crate) fn failed(&mut self, at_most: u64) -> bool {
        if self.now == 1 {
            return false;
        }
        let suspects = self.now.min(at_most.max(1));
        if self.suspects.is_none() {
            self.largest = 0;
        }
        // The first one alone tells whether the server gives anything at all.
        self.now = if self.came_any { suspects / 2 } else { 1 }.max(1);
        self.suspects = Some(suspects);
        true
    }

    /// Whether the server gave any record since it failed at one.
    pub(crate) fn came_meanwhile(&self) -> bool {
        self.suspects.is_some() && self.largest > 0
    }

    /// So many records came.
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

    /// The record that fails is passed over, and pages are as large as before.
    pub(crate) fn passed_over(&mut self) {
        self.suspects = None;
        self.now = self.most;
    }

    /// The server takes no more than this.
    pub(crate) fn limit(&mut self, most: u64) {
        self.full = self.full.min(most).max(1);
        self.most = self.most.min(self.full);
        self.now = self.now.min(self.most);
    }

    /// Pages by number begin at multiples of their size: makes it one that has a page beginning here.
    pub(crate) fn begin_at(&mut self, offset: u64) {
        while !offset.is_multiple_of(self.now) {
            self.now -= 1;
        }
    }
}

/// The least key above `after`, and at most `most`, where `holds` says whether there is one above a key up to another.
///
/// # Errors
/// What `holds` gives.
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

    /// What reading a list brought, and the requests that it took, each with its tries.
    #[derive(Default)]
    struct Done {
        came: Vec<u64>,
        blamed: Vec<u64>,
        requests: u32,
    }

    /// A server that gives no page with one of these records on it, and none of more than so many.
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
