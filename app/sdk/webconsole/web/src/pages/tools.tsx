import type { VNode } from 'preact';
import { Panel } from '../ui';

export function Tools(): VNode {
  return (
    <>
      <header class="page"><h1>Profiles</h1></header>
      <Panel title="This process" flush>
        <ul class="list">
          <li><a href="/metrics" target="_blank"><b>Metrics</b><span class="dim">as Prometheus reads them</span></a></li>
          <li><a href="/buildinfo" target="_blank"><b>Build</b><span class="dim">which program this is</span></a></li>
        </ul>
      </Panel>
    </>
  );
}
