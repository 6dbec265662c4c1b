//! What can't become a table is refused with file, place, reason and the way out, and all of it at once.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

mod common;

use std::path::Path;

use common::{golden, put, run, workspace};

const ENTITIES: &str = "schema/entities.yaml";

/// What `generate` says of the small spec with some texts of it replaced.
fn said_of_spec(root: &Path, changes: &[(&str, &str)]) -> String {
    let mut text = golden("source.json");
    for (before, after) in changes {
        assert!(text.contains(before), "there is no {before}");
        text = text.replacen(before, after, 1);
    }
    put(root, "changed.json", &text);
    let (status, _, errors) = run(root, &["import", root.join("changed.json").to_str().unwrap()]);
    assert_eq!((status, errors.as_str()), (0, ""));
    let (status, _, errors) = run(root, &["generate"]);
    assert_eq!(status, 1, "nothing is refused");
    errors
}

#[test]
fn names_that_no_bronze_table_can_have_are_refused_at_any_depth() {
    let workspace = workspace();
    let text = "{ \"type\": \"string\" }";
    let more = |names: &[&str]| names.iter().map(|name| format!("\"{name}\": {text}, ")).collect::<String>();
    let top = more(&["any thing", "þing", "etlRunID", "etlSomething", "_Unknown", "Tags", "etling"]);
    let below = more(&["NAME", "a.b"]);
    let errors = said_of_spec(
        workspace.path(),
        &[
            ("\"anything\":", &format!("{top}\"anything\":")),
            ("\"secret\": { \"type\": \"string\" },", &format!("{below}\"secret\": {text},")),
        ],
    );
    let schemas = "  at:  /components/schemas";
    let of = |path: &str, entity: &str| {
        format!("add `{path}` to `sensitive` of {entity} in schema/entities.yaml, so that it is not stored, or remove")
    };
    for (what, at, fix) in [
        ("the property `any thing` can't be a column's name", "/Thing/properties/any thing", of("any thing", "Thing")),
        ("the property `þing` can't be a column's name", "/Thing/properties/þing", of("þing", "Thing")),
        ("`etlRunID` is the name of a column that every", "/Thing/properties/etlRunID", of("etlRunID", "Thing")),
        ("`etlSomething` is the name of a column", "/Thing/properties/etlSomething", of("etlSomething", "Thing")),
        ("`_Unknown` is the name of a column", "/Thing/properties/_Unknown", of("_Unknown", "Thing")),
        ("only case tells the properties `tags` and `Tags` apart", "/Thing/properties/Tags", of("Tags", "Thing")),
        ("tells the properties `name` and `NAME` apart", "/Thing.Part/properties/NAME", of("type/NAME", "Thing")),
        ("tells the properties `name` and `NAME` apart", "/Thing.Part/properties/NAME", of("NAME", "Part")),
        ("`a.b` can't be a column's name", "/Thing.Part/properties/a.b", of("type/a.b", "Thing")),
        ("`a.b` can't be a column's name", "/Thing.Part/properties/a.b", of("a.b", "Part")),
    ] {
        let found = errors.split("\n\n").any(|problem| {
            problem.contains("schema/connectwise-1.0.json: ")
                && problem.contains(what)
                && problem.contains(&format!("{schemas}{at}\n"))
                && problem.contains(&fix)
        });
        assert!(found, "{what} at {at} is not in:\n{errors}");
    }
    assert_eq!(errors.matches("fix: ").count(), 10, "{errors}");
}

#[test]
fn what_is_sensitive_may_be_called_as_it_likes() {
    let workspace = workspace();
    let root = workspace.path();
    let errors = said_of_spec(root, &[("\"anything\":", "\"any thing\": { \"type\": \"string\" }, \"anything\":")]);
    assert_eq!(errors.matches("fix: ").count(), 1, "{errors}");
    let entities = golden(&format!("input/{ENTITIES}")).replace("[pass_word,", "[any thing, pass_word,");
    put(root, ENTITIES, &entities);
    let (status, _, errors) = run(root, &["generate"]);
    assert_eq!((status, errors.as_str()), (0, ""));
    // Then it is no obstacle either.
    let (_, all, _) = run(root, &["list", "--all"]);
    assert!(all.lines().any(|line| line.starts_with("/things ") && line.ends_with("in use: Thing")), "{all}");
}

