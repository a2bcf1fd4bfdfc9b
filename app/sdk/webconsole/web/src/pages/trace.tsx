import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Note, Part, Trace } from '../api';
import { curl } from '../curl';
import { ROOT, usePoll } from '../state';
import { Copy, Empty, Fault, Fields, Level, Method, Panel, Sql, Status, When } from '../ui';
import { ms } from '../words';

function summary(note: Note): string {
  if (note.kind === 'sql') return note.sql.replace(/\s+/g, ' ');
  return note.kind === 'line' ? note.message : note.name;
}

/** The bar of a note, in the time of its part. */
function Span(props: { note: Note; whole: number }): VNode {
  const { note, whole } = props;
  const share = (time: number) => `${Math.min(100, (time / whole) * 100).toFixed(3)}%`;
  if (note.kind === 'line') return <span class={`tick ${note.level.toLowerCase()}`} style={{ left: share(note.at) }} />;
  const took = note.took ?? whole - note.at;
  const waited = note.kind === 'sql' ? note.waited : 0;
  const failed = note.kind === 'sql' && note.failure;
  return (
    <>
      {waited > 0.05 && <span class="span waited" style={{ left: share(Math.max(0, note.at - waited)), width: share(waited) }} />}
      <span class={`span ${note.kind} ${failed ? 'failed' : ''}`} style={{ left: share(note.at), width: share(took) }} />
    </>
  );
}

function NoteRow(props: { note: Note; whole: number; same: number }): VNode {
  const { note } = props;
  const [open, setOpen] = useState(false);
  return (
    <>
      <tr class="note" aria-expanded={open} onClick={() => setOpen(!open)}>
        <td class="num dim">{ms(note.at)}</td>
        <td class="what">
          <button type="button" class="plain" aria-expanded={open} title={summary(note)}>
            {note.kind === 'sql' && <span class="tag sql">SQL</span>}
            {note.kind === 'work' && <span class="tag work">CALL</span>}
            {note.kind === 'line' && <Level level={note.level} />}
            {note.kind === 'sql' ? <Sql sql={summary(note)} /> : <span>{summary(note)}</span>}
          </button>
        </td>
        <td class="nowrap">
          {note.kind === 'sql' && (note.failure ? <span class="level error">{note.failure}</span> : <span class="dim">{note.rows} {note.rows === 1 ? 'row' : 'rows'}</span>)}
          {props.same > 2 && <span class="level warn" title="The same statement several times: could it be one?"> ×{props.same}</span>}
        </td>
        <td class="num">{note.kind === 'line' ? '' : ms(note.took)}</td>
        <td class="lane"><Span note={note} whole={props.whole} /></td>
      </tr>
      {open && (
        <tr class="detail">
          <td />
          <td colSpan={4}>
            {note.kind === 'sql' && <pre><Sql sql={note.sql} /></pre>}
            {note.kind === 'sql' && note.waited > 0.05 && <p class="dim">waited {ms(note.waited)} for a connection</p>}
            {note.kind === 'sql' && props.same > 1 && <p class="dim">the same text ran {props.same} times in this request</p>}
            {note.kind === 'line' && <p><span class="dim">{note.target}</span> {note.message}</p>}
            {note.kind !== 'sql' && <Fields fields={note.fields} />}
          </td>
        </tr>
      )}
    </>
  );
}

function Waterfall(props: { part: Part }): VNode {
  const { part } = props;
  if (part.notes.length === 0) return <Empty>No statement, no log line: it was answered from memory.</Empty>;
  const ends = part.notes.map((note) => note.at + (note.kind === 'line' ? 0 : note.took ?? 0));
  const whole = Math.max(part.took, ...ends, 0.001);
  const times = new Map<string, number>();
  for (const note of part.notes) if (note.kind === 'sql') times.set(note.sql, (times.get(note.sql) ?? 0) + 1);
  return (
    <table class="waterfall">
      <thead>
        <tr><th class="num">at</th><th>what</th><th /><th class="num">took</th><th class="lane"><span>0</span><span>{ms(whole / 2)}</span><span>{ms(whole)}</span></th></tr>
      </thead>
      <tbody>
        {part.notes.map((note, index) => <NoteRow key={index} note={note} whole={whole} same={note.kind === 'sql' ? times.get(note.sql) ?? 1 : 1} />)}
      </tbody>
    </table>
  );
}

function PartPanel(props: { part: Part; api: string | null }): VNode {
  const { part } = props;
  const command = part.kind === 'request' ? curl(props.api, part) : '';
  const rest = Math.max(0, part.took - part.statements_took);
  return (
    <Panel
      flush
      title={part.kind === 'request' ? 'Request' : 'Job'}
      aside={
        <span class="sum">
          <span><b>{ms(part.took)}</b> <span class="dim">in all</span></span>
          <span><b>{ms(part.statements_took)}</b> <span class="dim">in {part.statements} {part.statements === 1 ? 'statement' : 'statements'}</span></span>
          <span><b>{ms(rest)}</b> <span class="dim">elsewhere</span></span>
        </span>
      }
    >
      <div class="head">
        <Method method={part.method} /><span class="mono strong wrap">{part.target || part.name}</span><Status status={part.status} />
        <span class="dim"><When at={part.at} /></span>
      </div>
      <div class="head meta">
        {part.kind === 'request' && <span><span class="key">route</span>=<a class="mono" href={`${ROOT}/requests?route=${encodeURIComponent(`${part.method} ${part.name}`)}`}>{part.method} {part.name}</a></span>}
        <Fields fields={part.fields} />
      </div>
      <Waterfall part={part} />
      {part.dropped > 0 && <p class="body dim">{part.dropped} more notes had no room.</p>}
      {command && (
        <div class="curl">
          <pre class="mono">{command}</pre>
          <Copy text={command} label="Copy as curl" />
        </div>
      )}
    </Panel>
  );
}

export function TracePage(props: { id: string }): VNode {
  const { data, error, status } = usePoll<Trace>(`/traces/${encodeURIComponent(props.id)}`, 3000);
  return (
    <>
      <header class="page">
        <h1><a href={`${ROOT}/requests`}>Requests</a> <span class="dim">/</span> <span class="mono id">{props.id}</span></h1>
        <Copy text={props.id} label="Copy id" />
      </header>
      {status === 404 ? <Panel><Empty hint="A problem document and the log carry the trace id, too.">{error}</Empty></Panel> : <Fault words={error} />}
      {data?.parts.map((part) => <PartPanel key={part.number} part={part} api={data.api_url} />)}
    </>
  );
}
