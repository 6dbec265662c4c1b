//! Where `extract` writes: files, and what is none.

use super::{Scene, ids_of, nothing_but};
use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::Int64Type;
use connectwise_simulator::{Fault, Faults, When};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::json;
use std::collections::BTreeSet;
use std::fs::Permissions;
use std::io::Read as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};

fn companies(scene: &Scene) -> BTreeSet<i64> {
    scene.simulator.world().ids("Company").into_iter().collect()
}

fn make(program: &str, arguments: &[&str], place: &Path) -> bool {
    let status = Command::new(program).arg(place).args(arguments).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_is_written_into_and_stays() {
    let scene = Scene::new().await;
    let (pipe, socket) = (scene.folder.path().join("pipe"), scene.folder.path().join("socket"));
    assert!(make("mkfifo", &[], &pipe));
    for form in ["ndjson", "csv", "parquet"] {
        let from = pipe.clone();
        let reader = std::thread::spawn(move || std::fs::read(from).unwrap());
        let arguments = ["extract", "/company/companies", "--format", form, "--output", pipe.to_str().unwrap()];
        let ran = scene.run(&arguments).await;
        assert_eq!(ran.code, 0, "{form}: {}", ran.err);
        let came = reader.join().unwrap();
        match form {
            "ndjson" => assert_eq!(ids_of(std::str::from_utf8(&came).unwrap()), companies(&scene)),
            "csv" => assert_eq!(came.iter().filter(|byte| **byte == b'\n').count(), companies(&scene).len() + 1),
            _ => assert!(came.starts_with(b"PAR1") && came.ends_with(b"PAR1")),
        }
        assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
    }

    let listener = UnixListener::bind(&socket).unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        listener.accept().unwrap().0.read_to_string(&mut text).unwrap();
        text
    });
    let ran = scene.run(&["extract", "/company/companies", "--output", socket.to_str().unwrap()]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ids_of(&reader.join().unwrap()), companies(&scene));

    // Standard output by its name is a pipe here.
    let ran = scene.run(&["extract", "/company/companies", "--output", "/dev/stdout"]).await;
    assert_eq!((ran.code, ids_of(&ran.out)), (0, companies(&scene)), "{}", ran.err);

    // A device of its own, where this user may make one: nothing of the machine's is at stake.
    let device = scene.folder.path().join("null");
    if make("mknod", &["c", "1", "3"], &device) {
        let ran = scene.run(&["extract", "/company/companies", "--output", device.to_str().unwrap()]).await;
        // Some containers let nobody open it.
        assert!(ran.code == 0 || ran.err.contains("opening"), "{}", ran.err);
        assert!(std::fs::metadata(&device).unwrap().file_type().is_char_device());
        std::fs::remove_file(&device).unwrap();
    }
    nothing_but(scene.folder.path(), &["pipe", "socket"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_stays_the_one_that_it_is() {
    let scene = Scene::new().await;
    let place = |name: &str| scene.folder.path().join(name);
    let extract = |name: &'static str| {
        let scene = &scene;
        async move {
            let ran = scene.run(&["extract", "/company/companies", "--output", name]).await;
            assert_eq!(ran.code, 0, "{}", ran.err);
        }
    };
    let is_written = |name: &str| ids_of(&std::fs::read_to_string(place(name)).unwrap()) == companies(&scene);

    std::fs::write(place("private"), "old").unwrap();
    std::fs::set_permissions(place("private"), Permissions::from_mode(0o600)).unwrap();
    extract("private").await;
    assert!(is_written("private"));
    assert_eq!(std::fs::metadata(place("private")).unwrap().permissions().mode() & 0o777, 0o600);

    std::fs::write(place("one"), "old").unwrap();
    std::fs::hard_link(place("one"), place("other")).unwrap();
    extract("one").await;
    assert!(is_written("one") && is_written("other"));
    assert_eq!(std::fs::metadata(place("one")).unwrap().nlink(), 2);

    std::fs::create_dir(place("folder")).unwrap();
    std::os::unix::fs::symlink("folder/end", place("link")).unwrap();
    for _ in 0..2 {
        // The first time there is nothing at its end.
        extract("link").await;
        assert!(std::fs::symlink_metadata(place("link")).unwrap().is_symlink());
        assert!(is_written("folder/end"));
    }
    nothing_but(&place("folder"), &["end"]);
    extract("new").await;
    assert_eq!(std::fs::metadata(place("new")).unwrap().permissions().mode() & 0o111, 0);

    // What a shell opened to append to is appended to.
    std::fs::write(place("log"), "{\"id\":-1}\n").unwrap();
    let log = std::fs::File::options().append(true).open(place("log")).unwrap();
    let mut command = scene.command(&["extract", "/company/companies", "--output", "/dev/stdout"]);
    command.stdout(log);
    let ran = tokio::task::spawn_blocking(move || command.status().unwrap()).await.unwrap();
    assert!(ran.success());
    let ids = ids_of(&std::fs::read_to_string(place("log")).unwrap());
    assert!(ids.contains(&-1) && ids.len() == companies(&scene).len() + 1, "{ids:?}");
    nothing_but(scene.folder.path(), &["private", "one", "other", "folder", "link", "new", "log"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_is_gone_when_someone_asks_for_the_end() {
    let scene = Scene::new().await;
    let world = scene.simulator.world();
    // Longer than any test waits.
    let late = Fault::Delay { millis: 60_000 };
    world.faults(Faults::default().with_kind("/company/companies", "list", When::Always, late));
    std::fs::write(scene.folder.path().join("old.csv"), "old").unwrap();
    for (signal, name) in [("-INT", "old.csv"), ("-TERM", "new.csv")] {
        world.clear_requests();
        let mut command = scene.command(&["extract", "/company/companies", "--format", "csv", "--output", name]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        while world.requests().total < 1 && child.try_wait().unwrap().is_none() {
            tokio::task::yield_now().await;
        }
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && text.contains("stopped on request"), "{text}");
        nothing_but(scene.folder.path(), &["old.csv"]);
        assert_eq!(std::fs::read_to_string(scene.folder.path().join("old.csv")).unwrap(), "old");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parquet_takes_mixed_values_and_any_choice_of_fields() {
    let scene = Scene::new().await;
    let tickets = vec![
        json!({ "id": 1, "v": 4, "large": 9_223_372_036_854_775_808_u64, "_info": {} }),
        json!({ "id": 2, "v": "x", "large": 1, "_info": {} }),
    ];
    scene.simulator.world().serve("/company/contacts", tickets);
    let place = scene.folder.path().join("out.parquet");
    let place = place.to_str().unwrap();
    let read = || {
        let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(place).unwrap()).unwrap();
        let batches: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
        arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap()
    };
    let ran = scene.run(&["extract", "/company/contacts", "--format", "parquet", "--output", place]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    let batch = read();
    let text = |name: &str| batch[name].as_string::<i32>().iter().map(|text| text.unwrap()).collect::<Vec<_>>();
    assert_eq!((text("v"), text("large")), (vec!["4", "x"], vec!["9223372036854775808", "1"]));
    assert_eq!(text("_info"), ["{}", "{}"]);

    for (endpoint, fields, columns, rows) in [
        ("/time/entries", "actualHours,company/name", &["company", "actualHours", "_unknown"][..], 2_300),
        ("/company/companies", "identifier,id", &["id", "identifier", "_unknown"], 12),
        ("/company/companies/1", "id", &["id", "_unknown"], 1),
    ] {
        let arguments = ["extract", endpoint, "--fields", fields, "--format", "parquet", "--output", place];
        let ran = scene.run(&arguments).await;
        assert_eq!(ran.code, 0, "{endpoint}: {}", ran.err);
        let batch = read();
        let schema = batch.schema();
        let names: BTreeSet<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!((names, batch.num_rows()), (columns.iter().copied().collect(), rows), "{endpoint}");
        if let Some(ids) = batch.column_by_name("id") {
            assert_eq!(ids.as_primitive::<Int64Type>().null_count(), 0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn excel_gets_what_it_reads() {
    let scene = Scene::new().await;
    let formula = json!({ "id": 9001, "notes": "=1+1", "actualHours": 1.5, "internalNotes": "" });
    scene.simulator.world().put("TimeEntry", formula);
    let fields = ["--fields", "id,notes,actualHours,internalNotes", "--conditions", "id = 9001"];
    for (flags, mark, separator, end, cells) in [
        (&["--excel"][..], "\u{feff}", ';', "\r\n", ["9001", "\"'=1+1\"", "1,5", "\"\""]),
        (&["--format", "csv", "--excel=english"], "\u{feff}", ',', "\r\n", ["9001", "\"'=1+1\"", "1.5", "\"\""]),
        (&["--format", "csv"], "", ',', "\n", ["9001", "=1+1", "1.5", "\"\""]),
    ] {
        let ran = scene.run(&[&["extract", "/time/entries"][..], &fields, flags].concat()).await;
        assert_eq!(ran.code, 0, "{}", ran.err);
        let text = ran.out.strip_prefix(mark).unwrap().strip_suffix(end).unwrap();
        let (header, row) = text.split_once(end).unwrap();
        let found: BTreeSet<(&str, &str)> = header.split(separator).zip(row.split(separator)).collect();
        let names = ["id", "notes", "actualHours", "internalNotes"];
        assert_eq!(found, names.into_iter().zip(cells).collect(), "{}", ran.out);
    }
    let refused = scene.run(&["extract", "/time/entries", "--excel", "--format", "ndjson"]).await;
    assert!(refused.code == 2 && refused.err.contains("--excel"), "{}", refused.err);
}
