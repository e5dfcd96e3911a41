//! Inputs to begin with: what each target takes, or would but for a detail.

mod request;

use std::io::Write as _;

use dopusk::api::convert;
use dopusk::bundle::{Encoding, Printer, json_line};
use dopusk::domain::{Object, Revision};
use dopusk::store::backup::Writer;
use dopusk::store::probe::{Samples, samples};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::company;

pub(crate) use request::{calls, writes};

/// A file of callers, its keys, and a token that was signed once and for long; nobody has the other half of the key.
pub(super) const CALLERS: &str = "[jwt]\nissuer = 'https://id.company'\naudience = 'dopusk'\nalgorithms = ['EdDSA']\n\
    jwks = 'keys.json'\n[[caller]]\nname = 'app'\nsubjects = ['service:app']\n";
pub(super) const KEYS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k1","use":"sig","alg":"EdDSA",
    "x":"86IgtPlJzmrqeBbNniFotRDO7z31-K11SRQGUdLDoI8"}]}"#;
pub(super) const TOKEN: &str = "eyJhbGciOiJFZERTQSIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.\
    eyJpc3MiOiJodHRwczovL2lkLmNvbXBhbnkiLCJhdWQiOiJkb3B1c2siLCJzdWIiOiJzZXJ2aWNlOmFwcCIsImV4cCI6NDEwMjQ0NDgwMH0.\
    N8EBjUurQLM-1w8QNTaec5px2soBpTKdgZ70UBK6qWC7TfcNEGYVE1_zF8G4AkblyHvZSykeHQi0UBxlZLBpAQ";

const OTHER_CALLERS: &str = "[[caller]]\nname = 'ticket-system'\ntokens = ['sha256:\
    9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08']\nentity_types = ['ticket']\n\
    may_assert_facts = true\nmay_see_explanations = true\ncalls = ['Check', 'BatchCheck', 'Explain']\n\
    calls_per_second_max = 10\ncalls_burst_max = 20\ncalls_at_once_max = 3\n[[caller]]\nname = 'loader'\n\
    uids = [1000]\ngids = [7]\ncertificates = ['dns:loader.company', 'uri:spiffe://company/loader']\nmay_write = true\n";

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

pub(super) fn cursors() -> Vec<Vec<u8>> {
    let mut seeds: Vec<String> =
        company::objects().iter().map(|object| convert::page_token(&object.key())).collect();
    // Each of these is read when the target has sealed it.
    seeds.extend(
        ["1.-5.deal 7", "18446744073709551615.9223372036854775807.x", "0.0.", "", "."].map(str::to_owned),
    );
    seeds.iter().map(|text| text.as_bytes().to_vec()).collect()
}

pub(super) fn timeouts() -> Vec<Vec<u8>> {
    texts(&["5S", "250m", "99999999H", "1n", "0u", "10M", "", "S", "12345678S", "-1S"])
}

pub(super) fn bearers() -> Vec<Vec<u8>> {
    texts(&["Bearer abc", "bearer  abc ", "Basic YTpi", "Bearer", "", "Bearer \t", TOKEN])
}

fn printed(encoding: Encoding) -> Vec<u8> {
    let mut printer = Printer::new(encoding, Vec::new());
    for object in company::objects() {
        printer.put(&object).unwrap();
    }
    printer.finish().unwrap()
}

/// Whole files are long; most of what there is to read wrong is in an object.
fn documents(encoding: Encoding) -> Vec<Vec<u8>> {
    let one = |object: &Object| {
        let mut printer = Printer::new(encoding, Vec::new());
        printer.put(object).unwrap();
        printer.finish().unwrap()
    };
    company::objects().iter().map(one).chain([printed(encoding)]).collect()
}

pub(super) fn yaml() -> Vec<Vec<u8>> {
    let traps = [
        "users: [{id: a, name: &a x}, {id: *a}]",
        "users:\n- id: |\n    a\n  name: >-\n    b\n    c\n",
        "%YAML 1.2\n---\nusers: [{id: 'it''s', name: \"\\x41\\u0041\\n\"}]\n...\n",
        "? {id: a}\n: [!!str b, 0x1F, 1e3, ~, yes, .inf, 2024-01-01]\n",
        "users: [{id: a}, {id: a}]\nusers: []\n",
        "{}",
    ];
    documents(Encoding::Yaml).into_iter().chain(texts(&traps)).collect()
}

pub(super) fn json() -> Vec<Vec<u8>> {
    let traps = [
        "{\"users\": [{\"id\": \"\\ud83d\\ude00\", \"name\": \"\\u0000\", \"active\": null}]}",
        "{\"resources\": [{\"type\": \"deal\", \"id\": \"1\", \"sort_key\": -9223372036854775808}]}",
        "{\"resources\": [{\"type\": \"deal\", \"id\": \"1\", \"sort_key\": 1e400}]}",
        "[[[[[[[[]]]]]]]]",
    ];
    documents(Encoding::Json).into_iter().chain(texts(&traps)).collect()
}

pub(super) fn lines() -> Vec<Vec<u8>> {
    let each = company::objects().iter().map(|object| json_line(object).into_bytes()).collect::<Vec<_>>();
    each.into_iter().chain([printed(Encoding::Lines)]).chain(texts(&["\u{feff}\n\r\n{}\n"])).collect()
}

