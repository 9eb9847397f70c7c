import { describe, expect, it } from 'vitest';
import { Instrument } from '../../../engine/base/instrument.ts';
import { Side } from '../../../engine/base/side.ts';
import { AckDecoder, AckFrame } from '../../../engine/okx/ack-decoder.ts';
import { DepthDecoder } from '../../../engine/okx/depth-decoder.ts';
import { DepthFrame, DepthResult } from '../../../engine/okx/depth-frame.ts';
import { decodeEvent } from '../../../engine/okx/event-decoder.ts';
import { parseInstruments } from '../../../engine/okx/instrument-rows.ts';
import { CommandOp } from '../../../engine/base/command-op.ts';
import { OrderEncoder } from '../../../engine/okx/order-encoder.ts';
import {
  OrderUpdateDecoder,
  OrderUpdateFrame,
  OrderUpdateState,
} from '../../../engine/okx/order-update-decoder.ts';
import { decodePush } from '../../../engine/okx/push-decoder.ts';
import { PaperWorld } from './paper-world.ts';
import type { Peer } from './paper-world.ts';

/**
 * The venue and the engine were written apart from the same documentation: here the engine's encoder speaks to the venue,
 * and its decoders read everything that the venue says.
 */

const RUN = 42;
const TAG = 'PAPERTAG';
const SPOT = 0;
const SWAP = 1;

function worldWithInstruments(): { world: PaperWorld; instruments: Instrument[] } {
  const world = new PaperWorld({ flow: 'seeded' });
  const instruments = ['BTC-USDT', 'BTC-USDT-SWAP'].map((instId, index) => {
    const instType = instId === 'BTC-USDT' ? 'SPOT' : 'SWAP';
    const { answer } = world.rest('GET', `/api/v5/public/instruments?instType=${instType}&instId=${instId}`);
    return new Instrument(index, parseInstruments(answer).fields[0]!);
  });
  return { world, instruments };
}

/** The best bid in ticks, less a distance in ticks. */
function below(world: PaperWorld, instrument: Instrument, ticks: number): number {
  const [bid] = world.venue.exchange.book(instrument.instId)!.bids;
  return instrument.tick.fromText(bid![0]) - ticks;
}

