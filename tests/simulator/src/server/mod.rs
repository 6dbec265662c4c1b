//! The server: one entry for every request, which meets the faults, the login and then the endpoint.
//!
//! Invariant: a request is logged exactly once, with the status that went out, before the answer does.

mod admin;
mod respond;
mod routes;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::serve::ListenerExt;
use base64::Engine;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::faults::{Fault, Struck};
use crate::log::RequestLine;
use crate::world::World;

use respond::Answer;
use routes::Route;

/// Where the API begins, after the codebase.
const API: &str = "/apis/3.0";

/// Longer requests are refused.
const MAX_URL: usize = 2_000;

/// The simulator could not start.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// The port is taken or not allowed.
    #[error("the simulator can't listen on 127.0.0.1:{port}: {source}; choose another port, or 0 for a free one")]
    Listen {
        /// The port.
        port: u16,
        /// Why.
        source: std::io::Error,
    },
}

/// A running simulator. Dropping it stops it.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    world: Arc<World>,
    shutdown: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

/// What requests share.
#[derive(Debug)]
struct App {
    world: Arc<World>,
    /// The `Authorization` header that is let in.
    authorization: String,
    client_id: String,
    /// The company of the one login.
    company: String,
}

impl Simulator {
    /// Starts a simulator on 127.0.0.1.
    pub async fn start(config: Config) -> Result<Self, SimulatorError> {
        let port = config.port;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let listener = listener.map_err(|source| SimulatorError::Listen { port, source })?;
        let address = listener.local_addr().map_err(|source| SimulatorError::Listen { port, source })?;
        let world = Arc::new(World::new(&config));
        let login = format!("{}:{}", config.username, config.password);
        let app = Arc::new(App {
            world: Arc::clone(&world),
            authorization: format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(login)),
            company: config.username.split('+').next().unwrap_or_default().to_owned(),
            client_id: config.client_id,
        });
        let router = axum::Router::new().fallback(handle).with_state(app);
        let (shutdown, stopped) = oneshot::channel();
        let server = tokio::spawn(async move {
            let listener = listener.tap_io(|stream| {
                // Small answers should not wait for more; where that can't be had, they come all the same.
                let _ = stream.set_nodelay(true);
            });
            let stopped = async move {
                // A sender that is dropped says the same as one that sends.
                let _ = stopped.await;
            };
            // Serving ends when it is told to; there is nothing else to report.
            let _ = axum::serve(listener, router).with_graceful_shutdown(stopped).await;
        });
        Ok(Self { address, world, shutdown, server })
    }

    /// The address of the API as it is now, at first `http://127.0.0.1:<port>/v4_6_release/apis/3.0`.
    pub fn base_url(&self) -> String {
        format!("http://{}/{}{API}", self.address, self.world.codebase())
    }

    /// The world behind the server.
    pub fn world(&self) -> Arc<World> {
        Arc::clone(&self.world)
    }

    /// Stops the server and waits for the requests that are being answered, though not for ever.
    pub async fn stop(self) {
        let Self { shutdown, mut server, .. } = self;
        let _ = shutdown.send(());
        if tokio::time::timeout(Duration::from_secs(2), &mut server).await.is_err() {
            server.abort();
        }
    }
}

async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    if request.uri().path().starts_with(admin::PREFIX) {
        return admin::handle(&app.world, request).await;
    }
    let (parts, _) = request.into_parts();
    let below = below_base(&app.world, parts.uri.path());
    let route = below.map_or_else(|| Route::outside(parts.uri.path()), Route::of);
    let mut line = line_of(&parts, route, below);
    if let Some(served) = app.world.served(&line.path) {
        line.kind = if served.count { "count" } else { "list" }.to_owned();
    }
    let url_length = parts.uri.path_and_query().map_or(0, |url| url.as_str().len());
    let gzip = header(&parts.headers, "accept-encoding").contains("gzip");
    let mut struck = Struck::default();
    let answer = if url_length > MAX_URL {
        Answer::error(StatusCode::URI_TOO_LONG, "RequestUriTooLong", "The request URL is too long.")
    } else {
        struck = app.world.strike(&line.path, &line.kind);
        if let Some(advance) = struck.advance.take() {
            app.world.advance(advance);
        }
        if struck.delay > 0 {
            tokio::time::sleep(Duration::from_millis(struck.delay)).await;
        }
        let path = parts.uri.path();
        match struck.fault.and_then(|fault| Answer::instead(fault, path, app.world.now())) {
            Some(answer) => answer,
            None => answer(&app, &parts, route, &line, struck.fault).await,
        }
    };
    line.status = answer.status.as_u16();
    line.fault = struck.fault.map(|fault| format!("{fault:?}"));
    app.world.log(line);
    if answer.is_silence {
        std::future::pending::<()>().await;
    }
    // Packing a page takes a while too.
    match tokio::task::spawn_blocking(move || answer.into_response(struck.fault, gzip)).await {
        Ok(response) => response,
        Err(_) => Answer::broken().into_response(None, false),
    }
}

