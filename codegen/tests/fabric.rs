//! The folder that is deployed to Fabric: what can't be in a semantic model is refused at its place; the rest is as
//! it is checked in, and its variants are made by texts that stand there once.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

#[expect(dead_code, reason = "shared with tests that begin with the small spec")]
mod common;

use common::package;
use connectwise_codegen::fabric;
use connectwise_codegen::files::GeneratedFiles;
use connectwise_codegen::inputs::Inputs;
use connectwise_codegen::report::{Problem, Problems};

const FILE: &str = "schema/model.yaml";
const MEASURES: &str = "schema/measures.yaml";
const MODEL: &str = "generated/fabric/ConnectWise.SemanticModel/definition";

fn inputs() -> Inputs {
    let mut problems = Problems::new();
    let inputs = Inputs::read(&package().join(".."), &mut problems);
    assert!(problems.is_empty(), "{problems:?}");
    inputs
}

fn rendered(inputs: &Inputs) -> (GeneratedFiles, Vec<Problem>) {
    let (mut files, mut problems) = (GeneratedFiles::default(), Problems::new());
    fabric::emit(inputs, &mut files, &mut problems);
    (files, problems.iter().cloned().collect())
}

/// What is said where one text of a file is another one.
fn problems(inputs: &Inputs, file: &str, before: &str, after: &str) -> Vec<Problem> {
    let text = &inputs.files[file];
    assert!(text.contains(before), "{file} has no {before}");
    let mut inputs = inputs.clone();
    inputs.files.insert(file.to_owned(), text.replacen(before, after, 1));
    rendered(&inputs).1
}

