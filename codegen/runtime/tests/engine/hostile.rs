//! Whatever bytes come, nothing panics, a page is kept as a whole or not at all, and the batch is sound.

use connectwise_runtime::{Decoder, flatten, flatten_child, row_hashes};

use crate::common::{REAL, Random, TABLE};

const SPLICES: [&[u8]; 16] = [
    b"{", b"}", b"[", b"]", b",", b":", b"\"", b"\\", b"null", b"1e999", b"\\ud800", b"\xff", b"\xc3", b"\0", b"-",
    b" \n",
];

fn mutate(random: &mut Random, page: &mut Vec<u8>) {
    let at = random.below(page.len());
    match random.below(5) {
        0 => page[at] = random.next() as u8,
        1 => drop(page.drain(at..(at + random.below(20)).min(page.len()))),
        2 => drop(page.splice(at..at, random.pick(&SPLICES).iter().copied())),
        3 => {
            let from = random.below(page.len());
            let part = page[from..(from + random.below(60)).min(page.len())].to_vec();
            drop(page.splice(at..at, part));
        }
        _ => {
            let end = (at + 1).min(page.len());
            drop(page.splice(at..end, random.pick(&SPLICES).iter().copied()));
        }
    }
}

#[test]
fn mutated_pages_never_panic() {
    let mut decoder = Decoder::new(&TABLE);
    let (mut read, mut rejected) = (0, 0);
    for seed in 0..30_000 {
        let mut random = Random(seed);
        let mut page = REAL.as_bytes().to_vec();
        for _ in 0..=random.below(4) {
            if !page.is_empty() {
                mutate(&mut random, &mut page);
            }
        }
        let before = decoder.rows();
        match decoder.page(&page) {
            Ok(counts) => {
                assert_eq!(counts.records, counts.kept + counts.quarantined);
                assert_eq!(decoder.rows() as u64, before as u64 + counts.kept);
                read += 1;
                rejected += counts.quarantined;
            }
            Err(error) => {
                assert_eq!(decoder.rows(), before);
                drop(error.to_string());
            }
        }
        drop(decoder.record(&page));
        if seed % 500 == 0 {
            let batch = decoder.finish().unwrap().batch;
            let columns: Vec<usize> = (0..batch.num_columns()).collect();
            assert_eq!(row_hashes(&batch, &columns).unwrap().len(), batch.num_rows());
            assert_eq!(flatten(&TABLE, &batch).unwrap().num_rows(), batch.num_rows());
            for child in TABLE.children {
                flatten_child(&TABLE, child, &batch).unwrap();
            }
        }
    }
    assert!(read > 1000 && rejected > 1000, "{read} {rejected}");
}

/// What `codegen/fuzz` found worth keeping, and small changes of it.
#[test]
fn what_fuzzing_found() {
    let package = std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap());
    let folder = package.join("../fuzz/seeds/decode");
    let mut kept: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    kept.sort();
    assert!(!kept.is_empty());
    let mut random = Random(7);
    for path in kept {
        let bytes = std::fs::read(&path).unwrap();
        crate::fuzzed::check(&bytes);
        for _ in 0..20 {
            let mut page = bytes.clone();
            for _ in 0..=random.below(3) {
                if !page.is_empty() {
                    mutate(&mut random, &mut page);
                }
            }
            crate::fuzzed::check(&page);
        }
    }
}

#[test]
fn what_the_scanner_takes_serde_json_takes_too() {
    // But for raw control characters in strings, lone surrogates and numbers beyond a double, which mutations of this
    // text do not bring about unless they are spliced in.
    for seed in 0..20_000 {
        let mut random = Random(seed);
        let mut page = REAL.as_bytes().to_vec();
        mutate(&mut random, &mut page);
        let Ok(text) = str::from_utf8(&page) else { continue };
        let ours = Decoder::new(&TABLE).page(&page).is_ok();
        let theirs = serde_json::from_str::<Vec<serde_json::Value>>(text);
        let lenient = theirs.as_ref().err().map(ToString::to_string).is_some_and(|error| {
            error.contains("control character")
                || error.contains("surrogate")
                || error.contains("hex escape")
                || error.contains("out of range")
        });
        assert!(ours == theirs.is_ok() || (ours && lenient), "seed {seed}: {ours} {theirs:?}\n{text}");
    }
}

#[test]
fn random_bytes_never_panic() {
    let alphabet = b"{}[]\",:\\u0019dn8ultrefas.-+eE \nid\xc3\xb0";
    for seed in 0..20_000 {
        let mut random = Random(seed);
        let mut page = b"[{\"id\":1,".to_vec();
        page.extend((0..random.below(60)).map(|_| *random.pick(alphabet)));
        drop(Decoder::new(&TABLE).page(&page));
    }
}

#[test]
fn repeated_names_take_no_quadratic_time() {
    let many = |each: &dyn Fn(usize) -> String| (0..50_000).map(each).collect::<Vec<_>>().join(",");
    for page in [
        format!(r#"[{{"id":1,{}}}]"#, many(&|n| format!(r#""x{n}":1"#))),
        format!(r#"[{{"id":1,{}}}]"#, many(&|_| r#""x":1"#.to_owned())),
        format!(r#"[{{"id":1,"_info":{{{}}}}}]"#, many(&|n| format!(r#""x{n}":"1""#))),
        format!(r#"[{{"id":1,{}}}]"#, many(&|_| r#""_info":{"a":"b","a":"c"}"#.to_owned())),
        format!(r#"[{{"id":1,{}}}]"#, many(&|_| r#""tags":["a","b"]"#.to_owned())),
    ] {
        let start = std::time::Instant::now();
        assert_eq!(Decoder::new(&TABLE).page(page.as_bytes()).unwrap().kept, 1);
        assert!(start.elapsed().as_secs() < 10, "{}", &page[..60]);
    }
}
