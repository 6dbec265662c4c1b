//! Telemetry: spans of a run, its entities, requests and tables to an OpenTelemetry collector, by OTLP over HTTP.
//!
//! Built with the feature `otlp`, and active where `OTEL_EXPORTER_OTLP_ENDPOINT` (or
//! `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`) names a collector; without either this does nothing. Invariant: it must use
//! the HTTP client and the TLS of the rest of the program, and a collector that is unreachable must cost a warning,
//! never the run.

#[cfg(feature = "otlp")]
pub use exporting::Telemetry;
#[cfg(not(feature = "otlp"))]
pub use nothing::Telemetry;

/// Layer of a subscriber that may be absent.
pub type SpanLayer<S> = Option<Box<dyn tracing_subscriber::Layer<S> + Send + Sync>>;

#[cfg(not(feature = "otlp"))]
mod nothing {
    use super::SpanLayer;

    /// Connection to a collector: none in this build.
    #[derive(Debug)]
    pub struct Telemetry;

    impl Telemetry {
        /// Creates the connection that the environment asks for.
        ///
        /// # Errors
        /// None in this build.
        pub fn from_env() -> crate::Result<Self> {
            Ok(Self)
        }

        /// Returns no layer.
        pub fn layer<S>(&self) -> SpanLayer<S> {
            None
        }

        /// Does nothing: there is nothing to send.
        pub fn finish(self) {}
    }
}

#[cfg(feature = "otlp")]
mod exporting {
    use super::SpanLayer;
    use crate::error::{Error, Result};
    use async_trait::async_trait;
    use opentelemetry::KeyValue;
    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
    use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;
    use tokio::runtime::Runtime;
    use tracing::Level;
    use tracing_subscriber::Layer as _;
    use tracing_subscriber::filter::Targets;
    use tracing_subscriber::registry::LookupSpan;

    /// Variables that name a collector.
    const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
    /// Service name of the spans, unless OTEL_SERVICE_NAME says otherwise.
    const SERVICE: &str = "connectwise-etl";
    /// Timeout of sending a batch, and of waiting for the last ones at the end.
    const PATIENCE: Duration = Duration::from_secs(10);

    /// Connection to a collector, where the environment names one.
    #[derive(Debug)]
    pub struct Telemetry(Option<SdkTracerProvider>);

    impl Telemetry {
        /// Creates the connection that the environment asks for.
        ///
        /// # Errors
        /// [`Error::Usage`] where the collector's address is not one.
        pub fn from_env() -> Result<Self> {
            let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
            if !ENDPOINTS.iter().any(|name| is_set(&name)) {
                return Ok(Self(None));
            }
            let failed = |error: &dyn std::fmt::Display| Error::Usage(format!("{}: {error}", ENDPOINTS[0]));
            let exporter = SpanExporter::builder()
                .with_http()
                .with_http_client(Sender::new().map_err(|error| failed(&error))?)
                .build()
                .map_err(|error| failed(&error))?;
            let mut resource =
                Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
            if !is_set(&"OTEL_SERVICE_NAME") {
                resource = resource.with_service_name(SERVICE);
            }
            let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build());
            Ok(Self(Some(provider.build())))
        }

        /// Returns the layer that exports spans.
        pub fn layer<S>(&self) -> SpanLayer<S>
        where
            S: tracing::Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
        {
            let tracer = self.0.as_ref()?.tracer(SERVICE);
            let ours = Targets::new().with_target("connectwise", Level::DEBUG);
            // Where in the program a span begins and on which thread helps nobody who looks at a run.
            let layer = tracing_opentelemetry::layer().with_location(false).with_threads(false).with_target(false);
            Some(layer.with_tracer(tracer).with_filter(ours).boxed())
        }

        /// Sends the remaining spans, and waits for them.
        pub fn finish(self) {
            if let Some(provider) = self.0
                && let Err(error) = provider.shutdown_with_timeout(PATIENCE)
            {
                tracing::warn!("the last spans did not reach the collector: {error}");
            }
        }
    }

    /// Sends spans with the program's own HTTP client, on a runtime of its own. Batches are sent from a thread that has
    /// no runtime, and the last ones when the program's is gone.
    #[derive(Debug)]
    struct Sender {
        http: reqwest::Client,
        runtime: Runtime,
        /// Whether an unreachable collector was reported already.
        told: AtomicBool,
    }

    impl Sender {
        fn new() -> std::result::Result<Self, HttpError> {
            let http = reqwest::Client::builder().timeout(PATIENCE).build()?;
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .thread_name("telemetry")
                .enable_all()
                .build()?;
            Ok(Self { http, runtime, told: AtomicBool::new(false) })
        }
    }

    #[async_trait]
    impl HttpClient for Sender {
        async fn send_bytes(&self, request: Request<Bytes>) -> std::result::Result<Response<Bytes>, HttpError> {
            let request = reqwest::Request::try_from(request)?;
            let http = self.http.clone();
            let sent = self.runtime.spawn(async move {
                let response = http.execute(request).await?.error_for_status()?;
                let status = response.status();
                Ok::<_, reqwest::Error>((status, response.bytes().await?))
            });
            match sent.await? {
                Ok((status, body)) => Ok(Response::builder().status(status.as_u16()).body(body)?),
                Err(error) => {
                    // Without the address: it may hold a token.
                    let error = error.without_url();
                    if !self.told.swap(true, Ordering::Relaxed) {
                        tracing::warn!("the OpenTelemetry collector does not take spans: {error}");
                    }
                    Err(error.into())
                }
            }
        }
    }
}
