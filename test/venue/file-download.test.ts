import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { downloadFile } from '../../engine/venue/file-download.ts';
import { RestError } from '../../engine/venue/rest-error.ts';

const SECRET = 'Signature=the-secret';
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  }
});

/** A link to a server of this machine. */
async function linkTo(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/report.csv?${SECRET}`;
}

const fetched = (link: string, timeoutMs = 2_000, bytesMax = 100): Promise<Buffer> =>
  downloadFile(link, { timeoutMs, bytesMax });

async function failure(download: Promise<unknown>): Promise<RestError> {
  const error = await download.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(RestError);
  const { message, stack, cause } = error as RestError;
  expect(`${message}${stack}${String(cause)}`).not.toContain('the-secret');
  return error as RestError;
}

describe('a file by its link', () => {
  it('comes as it is, and no key goes with the question', async () => {
    const asked: unknown[] = [];
    const link = await linkTo((request, response) => {
      asked.push(request.url, request.headers['ok-access-key'], request.headers.authorization);
      response.end(Buffer.from([1, 2, 255]));
    });
    expect([...(await fetched(link))]).toEqual([1, 2, 255]);
    expect(asked).toEqual([`/report.csv?${SECRET}`, undefined, undefined]);
  });

  it('is refused with what came instead, and never shows the link', async () => {
    const gone = await linkTo((_, response) => response.writeHead(403).end('<Error/>'));
    expect((await failure(fetched(gone))).message).toContain(
      'expected the file, was HTTP 403; links end after 2 hours',
    );
    const moved = await linkTo((_, response) =>
      response.writeHead(302, { location: 'http://elsewhere/' }).end(),
    );
    expect((await failure(fetched(moved))).httpStatus).toBe(302);
    const large = await linkTo((_, response) => response.end('x'.repeat(101)));
    expect((await failure(fetched(large))).message).toContain('expected at most 100 bytes, were more');
    const silent = await linkTo((_, response) => void response.write('x'));
    const error = await failure(fetched(silent, 200));
    expect([error.message, error.isRetryable]).toEqual([expect.stringContaining('within 200 ms'), true]);
  });

  it('is asked for by https from anywhere else, and by nothing but http and https', async () => {
    let asked = 0;
    const link = await linkTo((_, response) => {
      asked++;
      response.end('x');
    });
    // Not this machine by name, and this machine all the same: by http it would be answered.
    const elsewhere = link.replace('127.0.0.1', '0.0.0.0');
    expect((await failure(fetched(elsewhere))).message).toMatch(/the connection failed \(\w+\)/);
    expect(asked).toBe(0);
    for (const wrong of [`file:///etc/passwd?${SECRET}`, `nothing ${SECRET}`, '']) {
      expect((await failure(fetched(wrong))).message).toContain('expected a link that begins with http');
    }
  });
});
