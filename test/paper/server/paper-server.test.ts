import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { SystemClock } from '../../../engine/base/clock.ts';
import { PaperVenue } from '../../../engine/paper/gateway/venue.ts';
import { recordedInstruments } from '../../../engine/paper/instruments/recorded-instruments.ts';
import { createHttpServer, HttpChoice } from '../../../engine/paper/server/create-server.ts';
import { PaperServer } from '../../../engine/paper/server/paper-server.ts';
import { VenueTime } from '../../../engine/paper/server/venue-time.ts';
import { accountOf } from '../gateway/paper-world.ts';

interface Push {
  readonly event?: string;
  readonly code?: string;
  readonly action?: string;
  readonly data?: readonly { readonly seqId: number; readonly prevSeqId: number }[];
}

const servers: PaperServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(choice: HttpChoice): Promise<number> {
  const time = new VenueTime(new SystemClock());
  const venue = new PaperVenue({
    instruments: recordedInstruments(),
    seed: 5,
    accounts: [accountOf(1)],
    flow: 'seeded',
    time: () => time.now(),
  });
  const server = new PaperServer(
    venue,
    createHttpServer(choice, () => {}),
  );
  servers.push(server);
  return server.listen('127.0.0.1', 0);
}

/** A client of the BTC-USDT book; `next` gives its messages one by one. */
async function listenToBook(port: number): Promise<{ socket: WebSocket; next: () => Promise<Push> }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/v5/public`);
  await once(socket, 'open');
  const messages: Push[] = [];
  const waiting: ((push: Push) => void)[] = [];
  socket.on('message', (message: Buffer) => {
    const push = JSON.parse(message.toString()) as Push;
    const first = waiting.shift();
    if (first === undefined) messages.push(push);
    else first(push);
  });
  socket.send('{"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}');
  const next = (): Promise<Push> =>
    new Promise((resolve) => {
      const first = messages.shift();
      if (first === undefined) waiting.push(resolve);
      else resolve(first);
    });
  expect((await next()).event).toBe('subscribe');
  expect((await next()).action).toBe('snapshot');
  return { socket, next };
}

function cause(port: number, fault: unknown): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/paper/faults`, { method: 'POST', body: JSON.stringify(fault) });
}

describe.each([HttpChoice.auto, HttpChoice.node])('a venue on a port (%s)', (choice) => {
  it('lets its market live: updates come by themselves', async () => {
    const { next } = await listenToBook(await serve(choice));
    const first = (await next()).data![0]!;
    const second = (await next()).data![0]!;
    expect(second.prevSeqId).toBe(first.seqId);
  });

  it('loses updates on demand', async () => {
    const port = await serve(choice);
    const { next } = await listenToBook(port);
    let seqId = (await next()).data![0]!.seqId;
    expect((await cause(port, { kind: 'gap', instId: 'BTC-USDT' })).status).toBe(200);
    for (;;) {
      const update = (await next()).data![0]!;
      if (update.prevSeqId !== seqId) break;
      seqId = update.seqId;
    }
  });

  it('announces an upgrade, and fails like a network, on demand', async () => {
    const port = await serve(choice);
    const { socket, next } = await listenToBook(port);
    await cause(port, { kind: 'notice' });
    let push = await next();
    while (push.event === undefined) push = await next();
    expect(push).toMatchObject({ event: 'notice', code: '64008' });
    const closed = once(socket, 'close') as Promise<[number]>;
    await cause(port, { kind: 'disconnect' });
    expect((await closed)[0]).toBe(1006);
  });

  it('says what it can do when asked for something else', async () => {
    const port = await serve(choice);
    expect((await cause(port, { kind: 'earthquake' })).status).toBe(400);
    expect((await cause(port, { kind: 'gap', instId: 'NO-SUCH' })).status).toBe(400);
    for (const fault of [null, 1, 'gap', []]) expect((await cause(port, fault)).status).toBe(400);
    expect((await fetch(`http://127.0.0.1:${port}/paper/other`)).status).toBe(404);
  });
});
