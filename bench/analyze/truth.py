#!/usr/bin/env python3
"""The truth for the calls and base classes that `kgload analyze` finds.

    python3 truth.py run PROJECT python|typescript|javascript > truth.json
    python3 truth.py compare truth.json DATASET [--source PROJECT] [--show 30]

See README.md for what counts.
"""
import argparse
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict

HERE = os.path.dirname(os.path.abspath(__file__))
TYPESCRIPT = os.path.join(HERE, "../../dist/bench/analyze/typescript.js")


def run(project: str, language: str, index: str | None) -> dict:
    if language == "python":
        import python_truth

        return python_truth.truth(project, index)
    if not os.path.exists(TYPESCRIPT):
        sys.exit("dist/bench/analyze/typescript.js is not there: run `npm run build` first.")
    command = ["node", "--max-old-space-size=6000", TYPESCRIPT, project, language]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


# What the truth says of a call where it can't tell what is called.
UNKNOWN = ("unknown", "local variable", "variable or attribute")


class Nodes:
    """The functions or the classes of a dataset, found by file, name and the lines where they may start."""

    def __init__(self, rows: list[tuple]):
        self.by_name = defaultdict(list)
        self.by_id = {}
        for id_, name, file, line in rows:
            self.by_name[file, name].append((line, id_))
            self.by_id[id_] = (name, file, line)

    def find(self, place: dict) -> str | None:
        named = [*self.by_name[place["file"], place["name"]], *self.by_name[place["file"], place.get("also")]]
        fitting = [one for one in named if place["low"] <= one[0] <= place["high"]]
        return min(fitting)[1] if fitting else None

    def text(self, id_: str) -> str:
        name, file, line = self.by_id[id_]
        return f"{name} {file}:{line}"


def compare(truth: dict, dataset: str, source: str | None, limit: int) -> None:
    from dataset import columns, endpoints, rows

    functions = Nodes(rows(dataset, "select id, name, file, start_line from {functions}"))
    classes = Nodes(rows(dataset, "select id, name, file, start_line from {classes}"))
    covered = set(truth["files"])
    have = {path for (path,) in rows(dataset, "select path from {files}")}
    if covered - have:
        print(f"files of the truth that the dataset lacks: {len(covered - have)}, {sorted(covered - have)[:5]}")

    method, owner = endpoints(dataset, "method_of")
    class_of = {at: classes.by_id[of][0] for at, of in rows(dataset, f"select {method}, {owner} from {{method_of}}")}
    line = "call_line" if "call_line" in columns(dataset, "calls") else "line_number"
    rule = "rule" if "rule" in columns(dataset, "calls") else "'(no column rule)'"
    start, end = endpoints(dataset, "calls")
    ours = {}
    for from_, to, at, how in rows(dataset, f"select {start}, {end}, {line}, {rule} from {{calls}}"):
        if from_ in functions.by_id and functions.by_id[from_][1] in covered:
            ours[from_, at, to] = how

    print(f"\nCALLS by {truth['tool']}: {len(covered & have):,} files, {len(truth['sites']):,} call sites in functions")
    wanted: dict[tuple, dict] = {}  # (caller, lines, callees) -> site
    allowed: dict[tuple, list[dict]] = defaultdict(list)  # (caller, line) -> sites
    lost = Counter()
    for site in truth["sites"]:
        caller = next(filter(None, map(functions.find, site["callers"])), None)
        callees = tuple(sorted(filter(None, map(functions.find, site["callees"]))))
        site["ids"] = callees
        lines = range(site["line"], site["last"] + 1)
        for at in lines:
            allowed[caller, at].append(site)
        if site["verdict"] == "project":
            if caller and callees:
                wanted.setdefault((caller, lines, callees), site)
            else:
                lost["the caller has no row" if not caller else "the callee has no row"] += 1
                wanted.setdefault((site["file"], lines, json.dumps(site["callees"])), {**site, "lost": True})

    missed = []
    for (caller, lines, ids), site in wanted.items():
        if "lost" in site or not any((caller, at, to) in ours for at in lines for to in ids):
            missed.append(site)
    wrong = []
    for (from_, at, to), how in ours.items():
        sites = allowed[from_, at]
        if not any(to in site["ids"] for site in sites):
            at_it = sites_of(sites, functions.by_id[to][0], class_of.get(to))
            verdict = at_it[0]["verdict"] if at_it else "another name" if sites else "no call site in this line"
            other = "" if not at_it or not at_it[0]["ids"] else f", true: {functions.text(at_it[0]['ids'][0])}"
            wrong.append((how, verdict, from_, at, to, other, at_it[0].get("symbol") if at_it else None))
    right = len(ours) - len(wrong)
    unknown = sum(1 for one in wrong if one[1] in UNKNOWN)
    print(f"true edges {len(wanted):,}, ours {len(ours):,}, right {right:,}")
    print(f"precision {percent(right, len(ours))} (without the {unknown} that the truth knows nothing of: ", end="")
    print(f"{percent(right, len(ours) - unknown)})")
    print(f"recall    {percent(len(wanted) - len(missed), len(wanted))}", end="")
    whole = len(wanted) - sum("lost" in site for site in wanted.values())
    print(f" (of those with rows at both ends: {percent(len(wanted) - len(missed), whole)})")
    for why, count in lost.items():
        print(f"  {why}: {count}")
    print("ours by rule:", dict(Counter(ours.values()).most_common()))

    def line_of(file: str, number: int) -> str:
        if not source:
            return ""
        with open(os.path.join(source, file), encoding="utf-8", errors="replace") as text:
            return "   " + "".join(text.readlines()[number - 1 : number]).strip()[:120]

    print(f"\nmissed: {len(missed)}, by the shape of the callee")
    for kind, count in Counter((s["shape"], "no row" if "lost" in s else "") for s in missed).most_common():
        print(f"  {count:6} {kind[0]} {kind[1]}")
    for s in sample(missed, limit):
        callee = s["callees"][0]
        print(f"    {s['file']}:{s['line']} -> {callee['name']} {callee['file']}:{callee['low']}", end="")
        print(f" [{s['shape']}]{line_of(s['file'], s['line'])}")
    print(f"\nwrong or unknown: {len(wrong)}, by the rule and what the truth says of the call")
    for kind, count in Counter((how, verdict) for how, verdict, *_ in wrong).most_common():
        print(f"  {count:6} {kind[0]}: {kind[1]}")
    for how, verdict, from_, at, to, other, symbol in sample(wrong, limit):
        _, file, _ = functions.by_id[from_]
        said = f"{how}: {verdict}{other or (f' {symbol}' if symbol else '')}"
        print(f"    {file}:{at} -> {functions.text(to)} [{said}]{line_of(file, at)}")

    child, base = endpoints(dataset, "inherits")
    inherits(truth, classes, rows(dataset, f"select {child}, {base} from {{inherits}}"), covered, limit)


