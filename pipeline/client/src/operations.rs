//! Operations: the generated single requests, signed, paced and retried as all requests are.

use crate::client::Client;
use crate::error::ClientError;
use crate::request::{Request, RequestStats};
use connectwise_generated::client::{Client as Operations, Error, ResponseValue};
use connectwise_generated::models::Info;
use connectwise_runtime::transport::{Sending, Transport, cause, response};
use serde::de::IgnoredAny;
use std::sync::Arc;
use url::Url;

/// Sends the requests of operations as the client's own.
#[derive(Debug)]
struct Sender {
    client: Client,
    stats: Arc<RequestStats>,
    /// The base path of the operations; what follows it in a URL is the endpoint.
    base: String,
}

impl Transport for Sender {
    fn send(&self, request: reqwest::Request, _: &'static str) -> Sending<'_> {
        Box::pin(async move {
            let request = self.request(request.url());
            let body = self.client.get(&request, &self.stats, |answer| {
                serde_json::from_slice::<IgnoredAny>(&answer.body).map_err(|error| error.to_string())?;
                Ok(answer.body.clone())
            });
            Ok(response(body.await?))
        })
    }
}

impl Sender {
    /// The request for an operation's URL.
    fn request(&self, url: &Url) -> Request {
        let path = url.path();
        let request = Request::new(path.strip_prefix(&self.base).unwrap_or(path));
        url.query_pairs().fold(request, |request, (name, value)| request.with(name.into_owned(), value))
    }
}

impl Client {
    /// Reads what the server says of itself: its version, time zone and licences.
    ///
    /// # Errors
    /// As [`Client::get`], and [`ClientError::Unexpected`] for a response of another form.
    pub async fn system_info(&self, stats: &Arc<RequestStats>) -> Result<Info, ClientError> {
        let info = self.operations(stats).get_system_info().await;
        info.map(ResponseValue::into_inner).map_err(|error| self.operation_error("/system/info", error))
    }

    /// Returns the generated operations.
    ///
    /// Not public: their conditions are texts that nobody has checked.
    pub(crate) fn operations(&self, stats: &Arc<RequestStats>) -> Operations {
        let base = self.base_url();
        let sender = Sender {
            client: self.clone(),
            stats: Arc::clone(stats),
            base: base.path().trim_end_matches('/').to_owned(),
        };
        Operations::new_with_client(base.as_str().trim_end_matches('/'), self.unsigned().clone(), Arc::new(sender))
    }

    /// Returns the error of an operation at an endpoint.
    pub(crate) fn operation_error(&self, endpoint: &str, error: Error<()>) -> ClientError {
        let url = format!("{}{endpoint}", self.base_url().as_str().trim_end_matches('/'));
        cause(error).downcast::<ClientError>().map_or_else(
            |other| ClientError::Unexpected { url, reason: self.shown(&other.to_string()) },
            |error| *error,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scripted, answer};
    use connectwise_generated::client::{Conditions, Operations as _};
    use connectwise_generated::models::TimeEntry;

    fn stats() -> Arc<RequestStats> {
        Arc::default()
    }

    #[tokio::test]
    async fn an_operation_is_tried_again_and_counted_as_any_request() {
        let (client, script) = Scripted::client(|_| Ok(answer(503, "")));
        let stats = stats();
        let error = client.system_info(&stats).await.unwrap_err();
        assert!(matches!(&error, ClientError::GaveUp { tries: 8, .. }), "{error}");
        assert_eq!(script.asked().len(), 8);
        assert_eq!(stats.requests.load(std::sync::atomic::Ordering::Relaxed), 8);
    }

    #[tokio::test]
    async fn an_operation_asks_what_it_was_given() {
        let (client, script) = Scripted::client(|_| Ok(answer(200, r#"{"count": 3}"#)));
        let conditions = Conditions { own: Some("notes = \"a & b=ð\""), child: Some("c"), custom_field: None };
        let counted = TimeEntry::count(&client.operations(&stats()), conditions).await.unwrap();
        assert_eq!(counted.count, 3);
        let asked = script.asked().remove(0);
        assert_eq!(asked.endpoint, "/time/entries/count");
        let mut query = asked.query;
        query.sort();
        assert_eq!(
            query,
            [("childConditions".into(), "c".to_owned()), ("conditions".into(), "notes = \"a & b=ð\"".to_owned())]
        );
    }

    #[tokio::test]
    async fn an_answer_of_another_form_is_told_with_its_address() {
        // The scripted client's password is in both: a proxy may send back what it was sent.
        for (body, told) in [
            (r#"{"count": "of a test: CW_AUTH_PASSWORD"}"#, "is no count"),
            (r#"{"version": "of a test: CW_AUTH_PASSWORD"}"#, "missing field `count`"),
        ] {
            let (client, _) = Scripted::client(move |_| Ok(answer(200, body)));
            let read = TimeEntry::count(&client.operations(&stats()), Conditions::default()).await;
            let error = client.operation_error("/time/entries/count", read.unwrap_err());
            assert!(matches!(error, ClientError::Unexpected { .. }), "{error}");
            let text = error.to_string();
            assert!(text.contains("/v4_6_release/apis/3.0/time/entries/count") && text.contains(told), "{text}");
            assert!(!text.contains("CW_AUTH_PASSWORD"), "{text}");
        }
    }
}
