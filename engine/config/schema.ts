import { z } from 'zod';
import { broker } from './broker-schema.ts';
import { calibration } from './calibration-schema.ts';
import { portfolio } from './portfolio-schema.ts';
import { protection } from './protection-schema.ts';
import { products } from './products-schema.ts';
import { bps, decimal, decimalAboveZero } from './schema-values.ts';
import { strategy } from './strategy-schema.ts';

/**
 * The shape of a configuration file. Every key is explained in the commented examples beside this file (paper.yaml,
 * demo.yaml, live.yaml); a test checks that the examples name every key that stands here.
 *
 * Sizes and prices are decimal text in the venue's own units (base coins for spot, contracts otherwise), because YAML
 * numbers are floats.
 */

/** A whole number of seconds that OKX takes for cancel-all-after, or none. */
const switchSeconds = z.int().refine((value) => value === 0 || (value >= 10 && value <= 120), {
  error: 'expected 0 or a whole number from 10 to 120',
});
/** Linux counts cores from 0; which of them there are, the start finds out. */
const coreNumber = z.int().min(0).max(4_095);
const webSocketUrl = z.url({ protocol: /^wss?$/, error: 'expected a URL that begins with ws:// or wss://' });
const restUrl = z.url({ protocol: /^https?$/, error: 'expected a URL that begins with http:// or https://' });

export const TAG_PATTERN = /^[A-Za-z0-9]{1,16}$/;

const limits = z.strictObject({
  position: decimalAboveZero,
  orderSize: decimalAboveZero,
  orderNotional: z.number().positive(),
  notional: z.number().positive().optional(),
  openOrders: z.int().min(1).max(200).default(40),
  collarBps: bps.default(200),
  loss: z.number().positive().optional(),
  quoteUsd: z.number().positive().optional(),
});

const brakes = z.strictObject({
  volatilityBps: bps.default(100),
  volatilityWindowMs: z.int().min(100).max(600_000).default(10_000),
  adverseBps: bps.default(20),
  holdMs: z.int().min(0).max(3_600_000).default(30_000),
});

const instrument = z.strictObject({
  instId: z
    .string()
    .regex(/^[A-Z0-9_]+(-[A-Z0-9_]+)+$/, { error: 'expected an OKX instrument id, such as "BTC-USDT-SWAP"' }),
  tradeMode: z.enum(['cash', 'cross', 'isolated']),
  ...products,
  strategy,
  limits,
  brakes: brakes.prefault({}),
});

export const configSchema = z.strictObject({
  venue: z.strictObject({
    kind: z.enum(['paper', 'demo', 'live']),
    region: z.enum(['global', 'eea', 'us', 'tr']).default('global'),
    rest: restUrl.optional(),
    public: webSocketUrl.optional(),
    private: webSocketUrl.optional(),
    business: webSocketUrl.optional(),
    depthChannel: z.enum(['books', 'books-l2-tbt', 'books50-l2-tbt']).default('books'),
    seed: z.int().min(0).max(4_294_967_295).default(1),
  }),
  credentialsFile: z.string().min(1).optional(),
  tag: z
    .string({ error: 'expected 1 to 16 letters and digits in quotes' })
    .regex(TAG_PATTERN, { error: 'expected 1 to 16 letters and digits, the broker code that OKX gave you' })
    .optional(),
  broker: broker.prefault({}),
  instruments: z.array(instrument).min(1).max(100),
  portfolio: portfolio.prefault({}),
  protection: protection.prefault({}),
  calibration: calibration.prefault({}),
  account: z
    .strictObject({
      notionalMax: z.number().positive().default(1_000_000),
      openOrdersMax: z.int().min(1).max(10_000).default(500),
      lossMax: z.number().positive().default(10_000),
      drawdownMax: z.number().positive().optional(),
      marginRatioMin: z.number().min(0).max(1_000).default(3),
      liquidationDistanceBps: bps.default(200),
      orderToTradeMax: z.number().min(0).max(1_000_000).default(0),
    })
    .prefault({}),
  engine: z
    .strictObject({
      quoteAgeMsMax: z.int().min(10).max(60_000).default(1_000),
      bookSilenceMsMax: z.int().min(1_000).max(600_000).default(70_000),
      ackTimeoutMs: z.int().min(100).max(60_000).default(3_000),
      // Less than a round trip takes would have every order refused.
      orderExpiryMs: z
        .int()
        .max(60_000)
        .refine((value) => value === 0 || value >= 100, {
          error: 'expected 0 or a whole number from 100 to 60000',
        })
        .default(2_000),
      deadMansSwitchSeconds: switchSeconds.default(10),
      auditMs: z.int().min(5_000).max(600_000).default(30_000),
      bookAgeMsMax: z.int().min(0).max(600_000).default(10_000),
      clockOffsetMsMax: z.int().min(1).max(60_000).default(5_000),
      // The loop's timer has a period of 20 ms; shorter than some of them a pause would be chance.
      stallMsMax: z
        .int()
        .max(60_000)
        .refine((value) => value === 0 || value >= 100, {
          error: 'expected 0 or a whole number from 100 to 60000',
        })
        .default(1_000),
      closeBps: bps.default(50),
      followsFile: z.boolean().default(true),
      workers: z.int().min(1).max(16).default(1),
      wait: z.enum(['spin', 'spinThenBlock', 'block']).default('block'),
      loop: z.enum(['spin', 'poll', 'sleep']).default('sleep'),
      socket: z.enum(['own', 'ws']).default('own'),
      engineCore: coreNumber.optional(),
      workerCores: z.array(coreNumber).min(1).max(16).optional(),
    })
    .prefault({}),
  journal: z
    .strictObject({
      isOn: z.boolean().default(true),
      // Of the state directory when it is not an absolute path.
      directory: z.string().min(1).default('journal'),
      megabytesMax: z.int().min(64).max(10_000_000).default(4_096),
      segmentMegabytes: z.int().min(1).max(4_096).default(64),
      ringMegabytes: z.int().min(1).max(1_024).default(16),
    })
    .prefault({}),
  backtest: z
    .strictObject({
      feedLatencyMs: z.number().min(0).max(10_000).default(1),
      entryLatencyMs: z.number().min(0).max(10_000).default(2),
      responseLatencyMs: z.number().min(0).max(10_000).default(2),
      // Sampled instead of the constants: `journal export latencies` writes such a file.
      latencyFile: z.string().min(1).optional(),
      queueModel: z.enum(['riskAverse', 'power', 'power2', 'power3', 'log', 'log2']).default('power3'),
      queueExponent: z.number().min(0.1).max(20).default(3),
      makerFeeBps: z.number().min(-100).max(100).default(2),
      takerFeeBps: z.number().min(-100).max(100).default(5),
      // What a tier pays for one kind of instruments, as GET /account/trade-fee tells it; the two above for all others.
      fees: z
        .array(
          z.strictObject({
            instType: z.enum(['SPOT', 'SWAP', 'FUTURES', 'OPTION']),
            groupId: z
              .string()
              .regex(/^\d+$/, { error: 'expected the number of a fee group in quotes' })
              .optional(),
            makerBps: z.number().min(-100).max(100),
            takerBps: z.number().min(-100).max(100),
          }),
        )
        .default([]),
      balances: z
        .record(z.string(), decimal)
        .default({ USDT: '1000000', USDC: '1000000', BTC: '20', ETH: '400' }),
    })
    .prefault({}),
  metrics: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(9464),
    })
    .prefault({}),
});

/** A validated configuration, every default filled in. */
export type Config = z.infer<typeof configSchema>;
export type InstrumentConfig = Config['instruments'][number];
