//! Answers a list request: which records, in which order, which of them are on the page, what of them is written.
//!
//! Invariant: only the records of the page are written; to filter or sort, a record is asked for no more than the
//! properties that the condition or the order names.

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::Value;

use crate::conditions::{self, ConditionError, Expression, Fields, Scope};
use crate::entity::Entity;
use crate::instant::{self, Micros};
use crate::json::{Json, Selection};
use crate::schema;
use crate::state::State;
use crate::world::Kept;

const DEFAULT_PAGE_SIZE: usize = 25;
const MAX_PAGE_SIZE: usize = 1_000;

/// A request that can't be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum QueryError {
    #[error("{0}")]
    Condition(#[from] ConditionError),
    #[error("{0}")]
    Invalid(String),
}

/// How the caller walks through the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paging {
    /// By number, from 1.
    Page(usize),
    /// From the id after this one.
    After(i64),
}

/// What an endpoint makes of conditions on the time of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeFilter {
    Works,
    /// It knows no such name.
    Refused,
    /// It takes them and finds nothing by them.
    Deaf,
}

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) entity: Entity,
    filter: Filter,
    order: Vec<(String, bool)>,
    selection: Option<Selection>,
    pub(crate) paging: Paging,
    pub(crate) page_size: usize,
}

/// The filters together; a record must satisfy each.
#[derive(Debug, Default)]
struct Filter {
    conditions: Option<Expression>,
    children: Option<Expression>,
    custom_fields: Option<Expression>,
    /// What of a record the filters look at.
    selection: Selection,
    /// What the filters came from, to tell kept answers apart.
    key: String,
    /// Nothing is found, whatever there is.
    empty: bool,
}

/// A page of records.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) body: Vec<u8>,
    /// The ids on it.
    pub(crate) ids: Vec<i64>,
    /// The last id of the page.
    pub(crate) last_id: Option<i64>,
    pub(crate) more: bool,
    /// How many pages there are; none where that was not counted.
    pub(crate) pages: Option<usize>,
}

pub(crate) fn parameter<'p>(parameters: &'p [(String, String)], name: &str) -> Option<&'p str> {
    let found = parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str()).filter(|value| !value.trim().is_empty())
}

/// What a `fields` parameter asks for.
pub(crate) fn selection(entity: Entity, parameters: &[(String, String)]) -> Option<Selection> {
    let fields = parameter(parameters, "fields")?;
    let mut selection = Selection::default();
    for name in fields.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        // Case does not matter for names that are known; unknown ones select nothing, or an unknown property.
        match schema::find(entity, name) {
            Some((spelled, _)) => selection.add(&spelled),
            None => selection.add(name),
        }
    }
    Some(selection)
}

/// How the pages are walked through, and how long they are.
pub(crate) fn paging(parameters: &[(String, String)], forward_only: bool) -> Result<(Paging, usize), QueryError> {
    let whole = |name: &str, least: i64| match parameter(parameters, name) {
        None => Ok(None),
        Some(text) => match text.trim().parse::<i64>() {
            Ok(number) if number >= least => Ok(Some(number)),
            _ => Err(QueryError::Invalid(format!("{name} must be a whole number, not {text}"))),
        },
    };
    let page_size = match whole("pageSize", 0)? {
        None => DEFAULT_PAGE_SIZE,
        Some(0) => return Err(QueryError::Invalid("pageSize must be at least 1".to_owned())),
        Some(size) => (size as usize).min(MAX_PAGE_SIZE),
    };
    let (page_id, page) = (whole("pageId", i64::MIN)?, whole("page", 0)?);
    let paging = if forward_only {
        Paging::After(page_id.unwrap_or(i64::MIN))
    } else {
        Paging::Page((page.unwrap_or(1).max(1)) as usize)
    };
    Ok((paging, page_size))
}

impl Query {
    pub(crate) fn new(
        entity: Entity,
        parameters: &[(String, String)],
        forward_only: bool,
        by_time: TimeFilter,
        blind: bool,
    ) -> Result<Self, QueryError> {
        let (paging, page_size) = paging(parameters, forward_only)?;
        let filter = Filter::new(entity, parameters, by_time, blind)?;
        let order = match (paging, parameter(parameters, "orderBy")) {
            (Paging::Page(_), Some(order)) => read_order(entity, order)?,
            _ => Vec::new(),
        };
        Ok(Self { entity, filter, order, selection: selection(entity, parameters), paging, page_size })
    }

