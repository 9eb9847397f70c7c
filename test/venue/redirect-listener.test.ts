import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { OAuthError } from '../../engine/venue/oauth-error.ts';
import { RedirectListener } from '../../engine/venue/redirect-listener.ts';

let listener: RedirectListener | undefined;
let other: Server | undefined;

afterEach(async () => {
  await listener?.close();
  await new Promise<void>((resolve) => {
    if (other === undefined) resolve();
    else other.close(() => resolve());
  });
  other = undefined;
});

async function taken(): Promise<number> {
  other = createServer();
  await new Promise<void>((resolve) => {
    other!.listen(0, '127.0.0.1', resolve);
  });
  return (other.address() as AddressInfo).port;
}

async function free(): Promise<number> {
  const port = await taken();
  await new Promise((resolve) => {
    other!.close(resolve);
  });
  other = undefined;
  return port;
}

describe('where the browser comes back to', () => {
  it('takes the code that comes with our state, after others that come without, and shows it to nobody', async () => {
    const port = await free();
    listener = await RedirectListener.open(port, 'our-state');
    expect(listener.redirectUri).toBe(`http://localhost:${port}/callback`);
    const come = async (query: string, path = '/callback'): Promise<[number, string]> => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}?${query}`);
      return [answer.status, await answer.text()];
    };
    const code = listener.code(5_000);
    for (const query of [
      '',
      'code=c0de',
      'code=c0de&state=',
      'code=c0de&state=our-statE',
      'state=our-state',
    ]) {
      expect((await come(query))[0]).toBe(400);
    }
    expect((await come('code=c0de&state=our-state', '/other'))[0]).toBe(404);
    const [status, text] = await come('code=c0de&state=our-state');
    expect([status, text.includes('Logged in'), text.includes('c0de')]).toEqual([200, true, false]);
    expect((await code).reveal()).toBe('c0de');
    expect(String(await code)).not.toContain('c0de');
  });

  it('tells off what is no address, and every method but one', async () => {
    const port = await free();
    listener = await RedirectListener.open(port, 's');
    const code = listener.code(5_000);
    const asked = async (line: string): Promise<string> => {
      const socket = connect(port, '127.0.0.1');
      socket.write(`${line} HTTP/1.1\r\nHost: other.example\r\n\r\n`);
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return bytes.toString('latin1').split('\r\n', 1)[0]!;
    };
    // What a page with an image of "http://localhost:port//" has its browser ask for.
    for (const target of ['//', '//:', '//callback?code=x&state=s', 'http://']) {
      expect(await asked(`GET ${target}`), target).toMatch(/^HTTP\/1\.1 40[04] /);
    }
    for (const method of ['HEAD', 'POST', 'OPTIONS']) {
      expect(await asked(`${method} /callback?code=x&state=s`), method).toBe('HTTP/1.1 404 Not Found');
    }
    expect(await asked('GET /callback?code=y&state=s')).toBe('HTTP/1.1 200 OK');
    expect((await code).reveal()).toBe('y');
  });

  it('takes the code of a browser that does not wait for its page', async () => {
    const port = await free();
    listener = await RedirectListener.open(port, 's');
    const code = listener.code(5_000);
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET /callback?code=y&state=s HTTP/1.1\r\nHost: localhost\r\n\r\n');
    socket.resetAndDestroy();
    expect((await code).reveal()).toBe('y');
  });

  it('says when the user declined, in no words but a plain one of the venue’s', async () => {
    for (const [word, shown] of [
      ['access_denied', 'was access_denied'],
      ['<script>alert(1)</script>', 'was another word'],
    ]) {
      const port = await free();
      listener = await RedirectListener.open(port, 's');
      const code = listener.code(5_000).catch((error: unknown) => error);
      await fetch(`http://127.0.0.1:${port}/callback?state=s&error=${encodeURIComponent(word!)}`);
      expect(String(await code)).toContain(shown);
      await listener.close();
    }
  });

  it('waits no longer than it is told', async () => {
    listener = await RedirectListener.open(await free(), 's');
    await expect(listener.code(10)).rejects.toThrow('expected the browser to come back within 0 min');
  });

  it('needs its port', async () => {
    const port = await taken();
    const error: unknown = await RedirectListener.open(port, 's').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OAuthError);
    expect((error as Error).message).toBe(
      `login: expected port ${port} of this machine to be free, was EADDRINUSE; set broker.oauth.redirectPort, and have OKX know it`,
    );
  });
});
