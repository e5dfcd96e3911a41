//! The chart's service: a server with the chart's own settings and callers, asked over TLS.
//!
//! The folders of a test stand in place of a pod's, and a free port in place of its own.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use super::{chart, write};
use crate::process::Process;
use crate::tool::{debian, must, root, text};

/// How long the server may take to say that it is ready once it listens, on a slow machine under load.
const READY_MAX: Duration = Duration::from_mins(1);

/// The pod: the server and its files.
struct Pod {
    _server: Process,
    url: String,
    folder: TempDir,
}

impl Pod {
    fn start() -> Self {
        debian("openssl", &["openssl"]);
        let folder = tempfile::tempdir().unwrap();
        make_certificates(folder.path());
        write_files_of_the_chart(folder.path());
        let told = folder.path().join("notify");
        let manager = UnixDatagram::bind(&told).unwrap();
        manager.set_read_timeout(Some(READY_MAX)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_dopusk"));
        command.env("DOPUSK_CONFIG", folder.path().join("dopusk.toml")).env("NOTIFY_SOCKET", told);
        let server = Process::spawn_under(command, &folder.path().join("store"));
        let url = server.url().replace("127.0.0.1", "localhost");
        let mut state = [0; 64];
        let length = manager.recv(&mut state).unwrap();
        assert_eq!(&state[..length], b"READY=1");
        Self { _server: server, url, folder }
    }

    fn dopusk(&self, server: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dopusk"));
        command.current_dir(self.folder.path()).env("DOPUSK_SERVER", server);
        command
    }

    /// Asks a question over TLS, with a certificate if there is one.
    fn ask(&self, certificate: Option<&str>) -> Output {
        let mut command = self.dopusk(&self.url);
        command.args(["check", "nina", "read", "deal", "deal-won", "--tls-ca", "ca.crt"]);
        if let Some(name) = certificate {
            command.args(["--tls-cert", &format!("{name}.crt"), "--tls-key", &format!("{name}.key")]);
        }
        command.output().unwrap()
    }
}

/// Writes what the chart makes of callers, with a test's folders in it.
fn write_files_of_the_chart(folder: &Path) {
    let own = fs::metadata(folder).unwrap().uid();
    let callers = format!(
        "[[caller]]\nname = \"crm\"\ncertificates = [\"dns:crm.internal\"]\n\n\
         [[caller]]\nname = \"operator\"\nuids = [{own}]\nmay_write = true\n"
    );
    let values = json!({ "tls": { "secret": "dopusk-tls" }, "callers": callers });
    let manifests = chart(&values.to_string())["manifests"].as_array().unwrap().clone();
    let map = manifests.iter().find(|it| it["kind"] == "ConfigMap").unwrap();
    for (name, content) in map["data"].as_object().unwrap() {
        let mut content = content.as_str().unwrap().to_owned();
        for place in ["/var/lib/dopusk", "/run/dopusk", "/etc/dopusk-tls", "/etc/dopusk"] {
            content = content.replace(place, folder.to_str().unwrap());
        }
        write(folder, name, &content);
    }
}

/// An authority with certificates for the service and a caller, and a caller of another authority.
fn make_certificates(folder: &Path) {
    let script = r#"
        make() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 "$@"; }
        ca="-CA ca.crt -CAkey ca.key -addext basicConstraints=critical,CA:false"
        make -keyout ca.key -out ca.crt -subj /CN=ca
        make -keyout tls.key -out tls.crt -subj /CN=dopusk $ca -addext subjectAltName=DNS:localhost
        make -keyout crm.key -out crm.crt -subj /CN=crm $ca -addext subjectAltName=DNS:crm.internal
        make -keyout guest.key -out guest.crt -subj /CN=guest $ca -addext subjectAltName=DNS:guest.internal
        make -keyout stranger.key -out stranger.crt -subj /CN=crm -addext subjectAltName=DNS:crm.internal"#;
    must(Command::new("bash").args(["-ec", script]).current_dir(folder));
}

#[test]
fn only_a_caller_of_the_chart_is_answered() {
    let pod = Pod::start();
    let socket = format!("unix://{}", pod.folder.path().join("dopusk.sock").display());
    must(pod.dopusk(&socket).arg("import").arg(root().join("deploy/sample/company.yaml")));
    assert_eq!(must(pod.dopusk(&socket).arg("health")), "serving\n");
    let answer = pod.ask(Some("crm"));
    assert!(answer.status.success() && text(&answer).contains("allowed"), "{}", text(&answer));
    for certificate in [None, Some("guest"), Some("stranger")] {
        let refusal = pod.ask(certificate);
        // A denial would exit with 1.
        assert!(matches!(refusal.status.code(), Some(3 | 4)), "{certificate:?}: {}", text(&refusal));
        assert!(refusal.stdout.is_empty(), "{certificate:?}: {}", text(&refusal));
    }
}