#[test]
fn the_table_of_the_quarantine_is_no_entitys() {
    let workspace = workspace();
    let root = workspace.path();
    put(root, ENTITIES, &golden(&format!("input/{ENTITIES}")).replace("table: cw_part", "table: cw_quarantine"));
    let (status, _, errors) = run(root, &["generate"]);
    assert_eq!(status, 1);
    assert!(
        errors.contains("schema/entities.yaml:15:12: `cw_quarantine` is a table of the pipeline's own"),
        "{errors}"
    );
}

#[test]
fn every_problem_of_an_entity_stands_at_its_own_line_and_column() {
    let workspace = workspace();
    let root = workspace.path();
    put(
        root,
        ENTITIES,
        "entities:\n  - name: Thing\n    endpoint: /things\n    table: cw_thing\n    key: companyId\n    sensitive:\n      \
         - pass_word\n      - type/secrets\n    children: [tags, tag]\n    variants:\n      \
         - {name: DatedThing, having: wen, lookbackDays: 90}\n      - {name: thing, having: when, lookbackDays: 90}\n  \
         - name: Part\n    endpoint: /parts\n    parent: Thing\n    table: cw_thing\n    key: idd\n",
    );
    let (status, _, errors) = run(root, &["generate"]);
    assert_eq!(status, 1);
    let found: Vec<&str> = errors.split("\n\n").map(|problem| problem.trim_start_matches("error: ")).collect();
    for (place, what, pointer, fix) in [
        ("5:10", "Thing: `companyId` is no property of `Thing`", "/entities/0/key", "did you mean `companyID`? Name"),
        (
            "8:9",
            "Thing: `type/secrets` is no property of `Thing`",
            "/entities/0/sensitive/1",
            "did you mean `type/secret`? Write",
        ),
        ("9:22", "Thing: `tag` is no list of `Thing`", "/entities/0/children/1", "did you mean `tags`? Its lists are"),
        ("11:36", "Thing: `wen` is no property of `Thing`", "/entities/0/variants/0/having", "did you mean `when`?"),
        ("12:16", "the name `thing` is used twice", "/entities/0/variants/1/name", "give one of them another name"),
        ("15:13", "Part: `/parts` has no parameter", "/entities/1/parent", "remove `parent`"),
        ("16:12", "the table `cw_thing` is used twice", "/entities/1/table", "give one of them another name"),
        ("17:10", "Part: `idd` is no property of `Thing.Part`", "/entities/1/key", "did you mean `id`? Name"),
    ] {
        let is_it = |problem: &&&str| {
            problem.starts_with(&format!("{ENTITIES}:{place}: {what}"))
                && problem.contains(&format!("\n  at:  {pointer}\n"))
                && problem.contains(&format!("\n  fix: {fix}"))
        };
        assert_eq!(found.iter().filter(is_it).count(), 1, "{place} {what} is not in:\n{errors}");
    }
    assert_eq!(found.len(), 8, "{errors}");
}

#[test]
fn a_comparison_reads_plain_properties_that_are_stored() {
    let workspace = workspace();
    let root = workspace.path();
    let entities = golden(&format!("input/{ENTITIES}"));
    let listed = "reconcile: [okk, tags, type, pass_word, kind, id, ok, ok, _info, price]";
    put(root, ENTITIES, &entities.replace("    children: [tags]", &format!("    children: [tags]\n    {listed}")));
    let (status, _, errors) = run(root, &["generate"]);
    assert_eq!(status, 1);
    for (index, what) in [
        (0, "`okk` is no property of `Thing`"),
        (1, "`tags` is array<string (hashed)>, and only plain values are compared"),
        (2, "`type` is struct (Thing.Part), and only plain values are compared"),
        (3, "`pass_word` is left out, or stored as a hash"),
        (4, "`kind` is left out, or stored as a hash"),
        (5, "`id` is read already"),
        (7, "`ok` is read already"),
        (8, "`_info` is map<string,string>, and only plain values are compared"),
    ] {
        let at = format!("at:  /entities/0/reconcile/{index}\n");
        let found = errors.split("\n\n").any(|problem| problem.contains(what) && problem.contains(&at));
        assert!(found, "{what} is not in:\n{errors}");
    }
    assert!(errors.contains("did you mean `ok`? "), "{errors}");
    assert_eq!(errors.matches("fix: ").count(), 8, "{errors}");
    let snapshot = entities.replace("changeDetection: fullScan", "changeDetection: snapshot");
    put(root, ENTITIES, &snapshot);
    let (status, _, errors) = run(root, &["generate"]);
    assert!(status == 1 && errors.contains("`name` can't be compared: a snapshot is read whole"), "{errors}");
}

