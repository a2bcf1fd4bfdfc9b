import 'uplot/dist/uPlot.min.css';
import './style.css';

import { render } from 'preact';
import type { VNode } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Home } from './api';
import { Background } from './pages/background';
import { ChartsPage } from './pages/charts';
import { HomePage } from './pages/home';
import { Mails } from './pages/mails';
import { Requests } from './pages/requests';
import { RoutesPage } from './pages/routes';
import { Tools } from './pages/tools';
import { TracePage } from './pages/trace';
import { ROOT, go, takeLinks, useLocation, usePoll } from './state';
import { Empty } from './ui';

const PAGES: [path: string, label: string, key: string][] = [
  ['', 'Home', 'h'],
  ['/charts', 'Charts', 'c'],
  ['/requests', 'Requests', 'r'],
  ['/routes', 'Routes', 'o'],
  ['/background', 'Events and jobs', 'e'],
  ['/mails', 'Mails', 'm'],
  ['/tools', 'Profiles', 'p'],
];

function Search(): VNode {
  const [words, setWords] = useState('');
  const input = useRef<HTMLInputElement>(null);
  // With the first rendering, not after it: who sees the page may press a key.
  useLayoutEffect(() => {
    let isAfterG = false;
    const pressed = (event: KeyboardEvent) => {
      const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test((event.target as Element).tagName);
      if (event.key === 'Escape' && isTyping) (event.target as HTMLElement).blur();
      if (isTyping || event.metaKey || event.ctrlKey || event.altKey) return;
      if (event.key === '/') {
        event.preventDefault();
        input.current?.focus();
      }
      const page = PAGES.find(([, , key]) => key === event.key);
      if (isAfterG && page) go(page[0]);
      isAfterG = event.key === 'g';
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
  const submit = (event: Event) => {
    event.preventDefault();
    const wanted = words.trim();
    if (!wanted) return;
    const id = /[0-9a-f]{32}/.exec(wanted)?.[0];
    go(id ? `/requests/${id}` : `/requests?q=${encodeURIComponent(wanted)}`);
    setWords('');
  };
  return (
    <form class="search" role="search" onSubmit={submit}>
      <input
        ref={input} type="search" value={words} placeholder="trace id or text" aria-label="Search requests"
        onInput={(event) => setWords(event.currentTarget.value)}
      />
      <kbd>/</kbd>
    </form>
  );
}

function page(path: string, home: Home | undefined): VNode {
  const trace = /^\/requests\/([^/]+)$/.exec(path);
  if (trace) return <TracePage id={trace[1] ?? ''} />;
  const mail = /^\/mails\/([^/]+)$/.exec(path);
  if (mail) return <Mails id={mail[1]} />;
  switch (path) {
    case '': case '/': return <HomePage />;
    case '/charts': return <ChartsPage />;
    case '/requests': return <Requests home={home} />;
    case '/routes': return <RoutesPage />;
    case '/background': return <Background writable={home?.writable ?? false} />;
    case '/mails': return <Mails />;
    case '/tools': return <Tools home={home} />;
    default: return <Empty hint={<a href={ROOT}>The first page</a>}>There is no such page.</Empty>;
  }
}

function App(): VNode {
  const path = useLocation().pathname.slice(ROOT.length).replace(/\/$/, '');
  const { data: home, error } = usePoll<Home>('/home', 10_000);
  const current = PAGES.find(([own]) => (own === '' ? path === '' : path.startsWith(own)));
  useLayoutEffect(() => {
    document.title = `${current?.[1] ?? 'Console'} · ${home?.service ?? 'Console'}`;
  }, [current, home?.service]);
  return (
    <div class="frame">
      <nav aria-label="Pages">
        <a class="brand" href={ROOT}>
          <span class={`dot ${error ? 'bad' : home ? (home.is_ready ? 'good' : 'warn') : ''}`} aria-hidden="true" />
          <span class="name">{home?.service ?? 'console'}</span>
          <span class="version">{home ? `v${home.version}` : ''}</span>
        </a>
        {home && <span class={`env ${home.environment}`}>{home.environment}{home.writable ? '' : ', read-only'}</span>}
        <Search />
        <ul>
          {PAGES.map(([own, label, key]) => (
            <li key={own}>
              <a href={ROOT + own} aria-current={current?.[0] === own ? 'page' : undefined}>
                {label}<kbd>g {key}</kbd>
              </a>
            </li>
          ))}
        </ul>
        <p class="foot">
          {home?.api_url && <a href={`${home.api_url}/docs`} target="_blank" rel="noreferrer">API reference</a>}
          <a href="/metrics" target="_blank" rel="noreferrer">Metrics</a>
        </p>
      </nav>
      <main>
        {error && <div class="fault" role="alert">{error === 'the service does not answer' ? 'The service does not answer. What is shown is what it said last.' : error}</div>}
        {page(path, home)}
      </main>
    </div>
  );
}

takeLinks();
const root = document.getElementById('app');
if (root) render(<App />, root);
