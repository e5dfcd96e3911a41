//! What must not start: an open door to others, and a file of callers that says something else than it seems to.

use std::net::SocketAddr;

use dopusk::caller::{Roster, Token};
use dopusk::server::{ServeError, start};
use tempfile::TempDir;

use super::certificate::{Authority, secure};
use super::{Site, caller};
use crate::host::settings;

const EVERYWHERE: ([u8; 4], u16) = ([0, 0, 0, 0], 0);

#[tokio::test(flavor = "multi_thread")]
async fn others_reach_it_only_over_tls_and_as_callers() {
    let (entry, _) = caller("app", "");
    let authority = Authority::new();
    let folder = TempDir::new().unwrap();
    let everywhere: SocketAddr = EVERYWHERE.into();
    let callers = folder.path().join("callers.toml");
    std::fs::write(&callers, &entry).unwrap();
    let mut base = settings(folder.path().join("store"));
    base.listen = Some(everywhere);
    let with_callers = dopusk::server::Settings { callers: Some(callers), ..base.clone() };
    let mut with_tls = base.clone();
    secure(&mut with_tls, folder.path(), &authority);
    for settings in [base, with_callers, with_tls] {
        let error = start(settings).await.err().expect("it must not start");
        assert!(matches!(error, ServeError::NotLoopback(it) if it == everywhere), "{error:?}");
    }
    let site = Site::start_with(&entry, |settings, folder| {
        settings.listen = Some(everywhere);
        secure(settings, folder, &authority);
    });
    let site = site.await;
    assert!(site.running.address().unwrap().ip().is_unspecified());
    site.stop().await;
}

fn refusal(text: &str) -> String {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("callers.toml");
    std::fs::write(&file, text).unwrap();
    Roster::open(&file, None).expect_err(text).to_string()
}

#[test]
fn a_wrong_file_is_refused_by_its_field() {
    let (entry, _) = caller("app", "");
    let (other, _) = caller("app", "");
    for (text, expected) in [
        (String::new(), "caller: is missing; name at least one caller"),
        ("[[caller]]\nname = 'app'".to_owned(), "caller[0]: has none of tokens, certificates"),
        (format!("{entry}{entry}"), "caller[1].name: is that of another caller too"),
        (format!("{entry}{other}"), "caller[1].name: is that of another caller too"),
        (
            format!("{entry}{}", entry.replace("app", "app2")),
            "caller[1].tokens[0]: stands in the file a second time",
        ),
        (entry.replace("app", ""), "caller[0].name: "),
        (format!("{entry}colour = 'red'"), "line 5: unknown field `colour`"),
        (format!("{entry}calls = ['Chek']"), "caller[0].calls: names \"Chek\"; the calls are Check, "),
        (format!("{entry}calls = []"), "caller[0].calls: is empty"),
        (format!("{entry}calls = ['Write']"), "caller[0].calls: names Write, but that changes what is kept"),
        (format!("{entry}calls = ['Explain']"), "caller[0].calls: names Explain, but that explains"),
        (
            format!("{entry}calls = ['Export']\nentity_types = ['deal']"),
            "caller[0].calls: names Export, but that is about more than the entity types",
        ),
        (format!("{entry}entity_types = []"), "caller[0].entity_types: is empty"),
        (format!("{entry}entity_types = ['a', '']"), "caller[0].entity_types[1]: "),
        (format!("{entry}calls_burst_max = 3"), "caller[0].calls_burst_max: has no calls_per_second_max"),
        (format!("{entry}calls_at_once_max = 0"), "line 5: "),
        (format!("{entry}certificates = ['app']"), "caller[0].certificates[0]: is neither dns: nor uri:"),
        (format!("{entry}subjects = ['app']"), "caller[0].subjects: has no table [jwt]"),
    ] {
        let error = refusal(&text);
        assert!(error.starts_with(expected), "{text}\n{error}");
    }
}

#[test]
fn signed_tokens_that_could_be_forged_are_not_set_up() {
    let with = |change: &str, to: &str, keys: &str| {
        let folder = TempDir::new().unwrap();
        let text = "[jwt]\nissuer = 'i'\naudience = 'a'\nalgorithms = ['ES256']\njwks = 'keys'\n\
                    [[caller]]\nname = 'app'\nsubjects = ['s']\n";
        std::fs::write(folder.path().join("callers"), text.replace(change, to)).unwrap();
        std::fs::write(folder.path().join("keys"), keys).unwrap();
        Roster::open(&folder.path().join("callers"), None).expect_err(to).to_string()
    };
    let none = r#"{"keys": []}"#;
    let shared = r#"{"keys": [{"kty": "oct", "kid": "k", "k": "c2VjcmV0LXNlY3JldA"}]}"#;
    let nameless = r#"{"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}"#;
    for (change, to, keys, expected) in [
        ("ES256", "HS256", none, "jwt.algorithms[0]: is none of RS256"),
        ("ES256", "none", none, "jwt.algorithms[0]: is none of RS256"),
        ("['ES256']", "[]", none, "jwt.algorithms: is empty"),
        ("'i'", "''", none, "jwt.issuer: is empty"),
        ("'a'", "''", none, "jwt.audience: is empty"),
        ("audience = 'a'\n", "", none, "line 1: missing field `audience`"),
        ("issuer", "leeway_seconds = 301\nissuer", none, "jwt.leeway_seconds: is 301; it is 0 to 300"),
        ("", "", none, "jwt.jwks: has no key for any of jwt.algorithms"),
        ("", "", shared, "jwt.jwks: has no key for any of jwt.algorithms"),
        ("", "", nameless, "jwt.jwks: has a key without kid"),
        ("", "", "{", "jwt.jwks: is no JSON Web Key Set"),
    ] {
        let error = with(change, to, keys);
        assert!(error.starts_with(expected), "{to}: {error}");
    }
}

#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    let token = Token::random();
    let secret = token.secret();
    for text in [
        format!("[[caller]]\nname = 'app'\ntokens = ['{secret}']"),
        format!("[[caller]]\nname = 'app'\ntokens = '{secret}'"),
        format!("[[caller]]\nname = 'app'\ntokens = [[\"{secret}\"]]"),
        format!("[[caller]]\nname = 'app'\ntokens = [\"{secret}"),
        format!("[[caller]]\nname = 'app'\nuids = '{secret}'"),
        format!("[[caller]]\nname = 'app'\ncertificates = ['{secret}']"),
        format!("caller = '{secret}'"),
    ] {
        let error = refusal(&text);
        assert!(!error.contains(secret), "{error}");
    }
}
