//! Test support: a transport that responds from a script, and settings that lead nowhere.

use crate::attempt::Failure;
use crate::client::{Client, Limits};
use crate::request::Request;
use crate::retry::RetryPolicy;
use crate::settings::ApiSettings;
use crate::throttle::RateLimit;
use crate::transport::{Received, Transport};
use async_trait::async_trait;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

/// An HTTP client that no test uses; setting one up takes long.
static UNUSED: LazyLock<reqwest::Client> = LazyLock::new(reqwest::Client::new);

/// The script: the response to each request.
pub(crate) type Answering = dyn Fn(&Request) -> Result<Received, Failure> + Send + Sync;

/// A transport that responds from a script, and records the requests.
pub(crate) struct Scripted {
    answering: Box<Answering>,
    asked: Mutex<Vec<Request>>,
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripted")
    }
}

#[async_trait]
impl Transport for Scripted {
    async fn send(&self, _: &str, request: &Request) -> Result<Received, Failure> {
        self.asked.lock().unwrap().push(request.clone());
        (self.answering)(request)
    }
}

impl Scripted {
    /// A client over a script, without a wait between attempts.
    pub(crate) fn client(
        answering: impl Fn(&Request) -> Result<Received, Failure> + Send + Sync + 'static,
    ) -> (Client, Arc<Self>) {
        let script = Arc::new(Self { answering: Box::new(answering), asked: Mutex::default() });
        let retry = RetryPolicy { base: Duration::ZERO, ..RetryPolicy::default() };
        let rate = RateLimit { requests_per_minute: 0, workers: 4 };
        // No company in the user name: a 404 leads to no look-up of the codebase.
        let settings = ApiSettings::from_lookup(|name| match name {
            "CW_BASE_URL" => Some("https://cw.example.com/v4_6_release/apis/3.0".to_owned()),
            "CW_AUTH_USERNAME" | "CW_AUTH_PASSWORD" | "CW_CLIENTID" => Some(format!("of a test: {name}")),
            _ => None,
        });
        let transport = Arc::clone(&script) as Arc<dyn Transport>;
        (Client::over(transport, UNUSED.clone(), settings.unwrap(), retry, rate, Limits::default()), script)
    }

    /// The requests so far.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }
}

/// A response with this status.
pub(crate) fn answer(status: u16, body: &str) -> Received {
    let status = StatusCode::from_u16(status).unwrap();
    Received { status, headers: HeaderMap::new(), body: body.to_owned().into() }
}
