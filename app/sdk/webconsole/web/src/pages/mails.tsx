import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Mail, Mails as Answer } from '../api';
import { ROOT, usePoll } from '../state';
import { Ago, Copy, Empty, Fault, Panel, When } from '../ui';

function Reader(props: { id: string }): VNode {
  const { data, error } = usePoll<Mail>(`/mails/${encodeURIComponent(props.id)}`, 0);
  const [plain, setPlain] = useState(false);
  if (!data) return error ? <Fault words={error} /> : <div class="loading" />;
  return (
    <Panel title={data.subject} flush aside={
      <span class="group" role="group" aria-label="Form">
        <button type="button" aria-pressed={!plain} onClick={() => setPlain(false)}>as mail</button>
        <button type="button" aria-pressed={plain} onClick={() => setPlain(true)}>as text</button>
      </span>
    }>
      <p class="head"><span>to <b>{data.name ? `${data.name} <${data.to}>` : data.to}</b></span><span class="dim"><When at={data.at} /></span></p>
      {data.links.length > 0 && (
        <ul class="links">
          {data.links.map((link) => <li key={link}><a class="mono" href={link} target="_blank" rel="noreferrer noopener">{link}</a><Copy text={link} label="Copy" /></li>)}
        </ul>
      )}
      {plain ? <pre class="mail">{data.text}</pre> : <iframe class="mail" sandbox="" src={`/mail/${data.id}/html`} title={data.subject} />}
    </Panel>
  );
}

export function Mails(props: { id?: string }): VNode {
  const { data, error } = usePoll<Answer>('/mails', 3000);
  if (!data) return error ? <Fault words={error} /> : <div class="loading" />;
  const chosen = props.id ?? data.mails[0]?.id;
  return (
    <>
      <header class="page"><h1>Mails</h1><span class="dim">{data.kept ? 'kept here in place of being sent' : ''}</span></header>
      <Fault words={error} />
      {!data.kept ? <Panel><Empty hint="Without mail.smtp_url, a development machine keeps them here.">Mails are sent by a relay.</Empty></Panel>
        : data.mails.length === 0 ? <Panel><Empty hint="Sign up with an address, and the activation mail is here.">No mail yet.</Empty></Panel> : (
          <div class="mails">
            <Panel flush>
              <ul class="list">
                {data.mails.map((mail) => (
                  <li key={mail.id}>
                    <a href={`${ROOT}/mails/${mail.id}`} aria-current={mail.id === chosen ? 'true' : undefined}>
                      <b>{mail.subject}</b><span class="dim">{mail.to}</span><span class="dim small"><Ago at={mail.at} /></span>
                    </a>
                  </li>
                ))}
              </ul>
            </Panel>
            {chosen && <Reader key={chosen} id={chosen} />}
          </div>
        )}
    </>
  );
}