pub(super) fn gzip() -> Vec<Vec<u8>> {
    let pack = |bytes: &[u8], level| {
        let mut packed = GzEncoder::new(Vec::new(), level);
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    };
    let text = printed(Encoding::Lines);
    let (head, tail) = text.split_at(text.len() / 2);
    let twice = [pack(head, Compression::best()), pack(tail, Compression::none())].concat();
    vec![
        pack(&text, Compression::fast()),
        pack(b"", Compression::best()),
        twice,
        pack(&[b' '; 4_096], Compression::best()),
    ]
}

pub(super) fn cases() -> Vec<Vec<u8>> {
    let case = r#"{"name": "c", "why": "3.5", "steps": [
        {"load": {"users": [{"id": "a"}], "entity_types": [{"name": "deal", "model": "crm", "actions": ["read"]}]}},
        {"write": [{"put": {"users": {"id": "b"}}}, {"delete": {"users": "a"}}]},
        {"refuse": {"operations": [{"delete": {"entity_types": "deal"}}], "rule": "1.3"}},
        {"checks": [{"user": "a", "action": "read", "type": "deal", "id": "1", "expect": "deny"},
            {"user": "a", "action": "read", "type": "deal", "facts": {"open": true}, "expect": "INVALID_ARGUMENT"}]},
        {"lists": [{"user": "a", "action": "read", "type": "deal", "ids": []}]},
        {"subjects": [{"type": "deal", "id": "1", "action": "read", "users": ["a"]}]},
        {"recipients": [{"type": "ticket", "id": "1", "event": "created", "users": ["a"], "can_read": {"a": true}}]}]}"#;
    texts(&[case, "{\"name\": \"c\", \"why\": \"\", \"steps\": []}"])
}

fn kept() -> Samples {
    samples(&company::objects())
}

pub(super) fn keys() -> Vec<Vec<u8>> {
    let part = |mut key: Vec<u8>| {
        key.extend([0, 3]);
        key
    };
    let keys = kept().keys;
    keys.iter().cloned().chain(keys.iter().cloned().map(part)).collect()
}

pub(super) fn records() -> Vec<Vec<u8>> {
    kept().records
}

pub(super) fn pages() -> Vec<Vec<u8>> {
    kept().pages
}

pub(super) fn changes() -> Vec<Vec<u8>> {
    kept().changes
}

pub(super) fn backups() -> Vec<Vec<u8>> {
    let mut objects = company::objects();
    objects.sort_by_key(Object::key);
    let mut writer = Writer::new(Vec::new(), Revision::new(7)).unwrap();
    for object in &objects {
        writer.object(object).unwrap();
    }
    // The messages are what the target puts into a backup itself.
    let messages =
        kept().keys.iter().zip(kept().records).map(|(key, record)| message(key, &record[4..])).collect();
    [vec![writer.finish().unwrap()], messages].concat()
}

/// The message of an object: two fields of bytes.
fn message(key: &[u8], record: &[u8]) -> Vec<u8> {
    let field = |tag: u8, bytes: &[u8]| {
        let mut field = vec![tag << 3 | 2];
        prost::encoding::encode_varint(bytes.len() as u64, &mut field);
        field.extend_from_slice(bytes);
        field
    };
    [field(1, key), field(2, record)].concat()
}

/// A backup of one object with right check sums, whatever the object's message is.
pub(super) fn backup_of(message: &[u8]) -> Vec<u8> {
    let empty = Writer::new(Vec::new(), Revision::new(7)).unwrap().finish().unwrap();
    let (head, _) = empty.split_at(empty.len() - 16);
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let object = [&length, &crc32fast::hash(message).to_be_bytes(), message].concat();
    let body = [head, &object, &u32::MAX.to_be_bytes(), &1_u64.to_be_bytes()].concat();
    let sum = crc32fast::hash(&body).to_be_bytes();
    [body, sum.to_vec()].concat()
}

pub(super) fn callers() -> Vec<Vec<u8>> {
    let both = [CALLERS, "\0", KEYS].concat();
    texts(&[&both, OTHER_CALLERS, "[[caller]]\nname = 'a'\nuids = [0]\ngids = []\n", CALLERS])
}

pub(super) fn tokens() -> Vec<Vec<u8>> {
    let unsigned = TOKEN.rsplit_once('.').unwrap().0;
    let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzZXJ2aWNlOmFwcCIsImV4cCI6NDEwMjQ0NDgwMH0.";
    texts(&[TOKEN, unsigned, none, "", "..", "a.b.c"])
}

pub(super) fn configs() -> Vec<Vec<u8>> {
    let whole = "data = '/var/lib/dopusk'\nlisten = '127.0.0.1:7717'\nsocket = '/run/dopusk/socket'\nsocket_mode = '660'\n\
        callers = 'callers.toml'\ntls_cert = 'c'\ntls_key = 'k'\ntls_client_ca = 'a'\ncached_users_max = 1000\n\
        store_cache_mib = 64\nlog_revisions_max = 1000\nlog_days_max = 30\ndrain_seconds_max = 5\n\
        log = 'info,dopusk=debug'\nlog_format = 'json'\n";
    texts(&[whole, "listen = 'off'\nsocket = 's'", "listen = '[::1]:0'", ""])
}

pub(super) fn names() -> Vec<Vec<u8>> {
    texts(&[
        "stage",
        "crm.deals.stage",
        "crm.deal_departments(deal, department)",
        "t(a,b)",
        "_s$1.x",
        "a\"b",
        "é",
    ])
}
