//! Switches that make the simulator misbehave the way servers and networks do.
//!
//! Invariant: which request is hit follows from the seed and the requests that came before; a rule for the next `n`
//! requests hits exactly `n` of those it is for.

use serde::{Deserialize, Serialize};

use crate::advance::AdvanceRequest;
use crate::dice::Dice;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// 429 with a `Retry-After` of so many seconds.
    TooManyRequests {
        /// Seconds.
        retry_after: u32,
    },
    /// An error of the server, such as 500 or 503, in the API's form.
    ServerError {
        /// The status.
        status: u16,
    },
    /// The connection breaks in the middle of the body.
    Reset,
    /// The body is cut; the length that is announced is that of what comes.
    Truncated,
    /// The body is cut; the length that is announced is that of the whole.
    TruncatedMismatch,
    /// Status 200 with a page for people, as proxies do.
    Html,
    /// The answer comes late.
    Delay {
        /// By so many milliseconds.
        millis: u64,
    },
    /// 403: the login has no right to the endpoint.
    Forbidden,
    /// 404: nothing is there.
    NotFound,
    /// A page has one of its rows twice.
    DuplicateRow,
    /// A count is off.
    WrongCount {
        /// By so many.
        by: i64,
    },
    /// A small body that unpacks to a large one, of nothing but spaces.
    GzipBomb {
        /// Its size unpacked, in MiB.
        mebibytes: u32,
    },
    /// The body comes drop by drop.
    Drip {
        /// The bytes of a drop.
        bytes: u32,
        /// The pause before each, in milliseconds.
        pause: u64,
    },
    /// 302 to another host: the same path at this port of `localhost`, which is not what the simulator is called.
    Redirect {
        /// The port.
        port: u16,
    },
    /// 429 whose `Retry-After` is an instant, so many seconds after the one that its `Date` tells: the simulator's
    /// own.
    TooManyRequestsUntil {
        /// Seconds.
        seconds: u32,
    },
}

impl Fault {
    /// Whether only counts can have it.
    fn fits(self, kind: &str) -> bool {
        match self {
            Self::DuplicateRow => kind == "list",
            Self::WrongCount { .. } => kind == "count",
            _ => true,
        }
    }
}

/// Which requests are hit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// All.
    Always,
    /// The next so many.
    Next(u32),
    /// One after so many that go through; then the same again.
    Every(u32),
    /// Each with this probability, from 0 to 1.
    Probability(f64),
}

/// A fault, where it happens and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// How the endpoint's path starts, such as `/time/entries`; empty is all of them.
    #[serde(default)]
    pub endpoint: String,
    /// Only requests of this kind: `list`, `count`, `get` or `info`; empty is all of them.
    #[serde(default)]
    pub kind: String,
    /// What goes wrong.
    pub fault: Fault,
    /// When it does.
    pub when: When,
}

/// Changes while lists are read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Meddling {
    /// How the paths start whose pages count; empty is all of them.
    pub endpoint: String,
    /// After so many pages that are asked for, something happens before the next is answered.
    pub every: u32,
    /// So often in all; 0 is for ever.
    pub times: u32,
    /// What happens.
    pub advance: AdvanceRequest,
}

/// A record at which the server stumbles: an answer that would hold it is an error, 500.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stumble {
    /// How the path of its list starts.
    pub endpoint: String,
    /// Its id.
    pub id: i64,
    /// Whether its id alone is given all the same.
    #[serde(default)]
    pub gives_id: bool,
}

impl Stumble {
    fn is_among(&self, path: &str, ids: &[i64]) -> bool {
        path.starts_with(&self.endpoint) && ids.contains(&self.id)
    }
}

/// A server of another version: it takes no request for any but its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherVersion {
    /// Its version, as the header `api-current-version` tells it.
    pub current: String,
    /// The status with which it refuses others.
    pub status: u16,
}

/// All switches. The default is a server without faults that supports everything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// What goes wrong; the first rule that hits counts, but delays add up.
    pub rules: Vec<FaultRule>,
    /// Endpoints, by the start of their path, that know no forward-only paging: header and `pageId` are ignored.
    pub no_forward_only: Vec<String>,
    /// Endpoints that send no `Link` header at all.
    pub no_link: Vec<String>,
    /// Endpoints that refuse conditions on `lastUpdated`.
    pub no_last_updated: Vec<String>,
    /// Endpoints that take conditions on `lastUpdated` and find nothing by them.
    pub deaf_last_updated: Vec<String>,
    /// Endpoints whose records come without their `_info`; conditions on `lastUpdated` and the order by it work.
    pub no_info: Vec<String>,
    /// Endpoints that show the login no record: a right was taken from it.
    pub blind: Vec<String>,
    /// Records at which the server stumbles.
    pub stumbles: Vec<Stumble>,
    /// Records at which the server falls silent: a page that would hold one and others is never answered.
    pub silences: Vec<Stumble>,
    /// The most records on a page; more are refused. 0 is the API's own, which more are cut to.
    pub most_on_a_page: u32,
    /// The version that the server is of, where it is not the usual one.
    pub version: Option<OtherVersion>,
    /// What happens to the records while they are read.
    pub meddling: Option<Meddling>,
    /// The seed of the probabilities.
    pub seed: u64,
}

