//! The keys of `schema/model.yaml` and `schema/report.yaml`.

use super::{Holds, Mapping, may, must};
use crate::fabric::report::KIND_NAMES;

pub(super) static MODEL: Mapping = Mapping(&[
    may("columns", Holds::Named(&MODEL_COLUMN), "By gold's name: what holds of a column in every table."),
    must("tables", Holds::Named(&MODEL_TABLE), "The tables of the model, by gold's name; it has no others."),
    may("measures", Holds::Pairs, "By rows that are a select: the table that their measures stand in."),
    may("folders", Holds::Pairs, "By display folder of measures: its Icelandic name."),
    may("perspectives", Holds::Mappings(&PERSPECTIVE), "Parts of the model."),
    may("roles", Holds::Mappings(&ROLE), "Examples of row-level security, which are off."),
]);

static MODEL_TABLE: Mapping = Mapping(&[
    must("name", Holds::Text, "The English name."),
    must("icelandic", Holds::Text, "The Icelandic name."),
    may("standsFor", Holds::Text, "The dimension in whose place facts refer to the table."),
    may("date", Holds::Text, "Of the date table: the column with the day."),
    may("active", Holds::Texts, "Where a fact has several keys of one dimension: the key that filters follow."),
    may("columns", Holds::Named(&MODEL_COLUMN), "By gold's name; goes before what is said of every table."),
    may("hierarchies", Holds::Mappings(&HIERARCHY), "Hierarchies over the table's columns."),
]);

static MODEL_COLUMN: Mapping = Mapping(&[
    may("name", Holds::Text, "The English name (default: gold's name in words)."),
    may("icelandic", Holds::Text, "The Icelandic name (default: the English one is shown)."),
    may("hidden", Holds::Flag, "Whether people don't see it (default: keys, identifiers, numbers of facts)."),
    may("format", Holds::Text, "The format string (default: gold's, else that of the type)."),
    may("sortBy", Holds::Text, "The column whose order it follows, by gold's name."),
    may("personal", Holds::Flag, "Whether it holds personal texts, which are left out unless they are asked for."),
]);

static HIERARCHY: Mapping = Mapping(&[
    must("name", Holds::Text, "The English name."),
    must("icelandic", Holds::Text, "The Icelandic name."),
    must("description", Holds::Text, "What it is for."),
    may("levels", Holds::Texts, "Columns by gold's names, from the top; two at least."),
]);

static PERSPECTIVE: Mapping = Mapping(&[
    must("name", Holds::Text, "Its name."),
    must("description", Holds::Text, "What it is for."),
    may("tables", Holds::Texts, "Tables by gold's names, whose visible columns and hierarchies are a part of it."),
    may("folders", Holds::Texts, "Display folders, whose measures are."),
]);

static ROLE: Mapping = Mapping(&[
    must("name", Holds::Text, "Its name."),
    must("description", Holds::Text, "Who sees what."),
    must("table", Holds::Text, "The table that it filters, by gold's name."),
    must("dax", Holds::Text, "What holds of the rows that are seen, over gold's names."),
]);

pub(super) static PAGES: Mapping =
    Mapping(&[must("pages", Holds::Mappings(&PAGE), "The pages, in the order of their tabs.")]);

static PAGE: Mapping = Mapping(&[
    must("name", Holds::Text, "What the page's identifier is made of: another name is another page."),
    must("title", Holds::Text, "What the page's tab says."),
    may(
        "drillthrough",
        Holds::Texts,
        "Columns, `table.column`: a row of another page that shows one of them leads to this page, which has no tab.",
    ),
    may("rows", Holds::Mappings(&PAGE_ROW), "Rows of visuals, from the top."),
]);

static PAGE_ROW: Mapping = Mapping(&[
    must(
        "height",
        Holds::Count,
        "In pixels; a page has 720, of which 16 at top and bottom and 8 between rows are free.",
    ),
    may("visuals", Holds::Mappings(&VISUAL), "From the left."),
]);

static VISUAL: Mapping = Mapping(&[
    must("kind", Holds::OneOf(&KIND_NAMES), "stacked: a column chart whose values stand upon each other."),
    must("title", Holds::Text, "What stands above it; what its identifier is made of, with the kind."),
    may("share", Holds::Count, "Of the row's width, beside the others' shares (default: 1)."),
    may(
        "by",
        Holds::Texts,
        "Columns, `table.column`, that rows are told apart by: the axis, the matrix's rows, the slicer.",
    ),
    may("legend", Holds::Text, "The column that colours, or a matrix's columns, are told apart by."),
    may("values", Holds::Texts, "Measures by their names; of a table, columns as well."),
    may("where", Holds::Pairs, "Rows that count, by the value of a column: `table.column: value`."),
    may("sort", Holds::Text, "A measure, largest first, or a column, smallest first."),
]);
