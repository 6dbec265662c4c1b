//! What `diff` and `import` say of a change: which tables and columns, whether it breaks somebody, which gold it touches.

mod common;
#[path = "common/git.rs"]
mod git;

use std::path::Path;

use common::{golden, put, run, workspace};
use git::commit;

const ENTITIES: &str = "schema/entities.yaml";

/// What `diff` says since the last commit.
fn since(root: &Path) -> String {
    let (status, out, errors) = run(root, &["diff", "--against", "HEAD"]);
    assert_eq!((status, errors.as_str()), (0, ""));
    out
}

/// The small spec's texts with some of them replaced.
fn replaced(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (before, after)| {
        assert!(text.contains(before), "there is no {before}");
        text.replace(before, after)
    })
}

/// A workspace whose fact reads the custom fields, too.
fn with_custom_fields() -> tempfile::TempDir {
    let workspace = workspace();
    let whole = golden("input/schema/facts/fact_thing.yaml");
    // Without its own columns of custom fields.
    let plain = whole.split("  - name: colour\n").next().unwrap_or_default();
    let fact = replaced(
        plain,
        &[
            ("alias: t\n", "alias: t\njoins: LEFT JOIN silver.cw_thing_customfields AS f ON f.parentId = t.id\n"),
            (
                "columns:\n",
                "columns:\n  - {name: number, type: string, expr: f.value, description: n.}\n  \
                 - {name: caption, type: string, expr: f.caption, description: c.}\n",
            ),
        ],
    );
    put(workspace.path(), "schema/facts/fact_thing.yaml", &fact);
    workspace
}

