//! The client against a service that runs: MARQUEE_API says where.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';

import {
  type Client,
  type Movie,
  type NewMovie,
  createClient,
  createMovie,
  deleteMovie,
  login,
  queryMovieById,
  queryMovies,
  updateMovie,
} from '../src/index.js';

const baseUrl = process.env['MARQUEE_API'];
assert(baseUrl, 'MARQUEE_API names no service');
const anyone = createClient({ baseUrl });
let editor: Client;

before(async () => {
  const { data } = await login({
    client: anyone,
    body: { email: 'editor@example.com', password: 'marquee-dev-only' },
    throwOnError: true,
  });
  assert.equal(data.token_type, 'Bearer');
  editor = createClient({ baseUrl, auth: () => data.access_token });
});

/** A film that no other test and no other run knows. */
function film(over: Partial<NewMovie> = {}): NewMovie {
  return { title: `A film ${randomUUID()}`, year: 1979, price: { amount: 999, currency: 'EUR' }, ...over };
}

async function created(body: NewMovie): Promise<Movie> {
  const { data } = await createMovie({ client: editor, body, throwOnError: true });
  return data;
}

test('a list is filtered, sorted and followed by its cursors', async () => {
  const seen: Movie[] = [];
  let cursor: string | null = null;
  let pages = 0;
  do {
    const query = { genre: ['Western', 'Horror'], year_to: 1980, sort: ['-year' as const, 'title' as const], limit: 7 };
    const { data }: { data: { items: Movie[]; next: string | null } } = await queryMovies({
      client: anyone,
      query: cursor === null ? query : { ...query, cursor },
      throwOnError: true,
    });
    seen.push(...data.items);
    cursor = data.next;
    pages += 1;
  } while (cursor !== null);
  assert(pages > 2, `${pages} pages`);
  assert.equal(new Set(seen.map((movie) => movie.id)).size, seen.length, 'a film came twice');
  assert(seen.every((movie) => movie.genres.some((genre) => ['Western', 'Horror'].includes(genre))));
  const years = seen.map((movie) => movie.year);
  assert.deepEqual(years, years.toSorted((one, other) => other - one));
  assert(years.every((year) => year <= 1980));
});

test('a film with a key is created once, and the second answer says so', async () => {
  const request = { client: editor, body: film(), headers: { 'Idempotency-Key': randomUUID() } };
  const first = await createMovie(request);
  const second = await createMovie(request);
  assert.equal(first.response.status, 201);
  assert.equal(second.response.status, 201);
  assert.equal(first.response.headers.get('Idempotent-Replayed'), null);
  assert.equal(second.response.headers.get('Idempotent-Replayed'), 'true');
  assert.deepEqual(second.data, first.data);
  assert.equal(first.response.headers.get('Location'), `/v1/movies/${first.data?.id}`);
});

test('a change keeps what it does not name, clears what is null and sets the rest', async () => {
  const movie = await created(film({ director: 'Andrei Tarkovsky', rating: 'PG', runtime_minutes: 162, stock: 3 }));
  const { data, response } = await updateMovie({
    client: editor,
    path: { id: movie.id },
    headers: { 'If-Match': `"${movie.version}"` },
    body: { director: null, stock: 2, price: { amount: 799 } },
    throwOnError: true,
  });
  assert.equal(response.headers.get('ETag'), '"2"');
  assert.deepEqual(data, {
    ...movie,
    director: null,
    stock: 2,
    price: { amount: 799, currency: 'EUR' },
    version: 2,
    updated_at: data.updated_at,
  });
});

test('a change that is based on an old version is refused with a problem', async () => {
  const movie = await created(film());
  const change = (stock: number) =>
    updateMovie({ client: editor, path: { id: movie.id }, headers: { 'If-Match': '"1"' }, body: { stock } });
  assert.equal((await change(5)).data?.version, 2);
  const { error, data, response } = await change(6);
  assert.equal(response.status, 412);
  assert.equal(response.headers.get('Content-Type'), 'application/problem+json');
  assert.equal(data, undefined);
  assert.equal(error?.type, '/problems/precondition-failed');
  assert.equal(error?.instance, `/v1/movies/${movie.id}`);
  assert.match(error?.trace_id ?? '', /^[0-9a-f]{32}$/);
});

test('every fault of a film comes back with its place', async () => {
  const { error } = await createMovie({ client: editor, body: film({ title: '', year: 1066 }) });
  assert.equal(error?.status, 422);
  assert.equal(error?.type, '/problems/invalid');
  assert.deepEqual(error?.errors?.map((fault) => fault.pointer).toSorted(), ['#/title', '#/year']);
});

test('a film is not read again while it stays, and is gone once it is deleted', async () => {
  const { id } = await created(film());
  const read = (headers = {}) => queryMovieById({ client: anyone, path: { id }, headers });
  const etag = (await read()).response.headers.get('ETag');
  assert.equal(etag, '"1"');
  assert.equal((await read({ 'If-None-Match': etag })).response.status, 304);
  const remove = () => deleteMovie({ client: editor, path: { id }, headers: { 'If-Match': '"1"' } });
  assert.equal((await remove()).response.status, 204);
  const again = await remove();
  assert.equal(again.response.status, 404);
  assert.equal(again.error?.type, '/problems/not-found');
});

test('who has not signed in may not add a film', async () => {
  const { error, response } = await createMovie({ client: anyone, body: film() });
  assert.equal(error?.status, 401);
  assert.match(response.headers.get('WWW-Authenticate') ?? '', /^Bearer/);
});
