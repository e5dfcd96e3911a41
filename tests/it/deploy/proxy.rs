//! The chart's service: its settings and its proxy run for real, nginx before the server's socket.
//!
//! Both have the chart's own files, with the folders of a test in place of a pod's.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::{VALUES, chart, write};
use crate::tool::{buf, debian, must, root, text};

/// Debian has the module apart.
const MODULE: &str = "/usr/lib/nginx/modules/ngx_stream_module.so";
/// How long the server may take to say that it is ready, on a slow machine under load.
const READY_MAX: Duration = Duration::from_mins(1);

/// The pod: the server and the proxy, ended when it goes out of scope.
struct Pod {
    server: Child,
    configuration: PathBuf,
    folder: TempDir,
}

impl Pod {
    fn start() -> Self {
        debian(&MODULE[1..], &["nginx-light", "libnginx-mod-stream"]);
        debian("openssl", &["openssl"]);
        let folder = tempfile::tempdir().unwrap();
        make_certificates(folder.path());
        let settings = file_of_the_chart("dopusk.toml", folder.path());
        let server = serve(&settings, folder.path());
        let configuration = file_of_the_chart("nginx.conf", folder.path());
        let socket = format!("unix://{}", folder.path().join("dopusk.sock").display());
        let pod = Self { server, configuration, folder };
        let company = root().join("deploy/sample/company.yaml");
        let mut import = Command::new(env!("CARGO_BIN_EXE_dopusk"));
        must(import.args(["import", "--server", &socket]).arg(company));
        // It goes to the background once it listens, and would hold pipes open from there.
        let started = pod.nginx().stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(started.success(), "{}", text(&pod.nginx().arg("-t").output().unwrap()));
        pod
    }

    fn nginx(&self) -> Command {
        let mut command = Command::new("/usr/sbin/nginx");
        command.arg("-c").arg(&self.configuration);
        command
    }

    /// Asks a question over TLS, with a certificate if there is one.
    fn ask(&self, certificate: Option<&str>) -> Output {
        let file = |name: &str| self.folder.path().join(name);
        let mut command = Command::new(buf());
        command.args(["curl", "--protocol", "grpc", "--schema"]).arg(root().join("proto"));
        command.arg("--unix-socket").arg(file("proxy.sock")).arg("--cacert").arg(file("ca.crt"));
        if let Some(name) = certificate {
            command.arg("--cert").arg(file(&format!("{name}.crt")));
            command.arg("--key").arg(file(&format!("{name}.key")));
        }
        let question = r#"{"subject": "nina", "action": "read", "entity_type": "deal", "id": "deal-won"}"#;
        command.args(["--data", question, "https://dopusk/dopusk.v1.DecisionService/Check"]);
        command.output().unwrap()
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        self.nginx().args(["-s", "stop"]).output().ok();
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

/// Writes a file of the chart's with a test's folders in it.
fn file_of_the_chart(name: &str, folder: &Path) -> PathBuf {
    let manifests = chart(VALUES)["manifests"].as_array().unwrap().clone();
    let map = manifests.iter().find(|it| it["kind"] == "ConfigMap").unwrap();
    let folder_text = folder.to_str().unwrap();
    let own = map["data"][name]
        .as_str()
        .unwrap()
        .replace("/var/lib/dopusk", &format!("{folder_text}/store"))
        .replace("/run/dopusk", folder_text)
        .replace("/etc/dopusk/tls", folder_text)
        .replace("/tmp/nginx.pid", &format!("{folder_text}/nginx.pid"))
        .replace("listen 7717 ssl", &format!("listen unix:{folder_text}/proxy.sock ssl"));
    let head =
        if name == "nginx.conf" { format!("load_module {MODULE};\nuser root;\n") } else { String::new() };
    write(folder, name, &(head + &own))
}

/// Starts the server, and waits until it has told so as it does to a service manager.
fn serve(settings: &Path, folder: &Path) -> Child {
    let told = folder.join("notify");
    let manager = UnixDatagram::bind(&told).unwrap();
    manager.set_read_timeout(Some(READY_MAX)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dopusk"));
    command.args(["serve", "--config"]).arg(settings).env("NOTIFY_SOCKET", told);
    let server = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut state = [0; 64];
    let length = manager.recv(&mut state).unwrap();
    assert_eq!(&state[..length], b"READY=1");
    server
}

/// An authority with certificates for the service and a caller, and a caller of another authority.
fn make_certificates(folder: &Path) {
    let script = "
        make() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 \"$@\"; }
        make -keyout ca.key -out ca.crt -subj /CN=ca
        make -keyout tls.key -out tls.crt -subj /CN=dopusk -addext subjectAltName=DNS:dopusk -CA ca.crt -CAkey ca.key
        make -keyout caller.key -out caller.crt -subj /CN=caller -CA ca.crt -CAkey ca.key
        make -keyout stranger.key -out stranger.crt -subj /CN=caller";
    must(Command::new("bash").args(["-ec", script]).current_dir(folder));
    assert!(fs::exists(folder.join("stranger.crt")).unwrap());
}

#[test]
fn only_who_has_a_certificate_of_the_authority_is_answered() {
    let pod = Pod::start();
    let answer = pod.ask(Some("caller"));
    assert!(answer.status.success() && text(&answer).contains("EFFECT_ALLOW"), "{}", text(&answer));
    for certificate in [None, Some("stranger")] {
        let refusal = pod.ask(certificate);
        let said = text(&refusal);
        // A status of the service would have details.
        assert!(
            !refusal.status.success() && !said.contains("EFFECT") && !said.contains("details"),
            "{certificate:?}: {said}"
        );
    }
}
