//! A bad record costs no other one, a bad page leaves nothing, and a decoder goes on after both.

use connectwise_runtime::{DecodeError, Decoder, PageCounts};

use crate::common::{REAL, TABLE, page, row_of, rows_of};

const FULL: &str = r#"{"id":N,"name":"text","count":1,"amount":1.5,"active":true,"at":"2025-01-01","company":{"id":1,"name":"c","region":{"id":2,"name":"r","_info":{"a":"b"}},"_info":{"c":"d","e":"f"}},"tags":["a","b"],"matrix":[[1,2],[3]],"customFields":[{"id":1,"caption":"x","value":1,"tags":["t","u"],"owner":{"id":5,"_info":{"o":"p"}}},{"id":2}],"labels":[{"k":"v"},{"l":"w"}],"extra":{"a":1},"new":1,"_info":{"g":"h"}"#;

fn full(id: u32, rest: &str) -> String {
    format!("{}{rest}}}", FULL.replace('N', &id.to_string()))
}

#[test]
fn a_bad_record_leaves_no_trace() {
    let good: Vec<String> = (1..=9).map(|id| full(id, "")).collect();
    let expected = page(&format!("[{}]", good.join(",")));
    for bad in [
        r#","count":"x""#,
        r#","name":{}"#,
        r#","amount":"x""#,
        r#","active":"x""#,
        r#","at":"x""#,
        r#","company":{"id":9,"region":{"name":"lost","id":"x"}}"#,
        r#","tags":["lost","lost",{}]"#,
        r#","matrix":[[9],[9,9,"x"]]"#,
        r#","customFields":[{"id":9,"tags":["lost",[]]}]"#,
        r#","customFields":[{"id":9},{"owner":{"_info":{"lost":"lost","x":[]}}}]"#,
        r#","labels":[{"lost":"lost"},{"lost":"lost","x":{}}]"#,
        r#","_info":{"lost":"lost","lost":"twice","x":{}}"#,
        r#","extra":{"lost":1},"id":"x""#,
        r#","id":null"#,
    ] {
        let mixed: Vec<String> = good.iter().map(|good| format!("{good},{}", full(77, bad))).collect();
        let decoded = page(&format!("[{}]", mixed.join(",")));
        assert_eq!(decoded.batch, expected.batch, "{bad}");
        assert_eq!(decoded.unknown_fields, expected.unknown_fields, "{bad}");
        assert_eq!(decoded.quarantined.len(), 9);
        assert_eq!(decoded.quarantined[0].raw_json, full(77, bad));
    }
}

