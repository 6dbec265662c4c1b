//! Names: how gold's columns are called in the semantic model where `schema/model.yaml` gives no other name.

/// `actualHours` → `Actual hours`, `WorkDateKey` → `Work date key`, `board` → `Board`.
pub fn column(gold: &str) -> String {
    let letters: Vec<char> = gold.chars().collect();
    let mut name = String::new();
    for (index, &letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| letters.get(before));
        let after = letters.get(index + 1);
        // A word begins with a capital that no capital stands before, and with the last capital of several.
        let is_word = letter.is_uppercase()
            && before.is_some_and(|before| !before.is_uppercase() || after.is_some_and(|after| after.is_lowercase()));
        let blank = letter == '_' || is_word;
        if blank && !name.is_empty() && !name.ends_with(' ') {
            name.push(' ');
        }
        if letter == '_' {
            continue;
        }
        if name.is_empty() {
            name.extend(letter.to_uppercase());
        } else {
            name.extend(letter.to_lowercase());
        }
    }
    name.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_begin_at_capitals() {
        for (gold, wanted) in [
            ("actualHours", "Actual hours"),
            ("WorkDateKey", "Work date key"),
            ("board", "Board"),
            ("companyId", "Company id"),
            ("SLAName", "Sla name"),
            ("address1Line", "Address1 line"),
            ("custom_field", "Custom field"),
            ("Year", "Year"),
        ] {
            assert_eq!(column(gold), wanted, "{gold}");
        }
    }
}
