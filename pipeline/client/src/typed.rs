//! Typed lists: the records of an entity as structs.
//!
//! Invariant: a typed record must hold no more than [`List`] returns: nothing sensitive, nothing excluded, and hashes
//! in place of personal texts.

use crate::client::Client;
use crate::conditions::Condition;
use crate::error::{Error, Result};
use crate::list::List;
use crate::printable::one_line;
use crate::request::RequestStats;
use bytes::Bytes;
use connectwise_generated::client::{Conditions, Operations};
use connectwise_runtime::{Entity, HashKey, fit};
use futures::stream::{Stream, StreamExt as _, TryStreamExt as _};
use serde_json::Value;
use std::marker::PhantomData;
use std::sync::Arc;

impl Client {
    /// The list of an entity, with its records as structs.
    ///
    /// ```no_run
    /// # async fn example(client: connectwise_client::Client) -> connectwise_client::Result<()> {
    /// use connectwise_client::conditions::field;
    /// use connectwise_generated::models::TimeEntry;
    /// use futures::TryStreamExt as _;
    ///
    /// let billable = field("billableOption")?.equals("Billable");
    /// let mut entries = client.list::<TimeEntry>().conditions(billable)?.stream();
    /// while let Some(entry) = entries.try_next().await? {
    ///     println!("{:?}: {:?} hours", entry.id, entry.actual_hours);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn list<E: Entity>(&self) -> TypedList<E> {
        TypedList { list: self.list_of(E::TABLE), entity: PhantomData }
    }

    /// Reads the record of an entity with this key.
    ///
    /// # Errors
    /// [`ClientError::NotFound`](crate::ClientError::NotFound) where there is none; else as [`TypedList::stream`].
    pub async fn record<E: Entity>(&self, key: i64, hash_key: Option<HashKey>) -> Result<E> {
        let endpoint = format!("{}/{key}", E::TABLE.endpoint.trim_end_matches('/'));
        let mut records = List::new(self, &endpoint, &[E::TABLE]).hash_key(hash_key).records();
        let record = records.try_next().await?;
        record.as_ref().map_or_else(|| Err(Error::data(&endpoint, "the answer holds no record")), decoded)
    }
}

/// The list of an entity, with its records as structs.
#[derive(Debug, Clone)]
#[must_use = "a list does nothing until it is read"]
pub struct TypedList<E> {
    list: List,
    entity: PhantomData<fn() -> E>,
}

impl<E: Entity> TypedList<E> {
    /// Restricts the list to records that satisfy this condition.
    ///
    /// # Errors
    /// As [`List::conditions`].
    pub fn conditions(self, conditions: Condition) -> Result<Self> {
        Ok(Self { list: self.list.conditions(conditions)?, ..self })
    }

    /// Restricts the list to records with a custom field that satisfies this condition.
    ///
    /// # Errors
    /// As [`List::custom_field_conditions`].
    pub fn custom_field_conditions(self, conditions: Condition) -> Result<Self> {
        Ok(Self { list: self.list.custom_field_conditions(conditions)?, ..self })
    }

    /// Sorts the list, e.g. by `name asc, id desc`.
    ///
    /// # Errors
    /// As [`List::order_by`].
    pub fn order_by(self, order: &str) -> Result<Self> {
        Ok(Self { list: self.list.order_by(order)?, ..self })
    }

    /// Limits the number of records.
    pub fn limit(self, records: u64) -> Self {
        Self { list: self.list.limit(records), ..self }
    }

    /// Sets the key of the hashes that replace personal texts; a list with such texts can't be read without it.
    pub fn hash_key(self, key: Option<HashKey>) -> Self {
        Self { list: self.list.hash_key(key), ..self }
    }

    /// Streams the records. Values of another type are converted as runs do it: `5.0` for a whole number, texts for
    /// numbers.
    ///
    /// # Errors
    /// In the stream, as [`List::records`]; and [`Error::Data`] for a record that does not fit, with the property that
    /// does not.
    pub fn stream(self) -> impl Stream<Item = Result<E>> + Send + Unpin
    where
        E: Send,
    {
        self.list.records().map(|record| decoded(&record?))
    }
}

