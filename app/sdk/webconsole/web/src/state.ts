// Where the reader is, and what is asked again and again.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { get, Refused } from './api';

export const ROOT = '/console';

/** The path below the console, and its query. */
export function useLocation(): URL {
  const [at, setAt] = useState(location.href);
  useEffect(() => {
    const moved = () => setAt(location.href);
    addEventListener('popstate', moved);
    return () => removeEventListener('popstate', moved);
  }, []);
  return new URL(at);
}

/** Goes to a page; `replace` leaves no step to go back to. */
export function go(path: string, replace = false): void {
  const target = ROOT + path;
  if (target !== location.pathname + location.search) {
    if (replace) history.replaceState(null, '', target);
    else history.pushState(null, '', target);
    dispatchEvent(new PopStateEvent('popstate'));
    if (!replace) scrollTo(0, 0);
  }
}

/** Takes clicks on links of the console: the page stays, its content changes. */
export function takeLinks(): void {
  document.addEventListener('click', (event) => {
    const link = (event.target as Element | null)?.closest?.('a');
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const url = new URL(link.href, location.href);
    if (url.origin !== location.origin || !(url.pathname === ROOT || url.pathname.startsWith(`${ROOT}/`)) || link.target) return;
    event.preventDefault();
    go(url.pathname.slice(ROOT.length) + url.search);
  });
}

export interface Polled<T> {
  data: T | undefined;
  error: string | undefined;
  status: number | undefined;
  again: () => void;
}

/** Asks now, and every `every` milliseconds while somebody looks; 0 asks once. The last answer stays while a new one is on its way. */
export function usePoll<T>(path: string, every: number): Polled<T> {
  const [state, setState] = useState<{ path: string; data?: T; error?: string; status?: number }>({ path });
  const [round, setRound] = useState(0);
  const seen = useRef(0);
  useEffect(() => {
    const gone = new AbortController();
    let timer: number | undefined;
    const ask = async () => {
      try {
        const data = await get<T>(path, gone.signal);
        setState({ path, data });
      } catch (error) {
        if (gone.signal.aborted) return;
        const [words, status] = error instanceof Refused ? [error.message, error.status] : ['the service does not answer', undefined];
        setState((before) => (before.path === path ? { ...before, error: words, status } : { path, error: words, status }));
      }
      if (!gone.signal.aborted && every > 0) timer = window.setTimeout(next, every);
    };
    const next = () => {
      if (document.hidden) timer = window.setTimeout(next, 1000);
      else void ask();
    };
    void ask();
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [path, every, round]);
  const again = useCallback(() => setRound(++seen.current), []);
  const mine = state.path === path;
  return { data: mine ? state.data : undefined, error: mine ? state.error : undefined, status: mine ? state.status : undefined, again };
}

/** The words, once the typing has paused. */
export function useSettled(words: string): string {
  const [settled, setSettled] = useState(words);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(words), 200);
    return () => clearTimeout(timer);
  }, [words]);
  return settled;
}