impl Faults {
    /// Adds a rule for requests whose path starts so.
    #[must_use]
    pub fn with(mut self, endpoint: &str, when: When, fault: Fault) -> Self {
        self.rules.push(FaultRule { endpoint: endpoint.to_owned(), kind: String::new(), fault, when });
        self
    }

    /// Adds a rule for requests of one kind whose path starts so.
    #[must_use]
    pub fn with_kind(mut self, endpoint: &str, kind: &str, when: When, fault: Fault) -> Self {
        self.rules.push(FaultRule { endpoint: endpoint.to_owned(), kind: kind.to_owned(), fault, when });
        self
    }

    /// Takes forward-only paging from an endpoint.
    #[must_use]
    pub fn without_forward_only(mut self, endpoint: &str) -> Self {
        self.no_forward_only.push(endpoint.to_owned());
        self
    }

    /// Takes the `Link` header from an endpoint.
    #[must_use]
    pub fn without_link(mut self, endpoint: &str) -> Self {
        self.no_link.push(endpoint.to_owned());
        self
    }

    /// Makes conditions on `lastUpdated` find nothing at an endpoint.
    #[must_use]
    pub fn with_deaf_last_updated(mut self, endpoint: &str) -> Self {
        self.deaf_last_updated.push(endpoint.to_owned());
        self
    }

    /// Takes `_info` from the records of an endpoint.
    #[must_use]
    pub fn without_info(mut self, endpoint: &str) -> Self {
        self.no_info.push(endpoint.to_owned());
        self
    }

    /// Hides the records of an endpoint.
    #[must_use]
    pub fn blind(mut self, endpoint: &str) -> Self {
        self.blind.push(endpoint.to_owned());
        self
    }

    /// Lets the server stumble at a record of an endpoint.
    #[must_use]
    pub fn with_stumble(mut self, endpoint: &str, id: i64, gives_id: bool) -> Self {
        self.stumbles.push(Stumble { endpoint: endpoint.to_owned(), id, gives_id });
        self
    }

    /// Lets the server fall silent at a record of an endpoint: a list that has it is not read to its end, unless page by
    /// page of one record.
    #[must_use]
    pub fn with_silence(mut self, endpoint: &str, id: i64) -> Self {
        self.silences.push(Stumble { endpoint: endpoint.to_owned(), id, gives_id: false });
        self
    }

    /// Refuses pages of more records.
    #[must_use]
    pub fn with_most_on_a_page(self, most_on_a_page: u32) -> Self {
        Self { most_on_a_page, ..self }
    }

    /// Makes it a server of another version, which refuses requests for any but its own with a status.
    #[must_use]
    pub fn with_version(self, current: &str, status: u16) -> Self {
        Self { version: Some(OtherVersion { current: current.to_owned(), status }), ..self }
    }

    /// Whether the server stumbles at one of these records of a list.
    pub(crate) fn stumbles_at(&self, path: &str, ids: &[i64], ids_alone: bool) -> bool {
        self.stumbles.iter().any(|stumble| stumble.is_among(path, ids) && !(ids_alone && stumble.gives_id))
    }

    /// Whether a page of these records is never answered.
    pub(crate) fn is_silent_at(&self, path: &str, ids: &[i64]) -> bool {
        ids.len() > 1 && self.silences.iter().any(|silence| silence.is_among(path, ids))
    }

    /// Lets things happen while lists are read.
    #[must_use]
    pub fn with_meddling(mut self, meddling: Meddling) -> Self {
        self.meddling = Some(meddling);
        self
    }

    /// Takes conditions on `lastUpdated` from an endpoint.
    #[must_use]
    pub fn without_last_updated(mut self, endpoint: &str) -> Self {
        self.no_last_updated.push(endpoint.to_owned());
        self
    }
}

/// What a request has to put up with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Struck {
    pub(crate) delay: u64,
    pub(crate) fault: Option<Fault>,
    /// What happens to the records before the answer.
    pub(crate) advance: Option<AdvanceRequest>,
}

/// The switches with how far their rules have come.
#[derive(Debug, Default)]
pub(crate) struct FaultState {
    faults: Faults,
    /// How many requests each rule was asked about.
    seen: Vec<u64>,
    /// How many pages were asked for that the meddling counts.
    pages: u64,
}

