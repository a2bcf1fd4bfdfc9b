import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Chart, Charts } from '../api';
import { get } from '../api';
import { Plot } from '../plot';
import { ROOT, go, useLocation } from '../state';
import { Empty, Fault, Panel } from '../ui';
import { count, ms } from '../words';

const KEPT = 450;
const COLOURS = ['--c1', '--c2', '--c3', '--c4'];

/** What is new is put behind what is there; what is too old goes. */
function joined(before: Charts | undefined, news: Charts): Charts {
  if (!before) return news;
  const tail = <T,>(a: T[], b: T[]) => [...a, ...b].slice(-KEPT);
  const chart = (now: Chart): Chart => {
    const known = before.charts.find((one) => one.id === now.id);
    return {
      ...now,
      lines: now.lines.map((line) => {
        const values = known?.lines.find((one) => one.label === line.label)?.values ?? before.at.map(() => null);
        return { ...line, values: tail(values, line.values) };
      }),
    };
  };
  return {
    ...news,
    at: tail(before.at, news.at), rate: tail(before.rate, news.rate), errors: tail(before.errors, news.errors),
    p50: tail(before.p50, news.p50), p90: tail(before.p90, news.p90), p99: tail(before.p99, news.p99),
    charts: news.charts.map(chart),
  };
}

function useCharts(route: string): { data: Charts | undefined; error: string } {
  const [state, setState] = useState<{ route: string; data: Charts }>();
  const [error, setError] = useState('');
  const kept = useRef<Charts | undefined>(undefined);
  useEffect(() => {
    const gone = new AbortController();
    let timer: number | undefined;
    kept.current = undefined;
    const ask = async () => {
      try {
        const news = await get<Charts>(`/charts?since=${kept.current?.next ?? 0}&route=${encodeURIComponent(route)}`, gone.signal);
        // Another process answers from its own beginning.
        if (kept.current && news.next < kept.current.next) kept.current = undefined;
        else kept.current = joined(kept.current, news);
        if (kept.current) setState({ route, data: kept.current });
        setError('');
      } catch {
        if (gone.signal.aborted) return;
        setError('The service does not answer.');
      }
      if (!gone.signal.aborted) timer = window.setTimeout(ask, 2000);
    };
    void ask();
    return () => { gone.abort(); clearTimeout(timer); };
  }, [route]);
  return { data: state?.route === route ? state.data : undefined, error };
}

export function ChartsPage(): VNode {
  const route = useLocation().searchParams.get('route') ?? '';
  const { data, error } = useCharts(route);
  const [minutes, setMinutes] = useState(5);
  const choose = (one: string) => go(`/charts${one ? `?route=${encodeURIComponent(one)}` : ''}`, true);
  if (!data) return error ? <Fault words={error} /> : <div class="loading" />;
  const wanted = Math.ceil((minutes * 60) / data.step);
  const cut = <T,>(values: T[]) => values.slice(-wanted);
  const at = cut(data.at);
  const line = (label: string, values: (number | null)[], colour: string, fill = false) => ({ label, values: cut(values), colour, fill });
  return (
    <>
      <header class="page">
        <h1>Charts</h1>
        <span class="filters">
          <select aria-label="Route" value={route} onChange={(event) => choose(event.currentTarget.value)}>
            <option value="">all routes</option>
            {[...new Set([...data.routes.map((one) => one.route), ...(route ? [route] : [])])].sort().map((one) => <option key={one} value={one}>{one}</option>)}
          </select>
          <span class="group" role="group" aria-label="Time">
            {[1, 5, 15].map((one) => <button key={one} type="button" aria-pressed={minutes === one} onClick={() => setMinutes(one)}>{one} min</button>)}
          </span>
        </span>
      </header>
      <Fault words={error} />
      <div class="grid">
        <Plot title={route ? `Requests: ${route}` : 'Requests'} unit="/s" at={at} lines={[line('answered', data.rate, '--c1', true), line('5xx', data.errors, '--bad')]} />
        <Plot title="Time to answer" unit="ms" at={at} lines={[line('p50', data.p50, '--c2'), line('p90', data.p90, '--c3'), line('p99', data.p99, '--c4')]} />
        {data.charts.map((chart) => (
          <Plot key={chart.id} title={chart.title} unit={chart.unit} at={at} lines={chart.lines.map((one, index) => line(one.label, one.values, COLOURS[index % COLOURS.length] ?? '--c1', chart.lines.length === 1))} />
        ))}
      </div>
      <Panel title="Routes, in the last quarter of an hour" flush>
        {data.routes.length === 0 ? <Empty hint="The time begins with the start of the service.">No request has been answered yet.</Empty> : (
          <table class="rows">
            <thead><tr><th>route</th><th class="num">requests</th><th class="num">5xx</th><th class="num">p50</th><th class="num">p99</th><th /></tr></thead>
            <tbody>
              {data.routes.map((one) => (
                <tr key={one.route} onClick={(event) => { if (!(event.target as Element).closest('a')) choose(one.route); }}>
                  <td class="mono"><a href={`${ROOT}/charts?route=${encodeURIComponent(one.route)}`}>{one.route}</a></td>
                  <td class="num">{count(one.requests)}</td>
                  <td class="num">{one.errors ? <span class="level error">{one.errors}</span> : <span class="dim">0</span>}</td>
                  <td class="num">{ms(one.p50)}</td>
                  <td class="num">{ms(one.p99)}</td>
                  <td class="num"><a href={`${ROOT}/requests?route=${encodeURIComponent(one.route)}`}>requests</a></td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Panel>
    </>
  );
}
