import type { FleetMetricId } from '../engine/metrics/fleet-metrics.ts';
import { FLEET_LIMITS, FLEET_METRICS } from '../engine/metrics/fleet-metrics.ts';
import type { FleetStatus } from './fleet-status.ts';
import { Gauge, Counter, Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number | null];

/** The order of the kill ladder, as okxmm_kill_level counts. */
const LEVELS = ['quoting', 'wider', 'reduceOnly', 'paused', 'halted'];

/** The supervisor's metrics as Prometheus text. What is not known is absent. */
export class FleetExposition {
  readonly contentType: string;
  readonly #registry = new Registry();
  readonly #look: () => FleetStatus;

  constructor(look: () => FleetStatus) {
    this.#look = look;
    this.contentType = this.#registry.contentType;
  }

  render(): Promise<string> {
    const registry = this.#registry;
    registry.clear();
    for (const [id, samples] of Object.entries(samplesOf(this.#look()))) {
      const { name, help, kind, labels } = FLEET_METRICS[id as FleetMetricId];
      const shape = { name, help, labelNames: [...labels], registers: [registry] };
      const known = samples.filter((sample): sample is [Labels, number] => sample[1] !== null);
      if (kind === 'counter') {
        const counter = new Counter(shape);
        for (const [of, value] of known) counter.inc(of, value);
      } else {
        const gauge = new Gauge(shape);
        // One without labels shows 0 by itself.
        if (known.length === 0) registry.removeSingleMetric(name);
        for (const [of, value] of known) gauge.set(of, value);
      }
    }
    return registry.metrics();
  }
}

function samplesOf({ accounts, group }: FleetStatus): Readonly<Record<FleetMetricId, readonly Sample[]>> {
  const each = (of: (account: FleetStatus['accounts'][number]) => number | null): Sample[] =>
    accounts.map((account) => [{ account: account.account }, of(account)]);
  const whole = (value: number): Sample[] => [[{}, value]];
  return {
    accountUp: each(({ state }) => Number(state !== null)),
    accountReady: each(({ isReady }) => Number(isReady)),
    accountFinal: each(({ phase }) => Number(phase === 'down')),
    accountRestarts: each(({ restarts }) => restarts),
    accountLevel: each(({ level }) => (level === null ? null : LEVELS.indexOf(level))),
    accountProfit: each(({ profit }) => profit),
    accountHeld: each(({ held }) => held),
    accountSilence: each(({ silenceSeconds }) => silenceSeconds),
    profit: whole(group.profit),
    held: whole(group.held),
    loss: whole(group.loss),
    drawdown: whole(group.drawdown),
    limit: FLEET_LIMITS.map((limit) => [{ limit }, group.limits[limit]]),
    tripped: FLEET_LIMITS.map((limit) => [{ limit }, Number(group.exceeded?.limit === limit)]),
  };
}
