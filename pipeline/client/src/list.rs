//! List: a query of any list of the API, read as pages, records or Arrow batches.
//!
//! Invariant: memory holds one page (and, with page numbers, the keys so far). A sensitive or excluded property must
//! never be requested by name, nor be in the output, which has hashes in place of personal texts. A record's bytes are
//! the API's own, to the last digit, where nothing had to be removed. An endpoint must be a plain path: conditions are
//! added by [`List::conditions`], which checks them.

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
    /// An endpoint that is no path, because it holds a query or leads elsewhere, is reported by the next step that can
    /// fail.
    pub fn list_at(&self, endpoint: &str) -> List {
        List::new(self, endpoint, TABLES)
    }

    /// The list of an entity.
    pub fn list_of(&self, table: &'static Table) -> List {
        List::new(self, table.endpoint, &[table])
    }
}

/// The table for paths that are no entity's: what is sensitive in any entity is sensitive here.
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
        optional: false,
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

/// A list of the API, with the options of reading it.
#[derive(Debug, Clone)]
#[must_use = "a list does nothing until it is read"]
pub struct List {
    pub(super) client: Client,
    pub(super) endpoint: String,
    /// Why the endpoint is no path.
    problem: Option<String>,
    pub(super) table: Option<&'static Table>,
    /// The entity, where the path is that of a single record.
    pub(super) record_of: Option<&'static Table>,
    /// The entity of the records, also where the list lies below a parent record.
    of: Option<&'static Table>,
    pub(super) hash_key: Option<HashKey>,
    /// Whether a decoder follows, which redacts the records itself.
    pub(super) decoded: bool,
    pub(super) conditions: Option<Condition>,
    pub(super) child_conditions: Option<Condition>,
    pub(super) custom_field_conditions: Option<Condition>,
    pub(super) fields: Vec<String>,
    pub(super) order_by: Option<String>,
    pub(super) page_size: u64,
    pub(super) limit: Option<u64>,
    /// The API's count of the records, where it is known.
    pub(super) expected: Option<u64>,
    pub(super) observer: Arc<dyn Observer>,
}

impl List {
    pub(crate) fn new(client: &Client, endpoint: &str, tables: &[&'static Table]) -> Self {
        let problem = path_problem(endpoint);
        let endpoint = format!("/{}", endpoint.trim_matches('/'));
        let table_of = |path: &str| {
            tables.iter().copied().find(|table| table.endpoint.trim_end_matches('/').eq_ignore_ascii_case(path))
        };
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

    /// Sets the key of the hashes that replace personal texts; a list with such texts can't be read without it.
    pub fn hash_key(mut self, key: Option<HashKey>) -> Self {
        self.hash_key = key;
        self
    }

    /// Restricts the list to records that satisfy this condition.
    ///
    /// # Errors
    /// [`Error::Usage`] where it names a sensitive or personal property (the responses would give it away, letter by
    /// letter), or the endpoint is no path.
    pub fn conditions(mut self, conditions: Condition) -> Result<Self> {
        self.conditions = Some(self.may_ask(conditions, "")?);
        Ok(self)
    }

    /// Restricts the list to records with a nested item that satisfies this, e.g. `customFields/caption = "Tier"`.
    ///
    /// # Errors
    /// As [`List::conditions`].
    pub fn child_conditions(mut self, conditions: Condition) -> Result<Self> {
        self.child_conditions = Some(self.may_ask(conditions, "")?);
        Ok(self)
    }

    /// Restricts the list to records with such a custom field, e.g. `caption = "Tier" and value = "Gold"`.
    ///
    /// # Errors
    /// As [`List::conditions`].
    pub fn custom_field_conditions(mut self, conditions: Condition) -> Result<Self> {
        self.custom_field_conditions = Some(self.may_ask(conditions, "customFields/")?);
        Ok(self)
    }

    /// Returns conditions on properties below a path, unless they name sensitive or personal ones.
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

    /// Selects the properties to read, nested by `/`.
    ///
    /// # Errors
    /// [`Error::Usage`] for an invalid name, and for a property that is never read because it is sensitive or personal.
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
        // A value is told from a password by its type alone.
        self.fields.extend(types_of_values(&self.fields));
        Ok(self)
    }

    /// Sorts the list, e.g. by `name asc, id desc`.
    ///
    /// # Errors
    /// [`Error::Usage`] for an invalid order.
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

    /// Sets the page size, 1 to 1000 records.
    pub fn page_size(mut self, records: u64) -> Self {
        self.page_size = records.clamp(1, MOST_ON_A_PAGE);
        self
    }

    /// Limits the number of records.
    pub fn limit(mut self, records: u64) -> Self {
        self.limit = Some(records);
        self
    }

    /// Sets the expected count: before it is reached, a short page without a next link is not the last.
    pub fn expecting(mut self, records: Option<u64>) -> Self {
        self.expected = records;
        self
    }

    /// Sets the observer of received records and retries.
    pub fn observed(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = Arc::new(observer);
        self
    }

    /// The entity of the list; `None` for any other path.
    pub fn table(&self) -> Option<&'static Table> {
        self.table
    }

    /// The schema of [`List::batches`]; `None` where the path is neither an entity's list nor one of its records.
    pub fn schema(&self) -> Option<SchemaRef> {
        self.table.or(self.record_of).map(bronze_schema)
    }

    pub(super) fn has_path(&self) -> Result<()> {
        self.problem.clone().map_or(Ok(()), |problem| Err(Error::Usage(problem)))
    }

    /// Whether a property is personal, or nested in one that is.
    fn is_personal(&self, name: &str) -> bool {
        let paths = self.of.into_iter().flat_map(|table| table.excluded.iter().chain(table.hashed));
        paths.into_iter().any(|path| is_at_or_below(name, path))
    }

    /// The entity whose privacy rules apply, where it has any.
    pub(super) fn personal(&self) -> Option<&'static Table> {
        self.of.filter(|table| !table.excluded.is_empty() || !table.hashed.is_empty())
    }

    /// Fails where personal texts would be read and there is no key to hash them.
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

    /// The key property of the records.
    pub(super) fn key(&self) -> &'static str {
        self.table.or(self.record_of).map_or("id", |table| table.key)
    }

    /// The `fields` parameters of the requests that together make a page; empty where whole records are read.
    pub(super) fn groups(&self) -> Vec<String> {
        match self.of {
            // Whole records would hold what must not be read.
            Some(table) if self.fields.is_empty() => field_groups(table),
            _ if self.fields.is_empty() => Vec::new(),
            // The key is always requested: deduplication and paging need it.
            _ if !self.fields.iter().any(|name| name == self.key()) => {
                vec![format!("{},{}", self.fields.join(","), self.key())]
            }
            _ => vec![self.fields.join(",")],
        }
    }

    /// Whether the key is requested but not returned.
    pub(super) fn hides_key(&self) -> bool {
        !self.decoded && !self.fields.is_empty() && !self.fields.iter().any(|name| name == self.key())
    }
}

/// Whether a property of this name is never read, in whatever object.
fn is_sensitive(name: &str) -> bool {
    ANYTHING.sensitive.iter().any(|sensitive| sensitive.eq_ignore_ascii_case(name))
}
