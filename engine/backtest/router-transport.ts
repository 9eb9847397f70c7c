import type { Milliseconds } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { RestRouter } from '../paper/gateway/rest-router.ts';
import type { OutgoingRequest, RestAnswer, RestTransport } from '../venue/rest-transport.ts';
import type { LatencyModel } from './latency-model.ts';
import type { Timeline } from './timeline.ts';

export interface RouterTransportOptions {
  readonly timeline: Timeline;
  readonly router: RestRouter;
  readonly entry: LatencyModel;
  readonly response: LatencyModel;
  readonly timeoutMs: Milliseconds;
}

/** REST calls through the venue's router: both ways take their time, and calls may overtake each other. */
export class RouterTransport implements RestTransport {
  readonly #options: RouterTransportOptions;

  constructor(options: RouterTransportOptions) {
    this.#options = options;
  }

  call(request: OutgoingRequest): Promise<RestAnswer> {
    const { timeline, entry, response, timeoutMs } = this.#options;
    const startNs = timeline.nowNs;
    return new Promise((resolve, reject) => {
      timeline.after(entry.sampleNs(timeline.sinceOriginNs), () => {
        const answer = this.#answer(request);
        const answeredNs = timeline.nowNs + response.sampleNs(timeline.sinceOriginNs);
        const timeoutNs = startNs + timeoutMs * NS_PER_MS;
        if (answeredNs <= timeoutNs) timeline.at(answeredNs, () => resolve(answer));
        else timeline.at(timeoutNs, () => reject(timeoutError(timeoutMs)));
      });
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #answer({ method, path, headers, body }: OutgoingRequest): RestAnswer {
    const [name, query = ''] = path.split('?', 2) as [string, string?];
    const lower: Record<string, string> = {};
    for (const key of Object.keys(headers)) lower[key.toLowerCase()] = headers[key]!;
    const response = this.#options.router.answer({
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

function timeoutError(timeoutMs: Milliseconds): Error {
  return Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: 'CALL_TIMEOUT' });
}
