//! Both ways of paging, and the order of records.

use std::collections::BTreeSet;

use connectwise_simulator::{Entity, Faults};
use reqwest::StatusCode;

use super::{Session, ids, link};

async fn walk_forward(session: &Session, path: &str, query: &[(&str, &str)]) -> Vec<i64> {
    let mut found = Vec::new();
    let mut request = session.request(path, query).header("pagination-type", "forward-only");
    loop {
        let response = request.send().await.unwrap();
        assert!(link(&response, "last").is_none() && link(&response, "prev").is_none());
        let next = link(&response, "next");
        found.extend(ids(&response.json().await.unwrap()));
        let Some(next) = next else { return found };
        request = session
            .client
            .get(next)
            .basic_auth(&session.config.username, Some(&session.config.password))
            .header("clientId", &session.config.client_id)
            .header("pagination-type", "forward-only");
    }
}

async fn walk_pages(session: &Session, path: &str, query: &[(&str, &str)]) -> Vec<i64> {
    let mut found = Vec::new();
    for page in 1.. {
        let page = page.to_string();
        let mut query = query.to_vec();
        query.push(("page", &page));
        let records = ids(&session.get(path, &query).await);
        if records.is_empty() {
            break;
        }
        found.extend(records);
    }
    found
}

#[tokio::test]
async fn both_ways_visit_every_record_once() {
    let session = Session::start().await;
    for entity in Entity::ALL {
        let known = session.simulator.world().ids(entity.name());
        assert!(!known.is_empty(), "{entity}");
        let query = [("pageSize", "190"), ("fields", "id")];
        assert_eq!(walk_forward(&session, entity.path(), &query).await, known, "{entity}");
        assert_eq!(walk_pages(&session, entity.path(), &query).await, known, "{entity}");
        assert_eq!(session.count(entity.path(), "").await, known.len() as u64, "{entity}");
    }
}

#[tokio::test]
async fn filters_hold_on_every_page() {
    let session = Session::start().await;
    let conditions = "billableOption=\"NoCharge\" and id>100 and id<=3000";
    let query = [("pageSize", "50"), ("fields", "id"), ("conditions", conditions)];
    let forward = walk_forward(&session, "/time/entries", &query).await;
    let known: Vec<i64> = session
        .simulator
        .world()
        .records("TimeEntry")
        .filter(|entry| entry["billableOption"] == "NoCharge")
        .map(|entry| entry["id"].as_i64().unwrap())
        .filter(|id| (101..=3000).contains(id))
        .collect();
    assert!(known.len() > 100);
    assert_eq!(forward, known);
    assert_eq!(walk_pages(&session, "/time/entries", &query).await, known);
}

#[tokio::test]
async fn page_sizes_and_links() {
    let session = Session::start().await;
    assert_eq!(ids(&session.get("/time/entries", &[]).await).len(), 25);
    assert_eq!(ids(&session.get("/time/entries", &[("pageSize", "5000"), ("fields", "id")]).await).len(), 1000);
    for (size, page) in [("0", "1"), ("x", "1"), ("5", "x"), ("-1", "1")] {
        let response = session.response("/time/entries", &[("pageSize", size), ("page", page)]).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{size} {page}");
    }
    let middle = session.response("/time/entries", &[("page", "3"), ("pageSize", "100"), ("fields", "id")]).await;
    for (relation, page) in [("first", "page=1"), ("prev", "page=2"), ("next", "page=4"), ("last", "page=50")] {
        let link = link(&middle, relation).unwrap();
        assert!(link.starts_with("http://127.0.0.1") && link.ends_with(page), "{relation} {link}");
        assert!(link.contains("pageSize=100") && link.contains("fields=id"), "{link}");
    }
    let first = session.response("/time/entries", &[("page", "1")]).await;
    assert!(link(&first, "prev").is_none() && link(&first, "next").is_some());
    let past = session.response("/time/entries", &[("page", "9000")]).await;
    assert!(link(&past, "next").is_none() && link(&past, "first").is_some());
    assert_eq!(past.text().await.unwrap(), "[]");
}