#[test]
fn each_thing_that_can_not_be_is_told_once_at_its_place() {
    let inputs = inputs();
    for (before, after, wanted) in [
        // Tables.
        ("  dimworkrole:\n", "  dimworkroll:\n", "/tables/dimworkroll: gold has no table `dimworkroll`; did you mean"),
        ("    name: Work roles\n", "", "/tables/dimworkrole: `name` is missing"),
        (
            "    name: Work roles\n",
            "    name: work TYPES\n",
            "/tables/dimworktype/name: the table `Work types` is there twice",
        ),
        ("icelandic: Hlutverk\n", "icelandic: Deildir\n", "Icelandic name `Deildir` is there twice"),
        (
            "    name: Work roles\n",
            "    name: Work/roles\n",
            "/tables/dimworkrole/name: the name `Work/roles` holds '/'",
        ),
        // Columns.
        (
            "      territory: {",
            "      teritory: {",
            "/tables/dimcompany/columns/teritory: dimcompany has no column `teritory`; did you",
        ),
        ("  slaName: {", "  slaNames: {", "/columns/slaNames: no table of the model has a column `slaNames`; did you"),
        (
            "territory: {icelandic: Svæði}",
            "territory: {icelandic: TEGUND fyrirtækis}",
            "with the Icelandic name `TEGUND fyrirtækis`",
        ),
        ("territory: {", "territory: {name: company TYPE, ", "with the name `company TYPE`"),
        ("territory: {", "territory: {name: 'a[b', ", "the name `a[b` holds '['"),
        (
            "actualHours: {name: Actual hours of entry}",
            "actualHours: {}",
            "has a measure and a column with the name `Actual hours`",
        ),
        (
            "sortBy: Month}",
            "sortBy: Months}",
            "/tables/dimcalendar/columns/MonthNameEn/sortBy: dimcalendar has no column `Months`; did",
        ),
        (
            "territory: {",
            "territory: {sorted: Month, ",
            "/tables/dimcompany/columns/territory/sorted: unknown key `sorted`",
        ),
        // The date table and relationships.
        (
            "    date: Date\n",
            "    date: Dates\n",
            "/tables/dimcalendar/date: dimcalendar has no column `Dates`; did you mean `Date`?",
        ),
        ("    date: Date\n", "    date: Year\n", "/tables/dimcalendar/date: `Year` is no date"),
        (
            "standsFor: dimdate",
            "standsFor: dimcompany",
            "/tables/dimcalendar/standsFor: dimcalendar has no dimension's key",
        ),
        (
            "    active: [InvoiceDateKey]\n",
            "",
            "/tables/fact_invoice: fact_invoice has several keys of dimdate: InvoiceDateKey, DueDateKey",
        ),
        (
            "active: [InvoiceDateKey]",
            "active: [InvoiceDateKey, DueDateKey]",
            "fact_invoice has several keys of dimdate",
        ),
        ("active: [InvoiceDateKey]", "active: [InvoiceDateKey, CompanyKey]", "`CompanyKey` is not one of several keys"),
        // Hierarchies.
        (
            "levels: [board, summary]",
            "levels: [bord, summary]",
            "/hierarchies/0/levels: dimticket has no column `bord`; did you",
        ),
        ("levels: [board, summary]", "levels: [board]", "the hierarchy `Boards and tickets` has fewer than two levels"),
        ("levels: [board, summary]", "levels: [board, board]", "the level `board` is there twice"),
        ("name: Boards and tickets", "name: BOARD", "dimticket has a hierarchy and a column with the name `Board`"),
        // Measures.
        ("  pots: fact_agreementrecap\n", "", "/measures: in which table is `Prepaid Hours Remaining` to stand?"),
        ("  pots: fact_agreementrecap", "  pots: fact_recap", "/measures/pots: the model has no table `fact_recap`"),
        (
            "  pots: fact",
            "  potts: fact",
            "/measures/potts: no rows `potts` of measures are a select; did you mean `pots`?",
        ),
        ("  Hours: Tímar\n", "", "/folders: the folder `Hours` of measures has no Icelandic name"),
        ("  Hours: Tímar\n", "  Hours: Tímar\n  Hour: Tími\n", "/folders/Hour: no measure stands in a folder `Hour`"),
        // Perspectives and roles.
        (
            "    folders: [Hours, Unbilled]",
            "    folders: [Hour]",
            "/perspectives/1/folders: no measure stands in a folder `Hour`",
        ),
        (
            "      - fact_monthend\n",
            "      - fact_month\n",
            "/perspectives/0/tables: the model has no table `fact_month`",
        ),
        (
            "  - name: Service\n",
            "  - name: finance\n",
            "/perspectives/1/name: the perspective `finance` is there twice",
        ),
        ("    table: dimmember\n", "    table: dimmembers\n", "/roles/0/table: the model has no table `dimmembers`"),
        (
            "dax: dimmember[officeEmail]",
            "dax: dimmember[email]",
            "/roles/0/dax: the DAX names dimmember[email], which is not there",
        ),
        ("USERPRINCIPALNAME()", "USERPRINCIPALNAME(", "/roles/0/dax: the DAX opens a `(` that is not closed"),
    ] {
        let found = problems(&inputs, FILE, before, after);
        let told: Vec<String> =
            found.iter().map(|problem| format!("{}: {}; {}", problem.pointer, problem.what, problem.fix)).collect();
        assert!(told.iter().any(|told| told.contains(wanted)), "{before} as {after}: {told:#?}");
        for problem in &found {
            assert_eq!(&*problem.file, FILE);
            assert!(!problem.fix.is_empty(), "{problem}");
            let place = problem.place.is_some() || ["/tables", "/measures", "/folders"].contains(&&*problem.pointer);
            assert!(place || problem.pointer.starts_with("/tables/"), "{problem}");
        }
    }
}

#[test]
fn formulas_that_a_model_can_not_have_are_told_at_the_measure() {
    let inputs = inputs();
    for (before, after, wanted) in [
        ("COUNTROWS(fact_timeentry)", "COUNTROWS(dimdate)", "names dimdate, which the model does not have"),
        (
            "COUNTROWS(fact_timeentry)",
            "COUNTA(fact_timeentry[notes])",
            "names fact_timeentry[notes], which is personal",
        ),
        ("VAR Counted", "VAR Members", "calls a variable `Members` like a table of the model"),
    ] {
        let found = problems(&inputs, MEASURES, before, after);
        let [problem] = found.as_slice() else { unreachable!("{after}: {found:#?}") };
        assert!(problem.what.contains(wanted) && problem.place.is_some(), "{problem}");
        assert_eq!(&*problem.file, MEASURES);
    }
}

