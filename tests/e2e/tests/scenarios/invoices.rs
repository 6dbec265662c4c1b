//! Expenses, products and invoices in gold, on records made for the purpose.

use crate::support::{EMPTY, Scene};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn invoices_know_where_they_stand_and_what_they_are_made_of() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    for (id, name) in [(1, "yÞjónusta"), (2, "Tímapottur"), (3, "Innri verkefni")] {
        world.put("Agreement", json!({ "id": id, "name": "Samningur", "type": { "id": 10 + id, "name": name } }));
    }
    let invoice = |id: i64, number: &str| {
        json!({
            "id": id, "invoiceNumber": number, "type": "Agreement", "date": "2026-01-02T00:00:00Z",
            "dueDate": "2026-02-01T00:00:00Z", "company": { "id": 5, "identifier": "f", "name": "Fyrirtæki " },
            "status": { "id": 1, "name": "Lokaður " }, "total": 12.5, "balance": 0.1,
        })
    };
    let mut posted = invoice(100, "R-100");
    posted["glBatch"] = json!({ "id": 9, "name": "B-9" });
    world.put("Invoice", posted);
    world.put("Invoice", invoice(101, "R-101"));
    world.put("Invoice", invoice(102, "R-102"));
    world.put("Invoice", invoice(103, "R-103"));
    // By billingLogId; and, where that is absent, by the invoice number. A number beside another id counts for nothing.
    world.put("UnpostedInvoice", json!({ "id": 1, "billingLogId": 101, "invoiceNumber": "R-103", "total": 12.5 }));
    world.put("UnpostedInvoice", json!({ "id": 2, "invoiceNumber": "R-102 ", "total": 12.5 }));

    let on = |record: serde_json::Value, agreement: i64, invoice: i64| {
        let mut record = record;
        record["agreement"] = json!({ "id": agreement });
        record["invoice"] = json!({ "id": invoice, "identifier": format!("R-{invoice}") });
        record["company"] = json!({ "id": 6, "identifier": "annad", "name": "Annað ehf." });
        record
    };
    let time = json!({ "id": 1, "hoursBilled": 2.675, "actualHours": 3, "hourlyRate": 1.005, "hourlyCost": "0.5",
        "member": { "id": 7, "identifier": "jona", "name": "Jóna" }, "billableOption": "Billable" });
    world.put("TimeEntry", on(time.clone(), 1, 100));
    for (id, agreement) in [(2, 2), (3, 3)] {
        let mut other = time.clone();
        other["id"] = json!(id);
        world.put("TimeEntry", on(other, agreement, 100));
    }
    let expense = json!({ "id": 1, "amount": 10.1, "invoiceAmount": 12.2, "date": "2026-01-03T00:00:00Z",
        "type": { "id": 3, "name": "Akstur " }, "classification": { "id": 1, "name": "Non-Reimbursable" },
        "member": { "id": 7, "identifier": "jona", "name": "Jóna" }, "billableOption": "NoCharge" });
    world.put("ExpenseEntry", on(expense, 1, 101));
    let product = json!({ "id": 1, "quantity": 2, "price": 50.5, "cost": 40, "extPrice": 101, "extCost": 80,
        "catalogItem": { "id": 77, "identifier": "VARA" }, "productClass": "Inventory", "billableOption": "Billable" });
    world.put("ProductItem", on(product.clone(), 1, 102));
    let mut free = product;
    free["id"] = json!(2);
    free["extPrice"] = json!(0);
    world.put("ProductItem", free);
    scene.full().await;

    let invoices = scene
        .by_key(
            "SELECT invoiceId, postingStatus, isPosted, statusName, total, balance, salesTax, InvoiceDateKey, CompanyKey, \
             AgreementKey FROM gold.fact_invoice",
        )
        .await;
    for (id, status) in [(100, "Posted"), (101, "Unposted"), (102, "Unposted"), (103, "Open")] {
        let is_posted = (status == "Posted").to_string();
        let row = [status, &is_posted, "Lokaður", "12.5000", "0.1000", "0.0000", "20260102", "5", "-1"];
        assert_eq!(invoices[&id.to_string()], row, "invoice {id}");
    }

    // Lines: prepaid and internal work is none; the company is the entry's own.
    let lines = scene
        .by_key(
            "SELECT lineId, invoiceId, lineType, quantity, price, cost, lineAmount, lineCost, margin, MemberKey, \
             CompanyKey, InvoiceDateKey FROM gold.fact_invoiceline",
        )
        .await;
    let row = |id: &str| lines[id].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(lines.keys().collect::<Vec<_>>(), ["E1", "P1", "T1"]);
    assert_eq!(
        row("T1"),
        ["100", "Time", "2.6750", "1.0050", "0.5000", "2.6884", "1.5000", "1.1884", "7", "6", "20260102"]
    );
    assert_eq!(
        row("E1"),
        ["101", "Expense", "1.0000", "12.2000", "10.1000", "12.2000", "10.1000", "2.1000", "7", "6", "20260102"]
    );
    assert_eq!(
        row("P1"),
        ["102", "Product", "2.0000", "50.5000", "40.0000", "101.0000", "80.0000", "21.0000", "-1", "6", "20260102"]
    );

    let expenses = "SELECT isReimbursable, effectiveBillingStatus, ExpenseDateKey, amount FROM gold.fact_expenseentry";
    assert_eq!(scene.rows(expenses).await, [["true", "Invoiced", "20260103", "10.1000"]]);
    let products = scene
        .by_key("SELECT productItemId, margin, marginPercentage, effectiveBillingStatus, ProductKey FROM gold.fact_productitem")
        .await;
    assert_eq!(products["1"], ["21.0000", "20.7921", "Invoiced", "77"]);
    assert_eq!(products["2"], ["-80.0000", "0.0000", "Billable", "77"]);
    let dimension = "SELECT catalogItemIdentifier, productClass, isInferred FROM gold.dimproduct WHERE ProductKey = 77";
    assert_eq!(scene.rows(dimension).await, [["VARA", "Inventory", "false"]]);
    assert_eq!(scene.value("SELECT expenseTypeName FROM gold.dimexpensetype WHERE ExpenseTypeKey = 3").await, "Akstur");
    // The entries' company is in no list: known from the references alone.
    let company = "SELECT companyName, isInferred FROM gold.dimcompany WHERE companyId = 6";
    assert_eq!(scene.rows(company).await, [["Annað ehf.", "true"]]);
}
