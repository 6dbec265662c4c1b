//! The smaller lists of a population: work types, tickets, projects, and what belongs to agreements.
//!
//! They are made once, from the same seed, and stay as they are while time passes. Of tickets and projects some that
//! entries name are not listed: the login sees no more.

use serde_json::{Value, json};

use crate::entity::Entity;
use crate::instant::{self, DAY, HOUR, Micros};
use crate::names;
use crate::plan::{Plan, id_at};

/// The lists by their path.
pub(crate) fn lists(plan: &Plan) -> Vec<(String, Vec<Value>)> {
    let agreements: Vec<i64> = (0..plan.count(Entity::Agreement)).map(id_at).collect();
    let mut lists = Vec::new();
    // Without work there is nothing to do it on.
    let is_work = plan.count(Entity::TimeEntry) > 0;
    let some = |make: fn(&Plan) -> Vec<Value>| if is_work { make(plan) } else { Vec::new() };
    lists.push(("/time/workTypes".to_owned(), some(work_types)));
    lists.push(("/service/tickets".to_owned(), some(tickets)));
    lists.push(("/project/projects".to_owned(), some(projects)));
    lists.push(("/finance/agreementrecap/".to_owned(), agreements.iter().map(|id| recap(plan, *id)).collect()));
    for id in agreements {
        lists.push((format!("/finance/agreements/{id}/additions"), additions(plan, id)));
        lists.push((format!("/finance/agreements/{id}/adjustments"), adjustments(plan, id)));
    }
    lists
}

/// The agreement that a list of additions or adjustments, or its count, lies below.
pub(crate) fn agreement_of(path: &str) -> Option<i64> {
    let path = path.to_lowercase();
    let (id, list) = path.strip_prefix("/finance/agreements/")?.split_once('/')?;
    let is_list = matches!(list.strip_suffix("/count").unwrap_or(list), "additions" | "adjustments");
    id.parse().ok().filter(|_| is_list)
}

fn info(at: Micros) -> Value {
    json!({ "lastUpdated": instant::text(at), "updatedBy": "kerfi", "dateEntered": instant::text(at), "enteredBy": "kerfi" })
}

fn work_types(plan: &Plan) -> Vec<Value> {
    // The last one was deleted, and entries name it still.
    let listed = names::WORK_TYPES.len() - 1;
    let of = |(place, (name, utilized)): (usize, &(&str, bool))| {
        let bill = if *utilized { "Billable" } else { "NoCharge" };
        let multiplier = [1.0, 1.8, 2.0, 1.0, 1.0, 1.0, 1.0][place];
        json!({
            "id": place + 1, "name": name, "billTime": bill, "rateType": "AdjAmount", "rate": 0.0, "hoursMin": 0.25,
            "hoursMax": 24.0, "roundBillHoursTo": 0.25, "inactiveFlag": false, "utilizationFlag": utilized,
            "costMultiplier": multiplier, "_info": info(plan.start - 900 * DAY),
        })
    };
    names::WORK_TYPES[..listed].iter().enumerate().map(of).collect()
}

fn tickets(plan: &Plan) -> Vec<Value> {
    let count = (plan.count(Entity::TimeEntry) / 8).clamp(20, 40_000);
    (0..count)
        .map(|place| {
            let dice = plan.dice.of(0x71_0000_0000 ^ place);
            let id = 10_000 + place as i64;
            let made = plan.start - dice.range(1, 1, 700) * DAY - dice.range(2, 0, 20) * HOUR;
            let closed = dice.chance(3, 4, 5).then(|| (made + dice.range(4, 1, 400) * HOUR).min(plan.start - HOUR));
            let mut ticket = json!({
                "id": id,
                "summary": format!("Beiðni: {}", names::TICKET_SUBTYPES[(id % 6) as usize]),
                "recordType": "ServiceTicket",
                "board": { "id": dice.range(5, 1, 4), "name": dice.pick(5, &["Þjónustuborð", "Rekstur ", "Öryggi"], "") },
                "status": { "id": 1, "name": if closed.is_some() { "Lokið" } else { "Í vinnslu" } },
                "priority": { "id": dice.range(6, 1, 5), "name": dice.pick(6, &["Brýnt", "Hátt", "Venjulegt"], "") },
                "owner": { "id": 1, "identifier": "eigandi", "name": " Eigandi Málsins " },
                "closedFlag": closed.is_some(),
                "sla": { "id": 1, "name": "Venjulegt" },
                "respondMinutes": dice.range(7, 0, 600),
                "resPlanMinutes": dice.range(8, 0, 2_000),
                "resolveMinutes": dice.range(9, 0, 9_000),
                "_info": info(made),
            });
            // A ticket outside of every service level agreement says nothing of it.
            if dice.chance(10, 9, 10) {
                ticket["isInSla"] = json!(dice.chance(11, 5, 6));
            }
            if let Some(closed) = closed {
                ticket["closedDate"] = json!(instant::text(closed));
                ticket["dateResolved"] = json!(instant::text(closed - HOUR));
                ticket["_info"]["lastUpdated"] = json!(instant::text(closed));
            }
            ticket
        })
        .collect()
}

