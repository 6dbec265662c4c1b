//! What the walk finds in a query, and what it takes a column to be computed from.

use sqlparser::ast::Statement;
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

use super::kind::Kind;
use super::query::Walk;
use super::scope::{Catalog, Column};

fn catalog() -> Catalog {
    let mut catalog = Catalog::default();
    let first = [
        ("id", Kind::Int),
        ("name", Kind::Text),
        ("tags", Kind::List),
        ("company", Kind::Struct),
        ("at", Kind::Timestamp),
        ("flag", Kind::Bool),
    ];
    catalog.add("silver", "t", first);
    catalog.add("silver", "u", [("id", Kind::Int), ("name", Kind::Text), ("other", Kind::Int), ("flag", Kind::Text)]);
    catalog
}

/// The walk through a query, and the columns that it gives.
fn walk<T>(sql: &str, then: impl FnOnce(Walk<'_>, Vec<Column>) -> T) -> T {
    let catalog = catalog();
    let parsed = Parser::parse_sql(&GenericDialect {}, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let [Statement::Query(query)] = parsed.as_slice() else { panic!("{sql} is not one query") };
    let (walk, columns) = Walk::through(&catalog, query);
    then(walk, columns)
}

/// What is found in a query, and the columns that it gives.
fn walked(sql: &str) -> (Vec<String>, Vec<Column>) {
    let said = |walk: Walk<'_>| {
        walk.findings.into_iter().map(|finding| format!("{}; {}", finding.what, finding.fix)).collect()
    };
    walk(sql, |walk, columns| (said(walk), columns))
}

fn origins(sql: &str, place: usize) -> Vec<String> {
    walked(sql).1[place].value.origins.iter().cloned().collect()
}

#[track_caller]
fn finds(sql: &str, wanted: &[&str]) {
    let found = walked(sql).0;
    assert_eq!(found.len(), wanted.len(), "{sql}: {found:#?}");
    for wanted in wanted {
        assert!(found.iter().any(|found| found.contains(wanted)), "{sql}: {wanted} is not in {found:#?}");
    }
}

#[test]
fn order_by_knows_aliases_and_columns_and_nothing_else() {
    for fine in [
        "SELECT id AS key FROM silver.t ORDER BY key, name DESC, t.at, lower(name), 1",
        "SELECT * FROM silver.t ORDER BY id LIMIT 5",
        "SELECT id FROM silver.t UNION ALL SELECT id FROM silver.u ORDER BY id",
    ] {
        finds(fine, &[]);
    }
    finds("SELECT id FROM silver.t ORDER BY nam", &["no column `nam` here"]);
    finds("SELECT id AS key FROM silver.t ORDER BY t.key", &["`t` (silver.t) has no column `key`"]);
    finds("SELECT id FROM silver.t ORDER BY lower(id)", &["argument 1 of `lower` is a whole number"]);
    finds("SELECT id FROM silver.t UNION SELECT id FROM silver.u ORDER BY name", &["no column `name` here"]);
    finds("SELECT * FROM (SELECT id FROM silver.t ORDER BY nam LIMIT 1) AS x", &["no column `nam` here"]);
    finds(
        "SELECT t.id, u.id FROM silver.t JOIN silver.u ON t.id = u.id ORDER BY id",
        &["`id` could be a column of more than one table; give the columns of the SELECT different names"],
    );
}

#[test]
fn group_by_and_having_know_aliases() {
    finds("SELECT lower(name) AS low, count(*) AS n FROM silver.t GROUP BY low HAVING low <> '' AND n > 1", &[]);
    finds("SELECT lower(name) AS low FROM silver.t GROUP BY lo", &["no column `lo` here"]);
    finds("SELECT lower(name) AS low FROM silver.t WHERE low = ''", &["no column `low` here"]);
    // A column goes before an alias of its name: `id` is the number, not the text.
    finds("SELECT name AS id, count(*) AS n FROM silver.t GROUP BY id HAVING id > 1", &[]);
}

#[test]
fn using_wants_the_column_on_both_sides_and_makes_it_one() {
    finds("SELECT id, t.name, other FROM silver.t JOIN silver.u USING (id) WHERE u.id > 1", &[]);
    finds("SELECT id FROM silver.t JOIN silver.u USING (id) JOIN silver.u AS v USING (id)", &[]);
    finds("SELECT other FROM silver.t JOIN silver.u USING (other)", &["USING wants a column `other` of `t`"]);
    finds("SELECT t.id FROM silver.t JOIN silver.u USING (tag)", &["column `tag` of `t`", "column `tag` of `u`"]);
    finds(
        "SELECT other FROM silver.t JOIN silver.u USING (flag)",
        &["`flag` is a boolean on one side of a join and text on the other"],
    );
    finds(
        "SELECT name FROM silver.t JOIN silver.u USING (id)",
        &["`name` could be a column of more than one table; write one of `t.name`, `u.name`"],
    );
    let named = |sql: &str| walked(sql).1.into_iter().map(|column| column.name).collect::<Vec<_>>();
    let all = ["id", "name", "tags", "company", "at", "flag", "name", "other", "flag"];
    assert_eq!(named("SELECT * FROM silver.t JOIN silver.u USING (id)"), all);
    assert_eq!(origins("SELECT id FROM silver.t LEFT JOIN silver.u USING (id)", 0), ["silver.t.id"]);
    assert_eq!(origins("SELECT id FROM silver.t FULL JOIN silver.u USING (id)", 0), ["silver.t.id", "silver.u.id"]);
    let natural = "SELECT id, name FROM (SELECT id, name FROM silver.t) AS a NATURAL JOIN silver.u";
    finds(natural, &[]);
    let conditions: Vec<String> = walk(natural, |walk, _| walk.conditions.into_iter().collect());
    assert_eq!(conditions, ["silver.t.id", "silver.t.name", "silver.u.id", "silver.u.name"]);
}

#[test]
fn a_nested_join_sees_its_own_tables_alone() {
    finds("SELECT a.id FROM silver.t AS a JOIN (silver.u AS b JOIN silver.u AS c USING (id)) ON a.id = b.id", &[]);
    finds(
        "SELECT a.id FROM silver.t AS a JOIN (silver.u AS b JOIN silver.u AS c ON c.id = a.id) ON a.id = b.id",
        &["there is no table or alias `a` here"],
    );
}

/// Every form of expression, with a column in each place that can hold one: a wrong name is found, a right one counts
/// as a source.
#[test]
fn no_form_of_expression_hides_a_name() {
    for form in [
        "tags[@]",
        "@[1]",
        "t.tags[@]",
        "tags[1:@]",
        "name RLIKE @",
        "@ SIMILAR TO 'a%'",
        "name = ANY(@)",
        "name = ANY(SELECT x.name FROM silver.u AS x WHERE x.name = @)",
        "name = ALL(SELECT @ FROM silver.u AS x WHERE x.id = 1)",
        "ARRAY[@]",
        "[name, @]",
        "(id, @)",
        "@ COLLATE \"C\"",
        "OVERLAY(@ PLACING 'x' FROM 1)",
        "OVERLAY('x' PLACING @ FROM 1)",
        "(@ = 'a') IS UNKNOWN",
        "(@ = 'a') IS NOT UNKNOWN",
        "STRUCT(@ AS a)",
        "MAP {'a': @}",
        "{'a': @}",
        "name IN UNNEST(@)",
        "TRIM(BOTH @ FROM 'abc')",
        "at AT TIME ZONE @",
        "CAST(@ AS STRING)",
        "CASE WHEN @ = 'a' THEN 1 END",
        "first_value(id) OVER (PARTITION BY id ORDER BY @)",
        "count(*) FILTER (WHERE @ = 'a')",
        "@ IS NORMALIZED",
        "SUBSTRING(@ FROM 1)",
        "@ LIKE 'a'",
        "@ || 'a'",
    ] {
        let with = |name: &str| format!("SELECT {} AS v FROM silver.t", form.replace('@', name));
        let found = walked(&with("nope")).0;
        assert!(found.iter().any(|found| found.contains("no column `nope` here")), "{form}: {found:#?}");
        // In the subqueries, of the table around.
        let sql = with("t.name");
        let found = walked(&sql).0;
        assert!(!found.iter().any(|found| found.contains("no column")), "{form}: {found:#?}");
        if !form.contains("WHERE x.name") {
            assert!(origins(&sql, 0).contains(&"silver.t.name".to_owned()), "{form}: {:?}", origins(&sql, 0));
        }
    }
}

#[test]
fn fields_of_a_struct_are_not_looked_at_and_what_holds_them_is() {
    finds("SELECT company.name, t.company.name, silver.t.id, tags[1].x, t.tags[1].x.y FROM silver.t", &[]);
    finds("SELECT compny.name FROM silver.t", &["there is no table or alias `compny` here; did you mean"]);
    finds("SELECT t.compny.name FROM silver.t", &["`t` (silver.t) has no column `compny`"]);
    finds("SELECT silver.t.idd FROM silver.t", &["`t` (silver.t) has no column `idd`"]);
    finds("SELECT name.x FROM silver.t", &["there is no table or alias `name` here"]);
    assert_eq!(origins("SELECT company.name FROM silver.t", 0), ["silver.t.company"]);
    assert_eq!(origins("SELECT t.company.name FROM silver.t", 0), ["silver.t.company"]);
}

#[test]
fn functions_in_from_and_windows_with_a_name_are_looked_at() {
    finds("SELECT t.id FROM silver.t CROSS JOIN UNNEST(t.tagz) AS x", &["has no column `tagz`"]);
    finds("SELECT t.id FROM silver.t, LATERAL (SELECT u.id FROM silver.u WHERE u.id = t.idd) AS x", &["column `idd`"]);
    finds("SELECT sum(id) OVER w AS s FROM silver.t WINDOW w AS (PARTITION BY nam)", &["no column `nam` here"]);
    finds("SELECT DISTINCT ON (nam) id FROM silver.t", &["no column `nam` here"]);
}
