//! Which properties are asked for.
//!
//! Invariant: a sensitive property is in no request, and no request's address outgrows what servers take. An entity
//! without sensitive properties needs no list: the API gives whole records, `_info` included.

use bytes::Bytes;
use connectwise_runtime::{Field, Kind, Table};
use serde_json::value::RawValue;
use std::collections::HashMap;

/// The most characters of a `fields` list; addresses of more than 2,000 characters are trouble.
const MAX_FIELDS: usize = 1200;

/// The `fields` lists that together ask for all but the sensitive properties; empty where no list is needed. Each
/// list holds the key.
pub fn field_groups(table: &Table) -> Vec<String> {
    if !holds_sensitive(table.shape) {
        return Vec::new();
    }
    let mut names = Vec::new();
    collect(table.shape, "", &mut names);
    if let Some(parent) = table.parent.filter(|parent| !parent.in_record) {
        // A column that the generator added: the API does not know it.
        names.retain(|name| [name.as_str()] != parent.path);
    }
    let mut groups: Vec<String> = Vec::new();
    for name in names.iter().filter(|name| *name != table.key) {
        match groups.last_mut() {
            Some(group) if group.len() + name.len() < MAX_FIELDS => {
                group.push(',');
                group.push_str(name);
            }
            _ => groups.push(format!("{},{name}", table.key)),
        }
    }
    groups
}

/// Names of the properties, whole objects (and lists of them) where nothing in them is sensitive.
fn collect(shape: &[Field], prefix: &str, names: &mut Vec<String>) {
    for field in shape {
        let name = format!("{prefix}{}", field.name);
        match item(field.kind) {
            Kind::Sensitive => {}
            Kind::Struct(fields) if holds_sensitive(fields) => collect(fields, &format!("{name}/"), names),
            _ => names.push(name),
        }
    }
}

fn holds_sensitive(fields: &[Field]) -> bool {
    fields.iter().any(|field| match item(field.kind) {
        Kind::Sensitive => true,
        Kind::Struct(fields) => holds_sensitive(fields),
        _ => false,
    })
}

/// What a list, or a list of lists, holds; anything else itself.
fn item(mut kind: Kind) -> Kind {
    while let Kind::List(item) = kind {
        kind = *item;
    }
    kind
}

/// Joins pages that hold different properties of the same records into one page, by key.
///
/// # Errors
/// When the pages do not hold the same records: something moved between two requests.
pub fn splice(parts: &[Bytes], key: &str) -> Result<Vec<u8>, String> {
    let mut order: Vec<i64> = Vec::new();
    let mut records: HashMap<i64, Vec<u8>> = HashMap::new();
    for (index, part) in parts.iter().enumerate() {
        let page: Vec<&RawValue> = serde_json::from_slice(part).map_err(|error| error.to_string())?;
        if index > 0 && page.len() != order.len() {
            return Err(format!("{} records in one part, {} in another", order.len(), page.len()));
        }
        for record in page {
            let id = id_of(record, key).ok_or("a record without its id")?;
            let text = record.get().trim();
            if index == 0 {
                order.push(id);
                records.insert(id, text.as_bytes().to_vec());
                continue;
            }
            let whole = records.get_mut(&id).ok_or_else(|| format!("record {id} is in one part only"))?;
            // `{…}` + `{…}` → `{…,…}`; the repeated id is the same value, and the last one counts.
            let inner =
                text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).ok_or("a record that is no object")?;
            if !inner.trim().is_empty() {
                whole.pop();
                whole.push(b',');
                whole.extend_from_slice(inner.as_bytes());
                whole.push(b'}');
            }
        }
    }
    let mut page = vec![b'['];
    for (index, id) in order.iter().enumerate() {
        if index > 0 {
            page.push(b',');
        }
        page.extend(records.remove(id).ok_or_else(|| format!("record {id} came twice"))?);
    }
    page.push(b']');
    Ok(page)
}

/// The record's integer key (also as `5.0` or `"5"`).
fn id_of(record: &RawValue, key: &str) -> Option<i64> {
    let object: HashMap<&str, &RawValue> = serde_json::from_str(record.get()).ok()?;
    let text = object.get(key)?.get().trim_matches('"');
    let text = text.split_once('.').map_or(text, |(whole, _)| whole);
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: Field = Field { name: "secret", kind: Kind::Sensitive };
    const NOTE: Field = Field { name: "note", kind: Kind::Text };
    const WITH: Kind = Kind::Struct(&[SECRET, NOTE]);
    const WITHOUT: Kind = Kind::Struct(&[NOTE]);

    #[test]
    fn no_list_is_asked_for_with_what_is_sensitive_in_it() {
        let shape = [
            NOTE,
            SECRET,
            Field { name: "one", kind: WITH },
            Field { name: "list", kind: Kind::List(&WITH) },
            Field { name: "lists", kind: Kind::List(&Kind::List(&Kind::Struct(&[Field { name: "in", kind: WITH }]))) },
            Field { name: "harmless", kind: Kind::List(&WITHOUT) },
            Field { name: "secrets", kind: Kind::List(&Kind::Sensitive) },
        ];
        let mut names = Vec::new();
        collect(&shape, "", &mut names);
        assert_eq!(names, ["note", "one/note", "list/note", "lists/in/note", "harmless"]);
        assert!(holds_sensitive(&shape[3..4]) && !holds_sensitive(&shape[5..6]));
    }

    #[test]
    fn splices_by_id() {
        let parts = [
            Bytes::from_static(br#"[{"id":1,"a":"x"},{"id":2.0}]"#),
            Bytes::from_static(br#"[{"id":2,"b":{"c":1}},{"id":1,"b":null}]"#),
        ];
        let page = String::from_utf8(splice(&parts, "id").unwrap()).unwrap();
        assert_eq!(page, r#"[{"id":1,"a":"x","id":1,"b":null},{"id":2.0,"id":2,"b":{"c":1}}]"#);
    }

    #[test]
    fn notices_that_records_moved() {
        let parts = [Bytes::from_static(br#"[{"id":1}]"#), Bytes::from_static(br#"[{"id":2}]"#)];
        assert!(splice(&parts, "id").unwrap_err().contains("record 2"));
        let parts = [Bytes::from_static(br#"[{"id":1}]"#), Bytes::from_static(br"[]")];
        assert!(splice(&parts, "id").is_err());
    }
}
