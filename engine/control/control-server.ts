/**
 * Where an operator reaches a running engine: HTTP on a unix socket in the state directory, of mode 0600 in a directory that
 * others may not write, never on a network.
 *
 *     GET  /status                                        200 the engine's own JSON
 *     POST /pause | /resume | /reduce | /flatten | /halt  200 done, 409 refused, 503 no engine at the moment;
 *                                                         each {"isDone", "text"}
 *     POST /flatten?by=twap&minutes=30                    by an algo order of the venue; answers as above
 *     POST /reload                                        the configuration file is taken up; answers as above
 *     GET  /reload                                        what would come of that; nothing is changed
 *     GET  /explain/BTC-USDT                              why the instrument is quoted as it is; 404 for one that is not
 */
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { OperatorCommand } from '../loop/loop-options.ts';
import type { CommandResult } from '../loop/loop-options.ts';
import { readExitTerms } from '../base/exit-terms.ts';
import type { ExitTerms } from '../base/exit-terms.ts';
import { claim } from './control-socket.ts';
import type { Release } from './control-socket.ts';

export interface ControlHandler {
  /** Undefined while there is no engine that could take it: it starts, or stops. */
  command(command: OperatorCommand): Promise<CommandResult> | undefined;
  /** A flatten by an algo order. Undefined as above; whoever is no engine itself has none. */
  exit?(terms: ExitTerms): Promise<CommandResult> | undefined;
  status(): Record<string, unknown>;
  /** Why an instrument is quoted as it is, as JSON. Undefined as for commands; a text says which instruments there are. */
  explain(instId: string): object | string | undefined;
  /** The configuration file is read anew, and taken up unless it is a dry run. Undefined as for commands. */
  configure(isDryRun: boolean): Promise<CommandResult> | undefined;
}

interface Answer {
  readonly httpStatus: number;
  readonly body: unknown;
}

const EXPLAIN = 'explain/';
const COMMANDS: readonly OperatorCommand[] = Object.values(OperatorCommand);

export class ControlServer {
  readonly #release: Release;

  private constructor(release: Release) {
    this.#release = release;
  }

  /** @throws ControlError when another engine has the directory, or when it cannot be used */
  static async open(directory: string, handler: ControlHandler): Promise<ControlServer> {
    const server = createServer((request, response) => {
      void answerOf(request, handler).then(({ httpStatus, body }) => {
        response.writeHead(httpStatus, { 'content-type': 'application/json', connection: 'close' });
        response.end(JSON.stringify(body));
      });
    });
    return new ControlServer(await claim(server, directory));
  }

  /** Whoever still waits for an answer gets none. */
  close(): Promise<void> {
    return this.#release();
  }
}

/** Never rejects: what the engine throws is the operator's answer. */
async function answerOf(request: IncomingMessage, handler: ControlHandler): Promise<Answer> {
  const [name = '', query = ''] = request.url?.slice(1).split('?', 2) ?? [];
  const methods = methodsOf(name);
  if (methods.length === 0) {
    return refusal(
      404,
      `expected ${[...COMMANDS, 'reload', 'status', `${EXPLAIN}INSTRUMENT`].join(', ')}, was "${name}"`,
    );
  }
  const { method = '' } = request;
  if (!methods.includes(method)) return refusal(405, `expected ${methods.join(' or ')}, was ${method}`);
  try {
    if (name === 'status') return { httpStatus: 200, body: handler.status() };
    if (name.startsWith(EXPLAIN)) return explained(handler.explain(name.slice(EXPLAIN.length)));
    const result = await (name === 'reload'
      ? handler.configure(method === 'GET')
      : commanded(handler, name as OperatorCommand, query));
    if (result === undefined) return noEngine();
    return { httpStatus: result.isDone ? 200 : 409, body: result };
  } catch (error) {
    return refusal(500, error instanceof Error ? error.message : String(error));
  }
}

/** What it says beside its name is how a position is to be closed. */
function commanded(
  handler: ControlHandler,
  command: OperatorCommand,
  query: string,
): Promise<CommandResult> | undefined {
  if (query === '') return handler.command(command);
  const refuse = (text: string): Promise<CommandResult> => Promise.resolve({ isDone: false, text });
  if (command !== OperatorCommand.flatten)
    return refuse(`expected nothing beside ${command}, was "${query}"`);
  const terms = readExitTerms(new Map(new URLSearchParams(query)));
  if (typeof terms === 'string') return refuse(terms);
  if (terms === null) return handler.command(command);
  return handler.exit === undefined
    ? refuse('expected an account by --account: a way out by algo order is of one account')
    : handler.exit(terms);
}

function explained(answer: object | string | undefined): Answer {
  if (answer === undefined) return noEngine();
  return typeof answer === 'string' ? refusal(404, answer) : { httpStatus: 200, body: answer };
}

function noEngine(): Answer {
  return refusal(503, 'the engine is just starting or stopping; again in a moment');
}

/** By which a path is asked for; none for one that there is not. */
function methodsOf(name: string): readonly string[] {
  if (name === 'reload') return ['GET', 'POST'];
  if (name === 'status' || name.startsWith(EXPLAIN)) return ['GET'];
  return COMMANDS.some((each) => each === name) ? ['POST'] : [];
}

function refusal(httpStatus: number, text: string): Answer {
  return { httpStatus, body: { isDone: false, text } satisfies CommandResult };
}
