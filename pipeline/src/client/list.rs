//! Any list of the API as a stream of pages, records or Arrow batches.
//!
//! Invariant: memory holds one page; no sensitive property is asked for by name, and none is in what comes out; a
//! record's bytes are the API's own, to the last digit, where nothing had to be left out of them.

use super::{Client, ClientError, Request, Traffic};
use crate::conditions::{Condition, Name};
use crate::error::{Error, Result};
use crate::extract::field_groups;
use crate::progress::EntityProgress;
use arrow::array::RecordBatch;
use bytes::Bytes;
use connectwise_generated::tables::TABLES;
use connectwise_runtime::{Decoder, Table, redact};
use futures::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use indexmap::IndexMap;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

/// The most records that the API gives on a page.
const MOST_ON_A_PAGE: u64 = 1000;

impl Client {
    /// A list of the API: `/time/entries`, or any other path below the base.
    ///
    /// ```no_run
    /// # async fn example(client: connectwise_etl::client::Client) -> connectwise_etl::Result<()> {
    /// use connectwise_etl::conditions::field;
    /// use futures::TryStreamExt as _;
    ///
    /// let billable = field("billableOption").and_then(|name| Ok(name.equals("Billable")));
    /// let billable = billable.map_err(|error| connectwise_etl::Error::Usage(error.to_string()))?;
    /// let mut records = client.list("/time/entries").conditions(billable)?.fields(["id", "actualHours"])?.records();
    /// while let Some(record) = records.try_next().await? {
    ///     println!("{}", String::from_utf8_lossy(&record));
    /// }
    /// # Ok(()) }
    /// ```
    pub fn list(&self, endpoint: &str) -> List {
        let endpoint = format!("/{}", endpoint.trim_matches('/'));
        List {
            client: self.clone(),
            table: TABLES.iter().copied().find(|table| table.endpoint.eq_ignore_ascii_case(&endpoint)),
            endpoint,
            conditions: None,
            fields: Vec::new(),
            order_by: None,
            page_size: MOST_ON_A_PAGE,
            limit: None,
            watcher: EntityProgress::default(),
        }
    }
}

/// Stands for every path that is no entity's: what is sensitive anywhere is sensitive here.
static ANYTHING: LazyLock<&'static Table> = LazyLock::new(|| {
    let names: BTreeSet<&'static str> =
        TABLES.iter().flat_map(|table| table.sensitive).filter_map(|name| name.rsplit('/').next()).collect();
    let names: &'static [&'static str] = Box::leak(names.into_iter().collect::<Vec<_>>().into_boxed_slice());
    Box::leak(Box::new(Table {
        entity: "",
        table: "",
        endpoint: "",
        counted: false,
        parent: None,
        schema: "",
        key: "id",
        lookback_days: None,
        change_detection: connectwise_runtime::ChangeDetection::LastUpdated,
        variants: &[],
        sensitive: names,
        shape: &[],
        silver: &[],
        children: &[],
    }))
});

/// What to read of a list, and how.
#[derive(Debug, Clone)]
#[must_use = "a list does nothing until it is read"]
pub struct List {
    client: Client,
    endpoint: String,
    table: Option<&'static Table>,
    conditions: Option<Condition>,
    fields: Vec<String>,
    order_by: Option<String>,
    page_size: u64,
    limit: Option<u64>,
    watcher: EntityProgress,
}

impl List {
    /// Only the records for which this holds.
    ///
    /// # Errors
    /// [`Error::Usage`] where it asks for what is sensitive: the answers would give it away, letter by letter.
    pub fn conditions(mut self, conditions: Condition) -> Result<Self> {
        if let Some(name) = conditions.names().into_iter().find(|name| name.split('/').any(is_sensitive)) {
            return Err(Error::Usage(format!("{name} is sensitive and can't be asked for; leave it out")));
        }
        self.conditions = Some(conditions);
        Ok(self)
    }

    /// Only these properties, `/` between the levels.
    ///
    /// # Errors
    /// [`Error::Usage`] for what is no name, or is never read because it is sensitive.
    pub fn fields<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Result<Self> {
        for name in names {
            let name = name.as_ref().trim();
            Name::new(name).map_err(|error| Error::Usage(error.to_string()))?;
            if let Some(part) = name.split('/').find(|part| is_sensitive(part)) {
                return Err(Error::Usage(format!("{name}: {part} is sensitive and is never read; leave it out")));
            }
            self.fields.push(name.to_owned());
        }
        Ok(self)
    }

    /// In this order, e.g. `name asc, id desc`.
    ///
    /// # Errors
    /// [`Error::Usage`] for what is no order.
    pub fn order_by(mut self, order: &str) -> Result<Self> {
        for part in order.split(',') {
            let mut words = part.split_whitespace();
            let name = words.next().is_some_and(|name| Name::new(name).is_ok() && !name.split('/').any(is_sensitive));
            let direction =
                words.next().is_none_or(|word| matches!(word.to_ascii_lowercase().as_str(), "asc" | "desc"));
            if !name || !direction || words.next().is_some() {
                return Err(Error::Usage(format!("{part:?} is no order: expected a property, then asc or desc")));
            }
        }
        self.order_by = Some(order.to_owned());
        Ok(self)
    }

