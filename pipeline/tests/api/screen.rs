//! What a person reads on the screen: once, with what to do, and no wider than it.

use super::{Ran, Scene, nothing_but, ran};
use serde_json::json;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread::JoinHandle;

const WIDTH: usize = 80;

/// Runs a command that stages its rows in the scene's folder, with these variables.
async fn run(scene: &Scene, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    let mut command = scene.command(arguments);
    command.env("CW_STAGING", scene.folder.path().join("staging")).envs(environment.iter().copied());
    ran(command).await
}

/// The lines that are wider than the screen; one of them may be a path that can't be broken.
fn too_wide<'t>(text: &'t str, folder: &Path) -> Vec<&'t str> {
    let folder = folder.to_str().unwrap();
    text.lines().filter(|line| line.chars().count() > WIDTH && !line.contains(folder)).collect()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_machine_without_certificates_is_told_what_it_lacks() {
    let scene = Scene::new().await;
    let none = [("SSL_CERT_FILE", "/dev/null"), ("SSL_CERT_DIR", "/there/are/none")];
    let bare = run(&scene, &["run", "--layers", "bronze"], &none).await;
    assert_eq!(bare.code, 1, "{}", bare.err);
    assert!(bare.err.contains("certificate") && bare.err.contains("install ca-certificates"), "{}", bare.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_quarantine_is_told_until_it_left() {
    let scene = Scene::new().await;
    // Too old for any window but the first, which reads everything.
    let old = json!({ "lastUpdated": "2001-01-01T00:00:00Z" });
    scene.simulator.world().put("Company", json!({ "id": 9001, "identifier": { "no": "text" }, "_info": old }));
    let arguments = ["run", "--layers", "bronze", "--entities", "Company"];
    let first = run(&scene, &arguments, &[]).await;
    assert_eq!(first.code, 0, "{}", first.err);
    assert!(first.out.contains("! Company: 1 record in quarantine\n"), "{}", first.out);
    assert!(!first.out.contains("earlier runs"), "{}", first.out);

    let later = run(&scene, &arguments, &[]).await;
    assert_eq!(later.code, 0, "{}", later.err);
    let line = "! 1 record is in quarantine from earlier runs  → connectwise-etl status";
    assert_eq!(later.out.lines().filter(|shown| *shown == line).count(), 1, "{}", later.out);
    let quiet = run(&scene, &[&["--quiet"][..], &arguments].concat(), &[]).await;
    assert_eq!((quiet.code, quiet.out.as_str()), (0, ""), "{}", quiet.err);

    let json = run(&scene, &[&arguments[..], &["--json"]].concat(), &[]).await;
    let document: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(document["inQuarantine"], json!({ "Company": 1 }));
    let took = document["seconds"].as_object().unwrap();
    assert!(took.len() == 1 && took["bronze"].as_f64() > Some(0.0), "a time for each layer of the run: {took:?}");

    let compared = run(&scene, &["reconcile", "--entities", "Company"], &[]).await;
    assert_eq!(compared.code, 0, "{}", compared.err);
    let lines = [
        "Company: 1 record that bronze lacks is in quarantine",
        "    → connectwise-etl status  says why",
        "    → connectwise-etl replay  tries what is there again",
    ];
    assert!(compared.out.contains(&format!("\n{}\n", lines.join("\n"))), "{}", compared.out);

    // It fits now.
    let now = json!({ "lastUpdated": scene.simulator.world().now() });
    scene.simulator.world().put("Company", json!({ "id": 9001, "identifier": "text", "name": "x", "_info": now }));
    let fits = run(&scene, &arguments, &[]).await;
    assert!(fits.code == 0 && !fits.out.contains("quarantine from"), "{}{}", fits.out, fits.err);

    let asked = run(&scene, &["query", "SELECT identifer FROM bronze.cw_company"], &[]).await;
    assert_eq!((asked.code, asked.out.as_str()), (1, ""), "{}", asked.err);
    let told: Vec<&str> = asked.err.lines().collect();
    assert!(told.len() == 3 && told[1].starts_with("  like it: identifier"), "{}", asked.err);
    assert_eq!(told[0], "error: the query can't be run: there is no column identifer");
    assert_eq!(told[2], "  → connectwise-etl query \"DESCRIBE bronze.cw_company\"");
    let listed = run(&scene, &["query", "DESCRIBE bronze.cw_company"], &[]).await;
    assert!(listed.code == 0 && listed.out.contains("│ identifier "), "{}{}", listed.out, listed.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_and_init_keep_to_the_screen() {
    let scene = Scene::new().await;
    let folder = scene.folder.path();
    for (arguments, words) in [
        (&["doctor"][..], ["filters by lastUpdated, the newest change", "read below each Agreement"]),
        (&["init", "--yes", "--output", "x.env"], ["That is about", "x.env is written. It holds a private key"]),
    ] {
        let ran = run(&scene, arguments, &[]).await;
        assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.out, ran.err);
        let said = format!("{}{}", ran.out, ran.err);
        assert_eq!(too_wide(&said, folder), [""; 0], "{arguments:?}");
        let joined = said.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(joined.contains(word), "{word}: {said}");
        }
    }
    let wrong = run(&scene, &["doctor"], &[("CW_AUTH_PASSWORD", "wr0ng-key")]).await;
    assert_eq!((wrong.code, too_wide(&wrong.out, folder)), (1, vec![]), "{}", wrong.err);
    assert!(wrong.out.contains("→ check CW_AUTH_USERNAME"), "{}", wrong.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_not_there_is_told_once_with_what_to_do() {
    let scene = Scene::new().await;
    for arguments in [&["extract", "/no/such"][..], &["extract", "/no/such", "--output", "x.parquet"]] {
        let ran = run(&scene, arguments, &[]).await;
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{}", ran.err);
        assert!(ran.err.starts_with("error: nothing at http://") && ran.err.lines().count() == 1, "{}", ran.err);
        for word in ["HTTP 404", "look /no/such up", "developer.connectwise.com", "connectwise-etl doctor"] {
            assert_eq!(ran.err.matches(word).count(), 1, "{word}: {}", ran.err);
        }
    }
    nothing_but(scene.folder.path(), &[]);
}

/// Listens, and returns the first request that comes.
fn first_request() -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let served = std::thread::spawn(move || {
        let mut reader = BufReader::new(listener.accept().unwrap().0);
        let (mut head, mut length) = (String::new(), 0);
        while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {
            let last = head.lines().next_back().unwrap_or_default().to_lowercase();
            length = last.strip_prefix("content-length: ").map_or(length, |text| text.parse().unwrap());
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let answer = "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        reader.into_inner().write_all(answer.as_bytes()).unwrap();
        head + &String::from_utf8(body).unwrap()
    });
    (address, served)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_that_is_told_of_failures_can_be_in_a_file_and_is_not_printed() {
    const VARIABLE: &str = "CW_ON_FAILURE_WEBHOOK_FILE";
    let scene = Scene::new().await;
    let file = scene.folder.path().join("webhook");
    let file = file.to_str().unwrap();
    let (address, served) = first_request();
    std::fs::write(file, format!("\u{feff}http://{address}/hook?sig=s3cret\r\n")).unwrap();
    let wrong = ("CW_AUTH_PASSWORD", "wr0ng-key");
    let ran = run(&scene, &["-v", "run"], &[wrong, (VARIABLE, file)]).await;
    assert_eq!(ran.code, 1, "{}", ran.err);
    // Where nobody was told, this is the first request.
    if let Ok(mut stream) = TcpStream::connect(&address) {
        stream.write_all(b"GET /nobody HTTP/1.1\r\n\r\n").unwrap();
    }
    let told = served.join().unwrap();
    assert!(told.starts_with("POST /hook?sig=s3cret HTTP/1.1\r\n") && told.contains("CW_AUTH_PASSWORD"), "{told}");
    assert!(!ran.err.contains("s3cret") && !ran.out.contains("s3cret"), "{}{}", ran.out, ran.err);

    // A file that can't be read, or holds no address, is refused before anything is asked.
    scene.simulator.world().clear_requests();
    for (content, words) in [
        (None, [VARIABLE, "/nowhere"]),
        (Some("s3cret\n"), ["its file", "no web address"]),
        (Some("\"https://example.com/s3cret\""), [VARIABLE, "quote"]),
        (Some(" \n"), [VARIABLE, "empty"]),
    ] {
        let place = if content.is_some() { file } else { "/nowhere" };
        std::fs::write(file, content.unwrap_or_default()).unwrap();
        let ran = run(&scene, &["run"], &[(VARIABLE, place)]).await;
        assert_eq!((ran.code, ran.err.contains("s3cret")), (2, false), "{}", ran.err);
        assert!(words.iter().all(|word| ran.err.contains(word)), "{words:?}: {}", ran.err);
    }
    assert_eq!(scene.simulator.world().requests().total, 0);

    // What is given comes before the file.
    let given = ["run", "--on-failure-webhook", "ftp://example.com/s3cret"];
    let ran = run(&scene, &given, &[(VARIABLE, "/nowhere")]).await;
    assert_eq!((ran.code, ran.err.contains("s3cret")), (2, false), "{}", ran.err);
    assert!(ran.err.contains("expected https") && !ran.err.contains("/nowhere"), "{}", ran.err);
}