#[test]
fn a_real_page_is_read() {
    let decoded = page(REAL);
    let rows = rows_of(&decoded.batch);
    assert_eq!(decoded.quarantined.len(), 1);
    assert_eq!(decoded.quarantined[0].path, "count");
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0]["name"], "Jón \"x\" Þór\n😀");
    assert_eq!(rows[0]["customFields"][2]["value"], r#"{"a":[1,2]}"#);
    assert_eq!(rows[0]["_unknown"], r#"{"customFields/2/hint":[1],"new":{"thing":1}}"#);
    assert_eq!(rows[1]["name"], "12.50");
    assert!(!rows[1].contains_key("_unknown"));
    assert_eq!(rows[2].len(), 1);
}

#[test]
fn a_page_that_breaks_off_leaves_nothing() {
    let mut decoder = Decoder::new(&TABLE);
    decoder.page(REAL.as_bytes()).unwrap();
    for end in 0..REAL.len() {
        assert!(decoder.page(&REAL.as_bytes()[..end]).is_err(), "{end}");
        assert_eq!(decoder.rows(), 3);
    }
    let size = decoder.bytes();
    decoder.page(REAL.as_bytes()).unwrap();
    assert!(decoder.bytes() > size);
    let decoded = decoder.finish().unwrap();
    let once = page(REAL);
    assert_eq!(decoded.batch.slice(0, 3), once.batch);
    assert_eq!(rows_of(&decoded.batch.slice(3, 3)), rows_of(&once.batch));
    assert_eq!(decoded.quarantined.len(), 2);
    assert_eq!(decoded.unknown_fields["new"], 2);
    assert_eq!(decoder.bytes(), Decoder::new(&TABLE).bytes());
}

#[test]
fn a_decoder_can_be_used_again() {
    let mut decoder = Decoder::new(&TABLE);
    let empty = decoder.finish().unwrap();
    assert_eq!(empty.batch.num_rows(), 0);
    for _ in 0..3 {
        let counts = decoder.page(REAL.as_bytes()).unwrap();
        assert_eq!(counts, PageCounts { records: 4, kept: 3, quarantined: 1, ..PageCounts::default() });
        let decoded = decoder.finish().unwrap();
        assert_eq!(decoded.batch, page(REAL).batch);
        assert_eq!((decoder.rows(), decoded.quarantined.len()), (0, 1));
    }
    assert_eq!(decoder.page(b"[]").unwrap(), PageCounts::default());
    assert_eq!(decoder.page(b"\xef\xbb\xbf [ ] \r\n").unwrap(), PageCounts::default());
}

#[test]
fn one_record_can_be_replayed() {
    let mut decoder = Decoder::new(&TABLE);
    let counts = decoder.record(br#" {"id":5,"name":"x"} "#).unwrap();
    assert_eq!(counts, PageCounts { records: 1, kept: 1, quarantined: 0, ..PageCounts::default() });
    let counts = decoder.record(br#"{"id":6,"count":"x"}"#).unwrap();
    assert_eq!(counts, PageCounts { records: 1, kept: 0, quarantined: 1, ..PageCounts::default() });
    assert!(decoder.record(br#"{"id":7"#).is_err());
    assert!(decoder.record(br#"{"id":7} {"id":8}"#).is_err());
    assert!(decoder.record(b"").is_err());
    let decoded = decoder.finish().unwrap();
    assert_eq!(decoded.batch.num_rows(), 1);
    assert_eq!(row_of(&decoded.batch, 0)["id"], 5);
    // What was put aside reads the same when it is tried again.
    let again = decoder.record(decoded.quarantined[0].raw_json.as_bytes()).unwrap();
    assert_eq!(again.quarantined, 1);
    assert_eq!(decoder.finish().unwrap().quarantined, decoded.quarantined);
}

#[test]
fn what_is_no_page_says_what_it_is() {
    let refused = |bytes: &[u8]| Decoder::new(&TABLE).page(bytes).unwrap_err().to_string();
    assert_eq!(refused(b""), "expected a list of records, found nothing");
    assert_eq!(refused(b"<html>oops</html>"), "expected a list of records, found `<html>oops</html>`");
    assert_eq!(
        refused(br#"{"code":"Security","message":"SSL is required."}"#),
        r#"expected a list of records, found `{"code":"Security","message":"SSL is required."}`"#
    );
    assert_eq!(refused(b"[{\"id\":1},"), "the page is no valid JSON: expected a JSON value at byte 10 of 10");
    assert_eq!(refused(b"[{\"id\":1}] x"), "the page is no valid JSON: expected nothing more at byte 11 of 12");
    assert!(matches!(
        Decoder::new(&TABLE).page(b"[{\"id\":1,\"name\":\"\xff\"}]"),
        Err(DecodeError::NotUtf8 { offset: 17 })
    ));
}

#[test]
fn the_grammar_is_strict() {
    for text in [
        r#"{"id":01}"#,
        r#"{"id":+1}"#,
        r#"{"id":1.}"#,
        r#"{"id":.5}"#,
        r#"{"id":1e}"#,
        r#"{"id":-}"#,
        r#"{"id":0x1}"#,
        r#"{"id":1,}"#,
        r#"{"id":1,"x":NaN}"#,
        r#"{"id":1 "x":2}"#,
        r#"{"id" 1}"#,
        r#"{id:1}"#,
        r#"{'id':1}"#,
        r#"{"id":1,"name":"\x"}"#,
        r#"{"id":1,"x":"\x"}"#,
        r#"{"id":1,"name":"\u12g4"}"#,
        r#"{"id":1,"x":"\u12"}"#,
        r#"{"id":1,"extra":"\'"}"#,
        r#"{"id":1,"_info":{"\x":""}}"#,
        r#"{"id":1,"active":tru}"#,
        r#"{"id":1,"x":nul}"#,
        r#"{"id":1,"active":truefalse}"#,
        r#"{"id":1,"tags":["a",]}"#,
        r#"{"id":1,"tags":[,]}"#,
        r#"{"id":1}}"#,
        r#"{"id":1}{"id":2}"#,
        r#"{"id":1],"#,
        r#"{"id":"x","a":}"#,
        r#"{"count":"x","b":[}"#,
        "",
        "{\"id\":1\u{a0}}",
        "{\"id\":1\0}",
    ] {
        let mut decoder = Decoder::new(&TABLE);
        let found = decoder.page(format!("[{{\"id\":9}},{text}]").as_bytes());
        assert!(matches!(found, Err(DecodeError::Syntax { .. })), "{text}: {found:?}");
        assert_eq!(decoder.finish().unwrap().batch.num_rows(), 0);
    }
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| format!(r#"[{{"id":1,"x":{}{}}}]"#, "[".repeat(depth), "]".repeat(depth));
    assert_eq!(page(&nested(126)).batch.num_rows(), 1);
    for depth in [127, 100_000] {
        let found = Decoder::new(&TABLE).page(nested(depth).as_bytes()).unwrap_err().to_string();
        assert!(found.contains("128"), "{found}");
    }
    // As deep as the shape, in every record: the depth is counted back.
    let records = vec![r#"{"id":1,"matrix":[[1]],"count":"x"}"#; 500].join(",");
    assert_eq!(page(&format!("[{records}]")).quarantined.len(), 500);
}