impl<E: Operations> TypedList<E> {
    /// Returns the API's count of the records under the list's conditions.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn count(&self) -> Result<u64> {
        let list = &self.list;
        let [own, child, custom_field] = [&list.conditions, &list.child_conditions, &list.custom_field_conditions]
            .map(|condition| condition.as_ref().map(ToString::to_string));
        let conditions =
            Conditions { own: own.as_deref(), child: child.as_deref(), custom_field: custom_field.as_deref() };
        let stats = Arc::new(RequestStats::observed(Arc::clone(&list.observer)));
        let counted = E::count(&list.client.operations(&stats), conditions).await;
        let counted =
            counted.map_err(|error| list.client.operation_error(&format!("{}/count", list.endpoint), error))?;
        Ok(counted.count)
    }
}

/// Decodes a record into a struct.
fn decoded<E: Entity>(record: &Bytes) -> Result<E> {
    let mut value: Value = serde_json::from_slice(record).map_err(|error| Error::data(E::TABLE.entity, error))?;
    fit(E::TABLE, &mut value);
    serde_path_to_error::deserialize(&value).map_err(|error| {
        let key = match value.get(E::TABLE.key) {
            None => "without an id".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let path: Vec<String> = error.path().iter().map(ToString::to_string).collect();
        let path = path.join("/");
        let reason = format!("record {} does not fit: {}: {}", one_line(&key), one_line(&path), error.inner());
        Error::data(E::TABLE.entity, reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::field;
    use crate::testing::{Scripted, answer};
    use connectwise_generated::models::{Invoice, TimeEntry};

    async fn read(body: &'static str) -> Result<Vec<TimeEntry>> {
        let (client, _) = Scripted::client(move |_| Ok(answer(200, body)));
        client.list::<TimeEntry>().hash_key(Some(HashKey::new(b"test"))).stream().try_collect().await
    }

    #[tokio::test]
    async fn a_record_of_an_entity_is_a_struct() {
        let entries = read(
            r#"[{"id": 7.0, "actualHours": "1.5", "invoiceReady": 0.0, "neverSeenBefore": [1], "company": {"id": 3}}]"#,
        )
        .await;
        let entries = entries.unwrap();
        let found: Vec<_> = entries.iter().map(|entry| (entry.id, entry.actual_hours)).collect();
        assert_eq!(found, [(Some(7), Some(1.5))]);
        assert_eq!(entries[0].company.as_ref().and_then(|company| company.id), Some(3));
    }

    #[tokio::test]
    async fn a_record_that_does_not_fit_is_named_with_its_property() {
        let error = read(r#"[{"id": 8, "company": {"id": "a\nb"}}]"#).await.unwrap_err().to_string();
        assert!(error.contains("record 8 does not fit: company/id: "), "{error}");
    }

    #[tokio::test]
    async fn conditions_go_with_the_list_and_with_its_count() {
        let (client, script) = Scripted::client(|request| {
            Ok(answer(200, if request.endpoint.ends_with("/count") { r#"{"count": 1}"# } else { r#"[{"id": 5}]"# }))
        });
        let list = || client.list::<Invoice>().conditions(field("total").unwrap().more_than(100)).unwrap().limit(1);
        assert_eq!(list().count().await.unwrap(), 1);
        let invoices: Vec<Invoice> = list().stream().try_collect().await.unwrap();
        assert_eq!(invoices[0].id, Some(5));
        let asked = script.asked();
        assert_eq!(asked.len(), 2);
        for request in asked {
            assert!(request.query.contains(&("conditions".into(), "total > 100".to_owned())), "{request:?}");
        }
    }

    #[tokio::test]
    async fn one_record_is_read_by_its_key() {
        let (client, script) = Scripted::client(|_| Ok(answer(200, r#"{"id": 9, "total": 12.25}"#)));
        let invoice: Invoice = client.record(9, None).await.unwrap();
        assert_eq!((invoice.id, invoice.total), (Some(9), Some(12.25)));
        assert_eq!(script.asked()[0].endpoint, "/finance/invoices/9");
        let (client, _) = Scripted::client(|_| Ok(answer(404, r#"{"code": "NotFound", "message": "none"}"#)));
        let error = client.record::<Invoice>(9, None).await.unwrap_err();
        assert!(matches!(error, Error::Request(crate::ClientError::NotFound { .. })), "{error}");
    }

    #[tokio::test]
    async fn the_parent_of_a_list_has_to_be_named() {
        let (client, script) = Scripted::client(|_| Ok(answer(200, "[]")));
        let error = client.list_at("/finance/agreements/{id}/additions").records().try_next().await.unwrap_err();
        assert!(matches!(&error, Error::Usage(text) if text.contains("named by its id")), "{error}");
        assert!(script.asked().is_empty());
    }
}
