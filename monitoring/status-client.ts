import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Status } from './status.ts';

/**
 * What an exporter says of its engine.
 *
 * @throws Error when it does not answer within the time, or not as an exporter does
 */
export async function fetchStatus(host: string, port: number, timeoutMs: number): Promise<Status> {
  const asked = request({ host, port, path: '/status', signal: AbortSignal.timeout(timeoutMs) });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const body = await text(response);
  if (response.statusCode === 200) return JSON.parse(body) as Status;
  throw new Error(`status of ${host}:${port}: expected 200, was ${response.statusCode}`);
}
