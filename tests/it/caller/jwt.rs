//! Signed tokens: what an issuer signs lets in; whatever is wrong with one, it doesn't.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use serde_json::{Value, json};
use tonic::Code;

use super::{Site, ask};
use crate::host::assert_error;

const CALLERS: &str = "
[jwt]
issuer = 'https://id.company'
audience = 'dopusk'
algorithms = ['ES256', 'RS256']
jwks = 'keys.json'

[[caller]]
name = 'app'
subjects = ['service:app']
";

/// A pair of keys of an issuer.
struct Signer {
    id: &'static str,
    key: EncodingKey,
    public: String,
}

impl Signer {
    fn new(id: &'static str) -> Self {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let key = EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).unwrap();
        Self { id, key, public: pair.public_key_pem() }
    }

    fn jwk(&self) -> Jwk {
        let mut jwk = Jwk::from_encoding_key(&self.key, Algorithm::ES256).unwrap();
        jwk.common.key_id = Some(self.id.to_owned());
        jwk
    }

    fn header(&self) -> Header {
        Header { kid: Some(self.id.to_owned()), ..Header::new(Algorithm::ES256) }
    }

    fn sign(&self, claims: &Value) -> String {
        encode(&self.header(), claims, &self.key).unwrap()
    }
}

fn keys(signers: &[&Signer]) -> String {
    serde_json::to_string(&JwkSet { keys: signers.iter().map(|it| it.jwk()).collect() }).unwrap()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn claims() -> Value {
    json!({"iss": "https://id.company", "aud": "dopusk", "sub": "service:app", "exp": now() + 3_600})
}

/// The claims with one of them changed, or left out where it becomes null.
fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    let map = claims.as_object_mut().unwrap();
    if value.is_null() {
        map.remove(name)
    } else {
        map.insert(name.to_owned(), value)
    };
    claims
}

async fn site(signers: &[&Signer]) -> Site {
    let keys = keys(signers);
    Site::start_with(CALLERS, |_, folder| std::fs::write(folder.join("keys.json"), keys).unwrap()).await
}

async fn assert_refused(site: &Site, token: &str, why: &str) {
    let refused = ask(site.line(token).await).await.expect_err(why);
    assert_error(&refused, Code::Unauthenticated, "CREDENTIALS_INVALID");
    let shown = format!("{refused:?}");
    assert!(!shown.contains(token), "{why}: the answer repeats the token");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_issuer_signs_lets_in_again_and_again() {
    let signer = Signer::new("k1");
    let site = site(&[&Signer::new("k0"), &signer]).await;
    let token = signer.sign(&claims());
    for _ in 0..3 {
        ask(site.line(&token).await).await.unwrap();
    }
    let audiences = with("aud", json!(["other", "dopusk"]));
    ask(site.line(&signer.sign(&audiences)).await).await.unwrap();
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_claim_is_refused() {
    let signer = Signer::new("k1");
    let site = site(&[&signer]).await;
    for (name, value) in [
        ("iss", json!("https://id.elsewhere")),
        ("iss", Value::Null),
        ("aud", json!("another")),
        ("aud", json!(["another"])),
        ("aud", Value::Null),
        ("sub", json!("service:other")),
        ("sub", Value::Null),
        ("exp", json!(now() - 31)),
        ("exp", json!("tomorrow")),
        ("exp", Value::Null),
        ("nbf", json!(now() + 60)),
    ] {
        let token = signer.sign(&with(name, value.clone()));
        assert_refused(&site, &token, &format!("{name} {value}")).await;
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_may_differ_by_the_leeway() {
    let signer = Signer::new("k1");
    let site = site(&[&signer]).await;
    for (name, value) in [("exp", now() - 5), ("nbf", now() + 20)] {
        ask(site.line(&signer.sign(&with(name, json!(value)))).await).await.unwrap();
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_signature_algorithm_or_key_is_refused() {
    let signer = Signer::new("k1");
    let site = site(&[&signer]).await;
    let sign = |header: Header, key: &EncodingKey| encode(&header, &claims(), key).unwrap();
    let stranger = Signer::new("k1");
    assert_refused(&site, &stranger.sign(&claims()), "another's key with the same kid").await;
    assert_refused(&site, &Signer::new("k2").sign(&claims()), "a kid that is not known").await;
    let nameless = Header { kid: None, ..signer.header() };
    assert_refused(&site, &sign(nameless, &signer.key), "no kid").await;
    let critical = Header { crit: Some(vec!["exp".to_owned()]), ..signer.header() };
    assert_refused(&site, &sign(critical, &signer.key), "a critical header").await;
    let shared = EncodingKey::from_secret(signer.public.as_bytes());
    let confused = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::HS256) };
    assert_refused(&site, &sign(confused, &shared), "HMAC by the public key").await;
    let good = signer.sign(&claims());
    let (head, rest) = good.split_once('.').unwrap();
    let (body, signature) = rest.split_once('.').unwrap();
    // {"alg":"none","kid":"k1"}
    let unsigned = "eyJhbGciOiJub25lIiwia2lkIjoiazEifQ";
    for (token, why) in [
        (format!("{unsigned}.{body}."), "alg none"),
        (format!("{unsigned}.{body}.{signature}"), "alg none with a signature"),
        (format!("{head}.{body}."), "no signature"),
        (format!("{head}.{body}"), "two parts"),
        (format!("{head}.{}A.{signature}", &body[..body.len() - 1]), "another body"),
        (format!("{good}{}", "x".repeat(9_000)), "too long"),
    ] {
        assert_refused(&site, &token, why).await;
    }
    ask(site.line(&good).await).await.unwrap();
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_changed_without_a_restart() {
    let (old, new) = (Signer::new("k1"), Signer::new("k2"));
    let site = site(&[&old]).await;
    let (by_old, by_new) = (old.sign(&claims()), new.sign(&claims()));
    ask(site.line(&by_old).await).await.unwrap();
    assert_refused(&site, &by_new, "a key of tomorrow").await;
    std::fs::write(site.file("keys.json"), keys(&[&new])).unwrap();
    site.running.renew().await;
    ask(site.line(&by_new).await).await.unwrap();
    assert_refused(&site, &by_old, "a key of yesterday, whose token was verified before").await;
    std::fs::write(site.file("keys.json"), "{").unwrap();
    site.running.renew().await;
    ask(site.line(&by_new).await).await.unwrap();
    site.stop().await;
}
