import { LineChild } from '../peers/line-child.ts';
import type { WireParty } from './wire-party.ts';
import type { WireSecurity } from './wire-security.ts';

const ANSWER_TIMEOUT_MS = 10_000;

/** bench/peers/cpp/wire-main.cpp, spinning or asleep in epoll. */
export class CppParty implements WireParty {
  readonly #child: LineChild;

  private constructor(child: LineChild) {
    this.#child = child;
  }

  static async connect(
    program: string,
    feedFile: string,
    port: number,
    security: WireSecurity,
    wait: 'spin' | 'epoll',
  ): Promise<CppParty> {
    const child = new LineChild(`peer:cpp-${wait}`, program, [feedFile, String(port), security, wait]);
    try {
      await child.line(ANSWER_TIMEOUT_MS);
      return new CppParty(child);
    } catch (error) {
      await child.close();
      throw error;
    }
  }

  begin(): void {
    this.#child.say('begin');
  }

  async end(): Promise<number> {
    this.#child.say('end');
    return Number(await this.#child.line(ANSWER_TIMEOUT_MS));
  }

  close(): Promise<void> {
    return this.#child.close();
  }
}
