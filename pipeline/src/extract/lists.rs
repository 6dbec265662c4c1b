//! The lists of an entity: its own one, or one below each record of its parent.
//!
//! Invariant: a list that is not found counts as deleted only where its parent's record is gone, too, while the
//! parent's own list can be read: a lost login or a moved base URL can lead to 404 as well.

use crate::client::{Client, ClientError, Request, RequestStats};
use crate::conditions::Condition;
use crate::error::Result;
use connectwise_runtime::Table;

/// A list to read.
#[derive(Debug, Clone)]
pub(super) struct List {
    pub(super) endpoint: String,
    /// The record that the list lies below.
    pub(super) parent: Option<i64>,
}

/// Returns the lists to read: the entity's own, or one for each parent.
pub(super) fn lists(table: &Table, parents: &[i64]) -> Vec<List> {
    match table.parent {
        None => vec![List { endpoint: table.endpoint.to_owned(), parent: None }],
        Some(parent) => {
            let place = format!("{{{}}}", parent.parameter);
            let list = |id: &i64| List { endpoint: table.endpoint.replace(&place, &id.to_string()), parent: Some(*id) };
            parents.iter().map(list).collect()
        }
    }
}

impl List {
    /// Counts the records; `None` where the API has no count, by the specification or by its response. Whether the list
    /// itself exists shows when it is read.
    ///
    /// # Errors
    /// As [`Client::count`].
    pub(super) async fn count(
        &self,
        client: &Client,
        table: &Table,
        condition: Option<&Condition>,
        stats: &RequestStats,
    ) -> Result<Option<u64>, ClientError> {
        if !table.counted {
            return Ok(None);
        }
        client.count_where_there_is_one(&self.endpoint, condition, stats).await
    }

    /// Whether a list that is not found was deleted with its parent.
    ///
    /// # Errors
    /// [`ClientError`] when that is unknown because the parent's list can't be read either.
    pub(super) async fn went_with_its_parent(
        &self,
        client: &Client,
        table: &Table,
        stats: &RequestStats,
    ) -> Result<bool, ClientError> {
        let (Some(id), Some(parent)) = (self.parent, table.parent) else { return Ok(false) };
        let Some(parent) = connectwise_generated::tables::by_entity(parent.entity) else { return Ok(false) };
        let endpoint = parent.endpoint.trim_end_matches('/');
        let record = Request::new(format!("{endpoint}/{id}")).with("fields", parent.key);
        match client.get(&record, stats, |_| Ok(())).await {
            Err(ClientError::NotFound { .. }) => {}
            other => return other.map(|()| false),
        }
        let one = Request::new(endpoint).with("fields", parent.key).with("pageSize", 1);
        client.get(&one, stats, |_| Ok(())).await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::field_groups;
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;
    use connectwise_runtime::{ChangeDetection, Field, Kind, Parent, with_parent};

    static ADDITION: Table = Table {
        entity: "Addition",
        table: "cw_addition",
        endpoint: "/finance/agreements/{parentId}/additions",
        counted: true,
        parent: Some(Parent {
            entity: "Agreement",
            parameter: "parentId",
            path: &["parentId"],
            in_record: false,
            ended: None,
        }),
        optional: false,
        schema: "Addition",
        key: "id",
        lookback_days: None,
        change_detection: ChangeDetection::LastUpdated,
        variants: &[],
        sensitive: &["secret"],
        excluded: &[],
        hashed: &[],
        reconcile: &[],
        shape: &[
            Field { name: "id", kind: Kind::Int },
            Field { name: "secret", kind: Kind::Sensitive },
            Field { name: "note", kind: Kind::Text },
            Field { name: "parentId", kind: Kind::Int },
        ],
        silver: &[],
        children: &[],
    };

    #[test]
    fn an_entity_below_another_is_one_list_a_parent() {
        let lists = lists(&ADDITION, &[7, 9]);
        let endpoints: Vec<&str> = lists.iter().map(|list| list.endpoint.as_str()).collect();
        assert_eq!(endpoints, ["/finance/agreements/7/additions", "/finance/agreements/9/additions"]);
        assert_eq!(lists.iter().map(|list| list.parent).collect::<Vec<_>>(), [Some(7), Some(9)]);
        assert!(super::lists(&ADDITION, &[]).is_empty());
    }

    #[test]
    fn neither_secrets_nor_added_columns_are_asked_for() {
        assert_eq!(field_groups(&ADDITION), ["id,note"]);
    }

    #[test]
    fn the_parent_is_filled_in() {
        let mut decoder = connectwise_runtime::Decoder::new(&ADDITION);
        decoder.page(br#"[{"id":1,"secret":"s"},{"id":2,"parentId":5}]"#).unwrap();
        let batch = with_parent(&ADDITION, decoder.finish().unwrap().batch, 7).unwrap();
        let parents = batch.column_by_name("parentId").unwrap().as_primitive::<Int64Type>();
        assert_eq!(parents.values().to_vec(), [7, 5], "what the API sent stays");
    }
}
