//! Silver columns: structs flattened, clashes numbered, `_info` lifted.
//!
//! A column's path has up to three names. The shallower of two columns with one name keeps it, then the one that is
//! first in the spec; the names below are reserved, so they are never given to a property.

use crate::etl;
use crate::ir::{Child, Doc, Field, Kind, SilverColumn, Source};

use super::naming::{self, Names};

/// The record's map of who changed it and when.
const INFO: &str = "_info";

/// How many names a column's path may have.
const DEPTH: usize = 3;

/// The columns that a child table begins with.
const CHILD: [&str; 2] = ["parentId", "listIndex"];

/// The columns lifted from the record's own `_info`, in their order, with what they mean.
const LIFTED: [(&str, Source, &str); 4] = [
    ("infoLastUpdated", Source::InfoTime(&["lastUpdated"]), "When the record last changed in ConnectWise."),
    ("infoUpdatedBy", Source::InfoText(&["updatedBy"]), "Who changed it last, trimmed."),
    ("infoDateEntered", Source::InfoTime(&["dateEntered", "createdDate"]), "When it was entered."),
    ("infoEnteredBy", Source::InfoText(&["enteredBy", "createdBy"]), "Who entered it, trimmed."),
];

/// The columns of a table, and the structs that are too deep for it.
#[derive(Debug, Default)]
pub(super) struct Flat {
    pub(super) columns: Vec<SilverColumn>,
    pub(super) not_flattened: Vec<String>,
}

/// The names of the pipeline's own columns.
fn own_names() -> impl Iterator<Item = &'static str> {
    etl::SILVER.into_iter().map(|(name, _)| name)
}

/// The columns of an entity's silver table.
pub(super) fn columns(shape: &[Field]) -> Flat {
    let lifted = shape.iter().any(is_info);
    let mut names = Names::reserving(own_names());
    if lifted {
        for (name, ..) in &LIFTED {
            names.take(name);
        }
    }
    let mut flat = Flat::default();
    collect(shape, &mut Vec::new(), &mut flat);
    number(&mut flat.columns, &mut names);
    if lifted {
        for (name, source, meaning) in LIFTED {
            let kind = if matches!(source, Source::InfoTime(_)) { Kind::Timestamp } else { Kind::Text };
            let (name, wanted) = (name.to_owned(), name.to_owned());
            let doc = Doc { text: meaning.to_owned(), ..Doc::default() };
            flat.columns.push(SilverColumn { name, wanted, source, kind, doc });
        }
    }
    flat
}

/// Says of the lifted columns which of them hold a hash.
pub(super) fn lift_hashes(columns: &mut [SilverColumn], hashed: &[String]) {
    let is_hashed = |key: &str| hashed.iter().any(|path| path.eq_ignore_ascii_case(&format!("{INFO}/{key}")));
    for column in columns {
        if matches!(column.source, Source::InfoText(keys) if keys.iter().any(|key| is_hashed(key))) {
            column.kind = Kind::Hashed;
        }
    }
}

/// Whether a path leads to a time that is lifted from the record's own `_info`.
pub(super) fn is_lifted_time(path: &[&str]) -> bool {
    let [INFO, key] = path else { return false };
    LIFTED.iter().any(|(_, source, _)| {
        matches!(source, Source::InfoTime(keys) if keys.iter().any(|known| known.eq_ignore_ascii_case(key)))
    })
}

/// The table of a list.
pub(super) fn child(entity: &str, list: &str, item: &Kind) -> Child {
    let mut names = Names::reserving(own_names().chain(CHILD));
    let mut flat = Flat::default();
    match item {
        Kind::Struct(inner) => collect(&inner.fields, &mut Vec::new(), &mut flat),
        other => {
            let doc = Doc { text: "The item itself.".to_owned(), ..Doc::default() };
            flat.columns.push(column("value".to_owned(), Vec::new(), other.clone(), doc));
        }
    }
    number(&mut flat.columns, &mut names);
    let list_name = naming::column(&[list.to_owned()]).to_lowercase();
    Child {
        table: format!("cw_{}_{list_name}", entity.to_lowercase()),
        list: list.to_owned(),
        columns: flat.columns,
        not_flattened: flat.not_flattened,
    }
}

