// The console as somebody uses it, against a service of its own: zarf/console/test.sh starts both.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { after, before, describe, it } from 'node:test';
import { PAGES, launch, open, visit } from './browser.mjs';

const { MARQUEE_API: api, MARQUEE_DEBUG: debug, MARQUEE_PRODUCTION: production, MARQUEE_PSQL: psql } = process.env;
const DEAD = '0190a6e0-7d1c-7c3e-8f4a-3b2a1c0d9e8f';

const run = promisify(execFile);
const sql = (statement) => run('sh', ['-c', `${psql} -v ON_ERROR_STOP=1 -qAt -c "$0"`, statement]);

async function get(path) {
  const response = await fetch(api + path);
  return { status: response.status, trace: response.headers.get('x-request-id'), body: await response.text() };
}

/** A request that waits for somebody who holds the table of films. */
async function slowRequest() {
  const held = sql("BEGIN; LOCK TABLE movies IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(1.2); COMMIT");
  for (;;) {
    const { stdout } = await sql("SELECT count(*) FROM pg_locks WHERE relation = 'movies'::regclass AND mode = 'AccessExclusiveLock' AND granted");
    if (stdout.trim() !== '0') break;
  }
  const [answer] = await Promise.all([get('/v1/movies?sort=-year&limit=3'), held]);
  assert.equal(answer.status, 200, answer.body);
  return answer;
}

