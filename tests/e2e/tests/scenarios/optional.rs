//! Lists that the login may not read, and lists below agreements: what is asked, and what stays.

use crate::support::{EMPTY, SMALL, Scene};
use connectwise_etl::run::{Mode, Options};
use connectwise_simulator::{Fault, Faults, When};
use serde_json::{Value, json};

/// How many lists of `schema/entities.yaml` need not be there.
const OPTIONAL: usize = 6;

/// None of them can be read.
fn all(scene: &Scene, fault: &Fault) -> Faults {
    let ids: Vec<i64> = scene.world().records("Agreement").filter_map(|record| record["id"].as_i64()).collect();
    let below = ids.iter().map(|id| format!("/finance/agreements/{id}/"));
    let lists = ["/time/workTypes", "/service/tickets", "/project/projects", "/finance/agreementrecap/"];
    let lists = lists.map(ToOwned::to_owned).into_iter().chain(below);
    lists.fold(Faults::default(), |faults, list| faults.with(&list, When::Always, *fault))
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_that_are_not_there_leave_empty_tables_and_a_warning_until_they_come() {
    for fault in [Fault::Forbidden, Fault::NotFound] {
        let scene = Scene::new(SMALL).await;
        scene.world().faults(all(&scene, &fault));
        for report in [scene.full().await, scene.incremental().await] {
            assert_eq!(report.warnings.len(), OPTIONAL, "{:#?}", report.warnings);
            assert!(report.warnings.iter().all(|warning| warning.contains("is left out")), "{:#?}", report.warnings);
        }
        assert_eq!(scene.value("SELECT COUNT(*) FROM silver.cw_ticket").await, "0");
        assert_eq!(scene.value("SELECT COUNT(*) FROM gold.fact_agreementaddition").await, "0");
        // What entries name is inferred.
        let named = "SELECT COUNT(*) > 0 AND bool_and(t.isInferred AND t.ticketId = f.ticketId) FROM gold.fact_timeentry \
                     AS f JOIN gold.dimticket AS t ON t.TicketKey = f.TicketKey WHERE f.ticketId IS NOT NULL";
        assert_eq!(scene.value(named).await, "true");
        let status = "SELECT COUNT(*) FROM meta.etl_entity_run WHERE status = 'unavailable'";
        assert_eq!(scene.value(status).await, (2 * OPTIONAL).to_string());

        scene.world().faults(Faults::default());
        assert!(scene.incremental().await.warnings.is_empty());
        assert_ne!(scene.value("SELECT COUNT(*) FROM silver.cw_ticket").await, "0");
        assert_ne!(scene.value("SELECT COUNT(*) FROM gold.fact_agreementaddition").await, "0");

        // A right that is lost is a fault, and the tables stay.
        let before = scene.versions().await;
        scene.world().faults(all(&scene, &fault));
        let report = scene.run(Options::default()).await;
        assert_eq!(report.exit_code(), 3);
        let failed = report.entities.iter().filter(|entity| entity.error.is_some()).count();
        assert_eq!(failed, OPTIONAL, "{:?}", report.error_text());
        assert_eq!(scene.versions().await["bronze/cw_ticket"], before["bronze/cw_ticket"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn gold_needs_no_run_of_the_entities_that_need_not_be_there() {
    let scene = Scene::new(SMALL).await;
    let mut only: Vec<_> = connectwise_generated::tables::TABLES.iter().map(|table| table.entity.to_owned()).collect();
    only.retain(|name| !["Ticket", "Project", "WorkType"].contains(&name.as_str()) && !name.starts_with("Agreement"));
    only.push("Agreement".to_owned());
    let report = scene.run(Options { mode: Mode::Full, entities: only, ..Options::default() }).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    assert_ne!(scene.value("SELECT COUNT(*) FROM gold.fact_timeentry").await, "0");
}

fn agreement(id: i64, end: Option<&str>) -> Value {
    let mut agreement = json!({
        "id": id, "name": format!("Samningur {id}"), "_info": { "lastUpdated": "2025-01-10T00:00:00Z" }
    });
    if let Some(end) = end {
        agreement["endDate"] = json!(end);
    }
    agreement
}

fn addition(id: i64, agreement: i64) -> Value {
    json!({ "id": id, "agreementId": agreement, "quantity": 2, "unitPrice": 10, "unitCost": 7,
        "_info": { "lastUpdated": "2025-01-10T00:00:00Z" } })
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_reads_the_additions_of_an_agreement_and_none_those_of_one_that_ended_long_ago() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    for id in 1..=30 {
        world.put("Agreement", agreement(id, None));
        world.serve(
            &format!("/finance/agreements/{id}/additions"),
            vec![addition(id * 10, id), addition(id * 10 + 1, id)],
        );
    }
    // More than one page without a size: counted and read as any list is.
    world.serve("/finance/agreements/30/additions", (900..1_000).map(|id| addition(id, 30)).collect());
    let live = || scene.value("SELECT COUNT(*) FROM bronze.cw_agreementaddition WHERE etlDeletedAt IS NULL");
    let asked = |id: i64| {
        let path = format!("/finance/agreements/{id}/additions");
        world.requests().of(&path).count() + world.requests().of(&format!("{path}/count")).count()
    };
    for options in [Options { mode: Mode::Full, ..Options::default() }, Options::default()] {
        world.clear_requests();
        assert_eq!(scene.run(options).await.exit_code(), 0);
        assert_eq!(live().await, "158");
        assert_eq!((1..30).map(asked).collect::<Vec<_>>(), vec![1; 29]);
        assert!(asked(30) > 1);
    }

    // One ended long ago and one this month: what lies below them stays; of the latter, what is gone is marked.
    let month = (chrono::Utc::now() - chrono::TimeDelta::days(10)).format("%Y-%m-%dT00:00:00Z").to_string();
    world.put("Agreement", agreement(1, Some("2020-01-01T00:00:00Z")));
    world.put("Agreement", agreement(2, Some(&month)));
    world.serve("/finance/agreements/1/additions", Vec::new());
    world.serve("/finance/agreements/2/additions", vec![addition(20, 2)]);
    for mode in [Mode::Incremental, Mode::Full, Mode::Reconcile] {
        world.clear_requests();
        // The agreements' own change comes in one run, what follows from it in the next.
        let report = scene.run(Options { mode, ..Options::default() }).await;
        assert_eq!(report.exit_code(), 0, "{mode:?} {:?}", report.error_text());
        assert_eq!((asked(1), asked(2)), (0, 1), "{mode:?}");
        assert_eq!(live().await, "157", "{mode:?}");
        let gone = "SELECT id FROM bronze.cw_agreementaddition WHERE etlDeletedAt IS NOT NULL";
        assert_eq!(scene.rows(gone).await, [["21"]], "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_in_several_lists_is_that_of_the_last_one_short_or_long() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    let many = |first: i64, agreement: i64| (first..first + 100).map(move |id| addition(id, agreement));
    // 5 is in a short list, a long one and a short one; 6 in two short ones; 7 in a short one and the long one at the end.
    let lists: [(i64, Vec<Value>); 5] = [
        (1, vec![addition(5, 1), addition(6, 1)]),
        (2, many(1_000, 2).chain([addition(5, 2)]).collect()),
        (3, vec![addition(5, 3), addition(7, 3)]),
        (4, vec![addition(6, 4)]),
        (5, many(2_000, 5).chain([addition(7, 5)]).collect()),
    ];
    for (id, list) in lists {
        world.put("Agreement", agreement(id, None));
        world.serve(&format!("/finance/agreements/{id}/additions"), list);
    }
    assert_eq!(scene.full().await.exit_code(), 0);
    let rows = "SELECT id, agreementId FROM bronze.cw_agreementaddition WHERE id < 1000 ORDER BY id";
    assert_eq!(scene.rows(rows).await, [["5", "3"], ["6", "4"], ["7", "5"]]);
    assert_eq!(scene.value("SELECT COUNT(*) FROM bronze.cw_agreementaddition").await, "203");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_list_that_is_refused_among_others_is_a_fault_and_hides_nothing() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    for id in 1..=5 {
        world.put("Agreement", agreement(id, None));
        world.serve(&format!("/finance/agreements/{id}/additions"), vec![addition(id * 10, id)]);
    }
    for refused in [1, 4] {
        let list = format!("/finance/agreements/{refused}/additions");
        world.faults(Faults::default().with(&list, When::Always, Fault::Forbidden));
        let report = scene.run(Options { mode: Mode::Full, ..Options::default() }).await;
        assert_eq!(report.exit_code(), 3, "{refused}: {:?}", report.warnings);
        assert!(report.error_text().unwrap().contains("one of its lists is refused"), "{:?}", report.error_text());
    }
    world.faults(Faults::default());
    assert_eq!(scene.run(Options { mode: Mode::Full, ..Options::default() }).await.exit_code(), 0);
    assert_eq!(scene.value("SELECT COUNT(*) FROM bronze.cw_agreementaddition").await, "5");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_below_an_agreement_that_ended_and_comes_back_is_alive_again() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    for id in 1..=3 {
        world.put("Agreement", agreement(id, None));
        world.serve(&format!("/finance/agreements/{id}/additions"), vec![addition(id * 10, id)]);
    }
    scene.full().await;
    let old = || agreement(1, Some("2020-01-01T00:00:00Z"));
    world.put("Agreement", old());
    scene.full().await;
    // The source has it no more, and then again.
    let live = || scene.value("SELECT COUNT(*) FROM bronze.cw_agreementaddition WHERE etlDeletedAt IS NULL");
    for mode in [Mode::Incremental, Mode::Full] {
        world.delete("Agreement", 1);
        scene.full().await;
        assert_eq!(live().await, "2", "{mode:?}");
        let mut back = old();
        back["_info"]["lastUpdated"] = json!(chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string());
        world.put("Agreement", back);
        assert_eq!(scene.run(Options { mode, ..Options::default() }).await.exit_code(), 0);
        assert_eq!(live().await, "3", "{mode:?}");
        // Then it is not asked any more.
        world.clear_requests();
        scene.full().await;
        assert_eq!(world.requests().of("/finance/agreements/1/additions").count(), 0);
        assert_eq!(live().await, "3", "{mode:?}");
    }
}
