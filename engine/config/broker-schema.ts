import { z } from 'zod';

/** What being a broker of OKX's programme asks of the engine: proof of the tag, the model, commission. `broker`. */

// Tokens go there as they are: over plain HTTP whoever carries them could trade with the account.
const tokenUrl = z
  .url({ protocol: /^https?$/, error: 'expected a URL that begins with https://' })
  .refine(
    (url) => url.startsWith('https:') || /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?\//.test(url),
    {
      error: 'expected a URL that begins with https://, or with http:// and this machine (localhost)',
    },
  );

/** Tokens instead of a key: what `broker.mode: oauth` needs, beside `okx-mm broker login`. */
const oauth = z.strictObject({
  clientId: z.string().min(1).optional(),
  // Of those that OKX gave a secret; a client of PKCE alone has none.
  clientSecretFile: z.string().min(1).optional(),
  redirectPort: z.int().min(1_024).max(65_535).default(8_917),
  // Of the state directory when it is not an absolute path.
  tokenFile: z.string().min(1).default('oauth-tokens.json'),
  authorizeUrl: tokenUrl.optional(),
  tokenUrl: tokenUrl.optional(),
  revokeUrl: tokenUrl.optional(),
});

/** Shares by product. */
const shares = (share: number) =>
  z.strictObject({
    spot: z.number().min(0).max(1).default(share),
    derivatives: z.number().min(0).max(1).default(share),
  });

/** A sub-broker, by its code or by the uid of its clients' account, and what it gets of the rebate. */
const subBroker = z.strictObject({
  code: z.string().min(1).optional(),
  uid: z.string().min(1).optional(),
  share: z.number().min(0).max(1),
});

export const broker = z.strictObject({
  mode: z.enum(['api', 'oauth']).default('api'),
  // Every id of an order begins with the tag. The fills channel then does not tell it.
  clOrdIdPrefix: z.boolean().default(false),
  // One order that can not trade, before quoting. Left out: on demo and live, not on the paper venue.
  probe: z.boolean().optional(),
  oauth: oauth.prefault({}),
  // Of the net fee, what OKX gives the broker.
  share: shares(0.5).prefault({}),
  // The same of accounts that somebody else has invited.
  affiliatedShare: shares(0.125).prefault({}),
  isMarketMaker: z.boolean().default(false),
  // USDT a month and account of VIP5 and VIP6.
  monthlyCap: z.number().positive().optional(),
  // The ledger's days begin so many hours before midnight UTC.
  dayOffsetHours: z.int().min(-12).max(14).default(0),
  // Of the broker's own key, which asks for reports and eligibility; the account's key when it is left out.
  credentialsFile: z.string().min(1).optional(),
  asksEligibility: z.boolean().default(true),
  subBrokers: z.array(subBroker).max(1_000).default([]),
});
