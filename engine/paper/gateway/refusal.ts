/**
 * A request that the venue turns down as a whole: the root `code` and `msg` of its answer, and the HTTP status that
 * REST gives it. Refusals of single orders are the exchange's `sCode`s and not of this class.
 */
export class Refusal {
  readonly code: string;
  readonly msg: string;
  readonly httpStatus: number;

  constructor(code: keyof typeof TEXTS, httpStatus = 200, detail = '') {
    this.code = code;
    this.msg = detail === '' ? TEXTS[code] : detail;
    this.httpStatus = httpStatus;
  }
}

/** OKX's error texts, docs-v5 "Error Code", read 2026-07-28 (texts of codes that the page does not word are ours). */
const TEXTS = {
  '50001': 'Service temporarily unavailable. Please try again later.',
  '50002': 'JSON syntax error',
  '50004': 'API endpoint request timeout. The outcome is not known: check the order.',
  '50011': 'Too Many Requests',
  '50013': 'Systems are busy. Please try again later.',
  '50014': 'Parameter can not be empty.',
  '50015': 'Either parameter ordId or clOrdId is required.',
  '50026': 'System error. Try again later',
  '50036':
    'The expTime can not be earlier than the current system time. Please adjust the expTime and try again.',
  '50061': 'Order failed. You have reached the maximum order rate limit for this account.',
  '50102': 'Timestamp request expired',
  '50103': 'Request header "OK-ACCESS-KEY" cannot be empty.',
  '50104': 'Request header "OK-ACCESS-PASSPHRASE" cannot be empty.',
  '50105': 'Request header "OK-ACCESS-PASSPHRASE" incorrect.',
  '50106': 'Request header "OK-ACCESS-SIGN" cannot be empty.',
  '50107': 'Request header "OK-ACCESS-TIMESTAMP" cannot be empty.',
  '50110': "Your IP address isn't included in your API key's IP allowlist.",
  '50111': 'Invalid OK-ACCESS-KEY',
  '50112': 'Invalid OK-ACCESS-TIMESTAMP',
  '50113': 'Invalid Sign',
  '50115': 'Invalid request method',
  '50120': "This API key doesn't have permission to use this function.",
  '51000': 'Parameter error',
  '51001': "Instrument ID, Instrument ID code, or Spread ID doesn't exist.",
  '51010': 'Request unsupported under current account mode',
  '51054': 'Request timed out. Please try again.',
  '51071': 'You have reached the maximum limit for tag level cancel all after timers.',
  '51111': 'Maximum 20 orders can be placed in bulk.',
  '51149': 'Order timed out. Please try again later.',
  '51406': 'Maximum 20 orders can be canceled in bulk.',
  '51411': 'Account does not have permission for mass cancellation.',
  '51512':
    'Failed to amend orders in batches. You cannot have duplicate orders in the same amend-batch-orders request.',
  '51501': 'Maximum 20 orders can be amended in bulk.',
  '51603': 'Order does not exist',
  '53000': 'Invalid token',
  '53001': 'Authorization canceled by user',
  '53002': 'Token expired',
  '53003': 'Token revoked',
  '53005': 'Refresh token error',
  '53006': 'Invalid device',
  '53009': 'Authorization failed',
  '53010': 'Parameter error',
  '53011': 'Parameter can not be empty.',
  '53012': 'The authorization code has expired.',
  '53013': 'Insufficient permission',
  '53016': 'Invalid redirect_uri',
  '58114': 'Transfer amount must be greater than 0.',
  '58115': 'Sub-account does not exist.',
  '58350': 'Insufficient balance.',
  '59500': 'Only the API key of the main account has permission.',
  '59501': 'Only 50 API keys can be created per account.',
  '59502': 'Note name cannot be duplicate with the currently created API key note name.',
  '59503': 'Each API key can bind up to 20 IP addresses.',
  '59505': 'The passphrase format is incorrect.',
  '59506': 'API key does not exist.',
  '59507':
    'The two accounts involved in a transfer must be two different sub accounts under the same parent account.',
  '60004': 'Invalid timestamp',
  '60005': 'Invalid apiKey',
  '60006': 'Timestamp request expired',
  '60007': 'Invalid sign',
  '60009': 'Login failed.',
  '60011': 'Please log in',
  '60012': 'Invalid request',
  '60013': 'Invalid args',
  '60014': 'Requests too frequent',
  '60018': "The request URL or channel doesn't exist.",
  '60019': 'Invalid op',
  '60024': 'Wrong passphrase',
  '60026': 'Login failed: API key and token cannot be used together.',
  '60028': 'The current operation is not supported by this URL.',
  '60031': 'The WebSocket endpoint does not support multiple or repeated login.',
  '60032': "API key doesn't exist",
  '64000': 'Subscription parameter uly is unavailable anymore, please replace uly with instFamily.',
  '64001': 'This channel has been migrated to the business URL. Please subscribe using the new URL.',
  '64002': 'This channel is not supported by the business URL.',
  '64003': 'Your trading fee tier does not meet the requirement to access this channel.',
  '64004': 'Subscribe to both this channel and books-l2-tbt is not allowed. Unsubscribe books-l2-tbt first.',
  '404': 'The requested resource was not found',
} as const;

/** Whether it is a code of a request as a whole. */
export function isRefusalCode(code: string): code is keyof typeof TEXTS {
  return Object.hasOwn(TEXTS, code);
}