    /// So many records a request, 1 to 1000.
    pub fn page_size(mut self, records: u64) -> Self {
        self.page_size = records.clamp(1, MOST_ON_A_PAGE);
        self
    }

    /// Not more records than this.
    pub fn limit(mut self, records: u64) -> Self {
        self.limit = Some(records);
        self
    }

    /// Tells someone how it goes.
    pub fn watched(mut self, watcher: &EntityProgress) -> Self {
        self.watcher = watcher.clone();
        self
    }

    /// The entity that this is the list of, if it is one's.
    pub fn table(&self) -> Option<&'static Table> {
        self.table
    }

    /// Page after page: the records of each, as the API wrote them.
    pub fn pages(self) -> impl Stream<Item = Result<Vec<Bytes>>> + Send + Unpin {
        let left = self.limit.unwrap_or(u64::MAX);
        // The same for all pages: a page's number means nothing without its size.
        let page_size = self.page_size.min(left.max(1));
        let groups = match self.table {
            // Whole records would bring what must not be read.
            Some(table) if self.fields.is_empty() => field_groups(table),
            _ if self.fields.is_empty() => Vec::new(),
            _ => vec![self.fields.join(",")],
        };
        let state = Reading {
            way: if self.order_by.is_some() { Way::ByNumber } else { Way::ForwardOnly { after: None } },
            traffic: Traffic::watched(&self.watcher),
            list: self,
            page_size,
            groups,
            left,
            number: 1,
            seen: HashSet::new(),
            done: left == 0,
        };
        stream::try_unfold(state, |mut state| async move {
            let page = state.next().await?;
            Ok(page.map(|page| (page, state)))
        })
        .boxed()
    }

    /// Record after record, as the API wrote it.
    pub fn records(self) -> impl Stream<Item = Result<Bytes>> + Send + Unpin {
        self.pages().map_ok(|page| stream::iter(page.into_iter().map(Ok))).try_flatten()
    }

    /// Page after page as Arrow batches in the entity's bronze shape.
    ///
    /// # Errors
    /// [`Error::Usage`] where the list is no entity's; in the stream [`Error::Data`] for a record that does not fit.
    pub fn batches(self) -> Result<impl Stream<Item = Result<RecordBatch>> + Send + Unpin> {
        let table = self
            .table
            .ok_or_else(|| Error::Usage(format!("{} is no entity's list, so it has no columns", self.endpoint)))?;
        let mut decoder = Decoder::new(table);
        Ok(self.pages().map(move |page| {
            let page = page?;
            let failed = |reason: String| Error::data(table.entity, reason);
            let mut text = vec![b'['];
            for (index, record) in page.iter().enumerate() {
                if index > 0 {
                    text.push(b',');
                }
                text.extend_from_slice(record);
            }
            text.push(b']');
            decoder.page(&text).map_err(|error| failed(error.to_string()))?;
            let decoded = decoder.finish().map_err(|error| failed(error.to_string()))?;
            match decoded.quarantined.first() {
                None => Ok(decoded.batch),
                Some(misfit) => Err(failed(format!(
                    "record {} does not fit: {}: {}; as ndjson it can be read as it is",
                    misfit.record_id.as_deref().unwrap_or("without an id"),
                    misfit.path,
                    misfit.reason
                ))),
            }
        }))
    }
}

/// Whether a property of this name is never read, wherever it stands.
fn is_sensitive(name: &str) -> bool {
    ANYTHING.sensitive.iter().any(|sensitive| sensitive.eq_ignore_ascii_case(name))
}

/// Records, whether they are one object, the next page's id, and whether there is a next page.
type Page = (Vec<Bytes>, bool, Option<String>, bool);

/// How the next page is asked for.
#[derive(Debug, Clone)]
enum Way {
    ForwardOnly { after: Option<String> },
    ByNumber,
}

