// Takes the pictures of the README, after a minute of what a shop does.

import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { launch, open, visit } from './browser.mjs';

const { MARQUEE_API: api, MARQUEE_DEBUG: debug, MARQUEE_PSQL: psql } = process.env;
const folder = process.argv[2] ?? '.';
mkdirSync(folder, { recursive: true });
const run = promisify(execFile);
const sql = (statement) => run('sh', ['-c', `${psql} -qAt -c "$0"`, statement]);

async function signIn(email) {
  const body = JSON.stringify({ email, password: 'marquee-dev-only' });
  const answer = await fetch(`${api}/v1/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return (await answer.json()).access_token;
}

const [editor, customer] = [await signIn('editor@example.com'), await signIn('customer@example.com')];
const call = (method, path, token, body) => fetch(api + path, {
  method,
  headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body ? { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() } : {}) },
  ...(body ? { body: JSON.stringify(body) } : {}),
});

const film = await (await call('POST', '/v1/movies', editor, { title: 'Stalker', year: 1979, price: { amount: 990, currency: 'EUR' }, stock: 1000 })).json();
let order;
const until = Date.now() + Number(process.env.SECONDS ?? 75) * 1000;
for (let round = 0; Date.now() < until; round += 1) {
  const busy = 1 + Math.round(4 * (1 + Math.sin(round / 9)));
  const calls = Array.from({ length: busy }, (_, index) => call('GET', ['/v1/movies?q=godfahter', '/v1/movies?sort=-year', '/v1/locations/autocomplete?q=ber', '/v1/cinemas', `/v1/movies/${film.id}`][index % 5]));
  if (round % 3 === 0) calls.push(call('GET', '/v1/wallet', customer), call('GET', '/v1/nothing'));
  if (round % 10 === 0) order = call('POST', '/v1/orders', customer, { items: [{ movie_id: film.id, quantity: 1 }] });
  await Promise.all(calls);
  await order;
  await new Promise((done) => setTimeout(done, 150));
}
const user = { name: 'Ada', email: 'ada@example.com', password: 'analytical-engine-1843' };
await call('POST', '/v1/users', undefined, user);
await sql("INSERT INTO jobs (job_id, name, lane, payload, attempt, attempts, dead_at, last_error) VALUES (gen_random_uuid(), 'users.welcome_mail', 'mail', '{}', 20, 20, now(), 'cannot connect to the relay: connection refused')");
// A page for the errors: the table of cinemas is not what the program takes it for.
await sql('ALTER TABLE cinemas RENAME COLUMN address TO elsewhere');
await call('GET', '/v1/cinemas');
await sql('ALTER TABLE cinemas RENAME COLUMN elsewhere TO address');
const held = sql('BEGIN; LOCK TABLE movies IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(0.9); COMMIT');
await new Promise((done) => setTimeout(done, 250));
const placed = await call('POST', '/v1/orders', customer, { items: [{ movie_id: film.id, quantity: 2 }] });
await held;
const trace = placed.headers.get('x-request-id');

const browser = await launch();
for (const [name, path, scheme] of [
  ['home', '', 'light'], ['charts', '/charts', 'dark'], ['trace', `/requests/${trace}`, 'light'], ['background', '/background', 'dark'],
  ['mails', '/mails', 'light'],
]) {
  const { page, faults, close } = await open(browser, { scheme, width: 1280, height: 800 });
  await visit(page, debug, path);
  if (path === '/charts') await page.getByRole('button', { name: '1 min' }).click();
  await page.waitForTimeout(1500);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  if (faults.length > 0) throw new Error(faults.join('\n'));
  await close();
}
await browser.close();
