//! Further lists: any path with the records that a test, or a person at the controls, gave it.
//!
//! Such a list pages, counts and filters like the others. Its conditions may name any property, because no schema of
//! it is known; a name that a record lacks compares as null.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::conditions::{self, Fields, Scope};
use crate::instant::{self, Micros};
use crate::json::{Json, Selection};
use crate::query::{Page, Paging, QueryError, paging, parameter};

/// The records of a list, by id.
type Records = Arc<BTreeMap<i64, Value>>;

/// The lists by path, in lower case.
#[derive(Debug, Default)]
pub(crate) struct Served(BTreeMap<String, Records>);

/// What is asked of a list that is served: its records, or how many they are.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    records: Records,
    pub(crate) count: bool,
}

impl Served {
    /// Serves records at a path; the ones without a whole `id` are left out. Returns how many there are.
    pub(crate) fn set(&mut self, path: &str, records: Vec<Value>) -> usize {
        let records = records.into_iter().filter_map(|record| Some((record.get("id")?.as_i64()?, record)));
        let records: BTreeMap<i64, Value> = records.collect();
        let count = records.len();
        self.0.insert(key(path), Arc::new(records));
        count
    }

    /// What a path asks for, below the API's base.
    pub(crate) fn asked(&self, path: &str) -> Option<Asked> {
        let key = key(path);
        if let Some(records) = self.0.get(&key) {
            return Some(Asked { records: Arc::clone(records), count: false });
        }
        let records = self.0.get(key.strip_suffix("/count")?)?;
        Some(Asked { records: Arc::clone(records), count: true })
    }

    /// As [`Self::asked`]; an empty list where nothing is served.
    pub(crate) fn asked_or_none(&self, path: &str) -> Asked {
        self.asked(path).unwrap_or_else(|| Asked { records: Records::default(), count: key(path).ends_with("/count") })
    }
}

fn key(path: &str) -> String {
    path.to_lowercase()
}

impl Asked {
    /// All of them.
    pub(crate) fn records(&self) -> impl Iterator<Item = &Value> {
        self.records.values()
    }

    /// How many records satisfy the conditions.
    pub(crate) fn counted(&self, parameters: &[(String, String)]) -> Result<usize, QueryError> {
        Ok(self.matching(parameters)?.len())
    }

    /// A page of them, with how it was asked for.
    pub(crate) fn page(
        &self,
        parameters: &[(String, String)],
        forward_only: bool,
    ) -> Result<(Page, Paging, usize), QueryError> {
        let (paging, page_size) = paging(parameters, forward_only)?;
        let all = self.matching(parameters)?;
        let (from, pages) = match paging {
            Paging::After(after) => (all.partition_point(|(id, _)| *id <= after), None),
            Paging::Page(number) => ((number - 1).saturating_mul(page_size), Some(all.len().div_ceil(page_size))),
        };
        let from = from.min(all.len());
        let rows = &all[from..(from + page_size).min(all.len())];
        let selection = parameter(parameters, "fields").map(|fields| {
            let mut selection = Selection::default();
            fields.split(',').map(str::trim).for_each(|name| selection.add(name));
            selection
        });
        let mut json = Json::new(Vec::new());
        json.raw("[");
        for (at, (_, record)) in rows.iter().enumerate() {
            if at > 0 {
                json.raw(",");
            }
            json.record(selection.as_ref(), |json| json.properties(record));
        }
        json.raw("]");
        let last_id = rows.last().map(|(id, _)| *id);
        let ids = rows.iter().map(|(id, _)| *id).collect();
        let page = Page { body: json.into_bytes(), ids, last_id, more: from + rows.len() < all.len(), pages };
        Ok((page, paging, page_size))
    }

    fn matching(&self, parameters: &[(String, String)]) -> Result<Vec<(i64, &Value)>, QueryError> {
        let conditions = conditions::parse(parameter(parameters, "conditions").unwrap_or_default(), Scope::Any)?;
        let satisfies = |id: i64, record: &Value| {
            conditions.as_ref().is_none_or(|conditions| conditions::evaluate(conditions, &Given { id, record }))
        };
        Ok(self
            .records
            .iter()
            .map(|(id, record)| (*id, record))
            .filter(|(id, record)| satisfies(*id, record))
            .collect())
    }
}

struct Given<'r> {
    id: i64,
    record: &'r Value,
}

impl Fields for Given<'_> {
    fn id(&self) -> i64 {
        self.id
    }

    fn updated(&self) -> Option<Micros> {
        self.record.pointer("/_info/lastUpdated").and_then(Value::as_str).and_then(instant::parse)
    }

    fn record(&self) -> &Value {
        self.record
    }
}