#[test]
fn flags_that_the_api_has_for_it_are_compared_unless_the_entity_says_otherwise() {
    let workspace = workspace();
    let root = workspace.path();
    let flags = "\"inactiveFlag\": { \"type\": \"boolean\" }, \"cancelledFlag\": { \"type\": \"string\" }, \
                 \"deletedFlag\": { \"type\": \"boolean\" },";
    let spec = golden("source.json").replacen("\"ok\":", &format!("{flags} \"ok\":"), 1);
    put(root, "changed.json", &spec);
    let (status, _, errors) = run(root, &["import", root.join("changed.json").to_str().unwrap()]);
    assert_eq!((status, errors.as_str()), (0, ""));
    let entities = golden(&format!("input/{ENTITIES}"));
    let list = "    children: [tags]\n";
    for (more, wanted) in [
        ("", "&[\"deletedFlag\", \"inactiveFlag\"]"),
        ("    reconcile: []\n", "&[]"),
        ("    reconcile: [price, ok]\n", "&[\"price\", \"ok\"]"),
    ] {
        put(root, ENTITIES, &entities.replace(list, &format!("{list}{more}")));
        let (status, _, errors) = run(root, &["generate"]);
        assert_eq!((status, errors.as_str()), (0, ""));
        let table = std::fs::read_to_string(root.join("generated/src/tables/thing.rs")).unwrap();
        assert!(table.contains(&format!("    reconcile: {wanted},\n")), "{more}: {table}");
    }
}

#[test]
fn gold_is_checked_beside_entities_that_can_not_be_made() {
    let workspace = workspace();
    let root = workspace.path();
    // Of cw_thing nothing is known, of cw_part all.
    put(root, ENTITIES, &golden(&format!("input/{ENTITIES}")).replace("endpoint: /things", "endpoint: /thing"));
    let part = golden("input/schema/dimensions/dimpart.yaml").replace("trimmed('p.name')", "trimmed('p.nam')");
    put(root, "schema/dimensions/dimpart.yaml", &part);
    let fact = plain_fact().replace("price * 1.24", "pryce * 1.24");
    put(root, FACT, &fact);
    let (status, _, errors) = run(root, &["generate"]);
    assert_eq!(status, 1);
    for wanted in [
        "the spec 1.0 has no GET /thing",
        "`p` (silver.cw_part) has no column `nam`",
        "there is no column `pryce` here",
    ] {
        assert!(errors.contains(wanted), "{wanted} is not in:\n{errors}");
    }
    assert_eq!(errors.matches("fix: ").count(), 3, "{errors}");
}

#[test]
fn a_table_that_can_not_be_read_whole_is_one_problem_and_the_others_are_checked() {
    let workspace = workspace();
    let root = workspace.path();
    // The key's description is missing; a fact reads the dimension, another one has a mistake of its own.
    let part = golden("input/schema/dimensions/dimpart.yaml").replace("    description: The part's id.\n", "");
    put(root, "schema/dimensions/dimpart.yaml", &part);
    let fact = plain_fact();
    put(root, FACT, &fact.replace("alias: t\n", "alias: t\njoins: JOIN gold.dimpart AS d ON d.PartKey = t.typeId\n"));
    put(
        root,
        "schema/facts/fact_other.yaml",
        &fact.replace("table: fact_thing", "table: fact_other").replace("expr: t.id\n", "expr: t.idd\n"),
    );
    let (status, _, errors) = run(root, &["generate"]);
    assert_eq!(status, 1);
    for wanted in [
        "dimpart.yaml:7:5: `description` is missing",
        "fact_other.yaml:12:11: `t` (silver.cw_thing) has no column `idd`",
    ] {
        assert!(errors.contains(wanted), "{wanted} is not in:\n{errors}");
    }
    assert_eq!(errors.matches("fix: ").count(), 2, "{errors}");
}

const FACT: &str = "schema/facts/fact_thing.yaml";

/// The small fact without its columns of custom fields.
fn plain_fact() -> String {
    let whole = golden(&format!("input/{FACT}"));
    let (plain, _) = whole.split_once("  - name: colour\n").unwrap();
    plain.to_owned()
}

/// What `generate` says of the small fact with some texts of it replaced, and its exit status.
fn said_of_fact(changes: &[(&str, &str)]) -> (u8, String) {
    let workspace = workspace();
    let mut text = plain_fact();
    for (before, after) in changes {
        assert!(text.contains(before), "there is no {before}");
        text = text.replacen(before, after, 1);
    }
    put(workspace.path(), FACT, &text);
    let (status, _, errors) = run(workspace.path(), &["generate"]);
    (status, errors)
}

