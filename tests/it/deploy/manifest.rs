//! The Dockerfile, the compose file, the pods and the chart, before the tools that know their rules.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{VALUES, chart, checker, is_refused, render, write};
use crate::tool::{debian, must, root};

const YAML_RULES: &str = "{extends: default, rules: {document-start: disable, line-length: {max: 120}, \
    braces: {max-spaces-inside: 0}, comments: {min-spaces-from-content: 1}}}";

#[test]
fn the_dockerfile_is_as_hadolint_wants() {
    must(checker("hadolint").arg("deploy/Dockerfile"));
    let folder = tempfile::tempdir().unwrap();
    let root_user = write(folder.path(), "Dockerfile", "FROM debian\nUSER root\n");
    is_refused(checker("hadolint").arg(root_user), "DL3002");
}

#[test]
fn what_the_binary_includes_is_sent_to_the_build_of_the_image() {
    let ignored = fs::read_to_string(root().join("deploy/Dockerfile.dockerignore")).unwrap();
    let sent: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let mut included = Vec::new();
    collect_included(&root().join("src"), &mut included);
    assert!(!included.is_empty());
    for path in &included {
        assert!(sent.iter().any(|sent| path.starts_with(root().join(sent))), "{} is not", path.display());
    }
}

/// The files that sources below a folder include, but for generated ones.
fn collect_included(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_included(&path, found);
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        for rest in
            ["include_str!(\"", "include_bytes!(\""].iter().flat_map(|begin| source.split(begin).skip(1))
        {
            let relative = rest.split('"').next().unwrap();
            found.push(folder.join(relative).canonicalize().unwrap());
        }
    }
}

#[test]
fn the_yaml_is_as_yamllint_wants() {
    let files = [
        "deploy/compose.yaml",
        "deploy/kubernetes",
        "deploy/monitor",
        "deploy/helm/dopusk/Chart.yaml",
        "deploy/helm/dopusk/values.yaml",
    ];
    must(checker("yamllint").args(["--strict", "--config-data", YAML_RULES]).args(files));
}

#[test]
fn compose_takes_the_compose_file() {
    debian("docker-compose", &["docker-compose"]);
    let config = |file: &Path| {
        let mut command = Command::new("docker-compose");
        command.arg("--file").arg(file).arg("config");
        command
    };
    let file = root().join("deploy/compose.yaml");
    must(&mut config(&file));
    let folder = tempfile::tempdir().unwrap();
    let misspelt = fs::read_to_string(file).unwrap().replace("read_only:", "readonly:");
    is_refused(&mut config(&write(folder.path(), "compose.yaml", &misspelt)), "readonly");
}

#[test]
fn kubernetes_takes_the_sidecar_and_the_service() {
    must(checker("kubernetes-validate").args(["--strict", "deploy/kubernetes/sidecar.yaml"]));
    let manifests = chart(VALUES)["manifests"].as_array().unwrap().clone();
    assert_eq!(manifests.len(), 4, "{manifests:?}");
    let folder = tempfile::tempdir().unwrap();
    for manifest in &manifests {
        let file = write(folder.path(), "manifest.yaml", &manifest.to_string());
        must(checker("kubernetes-validate").arg("--strict").arg(file));
    }
    let sidecar = fs::read_to_string(root().join("deploy/kubernetes/sidecar.yaml")).unwrap();
    let misspelt = write(folder.path(), "sidecar.yaml", &sidecar.replace("startupProbe", "startProbe"));
    is_refused(checker("kubernetes-validate").arg("--strict").arg(misspelt), "startProbe");
}

#[test]
fn metrics_are_told_to_monitors_alone() {
    let with = |metrics: &str| VALUES.replacen('{', &format!("{{\"metrics\": {metrics}, "), 1);
    let off = chart(VALUES)["manifests"].to_string();
    assert!(!off.contains("9717") && !off.contains("metrics"), "{off}");
    let on = chart(&with(r#"{"enabled": true, "serviceMonitor": {"enabled": true}}"#))["manifests"].clone();
    let kind = |kind: &str| on.as_array().unwrap().iter().find(|it| it["kind"] == kind).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for name in ["NetworkPolicy", "Service", "StatefulSet", "ConfigMap"] {
        let file = write(folder.path(), "manifest.yaml", &kind(name).to_string());
        must(checker("kubernetes-validate").arg("--strict").arg(file));
    }
    let rule = &kind("NetworkPolicy")["spec"]["ingress"][1];
    let namespace = &rule["from"][0]["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"];
    assert_eq!((namespace, &rule["ports"][0]["port"]), (&"monitoring".into(), &"metrics".into()));
    let port = &kind("StatefulSet")["spec"]["template"]["spec"]["containers"][0]["ports"][1];
    assert_eq!((&port["name"], &port["containerPort"]), (&"metrics".into(), &9717.into()));
    let settings = kind("ConfigMap")["data"]["dopusk.toml"].as_str().unwrap();
    assert!(settings.contains("metrics_listen = \"0.0.0.0:9717\"\nmetrics_exposed = true\n"), "{settings}");
    let monitor = kind("ServiceMonitor");
    assert_eq!(monitor["spec"]["endpoints"][0]["port"], "metrics");
    assert_eq!(monitor["spec"]["selector"]["matchLabels"], kind("Service")["spec"]["selector"]);
    is_refused(&mut render(&with(r#"{"enabled": "yes"}"#)), "/metrics/enabled");
}

#[test]
fn nobody_in_a_pod_is_root_or_may_become_it() {
    let manifests = chart(VALUES)["manifests"].as_array().unwrap().clone();
    let set = manifests.iter().find(|it| it["kind"] == "StatefulSet").unwrap();
    let pod = &set["spec"]["template"]["spec"];
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    for container in pod["containers"].as_array().unwrap() {
        let security = &container["securityContext"];
        assert_eq!(security["allowPrivilegeEscalation"], false, "{container}");
        assert_eq!(security["readOnlyRootFilesystem"], true, "{container}");
        assert_eq!(security["capabilities"]["drop"][0], "ALL", "{container}");
    }
}

#[test]
fn the_chart_is_clean_and_refuses_wrong_values() {
    let findings = chart(VALUES)["findings"].clone();
    let messages: Vec<&str> =
        findings["messages"].as_array().unwrap().iter().filter_map(|it| it["error"].as_str()).collect();
    assert_eq!(messages, ["icon is recommended"], "{findings}");
    is_refused(&mut render("{}"), "/tls/secret");
    let with = |more: &str| VALUES.replacen('{', &format!("{{{more}, "), 1);
    is_refused(&mut render(&with(r#""settings": {"listen": "0.0.0.0:7717"}"#)), "listen");
    is_refused(&mut render(&with(r#""replicas": 2"#)), "replicas");
    is_refused(&mut render(&with(r#""storage": {"size": "much"}"#)), "/storage/size");
}
