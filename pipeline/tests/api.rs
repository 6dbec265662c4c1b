//! Commands that talk to the API, as a person meets them, against the simulator.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't be set up has failed")]

#[path = "api/conditions.rs"]
mod conditions;
#[cfg(unix)]
#[path = "api/outputs.rs"]
mod outputs;
#[path = "api/screen.rs"]
mod screen;

use arrow::array::AsArray as _;
use arrow::datatypes::Int64Type;
use connectwise_simulator::{Config, Counts, Fault, Faults, Scale, Simulator, When};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};

const SMALL: Counts =
    Counts { companies: 12, members: 6, agreements: 24, time_entries: 2_300, expenses: 40, products: 40, invoices: 30 };

struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// A simulator and the command's way to it.
struct Scene {
    simulator: Simulator,
    config: Config,
    folder: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let config = Config { scale: Scale::Custom(SMALL), ..Config::default() };
        let simulator = Simulator::start(config.clone()).await.unwrap();
        Self { simulator, config, folder: tempfile::tempdir().unwrap() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_connectwise-etl"));
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("CW_LAKEHOUSE", self.folder.path().join("lake"))
            .env("CW_BASE_URL", self.simulator.base_url())
            .env("CW_AUTH_USERNAME", &self.config.username)
            .env("CW_AUTH_PASSWORD", &self.config.password)
            .env("CW_CLIENTID", &self.config.client_id)
            .current_dir(self.folder.path());
        command
    }

    async fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments)).await
    }
}

