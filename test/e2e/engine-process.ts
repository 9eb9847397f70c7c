import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { parse, stringify } from 'yaml';
import { ControlClient } from '../../engine/control/control-client.ts';
import type { Status } from '../../monitoring/status.ts';
import type { ParsedFamily } from '../monitoring/prometheus-text.ts';
import { parsePrometheusText } from '../monitoring/prometheus-text.ts';
import { ROOT, RunningProcess, until } from './running-process.ts';
import type { ProcessOptions } from './running-process.ts';

const SCRIPT = join(ROOT, 'dist', 'engine', 'cli', 'start.js');
const CTL = join(ROOT, 'dist', 'engine', 'cli', 'ctl.js');

/** A start takes a second; on a machine that does much else, many. */
const START_MS = 30_000;

const STATES = mkdtempSync(join(tmpdir(), 'okxmm-states-'));
afterAll(() => rmSync(STATES, { recursive: true, force: true }));
let states = 0;

/** A state directory that no engine had: each has its own, so that they run beside one another. */
export function newState(): string {
  return join(STATES, String(++states));
}

/** The commented paper example as a plain object, for a test to change. */
export interface ConfigFile {
  [key: string]: unknown;
  venue: Record<string, unknown>;
  instruments: (Record<string, unknown> & {
    instId: string;
    strategy: Record<string, unknown>;
    limits: Record<string, unknown> & { position: string };
  })[];
  account: Record<string, unknown>;
  engine: Record<string, unknown>;
  metrics: Record<string, unknown>;
}

/** The paper example with a free metrics port, and `venue` instead of its own if given. */
export function exampleConfig(venue?: Readonly<Record<string, unknown>>): ConfigFile {
  const config = parse(readFileSync(join(ROOT, 'engine', 'config', 'paper.yaml'), 'utf8')) as ConfigFile;
  config.metrics['port'] = 0;
  // At distances that fill within seconds, whatever the account's fees are.
  for (const { strategy } of config.instruments) strategy['model'] = 'fixed';
  if (venue !== undefined) config.venue = { ...venue };
  return config;
}

/** A folder for files of one test file, gone with `remove`. */
export class Scratch {
  readonly folder = mkdtempSync(join(tmpdir(), 'okxmm-e2e-'));
  #count = 0;

  /** Writes a configuration, an object or text of YAML; returns the file's name. */
  write(config: ConfigFile | string): string {
    const file = join(this.folder, `config-${++this.#count}.yaml`);
    writeFileSync(file, typeof config === 'string' ? config : stringify(config));
    return file;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A sum over the series of one metric whose labels are as given. */
export function sumOf(
  families: ReadonlyMap<string, ParsedFamily>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const family = families.get(name);
  if (family === undefined) throw new Error(`expected ${name} to be exposed`);
  return family.samples
    .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

/** What `ctl` said, and how it ended. */
export interface CtlAnswer {
  readonly code: number | null;
  readonly text: string;
}

/** An operator's command, as `npm run -s ctl` runs it. */
export async function ctl(...args: readonly string[]): Promise<CtlAnswer> {
  const process_ = new RunningProcess(process.execPath, [CTL, ...args]);
  const { code } = await process_.ended();
  return { code, text: process_.output };
}

/** What of `ctl status` the tests look at. */
export interface ControlStatus {
  readonly phase: string;
  readonly level: string;
  /** The trigger that reached the level; absent while quoting. */
  readonly reason?: string;
  readonly run: number;
  readonly openOrders: number;
  readonly switchSecondsLeft: number | null;
  readonly isStateSaved: boolean;
  readonly pid: number;
  readonly instruments: readonly {
    readonly instId: string;
    readonly level: string;
    readonly position: string;
    readonly openOrders: number;
    readonly fills: number;
  }[];
}

/** The engine, as `npm start` starts it. */
export class EngineProcess {
  readonly process: RunningProcess;
  /** Its state directory: one of its own unless the arguments name one. */
  readonly state: string;

  constructor(args: readonly string[], options: ProcessOptions = {}) {
    const given = args.indexOf('--state');
    this.state = given < 0 ? newState() : args[given + 1]!;
    const state = given < 0 ? ['--state', this.state] : [];
    this.process = new RunningProcess(process.execPath, [SCRIPT, ...args, ...state], options);
  }

  /** An operator's command to it. */
  ctl(word: string): Promise<CtlAnswer> {
    return ctl(word, '--state', this.state);
  }

  /** What `ctl status` prints, without a process for it. */
  async controlStatus(): Promise<ControlStatus> {
    return (await new ControlClient(this.state).status()) as unknown as ControlStatus;
  }

  /** Where it says that metrics and status are. */
  async base(): Promise<string> {
    const [, base] = await this.process.said(/metrics and status on (http:\/\/\S+)/, START_MS);
    return base!;
  }

  async status(): Promise<Status> {
    return (await (await fetch(`${await this.base()}/status`)).json()) as Status;
  }

  async metrics(): Promise<Map<string, ParsedFamily>> {
    return parsePrometheusText(await (await fetch(`${await this.base()}/metrics`)).text());
  }

  /** Waits until both sides of every instrument are quoted and rest at the venue. */
  quotesEverything(deadlineMs = 15_000): Promise<Status> {
    return until(
      'both sides of every instrument to be quoted',
      async () => {
        if (this.process.exit !== undefined) throw new Error(`the engine ended: ${this.process.output}`);
        const status = await this.status();
        const isQuoted = status.instruments.every(({ orders }) =>
          ['buy', 'sell'].every((side) =>
            orders.some((order) => order.side === side && order.state === 'live'),
          ),
        );
        return status.isReady && isQuoted ? status : undefined;
      },
      deadlineMs,
    );
  }
}
