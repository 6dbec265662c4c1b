//! A small model's report: what is written, and what is refused.

use serde_json::Value;

use super::{files, read};
use crate::fabric::file::FabricFile;
use crate::fabric::model::{Column, Measure, SemanticModel, Table};
use crate::gold::model::Type;
use crate::report::{At, Problems};

fn column(gold: &str, name: &str) -> Column {
    Column {
        gold: gold.to_owned(),
        at: At::default(),
        name: name.to_owned(),
        icelandic: None,
        description: String::new(),
        data_type: Type::Text,
        format: None,
        is_hidden: false,
        is_date: false,
        sort_by: None,
        is_used: false,
        is_personal: gold == "notes",
    }
}

fn table(gold: &str, name: &str, columns: Vec<Column>, measures: &[&str]) -> Table {
    let measure = |name: &&str| Measure {
        name: (*name).to_owned(),
        icelandic: String::new(),
        description: String::new(),
        folder: String::new(),
        format: String::new(),
        dax: String::new(),
    };
    Table {
        gold: gold.to_owned(),
        name: name.to_owned(),
        icelandic: String::new(),
        description: String::new(),
        is_calendar: false,
        measures: measures.iter().map(measure).collect(),
        columns,
        hierarchies: Vec::new(),
    }
}

fn model() -> SemanticModel {
    let tables = vec![
        table("dimcompany", "Companies", vec![column("companyName", "Name"), column("isDeleted", "Is deleted")], &[]),
        table("dimmember", "Members", vec![column("memberName", "Name")], &[]),
        table("fact_timeentry", "Time entries", vec![column("notes", "Notes")], &["Actual Hours", "Margin"]),
    ];
    SemanticModel { tables, ..SemanticModel::default() }
}

fn made(yaml: &str) -> (Vec<FabricFile>, Problems) {
    let mut problems = Problems::new();
    let pages = read(yaml, &mut problems);
    let made = files(&pages, &model(), &mut problems);
    (made, problems)
}

/// The JSON of the files whose paths end like this, of a report without problems.
fn json(yaml: &str, ending: &str) -> Vec<Value> {
    let (made, problems) = made(yaml);
    assert!(problems.is_empty(), "{problems:?}");
    let found = made.iter().filter(|file| file.path.ends_with(ending));
    found.map(|file| serde_json::from_str(&file.text).unwrap()).collect()
}

/// A page with visuals in one row.
fn page(visuals: &str) -> String {
    format!("pages:\n- name: one\n  title: One\n  rows:\n  - height: 100\n    visuals:\n{visuals}")
}

#[test]
fn gold_s_names_become_the_model_s() {
    let visual = "    - {kind: bar, title: Hours, by: [dimcompany.companyName], values: [Actual Hours], sort: Actual \
                  Hours, where: {dimcompany.isDeleted: false}}\n";
    let visual = json(&page(visual), "visual.json").remove(0);
    let column = serde_json::json!({
        "Column": { "Expression": { "SourceRef": { "Entity": "Companies" } }, "Property": "Name" }
    });
    let state = &visual["visual"]["query"]["queryState"];
    assert_eq!(state["Category"]["projections"][0]["field"], column);
    assert_eq!(state["Category"]["projections"][0]["queryRef"], "Companies.Name");
    assert_eq!(state["Y"]["projections"][0]["queryRef"], "Time entries.Actual Hours");
    assert_eq!(visual["visual"]["query"]["sortDefinition"]["sort"][0]["direction"], "Descending");
    let filter = &visual["filterConfig"]["filters"][0]["filter"];
    assert_eq!(filter["From"][0]["Entity"], "Companies");
    let condition = &filter["Where"][0]["Condition"]["In"];
    assert_eq!(condition["Values"][0][0]["Literal"]["Value"], "false");
    assert_eq!(condition["Expressions"][0]["Column"]["Property"], "Is deleted");
}

#[test]
fn names_that_two_tables_have_are_told_apart() {
    let visual = "    - {kind: table, title: Both, values: [dimcompany.companyName, dimmember.memberName]}\n";
    let visual = json(&page(visual), "visual.json").remove(0);
    let shown = visual["visual"]["query"]["queryState"]["Values"]["projections"].as_array().unwrap();
    let names: Vec<&Value> = shown.iter().map(|one| &one["nativeQueryRef"]).collect();
    assert_eq!(names, ["Name", "Name 2"]);
}