/// The part of a path below the API's base, where it is below it.
fn below_base<'p>(world: &World, path: &'p str) -> Option<&'p str> {
    path.strip_prefix('/')?.strip_prefix(world.codebase().as_str())?.strip_prefix(API)
}

/// The request as the log has it.
fn line_of(Parts { method, uri, headers, .. }: &Parts, route: Route, below: Option<&str>) -> RequestLine {
    let path = below.unwrap_or(uri.path()).to_owned();
    let parameters = Query::<Vec<(String, String)>>::try_from_uri(uri).map(|query| query.0).unwrap_or_default();
    let names = ["accept", "accept-encoding", "pagination-type", "user-agent"];
    let headers = names.into_iter().filter_map(|name| {
        let value = headers.get(name)?;
        Some((name.to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
    });
    RequestLine {
        number: 0,
        method: method.to_string(),
        endpoint: route.entity().map_or_else(|| path.clone(), |entity| entity.path().to_owned()),
        path,
        kind: route.kind().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        parameters,
        headers: headers.collect(),
        status: 0,
        fault: None,
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The answer of a server in good health, but for a row too many or a count that is off.
async fn answer(
    app: &Arc<App>,
    Parts { method, uri, headers, .. }: &Parts,
    route: Route,
    line: &RequestLine,
    fault: Option<Fault>,
) -> Answer {
    if route == Route::CompanyInfo {
        return routes::company_info(&app.world, uri.path(), &app.company);
    }
    if let Some(refused) = refuse(app, headers) {
        return refused;
    }
    let version = app.world.switches().version;
    if let Some(version) = &version
        && !header(headers, "accept").ends_with(&format!("version={}", version.current))
    {
        return Answer::other_version(version).of_version(&version.current);
    }
    let served = if route == Route::Unknown { app.world.served(&line.path) } else { None };
    if route == Route::Unknown && served.is_none() {
        return Answer::not_found(&format!("No endpoint {} exists.", line.path));
    }
    if method != axum::http::Method::GET && method != axum::http::Method::HEAD {
        return Answer::error(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "The simulator is for reading only.");
    }
    let request = routes::ListRequest {
        route,
        parameters: line.parameters.clone(),
        forward_only: header(headers, "pagination-type").eq_ignore_ascii_case("forward-only"),
        address: format!("http://{}{}", header(headers, "host"), uri.path()),
        query: line.query.clone(),
        fault,
    };
    if let Some(served) = served {
        return routes::answer_served(&served, &request);
    }
    let world = Arc::clone(&app.world);
    // A page of a thousand records takes milliseconds, a filter over a million of them longer.
    let answer = tokio::task::spawn_blocking(move || routes::answer(&world, &request)).await;
    let answer = answer.unwrap_or_else(|_| Answer::broken());
    version.iter().fold(answer, |answer, version| answer.of_version(&version.current))
}

/// Refuses who has no login or does not say which program is asking.
fn refuse(app: &App, headers: &HeaderMap) -> Option<Answer> {
    let unauthorized = |message| Some(Answer::error(StatusCode::UNAUTHORIZED, "Unauthorized", message));
    match header(headers, "clientid") {
        "" => return unauthorized("The request has no clientId header. Register an integration to get a client id."),
        client_id if client_id != app.client_id => return unauthorized("The client id is not known."),
        _ => {}
    }
    match header(headers, "authorization") {
        "" => unauthorized("Authentication is required."),
        login if login != app.authorization => unauthorized("The user name or password is incorrect."),
        _ => None,
    }
}
