// A request as a command. Credentials and bodies are not kept: they are places to be filled in.

import type { Part } from './api';

function quoted(text: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Where the API is not known from here, it is a place to be filled in as well. Curl is to expand nothing, and to send paths as they are. */
export function curl(api: string | null, part: Part): string {
  const words = [`curl -gi --path-as-is ${api === null ? `"$API"${quoted(part.target)}` : quoted(api + part.target)}`];
  if (part.method === 'HEAD') words[0] += ' --head';
  else if (part.method !== 'GET') words[0] += ` -X ${part.method}`;
  for (const [name, value] of Object.entries(part.headers)) {
    if (!(name === 'accept' && value === '*/*')) words.push(`-H ${quoted(`${name}: ${value}`)}`);
  }
  if (part.has_credentials) words.push('-H "Authorization: Bearer $TOKEN"');
  if (part.has_body) words.push('--data-binary @body');
  return words.join(' \\\n  ');
}
