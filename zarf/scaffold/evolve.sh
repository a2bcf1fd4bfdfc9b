#!/usr/bin/env bash
# A resource's life in a clean clone of what is committed here: written, edited by hand, given members, renamed, removed;
# beside it a second resource, which must stay as it is to the byte. After each step the clone is held to what a merge has
# to pass, and a filled database is migrated, on which the statements of the release before still have to work.
#
# usage: zarf/scaffold/evolve.sh
# The clone goes to a folder of its own and is removed; CARGO_TARGET_DIR, when it is set, keeps what was built.
set -euo pipefail

root=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/marquee-evolve.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
git clone --quiet "$root" "$scratch/clone"
cd "$scratch/clone"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$scratch/target}
export GIT_AUTHOR_NAME=evolve GIT_AUTHOR_EMAIL=evolve@example.com
export GIT_COMMITTER_NAME=evolve GIT_COMMITTER_EMAIL=evolve@example.com

admin() { cargo run --locked --quiet --bin admin -- "$@"; }
sql() { admin db psql -- -v ON_ERROR_STOP=1 -qAtc "$1"; }
expect() {
    [ "$2" = "$3" ] || { echo "$1: expected $3, found $2" >&2; exit 1; }
}
commit() { git add -A && git commit --quiet -m "$1"; }
# As before a merge: documents, gateway and alerts are made anew, and speak of the resource until they are made again. A
# folded copy holds its table up, as its migration says; how long is up to the machine.
accept() {
    admin check --accept --lock-limit 30s >"$scratch/said" || { cat "$scratch/said" >&2; exit 1; }
    commit "$1"
}
others() { git ls-files 'business/domain/hallbus' 'app/domain/hallapp' '*/lines/halls.rs' | xargs sha256sum; }

# What a merge has to pass; the crates that are named are tested. About the whole workspace, as the Makefile says why.
holds() {
    cargo fmt --all --check
    cargo clippy --locked --quiet --workspace --all-targets -- -D warnings
    cargo run --locked --quiet --bin arch
    cargo test --locked --quiet --workspace "${@/#/--test=}" --test auth
    cargo test --locked --quiet --workspace --test platform policy
}

echo '== new, edited by hand'
admin new resource hall 'name:text(80),sortable' 'rows:int(1..60)' >/dev/null
commit 'halls'
admin new resource screening starts_at:timestamptz,sortable 'seats:int(1..500),sortable,default=100' price:money,sortable \
    'status:enum(planned,open,closed)' 'note:text?,searchable' >/dev/null
commit 'screenings'
hall=$(others)

python3 - <<'PYTHON'
import pathlib

def edit(path, before, after):
    path = pathlib.Path(path)
    text = path.read_text()
    assert text.count(before) == 1, (path, before)
    path.write_text(text.replace(before, after))

edit('business/domain/screeningbus/src/lib.rs', '    /// Why a statement that names', '''    /// Whether there is no screening at all.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn is_empty(&self) -> Result<bool, Error> {
        Ok(self.count(&QueryFilter::default()).await? == 0)
    }

    /// Why a statement that names''')
edit('business/domain/screeningbus/tests/screeningbus/main.rs', 'mod rows;', 'mod rows;\nmod screening_rules;')
pathlib.Path('business/domain/screeningbus/tests/screeningbus/screening_rules.rs').write_text('''//! What we want of screenings beyond what they came with.

use crate::samples::{business, full};

#[tokio::test]
async fn a_screening_that_was_added_is_told_by_is_empty() {
    let (_database, screenings) = business().await;
    assert!(screenings.is_empty().await.unwrap());
    screenings.create(full()).await.unwrap();
    assert!(!screenings.is_empty().await.unwrap());
}
''')
edit('app/domain/screeningapp/src/route.rs', '"An update that changes nothing keeps the version."', '"Screenings that began are changed all the same."')
edit('app/domain/screeningapp/tests/screeningapp/screenings.rs', '        api.delete(&path).send().await.problem(401', '        // A screening is nobody\'s own.\n        api.delete(&path).send().await.problem(401')
PYTHON
number=$(printf '%04d' $(($(ls business/sdk/migrate/migrations | tail -n 1 | cut -d _ -f 1 | sed 's/^0*//') + 1)))
cat >"business/sdk/migrate/migrations/${number}_screenings_early.sql" <<'SQL'
-- Nobody comes to a screening of the last century.
ALTER TABLE public.screenings ADD CONSTRAINT screenings_starts_at_early CHECK (starts_at > '2000-01-01');
SQL
cargo fmt --all
holds screeningbus screeningapp
commit 'edited by hand'
accept 'screenings are documented'
grep -q screenings zarf/gateway/routes.conf
admin migrate up >/dev/null
sql "INSERT INTO screenings (screening_id, starts_at, seats, price_amount, price_currency, status, version, created_at, updated_at)
    SELECT gen_random_uuid(), now(), 1 + n % 500, n, 'EUR', 'open', 1, now(), now() FROM generate_series(1, 100000) AS n"

