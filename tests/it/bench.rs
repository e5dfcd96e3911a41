//! The load generator against a server that runs already.

use std::process::Command;

use dopusk::bundle::{Bundle, Encoding};
use dopusk::domain::Object;
use serde_json::Value;

use crate::host::Host;
use crate::tool::{must, root};

fn measure(host: &Host) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dopusk"));
    command.args(["bench", "--case", "stored", "--case", "page-all", "--seconds", "1", "--rounds", "1"]);
    command.args(["--output", "json", "--server", &host.url()]);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_is_measured_on_what_it_holds() {
    let host = Host::start().await;
    let empty = measure(&host).output().unwrap();
    assert!(!empty.status.success());
    let told = String::from_utf8_lossy(&empty.stderr).into_owned();
    assert!(told.contains("holds no users or no resources"), "{told}");

    let text = std::fs::read(root().join("deploy/sample/company.yaml")).unwrap();
    let sample = Bundle::read("company.yaml", Encoding::Yaml, text.as_slice()).unwrap();
    host.import(&sample.into_objects().collect::<Vec<Object>>()).await.unwrap();
    let output = must(&mut measure(&host));
    let report: Value = serde_json::from_str(&output).unwrap();
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{report}");
    for row in rows {
        assert!(row["dopusk"]["calls_per_second"].as_f64().unwrap() > 0.0, "{report}");
        assert!(row["throughput_ratio"].as_f64().unwrap() > 0.0, "{report}");
        assert!(row["dopusk"]["server_cpu_us_per_call"].is_null(), "it isn't known: {report}");
    }
    host.stop().await;
}
