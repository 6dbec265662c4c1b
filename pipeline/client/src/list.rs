//! Any list of the API as a stream of pages, records or Arrow batches.
//!
//! Invariant: memory holds one page (and, of a list that is read by page numbers, the keys that came); no sensitive
//! or excluded property is asked for by name, and none is in what comes out, which has hashes in the place of personal
//! texts; a record's bytes are the API's own, to the last
//! digit, where nothing had to be left out of them. Nothing but a path is taken as one: conditions come in by
//! [`List::conditions`], which looks at them.

use crate::client::Client;
use crate::conditions::{Condition, Name};
use crate::error::{Error, Result};
use crate::fields::field_groups;
use crate::observer::Observer;
use crate::page_limit::MOST_ON_A_PAGE;
use crate::path::{is_at_or_below, is_path_of, path_problem, types_of_values};
use crate::settings::no_hash_key;
use arrow_schema::SchemaRef;
use connectwise_generated::tables::TABLES;
use connectwise_runtime::{HashKey, Table, bronze_schema};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

impl Client {
    /// A list of the API: `/time/entries`, or any other path below the base.
    ///
    /// ```no_run
    /// # async fn example(client: connectwise_client::Client) -> connectwise_client::Result<()> {
    /// use connectwise_client::conditions::field;
    /// use futures::TryStreamExt as _;
    ///
    /// let billable = field("billableOption")?.equals("Billable");
    /// let mut records = client.list_at("/time/entries").conditions(billable)?.fields(["id", "actualHours"])?.records();
    /// while let Some(record) = records.try_next().await? {
    ///     println!("{}", String::from_utf8_lossy(&record));
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// What is no path, because it holds a query or leads elsewhere, is told by the next step that can fail.
    pub fn list_at(&self, endpoint: &str) -> List {
        List::new(self, endpoint, TABLES)
    }

    /// The list of an entity.
    pub fn list_of(&self, table: &'static Table) -> List {
        List::new(self, table.endpoint, &[table])
    }
}

/// Stands for every path that is no entity's: what is sensitive anywhere is sensitive here.
pub(super) static ANYTHING: LazyLock<&'static Table> = LazyLock::new(|| {
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
        excluded: &[],
        hashed: &[],
        reconcile: &[],
        shape: &[],
        silver: &[],
        children: &[],
    }))
});

/// What to read of a list, and how.
#[derive(Debug, Clone)]
#[must_use = "a list does nothing until it is read"]
pub struct List {
    pub(super) client: Client,
    pub(super) endpoint: String,
    /// Why the endpoint is none.
    problem: Option<String>,
    pub(super) table: Option<&'static Table>,
    /// The entity of which this is one record.
    pub(super) record_of: Option<&'static Table>,
    /// The entity whose records these are, also where the list lies below a record.
    of: Option<&'static Table>,
    pub(super) hash_key: Option<HashKey>,
    /// A decoder follows, which leaves out and hashes what it must itself.
    pub(super) decoded: bool,
    pub(super) conditions: Option<Condition>,
    pub(super) child_conditions: Option<Condition>,
    pub(super) custom_field_conditions: Option<Condition>,
    pub(super) fields: Vec<String>,
    pub(super) order_by: Option<String>,
    pub(super) page_size: u64,
    pub(super) limit: Option<u64>,
    /// The records that the API counts, where that is known.
    pub(super) expected: Option<u64>,
    pub(super) observer: Arc<dyn Observer>,
}

