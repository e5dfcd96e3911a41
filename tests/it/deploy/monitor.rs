//! Alert rules and the dashboard, before promtool, and against the metrics that a server really tells.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::{is_refused, write};
use crate::metrics::{host, page};
use crate::tool::{debian, must, root, text};

fn promtool() -> Command {
    debian("promtool", &["prometheus"]);
    let mut command = Command::new("promtool");
    command.current_dir(root().join("deploy/monitor"));
    command
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The words of a text that can be the names of metrics.
fn named(text: &str) -> BTreeSet<&str> {
    let words = text.split(|it: char| !it.is_ascii_alphanumeric() && it != '_');
    words
        .filter(|it| ["dopusk_", "rpc_server_", "process_"].iter().any(|begin| it.starts_with(begin)))
        .collect()
}

/// The names that a server tells: of families, and of the parts of histograms.
async fn told() -> BTreeSet<String> {
    let host = host().await;
    let page = page(&host).await;
    let types = page.text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let mut names = BTreeSet::new();
    for (name, kind) in types.map(|line| line.split_once(' ').unwrap()) {
        names.insert(name.to_owned());
        if kind == "histogram" {
            names.extend(["bucket", "count", "sum"].map(|part| format!("{name}_{part}")));
        }
    }
    host.stop().await;
    names
}

fn expressions() -> Vec<String> {
    fn collect(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(fields) => {
                found.extend(fields.get("expr").and_then(|it| it.as_str()).map(str::to_owned));
                fields.values().for_each(|it| collect(it, found));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|it| collect(it, found)),
            serde_json::Value::Null
            | serde_json::Value::Bool(_)
            | serde_json::Value::Number(_)
            | serde_json::Value::String(_) => {}
        }
    }
    let mut found = Vec::new();
    collect(&serde_json::from_str(&read("deploy/monitor/dashboard.json")).unwrap(), &mut found);
    found
}

#[test]
fn each_alert_fires_on_what_it_is_for_and_on_nothing_else() {
    must(promtool().args(["check", "rules", "alerts.yaml"]));
    must(promtool().args(["test", "rules", "alerts-test.yaml"]));
    let (rules, tests) = (read("deploy/monitor/alerts.yaml"), read("deploy/monitor/alerts-test.yaml"));
    let alerts: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 10, "{alerts:?}");
    for alert in alerts {
        assert!(tests.contains(&format!("- alertname: {alert}\n")), "{alert} is never seen firing");
        assert!(tests.contains(&format!("{{alertname: {alert}, ")), "{alert} is never seen quiet");
    }
}

#[test]
fn a_threshold_that_is_changed_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let rules = read("deploy/monitor/alerts.yaml");
    write(folder.path(), "alerts-test.yaml", &read("deploy/monitor/alerts-test.yaml"));
    for (threshold, other) in [("> 0.01", "> 0.5"), ("> 1000\n", "> 5000\n"), ("> 0.8 and", "> 0.99 and")] {
        assert!(rules.contains(threshold), "{threshold}");
        write(folder.path(), "alerts.yaml", &rules.replace(threshold, other));
        is_refused(
            promtool().current_dir(folder.path()).args(["test", "rules", "alerts-test.yaml"]),
            "FAILED",
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_and_dashboard_name_what_is_told() {
    let told = told().await;
    let dashboard = expressions().join("\n");
    let texts = [read("deploy/monitor/alerts.yaml"), read("deploy/monitor/alerts-test.yaml"), dashboard];
    for text in &texts {
        let names = named(text);
        assert!(names.len() > 10, "{names:?}");
        for name in names {
            assert!(told.contains(name), "{name} is not told");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_names_what_is_told_and_all_of_ours() {
    let told = told().await;
    let readme = read("README.md");
    let named = named(&readme);
    for name in named.iter().filter(|name| **name != "process_") {
        assert!(told.contains(*name), "{name} is not told");
    }
    let is_part = |name: &str| ["_bucket", "_count", "_sum"].iter().any(|part| name.ends_with(part));
    for name in told.iter().filter(|name| !name.starts_with("process_") && !is_part(name)) {
        assert!(named.contains(name.as_str()), "{name} is not in the readme");
    }
}

#[test]
fn promtool_takes_the_expressions_of_the_dashboard() {
    let folder = tempfile::tempdir().unwrap();
    let check = |expressions: &[String]| {
        let rules: Vec<_> = expressions
            .iter()
            .enumerate()
            .map(|(at, it)| {
                let it = it.replace("$__rate_interval", "5m").replace("$instance", ".*");
                serde_json::json!({"record": format!("panel:{at}"), "expr": it})
            })
            .collect();
        let groups = serde_json::json!({"groups": [{"name": "dashboard", "rules": rules}]});
        let file = write(folder.path(), "rules.yaml", &groups.to_string());
        promtool().args(["check", "rules"]).arg(file).output().unwrap()
    };
    let mut expressions = expressions();
    assert!(expressions.len() > 20, "{expressions:?}");
    let output = check(&expressions);
    assert!(output.status.success(), "{}", text(&output));
    expressions[0].push(')');
    assert!(!check(&expressions).status.success());
}

#[test]
fn panels_have_places_and_numbers_of_their_own() {
    let dashboard: serde_json::Value = serde_json::from_str(&read("deploy/monitor/dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<u64> = panels.iter().map(|it| it["id"].as_u64().unwrap()).collect();
    let places: BTreeSet<String> =
        panels.iter().map(|it| format!("{} {}", it["gridPos"]["x"], it["gridPos"]["y"])).collect();
    assert_eq!((ids.len(), places.len()), (panels.len(), panels.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn promtool_takes_the_metrics() {
    let host = host().await;
    let page = page(&host).await;
    let mut child = promtool()
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(page.text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    host.stop().await;
}