impl FaultState {
    pub(crate) fn new(faults: Faults) -> Self {
        let seen = vec![0; faults.rules.len()];
        Self { faults, seen, pages: 0 }
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Which faults a request meets.
    pub(crate) fn strike(&mut self, path: &str, kind: &str) -> Struck {
        let mut struck = Struck { advance: self.meddle(path, kind), ..Struck::default() };
        for (at, (rule, seen)) in self.faults.rules.iter().zip(&mut self.seen).enumerate() {
            let is_for = path.starts_with(&rule.endpoint) && (rule.kind.is_empty() || rule.kind == kind);
            // A rule that comes after one that hit has not been asked.
            let taken = struck.fault.is_some() && !matches!(rule.fault, Fault::Delay { .. });
            if !is_for || taken || !rule.fault.fits(kind) {
                continue;
            }
            let count = *seen;
            *seen += 1;
            let hit = match rule.when {
                When::Always => true,
                When::Next(n) => count < u64::from(n),
                When::Every(n) => count % (u64::from(n) + 1) == u64::from(n),
                When::Probability(p) => {
                    let throw = Dice::new(self.faults.seed).of(at as u64).bits(count) >> 11;
                    (throw as f64) / ((1_u64 << 53) as f64) < p
                }
            };
            match rule.fault {
                _ if !hit => {}
                Fault::Delay { millis } => struck.delay += millis,
                fault => struck.fault = Some(fault),
            }
        }
        struck
    }
}

impl FaultState {
    /// What happens before this request is answered.
    fn meddle(&mut self, path: &str, kind: &str) -> Option<AdvanceRequest> {
        let meddling = self.faults.meddling.as_ref()?;
        let every = u64::from(meddling.every);
        if kind != "list" || every == 0 || !path.starts_with(&meddling.endpoint) {
            return None;
        }
        self.pages += 1;
        let is_time = self.pages > every && (self.pages - 1).is_multiple_of(every);
        let is_over = meddling.times > 0 && (self.pages - 1) / every > u64::from(meddling.times);
        (is_time && !is_over).then(|| meddling.advance.clone())
    }
}

/// Whether a path is among endpoints given by the start of their path.
pub(crate) fn is_listed(endpoints: &[String], path: &str) -> bool {
    endpoints.iter().any(|endpoint| path.starts_with(endpoint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_hit_what_they_are_for() {
        let faults = Faults::default()
            .with("/time", When::Next(2), Fault::Reset)
            .with("", When::Every(1), Fault::Delay { millis: 5 })
            .with_kind("", "count", When::Always, Fault::WrongCount { by: 1 });
        let mut state = FaultState::new(faults);
        let hits: Vec<_> = (0..4).map(|_| state.strike("/time/entries", "list")).collect();
        assert_eq!(hits.iter().filter(|hit| hit.fault == Some(Fault::Reset)).count(), 2);
        assert_eq!(hits.iter().map(|hit| hit.delay).sum::<u64>(), 10);
        assert_eq!(state.strike("/time/entries", "count").fault, Some(Fault::WrongCount { by: 1 }));
        assert_eq!(state.strike("/company/companies", "list").fault, None);
    }

    #[test]
    fn something_happens_after_so_many_pages_and_so_often() {
        let advance = AdvanceRequest { hours: 1.0, ..AdvanceRequest::default() };
        let meddling = Meddling { endpoint: "/time".to_owned(), every: 2, times: 2, advance };
        let mut state = FaultState::new(Faults::default().with_meddling(meddling));
        let mut happened = Vec::new();
        for _ in 0..9 {
            assert!(state.strike("/time/entries", "count").advance.is_none());
            assert!(state.strike("/company/companies", "list").advance.is_none());
            happened.push(state.strike("/time/entries", "list").advance.is_some());
        }
        assert_eq!(happened, [false, false, true, false, true, false, false, false, false]);
    }

    #[test]
    fn probabilities_repeat_with_the_seed() {
        let run = |seed| {
            let mut state = FaultState::new(Faults { seed, ..Faults::default() }.with(
                "",
                When::Probability(0.3),
                Fault::Forbidden,
            ));
            (0..1_000).map(|_| state.strike("/x", "list").fault.is_some()).collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        let hits = run(1).iter().filter(|hit| **hit).count();
        assert!((200..400).contains(&hits), "{hits}");
    }

    #[test]
    fn switches_read_from_json() {
        let text = r#"{"rules": [
            {"endpoint": "/time", "fault": {"too_many_requests": {"retry_after": 1}}, "when": {"next": 3}},
            {"fault": "html", "when": "always"}], "no_forward_only": ["/finance"]}"#;
        let faults: Faults = serde_json::from_str(text).unwrap();
        assert_eq!(faults.rules[0].fault, Fault::TooManyRequests { retry_after: 1 });
        assert_eq!(faults.rules[1].when, When::Always);
        assert_eq!(serde_json::from_str::<Faults>(&serde_json::to_string(&faults).unwrap()).unwrap(), faults);
    }
}
