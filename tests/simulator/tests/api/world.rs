//! The clock, changes, and the controls.

use connectwise_simulator::{AdvanceRequest, Config, Counts, Entity, Scale, World};
use serde_json::{Value, json};

use super::{Session, ids};

fn day() -> AdvanceRequest {
    AdvanceRequest { hours: 24.0, change: 20, add: 10, delete: 3, post: 4, ..AdvanceRequest::default() }
}

fn everything(world: &World) -> String {
    let records = Entity::ALL.into_iter().flat_map(|entity| world.records(entity.name()));
    records.map(|record| record.to_string()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes() {
    let (one, two) = (Session::start().await, Session::start().await);
    let other = Session::with(Config { seed: 7, ..Config::default() }).await;
    for round in 0..2 {
        let query = [("pageSize", "1000")];
        for entity in Entity::ALL {
            let text = async |session: &Session| session.response(entity.path(), &query).await.text().await.unwrap();
            assert_eq!(text(&one).await, text(&two).await, "{entity} {round}");
            assert_ne!(text(&one).await, text(&other).await, "{entity} {round}");
        }
        let summaries = [&one, &two].map(|session| session.simulator.world().advance(day()));
        assert_eq!(summaries[0], summaries[1]);
    }
}

#[test]
fn a_record_is_the_same_alone_and_among_others() {
    let world = World::new(&Config::default());
    world.advance(day());
    for entity in Entity::ALL {
        let records: Vec<Value> = world.records(entity.name()).collect();
        for record in records.iter().step_by(37) {
            assert_eq!(world.record(entity.name(), record["id"].as_i64().unwrap()).as_ref(), Some(record));
        }
    }
    assert_eq!(world.record("TimeEntry", 14), None);
    assert_eq!(world.record("Nothing", 1), None);
}

#[tokio::test]
async fn what_changes_is_found_by_its_time_of_change() {
    let session = Session::start().await;
    let world = session.simulator.world();
    for _ in 0..3 {
        let before = world.now();
        let since = format!("lastUpdated>[{}]", before.format("%Y-%m-%dT%H:%M:%SZ"));
        let old: Vec<Vec<Value>> = Entity::ALL.iter().map(|entity| world.records(entity.name()).collect()).collect();
        let summary = world.advance(day());
        assert_eq!(world.now(), before + chrono::TimeDelta::hours(24));
        assert_eq!((summary.posted.len(), summary.closed.len()), (4, 4));
        for (entity, old) in Entity::ALL.into_iter().zip(old) {
            let changes = summary.of(entity.name());
            let old: std::collections::BTreeMap<i64, Value> =
                old.into_iter().map(|record| (record["id"].as_i64().unwrap(), record)).collect();
            for id in &changes.deleted {
                assert!(old.contains_key(id) && world.record(entity.name(), *id).is_none(), "{entity} {id}");
            }
            if entity == Entity::UnpostedInvoice {
                assert!(changes.deleted.len() >= 4 && changes.added.len() == 4);
                continue;
            }
            assert_eq!((changes.added.len(), changes.deleted.len()), (10, 3), "{entity}");
            let mut touched: Vec<i64> = changes.changed.iter().chain(&changes.added).copied().collect();
            touched.sort_unstable();
            let query = [("conditions", since.as_str()), ("pageSize", "1000"), ("fields", "id")];
            assert_eq!(ids(&session.get(entity.path(), &query).await), touched, "{entity}");
            for id in changes.changed {
                let (mut old, mut new) = (old[&id].clone(), world.record(entity.name(), id).unwrap());
                old["_info"] = Value::Null;
                new["_info"] = Value::Null;
                assert_ne!(old, new, "{entity} {id}: a change must show");
            }
        }
        for invoice in &summary.posted {
            assert!(world.record("Invoice", *invoice).unwrap()["glBatch"]["id"].is_number());
        }
    }
}

#[test]
fn advance_keeps_to_the_entities_it_is_given() {
    let world = World::new(&Config::default());
    let entities = vec!["TimeEntry".to_owned()];
    let summary = world.advance(AdvanceRequest { post: 0, entities, ..day() });
    assert_eq!(summary.of("TimeEntry").changed.len(), 20);
    assert_eq!(summary.of("Company"), Default::default());
    let before = everything(&world);
    let summary = world.advance(AdvanceRequest { hours: 5.0, ..AdvanceRequest::default() });
    assert!(summary.entities.values().all(|changes| *changes == Default::default()));
    assert_eq!(everything(&world), before);
    // More than there is: everything changes, and no more than a quarter goes.
    let summary =
        world.advance(AdvanceRequest { hours: 1.0, change: 1_000_000, delete: 0, ..AdvanceRequest::default() });
    assert_eq!(summary.of("Member").changed.len(), 25);
    let summary = world.advance(AdvanceRequest { hours: 1.0, delete: 1_000_000, ..AdvanceRequest::default() });
    assert_eq!(summary.of("Member").deleted.len(), 6);
}

#[tokio::test]
async fn records_that_are_put_come_back_as_they_are() {
    let session = Session::with(Config::at_scale(Scale::Custom(Counts::default()))).await;
    let world = session.simulator.world();
    let odd = json!({"id": 900, "actualHours": "abc", "company": 17, "ný": [1, null, {"x": "\u{301}\""}]});
    assert_eq!(world.put("TimeEntry", odd.clone()), Some(900));
    let mut page = session.get("/time/entries", &[]).await;
    assert_eq!(page[0]["_info"]["lastUpdated"], "2026-01-05T06:00:00Z");
    page[0].as_object_mut().unwrap().remove("_info");
    assert_eq!(page, json!([odd]));
    let own = json!({"id": 901, "_info": {"lastUpdated": "2025-01-01T00:00:00.5Z"}});
    world.put("TimeEntry", own.clone());
    assert_eq!(session.get("/time/entries/901", &[]).await, own);
    assert_eq!(session.count("/time/entries", "lastUpdated<=[2025-01-01T00:00:01Z]").await, 1);
    assert_eq!(world.put("TimeEntry", json!({"notes": "án auðkennis"})), Some(902));
    assert_eq!(world.put("Nothing", json!({})), None);
    assert_eq!(world.put("TimeEntry", json!([])), None);
    // A put record is left alone, and may be replaced and deleted.
    let summary = world.advance(day());
    assert!(summary.of("TimeEntry").changed.is_empty());
    world.put("TimeEntry", json!({"id": 900, "notes": "leiðrétt"}));
    assert_eq!(world.record("TimeEntry", 900).unwrap()["_info"]["lastUpdated"], "2026-01-06T06:00:00Z");
    assert!(world.delete("TimeEntry", 900) && !world.delete("TimeEntry", 900));
    assert!(!world.ids("TimeEntry").contains(&900));
}

#[test]
fn unposted_rows_follow_their_invoice() {
    let world = World::new(&Config::default());
    let row = world.records("UnpostedInvoice").find(|row| row["billingLogId"].is_number()).unwrap();
    let (row, invoice) = (row["id"].as_i64().unwrap(), row["billingLogId"].as_i64().unwrap());
    world.put("Invoice", json!({"id": invoice, "glBatch": {"id": 5}}));
    assert!(world.record("UnpostedInvoice", row).is_none());
    let another = world.ids("UnpostedInvoice")[0];
    assert!(world.delete("UnpostedInvoice", another));
    assert_eq!(world.put("UnpostedInvoice", json!({"id": 7, "invoiceNumber": "R1"})), Some(7));
    let rows = world.ids("UnpostedInvoice");
    assert!(rows.contains(&7) && !rows.contains(&another) && rows.is_sorted());
    assert!(world.record("UnpostedInvoice", 7).unwrap().get("_info").is_none());
}

#[tokio::test]
async fn the_controls_do_the_same_over_http() {
    let session = Session::start().await;
    let url = session.simulator.base_url().replace("/v4_6_release/apis/3.0", "/_simulator");
    let client = &session.client;
    let body = json!({"hours": 24, "change": 2, "add": 1, "post": 1});
    let summary: Value = client.post(format!("{url}/advance")).json(&body).send().await.unwrap().json().await.unwrap();
    assert_eq!(summary["now"], "2026-01-06T06:00:00Z");
    assert_eq!(summary["entities"]["TimeEntry"]["changed"].as_array().unwrap().len(), 2);
    let state: Value = client.get(format!("{url}/state")).send().await.unwrap().json().await.unwrap();
    assert_eq!((&state["now"], &state["records"]["TimeEntry"]), (&summary["now"], &5_001.into()));
    let faults = json!({"rules": [{"endpoint": "/time", "fault": "forbidden", "when": {"next": 1}}]});
    client.post(format!("{url}/faults")).json(&faults).send().await.unwrap().error_for_status().unwrap();
    assert_eq!(session.response("/time/entries", &[]).await.status(), 403);
    let company = format!("{url}/Company/77");
    client.put(&company).json(&json!({"name": "Ný"})).send().await.unwrap().error_for_status().unwrap();
    assert_eq!(session.get("/company/companies/77", &[]).await["name"], "Ný");
    client.delete(&company).send().await.unwrap().error_for_status().unwrap();
    assert_eq!(session.response("/company/companies/77", &[]).await.status(), 404);
    for (path, body) in [("advance", "{\"daga\": 1}"), ("faults", "x"), ("nothing", "{}"), ("Company/x", "{}")] {
        let response = client.post(format!("{url}/{path}")).body(body).send().await.unwrap();
        assert!(response.status().is_client_error(), "{path}");
    }
}

#[tokio::test]
async fn an_upgrade_moves_the_api_and_the_host_tells_where() {
    let session = Session::start().await;
    let before = session.simulator.base_url();
    let host = before.trim_end_matches("/v4_6_release/apis/3.0").to_owned();
    let told = async |company: &str| -> Value {
        let response = session.client.get(format!("{host}/login/companyinfo/{company}")).send().await.unwrap();
        response.json().await.unwrap()
    };
    assert_eq!(told("demo").await["Codebase"], "v4_6_release/");
    assert!(told("nobody").await.is_null());
    let moved = session.client.post(format!("{host}/_simulator/codebase")).body(r#"{"codebase": "v2025_2"}"#);
    assert!(moved.send().await.unwrap().status().is_success());
    assert_eq!(told("DEMO").await["Codebase"], "v2025_2/");
    assert_eq!(session.simulator.base_url(), format!("{host}/v2025_2/apis/3.0"));
    session.get("/system/info", &[]).await;
    let old = session
        .client
        .get(format!("{before}/system/info"))
        .basic_auth(&session.config.username, Some(&session.config.password))
        .header("clientId", &session.config.client_id);
    assert_eq!(old.send().await.unwrap().status(), reqwest::StatusCode::NOT_FOUND);
}
