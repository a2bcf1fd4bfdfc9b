#!/usr/bin/env python3
"""Plants faults into a generated resource, one at a time, and counts how many its generated tests find.

usage: zarf/scaffold/faults.py [NUMBER..]      all of them, or some by their numbers

The resource is written into a clean clone of what is committed, which is removed at the end. CARGO_TARGET_DIR, when it is
set, keeps what was built. Ends with 1 when fewer than 27 of 30 are found, or when a fault has no place to be planted in.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

LINE = [
    "screening", "movie:ref", "starts_at:timestamptz,sortable", "seats:int(1..500),sortable,default=100",
    "code:text(20),unique", "price:money", "status:enum(planned,open,closed)", "note:text(200)?,searchable,sortable",
    "--owned",
]
FEWEST = 27

BUS = "business/domain/screeningbus/src/"
APP = "app/domain/screeningapp/src/"
STORE, RULES, MODEL, EVENT = BUS + "store.rs", BUS + "lib.rs", BUS + "model.rs", BUS + "event.rs"
HANDLERS, ROUTES, WIRE, QUERY, ERRORS = (APP + name for name in ("lib.rs", "route.rs", "model.rs", "filter.rs", "error.rs"))
POLICY = "app/sdk/auth/src/policy.rs"
MIGRATION = "business/sdk/migrate/migrations/*_screenings.sql"

# What the fault is, where, what stands there, what is put in its place.
FAULTS = [
    ("an update takes an older version", STORE, "screening_id = $1 AND version = $2\n", "screening_id = $1 AND version >= $2\n"),
    ("an update leaves the version as it is", STORE, "version = version + 1", "version = version"),
    ("an update leaves the time as it is", STORE, "greatest(updated_at, $12)", "greatest(updated_at, least($12, updated_at))"),
    ("an update clears what it does not name", STORE, "CASE WHEN $10 THEN note", "CASE WHEN NOT $10 THEN note"),
    ("an update writes one member for another", STORE, "price_amount = coalesce($7,", "price_amount = coalesce($7 + 1,"),
    ("a delete takes any version", STORE, "version = coalesce($2, version)", "version <> coalesce(-$2, 0)"),
    ("a delete forgets whose it is", STORE, "owner_id = coalesce($3, owner_id)", "owner_id <> coalesce($3, screening_id)  OR $3 = owner_id"),
    ("a read forgets whose it is", STORE, "screening_id = $1 AND owner_id = coalesce($2, owner_id)", "screening_id = $1 AND coalesce($2, owner_id) IS NOT NULL"),
    ("a list forgets whose it is", STORE, "if let Some(owner) = scope.owner() {", "if let Some(owner) = scope.owner().filter(|_| false) {"),
    ("a bound of a filter is left out", STORE, "seats >= ", "seats > "),
    ("a filter selects the others", STORE, "AND status = ", "AND status <> "),
    ("an order is another one", STORE, "(OrderField::StartsAt, _) => \"starts_at\"", "(OrderField::StartsAt, _) => \"created_at\""),
    ("a page continues from another place", STORE, "(OrderField::Seats, _) => Key::Int(self.seats.into())", "(OrderField::Seats, _) => Key::Int(self.version)"),
    ("what is referred to looks as if it were gone", STORE, "Err(Error::InUse)", "Err(Error::NotFound)"),
    ("two errors are taken for each other", STORE, "=> Error::DuplicateCode", "=> Error::UnknownMovie"),
    ("a search resembles where it found", STORE, "WHERE NOT EXISTS (", "WHERE EXISTS ("),
    ("a change without news is a change", RULES, "if update.clone().apply(screening) == *screening {", "if false {"),
    ("a delete leaves no audit", RULES, "&[event::deleted(deleted)]", "&[event::deleted(deleted)][1..]"),
    ("a number beyond the bound is taken", MODEL, "pub const MAX: i32 = 500;", "pub const MAX: i32 = 501;"),
    ("a number below the bound is taken", MODEL, "pub const MIN: i32 = 1;", "pub const MIN: i32 = 0;"),
    ("money below zero is taken", MODEL, "0..=Self::MAX => Ok(Self(money))", "-1..=Self::MAX => Ok(Self(money))"),
    ("an audit lacks a member", EVENT, '        .field("price", &screening.price)\n', ""),
    ("an update is not asked for its version", HANDLERS, "if_match.check(screening.version)?;", "let _ = if_match;"),
    ("a bound of a query is the other one", QUERY, "starts_at_from: starts_at_from?,\n            starts_at_to: starts_at_to?,", "starts_at_from: starts_at_to?,\n            starts_at_to: starts_at_from?,"),
    ("a default is another one", WIRE, 'object.defaulted("seats", &SEATS, 100)', 'object.defaulted("seats", &SEATS, 99)'),
    ("a number of the representation is another one", WIRE, "seats: screening.seats.number(),", "seats: screening.seats.number() + 1,"),
    ("a verb is another one", ROUTES, '        .patch(\n            "/v1/screenings/{id}"', '        .put(\n            "/v1/screenings/{id}"'),
    ("a route asks for less", ROUTES, '        .delete(\n            "/v1/screenings/{id}",\n            Permission::ScreeningsWrite', '        .delete(\n            "/v1/screenings/{id}",\n            Permission::ScreeningsRead'),
    ("the policy grants more", POLICY, '"screenings:read":       None  Any   None   Any     Own', '"screenings:read":       None  Any   None   Any     Any'),
    ("the table takes what no two may have", MIGRATION, "UNIQUE (owner_id, code_folded)", "UNIQUE (owner_id, code_folded, screening_id)"),
]

TESTS = [
    ["--test", "screeningbus"],
    ["--test", "screeningapp"],
    ["--test", "auth"],
    ["--test", "platform", "policy"],
]


def run(*command, quiet=True):
    sink = subprocess.DEVNULL if quiet else None
    return subprocess.run(command, stdout=sink, stderr=sink).returncode


def tests_that_fail():
    for tests in TESTS:
        if run("cargo", "test", "--locked", "--quiet", "--workspace", *tests) != 0:
            return tests[1]
    return None


def compiles():
    return run("cargo", "check", "--locked", "--quiet", "--workspace", "--tests") == 0


def plant(number):
    what, pattern, before, after = FAULTS[number]
    places = sorted(pathlib.Path(".").glob(pattern))
    text = places[0].read_text() if len(places) == 1 else ""
    if text.count(before) != 1:
        print(f"{number + 1:>2}  {what}: there are {text.count(before)} places for it in {pattern}")
        return None
    places[0].write_text(text.replace(before, after))
    outcome = tests_that_fail() if compiles() else "the compiler"
    places[0].write_text(text)
    print(f"{number + 1:>2}  {what}: {'not found' if outcome is None else 'found by ' + outcome}", flush=True)
    return outcome


def main():
    chosen = [int(number) - 1 for number in sys.argv[1:]] or range(len(FAULTS))
    root = subprocess.check_output(["git", "-C", str(pathlib.Path(__file__).parent), "rev-parse", "--show-toplevel"], text=True)
    scratch = tempfile.mkdtemp(prefix="marquee-faults.", dir=os.environ.get("TMPDIR", "/var/tmp"))
    try:
        os.environ.setdefault("CARGO_TARGET_DIR", scratch + "/target")
        subprocess.check_call(["git", "clone", "--quiet", root.strip(), scratch + "/clone"])
        os.chdir(scratch + "/clone")
        subprocess.check_call(["cargo", "run", "--locked", "--quiet", "--bin", "admin", "--", "new", "resource", *LINE], stdout=subprocess.DEVNULL)
        if not compiles():
            sys.exit("without a fault, it does not compile")
        without = tests_that_fail()
        if without is not None:
            sys.exit(f"without a fault, {without} fails")
        found = [plant(number) for number in chosen]
    finally:
        os.chdir("/")
        shutil.rmtree(scratch)
    # What does not compile was found by nobody's test.
    caught = sum(outcome not in (None, "the compiler") for outcome in found)
    print(f"{caught} of {len(found)} planted faults turn the generated tests red")
    sys.exit(0 if caught >= len(found) - (len(FAULTS) - FEWEST) else 1)


if __name__ == "__main__":
    main()
