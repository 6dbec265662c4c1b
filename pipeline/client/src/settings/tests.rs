use super::*;

fn settings(pairs: &[(&str, &str)]) -> Result<ApiSettings, SettingsError> {
    ApiSettings::from_lookup(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
}

#[test]
fn names_all_that_is_missing() {
    let message = settings(&[("CW_AUTH_USERNAME", "a+b")]).unwrap_err().to_string();
    for name in ["CW_BASE_URL", "CW_AUTH_PASSWORD", "CW_CLIENTID"] {
        assert!(message.contains(name), "{message}");
    }
    assert!(!message.contains("CW_AUTH_USERNAME is not set"), "{message}");
}

#[test]
fn the_version_follows_the_specification_unless_it_is_set() {
    let connection = [
        ("CW_BASE_URL", "https://cw.example.com/apis/3.0/"),
        ("CW_AUTH_USERNAME", "a+b"),
        ("CW_AUTH_PASSWORD", "s3cret"),
        ("CW_CLIENTID", "id"),
    ];
    let version = |given: &'static str| {
        settings(&[&connection[..], &[("CW_API_VERSION", given)]].concat()).map(|read| read.version().to_owned())
    };
    assert_eq!(settings(&connection).unwrap().version(), connectwise_generated::tables::SPEC_VERSION);
    assert_eq!(version(" 2024.3 ").unwrap(), "2024.3");
    let odd = version("2024.3; q=1").unwrap_err().to_string();
    assert!(odd.contains("CW_API_VERSION") && odd.contains("2024.3; q=1"), "{odd}");
}

#[test]
fn the_hash_key_is_given_or_in_a_file_and_no_short_one() {
    let file = std::env::temp_dir().join(format!("cw-hash-key-{}", std::process::id()));
    std::fs::write(&file, "a key of one lakehouse\n").unwrap();
    let key = |name: &'static str, value: &str| {
        let value = value.to_owned();
        hash_key_from(move |asked| Ok((asked == name).then(|| value.clone())))
    };
    let given = key("CW_HASH_KEY", " a key of one lakehouse ").unwrap().unwrap();
    let read = key("CW_HASH_KEY_FILE", file.to_str().unwrap()).unwrap().unwrap();
    std::fs::write(&file, "\u{feff}\"a key that has quotes\"\n").unwrap();
    let quoted = key("CW_HASH_KEY_FILE", file.to_str().unwrap()).unwrap().unwrap();
    assert_eq!(quoted.hash("x"), HashKey::new(b"\"a key that has quotes\"").hash("x"));
    let refused = key("CW_HASH_KEY", "\"a key that has quotes\"").unwrap_err().to_string();
    assert!(refused.contains("quote") && refused.contains("CW_HASH_KEY_FILE"), "{refused}");
    std::fs::write(&file, "\u{feff} \n").unwrap();
    let empty = key("CW_HASH_KEY_FILE", file.to_str().unwrap()).unwrap_err().to_string();
    assert!(empty.contains("which is empty"), "{empty}");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(given.hash("x"), read.hash("x"));
    assert_eq!(given.hash("x"), HashKey::new(b"a key of one lakehouse").hash("x"));
    assert!(key("OTHER", "").unwrap().is_none());
    let short = key("CW_HASH_KEY", "guess me").unwrap_err().to_string();
    assert!(short.contains("openssl rand -hex 32") && !short.contains("guess me"), "{short}");
    assert!(key("CW_HASH_KEY_FILE", "/nowhere/at/all").unwrap_err().to_string().contains("/nowhere/at/all"));
}

#[test]
fn what_is_empty_is_not_set_and_quotes_are_refused() {
    let message = settings(&[
        ("CW_BASE_URL", "\"https://cw.example.com/apis/3.0\""),
        ("CW_AUTH_USERNAME", "'a+b'"),
        ("CW_AUTH_PASSWORD", " "),
        ("CW_CLIENTID", ""),
    ]);
    let message = message.unwrap_err().to_string();
    for told in ["CW_BASE_URL begins and ends with a quote (\")", "CW_AUTH_USERNAME begins and ends with a quote (')"] {
        assert!(message.contains(told), "{message}");
    }
    assert!(message.contains("CW_AUTH_PASSWORD is not set") && message.contains("CW_CLIENTID is not set"), "{message}");
    assert!(!message.contains("a+b"), "{message}");
}

#[test]
fn refuses_plain_http_elsewhere() {
    for (url, good) in [
        ("http://127.0.0.1:4000/v4_6_release/apis/3.0", true),
        ("http://[::1]:4000/x", true),
        ("http://localhost/x", true),
        ("https://cw.example.com/v4_6_release/apis/3.0/", true),
        ("http://cw.example.com/x", false),
        ("ftp://cw.example.com/x", false),
        ("https://user:pass@cw.example.com/x", false),
        ("not a url", false),
    ] {
        assert_eq!(parse_base_url(url).is_ok(), good, "{url}");
    }
}

#[test]
fn covers_credentials_whole_encoded_and_cut_off() {
    let read = settings(&[
        ("CW_BASE_URL", "https://cw.example.com/apis/3.0/"),
        ("CW_AUTH_USERNAME", "acme+PUBLICKEY1234"),
        ("CW_AUTH_PASSWORD", "private/key+5678"),
        ("CW_CLIENTID", "11111111-2222-4333-8444-555555555555"),
    ])
    .unwrap();
    let login = read.login();
    for (text, wanted) in [
        (format!("Basic {login}!"), "Basic ***!"),
        (format!("Basic {}", &login[..20]), "Basic ***"),
        ("key PUBLICKEY1234, acme+PUBLICKEY1234".to_owned(), "key ***, ***"),
        ("private/key+5678 private%2Fkey%2B5678 private/ke` privat".to_owned(), "*** *** ***` ***"),
        ("clientId: 11111111-2222".to_owned(), "clientId: ***"),
        ("of the company acme: priv, PUBLI".to_owned(), "of the company acme: priv, PUBLI"),
    ] {
        assert_eq!(read.cover(&text), wanted, "{text}");
    }
}

#[test]
fn reads_files_and_never_prints_secrets() {
    let file = std::env::temp_dir().join(format!("cw-password-{}", std::process::id()));
    std::fs::write(&file, "\u{feff}s3cret\r\n").unwrap();
    let read = settings(&[
        ("CW_BASE_URL", "https://cw.example.com/apis/3.0/"),
        ("CW_AUTH_USERNAME", "a+b"),
        ("CW_AUTH_PASSWORD_FILE", file.to_str().unwrap()),
        ("CW_CLIENTID", "id"),
    ])
    .unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(read.password.expose(), "s3cret");
    assert_eq!(read.base_url.as_str(), "https://cw.example.com/apis/3.0");
    assert!(!format!("{read:?}").contains("s3cret"));
}
