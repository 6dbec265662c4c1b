//! `conditions` and `fields` over the wire.

use connectwise_simulator::Faults;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Session, ids};

#[tokio::test]
async fn fields_leave_out_what_was_not_asked_for() {
    let session = Session::start().await;
    let get = async |fields: &str| session.get("/time/entries/1", &[("fields", fields)]).await;
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let whole = session.get("/time/entries/1", &[]).await;
    assert!(whole["_info"]["lastUpdated"].is_string() && keys(&whole).len() > 35);
    assert_eq!(get("id,actualHours,nothing,company/nothing2").await["actualHours"], whole["actualHours"]);
    assert_eq!(keys(&get("id,actualHours,nothing").await), ["id", "actualHours"]);
    assert_eq!(get("id,company/name").await["company"], json!({"name": whole["company"]["name"]}));
    assert_eq!(get("company").await["company"], whole["company"]);
    assert_eq!(get("_info/lastUpdated").await, json!({"_info": {"lastUpdated": whole["_info"]["lastUpdated"]}}));
    assert_eq!(get("id,_info").await["_info"], whole["_info"]);
    assert_eq!(get("ID, ActualHours").await["actualHours"], whole["actualHours"]);
    assert_eq!(get("").await, whole);
    let page = session.get("/finance/agreements", &[("fields", "id,customFields/value"), ("pageSize", "80")]).await;
    assert!(page.as_array().unwrap().iter().all(|agreement| {
        agreement["customFields"].as_array().is_none_or(|fields| fields.iter().all(|field| keys(field).len() <= 1))
    }));
}

#[tokio::test]
async fn secrets_come_only_when_asked_for_or_with_everything() {
    let session = Session::start().await;
    let whole = session.get("/system/members", &[]).await.to_string();
    assert!(whole.contains("SECRET-member-7") && whole.contains("SECRET-token-7") && whole.contains("SECRET-client-7"));
    let some = session.get("/system/members", &[("fields", "id,identifier,firstName,_info")]).await.to_string();
    assert!(!some.contains("SECRET"));
    assert!(session.get("/system/members", &[("fields", "id,password")]).await.to_string().contains("SECRET-member"));
}

#[tokio::test]
async fn conditions_filter_lists_and_counts_alike() {
    let session = Session::start().await;
    for conditions in [
        "status=\"Open\"",
        "company/id in (1,2,3) and actualHours>=1",
        "timeStart>=[2025-12-01T00:00:00Z]",
        "lastUpdated>[2025-12-01T00:00:00Z]",
        "agreement/id=null and billableOption != \"Billable\"",
        "notes contains \"prentara\" or notes like \"Símtal*\"",
    ] {
        let count = session.count("/time/entries", conditions).await;
        let query = [("conditions", conditions), ("pageSize", "1000"), ("fields", "id")];
        let page = ids(&session.get("/time/entries", &query).await);
        assert!(count > 0 && count < 5_000, "{conditions} {count}");
        assert_eq!(page.len() as u64, count.min(1_000), "{conditions}");
    }
    assert_eq!(session.count("/time/entries", "id>10 and id<=20").await, 9);
    let both = session.count("/time/entries", "_info/lastUpdated>[2025-12-01T00:00:00Z]").await;
    assert_eq!(both, session.count("/time/entries", "lastUpdated>[2025-12-01T00:00:00Z]").await);
}

#[tokio::test]
async fn conditions_on_custom_fields_and_lists() {
    let session = Session::start().await;
    let query = [("customFieldConditions", "caption=\"Samningsnúmer\" and value like \"S-*\""), ("pageSize", "1000")];
    let found = session.get("/finance/agreements", &query).await;
    let numbered = found.as_array().unwrap();
    assert!(numbered.len() > 10 && numbered.len() < 80);
    assert!(numbered.iter().all(|agreement| {
        agreement["customFields"][0]["value"].as_str().is_some_and(|number| number.starts_with("S-"))
    }));
    let query = [("childConditions", "types/name=\"Birgir\""), ("pageSize", "1000")];
    let found = session.get("/company/companies", &query).await;
    let suppliers = found.as_array().unwrap();
    assert!(!suppliers.is_empty() && suppliers.len() < 60);
    assert!(suppliers.iter().all(|company| company["types"].to_string().contains("Birgir")));
}

#[tokio::test]
async fn what_conditions_cannot_mean_is_refused() {
    let session = Session::start().await;
    let refused = async |path: &str, conditions: &str| -> Value {
        for path in [path.to_owned(), format!("{path}/count")] {
            let response = session.response(&path, &[("conditions", conditions)]).await;
            assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{conditions}");
        }
        session.response(path, &[("conditions", conditions)]).await.json().await.unwrap()
    };
    let error = refused("/time/entries", "nothing=1").await;
    assert_eq!(error["code"], "ApiFindCondition");
    assert!(error["message"].as_str().unwrap().contains("nothing"), "{error}");
    assert_ne!(refused("/time/entries", "id=").await["code"], "ApiFindCondition");
    // The list of unposted invoices never says when a row was changed.
    let error = refused("/finance/accounting/unpostedinvoices", "lastUpdated>[2025-01-01]").await;
    assert_eq!(error["code"], "ApiFindCondition");
    let since = "_info/lastUpdated>[2025-01-01T00:00:00Z]";
    assert!(session.count("/finance/invoices", since).await > 0);
    session.simulator.world().faults(Faults::default().without_last_updated("/finance/invoices"));
    assert_eq!(refused("/finance/invoices", since).await["code"], "ApiFindCondition");
    assert_eq!(refused("/finance/invoices", "id>1 and lastUpdated>[2025-01-01]").await["code"], "ApiFindCondition");
    assert!(session.count("/time/entries", since).await > 0);
}