#[tokio::test]
async fn endpoints_without_forward_only_page_by_number() {
    let session = Session::start().await;
    let world = session.simulator.world();
    world.faults(Faults::default().without_forward_only("/time").without_link("/company"));
    let query = [("pageSize", "10"), ("fields", "id"), ("pageId", "500")];
    let request = session.request("/time/entries", &query).header("pagination-type", "forward-only");
    let response = request.send().await.unwrap();
    assert!(link(&response, "next").unwrap().ends_with("page=2"));
    assert_eq!(ids(&response.json().await.unwrap()), world.ids("TimeEntry")[..10]);
    let request = session.request("/company/companies", &query[..2]).header("pagination-type", "forward-only");
    assert!(!request.send().await.unwrap().headers().contains_key("link"));
    let request = session.request("/expense/entries", &query[..2]).header("pagination-type", "forward-only");
    assert!(link(&request.send().await.unwrap(), "next").unwrap().contains("pageId="));
}

#[tokio::test]
async fn records_come_in_the_order_that_is_asked_for() {
    let session = Session::start().await;
    let query = [("pageSize", "1000"), ("fields", "id,company/name,amount"), ("orderBy", "company/name desc, amount")];
    let page = session.get("/expense/entries", &query).await;
    let keys: Vec<_> = page
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (entry["company"]["name"].as_str().unwrap_or("").to_lowercase(), entry["amount"].as_f64().unwrap())
        })
        .collect();
    assert!(keys.windows(2).all(|pair| pair[0].0 > pair[1].0 || (pair[0].0 == pair[1].0 && pair[0].1 <= pair[1].1)));
    assert_eq!(keys.len(), 400);
    let newest = session.get("/time/entries", &[("orderBy", "id desc"), ("pageSize", "2"), ("fields", "id")]).await;
    let known = session.simulator.world().ids("TimeEntry");
    assert_eq!(ids(&newest), known.iter().rev().take(2).copied().collect::<Vec<_>>());
    let newest = session.get("/time/entries", &[("orderBy", "lastUpdated desc"), ("fields", "id,_info")]).await;
    let times: Vec<_> = newest.as_array().unwrap().iter().map(|entry| entry["_info"]["lastUpdated"].as_str()).collect();
    assert!(times.windows(2).all(|pair| pair[0] >= pair[1]));
    let pages =
        walk_pages(&session, "/time/entries", &[("orderBy", "status"), ("pageSize", "999"), ("fields", "id")]).await;
    assert_eq!(pages.iter().copied().collect::<BTreeSet<_>>().len(), pages.len());
    for order in ["wrong", "id sideways"] {
        let response = session.response("/time/entries", &[("orderBy", order)]).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{order}");
    }
}

#[tokio::test]
async fn a_list_that_was_given_its_records_pages_counts_and_filters() {
    let session = Session::start().await;
    let path = "/procurement/catalog/7/components";
    assert_eq!(session.response(path, &[]).await.status(), StatusCode::NOT_FOUND);
    let record = |id: i64| {
        let day = 1 + id % 28;
        let updated = format!("2025-06-{day:02}T12:00:00Z");
        serde_json::json!({"id": id, "product": {"id": id % 3}, "_info": {"lastUpdated": updated}})
    };
    assert_eq!(session.simulator.world().serve(path, (1..=60).rev().map(record).collect()), 60);

    let all: Vec<i64> = (1..=60).collect();
    assert_eq!(walk_forward(&session, path, &[("pageSize", "25")]).await, all);
    assert_eq!(walk_pages(&session, path, &[]).await, all);
    assert_eq!(session.count(path, "").await, 60);
    assert_eq!(session.count(path, "id > 50 and product/id = 1").await, 3);
    assert_eq!(session.count(path, "lastUpdated >= [2025-06-28T00:00:00Z]").await, 2);
    let page = session.get(path, &[("fields", "id,product/id"), ("pageSize", "1")]).await;
    assert_eq!(page, serde_json::json!([{"id": 1, "product": {"id": 1}}]));
    let log = session.simulator.world().requests();
    assert!(log.lines.iter().any(|line| line.path == path && line.kind == "list"), "faults strike by kind");
    assert_eq!(session.response("/procurement/catalog/8/components", &[]).await.status(), StatusCode::NOT_FOUND);

    session.simulator.world().serve(path, Vec::new());
    assert_eq!(session.get(path, &[]).await, serde_json::json!([]), "an empty list is a list");
}
