//! `fields` parameters: the properties to request of an entity.
//!
//! Invariant: a sensitive property must never be requested, and no URL may be longer than servers accept. An entity
//! without sensitive properties needs no `fields`: the API returns whole records, `_info` included.

use connectwise_runtime::{Field, Kind, Table};

/// The most characters of a `fields` parameter; URLs of more than 2,000 characters are trouble.
const MAX_FIELDS: usize = 1200;

/// The `fields` parameters that together request all but the sensitive properties; empty where none is needed. Each
/// holds the key.
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

/// Collects property names: whole objects (and lists of them) where nothing in them is sensitive.
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

/// Returns the kind of the items of a list, or of a list of lists; any other kind as it is.
fn item(mut kind: Kind) -> Kind {
    while let Kind::List(item) = kind {
        kind = *item;
    }
    kind
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
}