echo '== add field'
if admin add field screening 'room:int(1..9)' 2>/dev/null; then echo 'a required member was added' >&2; exit 1; fi
admin add field screening 'subtitle:text(80)?' | tail -n 3
commit subtitle
admin add field screening 'tier:int(1..9),sortable,default=3' >/dev/null
commit tier
admin add field screening 'blurb:text(40),sortable,default=none' >/dev/null
commit blurb
for member in 'movie:ref?' 'hall:ref?' 'code:text(20)?,unique' 'tags:list(20,5)' 'details:json' \
    'dated:date?,sortable'; do
    admin add field screening "$member" >/dev/null
    commit "$member"
done
expect 'the other resource' "$(others)" "$hall"
holds screeningbus screeningapp
admin migrate up
admin migrate verify >/dev/null
insert="(screening_id, starts_at, seats, price_amount, price_currency, status, version, created_at, updated_at)
    VALUES ('00000000-0000-7000-8000-000000000001', now(), 5, 5, 'EUR', 'open', 1, now(), now())"
expect 'a row of the release before' "$(sql "INSERT INTO screenings $insert RETURNING tier, subtitle IS NULL, blurb_folded")" '3|t|none'
expect 'the rows that were there' "$(sql "SELECT count(*) FROM screenings WHERE tier = 3 AND blurb = 'none'")" 100001
expect 'no constraint is left unchecked' "$(sql "SELECT count(*) FROM pg_constraint WHERE NOT convalidated")" 0
expect 'what is empty' "$(sql "SELECT count(*) FROM screenings WHERE tags = '{}' AND details = '{}' AND movie_id IS NULL")" 100001
expect 'no index is left half built' "$(sql "SELECT count(*) FROM pg_index WHERE NOT indisvalid")" 0
sql "DELETE FROM screenings WHERE seats = 5 AND price_amount = 5 AND version = 1 AND screening_id::text LIKE '0000%'"

echo '== rename'
accept 'screenings with their members are documented'
before=$(git rev-parse HEAD)
admin rename resource screening late_show | tail -n 9
test -f business/domain/lateshowbus/tests/lateshowbus/late_show_rules.rs
grep -q 'Whether there is no late show at all' business/domain/lateshowbus/src/lib.rs
commit 'late shows'
accept 'late shows are documented'
expect 'the other resource' "$(others)" "$hall"
holds lateshowbus lateshowapp
admin migrate up
admin migrate verify >/dev/null
expect 'the release before adds' "$(sql "INSERT INTO screenings $insert RETURNING tier")" 3
expect 'and changes' "$(sql "UPDATE screenings SET seats = 6, version = version + 1
    WHERE screening_id = '00000000-0000-7000-8000-000000000001' AND version = 1 RETURNING seats")" 6
expect 'and removes' "$(sql "DELETE FROM screenings WHERE screening_id = '00000000-0000-7000-8000-000000000001' RETURNING version")" 2
expect 'and searches' "$(sql "SELECT count(*) FROM screenings_resembling('nothing like it')")" 0
expect 'all rows' "$(sql 'SELECT count(*) FROM late_shows')" 100000

echo '== rename back'
admin rename resource late_show screening >/dev/null
commit 'screenings again'
accept 'screenings are documented again'
git diff --quiet "$before" HEAD -- . ':!business/sdk/migrate/migrations' || { git diff "$before" HEAD --stat; exit 1; }
admin migrate up

echo '== remove'
admin remove resource screening | tail -n 8
commit 'no screenings'
expect 'the other resource' "$(others)" "$hall"
if git grep -qi screening -- business/domain app/domain app/services business/types app/sdk/auth Cargo.toml Cargo.lock; then
    echo 'something is left of screenings' >&2
    exit 1
fi
accept 'no screenings are documented'
if git grep -qi screening -- zarf ':!zarf/scaffold' ':!zarf/docs'; then echo 'what is made anew still speaks of screenings' >&2; exit 1; fi
holds hallbus hallapp
admin migrate up
admin migrate verify >/dev/null
expect 'the table' "$(sql "SELECT count(*) FROM pg_class WHERE relname LIKE '%screening%' OR relname LIKE '%late_show%'")" 0
echo 'every step holds'
