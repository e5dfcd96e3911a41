#!/usr/bin/env bash
# The calls of a shell, by reflection, without .proto files:
#
#     examples/grpcurl.sh 127.0.0.1:7717 u1 read deal 42
#
# Takes grpcurl or, where there is none, buf (`BUF` names the program); both print the same JSON.
set -euo pipefail

server=${1:?host:port} subject=${2:?the user} action=${3:?the action} type=${4:?the entity type} id=${5:?the resource}

call() { # method, message as JSON
    if command -v grpcurl >/dev/null; then
        grpcurl -plaintext -d "$2" "$server" "dopusk.v1.$1"
    else
        "${BUF:-buf}" curl --protocol grpc --http2-prior-knowledge -d "$2" "http://$server/dopusk.v1.$1"
    fi
}

# May the user do the action on this one resource, and which rule says so?
call DecisionService/Check \
    "{\"subject\": \"$subject\", \"action\": \"$action\", \"entity_type\": \"$type\", \"id\": \"$id\"}"

# Which resources may he see? At most ten here; the answer's cursor goes on behind them.
call DecisionService/ListVisible \
    "{\"subject\": \"$subject\", \"action\": \"$action\", \"entity_type\": \"$type\", \"page_size\": 10}"

# The same question about a resource that the caller keeps itself: nothing is stored.
call DecisionService/Check "{\"subject\": \"$subject\", \"action\": \"$action\", \"entity_type\": \"$type\",
    \"facts\": {\"responsible\": \"$subject\"}}"

# What is in the directory?
call DirectoryService/ListObjects '{"kind": "KIND_ROLE", "page_size": 3}'
