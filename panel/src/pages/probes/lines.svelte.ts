/** Of what a probe measures: which lines there are, in which order and colour, and which are drawn. */

import { key, type Curve } from '../../chart/buckets';
import { isPing } from '../../chart/round';
import { inOrder, type Latest } from '../../live/latest';
import { say as general } from '../../words/en/general';
import { say } from '../../words/en/probes';

const COLOURS = 8;

interface Measured {
  curves: readonly Curve[];
  latest: Latest;
}

type Named = Pick<Curve, 'target' | 'target_agent' | 'agent_id' | 'type'>;

export class ProbeLines {
  #of: () => Measured;
  /** More curves than colours are too many to read: the rest waits to be asked for. */
  #toggled = $state.raw(new Set<string>());
  #rows = $derived.by(() => [...this.#of().latest.values()]);
  order = $derived.by(() => {
    const drawn = [...this.#rows, ...this.#of().curves].filter((one) => this.#isDrawn(one));
    return [...new Set(drawn.map(key))].sort(collate);
  });
  hidden = $derived(
    new Set(
      this.order.filter((k, i) => this.#toggled.has(k) !== i >= COLOURS),
    ) as ReadonlySet<string>,
  );
  #severalAgents = $derived(new Set(this.order.map((k) => JSON.parse(k)[0])).size > 1);
  curves = $derived.by(() =>
    this.order.flatMap((k, i) => {
      const curve = this.#of().curves.find((one) => key(one) === k);
      const shown = curve && !this.hidden.has(k);
      return shown ? [{ curve, name: this.nameOf(curve), colour: i % COLOURS }] : [];
    }),
  );
  pings = $derived.by(() =>
    inOrder(this.#rows.filter(isPing)).map((row) => ({
      row,
      name: this.nameOf(row),
      colour: this.order.indexOf(key(row)) % COLOURS,
    })),
  );
  traces = $derived(inOrder(this.#rows.filter((row) => row.type === 'MTR')));
  others = $derived(inOrder(this.#rows.filter((row) => row.type !== 'PING' && row.type !== 'MTR')));

  constructor(of: () => Measured) {
    this.#of = of;
  }

  /** As an address has it, which is the same in every language. */
  idOf(of: Named): string {
    const id = of.target || (of.target_agent ? `agent ${of.target_agent}` : of.type);
    return this.#severalAgents ? `${id} from agent ${of.agent_id}` : id;
  }

  nameOf(of: Named): string {
    const name = of.target || (of.target_agent ? general.agentNumber(of.target_agent) : of.type);
    return this.#severalAgents ? say.fromAgent(name, of.agent_id) : name;
  }

  toggle = (k: string) => {
    const next = new Set(this.#toggled);
    if (!next.delete(k)) next.add(k);
    this.#toggled = next;
  };

  #isDrawn(of: { type: string }): boolean {
    return of.type === 'PING' || this.#of().curves.some((curve) => curve.type === of.type);
  }
}

const collator = new Intl.Collator(undefined, { numeric: true });

function collate(a: string, b: string): number {
  const [[agentA, , targetA], [agentB, , targetB]] = [JSON.parse(a), JSON.parse(b)];
  return collator.compare(targetA, targetB) || agentA - agentB;
}