def sites_of(sites: list[dict], name: str, its_class: str | None) -> list[dict]:
    """The call sites of a line that an edge to a function of that name may be meant for."""
    named = [site for site in sites if site["name"] in (name, its_class)]
    if not named and name in ("__init__", "__new__", "constructor"):
        # An inherited constructor: called by the name of another class.
        named = [site for site in sites if site["verdict"] != "project"] or sites
    return sorted(named, key=lambda site: site["verdict"] not in UNKNOWN)


def inherits(truth: dict, classes: Nodes, edges: list[tuple], covered: set, limit: int) -> None:
    ours = {(a, b) for a, b in edges if a in classes.by_id and classes.by_id[a][1] in covered}
    right, unknown, wanted, missed = set(), set(), 0, []
    for edge in truth["inherits"]:
        ids = (classes.find(edge["class"]), [classes.find(base) for base in edge["bases"]])
        met = {(ids[0], base) for base in ids[1]} & ours
        right |= met
        if not edge["bases"]:
            unknown |= {one for one in ours if one[0] == ids[0]}
        if edge["required"]:
            wanted += 1
            if not met:
                missed.append(edge)
    print(f"\nINHERITS: true {wanted}, ours {len(ours)}, right {len(right)}; ", end="")
    unknown -= right
    print(f"precision {percent(len(right), len(ours))} (without the {len(unknown)} that", end="")
    print(f" the truth knows nothing of: {percent(len(right), len(ours - unknown))})", end="")
    print(f", recall {percent(wanted - len(missed), wanted)}")
    for edge in missed[:limit]:
        print("    missed", *("{name} {file}:{low}".format(**one) for one in (edge["class"], edge["bases"][0])))
    for a, b in sorted(ours - right)[:limit]:
        print("    unknown" if (a, b) in unknown else "    wrong", classes.text(a), "->", classes.text(b))


def sample(items: list, limit: int) -> list:
    """Evenly over all of them, so that no file fills the list."""
    step = max(1, len(items) // limit) if limit else 1
    return items[::step][:limit]


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("run")
    one.add_argument("project")
    one.add_argument("language", choices=["python", "typescript", "javascript"])
    one.add_argument("--index", help="where scip-python's index is kept: read if it is there, else written")
    two = commands.add_parser("compare")
    two.add_argument("truth")
    two.add_argument("dataset")
    two.add_argument("--source")
    two.add_argument("--show", type=int, default=30)
    options = parser.parse_args()
    if options.command == "run":
        json.dump(run(options.project, options.language, options.index), sys.stdout, indent=0)
    else:
        with open(options.truth, encoding="utf-8") as file:
            compare(json.load(file), options.dataset, options.source, options.show)


if __name__ == "__main__":
    main()
