use super::*;
use crate::testing::Screen;

#[test]
fn plain_lines_tell_rows_of_count_retries_and_waits() {
    let screen = Screen::default();
    let progress = Progress::lines(Box::new(screen.clone()), Duration::ZERO);
    let entity = progress.entity("TimeEntry", None);
    entity.expect(5000);
    let worker = entity.clone();
    worker.rows(1000);
    worker.retry(Duration::from_secs(30), "HTTP 429: Too many requests.");
    entity.rows(4000);
    entity.done();
    let text = screen.text();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("TimeEntry: 1,000 of 5,000 records"), "{text}");
    assert!(lines[1].ends_with("1 request tried again, waiting 30 s: HTTP 429: Too many requests."), "{text}");
    assert!(lines[2].contains("5,000 of 5,000 records") && !lines[2].contains("waiting"), "{text}");
    assert!(lines[3].starts_with("TimeEntry: 5,000 records in "), "{text}");
    assert!(lines[3].ends_with("s, 1 request tried again"), "{text}");
    assert!(!text.contains('\u{1b}') && !text.contains('\r'), "no terminal codes: {text:?}");
}

#[test]
fn more_than_was_counted_is_no_more_than_the_total() {
    let screen = Screen::default();
    let entity = Progress::lines(Box::new(screen.clone()), Duration::ZERO).entity("TimeEntry", None);
    entity.expect_more(1000);
    entity.rows(1000);
    entity.rows(199);
    entity.expect_more(50);
    entity.rows(50);
    let text = screen.text();
    for line in ["1,000 of 1,000", "1,199 of 1,199", "1,249 of 1,249"] {
        assert!(text.contains(&format!("TimeEntry: {line} records")), "{text}");
    }
}

#[test]
fn few_lines_where_much_happens() {
    let screen = Screen::default();
    let progress = Progress::lines(Box::new(screen.clone()), Duration::from_secs(3600));
    let entity = progress.entity("TimeEntry", Some(1_000_000));
    for _ in 0..1000 {
        entity.rows(1000);
        entity.retry(Duration::from_millis(250), "cut off");
    }
    entity.failed("gave up\nsecond line");
    assert_eq!(screen.text(), "TimeEntry: failed: gave up\n");
}
