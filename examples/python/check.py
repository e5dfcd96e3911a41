"""Asks a running server one Check and one ListVisible, by reflection: no generated code, no .proto files.

    python3 -m venv venv
    venv/bin/pip install -r examples/python/requirements.txt
    venv/bin/python examples/python/check.py 127.0.0.1:7717 u1 read deal 42

prints

    u1 may read deal 42: EFFECT_ALLOW, REASON_INHERITED_ENTRY
    u1 may read 2 of deal: 42 43

and exits with 0 whether the answer is allow or deny; an error of the server ends it with a trace.
"""

import argparse

from grpc_requests import Client

SERVICE = "dopusk.v1.DecisionService"
# For a Unix socket gRPC's C core, which is that of Python, PHP, Ruby and C++, would send the socket's path as the name
# of the host, and HTTP/2 takes no such name.
OPTIONS = [("grpc.default_authority", "localhost")]


def main():
    parser = argparse.ArgumentParser(description="Asks Dopusk one question and one list.")
    parser.add_argument("server", help="host:port, or unix:/path of a socket")
    parser.add_argument("subject", help="the id of the user who asks")
    parser.add_argument("action")
    parser.add_argument("type", help="the name of the entity type")
    parser.add_argument("id", help="the id of the resource")
    asked = parser.parse_args()
    client = Client.get_by_endpoint(asked.server, channel_options=OPTIONS)
    question = {"subject": asked.subject, "action": asked.action, "entity_type": asked.type}

    answer = client.request(SERVICE, "Check", {**question, "id": asked.id})
    decision = answer["decision"]
    print(f"{asked.subject} may {asked.action} {asked.type} {asked.id}: {decision['effect']}, {decision['reason']}")

    # The stream's first revision is that of all its chunks. To see at least what the Check saw, name its revision.
    question["consistency"] = {"at_least": answer["revision"]}
    chunks = client.request(SERVICE, "ListVisible", question)
    ids = [id for chunk in chunks for id in chunk.get("ids", [])]
    print(f"{asked.subject} may {asked.action} {len(ids)} of {asked.type}: {' '.join(ids[:10])}")


if __name__ == "__main__":
    main()