/// The pairs and triples of texts in a list of the generated module.
fn listed(files: &GeneratedFiles, name: &str) -> Vec<Vec<String>> {
    let module = syn::parse_file(files.get("generated/src/fabric.rs").unwrap()).unwrap();
    let list = module.items.iter().find_map(|item| match item {
        syn::Item::Const(item) if item.ident == name => Some(&item.expr),
        _ => None,
    });
    let syn::Expr::Reference(list) = &**list.unwrap() else { unreachable!("{name} is no list") };
    let syn::Expr::Array(list) = &*list.expr else { unreachable!("{name} is no list") };
    let text = |expression: &syn::Expr| match expression {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => text.value(),
        syn::Expr::Macro(include) => include.mac.parse_body::<syn::LitStr>().unwrap().value(),
        _ => unreachable!("{name} holds something that is no text"),
    };
    let texts = |entry: &syn::Expr| match entry {
        syn::Expr::Tuple(entry) => entry.elems.iter().map(text).collect(),
        _ => unreachable!("{name} holds something that is no tuple"),
    };
    list.elems.iter().map(texts).collect()
}

#[test]
fn every_file_of_the_folder_is_listed_with_its_text() {
    let files = rendered(&inputs()).0;
    let mut paths: Vec<String> = Vec::new();
    for entry in listed(&files, "FILES") {
        assert_eq!(entry[1], format!("../fabric/{}", entry[0]));
        paths.push(format!("generated/fabric/{}", entry[0]));
    }
    let made: Vec<&str> =
        files.iter().map(|(path, _)| path).filter(|path| path.starts_with("generated/fabric/")).collect();
    assert_eq!(paths, made);
    assert!(made.len() > 30, "{made:?}");
}

#[test]
fn personal_texts_are_left_out_and_can_be_put_in() {
    let files = rendered(&inputs()).0;
    let mut texts: std::collections::BTreeMap<String, String> =
        files.iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
    let personal = ["sourceColumn: notes\n", "sourceColumn: internalNotes\n", "caption: Athugasemdir\n"];
    let holds = |texts: &std::collections::BTreeMap<String, String>, what: &str| {
        let model = texts.iter().filter(|(path, _)| path.starts_with(MODEL));
        model.map(|(_, text)| text.matches(what).count()).sum::<usize>()
    };
    assert_eq!(personal.map(|what| holds(&texts, what)), [0, 0, 0]);
    for entry in listed(&files, "PERSONAL") {
        let text = texts.get_mut(&format!("generated/fabric/{}", entry[0])).unwrap();
        assert_eq!(text.matches(&entry[1]).count(), 1, "{entry:?}");
        *text = text.replace(&entry[1], &entry[2]);
    }
    assert_eq!(personal.map(|what| holds(&texts, what)), [2, 1, 2]);
    // What is put in stands between other objects, as they do.
    assert!(texts.values().all(|text| !text.contains("\n\n\n\t")));
}

#[test]
fn gold_s_columns_keep_their_identifiers_whatever_they_are_called() {
    let mut inputs = inputs();
    let tags = |inputs: &Inputs| {
        let files = rendered(inputs).0;
        let text = files.get(&format!("{MODEL}/tables/Companies.tmdl")).unwrap().to_owned();
        text.lines().filter(|line| line.contains("lineageTag")).map(str::to_owned).collect::<Vec<_>>()
    };
    let before = tags(&inputs);
    let text = inputs.files[FILE].replace("name: Company, icelandic: Heiti", "name: Customer, icelandic: Heiti");
    assert_ne!(text, inputs.files[FILE]);
    inputs.files.insert(FILE.to_owned(), text);
    assert_eq!(tags(&inputs), before);
}

#[test]
fn a_workspace_without_a_model_has_no_folder() {
    let mut inputs = inputs();
    inputs.files.remove(FILE);
    let (files, problems) = rendered(&inputs);
    assert!(problems.is_empty(), "{problems:?}");
    assert!(files.is_empty());
}