describe('the engine’s codec on the paper venue', () => {
  it('places, amends and cancels, and reads its acks and updates', () => {
    const { world, instruments } = worldWithInstruments();
    const encoder = new OrderEncoder({ instruments, tag: TAG, tradeModes: ['cash', 'cross'], run: RUN });
    const peer = world.trader(1, { channel: 'orders', instType: 'ANY' });
    const ack = new AckFrame();
    const acks = new AckDecoder();
    const update = new OrderUpdateFrame();
    const updates = new OrderUpdateDecoder(instruments, TAG);
    const lines: string[] = [];

    const send = (): void => {
      const text = Buffer.from(encoder.buffer.subarray(0, encoder.finish())).toString('latin1');
      peer.say(text);
      for (const heard of peer.texts.splice(0)) {
        const bytes = Buffer.from(heard);
        if (acks.decode(bytes, 0, bytes.length, ack)) {
          const items = Array.from(
            { length: ack.itemCount },
            (_, item) => `${ack.slot[item]}:${ack.sCode[item]}`,
          );
          lines.push(`ack ${ack.requestId} ${ack.code} ${items.join(' ')}`);
        } else if (updates.decode(bytes, 0, bytes.length, update)) {
          for (let row = 0; row < update.count; row++) {
            const {
              isOurs,
              run,
              hasTag,
              slot,
              generation,
              state,
              sizeLots,
              reqId,
              amendResult,
              cancelSource,
            } = update;
            const owner =
              isOurs[row] === 1 && run[row] === RUN && hasTag[row] === 1 ? 'update' : 'strange update';
            lines.push(
              `${owner} ${slot[row]}.${generation[row]} state ${state[row]} lots ${sizeLots[row]} amend ${reqId[row]}/${amendResult[row]} cancel ${cancelSource[row]}`,
            );
          }
        } else {
          lines.push(`not read: ${heard}`);
        }
      }
    };

    const spotTicks = below(world, instruments[SPOT]!, 500);
    const swapTicks = below(world, instruments[SWAP]!, 500);
    encoder.begin(CommandOp.place, 1, 2, world.nowMs + 1_000);
    encoder.addPlace(SPOT, Side.buy, spotTicks, 100_000, 7, 1, false);
    encoder.addPlace(SWAP, Side.buy, swapTicks, 10, 8, 3, false);
    send();
    encoder.begin(CommandOp.amend, 2, 1, world.nowMs + 1_000);
    encoder.addAmend(SWAP, swapTicks - 1, 20, 8, 3, 55);
    send();
    encoder.begin(CommandOp.cancel, 3, 2, 0);
    encoder.addCancel(SPOT, 7, 1);
    encoder.addCancel(SPOT, 9, 9);
    send();
    const { live, canceled } = OrderUpdateState;
    expect(lines).toEqual([
      'ack 1 0 7:0 8:0',
      `update 7.1 state ${live} lots 100000 amend -1/-2 cancel -1`,
      `update 8.3 state ${live} lots 10 amend -1/-2 cancel -1`,
      'ack 2 0 8:0',
      `update 8.3 state ${live} lots 20 amend 55/0 cancel -1`,
      'ack 3 2 7:0 9:51400',
      `update 7.1 state ${canceled} lots 100000 amend -1/-2 cancel 1`,
    ]);
  });

  it('reads everything else that a venue says', () => {
    const { world, instruments } = worldWithInstruments();
    const market = world.connect('public').say(world.loginOf(1));
    const publicArgs: Record<string, string>[] = [];
    for (const { instId } of instruments) {
      for (const channel of [
        'books-l2-tbt',
        'bbo-tbt',
        'books5',
        'trades',
        'tickers',
        'mark-price',
        'price-limit',
      ]) {
        publicArgs.push({ channel, instId });
      }
    }
    market.say({
      op: 'subscribe',
      args: [
        ...publicArgs,
        { channel: 'funding-rate', instId: 'BTC-USDT-SWAP' },
        { channel: 'instruments', instType: 'SWAP' },
      ],
    });
    const trader = world.connect('private').say(world.loginOf(1));
    trader.say({
      op: 'subscribe',
      args: [
        { channel: 'fills' },
        { channel: 'account' },
        { channel: 'positions', instType: 'ANY' },
        { channel: 'balance_and_position' },
      ],
    });
    const order = { tdMode: 'cross', side: 'sell', ordType: 'market', sz: '1', clOrdId: '1', tag: TAG };
    trader.say({ id: '1', op: 'order', args: [{ ...order, instIdCode: world.codeOf('BTC-USDT-SWAP') }] });
    world.advance(10_000);
    market.say({ op: 'subscribe', args: [{ channel: 'nothing' }] });

    const depth = new DepthDecoder(instruments);
    const frame = new DepthFrame();
    const read = new Map<string, number>();
    const count = (what: string): void => {
      read.set(what, (read.get(what) ?? 0) + 1);
    };
    const readAll = (peer: Peer): void => {
      for (const text of peer.texts) {
        const bytes = Buffer.from(text);
        const result = depth.decode(bytes, 0, bytes.length, frame);
        if (result === DepthResult.depth) count('depth');
        else if (result !== DepthResult.other) count(`depth ${result}`);
        else if (text.startsWith('{"event"')) count(decodeEvent(text).event);
        else if (!text.startsWith('{"id"')) count(decodePush(text).channel);
      }
    };
    readAll(market);
    readAll(trader);
    expect([...read.keys()].toSorted()).toEqual(
      [
        'account',
        'balance_and_position',
        'channel-conn-count',
        'depth',
        'error',
        'fills',
        'funding-rate',
        'instruments',
        'login',
        'mark-price',
        'positions',
        'price-limit',
        'subscribe',
        'tickers',
        'trades',
      ].toSorted(),
    );
    expect([depth.slowFrames, depth.malformedFrames]).toEqual([0, 0]);
    expect(read.get('depth')).toBeGreaterThan(500);
  });
});
