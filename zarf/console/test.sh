#!/bin/sh
# The pages of the console: built anew and compared with what is committed, then used in a browser against services of their own,
# one of a developer and one in production on the same database, which knows no mail: it would try to send what the other one keeps.
# With `shots` as its argument, pictures for the README are taken.
set -eu
cd "$(dirname "$0")/../.."
root=$(pwd)
web=$root/app/sdk/webconsole/web
logs=$(mkdir -p "${CARGO_TARGET_DIR:-target}/console" && cd "${CARGO_TARGET_DIR:-target}/console" && pwd)
rm -rf "$logs/dist" "$logs"/*.log
zarf/dev/install.sh curl python node chromium

cd "$web"
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --loglevel=error
npm run --silent check
npm run --silent build -- --logLevel warn --outDir "$logs/dist"
if [ "${1:-}" != shots ]; then
    diff -r "$logs/dist" ../dist >/dev/null || {
        echo 'the built pages are not those of the sources: run make console, and commit app/sdk/webconsole/dist' >&2
        exit 1
    }
fi

cd "$root"
. zarf/dev/service.sh
trap stop_all EXIT
trap 'exit 130' INT TERM
set -- "${1:-test}" $(free_ports 4)
start_service console "$2" "$3"
development=$pid
await_ready "$2"
MARQUEE__ENV=production MARQUEE__AUTH__ISSUER=https://api.marquee.test MARQUEE__MAIL__SMTP_URL=smtp://127.0.0.1:9 \
    MARQUEE__MAIL__FROM='Marquee <no-reply@marquee.test>' MARQUEE__MEDIA__STORES="file://$scratch/media" \
    start_service console-production "$4" "$5" catalog
production=$pid
await_ready "$4"

export MARQUEE_API="http://127.0.0.1:$2" MARQUEE_DEBUG="http://127.0.0.1:$3" MARQUEE_PRODUCTION="http://127.0.0.1:$5"
MARQUEE_PSQL=$(sed -n 's/^  database  *//p' "$logs/console.log")
export MARQUEE_PSQL
if [ "$1" = shots ]; then
    node "$web/tests/shots.mjs" "$root/zarf/docs/console"
else
    node --test --test-reporter=spec "$web/tests/console.test.mjs"
fi
stop_service "$production"
stop_service "$development"
