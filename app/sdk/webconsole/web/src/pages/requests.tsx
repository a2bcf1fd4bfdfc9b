import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Charts, Home, RequestLine, Requests as Answer } from '../api';
import { get } from '../api';
import { ROOT, go, useLocation, usePoll, useSettled } from '../state';
import { Empty, Fault, Method, Panel, Status, When } from '../ui';
import { bytes, ms } from '../words';

const STATUSES: [string, string][] = [['', 'any status'], ['2', '2xx'], ['3', '3xx'], ['4', '4xx'], ['5', '5xx']];
const TIMES: [string, string][] = [['', 'any time'], ['10', '≥ 10 ms'], ['100', '≥ 100 ms'], ['500', '≥ 500 ms'], ['2000', '≥ 2 s']];

function Row(props: { line: RequestLine; longest: number }): VNode {
  const { line } = props;
  const href = `${ROOT}/requests/${line.trace_id}`;
  return (
    <tr onClick={(event) => { if (!(event.target as Element).closest('a') && !getSelection()?.toString()) go(`/requests/${line.trace_id}`); }}>
      <td class="nowrap dim"><When at={line.at} /></td>
      <td><Method method={line.method} /></td>
      <td class="target"><a class="mono" href={href} title={line.target || line.name}>{line.target || line.name}</a></td>
      <td><Status status={line.status} /></td>
      <td class="num">{ms(line.took)}</td>
      <td class="spark" aria-hidden="true">
        <span class="took" style={{ width: `${Math.max(1, (line.took / props.longest) * 100)}%` }}>
          <span class="sql" style={{ width: `${Math.min(100, line.took ? (line.statements_took / line.took) * 100 : 0)}%` }} />
        </span>
      </td>
      <td class="num nowrap">{line.statements ? <>{line.statements} <span class="dim">in {ms(line.statements_took)}</span></> : <span class="dim">–</span>}</td>
      <td class="num">{line.warnings ? <span class="level warn">{line.warnings}</span> : ''}</td>
    </tr>
  );
}

export function Requests(props: { home: Home | undefined }): VNode {
  const query = useLocation().searchParams;
  const [words, setWords] = useState(query.get('q') ?? '');
  const settled = useSettled(words);
  const asked = query.get('q') ?? '';
  useEffect(() => setWords(asked), [asked]);
  const set = (name: string, value: string) => {
    const next = new URLSearchParams(location.search);
    if (value) next.set(name, value);
    else next.delete(name);
    go(`/requests${next.size ? `?${next}` : ''}`, true);
  };
  useEffect(() => { if (settled === words && settled !== asked) set('q', settled); }, [settled]);

  const [live, setLive] = useState(true);
  const wanted = new URLSearchParams(query);
  const path = `/requests?${wanted}`;
  const { data, error } = usePoll<Answer>(path, live ? 2000 : 0);
  const { data: charts } = usePoll<Charts>('/charts?since=999999999', 15_000);
  const [older, setOlder] = useState<{ path: string; lines: RequestLine[]; next: number | null }>();
  const more = older?.path === path ? older : undefined;
  const next = more ? more.next : data?.next;
  const load = async () => {
    const before = new URLSearchParams(wanted);
    before.set('before', String(next));
    const answer = await get<Answer>(`/requests?${before}`);
    setLive(false);
    setOlder({ path, lines: [...(more?.lines ?? []), ...answer.requests], next: answer.next });
  };

  const lines = [...(data?.requests ?? []), ...(more?.lines ?? [])];
  const longest = Math.max(1, ...lines.map((line) => line.took));
  const routes = new Set((charts?.routes ?? []).map((line) => line.route));
  const route = query.get('route') ?? '';
  if (route) routes.add(route);
  const isFiltered = ['q', 'route', 'status', 'at_least'].some((name) => query.get(name));
  return (
    <>
      <header class="page"><h1>Requests</h1><span class="dim">{data ? `${data.kept} kept in ${bytes(data.bytes)}${data.one_of > 1 ? `: what failed, what was slow, one of ${data.one_of} others` : ''}` : ''}</span></header>
      <div class="filters" role="group" aria-label="Filters">
        <input type="search" class="grow" value={words} placeholder="path, trace id, user id" aria-label="Text" onInput={(event) => setWords(event.currentTarget.value)} />
        <select aria-label="Route" value={route} onChange={(event) => set('route', event.currentTarget.value)}>
          <option value="">any route</option>
          {[...routes].sort().map((one) => <option key={one} value={one}>{one}</option>)}
        </select>
        <select aria-label="Status" value={query.get('status') ?? ''} onChange={(event) => set('status', event.currentTarget.value)}>
          {STATUSES.map(([value, label]) => <option key={value} value={value}>{label}</option>)}
        </select>
        <select aria-label="Time" value={query.get('at_least') ?? ''} onChange={(event) => set('at_least', event.currentTarget.value)}>
          {TIMES.map(([value, label]) => <option key={value} value={value}>{label}</option>)}
        </select>
        <label class="nowrap"><input type="checkbox" checked={live} onChange={(event) => setLive(event.currentTarget.checked)} /> live</label>
      </div>
      <Fault words={error} />
      <Panel flush>
        {data && lines.length === 0 ? (
          isFiltered
            ? <Empty hint={<a href={`${ROOT}/requests`}>Show all</a>}>No request that is kept is like this.</Empty>
            : data.one_of > 1
              ? <Empty hint={`Of requests that neither fail nor take long, one of ${data.one_of} is kept.`}>No request is kept yet.</Empty>
              : <Empty hint={`Send one: curl ${props.home?.api_url ?? '$API'}/v1/movies`}>No request has come yet.</Empty>
        ) : (
          <table class="requests rows">
            <thead><tr><th>at</th><th>method</th><th>target</th><th>status</th><th class="num">time</th><th class="spark">of which SQL</th><th class="num">statements</th><th class="num">warnings</th></tr></thead>
            <tbody>{lines.map((line) => <Row key={line.number} line={line} longest={longest} />)}</tbody>
          </table>
        )}
      </Panel>
      {next != null && <p class="more"><button type="button" onClick={() => void load()}>Older ones</button></p>}
    </>
  );
}
