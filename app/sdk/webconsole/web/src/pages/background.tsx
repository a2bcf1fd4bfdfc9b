import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Background as Answer, Consumer, Job, Letter } from '../api';
import { post } from '../api';
import { usePoll } from '../state';
import { Act, Ago, Empty, Fault, Panel } from '../ui';
import { duration } from '../words';

const COUNTED = 1000;

/** How far each part is, as a row of bars of one scale. */
function Parts(props: { consumer: Consumer }): VNode {
  const most = Math.max(1, ...props.consumer.parts.map(([, behind]) => behind));
  return (
    <span class="parts" role="img" aria-label={props.consumer.parts.map(([part, behind]) => `part ${part}: ${behind}`).join(', ')}>
      {props.consumer.parts.map(([part, behind]) => (
        <span key={part} title={`part ${part}: ${behind >= COUNTED ? `${COUNTED} or more` : behind} behind`}>
          <span class={behind > 0 ? 'behind' : ''} style={{ height: `${Math.max(8, (behind / most) * 100)}%` }} />
        </span>
      ))}
    </span>
  );
}

interface Doing { writable: boolean; done: (words: string | undefined) => void }

function JobRow(props: { job: Job } & Doing): VNode {
  const { job } = props;
  return (
    <>
      <tr>
        <td class="mono">{job.name}<div class="dim small">{job.id}</div></td>
        <td><span class={`state ${job.state}`}>{job.state}</span></td>
        <td class="num">{job.attempt} <span class="dim">of {job.attempts}</span></td>
        <td class="nowrap dim">{job.state === 'dead' && job.dead ? <>given up <Ago at={job.dead} /></> : job.state === 'running' ? 'now' : <>due <Ago at={job.due} /></>}</td>
        <td class="wrap">{job.error ?? <span class="dim">–</span>}{job.payload != null && <details><summary class="dim">what it knows</summary><pre>{JSON.stringify(job.payload, null, 2)}</pre></details>}</td>
        {props.writable && (
          <td class="acts">
            {job.state !== 'running' && (
              <>
                <Act label="Retry" act={() => post(`/jobs/${job.id}/retry`)} done={props.done} />
                <Act label="Drop" sure="Drop it for good?" act={() => post(`/jobs/${job.id}/drop`)} done={props.done} />
              </>
            )}
          </td>
        )}
      </tr>
    </>
  );
}

function LetterRow(props: { letter: Letter } & Doing): VNode {
  const { letter } = props;
  const path = `/letters/${encodeURIComponent(letter.consumer)}/${letter.event_id}`;
  return (
    <tr>
      <td class="mono">{letter.consumer}</td>
      <td class="mono">{letter.entity}.{letter.action}<div class="dim small">{letter.entity_id}</div></td>
      <td><span class={`state ${letter.dead ? 'dead' : 'waiting'}`}>{letter.dead ? 'dead' : 'waiting'}</span></td>
      <td class="num">{letter.attempts}</td>
      <td class="nowrap dim">{letter.dead ? <>given up <Ago at={letter.dead} /></> : <>again <Ago at={letter.next} /></>}</td>
      <td class="wrap">{letter.reason}</td>
      {props.writable && (
        <td class="acts">
          {letter.dead && (
            <>
              <Act label="Retry" act={() => post(`${path}/retry`)} done={props.done} />
              <Act label="Drop" sure="Drop it for good?" act={() => post(`${path}/drop`)} done={props.done} />
            </>
          )}
        </td>
      )}
    </tr>
  );
}

export function Background(props: { writable: boolean }): VNode {
  const { data, error, again } = usePoll<Answer>('/background', 3000);
  const [fault, setFault] = useState<string>();
  if (!data) return error ? <Fault words={error} /> : <div class="loading" />;
  const done = (words: string | undefined) => { setFault(words); again(); };
  const holders = [...new Set(data.parts.map((part) => part.holder).filter((holder) => holder != null))];
  const unheld = data.parts.filter((part) => part.holder == null).length;
  const act = props.writable ? <th class="acts" /> : null;
  return (
    <>
      <header class="page"><h1>Events and jobs</h1>{!props.writable && <span class="dim">read-only here: <code>admin events</code>, <code>admin jobs</code> change something</span>}</header>
      <Fault words={error ?? fault} />
      <div class="columns">
        <Panel title="Consumers of events" flush>
          {data.consumers.length === 0 ? <Empty hint="With events.nats_url set, they go to NATS JetStream.">No consumer wants events here.</Empty> : (
            <table>
              <thead><tr><th>consumer</th><th class="num">behind</th><th>by part</th><th>oldest</th><th class="num">waiting</th><th class="num">dead</th></tr></thead>
              <tbody>
                {data.consumers.map((one) => (
                  <tr key={one.consumer}>
                    <td class="mono">{one.consumer}</td>
                    <td class="num">{one.behind}</td>
                    <td><Parts consumer={one} /></td>
                    <td class="dim nowrap">{one.oldest ? <Ago at={one.oldest} /> : 'up to date'}</td>
                    <td class="num">{one.waiting}</td>
                    <td class="num">{one.dead ? <span class="level error">{one.dead}</span> : 0}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          <p class="body dim small">
            {data.parts.length} parts, {holders.length === 0 ? 'held by nobody' : `held by ${holders.length === 1 ? 'one process' : `${holders.length} processes`}`}
            {unheld > 0 && holders.length > 0 && <span class="level warn"> {unheld} by nobody</span>}
            {holders.map((holder) => <span key={holder} class="mono holder" title={String(holder)}> {String(holder).slice(-8)}: {data.parts.filter((part) => part.holder === holder).map((part) => part.part).join(' ')}</span>)}
          </p>
        </Panel>
        <Panel title="Lanes of jobs" flush>
          {data.lanes.length === 0 ? <Empty hint="A mail, a refund, a sweep: what is done later passes here.">Nothing waits and nothing runs.</Empty> : (
            <table>
              <thead><tr><th>lane</th><th class="num">due</th><th class="num">longest</th><th class="num">later</th><th class="num">running</th><th class="num">dead</th></tr></thead>
              <tbody>
                {data.lanes.map((lane) => (
                  <tr key={lane.lane}>
                    <td class="mono">{lane.lane}</td><td class="num">{lane.due}</td><td class="num dim">{lane.due ? duration(lane.oldest) : '–'}</td>
                    <td class="num">{lane.later}</td><td class="num">{lane.running}</td>
                    <td class="num">{lane.dead ? <span class="level error">{lane.dead}</span> : 0}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Panel>
      </div>
      <Panel title="Jobs" flush>
        {data.jobs.length === 0 ? <Empty hint="Those that were done leave no row.">No job waits, runs or was given up.</Empty> : (
          <div class="scroll"><table>
            <thead><tr><th>job</th><th>state</th><th class="num">attempt</th><th>when</th><th>last reason</th>{act}</tr></thead>
            <tbody>{data.jobs.map((job) => <JobRow key={job.id} job={job} writable={props.writable} done={done} />)}</tbody>
          </table></div>
        )}
      </Panel>
      <Panel title="Refused events" flush>
        {data.letters.length === 0 ? <Empty>No event is refused by anybody.</Empty> : (
          <div class="scroll"><table>
            <thead><tr><th>consumer</th><th>event</th><th>state</th><th class="num">attempts</th><th>when</th><th>reason</th>{act}</tr></thead>
            <tbody>{data.letters.map((letter) => <LetterRow key={`${letter.consumer} ${letter.event_id}`} letter={letter} writable={props.writable} done={done} />)}</tbody>
          </table></div>
        )}
      </Panel>
    </>
  );
}
