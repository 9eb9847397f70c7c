import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Random } from '../../engine/base/random.ts';
import {
  HandshakeError,
  HandshakeReader,
  handshakeKey,
  handshakeRequest,
} from '../../engine/venue/handshake.ts';
import { cut } from './wire-frames.ts';

/** The example of RFC 6455, section 1.3. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const SWITCHING = 'HTTP/1.1 101 Switching Protocols';
const USUAL = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${ACCEPT}`];

function head(statusLine: string, headers: readonly string[]): string {
  return `${[statusLine, ...headers].join('\r\n')}\r\n\r\n`;
}

/** Where in the stream the frames begin. */
function framesAt(chunks: readonly Uint8Array[]): number {
  const reader = new HandshakeReader(KEY);
  let before = 0;
  for (const chunk of chunks) {
    const lead = before % 3;
    const received = Buffer.concat([Buffer.alloc(lead, '!'), chunk, Buffer.from('beyond the end')]);
    const at = reader.take(received, lead, lead + chunk.length);
    if (at !== -1) return before + at - lead;
    before += chunk.length;
  }
  return -1;
}

describe('the request', () => {
  it('has what RFC 6455 asks for, and nothing that it does not', () => {
    const request = handshakeRequest(
      new URL('wss://ws.okx.com:8443/ws/v5/public?brokerId=9'),
      KEY,
    ).toString();
    expect(request.split('\r\n')).toEqual([
      'GET /ws/v5/public?brokerId=9 HTTP/1.1',
      'Host: ws.okx.com:8443',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Key: ${KEY}`,
      'Sec-WebSocket-Version: 13',
      '',
      '',
    ]);
    expect(handshakeRequest(new URL('wss://ws.okx.com:443'), KEY).toString()).toContain(
      'GET / HTTP/1.1\r\nHost: ws.okx.com\r\n',
    );
  });

  it('has a key of sixteen bytes, another one each time', () => {
    const random = new Random(1);
    const keys = Array.from({ length: 50 }, () => handshakeKey(random));
    for (const key of keys) expect(Buffer.from(key, 'base64')).toHaveLength(16);
    expect(new Set(keys).size).toBe(50);
  });
});

describe('an answer', () => {
  it('that accepts is taken however it is cut, and says where the frames begin', () => {
    const answer = head(SWITCHING, USUAL);
    const stream = Buffer.from(`${answer}\x81\x05hello`, 'latin1');
    for (let at = 0; at <= stream.length; at++)
      expect(framesAt(cut(stream, [at])), `at ${at}`).toBe(answer.length);
    const everywhere = Array.from({ length: stream.length - 1 }, (_, index) => index + 1);
    expect(framesAt(cut(stream, everywhere))).toBe(answer.length);
    expect(framesAt([stream.subarray(0, answer.length - 1)])).toBe(-1);
  });

  it.each([
    [
      'names in any case',
      ['UPGRADE: WebSocket', 'connection: keep-alive, Upgrade', `sec-websocket-accept:${ACCEPT} `],
    ],
    [
      'headers that mean nothing here',
      [...USUAL, 'Date: Tue', 'Set-Cookie: __cf_bm=x; path=/', 'CF-RAY: 8', 'X:'],
    ],
  ])('with %s is taken', (_what, headers) => {
    const answer = head(SWITCHING, headers);
    expect(framesAt([Buffer.from(answer)])).toBe(answer.length);
  });

  it('may come after others that only inform', () => {
    const answer = head('HTTP/1.1 103 Early Hints', ['Link: </x>']) + head(SWITCHING, USUAL);
    const stream = Buffer.from(answer);
    for (let at = 0; at <= stream.length; at++) expect(framesAt(cut(stream, [at]))).toBe(answer.length);
  });

  it('is proven by the key', () => {
    const key = handshakeKey(new Random(8));
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    const answer = head(SWITCHING, [...USUAL.slice(0, 2), `Sec-WebSocket-Accept: ${accept}`]);
    expect(new HandshakeReader(key).take(Buffer.from(answer), 0, answer.length)).toBe(answer.length);
    expect(() => framesAt([Buffer.from(answer)])).toThrow('Sec-WebSocket-Accept');
  });

  const without = (index: number): string[] => USUAL.toSpliced(index, 1);
  it.each([
    ['with another upgrade', head(SWITCHING, ['Upgrade: h2c', ...without(0)]), 'Upgrade: websocket'],
    ['without an upgrade', head(SWITCHING, without(0)), 'Upgrade: websocket'],
    ['without a connection', head(SWITCHING, without(1)), 'Connection: Upgrade'],
    ['without a proof', head(SWITCHING, without(2)), 'Sec-WebSocket-Accept'],
    ['with two proofs', head(SWITCHING, [...USUAL, USUAL[2]!]), 'Sec-WebSocket-Accept'],
    [
      'with an extension',
      head(SWITCHING, [...USUAL, 'Sec-WebSocket-Extensions: permessage-deflate']),
      'extensions',
    ],
    ['with a subprotocol', head(SWITCHING, [...USUAL, 'Sec-WebSocket-Protocol: mqtt']), 'protocol'],
    ['with a line that is no header', head(SWITCHING, [...USUAL, 'hello']), 'name: value'],
    ['with a name that has a space', head(SWITCHING, [...USUAL, 'Up grade: x']), 'name: value'],
    ['with a folded line', head(SWITCHING, [...USUAL, ' folded: x']), 'name: value'],
    ['of another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 'HTTP answer'],
    ['of HTTP/2', '\x00\x00\x12\x04\x00\x00\x00\x00\x00', 'HTTP answer'],
    ['without a status', head('HTTP/1.1 hello', USUAL), 'HTTP status'],
    ['that never ends', `HTTP/1.1 101 ${'x'.repeat(17_000)}`, 'at most 16384 bytes'],
  ])('%s is refused, however it is cut', (_what, answer, why) => {
    const stream = Buffer.from(answer, 'latin1');
    expect(() => framesAt([stream])).toThrow(why);
    expect(() => framesAt([stream])).toThrow(HandshakeError);
    for (let at = 0; at <= Math.min(stream.length, 400); at++) {
      expect(() => framesAt(cut(stream, [at]))).toThrow(why);
    }
  });

  it.each([200, 301, 401, 403, 404, 429, 500, 503])('with status %i says so', (status) => {
    const answer = Buffer.from(head(`HTTP/1.1 ${status} No`, ['Content-Length: 2']) + 'no');
    expect(() => framesAt([answer])).toThrow(
      expect.objectContaining({ message: `Unexpected server response: ${status}`, status }),
    );
  });
});
