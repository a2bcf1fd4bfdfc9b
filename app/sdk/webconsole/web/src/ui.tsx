// The parts that all pages are made of.

import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ROOT } from './state';
import { moment, relative } from './words';

export function Panel(props: { title?: string; aside?: ComponentChildren; children: ComponentChildren; flush?: boolean; id?: string }): VNode {
  return (
    <section class="panel" id={props.id}>
      {(props.title || props.aside) && (
        <header>
          <h2>{props.title}</h2>
          {props.aside && <div class="aside">{props.aside}</div>}
        </header>
      )}
      <div class={props.flush ? 'flush' : 'body'}>{props.children}</div>
    </section>
  );
}

/** What stands where there is nothing, and what would change that. */
export function Empty(props: { children: ComponentChildren; hint?: ComponentChildren }): VNode {
  return (
    <div class="empty">
      <p>{props.children}</p>
      {props.hint && <p class="hint">{props.hint}</p>}
    </div>
  );
}

export function Fault(props: { words: string | undefined }): VNode | null {
  return props.words ? <div class="fault" role="alert">{props.words}</div> : null;
}

export function Status(props: { status: number | null }): VNode {
  if (props.status == null) return <span class="status job">job</span>;
  return <span class={`status s${Math.floor(props.status / 100)}`}>{props.status}</span>;
}

export function Method(props: { method: string }): VNode {
  return <span class={`method m-${props.method.toLowerCase()}`}>{props.method || 'JOB'}</span>;
}

export function Level(props: { level: string }): VNode {
  return <span class={`level ${props.level.toLowerCase()}`}>{props.level}</span>;
}

export function When(props: { at: number | null }): VNode {
  return props.at == null ? <span>–</span> : <time title={new Date(props.at).toISOString()}>{moment(props.at)}</time>;
}

export function Ago(props: { at: number }): VNode {
  return <time title={new Date(props.at).toISOString()}>{relative(props.at)}</time>;
}

export function TraceLink(props: { id: string; children?: ComponentChildren }): VNode {
  return <a class="mono" href={`${ROOT}/requests/${props.id}`}>{props.children ?? `${props.id.slice(0, 8)}…`}</a>;
}

export function Fields(props: { fields: Record<string, string> }): VNode | null {
  const entries = Object.entries(props.fields);
  if (entries.length === 0) return null;
  return (
    <span class="fields">
      {entries.map(([name, value]) => (
        <span key={name}><span class="key">{name}</span>=<span class="value">{value}</span></span>
      ))}
    </span>
  );
}

/** A button that is asked twice where what it does cannot be undone. */
export function Act(props: { label: string; sure?: string; act: () => Promise<void>; done: (words: string | undefined) => void }): VNode {
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (!asked) return undefined;
    const timer = setTimeout(() => setAsked(false), 4000);
    return () => clearTimeout(timer);
  }, [asked]);
  const click = async () => {
    if (props.sure && !asked) return setAsked(true);
    setAsked(false);
    setBusy(true);
    try {
      await props.act();
      props.done(undefined);
    } catch (error) {
      props.done((error as Error).message);
    }
    setBusy(false);
  };
  return (
    <button type="button" class={props.sure ? 'danger' : ''} disabled={busy} onClick={() => void click()}>
      {asked ? props.sure : props.label}
    </button>
  );
}

/** Copies a text, and says that it did. */
export function Copy(props: { text: string; label: string }): VNode {
  const [done, setDone] = useState('');
  const click = async () => {
    try {
      await navigator.clipboard.writeText(props.text);
      setDone('Copied');
    } catch {
      setDone('Select it and copy');
    }
    setTimeout(() => setDone(''), 2000);
  };
  return <button type="button" onClick={() => void click()}>{done || props.label}</button>;
}

const WORDS = new Set(
  ('SELECT FROM WHERE AND OR NOT NULL IS IN AS ON JOIN LEFT CROSS LATERAL INNER ORDER BY GROUP HAVING LIMIT OFFSET INSERT INTO VALUES UPDATE SET ' +
    'DELETE RETURNING WITH RECURSIVE UNION ALL EXISTS BEGIN COMMIT ROLLBACK SAVEPOINT RELEASE TO CASE WHEN THEN ELSE END FOR SHARE SKIP LOCKED ' +
    'CONFLICT DO NOTHING DESC ASC DISTINCT ANY ARRAY USING BETWEEN LIKE ILIKE TRUE FALSE FILTER OVER PARTITION ORDINALITY ISOLATION LEVEL ' +
    'REPEATABLE READ ONLY LOCAL ROW KEY').split(' '),
);

/** A statement, its own words apart from names and places. */
export function Sql(props: { sql: string }): VNode {
  const pieces = props.sql.split(/('(?:[^']|'')*'|\$\d+|\b[A-Za-z_]+\b)/);
  return (
    <code class="sql">
      {pieces.map((piece, index) => {
        if (WORDS.has(piece.toUpperCase()) && piece === piece.toUpperCase()) return <b key={index}>{piece}</b>;
        if (/^\$\d+$/.test(piece)) return <i key={index}>{piece}</i>;
        if (piece.startsWith("'")) return <s key={index}>{piece}</s>;
        return piece;
      })}
    </code>
  );
}
