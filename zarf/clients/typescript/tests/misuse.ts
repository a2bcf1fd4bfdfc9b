//! What must not compile: each line that is marked has the error of its mark, and no other line has one.

import { createMovie, queryMovieById, queryMovies, updateMovie } from '../src/index.js';

const id = '01a1fe57-53d9-74e6-a7c6-8543980362f2';
const price = { amount: 1, currency: 'EUR' } as const;

export const film = createMovie({ body: { title: 'Alien', year: 1979, price } });
export const unknownMember = createMovie({ body: { title: 'Alien', year: 1979, price, colour: true } }); //~ TS2353
export const wrongType = createMovie({ body: { title: 'Alien', year: '1979', price } }); //~ TS2322
export const missingMember = createMovie({ body: { title: 'Alien', year: 1979 } }); //~ TS2741
export const unknownRating = createMovie({ body: { title: 'Alien', year: 1979, price, rating: 'X' } }); //~ TS2322
export const nullTitle = createMovie({ body: { title: null, year: 1979, price } }); //~ TS2322

export const change = updateMovie({ path: { id }, headers: { 'If-Match': '"1"' }, body: { director: null } });
export const changeOfNoVersion = updateMovie({ path: { id }, body: { director: null } }); //~ TS2345
export const changeOfNothing = updateMovie({ headers: { 'If-Match': '"1"' }, body: {} }); //~ TS2345
export const clearedTitle = updateMovie({ path: { id }, headers: { 'If-Match': '"1"' }, body: { title: null } }); //~ TS2322

export const list = queryMovies({ query: { sort: ['-year'], limit: 5 } });
export const unknownFilter = queryMovies({ query: { colour: 'red' } }); //~ TS2353
export const unknownSort = queryMovies({ query: { sort: ['colour'] } }); //~ TS2322

export async function reads(): Promise<unknown[]> {
  const { data, error } = await queryMovieById({ path: { id } });
  const known = [data?.director?.length, error?.errors?.[0]?.pointer];
  const nullable = data?.director.length; //~ TS18047
  const absent = error?.errors[0]; //~ TS18048
  const unknown = data?.colour; //~ TS2339
  const noKind = error?.type === '/problems/colour'; //~ TS2367
  return [...known, nullable, absent, unknown, noKind];
}
