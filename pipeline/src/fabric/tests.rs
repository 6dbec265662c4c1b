use super::*;

fn tables(files: &BTreeMap<&'static str, String>) -> Vec<String> {
    let tables = files.iter().filter(|(path, _)| path.starts_with(&format!("{MODEL}/tables/")));
    tables.map(|(_, text)| text.clone()).collect()
}

#[test]
fn the_default_form_is_what_is_checked_in() {
    let files = files(Form::default()).unwrap();
    assert_eq!(files.len(), FILES.len());
    assert!(FILES.iter().all(|(path, text)| files[path] == *text));
    assert!(tables(&files).len() > 20);
}

#[test]
fn a_flat_lakehouse_has_no_schema_anywhere() {
    let flat = files(Form { layout: Layout::Flat, ..Form::default() }).unwrap();
    for table in tables(&flat) {
        assert!(!table.contains("schemaName") && !table.contains("[gold]"), "{table}");
        let name = table.lines().find_map(|line| line.trim().strip_prefix("entityName: gold_")).unwrap();
        assert!(table.contains(&format!("sourceLineageTag: [dbo].[gold_{name}]\n")), "{name}");
    }
    assert_eq!(flat["ConnectWise.Lakehouse/lakehouse.metadata.json"], "{}");
    let notebooks: Vec<_> = flat.iter().filter(|(path, _)| path.ends_with("notebook-content.py")).collect();
    assert_eq!(notebooks.len(), 2);
    assert!(notebooks.iter().all(|(_, text)| text.contains("\nlayout = \"flat\"\n")));
}

#[test]
fn the_endpoint_and_personal_texts_are_there_only_when_asked_for() {
    let by_default = files(Form::default()).unwrap();
    let all = files(Form { direct_lake: DirectLake::Sql, personal_texts: true, ..Form::default() }).unwrap();
    let expressions = "ConnectWise.SemanticModel/definition/expressions.tmdl";
    assert!(by_default[expressions].contains("AzureStorage.DataLake"));
    assert!(all[expressions].contains("Sql.Database") && !all[expressions].contains("DataLake("));
    let entries = "ConnectWise.SemanticModel/definition/tables/Time entries.tmdl";
    let has_notes = |text: &str| text.contains("sourceColumn: internalNotes\n");
    assert!(!has_notes(&by_default[entries]) && has_notes(&all[entries]));
    assert_eq!(by_default.keys().collect::<Vec<_>>(), all.keys().collect::<Vec<_>>());
}

#[test]
fn a_text_that_stands_elsewhere_than_once_is_a_fault() {
    assert_eq!(replaced_once("a", "x y", "x", "z").unwrap(), "z y");
    for text in ["y", "x x"] {
        assert!(replaced_once("a", text, "x", "z").unwrap_err().to_string().contains("the exported file a"), "{text}");
    }
}
