//! What was asked of the simulator, for tests to look at afterwards.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

/// How many request lines are kept.
const KEPT: usize = 5_000;

/// A request and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RequestLine {
    /// Its number, from 1.
    pub number: u64,
    /// GET, mostly.
    pub method: String,
    /// The path below the API's base.
    pub path: String,
    /// The entity's endpoint, or the path where it is none.
    pub endpoint: String,
    /// `list`, `count`, `get`, `info` or `other`.
    pub kind: String,
    /// The query as it came.
    pub query: String,
    /// The query's parameters, decoded.
    pub parameters: Vec<(String, String)>,
    /// Some of the headers, their names in lower case: accept, accept-encoding, pagination-type, user-agent.
    pub headers: BTreeMap<String, String>,
    /// The status of the answer.
    pub status: u16,
    /// The fault that struck, if one did.
    pub fault: Option<String>,
}

impl RequestLine {
    /// The value of a query parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// What was asked so far.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RequestLog {
    /// How many requests there were, by endpoint and kind.
    pub counts: BTreeMap<String, BTreeMap<String, u64>>,
    /// The latest of them, oldest first.
    pub lines: VecDeque<RequestLine>,
    /// How many there were in all.
    pub total: u64,
}

impl RequestLog {
    /// How many requests of a kind an endpoint got.
    pub fn count(&self, endpoint: &str, kind: &str) -> u64 {
        self.counts.get(endpoint).and_then(|kinds| kinds.get(kind)).copied().unwrap_or(0)
    }

    /// The latest requests to an endpoint, oldest first.
    pub fn of(&self, endpoint: &str) -> impl Iterator<Item = &RequestLine> {
        self.lines.iter().filter(move |line| line.endpoint == endpoint)
    }

    pub(crate) fn add(&mut self, mut line: RequestLine) {
        self.total += 1;
        line.number = self.total;
        *self.counts.entry(line.endpoint.clone()).or_default().entry(line.kind.clone()).or_default() += 1;
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }
}
