//! The language, against a record: what is true, what is false, what is refused.

use serde_json::{Value, json};

use super::{ConditionError, Fields, Scope, evaluate, evaluate_value, parse};
use crate::dice::Dice;
use crate::entity::Entity;
use crate::instant::{self, Micros};

struct Entry(Value);

impl Fields for Entry {
    fn id(&self) -> i64 {
        self.0["id"].as_i64().unwrap()
    }

    fn updated(&self) -> Option<Micros> {
        instant::parse(self.0["_info"]["lastUpdated"].as_str()?)
    }

    fn record(&self) -> &Value {
        &self.0
    }
}

fn entry() -> Entry {
    Entry(json!({
        "id": 17,
        "company": {"id": 3, "identifier": "MOSA2", "name": "Mosatunnan [x] ehf. "},
        "status": "Open",
        "notes": "sagði \"já\" og fór",
        "actualHours": 1.5,
        "hourlyCost": "10800.00",
        "chargeToId": 5.0,
        "emailCcFlag": false,
        "invoiceFlag": true,
        "timeStart": "2025-06-15T12:00:00.123Z",
        "agreement": null,
        "_info": {"lastUpdated": "2025-06-16T08:00:00Z", "updatedBy": "gamli  "}
    }))
}

fn holds(text: &str) -> bool {
    evaluate(&parse(text, Scope::Entity(Entity::TimeEntry)).unwrap().unwrap(), &entry())
}

#[test]
fn true_conditions() {
    for text in [
        "id=17",
        "id = 17 and status = \"Open\"",
        "ID>16 and id<=17",
        "id in (1, 2, 17)",
        "id not in (1, 2)",
        "not id = 18",
        "status=\"open\"",
        "status='Open'",
        "status != \"Billed\"",
        "status in (\"Billed\",\"Open\")",
        "status=\"Billed\" or status=\"Open\" and id=17",
        "(status=\"Open\" or status=\"Billed\") and id=17",
        "not (status=\"Billed\" or id=1)",
        "actualHours > 1 AND actualHours < 2",
        "actualHours=1.50",
        "hourlyCost>10000",
        "chargeToId=5",
        "emailCcFlag=false and invoiceFlag = True",
        "timeStart>[2025-06-15T12:00:00Z]",
        "timeStart<[2025-06-16]",
        "timeStart >= [2025-06-15T12:00:00.123Z] and timeStart<=[2025-06-15T12:00:00.123Z]",
        "lastUpdated>=[2025-06-16T08:00:00Z]",
        "_info/lastUpdated = [2025-06-16T08:00:00Z]",
        "_info/updatedBy=\"gamli\"",
        "agreement/id = null",
        "agreement/id=null and company/id != null",
        "company/name like \"Mosa*\"",
        "company/name like \"*tunnan*ehf*\"",
        "company/name contains \"TUNNAN\"",
        "company/name like \"*[[]x]*\"",
        "company/name contains \"[[]x]\"",
        "company/name=\"Mosatunnan [[]x] ehf.\"",
        "company/name not contains \"grautur\"",
        "notes=\"sagði \\\"já\\\" og fór\"",
        "notes=\"sagði \"\"já\"\" og fór\"",
        "company/identifier=\"MOSA2\"",
    ] {
        assert!(holds(text), "{text}");
    }
}

#[test]
fn false_conditions() {
    for text in [
        "id=18",
        "id>17",
        "id<17",
        "id in (1,2)",
        "not id=17",
        "status=\"Billed\"",
        "status like \"Op\"",
        "status=null",
        // Neither true nor false: nothing is not different from something.
        "agreement/id != 5",
        "not agreement/id = 5",
        "agreement/id in (5)",
        "agreement/id not in (5)",
        "company/id = null",
        "lastUpdated>[2025-06-16T08:00:00Z]",
        "timeStart<[2025-06-15T12:00:00Z]",
        "actualHours>\"mikið\"",
        "id=17 and status=\"Billed\"",
        "(id=17 or id=18) and status=\"Billed\"",
        "id=17 and not status=\"Open\"",
    ] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn refused_conditions() {
    let read = |text: &str| parse(text, Scope::Entity(Entity::TimeEntry));
    for text in ["nothing=1", "company/nothing=1", "id/x=1", "id=1 or wrong = 2", "_info/wrong=1", "members=1"] {
        assert!(matches!(read(text), Err(ConditionError::UnknownName { .. })), "{text}");
    }
    for text in [
        "id",
        "id=",
        "=1",
        "id=1 and",
        "id=1 id=2",
        "(id=1",
        "id=1)",
        "id in ()",
        "id in 1",
        "id in (1",
        "id in (1 2)",
        "status=\"open",
        "status=Open",
        "timeStart>[2025-13-01]",
        "timeStart>[2025-06-15",
        "id=1;",
        "id==1",
        "id=1.2.3",
        "not",
        "()",
        "status not = 1",
        "id & 1",
    ] {
        assert!(matches!(read(text), Err(ConditionError::Syntax { .. })), "{text}: {:?}", read(text));
    }
    assert_eq!(read("  "), Ok(None));
    assert!(matches!(read(&"(".repeat(5_000)), Err(ConditionError::Syntax { .. })));
    assert!(parse("lastUpdated>[2025-01-01]", Scope::Entity(Entity::UnpostedInvoice)).is_err());
}

#[test]
fn id_bounds_are_never_too_narrow() {
    let bounds = |text: &str| parse(text, Scope::Entity(Entity::TimeEntry)).unwrap().unwrap().id_bounds();
    let within = |text: &str, id: i64| (bounds(text).0..=bounds(text).1).contains(&id);
    assert!(within("id>5 and id<=9", 6) && within("id>5 and id<=9", 9) && !within("id>5 and id<=9", 12));
    assert!(within("id=5 or id=90", 90) && !within("id in (5, 7)", 10));
    assert!(within("id=5 or status=\"Open\"", 1_000) && within("not id=5", 1_000));
}

#[test]
fn items_of_lists() {
    let item = json!({"id": 11, "caption": "Samningsnúmer", "value": 20_240_001});
    let holds = |text: &str| evaluate_value(&parse(text, Scope::CustomField).unwrap().unwrap(), &item);
    assert!(holds("caption=\"Samningsnúmer\" and value=20240001"));
    assert!(holds("caption=\"Samningsnúmer\" and value=\"20240001\""));
    assert!(!holds("caption=\"Annað\" and value != null"));
    let company = json!({"types": [{"id": 1, "name": "Birgir"}, {"id": 2, "name": "Nýr"}]});
    let children = parse("types/name=\"nýr\"", Scope::Children(Entity::Company)).unwrap().unwrap();
    assert!(evaluate_value(&children, &company));
}

#[test]
fn any_text_is_read_or_refused() {
    const PIECES: &[&str] = &[
        "id",
        "status",
        "company/name",
        "=",
        "!=",
        "<=",
        "(",
        ")",
        ",",
        "and",
        "or",
        "not",
        "in",
        "like",
        "\"",
        "'",
        "[",
        "]",
        "[2025-01-01]",
        "1",
        "-",
        ".",
        "\\",
        "þ",
        "\u{301}",
        "null",
        "true",
        " ",
        "\"x\"",
        "𝄞",
        "*",
        "e5",
    ];
    for round in 0..20_000 {
        let dice = Dice::new(round);
        let text: String = (0..dice.below(1, 12)).map(|at| dice.text(2 + at, PIECES)).collect();
        if let Ok(Some(expression)) = parse(&text, Scope::Entity(Entity::TimeEntry)) {
            evaluate(&expression, &entry());
            expression.id_bounds();
        }
    }
}