    /// How many records there are.
    pub(crate) fn count(&self, state: &State, kept: &Kept) -> usize {
        self.matching(state, kept).len()
    }

    /// The ids of all records, in order.
    fn matching(&self, state: &State, kept: &Kept) -> Arc<Vec<i64>> {
        let key = (self.entity, format!("{}\u{0}{:?}", self.filter.key, self.order));
        kept.get(state.generation, key, || {
            let mut ids: Vec<i64> = self.filter.ids(state, self.entity, i64::MIN).collect();
            self.sort(state, &mut ids);
            ids
        })
    }

    fn sort(&self, state: &State, ids: &mut [i64]) {
        match self.order.as_slice() {
            [] => {}
            [(name, descending)] if name == "id" => {
                if *descending {
                    ids.reverse();
                }
            }
            // Without making the records: it is asked of long lists.
            [(name, descending), _] if name == "_info/lastUpdated" => ids.sort_by_cached_key(|id| {
                let at = changed_at(state, self.entity, *id);
                at.map_or((*descending, 0), |at| (!*descending, if *descending { -at } else { at }))
            }),
            order => {
                let mut selection = Selection::default();
                order.iter().for_each(|(name, _)| selection.add(name));
                ids.sort_by_cached_key(|id| SortKey::new(state, self.entity, *id, &selection, order));
            }
        }
    }

    /// Writes a page. `repeat` has it carry its first row twice.
    pub(crate) fn page(&self, state: &State, kept: &Kept, repeat: bool) -> Page {
        let (mut ids, more, pages): (Vec<i64>, bool, Option<usize>) = match self.paging {
            Paging::After(after) => {
                let mut ids: Vec<i64> = self.filter.ids(state, self.entity, after).take(self.page_size + 1).collect();
                let more = ids.len() > self.page_size;
                ids.truncate(self.page_size);
                (ids, more, None)
            }
            Paging::Page(number) => {
                let all = self.matching(state, kept);
                let from = (number - 1).saturating_mul(self.page_size).min(all.len());
                let to = (from + self.page_size).min(all.len());
                (all[from..to].to_vec(), to < all.len(), Some(all.len().div_ceil(self.page_size)))
            }
        };
        let (last_id, on_it) = (ids.last().copied(), ids.clone());
        if repeat && let Some(first) = ids.first().copied() {
            ids.insert(0, first);
        }
        let mut json = Json::new(Vec::with_capacity(ids.len() * if self.selection.is_some() { 256 } else { 4_096 }));
        json.raw("[");
        for (at, id) in ids.into_iter().enumerate() {
            if at > 0 {
                json.raw(",");
            }
            state.write(&mut json, self.entity, id, self.selection.as_ref());
        }
        json.raw("]");
        Page { body: json.into_bytes(), ids: on_it, last_id, more, pages }
    }
}

impl Filter {
    fn new(
        entity: Entity,
        parameters: &[(String, String)],
        by_time: TimeFilter,
        blind: bool,
    ) -> Result<Self, QueryError> {
        let read = |name, scope| conditions::parse(parameter(parameters, name).unwrap_or_default(), scope);
        let conditions = read("conditions", Scope::Entity(entity))?;
        let children = read("childConditions", Scope::Children(entity))?;
        let custom_fields = read("customFieldConditions", Scope::CustomField)?;
        let asks = conditions.as_ref().is_some_and(Expression::asks_last_updated);
        if asks && by_time == TimeFilter::Refused {
            let name = "lastUpdated".to_owned();
            return Err(ConditionError::UnknownName { name, entity: entity.name() }.into());
        }
        let mut paths = Vec::new();
        conditions.iter().chain(&children).for_each(|expression| expression.paths(&mut paths));
        let mut selection = Selection::default();
        paths.iter().for_each(|path| selection.add(path));
        if custom_fields.is_some() {
            selection.add("customFields");
        }
        let key = ["conditions", "childConditions", "customFieldConditions"]
            .map(|name| parameter(parameters, name).unwrap_or_default())
            .join("\u{0}");
        let empty = blind || (asks && by_time == TimeFilter::Deaf);
        let key = if empty { format!("empty {key}") } else { key };
        Ok(Self { conditions, children, custom_fields, selection, key, empty })
    }