/// Runs a command while the simulator goes on.
async fn ran(mut command: Command) -> Ran {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

fn ids_of(lines: &str) -> BTreeSet<i64> {
    let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["id"].as_i64().unwrap();
    let ids: BTreeSet<i64> = lines.lines().map(id).collect();
    assert_eq!(ids.len(), lines.lines().count(), "an id came twice");
    ids
}

fn all_ids(scene: &Scene) -> BTreeSet<i64> {
    scene.simulator.world().ids("TimeEntry").into_iter().collect()
}

fn nothing_but(folder: &Path, names: &[&str]) {
    let found: BTreeSet<String> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(found, names.iter().map(|name| (*name).to_owned()).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn ndjson_goes_to_standard_output_or_a_file() {
    let scene = Scene::new().await;
    for arguments in [&["extract", "time/entries/"][..], &["extract", "/time/entries", "--output", "-"]] {
        let ran = scene.run(arguments).await;
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert_eq!(ids_of(&ran.out), all_ids(&scene));
        assert!(ran.err.contains("2,300 records"), "{}", ran.err);
    }
    let ran = scene.run(&["extract", "/time/entries", "--fields", "id,company/name", "--output", "times.ndjson"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    let text = std::fs::read_to_string(scene.folder.path().join("times.ndjson")).unwrap();
    assert_eq!(ids_of(&text), all_ids(&scene));
    let first: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert!(first["company"]["name"].is_string() && first.get("notes").is_none(), "{first}");
    nothing_but(scene.folder.path(), &["times.ndjson"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_has_a_header_and_every_value() {
    let scene = Scene::new().await;
    let awkward = json!({ "id": 9001, "notes": "a, \"b\"\nc", "actualHours": 1.50, "customFields": [{ "id": 1 }] });
    scene.simulator.world().put("TimeEntry", awkward);
    let condition = "id >= 2299 and id <= 9001";
    let fields = "id,notes,actualHours,customFields";
    let arguments = ["extract", "/time/entries", "--conditions", condition, "--fields", fields, "--format", "csv"];
    let ran = scene.run(&arguments).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    let (header, rows) = ran.out.split_once('\n').unwrap();
    let names: BTreeSet<&str> = header.split(',').collect();
    assert_eq!(names, fields.split(',').collect());
    assert!(rows.contains("\"a, \"\"b\"\"\nc\"") && rows.contains("9001"), "{rows}");
    assert!(rows.contains("\"[{\"\"id\"\":1"), "{rows}");
}

#[tokio::test(flavor = "multi_thread")]
async fn parquet_has_the_columns_of_the_entity_or_those_that_are_found() {
    let scene = Scene::new().await;
    let tickets: Vec<Value> = (1..=5).map(|id| json!({ "id": id, "summary": format!("ticket {id}") })).collect();
    scene.simulator.world().serve("/company/contacts", tickets);
    for (endpoint, rows, column) in [("/time/entries", 2_300, "_unknown"), ("/company/contacts", 5, "summary")] {
        let place = scene.folder.path().join("out.parquet");
        let ran = scene.run(&["extract", endpoint, "--format", "parquet", "--output", place.to_str().unwrap()]).await;
        assert_eq!(ran.code, 0, "{}", ran.err);
        let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&place).unwrap()).unwrap();
        let batches: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
        assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), rows, "{endpoint}");
        assert!(batches[0].column_by_name(column).is_some(), "{endpoint}");
        let ids = batches.iter().flat_map(|batch| batch["id"].as_primitive::<Int64Type>().values().to_vec());
        assert_eq!(ids.collect::<BTreeSet<_>>().len(), rows, "{endpoint}");
    }
    // Down a pipe too, whole.
    let mut command = scene.command(&["extract", "/company/companies", "--format", "parquet", "--output", "-"]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.stdout.starts_with(b"PAR1") && output.stdout.ends_with(b"PAR1"), "{:?}", output.status);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_of_output_holds_the_value_of_a_password() {
    let scene = Scene::new().await;
    let fields =
        json!([{ "value": "hunter2", "id": 1, "type": "Password" }, { "id": 2, "type": "Text", "value": "x" }]);
    let question = json!({ "question": "Key?", "answer": "hunter2", "fieldType": "password" });
    let devices: Vec<Value> =
        (1..=3).map(|id| json!({ "id": id, "customFields": fields, "questions": [question] })).collect();
    scene.simulator.world().serve("/company/configurations", devices);
    scene.simulator.world().put("Agreement", json!({ "id": 900, "name": "Samningur", "customFields": fields }));
    for endpoint in ["/company/configurations", "/finance/agreements"] {
        for form in ["ndjson", "csv", "parquet"] {
            let place = scene.folder.path().join(form);
            let output = place.to_str().unwrap();
            let ran = scene.run(&["extract", endpoint, "--format", form, "--output", output]).await;
            assert_eq!(ran.code, 0, "{}", ran.err);
            let bytes = std::fs::read(&place).unwrap();
            let mut text = String::from_utf8_lossy(&bytes).into_owned();
            if form == "parquet" {
                let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&place).unwrap()).unwrap();
                let batches: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
                text += &arrow::util::pretty::pretty_format_batches(&batches).unwrap().to_string();
            }
            assert!(text.contains("Password") && !text.contains("hunter2"), "{endpoint} {form}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_before_anything_is_asked() {
    let scene = Scene::new().await;
    let long = format!("notes = \"{}\"", "þ".repeat(400));
    for (arguments, words) in [
        (&["/time/entries", "--conditions", "id = 1 or or"][..], &["letter 11", "^"][..]),
        (&["/time/entries", "--conditions", "password = \"a\""], &["sensitive"]),
        (&["/time/entries", "--fields", "id,token"], &["sensitive"]),
        (&["/time/entries", "--order-by", "id sideways"], &["no order"]),
        (&["/time/entries?conditions=id>0"], &["'?'", "--conditions"]),
        (&["/time/../system/members"], &["no list"]),
        (&["/time/entries", "--conditions", &long], &["characters long", "2000"]),
        (&["/time/entries", "--output", "."], &["names no file"]),
        (&["/time/entries", "--workers", "0"], &["--workers"]),
        (&["/time/entries", "--requests-per-minute", "many"], &["--requests-per-minute"]),
    ] {
        let ran = scene.run(&[&["extract"], arguments].concat()).await;
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        for word in words {
            assert!(ran.err.contains(word), "{word}: {}", ran.err);
        }
        assert!(ran.out.is_empty(), "{}", ran.out);
    }
    assert_eq!(scene.simulator.world().requests().total, 0);
    nothing_but(scene.folder.path(), &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_fails_is_an_error_and_one_that_is_missing_is_told() {
    let scene = Scene::new().await;
    let world = scene.simulator.world();
    let broken = Faults::default().with_kind("/time/entries", "count", When::Always, Fault::Html);
    world.faults(broken);
    let mut command = scene.command(&["extract", "/time/entries", "--limit", "5"]);
    // Eight tries take half a minute.
    command.arg("--quiet");
    let ran = ran(command).await;
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("/time/entries/count") && ran.err.contains("web page"), "{}", ran.err);
    assert!(ran.out.is_empty());

    world.faults(Faults::default());
    let ran = scene.run(&["extract", "/company/companies/1"]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("counts nothing"), "{}", ran.err);
    assert_eq!(ids_of(&ran.out), BTreeSet::from([1]));

    world.faults(Faults::default().with_kind("/time/entries", "count", When::Always, Fault::WrongCount { by: 3 }));
    let ran = scene.run(&["extract", "/time/entries", "--output", "times.ndjson"]).await;
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("2300 records came, but the API counts 2303"), "{}", ran.err);
    nothing_but(scene.folder.path(), &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_member_comes_without_secrets_and_none_are_asked_for() {
    let scene = Scene::new().await;
    let ran = scene.run(&["extract", "/system/members/1"]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    let member: Value = serde_json::from_str(&ran.out).unwrap();
    assert!(member["identifier"].is_string() && member["_info"].is_object(), "{member}");
    assert!(["password", "token", "clientId"].iter().all(|name| member.get(name).is_none()), "{member}");
    let log = scene.simulator.world().requests();
    let asked: Vec<_> = log.lines.iter().filter(|line| line.path == "/system/members/1").collect();
    assert!(!asked.is_empty());
    for line in asked {
        let fields = line.parameter("fields").unwrap_or_else(|| panic!("the whole record was asked for: {line:?}"));
        assert!(!fields.split(',').any(|name| ["password", "token", "clientId"].contains(&name)), "{fields}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_has_enough_ends_the_command_quietly() {
    let scene = Scene::new().await;
    let (code, first, said) = {
        let mut command = scene.command(&["extract", "/time/entries", "--page-size", "50"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().unwrap();
            let mut out = child.stdout.take().unwrap();
            let mut first = [0; 100];
            out.read_exact(&mut first).unwrap();
            drop(out);
            let ended = child.wait_with_output().unwrap();
            (ended.status.code(), first, String::from_utf8(ended.stderr).unwrap())
        })
        .await
        .unwrap()
    };
    assert_eq!(code, Some(0), "{said}");
    assert!(first.starts_with(b"{") && !said.contains("error") && !said.contains("panicked"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_whole_however_an_endpoint_pages() {
    let scene = Scene::new().await;
    let world = scene.simulator.world();
    for faults in [
        Faults::default().without_forward_only("/"),
        Faults::default().without_forward_only("/").without_link("/"),
        // Forward only, but no page names the next.
        Faults::default().without_link("/"),
        Faults::default().with("", When::Probability(0.3), Fault::DuplicateRow),
    ] {
        world.faults(faults.clone());
        for page_size in ["1000", "100", "46"] {
            let ran = scene.run(&["extract", "/time/entries", "--fields", "id", "--page-size", page_size]).await;
            assert_eq!(ran.code, 0, "{faults:?} {page_size}: {}", ran.err);
            assert_eq!(ids_of(&ran.out), all_ids(&scene), "{faults:?} {page_size}");
        }
        let ran = scene.run(&["extract", "/time/entries", "--order-by", "actualHours desc"]).await;
        assert_eq!(ran.code, 0, "{faults:?}: {}", ran.err);
        assert_eq!(ids_of(&ran.out), all_ids(&scene), "{faults:?}");
        let ran = scene.run(&["extract", "/time/entries", "--fields", "notes,company/name"]).await;
        assert_eq!((ran.code, ran.out.lines().count()), (0, 2_300), "{faults:?}: {}", ran.err);
        let first: Value = serde_json::from_str(ran.out.lines().next().unwrap()).unwrap();
        assert!(first.get("id").is_none() && first["company"].get("id").is_none(), "{first}");
    }
    // By id, and not by page numbers, which skip rows when others go.
    world.faults(Faults::default().without_forward_only("/"));
    world.clear_requests();
    scene.run(&["extract", "/time/entries"]).await;
    let log = world.requests();
    assert!(log.of("/time/entries").all(|line| line.parameter("page").is_none()));
    assert!(log.of("/time/entries").any(|line| line.parameter("conditions").is_some_and(|text| text.contains("id >"))));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_stays_on_this_machine_goes_over_a_proxy() {
    let scene = Scene::new().await;
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let mut command = scene.command(&["extract", "/company/companies"]);
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"] {
        command.env(name, &address);
    }
    let ran = ran(command).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(proxy.accept().is_err(), "the proxy saw the login");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pace_is_set_by_flag_or_environment() {
    let scene = Scene::new().await;
    let mut command = scene.command(&["doctor"]);
    command.env("CW_WORKERS", "no number");
    let told = ran(command).await;
    assert!(told.code == 2 && told.err.contains("--workers"), "{}", told.err);
    let mut command = scene.command(&["extract", "/company/companies", "--workers", "2"]);
    command.env("CW_REQUESTS_PER_MINUTE", "0").env("CW_WORKERS", "3");
    assert_eq!(ran(command).await.code, 0);
    for command in ["run", "reconcile", "extract", "doctor"] {
        let help = scene.run(&[command, "--help"]).await.out;
        assert!(help.contains("CW_REQUESTS_PER_MINUTE") && help.contains("--workers"), "{command}: {help}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_bomb_stays_within_little_memory() {
    let scene = Scene::new().await;
    let bomb = Fault::GzipBomb { mebibytes: 6_400 };
    scene.simulator.world().faults(Faults::default().with_kind("/company/companies", "list", When::Always, bomb));
    let extract = scene.command(&["extract", "/company/companies", "--page-size", "1"]);
    // The same under a limit of the address space, in KiB: threads reserve much of it and use little.
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -v 3000000; exec \"$0\" \"$@\""]).arg(extract.get_program()).args(extract.get_args());
    limited.env_clear().envs(extract.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ran = ran(limited).await;
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("larger than"), "{}", ran.err);
}

fn line<'o>(out: &'o str, name: &str) -> &'o str {
    let found = out.lines().find(|line| line.split_whitespace().nth(1) == Some(name));
    found.unwrap_or_else(|| panic!("no {name} in {out}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_has_a_line_for_each_and_a_document_for_programs() {
    let scene = Scene::new().await;
    let ran = scene.run(&["doctor"]).await;
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    for name in ["address", "dns", "connection", "tls", "login", "clientId", "version", "TimeEntry", "storage"] {
        assert!(line(&ran.out, name).starts_with('✓'), "{}", ran.out);
    }
    let ran = scene.run(&["doctor", "--json"]).await;
    assert_eq!(ran.code, 0);
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document["well"], true);
    let checks = document["checks"].as_array().unwrap();
    assert!(checks.iter().any(|check| check["name"] == "clientId" && check["state"] == "well"), "{document}");

    scene.simulator.world().faults(Faults::default().with("/system/info", When::Always, Fault::Forbidden));
    let ran = scene.run(&["doctor"]).await;
    assert_eq!(ran.code, 0, "one right that is missing is no failed login: {}", ran.out);
    assert!(line(&ran.out, "version").starts_with('–'), "{}", ran.out);

    scene.simulator.world().faults(Faults::default().with("/", When::Always, Fault::Forbidden));
    let ran = scene.run(&["doctor", "--json"]).await;
    assert_eq!(ran.code, 1);
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    let of = |name: &str| {
        let checks = document["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == name).unwrap().clone()
    };
    assert_eq!((of("login")["state"].as_str(), of("Company")["state"].as_str()), (Some("failed"), Some("skipped")));
    assert!(of("login")["advice"].as_str().unwrap().contains("CW_CLIENTID"), "{document}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_staging_folder_that_can_t_be_used_is_told_by_the_doctor() {
    let scene = Scene::new().await;
    let file = scene.folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let mut command = scene.command(&["doctor"]);
    command.env("CW_STAGING", &file);
    let found = ran(command).await;
    assert_eq!(found.code, 1, "{}", found.out);
    assert!(line(&found.out, "staging").starts_with('✗') && found.out.contains("CW_STAGING"), "{}", found.out);
    assert!(line(&found.out, "commit").starts_with('✓'), "{}", found.out);
    nothing_but(scene.folder.path(), &["file"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_version_that_is_asked_for_can_be_set() {
    let scene = Scene::new().await;
    scene.simulator.world().faults(Faults::default().with_version("2024.3", 400));
    let ran = scene.run(&["extract", "/company/companies", "--fields", "id"]).await;
    let refused = ran.err.clone();
    assert_eq!(ran.code, 1, "{refused}");
    let mut command = scene.command(&["extract", "/company/companies", "--fields", "id"]);
    command.env("CW_API_VERSION", "2024.3");
    let ran = self::ran(command).await;
    assert_eq!((ran.code, ran.out.lines().count()), (0, 12), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_none_is_told_on_the_line_of_tls() {
    let scene = Scene::new().await;
    // Plain HTTP where TLS is expected.
    let mut command = scene.command(&["doctor"]);
    command.env("CW_BASE_URL", scene.simulator.base_url().replace("http://", "https://"));
    let ran = ran(command).await;
    assert_eq!(ran.code, 1);
    assert!(line(&ran.out, "connection").starts_with('✓'), "{}", ran.out);
    assert!(line(&ran.out, "tls").starts_with('✗'), "{}", ran.out);
    assert!(line(&ran.out, "login").contains("not checked"), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lakehouse_of_another_source_is_refused_and_both_are_named() {
    let scene = Scene::new().await;
    let lake = scene.folder.path().join("lake");
    let company = ["run", "--entities", "Company", "--layers", "bronze"];
    assert_eq!(scene.run(&company).await.code, 0);
    let own = scene.simulator.base_url().split('/').nth(2).unwrap().to_owned();
    let elsewhere = |arguments: &[&str]| {
        let mut command = scene.command(arguments);
        command.env("CW_BASE_URL", "https://cw.example.com/v4_6_release/apis/3.0");
        command
    };
    for arguments in [&company[..], &["run", "--dry-run"], &["reconcile"], &["reconcile", "--apply"], &["replay"]] {
        let ran = self::ran(elsewhere(arguments)).await;
        assert_eq!(ran.code, 2, "{arguments:?}: {}{}", ran.out, ran.err);
        for word in [own.as_str(), "cw.example.com", "company demo", "--change-source"] {
            assert!(ran.err.contains(word), "{arguments:?}: {word}: {}", ran.err);
        }
        assert!(ran.out.is_empty(), "{arguments:?}: {}", ran.out);
    }
    let refused = ran(elsewhere(&["replay", "--json"])).await;
    assert_eq!(serde_json::from_str::<Value>(&refused.out).unwrap()["status"], "failed");
    let status: Value = serde_json::from_str(&scene.run(&["status", "--json"]).await.out).unwrap();
    assert_eq!(status["source"], json!({ "address": own, "company": "demo" }));

    // What is no connection at all is nobody's.
    let mut unconnected = scene.command(&["replay"]);
    unconnected.env_remove("CW_BASE_URL");
    assert_eq!(self::ran(unconnected).await.code, 0);

    // Made-up data and real data don't mix, whichever came first.
    let ran = scene.run(&["demo"]).await;
    assert!(ran.code == 2 && ran.err.contains(&own) && ran.err.contains("demo"), "{}", ran.err);
    std::fs::remove_dir_all(&lake).unwrap();
    std::fs::create_dir(&lake).unwrap();
    std::fs::write(lake.join(".connectwise-etl-demo"), "as an earlier version did").unwrap();
    let ran = scene.run(&company).await;
    assert!(ran.code == 2 && ran.err.contains(&own) && ran.err.contains("made up"), "{}", ran.err);
    nothing_but(&lake, &[".connectwise-etl-demo"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_since_in_the_future_is_told_wherever_a_run_is() {
    let scene = Scene::new().await;
    let run = |more: &[&'static str]| {
        let since = ["run", "--entities", "Company", "--layers", "bronze", "--since", "2099-01-01"];
        scene.command(&[&since, more].concat())
    };
    let told = "warning: --since 2099-01-01T00:00:00Z is in the future";
    for more in [&[][..], &["--quiet"], &["--dry-run"]] {
        let ran = ran(run(more)).await;
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert_eq!(ran.err.matches(told).count(), 1, "{more:?}: {}", ran.err);
    }
    for more in [&["--json"][..], &["--json", "--dry-run"]] {
        let ran = ran(run(more)).await;
        let document: Value = serde_json::from_str(&ran.out).unwrap();
        let warnings = document["warnings"].as_array().unwrap();
        assert!(warnings.len() == 1 && warnings[0].as_str().unwrap().contains("in the future"), "{document}");
    }
    // The window of the next run is what it would have been.
    let ran = scene.run(&["run", "--entities", "Company", "--layers", "bronze", "--json"]).await;
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document["entities"][0]["counts"]["inserted"], 12, "{document}");
    assert_eq!((&document["warnings"], &document["entities"][0]["window"]), (&json!([]), &json!("everything")));
}
