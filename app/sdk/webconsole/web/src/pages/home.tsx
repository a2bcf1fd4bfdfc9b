import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Home, Limit, Migration, Problem } from '../api';
import { usePoll } from '../state';
import { Ago, Empty, Fault, Fields, Level, Panel, TraceLink, When } from '../ui';
import { amount, duration } from '../words';

function Bar(props: { limit: Limit }): VNode {
  const { name, used, max, unit, set_by } = props.limit;
  const share = Math.min(1, used / max);
  const grade = share >= 0.9 ? 'bad' : share >= 0.7 ? 'warn' : 'good';
  return (
    <li class="limit">
      <div class="what"><span>{name}</span><span class="num">{amount(used, unit)} <span class="dim">of {amount(max, unit)}</span></span></div>
      <div class="bar" role="meter" aria-label={name} aria-valuenow={used} aria-valuemin={0} aria-valuemax={max}>
        <div class={grade} style={{ width: `${(share * 100).toFixed(2)}%` }} />
      </div>
      <div class="dim small mono">{set_by}</div>
    </li>
  );
}

function Problems(props: { problems: Problem[] }): VNode {
  if (props.problems.length === 0) {
    return <Empty hint="Warnings and errors of the log come here, with the request that they belong to.">Nothing has gone wrong since the start.</Empty>;
  }
  return (
    <ol class="problems">
      {props.problems.map((problem) => (
        <li key={problem.number}>
          <div class="line">
            <Level level={problem.level} />
            <span class="message">{problem.message}</span>
            <span class="dim nowrap">{problem.times > 1 && `${problem.times} times, `}<Ago at={problem.at} /></span>
          </div>
          <div class="more">
            {problem.trace_id && <TraceLink id={problem.trace_id}>{problem.within ?? `${problem.trace_id.slice(0, 8)}…`}</TraceLink>}
            <Fields fields={problem.fields} />
            <span class="dim">{problem.target}</span>
          </div>
        </li>
      ))}
    </ol>
  );
}

function Migrations(props: { migrations: Home['migrations'] }): VNode {
  const { migrations } = props;
  if (migrations === null) return <Empty>This service has no database.</Empty>;
  if (!Array.isArray(migrations)) return <div class="fault">{migrations.error}</div>;
  const odd = migrations.filter((one) => one.state !== 'applied');
  const last = migrations.filter((one) => one.state === 'applied').at(-1);
  const row = (one: Migration) => (
    <tr key={one.file}>
      <td class="mono">{one.file}</td>
      <td><span class={one.state === 'applied' ? 'dim' : 'level warn'}>{one.state}</span></td>
      <td class="dim nowrap"><When at={one.at} /></td>
    </tr>
  );
  return (
    <>
      {odd.length > 0 && <table><tbody>{odd.map(row)}</tbody></table>}
      <details>
        <summary>
          {migrations.length - odd.length} applied{odd.length === 0 ? ', none pending' : `, ${odd.length} not as they should be`}
          {last && <span class="dim">, the last one <span class="mono">{last.file}</span></span>}
        </summary>
        <div class="scroll"><table><tbody>{migrations.map(row)}</tbody></table></div>
      </details>
    </>
  );
}

function Settings(props: { settings: Home['settings'] }): VNode {
  const [words, setWords] = useState('');
  const [all, setAll] = useState(false);
  const isSet = (source: string) => source !== 'default';
  const shown = props.settings.filter((one) => (all || words !== '' || isSet(one.source)) && `${one.key} ${one.value} ${one.source}`.toLowerCase().includes(words.toLowerCase()));
  const set = props.settings.filter((one) => isSet(one.source)).length;
  return (
    <Panel
      title="Configuration" flush
      aside={
        <>
          <label><input type="checkbox" checked={all} onChange={(event) => setAll(event.currentTarget.checked)} /> defaults too ({props.settings.length - set})</label>
          <input type="search" value={words} placeholder="filter" aria-label="Filter the configuration" onInput={(event) => setWords(event.currentTarget.value)} />
        </>
      }
    >
      {shown.length === 0 ? <Empty hint="Tick “defaults too”, or filter, to see them.">{words ? 'No key has this text.' : 'Every key has its default.'}</Empty> : (
        <div class="scroll tall">
          <table>
            <thead><tr><th>key</th><th>value</th><th>source</th></tr></thead>
            <tbody>
              {shown.map((one) => (
                <tr key={one.key}>
                  <td class="mono">{one.key}</td>
                  <td class="mono wrap">{one.value}</td>
                  <td class={isSet(one.source) ? '' : 'dim'}>{one.source}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

export function HomePage(): VNode {
  const { data, error } = usePoll<Home>('/home', 3000);
  if (!data) return error ? <Fault words={error} /> : <div class="loading" />;
  return (
    <>
      <header class="page">
        <h1>{data.service}</h1>
        <span class="chips">
          <span class="chip">version <b>{data.version}</b></span>
          <span class="chip">environment <b>{data.environment}</b></span>
          <span class={`chip ${data.is_ready ? 'good' : 'bad'}`}>{data.ready}</span>
          <span class="chip">up <b>{duration(data.uptime)}</b></span>
          {data.api_url && <span class="chip">serves <b class="mono">{data.api_url}</b></span>}
        </span>
      </header>
      <div class="columns">
        <Panel title="Limits"><ul class="limits">{data.limits.map((limit) => <Bar key={limit.name} limit={limit} />)}</ul></Panel>
        <Panel title="Last warnings and errors" flush id="problems"><div class="scroll tall"><Problems problems={data.problems} /></div></Panel>
      </div>
      <Settings settings={data.settings} />
      <Panel title="Migrations"><Migrations migrations={data.migrations} /></Panel>
    </>
  );
}
