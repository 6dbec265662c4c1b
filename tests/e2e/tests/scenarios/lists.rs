//! Lists read on their own: whole, as the API wrote them, and without what is never read.

use crate::support::{SMALL, Scene};
use connectwise_etl::conditions::field;
use connectwise_generated::client::Operations;
use connectwise_generated::models;
use futures::TryStreamExt as _;
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn every_record_comes_once_however_it_is_paged() {
    let scene = Scene::new(SMALL).await;
    let ids = |records: Vec<Vec<u8>>| -> BTreeSet<i64> {
        let id =
            |record: &Vec<u8>| serde_json::from_slice::<serde_json::Value>(record).unwrap()["id"].as_i64().unwrap();
        let ids: BTreeSet<i64> = records.iter().map(id).collect();
        assert_eq!(ids.len(), records.len(), "each once");
        ids
    };
    let list = || scene.client.list_at("/time/entries").page_size(90);
    let forward: Vec<Vec<u8>> = list().records().map_ok(|record| record.to_vec()).try_collect().await.unwrap();
    assert_eq!(forward.len(), 400);
    let ordered = list().order_by("id desc").unwrap().fields(["id"]).unwrap();
    let ordered: Vec<Vec<u8>> = ordered.records().map_ok(|record| record.to_vec()).try_collect().await.unwrap();
    assert_eq!(ids(forward), ids(ordered));
    let some: Vec<Vec<u8>> = list().limit(100).records().map_ok(|record| record.to_vec()).try_collect().await.unwrap();
    assert_eq!(some.len(), 100);
    let rows: usize = list()
        .batches()
        .unwrap()
        .map_ok(|batch| batch.num_rows())
        .try_fold(0, |sum, rows| async move { Ok(sum + rows) })
        .await
        .unwrap();
    assert_eq!(rows, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_choose_the_records() {
    let scene = Scene::new(SMALL).await;
    let few = field("id").unwrap().at_most(3_i64).or(field("id").unwrap().equals(7_i64));
    let pages: Vec<_> =
        scene.client.list_at("time/entries").conditions(few).unwrap().pages().try_collect().await.unwrap();
    assert_eq!(pages.iter().map(Vec::len).sum::<usize>(), 4);
    let none = field("notes").unwrap().equals("\" or id > 0 or notes = \"");
    let pages: Vec<_> =
        scene.client.list_at("time/entries").conditions(none).unwrap().pages().try_collect().await.unwrap();
    assert!(pages.is_empty(), "a value stays a value");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sensitive_is_neither_asked_for_nor_given() {
    let scene = Scene::new(SMALL).await;
    for name in ["password", "Token", "member/clientId"] {
        let error = scene.client.list_at("/system/members").fields([name]).unwrap_err().to_string();
        assert!(error.contains("sensitive"), "{error}");
    }
    let probing = field("id").unwrap().more_than(0_i64).and(field("password").unwrap().like("a*").negate());
    assert!(scene.client.list_at("/system/members").conditions(probing).unwrap_err().to_string().contains("sensitive"));
    let members: Vec<_> = scene.client.list_at("/system/members").records().try_collect().await.unwrap();
    assert_eq!(members.len(), 6);
    for member in &members {
        let member: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(member).unwrap();
        assert!(member.contains_key("identifier") && member.contains_key("_info"), "the rest is there");
        assert!(["password", "token", "clientId"].iter().all(|name| !member.contains_key(*name)));
    }
    // One record is a path of its own, of which the whole is read.
    let one: Vec<_> = scene.client.list_at("/system/members/1").records().try_collect().await.unwrap();
    let text = String::from_utf8_lossy(&one[0]);
    assert!(text.contains("\"identifier\"") && !text.contains("\"password\""), "{text}");
}

#[tokio::test]
async fn the_records_of_every_entity_are_read_as_structs() {
    async fn read<E: Operations + Send>(scene: &Scene) {
        let list = scene.client.list::<E>();
        let counted = list.count().await.unwrap();
        let read: Vec<E> = list.stream().try_collect().await.unwrap();
        assert_eq!(read.len() as u64, counted, "{}", E::TABLE.entity);
        assert!(counted > 0, "{}", E::TABLE.entity);
    }
    let scene = Scene::new(SMALL).await;
    read::<models::Agreement>(&scene).await;
    read::<models::Company>(&scene).await;
    read::<models::ExpenseEntry>(&scene).await;
    read::<models::Invoice>(&scene).await;
    read::<models::Member>(&scene).await;
    read::<models::ProductItem>(&scene).await;
    read::<models::TimeEntry>(&scene).await;
    read::<models::UnpostedInvoice>(&scene).await;
    let one: models::TimeEntry = scene.client.record(1, None).await.unwrap();
    assert_eq!(one.id, Some(1));
}
