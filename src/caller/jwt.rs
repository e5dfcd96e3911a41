//! Signed tokens (JWT) of an issuer, by public keys from a file.
//!
//! Issuer, audience and algorithms are pinned by the file of callers; a token chooses nothing but which of the keys it
//! was signed with, and that key says for which algorithms it is. Secrets shared with the issuer (HMAC) and unsigned
//! tokens are not supported at all. Nothing is fetched.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::{JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

use super::file::CallersError;

/// The most seconds that the issuer's clock and ours may differ.
const LEEWAY_SECONDS_MAX: u64 = 300;

/// The table `[jwt]` of the file of callers.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JwtEntry {
    issuer: String,
    audience: String,
    algorithms: Vec<String>,
    jwks: PathBuf,
    #[serde(default = "leeway_default")]
    leeway_seconds: u64,
}

const fn leeway_default() -> u64 {
    30
}

/// Checks signed tokens.
pub(super) struct Issuer {
    keys: HashMap<String, Key>,
    leeway_seconds: u64,
}

struct Key {
    key: DecodingKey,
    validation: Validation,
}

/// What a signed token says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Claims {
    pub(super) subject: String,
    /// Until when it counts, in seconds since 1970, leeway included.
    pub(super) until: u64,
}

#[derive(Deserialize)]
struct WireClaims {
    sub: String,
    exp: f64,
}

impl JwtEntry {
    /// The file of keys, seen from the folder of the file of callers.
    pub(super) fn keys_file(&self, folder: &Path) -> PathBuf {
        folder.join(&self.jwks)
    }
}

impl Issuer {
    pub(super) fn new(entry: &JwtEntry, keys: &str) -> Result<Self, CallersError> {
        for (field, text) in [("jwt.issuer", &entry.issuer), ("jwt.audience", &entry.audience)] {
            if text.is_empty() {
                return Err(CallersError::field(field, "is empty"));
            }
        }
        if entry.leeway_seconds > LEEWAY_SECONDS_MAX {
            let text = format!("is {}; it is 0 to {LEEWAY_SECONDS_MAX}", entry.leeway_seconds);
            return Err(CallersError::field("jwt.leeway_seconds", text));
        }
        let pinned = algorithms(&entry.algorithms)?;
        // The error's text could quote a key.
        let set: JwkSet = serde_json::from_str(keys)
            .map_err(|_| CallersError::field("jwt.jwks", "is no JSON Web Key Set"))?;
        let mut keys = HashMap::new();
        for jwk in set.keys.iter().filter(|jwk| jwk.common.public_key_use != Some(PublicKeyUse::Encryption)) {
            let wrong = |text: &str| CallersError::field("jwt.jwks", text);
            let id = jwk.common.key_id.clone().ok_or_else(|| wrong("has a key without kid"))?;
            let key = DecodingKey::from_jwk(jwk).map_err(|_| wrong("has a key that can't be read"))?;
            let fitting = fitting(&pinned, key.family(), jwk.common.key_algorithm);
            // A key for something else is the issuer's business.
            if fitting.is_empty() {
                continue;
            }
            let validation = validation(entry, fitting);
            if keys.insert(id, Key { key, validation }).is_some() {
                return Err(wrong("has two keys with the same kid"));
            }
        }
        if keys.is_empty() {
            return Err(CallersError::field("jwt.jwks", "has no key for any of jwt.algorithms"));
        }
        Ok(Self { keys, leeway_seconds: entry.leeway_seconds })
    }

    /// What a token says, if it is one that counts now; else why not, for the log.
    pub(super) fn verify(&self, token: &str) -> Result<Claims, String> {
        let header = decode_header(token).map_err(|error| error.to_string())?;
        if header.crit.is_some() {
            return Err("has critical headers that are not known here".to_owned());
        }
        let id = header.kid.ok_or("names no key")?;
        let Key { key, validation } = self.keys.get(&id).ok_or("names a key that is not known here")?;
        let claims = decode::<WireClaims>(token, key, validation).map_err(|error| error.to_string())?.claims;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "what is out of bounds becomes the nearest bound"
        )]
        let until = (claims.exp as u64).saturating_add(self.leeway_seconds);
        Ok(Claims { subject: claims.sub, until })
    }
}

/// Now, as signed tokens count: in seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(u64::MAX, |it| it.as_secs())
}

fn algorithms(names: &[String]) -> Result<Vec<Algorithm>, CallersError> {
    let parsed = names.iter().enumerate().map(|(at, name)| {
        let field = format!("jwt.algorithms[{at}]");
        let known: Option<Algorithm> = name.parse().ok();
        let signed = known.filter(|it| !AlgorithmFamily::Hmac.algorithms().contains(it));
        let text = "is none of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA";
        signed.ok_or_else(|| CallersError::field(field, text))
    });
    let parsed: Vec<Algorithm> = parsed.collect::<Result<_, _>>()?;
    if parsed.is_empty() {
        return Err(CallersError::field("jwt.algorithms", "is empty; name those that the issuer signs with"));
    }
    Ok(parsed)
}

/// The pinned algorithms that a key is for.
fn fitting(pinned: &[Algorithm], family: AlgorithmFamily, declared: Option<KeyAlgorithm>) -> Vec<Algorithm> {
    let is_for = |it: &&Algorithm| {
        family.algorithms().contains(*it)
            && declared.is_none_or(|declared| declared == KeyAlgorithm::from(**it))
    };
    pinned.iter().filter(is_for).copied().collect()
}

fn validation(entry: &JwtEntry, algorithms: Vec<Algorithm>) -> Validation {
    let mut validation = Validation { algorithms, ..Validation::default() };
    validation.set_issuer(&[&entry.issuer]);
    validation.set_audience(&[&entry.audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.validate_nbf = true;
    validation.leeway = entry.leeway_seconds;
    validation
}
