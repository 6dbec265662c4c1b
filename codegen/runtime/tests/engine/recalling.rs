//! Records that are known by their text are passed over, and the others are read as if those were not there.

use crate::common::{REAL, TABLE, page};
use connectwise_runtime::{Decoder, PageCounts, Recall};

/// Knows some texts; keeps what became of each page.
#[derive(Default)]
struct Texts {
    known: Vec<String>,
    recalled: usize,
    kept: Vec<String>,
    unknown: Vec<Vec<String>>,
}

impl Recall for Texts {
    fn recall(&mut self, text: &str) -> Option<usize> {
        let known = self.known.iter().find(|known| text.starts_with(known.as_str()))?;
        self.recalled += 1;
        Some(known.len())
    }

    fn kept(&mut self, record: &str, unknown: &[&str]) {
        self.unknown.push(unknown.iter().map(|path| (*path).to_owned()).collect());
        self.kept.push(record.to_owned());
    }
}

#[test]
fn what_is_kept_is_told_as_it_came_and_recalled_afterwards() {
    // What may not be kept is told of no record: see the tests of that.
    let real = REAL.replace(r#""password":"hunter2","#, "");
    let mut texts = Texts::default();
    let mut decoder = Decoder::new(&TABLE);
    let counts = decoder.page_recalling(real.as_bytes(), &mut texts).unwrap();
    assert_eq!(counts, PageCounts { records: 4, kept: 3, quarantined: 1, recalled: 0 });
    assert_eq!(decoder.finish().unwrap().batch, page(&real).batch);
    assert_eq!(texts.unknown, [vec!["customFields/*/hint".to_owned(), "new".to_owned()], vec![], vec![]]);
    let kept = std::mem::take(&mut texts.kept);
    for record in &kept {
        let alone = serde_json::from_str::<serde_json::Value>(record).unwrap();
        assert!(serde_json::from_str::<Vec<serde_json::Value>>(&real).unwrap().contains(&alone));
    }

    // Each of them known alone: the others come as they would without it.
    for (place, record) in kept.iter().enumerate() {
        let mut texts = Texts { known: vec![record.clone()], ..Texts::default() };
        let counts = decoder.page_recalling(real.as_bytes(), &mut texts).unwrap();
        assert_eq!(counts, PageCounts { records: 4, kept: 2, quarantined: 1, recalled: 1 });
        let others: Vec<&String> =
            kept.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, text)| text).collect();
        assert_eq!(texts.kept.iter().collect::<Vec<_>>(), others);
        let alone = page(&format!("[{}]", texts.kept.join(" , ")));
        assert_eq!(decoder.finish().unwrap().batch, alone.batch);
    }

    let mut texts = Texts { known: kept, ..Texts::default() };
    let counts = decoder.page_recalling(real.as_bytes(), &mut texts).unwrap();
    assert_eq!((counts.recalled, counts.kept, texts.recalled), (3, 0, 3));
    let rest = decoder.finish().unwrap();
    assert_eq!((rest.batch.num_rows(), rest.quarantined.len(), rest.unknown_fields.len()), (0, 1, 0));
}

#[test]
fn a_page_that_breaks_off_is_no_page_whatever_is_known_of_it() {
    let first = r#"{"id":1,"name":"x"}"#;
    let whole = format!("[{first},{first} , {{\"id\":2}}]");
    for end in 0..whole.len() {
        let mut texts = Texts { known: vec![first.to_owned()], ..Texts::default() };
        let mut decoder = Decoder::new(&TABLE);
        assert!(decoder.page_recalling(&whole.as_bytes()[..end], &mut texts).is_err(), "{end}");
        assert_eq!(decoder.rows(), 0);
    }
    for wrong in [r#"[{"id":1,"name":"x"}{"id":2}]"#, r#"[{"id":1,"name":"x"},]"#, r#"[{"id":1,"name":"x"}] 1"#] {
        let mut texts = Texts { known: vec![first.to_owned()], ..Texts::default() };
        assert!(Decoder::new(&TABLE).page_recalling(wrong.as_bytes(), &mut texts).is_err(), "{wrong}");
    }
}

/// Says a length that leads into the middle of a character, or beyond the end.
struct Wrong(usize);

impl Recall for Wrong {
    fn recall(&mut self, _: &str) -> Option<usize> {
        Some(self.0)
    }

    fn kept(&mut self, _: &str, _: &[&str]) {}
}

#[test]
fn a_wrong_length_is_an_error_and_no_panic() {
    let page = r#"[{"id":1,"name":"þæ"},{"id":2}]"#;
    let right = [r#"{"id":1,"name":"þæ"}"#.len(), page.len() - 2];
    for length in (0..40).filter(|length| !right.contains(length)) {
        assert!(Decoder::new(&TABLE).page_recalling(page.as_bytes(), &mut Wrong(length)).is_err(), "{length}");
    }
    assert!(Decoder::new(&TABLE).page_recalling(page.as_bytes(), &mut Wrong(usize::MAX)).is_err());
}
