// What the service answers below /console/api, as the crate writes it.

export interface Limit { name: string; used: number; max: number; unit: string; set_by: string }
export interface Setting { key: string; value: string; source: string }
export interface Migration { file: string; state: string; at: number | null }
export interface Problem {
  number: number; at: number; times: number; level: string; target: string; message: string; fields: Record<string, string>;
  trace_id: string | null; within: string | null;
}
export interface Home {
  service: string; version: string; environment: string; writable: boolean; api_url: string | null; started: number; uptime: number;
  ready: string; is_ready: boolean; limits: Limit[]; migrations: Migration[] | { error: string } | null;
  settings: Setting[]; problems: Problem[];
}

export interface ChartLine { label: string; values: (number | null)[] }
export interface Chart { id: string; title: string; unit: string; lines: ChartLine[] }
export interface RouteLine { route: string; requests: number; errors: number; p50: number | null; p99: number | null }
export interface Charts {
  next: number; step: number; at: number[]; rate: number[]; errors: number[];
  p50: (number | null)[]; p90: (number | null)[]; p99: (number | null)[]; charts: Chart[]; routes: RouteLine[];
}

export interface RequestLine {
  number: number; trace_id: string; kind: 'request' | 'task'; method: string; name: string; target: string;
  status: number | null; at: number; took: number; statements: number; statements_took: number; warnings: number;
}
export interface Requests { requests: RequestLine[]; next: number | null; kept: number; bytes: number; one_of: number }
export type Note =
  | { kind: 'sql'; at: number; took: number; waited: number; sql: string; rows: number; failure: string | null }
  | { kind: 'line'; at: number; level: string; target: string; message: string; fields: Record<string, string> }
  | { kind: 'work'; at: number; took: number | null; name: string; fields: Record<string, string> };
export interface Part extends RequestLine {
  headers: Record<string, string>; has_credentials: boolean; has_body: boolean; fields: Record<string, string>;
  dropped: number; notes: Note[];
}
export interface Trace { trace_id: string; api_url: string | null; parts: Part[] }

export type Grant = 'none' | 'own' | 'any';
export interface Route { method: string; path: string; table: string; summary: string; permission: string | null }
export interface Permission { permission: string; description: string; anonymous: Grant; roles: Grant[] }
export interface Routes { routes: Route[]; roles: string[]; policy: Permission[] }

export interface Consumer {
  consumer: string; behind: number; oldest: number | null; waiting: number; dead: number; parts: [number, number][];
}
export interface Letter {
  consumer: string; event_id: string; entity: string; entity_id: string; action: string; at: number; attempts: number;
  next: number; reason: string; dead: number | null;
}
export interface Lane { lane: string; due: number; later: number; running: number; dead: number; oldest: number }
export interface Job {
  id: string; name: string; lane: string; state: 'waiting' | 'running' | 'dead'; attempt: number; attempts: number;
  enqueued: number; due: number; dead: number | null; error: string | null; payload: unknown;
}
export interface Background {
  consumers: Consumer[]; parts: { part: number; holder: string | null }[]; letters: Letter[]; lanes: Lane[]; jobs: Job[];
}

export interface MailLine { id: string; to: string; name: string | null; subject: string; at: number }
export interface Mails { kept: boolean; mails: MailLine[] }
export interface Mail extends MailLine { text: string; links: string[] }

/** An answer that says no, in its own words. */
export class Refused extends Error {
  constructor(readonly status: number, words: string) {
    super(words);
  }
}

async function answer<T>(response: Response): Promise<T> {
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) {
    const told = body as { error?: string; detail?: string } | null;
    throw new Refused(response.status, told?.error ?? told?.detail ?? `the service answered ${response.status}`);
  }
  return body as T;
}

/** Reads a part of the API. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return answer<T>(await fetch(`/console/api${path}`, { signal: signal ?? null, headers: { accept: 'application/json' } }));
}

export interface LogFilter { filter: string; configured: string; until: string | null }

/** What is logged, which the listener tells beside the console. */
export async function logFilter(change?: { filter: string; for?: string }): Promise<LogFilter> {
  const asked = change && { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(change) };
  return answer<LogFilter>(await fetch('/debug/log-filter', asked));
}

/** Asks for a change. The field is what no page of another site can send. */
export async function post(path: string): Promise<void> {
  await answer<unknown>(await fetch(`/console/api${path}`, { method: 'POST', headers: { 'x-console': '1' } }));
}