#[test]
fn text_in_a_filter_is_quoted() {
    let visual = "    - {kind: card, title: Hours, values: [Margin], where: {dimcompany.companyName: Jón's}}\n";
    let visual = json(&page(visual), "visual.json").remove(0);
    let condition = &visual["filterConfig"]["filters"][0]["filter"]["Where"][0]["Condition"]["In"];
    assert_eq!(condition["Values"][0][0]["Literal"]["Value"], "'Jón''s'");
}

#[test]
fn a_row_is_shared_out() {
    let visuals = "    - {kind: card, title: A, values: [Margin]}\n    - {kind: card, title: B, share: 2, values: \
                   [Margin]}\n";
    let mut places: Vec<(u64, u64)> = json(&page(visuals), "visual.json")
        .iter()
        .map(|visual| (visual["position"]["x"].as_u64().unwrap(), visual["position"]["width"].as_u64().unwrap()))
        .collect();
    places.sort_unstable();
    assert_eq!(places, [(16, 413), (437, 826)]);
}

#[test]
fn a_drill_through_page_is_bound_to_its_filters() {
    let yaml = "pages:\n- {name: one, title: One}\n- {name: two, title: Two, drillthrough: [dimcompany.companyName]}\n";
    let pages = json(yaml, "page.json");
    let target = pages.iter().find(|page| page["type"] == "Drillthrough").unwrap();
    assert_eq!(target["visibility"], "HiddenInViewMode");
    let parameter = &target["pageBinding"]["parameters"][0];
    let filter = &target["filterConfig"]["filters"][0];
    assert_eq!(parameter["boundFilter"], filter["name"]);
    assert_eq!(parameter["fieldExpr"], filter["field"]);
    assert_eq!(filter["howCreated"], "Drillthrough");
    let back = json(yaml, "visual.json").remove(0);
    assert_eq!(back["visual"]["visualType"], "actionButton");
    // The page without one is an ordinary one.
    assert!(pages.iter().any(|page| page.get("type").is_none() && page.get("pageBinding").is_none()));
}

#[test]
fn what_can_t_be_drawn_is_refused() {
    let refused = [
        ("    - {kind: pie, title: A, values: [Margin]}\n", "there is no kind of visual `pie`"),
        ("    - {kind: card, title: A}\n", "a card needs `values`"),
        ("    - {kind: bar, title: A, values: [Margin]}\n", "a bar needs `by`"),
        ("    - {kind: card, title: A, by: [dimmember.memberName], values: [Margin]}\n", "a card has no `by`"),
        ("    - {kind: slicer, title: A, by: [dimmember.memberName], legend: dimmember.memberName}\n", "no `legend`"),
        ("    - {kind: card, title: A, values: [Margins]}\n", "there is no measure `Margins`"),
        ("    - {kind: card, title: A, values: [dimmember.memberName]}\n", "a measure belongs here"),
        ("    - {kind: slicer, title: A, by: [Margin]}\n", "a column belongs here"),
        ("    - {kind: slicer, title: A, by: [dimmembr.memberName]}\n", "has no table `dimmembr`"),
        ("    - {kind: slicer, title: A, by: [dimmember.memberNam]}\n", "has no column `memberNam`"),
        ("    - {kind: table, title: A, values: [fact_timeentry.notes]}\n", "personal texts"),
        ("    - {kind: card, title: A, values: [Margin], where: {dimmember.x: 1}}\n", "has no column `x`"),
        ("    - {kind: card, title: A, values: [Margin], where: {dimmember.memberName: [1]}}\n", "`where` compares"),
        ("    - {kind: card, title: A, values: [Margin], sort: Profit}\n", "there is no measure `Profit`"),
        (
            "    - {kind: card, title: A, values: [Margin]}\n    - {kind: card, title: A, values: [Margin]}\n",
            "the card `A` is there twice",
        ),
        (
            "    - {kind: card, title: A, values: [Margin]}\n  - height: 700\n    visuals: []\n",
            "the page needs 840 pixels, and has 720",
        ),
    ];
    for (visuals, wanted) in refused {
        let (_, problems) = made(&page(visuals));
        assert!(problems.iter().any(|problem| problem.what.contains(wanted)), "{wanted}: {problems:?}");
        assert!(problems.iter().all(|problem| !problem.fix.is_empty() && problem.place.is_some()), "{problems:?}");
    }
    let twice = "pages:\n- {name: one, title: One}\n- {name: one, title: Two}\n";
    assert!(made(twice).1.iter().any(|problem| problem.what == "the page `one` is there twice"));
    assert!(made("pages: []\n").1.iter().any(|problem| problem.what == "there is no page"));
}
