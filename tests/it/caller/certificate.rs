//! TLS and client certificates, made here by authorities of the test's own.

use std::fs;
use std::path::Path;

use dopusk::server::{Settings, TlsFiles};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType, date_time_ymd};
use tonic::Code;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::{Site, ask, bearer, caller, line};
use crate::host::assert_error;

/// An authority that vouches for certificates.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
pub(super) struct Pair {
    certificate: String,
    key: String,
}

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn sign(&self, params: &CertificateParams) -> Pair {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap().pem();
        Pair { certificate, key: key.serialize_pem() }
    }

    fn server(&self) -> Pair {
        self.sign(&CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap())
    }

    fn client(&self, names: &[&str]) -> Pair {
        self.sign(&client(names))
    }
}

fn client(names: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.subject_alt_names = names
        .iter()
        .map(|name| match name.split_once(':') {
            Some(("uri", name)) => SanType::URI(name.try_into().unwrap()),
            Some(("dns", name)) => SanType::DnsName(name.try_into().unwrap()),
            _ => panic!("{name}"),
        })
        .collect();
    params
}

/// Puts a server's files into a folder.
pub(super) fn secure(settings: &mut Settings, folder: &Path, authority: &Authority) {
    put(folder, &authority.server());
    fs::write(folder.join("ca.pem"), authority.0.pem()).unwrap();
    let [certificate, key, ca] = ["cert.pem", "key.pem", "ca.pem"].map(|name| folder.join(name));
    settings.tls = Some(TlsFiles { certificate, key, client_ca: Some(ca) });
}

fn put(folder: &Path, pair: &Pair) {
    fs::write(folder.join("cert.pem"), &pair.certificate).unwrap();
    fs::write(folder.join("key.pem"), &pair.key).unwrap();
}

impl Site {
    async fn start_secured(callers: &str, authority: &Authority) -> Self {
        Self::start_with(callers, |settings, folder| secure(settings, folder, authority)).await
    }

    async fn dial(
        &self,
        trusted: &Authority,
        pair: Option<&Pair>,
    ) -> Result<Channel, tonic::transport::Error> {
        let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(trusted.0.pem()));
        if let Some(pair) = pair {
            tls = tls.identity(Identity::from_pem(&pair.certificate, &pair.key));
        }
        let address = format!("https://{}", self.running.address().unwrap());
        Channel::from_shared(address).unwrap().tls_config(tls).unwrap().connect().await
    }

    /// Whether a client certificate alone lets in.
    async fn lets_in(&self, authority: &Authority, pair: &Pair) -> bool {
        match self.dial(authority, Some(pair)).await {
            Ok(channel) => ask(line(channel, None)).await.is_ok(),
            Err(_) => false,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_over_tls_lets_in_and_plain_text_is_not_spoken() {
    let (entry, token) = caller("app", "");
    let authority = Authority::new();
    let site = Site::start_secured(&entry, &authority).await;
    ask(line(site.dial(&authority, None).await.unwrap(), bearer(&token))).await.unwrap();
    let plain = format!("http://{}", site.running.address().unwrap());
    let plain = Channel::from_shared(plain).unwrap().connect_lazy();
    assert!(ask(line(plain, bearer(&token))).await.is_err());
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_another_authority_vouches_for_is_not_trusted() {
    let (entry, _) = caller("app", "");
    let site = Site::start_secured(&entry, &Authority::new()).await;
    assert!(site.dial(&Authority::new(), None).await.is_err());
    site.stop().await;
}

const TWO: &str = "
[[caller]]
name = 'tickets'
certificates = ['uri:spiffe://company/tickets', 'dns:tickets.internal']

[[caller]]
name = 'deals'
certificates = ['dns:deals.internal']
";

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_known_by_a_name_of_its_certificate() {
    let authority = Authority::new();
    let site = Site::start_secured(TWO, &authority).await;
    for names in [["uri:spiffe://company/tickets"], ["dns:tickets.internal"], ["dns:deals.internal"]] {
        assert!(site.lets_in(&authority, &authority.client(&names)).await, "{names:?}");
    }
    let both_of_one = ["dns:tickets.internal", "uri:spiffe://company/tickets", "dns:unknown.internal"];
    assert!(site.lets_in(&authority, &authority.client(&both_of_one)).await);
    let unknown: [&[&str]; 4] = [
        &["dns:other.internal"],
        &["uri:spiffe://company/tickets/more"],
        &["dns:tickets.internal", "dns:deals.internal"],
        &[],
    ];
    for names in unknown {
        let channel = site.dial(&authority, Some(&authority.client(names))).await.unwrap();
        let refused = ask(line(channel, None)).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated, "{names:?}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_authority_or_another_time_is_refused() {
    let authority = Authority::new();
    let site = Site::start_secured(TWO, &authority).await;
    let names = ["dns:tickets.internal"];
    assert!(site.lets_in(&authority, &authority.client(&names)).await);
    assert!(!site.lets_in(&authority, &Authority::new().client(&names)).await);
    let mut expired = client(&names);
    expired.not_after = date_time_ymd(2020, 1, 1);
    assert!(!site.lets_in(&authority, &authority.sign(&expired)).await);
    let mut early = client(&names);
    early.not_before = date_time_ymd(4000, 1, 1);
    assert!(!site.lets_in(&authority, &authority.sign(&early)).await);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_certificate_only_health_is_told() {
    let authority = Authority::new();
    let site = Site::start_secured(TWO, &authority).await;
    let channel = site.dial(&authority, None).await.unwrap();
    HealthClient::new(channel.clone()).check(HealthCheckRequest::default()).await.unwrap();
    let refused = ask(line(channel, None)).await.unwrap_err();
    assert_error(&refused, Code::Unauthenticated, "CREDENTIALS_MISSING");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_not_made_good_by_a_certificate() {
    let authority = Authority::new();
    let site = Site::start_secured(TWO, &authority).await;
    let pair = authority.client(&["dns:tickets.internal"]);
    let channel = site.dial(&authority, Some(&pair)).await.unwrap();
    let refused = ask(line(channel, bearer("wrong"))).await.unwrap_err();
    assert_error(&refused, Code::Unauthenticated, "CREDENTIALS_INVALID");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_changed_without_a_restart_and_a_wrong_one_changes_nothing() {
    let (entry, token) = caller("app", "");
    let (before, after) = (Authority::new(), Authority::new());
    let site = Site::start_secured(&entry, &before).await;
    let open = site.dial(&before, None).await.unwrap();
    let other = after.server();
    fs::write(site.file("cert.pem"), &other.certificate).unwrap();
    site.running.renew().await;
    ask(line(site.dial(&before, None).await.unwrap(), bearer(&token))).await.unwrap();
    put(site.folder.path(), &other);
    site.running.renew().await;
    ask(line(site.dial(&after, None).await.unwrap(), bearer(&token))).await.unwrap();
    assert!(site.dial(&before, None).await.is_err());
    ask(line(open, bearer(&token))).await.unwrap();
    for wrong in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        fs::write(site.file("cert.pem"), wrong).unwrap();
        site.running.renew().await;
        site.dial(&after, None).await.unwrap();
    }
    site.stop().await;
}