struct Reading {
    list: List,
    page_size: u64,
    /// The `fields` of the requests that make a page together; none where whole records are read.
    groups: Vec<String>,
    way: Way,
    traffic: Traffic,
    left: u64,
    number: u64,
    /// Hashes of the records on the page before: a server that ignores page numbers repeats itself for ever.
    seen: HashSet<Bytes>,
    done: bool,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Vec<Bytes>>> {
        if self.done {
            return Ok(None);
        }
        let (mut records, single, next_id, has_next) = match self.page().await {
            Ok(page) => page,
            Err(Error::Client(ClientError::Refused { .. })) if matches!(self.way, Way::ForwardOnly { after: None }) => {
                // The endpoint can't page forward only.
                self.way = Way::ByNumber;
                return Box::pin(self.next()).await;
            }
            Err(error) => return Err(error),
        };
        let asked = self.page_size;
        match &mut self.way {
            _ if single || records.is_empty() => self.done = true,
            Way::ForwardOnly { after } => match next_id {
                Some(id) if after.as_ref() != Some(&id) => *after = Some(id),
                Some(id) => {
                    return Err(Error::data(&self.list.endpoint, format!("the API repeats the page after id {id}")));
                }
                // A first page that is full and names no next one that way: it pages by number.
                None if after.is_none() && (has_next || records.len() as u64 >= asked) => {
                    self.way = Way::ByNumber;
                    return Box::pin(self.next()).await;
                }
                None => self.done = true,
            },
            Way::ByNumber => {
                if records.iter().all(|record| self.seen.contains(record)) {
                    return Err(Error::data(
                        &self.list.endpoint,
                        format!("page {} repeats the one before: the endpoint does not page", self.number),
                    ));
                }
                self.seen = records.iter().cloned().collect();
                self.number += 1;
                self.done = !has_next && (records.len() as u64) < asked;
            }
        }
        for record in &mut records {
            let failed = |error: &dyn std::fmt::Display| Error::data(&self.list.endpoint, error);
            let text = std::str::from_utf8(record).map_err(|error| failed(&error))?;
            if let Cow::Owned(kept) = redact(*ANYTHING, text).map_err(|error| failed(&error))? {
                *record = Bytes::from(kept);
            }
        }
        records.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= records.len() as u64;
        self.done |= self.left == 0;
        self.list.watcher.rows(records.len() as u64);
        Ok((!records.is_empty()).then_some(records))
    }

    /// One page, from as many requests as its properties need.
    async fn page(&self) -> Result<Page> {
        let mut groups = self.groups.iter();
        let mut page = self.fetch(groups.next()).await?;
        let key = self.list.table.map_or("id", |table| table.key);
        for group in groups {
            let (part, ..) = self.fetch(Some(group)).await?;
            page.0 = join(&page.0, &part, key).map_err(|reason| Error::data(&self.list.endpoint, reason))?;
        }
        Ok(page)
    }

    async fn fetch(&self, fields: Option<&String>) -> Result<Page> {
        let request = self.request(fields);
        let read = self.list.client.get(&request, &self.traffic, |answer| {
            let (records, single) = records_of(&answer.body)?;
            Ok((records, single, answer.next_page_id.clone(), answer.has_next))
        });
        Ok(read.await?)
    }

    fn request(&self, fields: Option<&String>) -> Request {
        let list = &self.list;
        let mut request = Request::new(&list.endpoint).with("pageSize", self.page_size);
        match &self.way {
            Way::ForwardOnly { after } => {
                request.forward_only = true;
                if let Some(after) = after {
                    request = request.with("pageId", after);
                }
            }
            Way::ByNumber => request = request.with("page", self.number),
        }
        if let Some(order) = &list.order_by {
            request = request.with("orderBy", order);
        }
        if let Some(conditions) = &list.conditions {
            request = request.with("conditions", conditions);
        }
        if let Some(fields) = fields {
            request = request.with("fields", fields);
        }
        request
    }
}

/// The records of an answer: the items of a list, or the one object; and whether it was that.
fn records_of(body: &Bytes) -> std::result::Result<(Vec<Bytes>, bool), String> {
    let start = body.iter().position(|byte| !byte.is_ascii_whitespace()).map(|at| body[at]);
    if start == Some(b'{') {
        let whole: &RawValue = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        return Ok((vec![body.slice_ref(whole.get().as_bytes())], true));
    }
    let items: Vec<&RawValue> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    Ok((items.iter().map(|item| body.slice_ref(item.get().as_bytes())).collect(), false))
}

/// Records of which two answers hold different properties, in the order of the first.
fn join(left: &[Bytes], right: &[Bytes], key: &str) -> std::result::Result<Vec<Bytes>, String> {
    const MOVED: &str = "the list changed between two parts of a page; try again";
    let mut others: HashMap<String, IndexMap<String, &RawValue>> = HashMap::new();
    for record in right {
        let (id, record) = keyed(record, key)?;
        others.insert(id, record);
    }
    if left.len() != right.len() {
        return Err(MOVED.to_owned());
    }
    let mut joined = Vec::with_capacity(left.len());
    for record in left {
        let (id, mut record) = keyed(record, key)?;
        for (name, value) in others.get(&id).ok_or(MOVED)? {
            record.entry(name.clone()).or_insert(value);
        }
        joined.push(Bytes::from(serde_json::to_vec(&record).map_err(|error| error.to_string())?));
    }
    Ok(joined)
}

/// A record's properties, and the text of its key.
fn keyed<'a>(record: &'a Bytes, key: &str) -> std::result::Result<(String, IndexMap<String, &'a RawValue>), String> {
    let record: IndexMap<String, &RawValue> = serde_json::from_slice(record).map_err(|error| error.to_string())?;
    let id = record.get(key).map(|id| id.get().to_owned()).ok_or_else(|| format!("a record without {key}"))?;
    Ok((id, record))
}
