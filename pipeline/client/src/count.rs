//! Record counts of lists, where the API has a count.

use crate::client::Client;
use crate::conditions::Condition;
use crate::error::{ClientError, Result as AnyResult};
use crate::list::List;
use crate::request::{Request, RequestStats};
use connectwise_runtime::transport::Count;
use std::sync::Arc;

impl List {
    /// Returns the API's count of the list's records; `None` where the endpoint has no count.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn count(&self) -> AnyResult<Option<u64>> {
        let mut request = Request::new(format!("{}/count", self.endpoint));
        if let Some(conditions) = &self.conditions {
            request = request.with("conditions", conditions);
        }
        for (name, conditions) in self.further_conditions() {
            request = request.with(name, conditions);
        }
        let stats = RequestStats::observed(Arc::clone(&self.observer));
        match self.client.get(&request, &stats, |answer| counted(&answer.body)).await {
            Ok(count) => Ok(Some(count)),
            Err(ClientError::NotFound { .. } | ClientError::Refused { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The filter parameters beside `conditions`, for lists and counts alike.
    pub(super) fn further_conditions(&self) -> Vec<(&'static str, String)> {
        let given =
            [("childConditions", &self.child_conditions), ("customFieldConditions", &self.custom_field_conditions)];
        given.into_iter().filter_map(|(name, given)| Some((name, given.as_ref()?.to_string()))).collect()
    }
}

impl Client {
    /// Returns the API's count of the records under these conditions.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn count(
        &self,
        endpoint: &str,
        conditions: Option<&Condition>,
        stats: &RequestStats,
    ) -> Result<u64, ClientError> {
        let mut request = Request::new(format!("{}/count", endpoint.trim_end_matches('/')));
        if let Some(conditions) = conditions {
            request = request.with("conditions", conditions);
        }
        self.get(&request, stats, |answer| counted(&answer.body)).await
    }

    /// As [`Client::count`]; `None` where the endpoint has no count.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn count_where_there_is_one(
        &self,
        endpoint: &str,
        conditions: Option<&Condition>,
        stats: &RequestStats,
    ) -> Result<Option<u64>, ClientError> {
        match self.count(endpoint, conditions, stats).await {
            Ok(count) => Ok(Some(count)),
            Err(ClientError::NotFound { message, .. }) => {
                tracing::debug!(endpoint, message, "it has no count");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Parses the response of a count.
fn counted(body: &[u8]) -> Result<u64, String> {
    serde_json::from_slice::<Count>(body).map(|count| count.count).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::without_mark;
    use bytes::Bytes;

    #[test]
    fn a_count_is_read_behind_the_mark_of_its_encoding() {
        let marked = Bytes::from("\u{feff}{\"count\":3.0}");
        assert_eq!(counted(&without_mark(marked)), Ok(3));
        assert!(counted(br#"{"count":null}"#).is_err() && counted(b"[]").is_err());
    }
}
