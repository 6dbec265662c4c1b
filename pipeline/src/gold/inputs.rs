//! Input tables of gold's statements, each at one version, and their version diffs.
//!
//! Invariant: every caller must get the version of a table that the statements read; a table that was just written must
//! be visible to the statements that come after it.

use super::shape::Name;
use crate::error::Result;
use crate::lake::{Lakehouse, Table, TableDef, VersionDiff, session};
use connectwise_generated::gold::GoldTable;
use datafusion::prelude::SessionContext;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;

/// Application transaction that records the definition of a gold table.
pub(super) const DEFINITION: &str = "definition";
/// Version of a table that does not exist.
const MISSING: i64 = -1;

/// Version diff that is computed once, by its first caller.
type Once = Arc<OnceCell<Arc<VersionDiff>>>;

/// Input tables of statements, each at one version, and their version diffs.
pub(super) struct Inputs {
    context: SessionContext,
    tables: Mutex<BTreeMap<Name, Option<Table>>>,
    differences: Mutex<BTreeMap<(Name, i64), Once>>,
}

impl Inputs {
    /// Opens all tables at their newest versions.
    pub(super) async fn new(lake: &Lakehouse) -> Result<Self> {
        let opened = session::open_all(lake).await?;
        let context = session::session(lake, &opened).await?;
        let name = |known: &TableDef| (known.layer.to_owned(), known.name.to_owned());
        let tables = opened.into_iter().map(|(known, table)| (name(known), table)).collect();
        Ok(Self { context, tables: Mutex::new(tables), differences: Mutex::default() })
    }

    /// Session that reads the tables at the versions that are recorded.
    pub(super) fn context(&self) -> &SessionContext {
        &self.context
    }

    /// Makes a table that was just written visible to the statements that come later.
    pub(super) async fn written(&self, table: &GoldTable, stored: Table) -> Result<()> {
        let name = ("gold".to_owned(), table.name.to_owned());
        locked(&self.differences).retain(|(other, _), _| *other != name);
        session::show(&self.context, "gold", table.name, stored.provider()?)?;
        locked(&self.tables).insert(name, Some(stored));
        Ok(())
    }

    /// Records the current definition and input versions of a gold table, in a commit without rows.
    pub(super) async fn record(&self, table: &GoldTable, transactions: &[(String, i64)]) -> Result<()> {
        let Some(mut stored) = self.table(&("gold".to_owned(), table.name.to_owned())) else { return Ok(()) };
        stored.record(transactions).await?;
        self.written(table, stored).await
    }

    /// Whether a gold table is there by another definition than the one that is recorded next.
    pub(super) async fn has_other_definition(&self, table: &GoldTable, next: &[(String, i64)]) -> Result<bool> {
        let Some(stored) = self.table(&("gold".to_owned(), table.name.to_owned())) else { return Ok(false) };
        let recorded = stored.transaction(DEFINITION).await?;
        let next = next.iter().find(|(name, _)| name == DEFINITION).map(|(_, definition)| *definition);
        Ok(recorded.zip(next).is_some_and(|(recorded, next)| recorded != next))
    }

    /// Whether a table of this name is defined.
    pub(super) fn knows(&self, name: &Name) -> bool {
        locked(&self.tables).contains_key(name)
    }

    /// Returns a table, where it exists.
    pub(super) fn table(&self, name: &Name) -> Option<Table> {
        locked(&self.tables).get(name).cloned().flatten()
    }

    /// Whether any gold table exists yet.
    pub(super) fn has_gold(&self) -> bool {
        locked(&self.tables).iter().any(|((layer, _), table)| layer == "gold" && table.is_some())
    }

    /// Returns the number of rows of the largest table.
    pub(super) async fn most_rows(&self) -> Result<u64> {
        let tables: Vec<Table> = locked(&self.tables).values().flatten().cloned().collect();
        let mut most = 0;
        for table in tables {
            most = most.max(table.rows().await?);
        }
        Ok(most)
    }

    /// Returns the number of rows of a gold table; 0 where it does not exist.
    pub(super) async fn rows(&self, table: &GoldTable) -> Result<u64> {
        match self.table(&("gold".to_owned(), table.name.to_owned())) {
            Some(table) => Ok(table.rows().await?),
            None => Ok(0),
        }
    }

    /// Returns the diff between an earlier version of a table and the one that statements read.
    pub(super) async fn difference(&self, name: &Name, version: i64) -> Result<Arc<VersionDiff>> {
        let once = Arc::clone(locked(&self.differences).entry((name.clone(), version)).or_default());
        let work_out = async || {
            Ok(Arc::new(match self.table(name) {
                Some(table) => table.diff_since(version).await?,
                None if version == MISSING => VersionDiff::None,
                None => VersionDiff::Unknown,
            }))
        };
        once.get_or_try_init(work_out).await.cloned()
    }

    /// Returns the application transactions that record a definition and the versions of its inputs.
    pub(super) fn transactions(&self, made_by: i64, inputs: &BTreeSet<Name>) -> Vec<(String, i64)> {
        let version = |name| self.table(name).map_or(MISSING, |table| table.version());
        let made_from = inputs.iter().map(|name| (application(name), version(name)));
        made_from.chain([(DEFINITION.to_owned(), made_by)]).collect()
    }
}

/// Returns the name of the application transaction that records the version of an input.
pub(super) fn application(name: &Name) -> String {
    format!("{}/{}", name.0, name.1)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
