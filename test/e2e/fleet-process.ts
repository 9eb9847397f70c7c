import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ControlClient } from '../../engine/control/control-client.ts';
import type { FleetAccountStatus, FleetStatus } from '../../monitoring/fleet-status.ts';
import { ctl, exampleConfig, newState } from './engine-process.ts';
import type { CtlAnswer } from './engine-process.ts';
import { ROOT, RunningProcess, until } from './running-process.ts';
import type { AccountKeys, VenueProcess } from './venue-process.ts';

const SCRIPT = join(ROOT, 'dist', 'engine', 'cli', 'start.js');
/** Several engines begin at once, on a machine that does much else. */
const START_MS = 60_000;

export interface FleetFileOptions {
  readonly venue: VenueProcess;
  /** By account: the key that its file holds. */
  readonly keys: Readonly<Record<string, AccountKeys>>;
  readonly fleet?: Readonly<Record<string, unknown>>;
  /** By account: what stands over the shared keys. */
  readonly own?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A configuration of several accounts in a folder of its own, with their keys in files beside it. */
export class FleetFile {
  readonly file: string;
  readonly folder: string;

  constructor(folder: string, options: FleetFileOptions) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    this.file = join(folder, 'fleet.yaml');
    for (const [name, keys] of Object.entries(options.keys)) this.writeKey(name, keys);
    this.write(options);
  }

  write({ venue, keys, fleet = {}, own = {} }: FleetFileOptions): void {
    const config = exampleConfig({ ...venue.config, depthChannel: 'books' });
    config.instruments = config.instruments.filter(({ instId }) => instId === 'BTC-USDT-SWAP');
    // At the market: a fill every second or so, and a fee for each.
    for (const { strategy } of config.instruments) {
      Object.assign(strategy, { halfSpreadBps: 0.05, levelStepBps: 0.5 });
    }
    delete (config as Record<string, unknown>)['metrics'];
    const accounts = Object.keys(keys).map((name) => ({
      name,
      credentialsFile: join(this.folder, `key-${name}`),
      tag: `FLEET${name.toUpperCase()}`,
      ...own[name],
    }));
    writeFileSync(this.file, stringify({ ...config, fleet: { metrics: { port: 0 }, ...fleet }, accounts }));
  }

  writeKey(name: string, { key, secret, passphrase }: AccountKeys): void {
    const file = join(this.folder, `key-${name}`);
    writeFileSync(file, `OKX_API_KEY=${key}\nOKX_API_SECRET=${secret}\nOKX_API_PASSPHRASE=${passphrase}\n`);
    chmodSync(file, 0o600);
  }
}

/** The supervisor, as `npm start` starts it with a configuration of several accounts. */
export class FleetProcess {
  readonly process: RunningProcess;
  readonly state: string;

  constructor(file: string, state = newState()) {
    this.state = state;
    this.process = new RunningProcess(process.execPath, [SCRIPT, '--config', file, '--state', this.state]);
  }

  ctl(...args: readonly string[]): Promise<CtlAnswer> {
    return ctl(...args, '--state', this.state);
  }

  async status(): Promise<FleetStatus> {
    return (await new ControlClient(this.state).status()) as unknown as FleetStatus;
  }

  async account(name: string): Promise<FleetAccountStatus> {
    const { accounts } = await this.status();
    return accounts.find(({ account }) => account === name)!;
  }

  /** Where all accounts are seen at once. */
  async base(): Promise<string> {
    const [, base] = await this.process.said(/metrics and status of all on (http:\/\/\S+)/);
    return base!;
  }

  /** Waits until the accounts stand so. */
  async stand(
    what: string,
    names: readonly string[],
    is: (account: FleetAccountStatus) => boolean,
  ): Promise<void> {
    await this.base();
    await until(
      `${names.join(', ')} to be ${what}`,
      async () => {
        if (this.process.exit !== undefined) throw new Error(`the supervisor ended: ${this.process.output}`);
        const { accounts } = await this.status();
        return accounts.filter(({ account }) => names.includes(account)).every(is) ? true : undefined;
      },
      START_MS,
      100,
    );
  }

  quotes(...names: readonly string[]): Promise<void> {
    return this.stand('quoting', names, ({ isReady, openOrders }) => isReady && (openOrders ?? 0) > 0);
  }

  areAt(level: string, ...names: readonly string[]): Promise<void> {
    return this.stand(`at ${level}`, names, (account) => account.level === level && account.openOrders === 0);
  }
}
