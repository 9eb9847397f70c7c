import type { Availability } from '../peers/availability.ts';
import { LineChild } from '../peers/line-child.ts';
import { FarProcess, START_TIMEOUT_MS, playTimeoutMs } from './far-process.ts';
import type { FarOrder, FarReport } from './far-side.ts';
import { CERTIFICATE_FILE, KEY_FILE } from './wire-security.ts';
import type { WireSecurity } from './wire-security.ts';

export type Played = Extract<FarReport, { kind: 'played' }>;

/** The venue's process, of either make: it plays frames to whoever has connected. */
export interface FarPlace {
  readonly port: number;
  /** @throws Error when not every frame was answered */
  play(order: FarOrder): Promise<Played>;
  close(): Promise<void>;
}

/** The far side in C++ where it can be compiled; else in Node, whose own turn is then in every figure. */
export function startFar(
  program: Availability<string>,
  security: WireSecurity,
  feedFile: string,
): Promise<FarPlace> {
  return program.isAvailable
    ? CppFarPlace.start(program.thing, security, feedFile)
    : FarProcess.start(security);
}

class CppFarPlace implements FarPlace {
  readonly port: number;
  readonly #child: LineChild;

  private constructor(child: LineChild, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(program: string, security: WireSecurity, feedFile: string): Promise<CppFarPlace> {
    const tls = security === 'tls' ? [CERTIFICATE_FILE, KEY_FILE] : [];
    const child = new LineChild('far side', program, [feedFile, security, ...tls]);
    try {
      const outcome = JSON.parse(await child.line(START_TIMEOUT_MS)) as FarReport;
      if (outcome.kind !== 'listening') throw new Error(`far side: expected its port, was ${outcome.kind}`);
      return new CppFarPlace(child, outcome.port);
    } catch (error) {
      await child.close();
      throw error;
    }
  }

  async play(order: FarOrder): Promise<Played> {
    this.#child.say(`play ${order.frames} ${order.intervalUs} ${order.batchesPerFrame}`);
    const line = await this.#child.line(playTimeoutMs(order));
    const outcome = JSON.parse(line) as FarReport;
    if (outcome.kind === 'played') return outcome;
    throw new Error(`wire-to-wire: ${outcome.kind === 'lost' ? outcome.text : 'the far side began anew'}`);
  }

  close(): Promise<void> {
    return this.#child.close();
  }
}
