import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Grant, Routes } from '../api';
import { ROOT, usePoll } from '../state';
import { Empty, Fault, Method, Panel } from '../ui';

function Cell(props: { grant: Grant; of: string }): VNode {
  return <td class={`grant ${props.grant}`} title={props.of}>{props.grant === 'none' ? '·' : props.grant}</td>;
}

export function RoutesPage(): VNode {
  const { data, error } = usePoll<Routes>('/routes', 0);
  const [words, setWords] = useState('');
  if (!data) return error ? <Fault words={error} /> : <div class="loading" />;
  const policy = new Map(data.policy.map((one) => [one.permission, one]));
  const lower = words.toLowerCase();
  const shown = data.routes.filter((one) => `${one.method} ${one.path} ${one.table} ${one.permission ?? 'open'} ${one.summary}`.toLowerCase().includes(lower));
  const columns = ['anonymous', ...data.roles];
  return (
    <>
      <header class="page">
        <h1>Routes</h1>
        <span class="filters"><input type="search" value={words} placeholder="method, path, permission" aria-label="Filter the routes" onInput={(event) => setWords(event.currentTarget.value)} /></span>
      </header>
      <Panel flush title={`${shown.length} of ${data.routes.length} routes`}
        aside={<span class="legend"><span class="grant any">any</span> whatever it is about <span class="grant own">own</span> what belongs to the caller <span class="grant none">·</span> refused</span>}>
        {shown.length === 0 ? <Empty>No route is like this.</Empty> : (
          <div class="scroll">
            <table class="routes does">
              <thead><tr><th>method</th><th>path</th><th>does</th><th>permission</th>{columns.map((one) => <th key={one} class="centre">{one}</th>)}</tr></thead>
              <tbody>
                {shown.map((one) => {
                  const row = one.permission ? policy.get(one.permission) : undefined;
                  const grants: Grant[] = row ? [row.anonymous, ...row.roles] : columns.map(() => 'any');
                  return (
                    <tr key={`${one.method} ${one.path}`}>
                      <td><Method method={one.method} /></td>
                      <td class="mono"><a href={`${ROOT}/requests?route=${encodeURIComponent(`${one.method} ${one.path}`)}`}>{one.path}</a></td>
                      <td class="dim">{one.summary}</td>
                      <td class="mono">{one.permission ?? <span class="dim">open</span>}</td>
                      {grants.map((grant, index) => <Cell key={columns[index]} grant={grant} of={`${columns[index]}: ${grant}`} />)}
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        )}
      </Panel>
      <Panel flush title="Policy">
        <div class="scroll">
          <table class="routes">
            <thead><tr><th>permission</th><th>for</th>{columns.map((one) => <th key={one} class="centre">{one}</th>)}</tr></thead>
            <tbody>
              {data.policy.filter((one) => `${one.permission} ${one.description}`.toLowerCase().includes(lower)).map((one) => (
                <tr key={one.permission}>
                  <td class="mono">{one.permission}</td>
                  <td class="dim">{one.description}</td>
                  {[one.anonymous, ...one.roles].map((grant, index) => <Cell key={columns[index]} grant={grant} of={`${columns[index]}: ${grant}`} />)}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
    </>
  );
}