#[test]
fn diff_tells_added_removed_retyped_and_renamed() {
    let workspace = workspace();
    let root = workspace.path();
    let old = golden("source.json")
        .replace("\"price\": { \"type\": \"number\"", "\"price\": { \"type\": \"string\"")
        .replace("\"ok\": { \"type\": \"boolean\" }", "\"okay\": { \"type\": \"boolean\" }")
        .replace("\"companyID\"", "\"companyNumber\"");
    put(root, "old.json", &old);
    let against = root.join("old.json");
    let against = against.to_str().unwrap();
    let (status, out, errors) = run(root, &["diff", "--against", against]);
    assert_eq!((status, errors.as_str()), (0, ""));
    for wanted in [
        "- Thing bronze cw_thing.okay: boolean (breaking)\n",
        "+ Thing bronze cw_thing.ok: boolean\n",
        "~ Thing bronze cw_thing.price: string → double (breaking); touches fact_thing.price, fact_thing.withTax\n",
        "~ Thing silver cw_thing.companyId: companyId → companyId_1 (breaking)\n",
        "+ Thing silver cw_thing.companyID: long\n",
    ] {
        assert!(out.contains(wanted), "{wanted} is not in:\n{out}");
    }
    let (_, out, _) = run(root, &["diff", "--against", against, "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["changes"][0]["layer"], "bronze");
    let (_, out, _) = run(root, &["diff", "--against", against, "--format", "md"]);
    assert!(out.contains("| Thing | bronze | `cw_thing.ok` | added |  | boolean |  |"), "{out}");
    let (status, _, errors) = run(root, &["diff", "--against", "no-such-thing"]);
    assert_eq!(status, 1);
    assert!(errors.contains("fix: name a spec file, or a revision"), "{errors}");
}

#[test]
fn diff_tells_what_is_demanded_at_any_depth() {
    let workspace = workspace();
    let root = workspace.path();
    let mut old: serde_json::Value = serde_json::from_str(&golden("source.json")).unwrap();
    let schemas = &mut old["components"]["schemas"];
    schemas["CompanyReference"]["required"] = serde_json::json!(["name"]);
    schemas["Thing"]["required"] = serde_json::json!([]);
    schemas["CompanyReference"]["properties"]["id"]["nullable"] = true.into();
    let old = old.to_string();
    put(root, "old.json", &old);
    let (status, out, errors) = run(root, &["diff", "--against", root.join("old.json").to_str().unwrap()]);
    assert_eq!((status, errors.as_str()), (0, ""));
    for wanted in [
        "~ Thing bronze cw_thing.name: optional → required\n",
        "~ Thing bronze cw_thing.company/name: required → optional\n",
        "~ Thing bronze cw_thing.company/id: optional, may be null → optional\n",
        "~ Thing bronze cw_thing.type/company/name: required → optional\n",
    ] {
        assert!(out.contains(wanted), "{wanted} is not in:\n{out}");
    }
    assert!(!out.contains("breaking)"), "{out}");
}

#[test]
fn an_entity_that_a_newer_spec_makes_impossible_is_gone_with_the_reason() {
    let workspace = workspace();
    let root = workspace.path();
    let newer = replaced(
        &golden("source.json"),
        &[
            ("\"secret\": { \"type\": \"string\" },", ""),
            (
                "\"Thing.Part\": {\n        \"type\": \"object\",\n        \"properties\": {\n          \"id\": { \"type\": \"integer\"",
                "\"Thing.Part\": { \"type\": \"object\", \"properties\": { \"id\": { \"nullable\": true, \"type\": \"integer\"",
            ),
        ],
    );
    put(root, "newer.json", &newer);
    commit(root);
    let (status, imported, errors) = run(root, &["import", root.join("newer.json").to_str().unwrap()]);
    assert_eq!((status, errors.as_str()), (0, ""));
    let (_, markdown, _) = run(root, &["diff", "--against", "HEAD", "--format", "md"]);
    let (_, json, _) = run(root, &["diff", "--against", "HEAD", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let entities: Vec<&serde_json::Value> =
        json["changes"].as_array().unwrap().iter().filter(|change| change["layer"] == "entity").collect();
    assert_eq!(entities.len(), 2, "{entities:#?}");
    for (entity, endpoint, why) in [
        ("Part", "/parts", "the key `id` of `Thing.Part` may be null"),
        ("Thing", "/things", "`type/secret` is no property of `Thing`"),
    ] {
        let line = format!("- {entity} entity: {endpoint} (breaking), because {why}; touches ");
        assert!(since(root).contains(&line) && imported.contains(&line), "{line} is not in:\n{}", since(root));
        assert!(markdown.contains(&format!("| removed | {endpoint} | because {why} |")), "{markdown}");
        assert!(entities.iter().any(|change| change["entity"] == entity && change["why"] == why), "{entities:#?}");
    }
    // What the YAML no longer names is gone without a reason.
    put(root, ENTITIES, "entities:\n  - name: Part\n    endpoint: /parts\n    table: cw_part\n");
    let line = since(root).lines().find(|line| line.contains("Thing entity")).unwrap().to_owned();
    assert!(line.starts_with("- Thing entity: /things (breaking); touches "), "{line}");
    put(root, ENTITIES, "entities: [\n");
    assert!(since(root).contains(", because schema/entities.yaml can't be read: "), "{}", since(root));
}

#[test]
fn every_setting_of_an_entity_is_told() {
    let workspace = with_custom_fields();
    let root = workspace.path();
    let entities = golden(&format!("input/{ENTITIES}"));
    commit(root);
    put(root, ENTITIES, &entities.replace("children: [tags]", "children: [tags]\n    agreementNumberCaption: No."));
    assert_eq!(
        since(root),
        "~ Thing setting cw_thing.agreementNumberCaption: none → No.; touches fact_thing.number\n\
         1 change since HEAD, 0 breaking\n"
    );
    let variant = "- {name: DatedThing, having: when, lookbackDays: 90}";
    put(root, ENTITIES, &entities.replace(variant, "- {name: DatedThing, having: day, lookbackDays: 91}"));
    assert_eq!(
        since(root),
        "~ Thing setting cw_thing.variants: DatedThing having when, 90 days → DatedThing having day, 91 days\n\
         1 change since HEAD, 0 breaking\n"
    );
    put(root, ENTITIES, &entities.replace(&format!("    variants:\n      {variant}\n"), ""));
    assert_eq!(
        since(root),
        "~ Thing setting cw_thing.variants: DatedThing having when, 90 days → none (breaking)\n\
         1 change since HEAD, 1 breaking\n"
    );
}

#[test]
fn another_parent_is_told() {
    let workspace = workspace();
    let root = workspace.path();
    let list = r##"{ "get": { "responses": { "200": { "content": { "j": { "schema": { "type": "array", "items":
        { "$ref": "#/components/schemas/Thing" } } } } } } } }"##;
    let paths = format!("\"paths\": {{ \"/old/things\": {list}, \"/things/{{id}}/below\": {list},");
    put(root, "more.json", &golden("source.json").replacen("\"paths\": {", &paths, 1));
    assert_eq!(run(root, &["import", root.join("more.json").to_str().unwrap()]).0, 0);
    let entities = format!(
        "{}  - {{name: Old, endpoint: /old/things, table: cw_old}}\n  \
         - {{name: Below, endpoint: '/things/{{id}}/below', parent: Thing, table: cw_below}}\n",
        golden(&format!("input/{ENTITIES}"))
    );
    put(root, ENTITIES, &entities);
    commit(root);
    put(root, ENTITIES, &entities.replace("parent: Thing", "parent: Old"));
    let out = since(root);
    assert!(out.contains("~ Below setting cw_below.parent: Thing → Old\n"), "{out}");
}

