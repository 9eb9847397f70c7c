import { NS_PER_MS } from '../../engine/base/units.ts';
import type { Milliseconds, Nanoseconds } from '../../engine/base/units.ts';
import type { RestResponse, RestRouter } from '../../engine/paper/gateway/rest-router.ts';
import type { OutgoingRequest, RestAnswer, RestTransport } from '../../engine/venue/rest-transport.ts';
import type { Network } from './network.ts';
import { StepKind } from './sim-types.ts';
import type { Timeline } from './timeline.ts';

/** What befalls a REST call. */
export const RestFault = {
  none: 0,
  /** It never arrives; nothing comes back. */
  lost: 1,
  /** It is carried out; nothing comes back. */
  unanswered: 2,
  /** It is carried out; the connection breaks before the answer. */
  broken: 3,
  /** The connection breaks before it arrives. */
  refused: 4,
  /** A gateway answers in the venue's place; the request was carried out. */
  gateway: 5,
  /** The venue is too busy to do it (50013). */
  busy: 6,
  /** The venue says that it timed out, and did it all the same (50004). */
  uncertain: 7,
  /** What is told was so when the request was sent, and comes late. */
  stale: 8,
  /** The answer ends in the middle. */
  cut: 9,
  /** Over the venue's budget (50011). */
  limited: 10,
} as const;
export type RestFault = (typeof RestFault)[keyof typeof RestFault];

export interface RestHost {
  readonly timeline: Timeline;
  readonly network: Network;
  readonly router: RestRouter;
  readonly isDead: boolean;
  /** Decided when the process dies: whether what was on its way still arrives. */
  readonly isDeliveredAfterDeath: boolean;
  /** What the next call meets. */
  takeRestFault(): RestFault;
  logRest(request: OutgoingRequest): void;
  onThread(kind: StepKind, run: () => void): void;
}

const STALE_DELAY_NS: Nanoseconds = 1_500 * NS_PER_MS;
const GATEWAY_TEXT = '<html><body><h1>502 Bad Gateway</h1></body></html>';

/** REST calls through the venue's router: both ways take their time, and faults come in between. */
export class SimTransport implements RestTransport {
  readonly #host: RestHost;
  readonly #timeoutNs: Nanoseconds;
  /** Calls without an answer. */
  pending = 0;

  constructor(host: RestHost, timeoutMs: Milliseconds) {
    this.#host = host;
    this.#timeoutNs = timeoutMs * NS_PER_MS;
  }

  call(request: OutgoingRequest): Promise<RestAnswer> {
    const { timeline, network } = this.#host;
    if (this.#host.isDead) return new Promise(() => {});
    this.#host.logRest(request);
    this.pending++;
    timeline.isSettling = true;
    return new Promise((resolve, reject) => {
      let isOpen = true;
      const end = (settle: () => void): void => {
        if (!isOpen) return;
        isOpen = false;
        this.pending--;
        timeline.isSettling = true;
        settle();
      };
      const fail = (code: string): void => {
        this.#host.onThread(StepKind.answer, () => end(() => reject(errorOf(code))));
      };
      timeline.after(this.#timeoutNs, StepKind.answer, () => fail('CALL_TIMEOUT'));
      const fault = network.isDown ? RestFault.refused : this.#host.takeRestFault();
      if (fault === RestFault.lost) return;
      if (fault === RestFault.refused) {
        timeline.after(network.delayNs(), StepKind.answer, () => fail('ECONNREFUSED'));
        return;
      }
      const early = fault === RestFault.stale && request.method === 'GET' ? this.#answer(request) : null;
      timeline.after(network.delayNs(), StepKind.toVenue, () => {
        if (this.#host.isDead && !this.#host.isDeliveredAfterDeath) return;
        const answer = early ?? this.#faulty(request, fault);
        if (fault === RestFault.unanswered) return;
        const lateNs = fault === RestFault.stale ? STALE_DELAY_NS : 0;
        timeline.after(network.delayNs() + lateNs, StepKind.answer, () => {
          if (fault === RestFault.broken) fail('ECONNRESET');
          else this.#host.onThread(StepKind.answer, () => end(() => resolve(answer)));
        });
      });
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #faulty(request: OutgoingRequest, fault: RestFault): RestAnswer {
    if (fault === RestFault.busy) return refusal(503, '50013', 'System is busy, please try again later.');
    if (fault === RestFault.limited) return refusal(429, '50011', 'Too Many Requests');
    const answer = this.#answer(request);
    switch (fault) {
      case RestFault.gateway:
        return { status: 502, text: GATEWAY_TEXT };
      case RestFault.uncertain:
        return refusal(400, '50004', 'Endpoint request timeout.');
      case RestFault.cut:
        return { status: answer.status, text: answer.text.slice(0, answer.text.length >> 1) };
      default:
        return answer;
    }
  }

  #answer({ method, path, headers, body }: OutgoingRequest): RestAnswer {
    const [name, query = ''] = path.split('?', 2) as [string, string?];
    const lower: Record<string, string> = {};
    for (const key of Object.keys(headers)) lower[key.toLowerCase()] = headers[key]!;
    const response: RestResponse = this.#host.router.answer({
      method,
      path: name,
      query,
      headers: lower,
      body,
      remoteAddress: '127.0.0.1',
    });
    return { status: response.status, text: response.body };
  }
}

function refusal(status: number, code: string, msg: string): RestAnswer {
  return { status, text: JSON.stringify({ code, msg, data: [] }) };
}

function errorOf(code: string): Error {
  return Object.assign(new Error('the simulated network failed'), { code });
}
