//! Deletes of one object each, for services that take no batches.
//!
//! OneLake answers a Blob Batch at the workspace with status 400, since only paths below an item are known there.

use deltalake::Path;
use deltalake::logstore::object_store::azure::{AzureCredential, MicrosoftAzure};
use deltalake::logstore::object_store::client::{HttpClient, HttpRequest, HttpRequestBody};
use deltalake::logstore::object_store::{Error, Result};
use http::header::{AUTHORIZATION, CONTENT_LENGTH};
use http::{Method, Request, StatusCode};
use std::sync::Arc;
use std::time::{Duration, Instant};
use url::Url;

/// Version of the Blob API that the requests speak.
const API_VERSION: &str = "2023-11-03";
const STORE: &str = "MicrosoftAzure";
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Deleter of single blobs.
#[derive(Debug)]
pub(super) struct SingleDeletes {
    pub(super) azure: Arc<MicrosoftAzure>,
    pub(super) client: HttpClient,
    /// URL of the container.
    pub(super) container: Url,
    /// Time for which a delete is repeated.
    pub(super) patience: Duration,
}

impl SingleDeletes {
    /// Deletes an object. One that is gone already counts as deleted.
    ///
    /// # Errors
    /// [`Error`] when the service refuses, or fails for longer than the store's patience.
    pub(super) async fn delete(&self, location: &Path) -> Result<()> {
        let (begun, mut pause) = (Instant::now(), FIRST_PAUSE);
        loop {
            let request = self.request(location).await?;
            let failed: Box<dyn std::error::Error + Send + Sync> = match self.client.execute(request).await {
                Ok(answer) if answer.status().is_success() || answer.status() == StatusCode::NOT_FOUND => return Ok(()),
                Ok(answer) => {
                    let status = answer.status();
                    let text = format!("deleting it was answered with status {status}");
                    let path = location.to_string();
                    match status {
                        StatusCode::FORBIDDEN => return Err(Error::PermissionDenied { path, source: text.into() }),
                        StatusCode::UNAUTHORIZED => return Err(Error::Unauthenticated { path, source: text.into() }),
                        _ if is_temporary(status) => text.into(),
                        _ => return Err(Error::Generic { store: STORE, source: format!("{location}: {text}").into() }),
                    }
                }
                Err(error) => error.into(),
            };
            if begun.elapsed() > self.patience {
                return Err(Error::Generic { store: STORE, source: failed });
            }
            tracing::debug!(%location, error = %failed, "the delete is sent again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn request(&self, location: &Path) -> Result<HttpRequest> {
        let mut url = self.container.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(location.parts());
        }
        let mut request = Request::builder().method(Method::DELETE).header("x-ms-version", API_VERSION);
        let credential = self.azure.credentials().get_credential().await?;
        match credential.as_ref() {
            AzureCredential::BearerToken(token) => {
                request = request.header(AUTHORIZATION, format!("Bearer {token}"));
            }
            AzureCredential::SASToken(pairs) => {
                url.query_pairs_mut().extend_pairs(pairs);
            }
            AzureCredential::AccessKey(_) => {
                let source = "single deletes are authorised by a token or a SAS, not by an account key".into();
                return Err(Error::NotSupported { source });
            }
        }
        let request = request.header(CONTENT_LENGTH, 0).uri(url.as_str()).body(HttpRequestBody::empty());
        request.map_err(|error| Error::Generic { store: STORE, source: error.into() })
    }
}

/// Whether the same request may succeed later.
fn is_temporary(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}