#[test]
fn another_name_of_the_table_is_one_change_and_no_column_is_lost() {
    let workspace = workspace();
    let root = workspace.path();
    commit(root);
    put(root, ENTITIES, &golden(&format!("input/{ENTITIES}")).replace("table: cw_thing", "table: cw_things"));
    let out = since(root);
    assert!(out.starts_with("~ Thing setting cw_things.table: cw_thing → cw_things (breaking); touches "), "{out}");
    for touched in ["dimpart", "fact_thing.PartKey", "fact_thing.price", "fact_thing.thingId"] {
        assert!(out.contains(touched), "{touched} is not in:\n{out}");
    }
    assert!(out.ends_with("\n1 change since HEAD, 1 breaking\n"), "{out}");
}

#[test]
fn what_changes_inside_a_list_touches_what_is_made_of_its_table() {
    let workspace = with_custom_fields();
    let root = workspace.path();
    let old = replaced(
        &golden("source.json"),
        &[("\"caption\": { \"type\": \"string\" }", "\"caption\": { \"type\": \"integer\" }")],
    );
    put(root, "old.json", &old);
    let (_, out, _) = run(root, &["diff", "--against", root.join("old.json").to_str().unwrap()]);
    for layer in ["bronze cw_thing.customFields/caption", "silver cw_thing_customfields.caption"] {
        let line = format!("~ Thing {layer}: long → string (breaking); touches fact_thing.caption\n");
        assert!(out.contains(&line), "{line} is not in:\n{out}");
    }
    // The list as a whole.
    let old = replaced(
        &golden("source.json"),
        &[("\"customFields\": { \"type\": \"array\"", "\"more\": { \"type\": \"array\"")],
    );
    put(root, "old.json", &golden("source.json"));
    put(root, "newer.json", &old);
    assert_eq!(run(root, &["import", root.join("newer.json").to_str().unwrap()]).0, 0);
    let (_, out, _) = run(root, &["diff", "--against", root.join("old.json").to_str().unwrap()]);
    let line = out.lines().find(|line| line.starts_with("- Thing bronze cw_thing.customFields")).unwrap();
    assert!(line.ends_with("; touches fact_thing.caption, fact_thing.number"), "{line}");
}

#[test]
fn another_name_does_not_hide_another_type() {
    let workspace = workspace();
    let root = workspace.path();
    let old = replaced(
        &golden("source.json"),
        &[
            ("\"companyID\"", "\"companyNumber\""),
            (
                "\"CompanyReference\": {\n        \"type\": \"object\",\n        \"properties\": {\n          \"id\": { \"type\": \"integer\"",
                "\"CompanyReference\": { \"type\": \"object\", \"properties\": { \"id\": { \"type\": \"number\"",
            ),
        ],
    );
    put(root, "old.json", &old);
    let (_, out, _) = run(root, &["diff", "--against", root.join("old.json").to_str().unwrap()]);
    for line in [
        "~ Thing silver cw_thing.companyId: companyId → companyId_1 (breaking)\n",
        "~ Thing silver cw_thing.companyId: double → long (breaking)\n",
    ] {
        assert!(out.contains(line), "{line} is not in:\n{out}");
    }
}

#[test]
fn a_list_that_import_cuts_names_the_command_that_shows_all_of_it() {
    let workspace = workspace();
    let root = workspace.path();
    let more: String = (0..50).map(|number| format!("\"more{number}\": {{ \"type\": \"string\" }}, ")).collect();
    let newer = golden("source.json").replace("\"anything\":", &format!("{more}\"anything\":"));
    put(root, "newer.json", &newer);
    let (status, out, errors) = run(root, &["import", root.join("newer.json").to_str().unwrap()]);
    assert_eq!((status, errors.as_str()), (0, ""));
    assert!(out.contains("  … and 10 more: git diff -- schema shows them all\n"), "{out}");
    assert!(out.contains("  … and 60 more: cargo codegen diff --against HEAD shows them all\n"), "{out}");
}
