//! The compiler refuses what the API would refuse.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

test('each misuse is an error of the compiler, and nothing else is', () => {
  const marked = readFileSync('tests/misuse.ts', 'utf8').split('\n').flatMap((line, index) => {
    const mark = /\/\/~ (TS\d+)$/.exec(line);
    return mark ? [`${index + 1} ${mark[1]}`] : [];
  });
  const tsc = ['node_modules/typescript/bin/tsc', '--project', 'tests/misuse.json', '--pretty', 'false'];
  const { stdout } = spawnSync(process.execPath, tsc, { encoding: 'utf8' });
  const found = [...stdout.matchAll(/^(\S+)\((\d+),\d+\): error (TS\d+)/gm)].map(([, file, line, code]) => {
    assert.equal(file, 'tests/misuse.ts', stdout);
    return `${line} ${code}`;
  });
  assert(marked.length > 10);
  assert.deepEqual(found, marked, stdout);
});