/// Whether a property is the map that silver drops, once what matters is lifted from it.
pub(crate) fn is_info(field: &Field) -> bool {
    field.name == INFO && field.kind == Kind::Map
}

fn column(wanted: String, path: Vec<String>, kind: Kind, doc: Doc) -> SilverColumn {
    SilverColumn { name: wanted.clone(), wanted, source: Source::Path(path), kind, doc }
}

fn collect(fields: &[Field], path: &mut Vec<String>, flat: &mut Flat) {
    for field in fields {
        if is_info(field) || field.kind == Kind::Sensitive {
            continue;
        }
        path.push(field.name.clone());
        match &field.kind {
            Kind::Struct(_) if path.len() >= DEPTH => flat.not_flattened.push(path.join("/")),
            Kind::Struct(inner) => collect(&inner.fields, path, flat),
            kind => {
                flat.columns.push(column(naming::column(path), path.clone(), kind.clone(), field.doc.clone()));
            }
        }
        path.pop();
    }
}

/// Gives the names out: the shallower first, then in the spec's order.
fn number(columns: &mut [SilverColumn], names: &mut Names) {
    for depth in 0..=DEPTH {
        for column in columns.iter_mut() {
            if matches!(&column.source, Source::Path(path) if path.len() == depth) {
                column.name = names.take(&column.wanted);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Struct;

    fn field(name: &str, kind: Kind) -> Field {
        Field { name: name.to_owned(), kind, doc: Doc::default() }
    }

    fn object(name: &str, fields: Vec<Field>) -> Field {
        field(name, Kind::Struct(Struct { schema: name.to_owned(), pointer: String::new(), fields }))
    }

    fn names(columns: &[SilverColumn]) -> Vec<&str> {
        columns.iter().map(|column| column.name.as_str()).collect()
    }

    #[test]
    fn the_shallower_column_keeps_its_name() {
        let shape = [
            object("company", vec![field("id", Kind::Int), field("_info", Kind::Map)]),
            object("a", vec![object("b", vec![field("c", Kind::Int)]), field("bC", Kind::Int)]),
            field("companyID", Kind::Int),
            field("aBC", Kind::Int),
            field("_ETL_Source", Kind::Text),
        ];
        let flat = columns(&shape);
        assert_eq!(names(&flat.columns), ["companyId_1", "aBC_2", "aBC_1", "companyID", "aBC", "_ETL_Source_1"]);
    }

    #[test]
    fn what_is_deeper_than_three_names_is_listed() {
        let deep = object("c", vec![field("d", Kind::Int)]);
        let shape = [object("a", vec![object("b", vec![deep, field("e", Kind::Int)])])];
        let flat = columns(&shape);
        assert_eq!(names(&flat.columns), ["aBE"]);
        assert_eq!(flat.not_flattened, ["a/b/c"]);
    }

    #[test]
    fn info_is_lifted_and_its_names_are_reserved() {
        let shape = [field("infoUpdatedBy", Kind::Text), field("_info", Kind::Map), field("secret", Kind::Sensitive)];
        let flat = columns(&shape);
        assert_eq!(
            names(&flat.columns),
            ["infoUpdatedBy_1", "infoLastUpdated", "infoUpdatedBy", "infoDateEntered", "infoEnteredBy"]
        );
        assert_eq!(names(&columns(&[field("infoUpdatedBy", Kind::Text)]).columns), ["infoUpdatedBy"]);
    }

    #[test]
    fn children_reserve_their_own_names() {
        let item = Kind::Struct(Struct {
            schema: "Item".to_owned(),
            pointer: String::new(),
            fields: vec![field("parentID", Kind::Int), field("listIndex", Kind::Int), field("_info", Kind::Map)],
        });
        let table = child("Company", "types", &item);
        assert_eq!(table.table, "cw_company_types");
        assert_eq!(names(&table.columns), ["parentID_1", "listIndex_1"]);
        let scalars = child("Member", "teams", &Kind::Int);
        assert_eq!(scalars.columns.first().map(|c| c.source.clone()), Some(Source::Path(Vec::new())));
        assert_eq!(names(&scalars.columns), ["value"]);
    }
}
