//! The endpoints below the API's base.

use axum::http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::conditions::ConditionError;
use crate::entity::Entity;
use crate::faults::{Fault, is_listed};
use crate::json::Json;
use crate::query::{self, Page, Paging, Query, QueryError, TimeFilter};
use crate::served::Asked;
use crate::world::World;

use super::respond::Answer;

/// Where a host tells which codebase a company is on.
const COMPANY_INFO: &str = "/login/companyinfo/";

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Info,
    List(Entity),
    Count(Entity),
    Get(Entity, i64),
    /// Outside of the API: which codebase a company is on.
    CompanyInfo,
    Unknown,
}

impl Route {
    /// What a path outside of the API leads to.
    pub(super) fn outside(path: &str) -> Self {
        if path.starts_with(COMPANY_INFO) { Self::CompanyInfo } else { Self::Unknown }
    }

    /// What a path below the API's base leads to; case and a slash at the end make no difference.
    pub(super) fn of(path: &str) -> Self {
        let path = path.trim_end_matches('/');
        if path.eq_ignore_ascii_case("/system/info") {
            return Self::Info;
        }
        if let Some(entity) = Entity::from_path(path) {
            return Self::List(entity);
        }
        match path.rsplit_once('/').map(|(list, last)| (Entity::from_path(list), last)) {
            Some((Some(entity), last)) if last.eq_ignore_ascii_case("count") => Self::Count(entity),
            Some((Some(entity), last)) => last.parse().map_or(Self::Unknown, |id| Self::Get(entity, id)),
            _ => Self::Unknown,
        }
    }

    pub(super) const fn entity(self) -> Option<Entity> {
        match self {
            Self::List(entity) | Self::Count(entity) | Self::Get(entity, _) => Some(entity),
            Self::Info | Self::CompanyInfo | Self::Unknown => None,
        }
    }

    /// What the log calls it.
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::List(_) => "list",
            Self::Count(_) => "count",
            Self::Get(..) => "get",
            Self::CompanyInfo => "companyinfo",
            Self::Unknown => "other",
        }
    }
}

/// A request that was let in.
#[derive(Debug)]
pub(super) struct ListRequest {
    pub(super) route: Route,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) forward_only: bool,
    /// The address without the query, for the links to other pages.
    pub(super) address: String,
    /// The query as it came.
    pub(super) query: String,
    pub(super) fault: Option<Fault>,
}

pub(super) fn answer(world: &World, request: &ListRequest) -> Answer {
    match request.route {
        Route::CompanyInfo | Route::Unknown => Answer::not_found("No such endpoint exists."),
        Route::Info => info(),
        Route::Get(entity, id) => {
            let state = world.read();
            if !state.exists(entity, id) {
                return Answer::not_found(&format!("{entity} {id} not found"));
            }
            if world.switches().stumbles_at(entity.path(), &[id], false) {
                return Answer::stumbled();
            }
            let selection = query::selection(entity, &request.parameters);
            let mut json = Json::new(Vec::with_capacity(4_096));
            state.write(&mut json, entity, id, selection.as_ref());
            Answer::json(shown(world, entity, json.into_bytes()))
        }
        Route::Count(entity) => match read_query(world, entity, request) {
            Err(error) => refused(&error),
            Ok(query) => {
                let count = query.count(&world.read(), world.kept()) as i64;
                let off = if let Some(Fault::WrongCount { by }) = request.fault { by } else { 0 };
                Answer::json(json!({"count": (count + off).max(0)}).to_string().into_bytes())
            }
        },
        Route::List(entity) => match read_query(world, entity, request) {
            Err(error) => refused(&error),
            Ok(query) => {
                let repeat = request.fault == Some(Fault::DuplicateRow);
                let switches = world.switches();
                let most = switches.most_on_a_page as usize;
                if most > 0 && asked_for(request).is_some_and(|records| records > most) {
                    let refusal = format!("pageSize must be between 1 and {most}.");
                    return refused(&QueryError::Invalid(refusal));
                }
                let page = query.page(&world.read(), world.kept(), repeat);
                let ids_alone = query::parameter(&request.parameters, "fields") == Some("id");
                if switches.stumbles_at(entity.path(), &page.ids, ids_alone) {
                    return Answer::stumbled();
                }
                let silent = is_listed(&switches.no_link, entity.path());
                let link = if silent { None } else { links(request, query.paging, query.page_size, &page) };
                let is_silence = switches.is_silent_at(entity.path(), &page.ids);
                let mut answer = Answer::json(shown(world, entity, page.body));
                (answer.link, answer.is_silence) = (link, is_silence);
                answer
            }
        },
    }
}