describe('the console', () => {
  let browser;
  let slow;

  before(async () => {
    browser = await launch();
    for (let round = 0; round < 5; round += 1) await Promise.all([get('/v1/movies?q=godfather'), get('/v1/cinemas'), get('/v1/nothing')]);
    const user = { name: 'Ada', email: 'ada@example.com', password: 'analytical-engine-1843' };
    await fetch(`${api}/v1/users`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(user) });
    slow = await slowRequest();
    await sql(
      `INSERT INTO jobs (job_id, name, lane, payload, attempt, attempts, dead_at, last_error) VALUES ('${DEAD}', 'tests.nobody', 'default', '{}', 10, 10, now(), 'the relay is away')`,
    );
  });
  after(() => browser?.close());

  it('shows what is there on every page, without a fault, a violation of the policy, a request to others or a jump', async () => {
    const { page, faults, close } = await open(browser);
    const shown = {
      '': ['platform', 'ready', 'database connections in use', 'web.api_host', 'none pending'],
      '/charts': ['Requests', 'Time to answer', 'Database pool', 'GET /v1/movies'],
      '/requests': ['/v1/movies?q=godfather', '404', '/v1/users', 'users.activation_mail'],
      '/routes': ['/v1/movies/{id}', 'movies:write', 'customer'],
      '/background': ['8 parts, held by', 'tests.nobody', 'the relay is away'],
      '/mails': ['ada@example.com', '/v1/users/activation'],
      '/tools': ['What is logged', 'Processor, flame graph', 'as configured'],
    };
    for (const path of PAGES) {
      await visit(page, debug, path);
      for (const words of shown[path]) await page.locator('main').getByText(words).locator('visible=true').first().waitFor({ timeout: 15_000 });
      const { shifted, wide } = await page.evaluate(() => ({ shifted: globalThis.shifted, wide: document.documentElement.scrollWidth - innerWidth }));
      assert.ok(shifted < 0.1, `${path} jumps by ${shifted}`);
      assert.ok(wide <= 0, `${path} is ${wide} px too wide`);
    }
    assert.deepEqual(faults, []);
    await close();
  });

  it('fits into 800 px, by day and by night', async () => {
    for (const scheme of ['light', 'dark']) {
      const { page, faults, close } = await open(browser, { scheme, width: 800 });
      for (const path of [...PAGES, `/requests/${slow.trace}`]) {
        await visit(page, debug, path);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${path} is ${wide} px too wide`);
      }
      assert.deepEqual(faults, []);
      await close();
    }
  });

  it('has letters that can be read, by day and by night (WCAG 2.2, 1.4.3)', async () => {
    for (const scheme of ['light', 'dark']) {
      const { page, close } = await open(browser, { scheme });
      await visit(page, debug, '');
      const ratios = await page.evaluate(() => {
        const style = getComputedStyle(document.documentElement);
        const light = (name) => {
          const hex = style.getPropertyValue(name).trim().slice(1);
          const [r, g, b] = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const pairs = ['--ink', '--dim', '--link'].flatMap((ink) => ['--ground', '--panel', '--raised'].map((ground) => [ink, ground]));
        for (const tone of ['good', 'warn', 'bad', 'info']) pairs.push([`--${tone}`, `--${tone}-soft`], [`--${tone}`, '--panel']);
        pairs.push(['--sql-ink', '--sql-soft']);
        return pairs.map(([ink, ground]) => {
          const [a, b] = [light(ink), light(ground)].sort((one, other) => other - one);
          return { pair: `${ink} on ${ground}`, ratio: (a + 0.05) / (b + 0.05) };
        });
      });
      for (const { pair, ratio } of ratios) assert.ok(ratio >= 4.5, `${scheme}: ${pair} has ${ratio.toFixed(2)}`);
      await close();
    }
  });

  it('leads from a trace id to the slow statement, which it shows whole', async () => {
    const { page, faults, close } = await open(browser);
    await visit(page, debug, '');
    await page.keyboard.press('/');
    await page.keyboard.type(`"trace_id": "${slow.trace}"`);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/console/requests/${slow.trace}`);
    const rows = page.locator('tr.note');
    await rows.first().waitFor();
    const took = await rows.locator('td:nth-child(4)').allTextContents();
    assert.ok(took.some((text) => text.endsWith(' s') && parseFloat(text) >= 1), `one waited for the lock: ${took}`);
    const longest = rows.filter({ hasText: 'FROM movies' }).first();
    await longest.locator('button').focus();
    await page.keyboard.press('Enter');
    const whole = await page.locator('tr.detail pre').textContent();
    assert.match(whole, /^SELECT[\s\S]*FROM movies[\s\S]*LIMIT \$\d/);
    const width = await longest.locator('.span.sql').evaluate((bar) => bar.getBoundingClientRect().width / bar.parentElement.getBoundingClientRect().width);
    assert.ok(width > 0.5, `its bar takes ${width} of the time`);
    await page.reload();
    await rows.first().waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  it('copies a request as a command that works, and sends one request', async () => {
    const { page, close } = await open(browser);
    const copied = async (trace) => {
      await visit(page, debug, `/requests/${trace}`);
      await page.getByRole('button', { name: 'Copy as curl' }).click();
      await page.getByRole('button', { name: 'Copied' }).waitFor();
      const command = await page.evaluate(() => navigator.clipboard.readText());
      return execFileSync('sh', ['-c', command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    };
    const output = await copied(slow.trace);
    assert.match(output, /^HTTP\/1\.1 200 OK/);
    assert.match(output, /"items":\[/);
    // Curl would make three of it.
    const { trace } = await get('/v1/movies?page=[1-3]');
    assert.equal((await copied(trace)).match(/^HTTP\/1\.1 /gm).length, 1);
    await close();
  });

  it('changes what is logged for a while, and takes it back', async () => {
    const { page, faults, close } = await open(browser);
    await visit(page, debug, '/tools');
    const filter = page.getByLabel('Filter', { exact: true });
    await filter.fill('info,sqldb=debug');
    await page.getByRole('button', { name: 'Change' }).click();
    await page.getByText(/^until .*, then info$/).waitFor();
    await page.getByRole('button', { name: 'As configured' }).click();
    await page.locator('main').getByText('as configured', { exact: true }).waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  it('finds requests by status, route and text, and keeps what was asked for in the address', async () => {
    const { page, faults, close } = await open(browser);
    await visit(page, debug, '/requests');
    await page.getByLabel('Status', { exact: true }).selectOption('4');
    await page.waitForURL('**/requests?status=4');
    await page.getByLabel('Text').fill('nothing');
    await page.waitForURL('**/requests?status=4&q=nothing');
    await page.reload();
    await page.locator('.requests tbody tr').first().waitFor();
    const targets = await page.locator('.requests tbody .target').allTextContents();
    assert.ok(targets.length >= 5 && targets.every((target) => target === '/v1/nothing'), targets.join());
    await page.getByLabel('Text').fill('surely not there');
    await page.getByText('No request that is kept is like this.').waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  it('is used by the keyboard', async () => {
    const { page, close } = await open(browser);
    await visit(page, debug, '');
    await page.keyboard.press('g');
    await page.keyboard.press('r');
    await page.waitForURL('**/console/requests');
    await page.goBack();
    await page.waitForURL('**/console');
    await page.getByRole('link', { name: 'Charts' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/console/charts');
    // The address changes before the page does.
    await page.locator('nav a[aria-current=page]', { hasText: 'Charts' }).waitFor();
    assert.equal(await page.title(), 'Charts · platform');
    await close();
  });

  it('reads a mail in a frame that can do nothing', async () => {
    const { page, faults, close } = await open(browser);
    await visit(page, debug, '/mails');
    const frame = page.frameLocator('iframe.mail');
    await frame.getByText('To activate the account').waitFor();
    assert.equal(await page.locator('iframe.mail').getAttribute('sandbox'), '');
    await page.getByRole('button', { name: 'as text' }).click();
    await page.locator('pre.mail').getByText('"token"').waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  it('changes nothing in production, and offers nothing to change', async () => {
    const { page, faults, close } = await open(browser);
    await visit(page, production, '/background');
    await page.getByText('tests.nobody').waitFor();
    await page.getByText('production, read-only').waitFor();
    assert.equal(await page.getByRole('button', { name: /Retry|Drop/ }).count(), 0);
    page.expected = /403/;
    const status = await page.evaluate(async (job) => (await fetch(`/console/api/jobs/${job}/retry`, { method: 'POST', headers: { 'x-console': '1' } })).status, DEAD);
    assert.equal(status, 403);
    await visit(page, production, '/mails');
    await page.getByText('Mails are sent by a relay.').waitFor();
    await visit(page, production, '/tools');
    await page.getByText('/debug/log-filter').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Change' }).count(), 0);
    await visit(page, production, '/requests');
    await page.getByText('one of 100 others').waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  it('tries a dead job again, and drops it only when asked twice', async () => {
    const { page, faults, close } = await open(browser);
    await visit(page, debug, '/background');
    const row = page.locator('tr').filter({ hasText: DEAD });
    await row.getByText('dead', { exact: true }).waitFor();
    await row.getByRole('button', { name: 'Retry' }).click();
    await row.getByText('waiting', { exact: true }).waitFor();
    await row.getByRole('button', { name: 'Drop' }).click();
    await row.getByRole('button', { name: 'Drop it for good?' }).click();
    await row.waitFor({ state: 'detached' });
    const { stdout } = await sql(`SELECT count(*) FROM jobs WHERE job_id = '${DEAD}'`);
    assert.equal(stdout.trim(), '0');
    assert.deepEqual(faults, []);
    await close();
  });
});
