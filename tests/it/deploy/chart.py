"""Lints a Helm chart, renders it with values, and prints the manifests as one JSON list; says on stderr what is wrong.

    python chart.py deploy/helm/dopusk '{"tls": {"secret": "dopusk-tls"}}'
"""

import json
import sys

import yaml
from helm_python import chart


def main():
    folder, values = sys.argv[1], json.loads(sys.argv[2])
    findings = chart.lint(folder, values, strict=True)
    loaded = chart.Chart.load(folder)
    loaded.validate_schema(values)
    rendered = loaded.render(values, name="decisions", namespace="tickets")
    manifests = [it for text in rendered.values() for it in yaml.safe_load_all(text) if it]
    print(json.dumps({"findings": findings, "manifests": manifests}))


if __name__ == "__main__":
    main()