    /// The ids, above a given one, of the records that satisfy it.
    fn ids<'s>(&'s self, state: &'s State, entity: Entity, after: i64) -> impl Iterator<Item = i64> + 's {
        let (low, high) = self.conditions.as_ref().map_or((i64::MIN, i64::MAX), Expression::id_bounds);
        state
            .ids_after(entity, after.max(low.saturating_sub(1)))
            .take_while(move |id| *id <= high)
            .filter(move |id| self.admits(state, entity, *id))
    }

    fn admits(&self, state: &State, entity: Entity, id: i64) -> bool {
        if self.empty {
            return false;
        }
        let record = Record { state, entity, id, selection: &self.selection, value: OnceCell::new() };
        let items = |expression: &Expression| {
            let items = record.record().get("customFields").and_then(Value::as_array);
            items.is_some_and(|items| items.iter().any(|item| conditions::evaluate_value(expression, item)))
        };
        self.conditions.as_ref().is_none_or(|expression| conditions::evaluate(expression, &record))
            && self.children.as_ref().is_none_or(|expression| conditions::evaluate_value(expression, record.record()))
            && self.custom_fields.as_ref().is_none_or(items)
    }
}

/// A record that is made only once it is looked at.
struct Record<'s> {
    state: &'s State,
    entity: Entity,
    id: i64,
    selection: &'s Selection,
    value: OnceCell<Value>,
}

impl Fields for Record<'_> {
    fn id(&self) -> i64 {
        self.id
    }

    fn updated(&self) -> Option<Micros> {
        self.state.updated(self.entity, self.id)
    }

    fn record(&self) -> &Value {
        self.value.get_or_init(|| self.state.value(self.entity, self.id, Some(self.selection)).unwrap_or(Value::Null))
    }
}

/// When a record says that it was last changed.
fn changed_at(state: &State, entity: Entity, id: i64) -> Option<Micros> {
    state.updated(entity, id).or_else(|| {
        let record = state.value(entity, id, None)?;
        instant::parse(record.pointer("/_info/lastUpdated")?.as_str()?)
    })
}

fn read_order(entity: Entity, text: &str) -> Result<Vec<(String, bool)>, QueryError> {
    let mut order = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let mut words = part.split_whitespace();
        let name = words.next().unwrap_or_default();
        let descending = match words.next() {
            None => false,
            Some(word) if word.eq_ignore_ascii_case("asc") => false,
            Some(word) if word.eq_ignore_ascii_case("desc") => true,
            Some(word) => return Err(QueryError::Invalid(format!("orderBy: {word} is neither asc nor desc"))),
        };
        let name = if name.eq_ignore_ascii_case("lastUpdated") { "_info/lastUpdated" } else { name };
        let (spelled, _) = schema::find(entity, name)
            .ok_or_else(|| ConditionError::UnknownName { name: name.to_owned(), entity: entity.name() })?;
        order.push((spelled, descending));
    }
    // So that ties have an order too.
    if order.len() > 1 || order.first().is_some_and(|(name, _)| name != "id") {
        order.push(("id".to_owned(), false));
    }
    Ok(order)
}

/// What a record is sorted by.
#[derive(Debug, PartialEq)]
struct SortKey(Vec<(Value, bool)>);

impl SortKey {
    fn new(state: &State, entity: Entity, id: i64, selection: &Selection, order: &[(String, bool)]) -> Self {
        let record = state.value(entity, id, Some(selection)).unwrap_or(Value::Null);
        let at = |path: &str| record.pointer(&format!("/{path}")).cloned().unwrap_or(Value::Null);
        Self(order.iter().map(|(path, descending)| (at(path), *descending)).collect())
    }
}

impl Eq for SortKey {}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        let orders = self.0.iter().zip(&other.0).map(|((left, descending), (right, _))| {
            let order = compare(left, right);
            if *descending { order.reverse() } else { order }
        });
        orders.into_iter().find(|order| *order != Ordering::Equal).unwrap_or(Ordering::Equal)
    }
}

/// Nothing comes first, then numbers, then text.
fn compare(left: &Value, right: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        _ => 3,
    };
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Number(left), Value::Number(right)) => {
            let number = |number: &serde_json::Number| number.as_f64().unwrap_or_default();
            number(left).total_cmp(&number(right))
        }
        (Value::String(left), Value::String(right)) => left.to_lowercase().cmp(&right.to_lowercase()),
        _ => rank(left).cmp(&rank(right)),
    }
}
