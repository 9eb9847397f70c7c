import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Milliseconds } from '../base/units.ts';
import type { CommandResult, OperatorCommand } from '../loop/loop-options.ts';
import { ControlError } from './control-error.ts';
import { socketOf } from './control-socket.ts';

/** An engine that is asked while the disk is slow answers when the kill state is written. */
const TIMEOUT_MS = 15_000;

/** An operator's end of the control socket of one state directory. */
export class ControlClient {
  readonly #directory: string;
  readonly #timeoutMs: Milliseconds;

  /** @param timeoutMs for those who have somebody waiting themselves */
  constructor(directory: string, timeoutMs: Milliseconds = TIMEOUT_MS) {
    this.#directory = directory;
    this.#timeoutMs = timeoutMs;
  }

  /** @throws ControlError when no engine runs there, or it does not say how it stands */
  async status(): Promise<Record<string, unknown>> {
    const { httpStatus, body } = await this.#ask('GET', '/status');
    if (httpStatus === 200) return body as Record<string, unknown>;
    throw new ControlError(
      'CONTROL_SILENT',
      `state ${resolve(this.#directory)}: expected how the engine stands, was an error: ${(body as CommandResult).text}`,
    );
  }

  /** @throws ControlError when no engine runs there, it does not answer, or it is just starting or stopping */
  async command(command: OperatorCommand): Promise<CommandResult> {
    return this.#result('POST', `/${command}`);
  }

  /** A flatten in another way than at once; `told` as `readExitTerms` takes it. @throws ControlError as `command` */
  async exit(told: ReadonlyMap<string, string>): Promise<CommandResult> {
    return this.#result('POST', `/flatten?${new URLSearchParams([...told]).toString()}`);
  }

  /**
   * Why an instrument is quoted as it is, or is not; a text when there is no such instrument.
   *
   * @throws ControlError as `command`
   */
  async explain(instId: string): Promise<unknown> {
    const { httpStatus, body } = await this.#ask('GET', `/explain/${encodeURIComponent(instId)}`);
    if (httpStatus === 200) return body;
    const { text: said } = body as CommandResult;
    if (httpStatus === 404) return said;
    const code = httpStatus === 503 ? 'CONTROL_NO_ENGINE' : 'CONTROL_SILENT';
    throw new ControlError(code, `state ${resolve(this.#directory)}: ${said}`);
  }

  /** Has the engine take up its configuration file; or only say what would come of it. @throws ControlError as `command` */
  async reload(isDryRun: boolean): Promise<CommandResult> {
    return this.#result(isDryRun ? 'GET' : 'POST', '/reload');
  }

  async #result(method: string, path: string): Promise<CommandResult> {
    const { httpStatus, body } = await this.#ask(method, path);
    const result = body as CommandResult;
    if (httpStatus === 503) {
      throw new ControlError('CONTROL_NO_ENGINE', `state ${resolve(this.#directory)}: ${result.text}`);
    }
    return result;
  }

  async #ask(method: string, path: string): Promise<{ httpStatus: number; body: unknown }> {
    const asked = request({
      socketPath: socketOf(this.#directory),
      method,
      path,
      signal: AbortSignal.timeout(this.#timeoutMs),
    });
    asked.end();
    try {
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      return { httpStatus: response.statusCode!, body: JSON.parse(await text(response)) as unknown };
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #failure(error: unknown): ControlError {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const directory = resolve(this.#directory);
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') {
      return new ControlError(
        'CONTROL_NO_ENGINE',
        `state ${directory}: no engine runs there; name the directory that it was started with by --state`,
        { cause: error },
      );
    }
    if (code === 'EACCES' || code === 'EPERM') {
      return new ControlError(
        'CONTROL_UNUSABLE',
        `state ${directory}: expected a directory that this user may use, was ${code}; run ctl as the user that the engine runs as`,
        { cause: error },
      );
    }
    return new ControlError(
      'CONTROL_SILENT',
      `state ${directory}: expected the engine's answer within ${this.#timeoutMs / 1_000} s, was ${code}; it may do yet what it was ` +
        "told, ask for its status; if it hangs, end it: the venue's dead man's switch then cancels its orders",
      { cause: error },
    );
  }
}
