"""The peer that tests/bench/sync measures against: a synchronisation in Python, on gazu and pymongo.

It is what a careful pipeline TD would write in an afternoon: Kitsu's bulk routes, one read of the
collection, one bulk write of what differs. It does a part of what op-diff does (no clash of names,
no guard, no archive), so the comparison is in its favour.
"""
import json
import os
import sys

import gazu
import pymongo


def login(path):
    gazu.set_host(os.environ["KITSU_SERVER"])
    tokens = gazu.log_in(os.environ["KITSU_LOGIN"], os.environ["KITSU_PWD"])
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as f:
        json.dump({k: tokens[k] for k in ("access_token", "refresh_token")}, f)


def number(value, otherwise):
    try:
        return int(float(value))
    except (TypeError, ValueError):
        return otherwise


def document(entity, name, parents, above, project, tasks):
    data = dict(entity.get("data") or {})
    start = number(data.pop("frame_in", None), 1001)
    end = number(data.pop("frame_out", None), None) or start + (entity.get("nb_frames") or 1) - 1
    data.update(zou=entity, frameStart=start, frameEnd=end, fps=float(project["fps"] or 25),
                resolutionWidth=1920, resolutionHeight=1080, pixelAspect=1.0, handleStart=0,
                handleEnd=0, clipIn=1, clipOut=1, tasks=tasks, parents=parents,
                visualParent=above)
    return {"_id": entity["id"], "type": "asset", "schema": "openpype:asset-3.0", "name": name,
            "parent": project["id"], "data": data}


def sync(token, url, name):
    gazu.set_host(os.environ["KITSU_SERVER"])
    with open(token) as f:
        gazu.client.set_tokens(json.load(f))
    fetch = gazu.client.get
    project = next(p for p in fetch("data/projects/all") if p["name"] == name)
    below = "data/projects/%s/" % project["id"]
    types = {t["id"]: t["name"] for t in fetch("data/task-types")}
    records = {k: fetch(below + k) for k in ("asset-types", "episodes", "sequences", "shots",
                                             "assets", "edits", "concepts")}
    tasks = {}
    for task in fetch(below + "tasks"):
        of = types[task["task_type_id"]]
        tasks.setdefault(task["entity_id"], {})[of] = {"type": of, "zou": task}
    wanted, names = {}, {}
    for kind in ("asset-types", "sequences", "shots", "assets"):
        for entity in records[kind]:
            parent = entity.get("parent_id")
            if kind == "assets":
                parent = entity["entity_type_id"]
            doc_name = entity["name"]
            if kind == "shots" and parent in names:
                doc_name = names[parent] + "_" + doc_name
            names[entity["id"]] = doc_name
            root = "Assets" if kind in ("assets", "asset-types") else "Shots"
            wanted[entity["id"]] = document(
                entity, doc_name, [root] + ([names[parent]] if parent in names else []),
                parent or root, project, tasks.get(entity["id"], {}))
    collection = pymongo.MongoClient(url, w="majority")["avalon_peer"][name]
    stored = {d["_id"]: d for d in collection.find()}
    writes = [pymongo.ReplaceOne({"_id": i}, d, upsert=True) for i, d in wanted.items()
              if stored.get(i) != d]
    writes += [pymongo.DeleteOne({"_id": i}) for i in stored if i not in wanted]
    if writes:
        collection.bulk_write(writes, ordered=False)


def drop(url):
    client = pymongo.MongoClient(url)
    for db in ("avalon_peer", os.environ.get("AVALON_DB", "avalon"), "openpype"):
        client.drop_database(db)


if __name__ == "__main__":
    {"login": login, "sync": sync, "drop": drop}[sys.argv[1]](*sys.argv[2:])
