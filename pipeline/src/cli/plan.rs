//! `connectwise-etl run --dry-run`: what a run would request, read and write.
//!
//! Invariant: nothing may be written, and an entity that can't be planned must not affect the others.

use super::output::{Output, grouped};
use crate::bronze;
use crate::bronze::quarantine;
use crate::client::Client;
use crate::context::{Layer, Options};
use crate::error::Result;
use crate::extract::{ExtractRequest, MOST_PERCENT, PlanSummary, Window, plan_summaries};
use crate::lake::Lakehouse;
use crate::progress::EntityProgress;
use crate::run;
use crate::run::{meta, source};
use chrono::{DateTime, Utc};
use connectwise_generated::gold::TABLES as GOLD;
use connectwise_generated::tables::by_entity;
use connectwise_runtime::Table;
use serde::Serialize;

/// Maximum number of lists of an entity below a parent that are planned; the others are alike.
const MOST_LISTS: usize = 3;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EntityPlan {
    entity: &'static str,
    endpoint: &'static str,
    window: String,
    /// Number of lists, one per parent.
    lists: usize,
    /// Plans of the first lists: their counts and how they are read.
    outlines: Vec<PlanSummary>,
    tables: Vec<String>,
    /// What is known only when the run is at work.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Why it can't be planned.
    error: Option<String>,
}

pub(super) async fn dry_run(
    client: Option<&Client>,
    lake: &Lakehouse,
    options: &Options,
    as_json: bool,
    output: &mut Output,
) -> Result<u8> {
    if let Some(client) = client {
        source::require_same(lake, client.source(), options.change_source).await?;
    }
    let now = Utc::now();
    let warning = options.late_since(now);
    if let Some(warning) = &warning {
        output.warning(warning);
    }
    let mut plans = Vec::new();
    for entity in options.selected()? {
        plans.push(of_entity(client, lake, options, now, entity).await);
    }
    let gold = options.has(Layer::Gold).then(|| GOLD.iter().map(|table| format!("gold/{}", table.name)));
    let further: Vec<String> = gold
        .into_iter()
        .flatten()
        .chain([format!("bronze/{}", quarantine::TABLE)])
        .chain(meta::TABLES.iter().map(|table| format!("meta/{table}")))
        .collect();
    let failed = plans.iter().filter(|plan| plan.error.is_some()).count();
    if as_json {
        let mode = options.mode.name();
        let warnings = Vec::from_iter(warning);
        let document = serde_json::json!({
            "dryRun": true,
            "mode": mode,
            "plan": plans,
            "furtherTables": further,
            "warnings": warnings,
        });
        output.line(format!("{document:#}"))?;
    } else {
        for plan in &plans {
            for line in lines(plan) {
                output.line(line)?;
            }
        }
        output.line(format!("then {}", further.join(", ")))?;
        let requests = plans.iter().flat_map(|plan| &plan.outlines).filter_map(|summary| summary.requests);
        output.line(format!("{} requests for pages at least; nothing was written", grouped(requests.sum())))?;
    }
    Ok(match failed {
        0 => 0,
        failed if failed == plans.len() => 1,
        _ => 3,
    })
}

async fn of_entity(
    client: Option<&Client>,
    lake: &Lakehouse,
    options: &Options,
    now: DateTime<Utc>,
    entity: &'static Table,
) -> EntityPlan {
    let bronze = options.has(Layer::Bronze).then(|| format!("bronze/{}", entity.table));
    let silver = options.has(Layer::Silver).then(|| {
        let children = entity.children.iter().map(|child| child.table);
        std::iter::once(entity.table).chain(children).map(|table| format!("silver/{table}"))
    });
    let mut plan = EntityPlan {
        entity: entity.entity,
        endpoint: entity.endpoint,
        window: String::new(),
        lists: 0,
        outlines: Vec::new(),
        tables: bronze.into_iter().chain(silver.into_iter().flatten()).collect(),
        note: None,
        error: None,
    };
    let Some(client) = client else { return plan };
    let told = async {
        let is_other = source::is_other(lake, entity, client.source(), options.change_source).await?;
        let window = if is_other { Window::Everything } else { run::window_of(lake, options, now, entity).await? };
        plan.window = window.to_string();
        if let Some(parent) = entity.parent.and_then(|parent| by_entity(parent.entity))
            && lake.open("bronze", parent.table).await?.is_none()
            && options.selected()?.iter().any(|other| other.entity == parent.entity)
        {
            plan.note = Some(format!("a list below each {}, which the run reads first", parent.entity));
            return Ok(Vec::new());
        }
        let parents = bronze::parents(lake, entity, now).await?;
        plan.lists = if entity.parent.is_some() { parents.asked.len() } else { 1 };
        let max_rejected_percent = MOST_PERCENT;
        let unserved = &quarantine::unserved(lake, entity).await?[..];
        let order = ExtractRequest {
            table: entity,
            window,
            parents: &parents.asked,
            max_rejected_percent,
            began: now,
            lookback_days: 0,
            known: std::sync::Arc::default(),
            unserved,
            progress: &EntityProgress::default(),
        };
        plan_summaries(client, &order, MOST_LISTS).await
    };
    match told.await {
        Ok(summaries) => plan.outlines = summaries,
        Err(error) => plan.error = Some(error.to_string()),
    }
    plan
}

fn lines(plan: &EntityPlan) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", plan.entity, plan.tables.join(", "))];
    if !plan.window.is_empty() {
        lines.push(format!("  {}, {}", plan.endpoint, plan.window));
    }
    for summary in &plan.outlines {
        let counted = |number: Option<u64>| number.map_or_else(|| "an unknown number of".to_owned(), grouped);
        lines.push(format!(
            "  {}{} records in {} requests, {}, {} at a time in ranges of ids, the longest address {} characters",
            if plan.lists > 1 { format!("{}: ", summary.endpoint) } else { String::new() },
            counted(summary.records),
            counted(summary.requests),
            summary.paging,
            summary.ranges,
            summary.longest_address,
        ));
        lines.extend(summary.conditions.as_ref().map(|conditions| format!("  conditions={conditions}")));
    }
    if plan.lists > plan.outlines.len() && !plan.outlines.is_empty() {
        lines.push(format!("  and {} more lists below other records", plan.lists - plan.outlines.len()));
    }
    lines.extend(plan.note.as_ref().map(|note| format!("  {note}")));
    lines.extend(plan.error.as_ref().map(|error| format!("  can't be told: {error}")));
    lines
}