impl List {
    fn new(client: &Client, endpoint: &str, tables: &[&'static Table]) -> Self {
        let problem = path_problem(endpoint);
        let endpoint = format!("/{}", endpoint.trim_matches('/'));
        let table_of = |path: &str| tables.iter().copied().find(|table| table.endpoint.eq_ignore_ascii_case(path));
        let one = endpoint.rsplit_once('/').filter(|(_, id)| id.parse::<i64>().is_ok()).map(|(list, _)| list);
        let below = |path: &str| tables.iter().copied().find(|table| is_path_of(table.endpoint, path));
        List {
            client: client.clone(),
            table: table_of(&endpoint),
            record_of: one.and_then(table_of),
            of: below(&endpoint).or_else(|| one.and_then(below)),
            hash_key: None,
            decoded: false,
            endpoint,
            problem,
            conditions: None,
            child_conditions: None,
            custom_field_conditions: None,
            fields: Vec::new(),
            order_by: None,
            page_size: client.page_limit(),
            limit: None,
            expected: None,
            observer: Arc::new(()),
        }
    }

    /// The key of the hashes in the place of personal texts, without which a list that has some can't be read.
    pub fn hash_key(mut self, key: Option<HashKey>) -> Self {
        self.hash_key = key;
        self
    }

    /// Only the records for which this holds.
    ///
    /// # Errors
    /// [`Error::Usage`] where it asks for what is sensitive or personal (the answers would give it away, letter by
    /// letter), or the endpoint is none.
    pub fn conditions(mut self, conditions: Condition) -> Result<Self> {
        self.conditions = Some(self.may_ask(conditions, "")?);
        Ok(self)
    }

    /// Only the records of which an item of a list satisfies this, e.g. `customFields/caption = "Tier"`.
    ///
    /// # Errors
    /// As [`List::conditions`].
    pub fn child_conditions(mut self, conditions: Condition) -> Result<Self> {
        self.child_conditions = Some(self.may_ask(conditions, "")?);
        Ok(self)
    }

    /// Only the records of which a custom field satisfies this, e.g. `caption = "Tier" and value = "Gold"`.
    ///
    /// # Errors
    /// As [`List::conditions`].
    pub fn custom_field_conditions(mut self, conditions: Condition) -> Result<Self> {
        self.custom_field_conditions = Some(self.may_ask(conditions, "customFields/")?);
        Ok(self)
    }

    /// Conditions on what is below a place, where they may be asked for.
    fn may_ask(&self, conditions: Condition, below: &str) -> Result<Condition> {
        self.has_path()?;
        if let Some(name) = conditions.names().into_iter().find(|name| name.split('/').any(is_sensitive)) {
            return Err(Error::Usage(format!("{name} is sensitive and can't be asked for; leave it out")));
        }
        if let Some(name) = conditions.names().into_iter().find(|name| self.is_personal(&format!("{below}{name}"))) {
            return Err(Error::Usage(format!("{name} is personal and can't be asked for; leave it out")));
        }
        Ok(conditions)
    }

    /// Only these properties, `/` between the levels.
    ///
    /// # Errors
    /// [`Error::Usage`] for what is no name, or is never read because it is sensitive or personal.
    pub fn fields<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Result<Self> {
        self.has_path()?;
        for name in names {
            let name = name.as_ref().trim();
            Name::new(name)?;
            if let Some(part) = name.split('/').find(|part| is_sensitive(part)) {
                return Err(Error::Usage(format!("{name}: {part} is sensitive and is never read; leave it out")));
            }
            let never = self.of.into_iter().flat_map(|table| table.excluded.iter().chain(table.sensitive));
            for path in never {
                if is_at_or_below(name, path) {
                    return Err(Error::Usage(format!("{name} is personal and is never read; leave it out")));
                }
                if is_at_or_below(path, name) {
                    let text = format!("{name} holds {path}, which is never read: name what you need of it");
                    return Err(Error::Usage(text));
                }
            }
            self.fields.push(name.to_owned());
        }
        // By its type alone a value is told from a password.
        self.fields.extend(types_of_values(&self.fields));
        Ok(self)
    }

    /// In this order, e.g. `name asc, id desc`.
    ///
    /// # Errors
    /// [`Error::Usage`] for what is no order.
    pub fn order_by(mut self, order: &str) -> Result<Self> {
        self.has_path()?;
        for part in order.split(',') {
            let mut words = part.split_whitespace();
            let is_hidden = |name: &str| name.split('/').any(is_sensitive) || self.is_personal(name);
            let name = words.next().is_some_and(|name| Name::new(name).is_ok() && !is_hidden(name));
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

    /// The list counts so many records: a short page that promises no more is not the last before they came.
    pub fn expecting(mut self, records: Option<u64>) -> Self {
        self.expected = records;
        self
    }

    /// Tells someone how it goes.
    pub fn observed(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = Arc::new(observer);
        self
    }

    /// The entity that this is the list of, if it is one's.
    pub fn table(&self) -> Option<&'static Table> {
        self.table
    }

    /// The columns of [`List::batches`], where it has some: of an entity's list, and of one of its records.
    pub fn schema(&self) -> Option<SchemaRef> {
        self.table.or(self.record_of).map(bronze_schema)
    }

    pub(super) fn has_path(&self) -> Result<()> {
        self.problem.clone().map_or(Ok(()), |problem| Err(Error::Usage(problem)))
    }

    /// Whether a property is personal, or a part of what is.
    fn is_personal(&self, name: &str) -> bool {
        let paths = self.of.into_iter().flat_map(|table| table.excluded.iter().chain(table.hashed));
        paths.into_iter().any(|path| is_at_or_below(name, path))
    }

    /// The entity whose rules for what is personal apply, where it has some.
    pub(super) fn personal(&self) -> Option<&'static Table> {
        self.of.filter(|table| !table.excluded.is_empty() || !table.hashed.is_empty())
    }

    /// Refuses what would bring texts to hash where there is no key.
    pub(super) fn has_key(&self) -> Result<()> {
        let Some(table) = self.of.filter(|_| self.hash_key.is_none()) else { return Ok(()) };
        let asked = |path: &str| {
            let related = |name: &String| is_at_or_below(name, path) || is_at_or_below(path, name);
            self.decoded || self.fields.is_empty() || self.fields.iter().any(related)
        };
        if !table.hashed.iter().any(|path| asked(path)) {
            return Ok(());
        }
        let what = format!("{} ({}), or ask for other --fields", self.endpoint, table.hashed.join(", "));
        Err(Error::Usage(no_hash_key(&what)))
    }

    /// The property that tells one record from another.
    pub(super) fn key(&self) -> &'static str {
        self.table.or(self.record_of).map_or("id", |table| table.key)
    }

    /// The `fields` of the requests that make a page together; none where whole records are read.
    pub(super) fn groups(&self) -> Vec<String> {
        match self.of {
            // Whole records would bring what must not be read.
            Some(table) if self.fields.is_empty() => field_groups(table),
            _ if self.fields.is_empty() => Vec::new(),
            // The key is asked for in any case: by it records are told apart, and the next page is found.
            _ if !self.fields.iter().any(|name| name == self.key()) => {
                vec![format!("{},{}", self.fields.join(","), self.key())]
            }
            _ => vec![self.fields.join(",")],
        }
    }

    /// Whether the key is asked for, but not given on.
    pub(super) fn hides_key(&self) -> bool {
        !self.decoded && !self.fields.is_empty() && !self.fields.iter().any(|name| name == self.key())
    }
}

/// Whether a property of this name is never read, wherever it stands.
fn is_sensitive(name: &str) -> bool {
    ANYTHING.sensitive.iter().any(|sensitive| sensitive.eq_ignore_ascii_case(name))
}
