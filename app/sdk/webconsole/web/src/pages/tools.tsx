import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { logFilter } from '../api';
import type { Home, LogFilter } from '../api';
import { Fault, Panel } from '../ui';

const PROFILES: [href: string, label: string, words: string][] = [
  ['/debug/pprof/profile?seconds=10&format=svg', 'Processor, flame graph', 'where the time of the processors goes, over 10 seconds'],
  ['/debug/pprof/profile?seconds=10&format=text', 'Processor, table', 'the same by function'],
  ['/debug/pprof/heap?format=svg', 'Memory, flame graph', 'who asked for what is held now'],
  ['/debug/pprof/heap?format=text', 'Memory, table', 'the same by function'],
  ['/debug/allocator', 'Allocator', 'what it has, and what the program has of it'],
  ['/debug/runtime', 'Runtimes', 'workers, queues, and what blocks them'],
];
const ALWAYS: [href: string, label: string, words: string][] = [
  ['/metrics', 'Metrics', 'all figures, as Prometheus reads them'],
  ['/buildinfo', 'Build', 'which build this is'],
];

function Links(props: { links: [string, string, string][] }): VNode {
  return (
    <ul class="list">
      {props.links.map(([href, label, words]) => <li key={href}><a href={href} target="_blank" rel="noreferrer"><b>{label}</b><span class="dim">{words}</span></a></li>)}
    </ul>
  );
}

/** In production it is changed where a command is typed, and not by a page that somebody left open. */
function Filter(props: { writable: boolean }): VNode {
  const [state, setState] = useState<LogFilter>();
  const [words, setWords] = useState('');
  const [time, setTime] = useState('15m');
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);
  const ask = async (change?: { filter: string; for?: string }) => {
    setBusy(true);
    try {
      const now = await logFilter(change);
      setState(now);
      setWords(now.filter);
      setFault(undefined);
    } catch (error) {
      setFault((error as Error).message);
    }
    setBusy(false);
  };
  useEffect(() => void ask(), []);
  const submit = (event: Event) => {
    event.preventDefault();
    void ask({ filter: words, ...(time ? { for: time } : {}) });
  };
  return (
    <Panel title="What is logged" aside={state && <span>{state.until ? `until ${state.until}, then ${state.configured}` : state.filter === state.configured ? 'as configured' : `configured: ${state.configured}`}</span>}>
      <Fault words={fault} />
      {!props.writable ? (
        <div>
          <p class="mono">{state?.filter}</p>
          <p class="dim">From this machine: <code>{`curl -X PUT '${location.origin}/debug/log-filter?for=15m' -d 'info,sqldb=debug'`}</code></p>
        </div>
      ) : (
      <form class="filters" onSubmit={submit}>
        <input class="grow mono" value={words} aria-label="Filter" placeholder="info,sqldb=debug" onInput={(event) => setWords(event.currentTarget.value)} />
        <select aria-label="For how long" value={time} onChange={(event) => setTime(event.currentTarget.value)}>
          <option value="5m">for 5 minutes</option>
          <option value="15m">for 15 minutes</option>
          <option value="1h">for an hour</option>
          <option value="">until the next start</option>
        </select>
        <button type="submit" disabled={busy || !words.trim()}>Change</button>
        {state && state.filter !== state.configured && <button type="button" disabled={busy} onClick={() => void ask({ filter: state.configured })}>As configured</button>}
      </form>
      )}
    </Panel>
  );
}

export function Tools(props: { home: Home | undefined }): VNode {
  if (!props.home) return <div class="loading" />;
  return (
    <>
      <header class="page"><h1>Profiles</h1></header>
      <Filter writable={props.home.writable} />
      <Panel title="Profiles" flush><Links links={PROFILES} /></Panel>
      <Panel title="This process" flush><Links links={ALWAYS} /></Panel>
    </>
  );
}