#[test]
fn a_fact_without_a_source_infers_nothing() {
    let from = ("source: cw_thing\nalias: t\nreconcile:\n  price: price\n", "from: silver.cw_thing AS t\n");
    let (status, errors) = said_of_fact(&[from]);
    assert_eq!(status, 1);
    assert_eq!(
        errors,
        "error: schema/facts/fact_thing.yaml:11:11: `PartKey` would infer rows of dimpart from a fact without a \
         `source`\n  at:  /columns/1/name\n  why: rows are inferred from the records of a silver table\n  \
         fix: add `infers: false`, or write `source`, `alias` and `joins` in place of `from`\n"
    );
    let own = ("dimension: dimpart", "dimension: dimpart\n    infers: false");
    assert_eq!(said_of_fact(&[from, own]), (0, String::new()));
    // Nor is there anything to reconcile with.
    let (status, errors) = said_of_fact(&[("source: cw_thing\nalias: t\n", "from: silver.cw_thing AS t\n"), own]);
    assert!(status == 1 && errors.contains("yaml:7:3: there is no `source` to reconcile with"), "{errors}");
    let list = [("source: cw_thing", "source: cw_thing_customfields"), ("expr: t.typeId", "expr: t.id"), own];
    let more = [("trimmed('t.typeName')", "trimmed('t.caption')"), ("expr: t.price", "expr: t.id")];
    let (status, errors) = said_of_fact(&list.into_iter().chain(more).collect::<Vec<_>>());
    assert!(status == 1 && errors.contains("there is no column of silver cw_thing_customfields `price`"), "{errors}");
}

#[test]
fn a_source_without_a_time_of_change_infers_nothing() {
    let columns = [
        ("expr: t.typeId", "expr: t.id"),
        ("trimmed('t.typeName')", "trimmed('t.name')"),
        ("expr: t.price", "expr: t.id"),
    ];
    let plain = [("source: cw_thing", "source: cw_part"), ("reconcile:\n  price: price\n", "")];
    let list = [
        ("source: cw_thing", "source: cw_thing_customfields"),
        ("trimmed('t.name')", "trimmed('t.caption')"),
        ("reconcile:\n  price: price\n", ""),
    ];
    for (table, more) in [("cw_part", &plain[..]), ("cw_thing_customfields", &list)] {
        let changes: Vec<(&str, &str)> = columns.iter().chain(more).copied().collect();
        let (status, errors) = said_of_fact(&changes);
        assert_eq!(status, 1);
        for wanted in [
            format!("`PartKey` would infer rows of dimpart from {table}\n"),
            format!("says what it is, and {table} has no infoLastUpdated\n"),
            "fix: add `infers: false`".to_owned(),
        ] {
            assert!(errors.contains(&wanted), "{wanted} is not in:\n{errors}");
        }
        assert_eq!(errors.matches("fix: ").count(), 1, "{errors}");
        let own = ("dimension: dimpart", "dimension: dimpart\n    infers: false");
        let changes: Vec<(&str, &str)> = changes.iter().copied().chain([own]).collect();
        assert_eq!(said_of_fact(&changes), (0, String::new()));
    }
}

#[test]
fn a_name_inside_of_a_text_is_no_use_of_the_column() {
    let derived = "columns:\n  - {name: kind, type: string, derive: \"CASE WHEN price > 1 THEN 'withTax' END\", description: k.}\n";
    assert_eq!(said_of_fact(&[("columns:\n", derived)]), (0, String::new()));
    let (status, errors) = said_of_fact(&[("columns:\n", &derived.replace("'withTax'", "withTax"))]);
    assert!(status == 1 && errors.contains("`kind` uses `withTax`, which stands later"), "{errors}");
}

#[test]
fn all_that_is_wrong_with_derived_and_carried_columns_comes_at_once() {
    let (status, errors) = said_of_fact(&[
        (
            "columns:\n",
            "columns:\n  - {name: one, type: measure, additivity: sum, derive: withTax + 1, description: o.}\n  \
             - {name: two, type: measure, additivity: sum, derive: two + 1, description: t.}\n",
        ),
        ("      partName:", "      partClass: t.name\n      partNam:"),
    ]);
    assert_eq!(status, 1);
    for wanted in [
        "`one` uses `withTax`, which stands later",
        "`two` uses itself",
        "`partClass` is no plain column of dimpart",
        "`partNam` is no plain column of dimpart",
        "did you mean `partName`? Name a column",
    ] {
        assert!(errors.contains(wanted), "{wanted} is not in:\n{errors}");
    }
    assert_eq!(errors.matches("fix: ").count(), 4, "{errors}");
}