/// What an endpoint shows of its records.
fn shown(world: &World, entity: Entity, body: Vec<u8>) -> Vec<u8> {
    if !is_listed(&world.switches().no_info, entity.path()) {
        return body;
    }
    let Ok(mut shown) = serde_json::from_slice::<Value>(&body) else { return body };
    let records = match &mut shown {
        Value::Array(records) => records.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    records.iter_mut().filter_map(Value::as_object_mut).for_each(|record| {
        record.shift_remove("_info");
    });
    shown.to_string().into_bytes()
}

/// The answer of a list that was given its records.
pub(super) fn answer_served(asked: &Asked, request: &ListRequest) -> Answer {
    if asked.count {
        return match asked.counted(&request.parameters) {
            Ok(count) => Answer::json(json!({"count": count}).to_string().into_bytes()),
            Err(error) => refused(&error),
        };
    }
    match asked.page(&request.parameters, request.forward_only) {
        Ok((page, paging, page_size)) => {
            let link = links(request, paging, page_size, &page);
            let mut answer = Answer::json(page.body);
            answer.link = link;
            answer
        }
        Err(error) => refused(&error),
    }
}

/// The records that a request asks for on a page.
fn asked_for(request: &ListRequest) -> Option<usize> {
    query::parameter(&request.parameters, "pageSize")?.trim().parse().ok()
}

fn read_query(world: &World, entity: Entity, request: &ListRequest) -> Result<Query, QueryError> {
    let switches = world.switches();
    let forward_only = request.forward_only && !is_listed(&switches.no_forward_only, entity.path());
    let by_time = match entity.path() {
        path if is_listed(&switches.no_last_updated, path) => TimeFilter::Refused,
        path if is_listed(&switches.deaf_last_updated, path) => TimeFilter::Deaf,
        _ => TimeFilter::Works,
    };
    let blind = is_listed(&switches.blind, entity.path());
    Query::new(entity, &request.parameters, forward_only, by_time, blind)
}

fn refused(error: &QueryError) -> Answer {
    let code = match error {
        QueryError::Condition(ConditionError::UnknownName { .. }) => "ApiFindCondition",
        QueryError::Condition(ConditionError::Syntax { .. }) => "ApiFindConditionSyntax",
        QueryError::Invalid(_) => "InvalidParameter",
    };
    Answer::error(StatusCode::BAD_REQUEST, code, &error.to_string())
}

/// Which codebase a company is on; null for one that nobody knows.
pub(super) fn company_info(world: &World, path: &str, known: &str) -> Answer {
    let company = path.strip_prefix(COMPANY_INFO).unwrap_or_default();
    let info = if company.eq_ignore_ascii_case(known) {
        json!({
            "CompanyName": company,
            "Codebase": format!("{}/", world.codebase()),
            "VersionCode": "v2025.1",
            "VersionNumber": "v2025.1.10333",
            "CompanyID": company,
            "IsCloud": true,
        })
    } else {
        Value::Null
    };
    Answer::json(info.to_string().into_bytes())
}

fn info() -> Answer {
    let bits = ["Service", "Project", "Finance", "Procurement"].map(|name| json!({"name": name, "activeFlag": true}));
    let info = json!({
        "version": "v2025.1.10333",
        "isCloud": false,
        "serverTimeZone": "Greenwich Standard Time",
        "cloudRegion": "",
        "licenseBits": bits,
    });
    Answer::json(info.to_string().into_bytes())
}

/// The links to the pages around this one.
fn links(request: &ListRequest, paging: Paging, page_size: usize, page: &Page) -> Option<HeaderValue> {
    let kept = request.query.split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !pair.is_empty() && !["page", "pageId", "pageSize"].iter().any(|own| own.eq_ignore_ascii_case(name))
    });
    let kept: Vec<&str> = kept.collect();
    let link = |parameter: &str, value: i64, relation: &str| {
        let mut pairs: Vec<String> = kept.iter().map(|pair| (*pair).to_owned()).collect();
        pairs.push(format!("pageSize={page_size}"));
        pairs.push(format!("{parameter}={value}"));
        format!("<{}?{}>; rel=\"{relation}\"", request.address, pairs.join("&"))
    };
    let mut links = Vec::new();
    match (paging, page.last_id) {
        (Paging::After(_), Some(last_id)) if page.more => links.push(link("pageId", last_id, "next")),
        (Paging::After(_), _) => {}
        (Paging::Page(number), _) => {
            let (number, pages) = (number as i64, page.pages.unwrap_or(1) as i64);
            if page.more {
                links.push(link("page", number + 1, "next"));
                links.push(link("page", pages, "last"));
            }
            if number > 1 {
                links.push(link("page", 1, "first"));
                links.push(link("page", (number - 1).min(pages.max(1)), "prev"));
            }
        }
    }
    if links.is_empty() { None } else { HeaderValue::from_str(&links.join(", ")).ok() }
}
