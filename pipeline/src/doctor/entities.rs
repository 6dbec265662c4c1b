//! Checks of an entity at the API: the right to read it, its count, its newest change, and requests for changes.

use super::Check;
use crate::client::{Client, ClientError, MOST_ON_A_PAGE, Request, RequestStats, first_key};
use crate::conditions::Field;
use crate::error::{Error, Result};
use crate::extract::{filter_name, first_page};
use chrono::{DateTime, Utc};
use connectwise_generated::tables::by_entity;
use connectwise_runtime::{ChangeDetection, Parent, Table};
use std::sync::Arc;

/// Checks the right to read an entity, its count, its newest change, and whether changes can be requested.
pub(super) async fn check(client: &Client, stats: &Arc<RequestStats>, table: &'static Table) -> Check {
    let found = match table.parent {
        Some(parent) => below(client, stats, table, parent).await,
        None => facts(client, stats, table).await,
    };
    match found {
        Ok((found, None)) => Check::well(table.entity, found),
        Ok((found, Some(advice))) => Check::warning(table.entity, found, advice),
        Err(error) if table.optional && error.is_no_access() => Check::warning(
            table.entity,
            error.to_string(),
            "nothing, if it is not wanted: its tables stay empty. Else give the API member's security role inquire rights \
             for it (all, not mine)",
        ),
        Err(Error::Client(ClientError::Forbidden { message, .. })) => Check::failed(
            table.entity,
            format!("{}: no right to read it (HTTP 403: {message})", table.endpoint),
            "give the API member's security role inquire rights for it (all, not mine), or leave the entity out with \
             --entities",
        ),
        Err(error) => Check::failed(table.entity, error.to_string(), "run doctor again; if it persists, ask with -vv"),
    }
}

/// Asks for a record below one of the parents.
async fn below(
    client: &Client,
    stats: &RequestStats,
    table: &'static Table,
    parent: Parent,
) -> Result<(String, Option<&'static str>)> {
    let of = parent.entity;
    let Some(parents) = by_entity(of) else { return Err(Error::data(table.entity, format!("{of} is no entity"))) };
    let one = |list: &str, key: &str| Request::new(list).with("fields", key).with("pageSize", 1).can_shrink();
    let id =
        client.get(&one(parents.endpoint, parents.key), stats, |answer| first_key(&answer.body, parents.key)).await?;
    let Some(id) = id else { return Ok((format!("{}: there is no {of} to ask below", table.endpoint), None)) };
    let list = table.endpoint.replace(&format!("{{{}}}", parent.parameter), &id.to_string());
    client.get(&one(&list, table.key), stats, |_| Ok(())).await?;
    Ok((format!("{}: read below each {of}, asked below {id}", table.endpoint), None))
}

async fn facts(
    client: &Client,
    stats: &Arc<RequestStats>,
    table: &'static Table,
) -> Result<(String, Option<&'static str>)> {
    let count = client.count_where_there_is_one(table.endpoint, None, stats).await?;
    // A right to count is none to read, and not every server returns as many records per page as are requested.
    let unserved = first_page(client, table, stats).await?;
    let mut found = match count {
        Some(count) => format!("{}: {count} records", table.endpoint),
        None => format!("{}: the API does not count its records", table.endpoint),
    };
    if client.page_limit() < MOST_ON_A_PAGE {
        found = format!("{found}, in pages of {} at most", client.page_limit());
    }
    if let Some(rejected) = unserved.first() {
        let id = rejected.record_id.as_deref().unwrap_or_default();
        let advice =
            "look at that record in ConnectWise; a run reads all others, and this one once the server gives it";
        return Ok((format!("{found}; record {id}: {}", rejected.reason), Some(advice)));
    }
    if table.change_detection != ChangeDetection::LastUpdated {
        return Ok((format!("{found}, read whole at every run"), None));
    }
    let Some(name) = filter_name(client, table, table.endpoint, Utc::now(), stats).await? else {
        let advice = "nothing: it is read whole at every run, which takes longer";
        let why = "the API refuses such a condition, or finds nothing by it";
        return Ok((format!("{found}, can't be filtered by lastUpdated: {why}"), Some(advice)));
    };
    let since_ever = name.clone().at_least(DateTime::UNIX_EPOCH);
    let timed = match count {
        Some(_) => client.count_where_there_is_one(table.endpoint, Some(&since_ever), stats).await?,
        None => None,
    };
    let newest = newest(client, stats, table, &name).await?.map(|newest| format!(", the newest change {newest}"));
    let found = format!("{found}, filters by {name}{}", newest.unwrap_or_default());
    if let (Some(timed), Some(count)) = (timed, count)
        && timed < count
    {
        let advice = "nothing: an incremental run can't see those change; `run --mode full` reads them";
        return Ok((format!("{found}, {} of them without a time of change", count - timed), Some(advice)));
    }
    Ok((found, None))
}

/// Reads the newest change, where the endpoint sorts by it.
async fn newest(client: &Client, stats: &RequestStats, table: &Table, name: &Field) -> Result<Option<String>> {
    let request = Request::new(table.endpoint)
        .with("orderBy", format!("{name} desc"))
        .with("fields", format!("{},_info", table.key))
        .with("pageSize", 1)
        .can_shrink();
    let read = client.get(&request, stats, |answer| {
        let page: serde_json::Value = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
        Ok(page.pointer("/0/_info/lastUpdated").and_then(|newest| newest.as_str()).map(ToOwned::to_owned))
    });
    match read.await {
        Err(error) if error.is_bad_condition() || error.is_page_too_big() => Ok(None),
        other => Ok(other?),
    }
}
