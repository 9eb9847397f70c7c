import { request } from 'undici';
import type { Milliseconds } from '../base/units.ts';
import { RestError, RestErrorCode } from './rest-error.ts';

export interface DownloadOptions {
  readonly timeoutMs: Milliseconds;
  readonly bytesMax: number;
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
/** Never the link itself: whoever has it has the file. */
const SHOWN_PATH = '(link of a file)';

/**
 * A file by a link that the venue gave: no key goes with it. The venue's own examples are http; from anywhere but this
 * machine it is asked for by https all the same.
 *
 * @throws RestError which does not show the link
 */
export async function downloadFile(link: string, { timeoutMs, bytesMax }: DownloadOptions): Promise<Buffer> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  try {
    const { statusCode, body } = await request(secured(link), { method: 'GET', signal: abort.signal });
    if (statusCode !== 200) {
      await body.dump();
      throw failure(
        RestErrorCode.http,
        `expected the file, was HTTP ${statusCode}; links end after 2 hours`,
        statusCode,
      );
    }
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of body as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > bytesMax)
        throw failure(RestErrorCode.malformed, `expected at most ${bytesMax} bytes, were more`, statusCode);
      parts.push(part);
    }
    return Buffer.concat(parts);
  } catch (error) {
    if (error instanceof RestError) throw error;
    if (abort.signal.aborted)
      throw failure(RestErrorCode.timeout, `expected the file within ${timeoutMs} ms, was not all there`);
    // Messages of lower layers may quote the link.
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
    throw failure(RestErrorCode.network, `expected the file, the connection failed (${code})`);
  } finally {
    clearTimeout(timer);
  }
}

function secured(link: string): URL {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw failure(RestErrorCode.malformed, 'expected a link that begins with http:// or https://');
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) url.protocol = 'https:';
  return url;
}

function failure(code: RestErrorCode, message: string, httpStatus = 0): RestError {
  return new RestError(code, message, { method: 'GET', path: SHOWN_PATH, httpStatus });
}
