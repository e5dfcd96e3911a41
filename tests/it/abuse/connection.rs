//! Connections that are opened and not used, used slowly, or meant for another server.

use std::fs;
use std::net::SocketAddr;

use dopusk::server::TlsFiles;
use rcgen::{CertifiedKey, generate_simple_self_signed};

use super::wire::{DATA, END_HEADERS, HEADERS, PREFACE, Wire, call, frame, request};
use super::{Site, say};
use crate::host::settings;

const CHECK: &str = "/dopusk.v1.DecisionService/Check";

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_connections_that_do_nothing_or_little_disturb_nobody() {
    let site = Site::start().await;
    let idle: Vec<Wire> = (0..300).map(|_| site.wire()).collect();
    site.assert_well("idle connections", idle.len()).await;
    let halves: Vec<Wire> = (0..200)
        .map(|at| {
            let mut wire = Wire::bare(site.address());
            wire.send(&PREFACE[..at % PREFACE.len()]);
            wire
        })
        .collect();
    site.assert_well("connections with a part of a preface", halves.len()).await;
    let slow: Vec<Wire> = (0..100)
        .map(|at| {
            let mut wire = site.wire();
            let head = frame(HEADERS, END_HEADERS, 1, &call(CHECK, &[]));
            wire.send(&head[..head.len() * at / 100]);
            wire
        })
        .collect();
    site.assert_well("connections with a part of a request's head", slow.len()).await;
    let messages: Vec<Wire> = (0..100)
        .map(|at| {
            let mut wire = site.wire();
            wire.send(&frame(HEADERS, END_HEADERS, 1, &call(CHECK, &[])));
            wire.send(&frame(DATA, 0, 1, &[&[0, 0, 4, 0, 0][..], &vec![0; at]].concat()));
            wire
        })
        .collect();
    site.assert_well("connections with a part of a message", messages.len()).await;
    drop((idle, halves, slow, messages));
    site.assert_well("connections that were dropped", 700).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_protocols_get_nothing() {
    let site = Site::start().await;
    let others: [&[u8]; 8] = [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /dopusk.v1.DecisionService/Check HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: \r\n\r\n",
        b"CONNECT dopusk:7717 HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        b"SSH-2.0-OpenSSH_9.6\r\n..........................",
        &[0xff; 4_096],
    ];
    for other in others {
        let mut wire = Wire::bare(site.address());
        wire.send(other);
        wire.finish();
        let rest = wire.rest();
        let shown = String::from_utf8_lossy(&rest);
        assert!(!shown.contains("200") && !shown.contains("101") && !shown.contains("grpc"), "{shown}");
    }
    site.assert_well("other protocols", others.len()).await;
}

/// Where TLS is spoken, what comes without it is not heard.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_tls_is_not_heard_where_tls_is_spoken() {
    let folder = tempfile::tempdir().unwrap();
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    fs::write(&certificate, cert.pem()).unwrap();
    fs::write(&key, signing_key.serialize_pem()).unwrap();
    let mut settings = settings(folder.path().join("store"));
    settings.tls = Some(TlsFiles { certificate, key, client_ca: None });
    let running = dopusk::server::start(settings).await.unwrap();
    let address: SocketAddr = running.address().unwrap();
    for plain in [PREFACE.to_vec(), [PREFACE, &request(1, CHECK, &[], b"")].concat(), vec![0x16, 3, 1, 0, 0]]
    {
        let mut wire = Wire::bare(address);
        wire.send(&plain);
        wire.finish();
        let rest = wire.rest();
        // At most an alert of TLS, which is a record of seven bytes.
        assert!(rest.len() <= 7, "{rest:?}");
    }
    running.stop().await;
    say("abuse: plain text where TLS is spoken: 3 times; not heard");
}