fn projects(plan: &Plan) -> Vec<Value> {
    (1..=50_i64)
        .map(|id| {
            let dice = plan.dice.of(0x72_0000_0000 ^ id.unsigned_abs());
            json!({
                "id": id,
                "name": format!("Innleiðing áfanga {id}"),
                "status": { "id": 1, "name": if id % 3 == 0 { "Closed" } else { "Open" } },
                "closedFlag": id % 3 == 0,
                "manager": { "id": 1, "identifier": "stjori", "name": "Stjóri Verksins" },
                "billingMethod": dice.pick(1, &["ActualRates", "FixedFee", "NotToExceed"], ""),
                "budgetHours": dice.range(2, 10, 800),
                "actualHours": dice.range(3, 0, 900),
                "percentComplete": dice.range(4, 0, 100) as f64 / 100.0,
                "estimatedTimeCost": dice.range(5, 0, 9_000) * 1_000,
                "estimatedTimeRevenue": dice.range(6, 0, 15_000) * 1_000,
                "estimatedExpenseCost": 0,
                "_info": info(plan.start - dice.range(7, 1, 700) * DAY),
            })
        })
        .collect()
}

fn additions(plan: &Plan, agreement: i64) -> Vec<Value> {
    let dice = plan.dice.of(0x73_0000_0000 ^ agreement.unsigned_abs());
    (0..dice.below(1, 5))
        .map(|place| {
            let dice = dice.of(place + 1);
            let (quantity, price) = (dice.range(2, 1, 40), dice.range(3, 5, 60) * 20);
            let cost = price * dice.range(4, 55, 95) / 100;
            let begun = plan.start - plan.start.rem_euclid(DAY) - dice.range(5, -40, 900) * DAY;
            let mut addition = json!({
                "id": agreement * 10 + place as i64,
                "agreementId": agreement,
                "product": { "id": dice.range(6, 1, 60), "identifier": format!("VARA-{}", dice.range(6, 1, 60)) },
                "description": "Leyfi",
                "quantity": quantity, "unitPrice": price, "unitCost": cost,
                "extPrice": quantity * price, "extCost": quantity * cost,
                "billCustomer": dice.pick(7, &["Billable", "Billable", "DoNotBill", "NoCharge"], ""),
                "effectiveDate": instant::text(begun),
                "_info": info(begun),
            });
            if dice.chance(8, 1, 5) {
                addition["cancelledDate"] = json!(instant::text(begun + dice.range(9, 10, 900) * DAY));
            }
            addition
        })
        .collect()
}

fn adjustments(plan: &Plan, agreement: i64) -> Vec<Value> {
    let dice = plan.dice.of(0x74_0000_0000 ^ agreement.unsigned_abs());
    (0..dice.below(1, 3))
        .map(|place| {
            let at = plan.start - plan.start.rem_euclid(DAY) - dice.range(2 + place, 1, 500) * DAY;
            json!({
                "id": agreement * 10 + place as i64, "agreementId": agreement, "description": "Leiðrétting",
                "amount": dice.range(9 + place, -40, 80), "effectiveDate": instant::text(at), "_info": info(at),
            })
        })
        .collect()
}

fn recap(plan: &Plan, agreement: i64) -> Value {
    let dice = plan.dice.of(0x75_0000_0000 ^ agreement.unsigned_abs());
    let (starting, adjusted, used) = (dice.range(1, 0, 200), dice.range(2, -20, 40), dice.range(3, 0, 260));
    let available = starting + adjusted;
    json!({
        "id": agreement, "name": format!("Samningur {agreement}"), "agreementStatus": "Active",
        "startingAmount": starting, "adjustmentAmount": adjusted, "availableAmount": available, "usedAmount": used,
        "remainingAmount": (available - used).max(0), "overrunAmount": (used - available).max(0),
        "unbilledOverageAmount": (used - available).max(0), "isUnlimited": dice.pick(4, &["false", "false", "true", ""], ""), "unbilledPeriods": 0,
    })
}
