//! The simulator's own controls, below `/_simulator/` and without a login.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::entity::Entity;
use crate::world::World;

/// Where the controls are.
pub(super) const PREFIX: &str = "/_simulator/";

const MAX_BODY: usize = 64 << 20;

pub(super) async fn handle(world: &World, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = match axum::body::to_bytes(body, MAX_BODY).await {
        Ok(body) => body,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let path = parts.uri.path().strip_prefix(PREFIX).unwrap_or_default();
    match (parts.method, path) {
        (Method::POST, "advance") => match read(&body) {
            Ok(advance) => done(&world.advance(advance)),
            Err(refused) => *refused,
        },
        (Method::POST, "faults") => match read(&body) {
            Ok(faults) => {
                world.faults(faults);
                done(&world.switches())
            }
            Err(refused) => *refused,
        },
        (Method::POST, "codebase") => match read::<Codebase>(&body) {
            Ok(Codebase { codebase }) => {
                world.move_to(&codebase);
                done(&json!({"codebase": world.codebase()}))
            }
            Err(refused) => *refused,
        },
        (Method::PUT, path) if path.starts_with("lists/") => match read::<Vec<Value>>(&body) {
            Ok(records) => done(&json!({"served": world.serve(path.trim_start_matches("lists"), records)})),
            Err(refused) => *refused,
        },
        (Method::GET, "state") => done(&state(world)),
        (Method::GET, "requests") => done(&world.requests()),
        (Method::DELETE, "requests") => {
            world.clear_requests();
            done(&json!({}))
        }
        (method, path) => match path.split_once('/') {
            Some((entity, id)) if Entity::from_name(entity).is_some() => record(world, &method, entity, id, &body),
            _ => refused(StatusCode::NOT_FOUND, "there is no such control"),
        },
    }
}

/// Where the API moves to.
#[derive(Deserialize)]
struct Codebase {
    codebase: String,
}

fn record(world: &World, method: &Method, entity: &str, id: &str, body: &[u8]) -> Response {
    let Ok(id) = id.parse::<i64>() else { return refused(StatusCode::NOT_FOUND, "the id must be a whole number") };
    match *method {
        Method::PUT => match read::<Value>(body) {
            Ok(Value::Object(mut record)) => {
                record.insert("id".to_owned(), id.into());
                world.put(entity, Value::Object(record));
                done(&world.record(entity, id))
            }
            Ok(_) => refused(StatusCode::BAD_REQUEST, "a record must be an object"),
            Err(refused) => *refused,
        },
        Method::DELETE => match world.delete(entity, id) {
            true => done(&json!({"deleted": id})),
            false => refused(StatusCode::NOT_FOUND, "there is no such record"),
        },
        Method::GET => match world.record(entity, id) {
            Some(record) => done(&record),
            None => refused(StatusCode::NOT_FOUND, "there is no such record"),
        },
        _ => refused(StatusCode::METHOD_NOT_ALLOWED, "use GET, PUT or DELETE"),
    }
}

fn state(world: &World) -> Value {
    let counts: BTreeMap<_, _> = Entity::ALL.map(|entity| (entity.name(), world.count(entity.name()))).into();
    json!({
        "now": world.now(),
        "records": counts,
        "faults": world.switches(),
        "requests": world.requests().counts,
    })
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Box<Response>> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| Box::new(refused(StatusCode::BAD_REQUEST, &error.to_string())))
}

fn done(value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => answer(StatusCode::OK, body),
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn refused(status: StatusCode, message: &str) -> Response {
    answer(status, json!({"code": "Simulator", "message": message, "errors": []}).to_string().into_bytes())
}

fn answer(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
