import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TokenState } from '../../engine/base/token-state.ts';
import type { TokenPair } from '../../engine/venue/oauth-client.ts';
import { RestClient } from '../../engine/venue/rest-client.ts';
import { RestError } from '../../engine/venue/rest-error.ts';
import { TokenKeeper } from '../../engine/venue/token-keeper.ts';
import { OAuthWorld } from './oauth-world.ts';

const TOKEN_PATH = '/v5/users/oauth/token';
const CONFIG = '/api/v5/account/config';

let world: OAuthWorld;
let log: string[];
let secrets: string[];

beforeEach(() => {
  world = new OAuthWorld();
  log = [];
  secrets = [];
});

afterEach(() => {
  for (const secret of secrets) expect(log.join('\n')).not.toContain(secret);
  world.remove();
});

function noteSecrets(pair: TokenPair): void {
  secrets.push(pair.access.reveal(), pair.refresh.reveal());
}

/** A keeper of a login that was made now, and the account by REST with its tokens. */
async function logIn(): Promise<{ keeper: TokenKeeper; rest: RestClient; pair: TokenPair }> {
  const pair = await world.login();
  await world.file().save(pair);
  return { ...keeperOf(pair), pair };
}

function keeperOf(pair: TokenPair): { keeper: TokenKeeper; rest: RestClient } {
  noteSecrets(pair);
  const keeper = new TokenKeeper(
    {
      file: world.file(),
      client: world.client(),
      clock: world.clock,
      log: (line) => log.push(line),
      onState: (state, reason) => log.push(`state ${state} ${reason}`),
    },
    pair,
  );
  const rest = new RestClient({
    baseUrl: 'https://venue.example',
    auth: keeper,
    tag: 'T1',
    isDemo: false,
    clock: world.clock,
    timeoutMs: 1_000,
    transport: world.transport(),
  });
  return { keeper, rest };
}

function stored(): { access: string; refresh: string } {
  return JSON.parse(readFileSync(world.file().file, 'utf8')) as { access: string; refresh: string };
}

const uidOf = async (rest: RestClient): Promise<unknown> => {
  const [row] = await rest.get(CONFIG, {}, { isSigned: true });
  return (row as { uid: string }).uid;
};

describe('tokens that are looked after', () => {
  it('are renewed when a third of their time is left, and on disk before they are used', async () => {
    const { keeper, rest, pair } = await logIn();
    world.advanceMs(2_399_000);
    await keeper.look();
    expect(keeper.refreshes).toBe(0);
    world.advanceMs(1_000);
    let usedFirst = '';
    world.onRequest = ({ path, headers }) => {
      if (path.startsWith(CONFIG)) usedFirst = `${headers['Authorization']} ${stored().access}`;
    };
    await keeper.look();
    expect([keeper.refreshes, keeper.state]).toEqual([1, TokenState.fresh]);
    expect(await uidOf(rest)).toBe('uid1');
    const { access, refresh } = stored();
    secrets.push(access, refresh);
    expect(usedFirst).toBe(`Bearer ${access} ${access}`);
    expect(access).not.toBe(pair.access.reveal());
    await keeper.look();
    expect(keeper.refreshes).toBe(1);
  });

  it('are asked for by one at a time, here and elsewhere: the second takes what the first brought', async () => {
    const { keeper, pair } = await logIn();
    const other = keeperOf(pair);
    world.advanceMs(2_400_000);
    const tokenCalls = (): number => world.asked.filter((path) => path === TOKEN_PATH).length;
    const before = tokenCalls();
    await Promise.all([keeper.look(), keeper.look(), other.keeper.look()]);
    expect(tokenCalls() - before).toBe(1);
    expect(keeper.refreshes + other.keeper.refreshes).toBe(1);
    expect([keeper.state, other.keeper.state]).toEqual([TokenState.fresh, TokenState.fresh]);
    expect(await uidOf(other.rest)).toBe('uid1');
  });

  it('end their service ahead of their time, and their use only with it, while none come', async () => {
    const { keeper, rest } = await logIn();
    world.venue.oauthFault = 'outage';
    world.advanceMs(2_400_000);
    await keeper.look();
    expect([keeper.state, keeper.failures]).toEqual([TokenState.fresh, 1]);
    // Two minutes before: quoting ends, and what rests can still be cancelled.
    world.advanceMs(3_600_000 - 120_000 - 2_400_000);
    await keeper.look();
    expect(keeper.state).toBe(TokenState.expired);
    expect(keeper.reason).toContain('refresh: expected tokens, the venue was busy (HTTP 503 50001)');
    expect(await uidOf(rest)).toBe('uid1');
    world.advanceMs(121_000);
    await keeper.look();
    await expect(uidOf(rest)).rejects.toThrow('refused with 53002');
    world.venue.oauthFault = 'none';
    world.advanceMs(120_000);
    await keeper.look();
    expect([keeper.state, keeper.reason]).toEqual([TokenState.fresh, '']);
    expect(await uidOf(rest)).toBe('uid1');
    expect(log.filter((line) => line.includes('and on'))).toHaveLength(1);
  });

  it('wait longer and longer for a venue that does not answer', async () => {
    const { keeper } = await logIn();
    world.venue.oauthFault = 'outage';
    world.advanceMs(2_400_000);
    const triedAt: number[] = [];
    for (let second = 0; second < 600; second++) {
      const { failures } = keeper;
      await keeper.look();
      if (keeper.failures > failures) triedAt.push(second);
      world.advanceMs(1_000);
    }
    const gaps = triedAt.slice(1).map((second, index) => second - triedAt[index]!);
    expect(gaps.slice(0, 6)).toEqual([8, 15, 29, 57, 113, 120]);
  });
});

describe('tokens on a machine that has troubles of its own', () => {
  it('are not lost with a word that is not the venue’s', async () => {
    const { keeper, rest } = await logIn();
    world.advanceMs(2_400_000);
    world.instead = ({ path }) =>
      path === TOKEN_PATH ? { status: 403, text: '<html>blocked</html>' } : undefined;
    await keeper.look();
    expect([keeper.state, keeper.failures]).toEqual([TokenState.fresh, 1]);
    expect(log.at(-1)).toContain('HTTP 403 and no code; check broker.oauth.tokenUrl');
    world.instead = () => undefined;
    world.advanceMs(8_000);
    await keeper.look();
    expect(keeper.refreshes).toBe(1);
    expect(await uidOf(rest)).toBe('uid1');
  });

  it('come back by another login though the clock was set back before it', async () => {
    const { keeper, rest } = await logIn();
    world.venue.oauth.cancelAll();
    await expect(uidOf(rest)).rejects.toThrow(RestError);
    world.clock.jumpWallMs(-1_800_000);
    const again = await world.login();
    noteSecrets(again);
    await world.file().save(again);
    await keeper.look();
    expect(keeper.state).toBe(TokenState.fresh);
    expect(await uidOf(rest)).toBe('uid1');
  });

  it('are asked for again in time though the clock was set back after a failure', async () => {
    const { keeper } = await logIn();
    world.advanceMs(3_500_000);
    world.venue.oauthFault = 'outage';
    await keeper.look();
    expect(keeper.failures).toBe(1);
    world.venue.oauthFault = 'none';
    world.clock.jumpWallMs(-600_000);
    world.advanceMs(8_000);
    await keeper.look();
    expect(keeper.refreshes).toBe(1);
  });

  it('that could not be saved are not written over a login that could', async () => {
    const { keeper, rest } = await logIn();
    const { file } = world.file();
    // A folder in its place keeps the new pair out of the file, as a full disk does.
    mkdirSync(`${file}.tmp/x`, { recursive: true });
    world.advanceMs(2_400_000);
    await keeper.look();
    expect([keeper.refreshes, keeper.state]).toEqual([1, TokenState.fresh]);
    expect(log.join('\n')).toContain('a restart would need: npm run -s okx-mm -- broker login');
    rmSync(`${file}.tmp`, { recursive: true });
    const again = await world.login();
    noteSecrets(again);
    await world.file().save(again);
    world.advanceMs(2_000);
    await keeper.look();
    expect(stored().refresh).toBe(again.refresh.reveal());
    expect(await uidOf(rest)).toBe('uid1');
  });

  it('that could not be saved are when they can', async () => {
    const { keeper } = await logIn();
    const { file } = world.file();
    const before = stored().refresh;
    mkdirSync(`${file}.tmp/x`, { recursive: true });
    world.advanceMs(2_400_000);
    await keeper.look();
    rmSync(`${file}.tmp`, { recursive: true });
    expect(stored().refresh).toBe(before);
    world.advanceMs(2_000);
    await keeper.look();
    const { access, refresh } = stored();
    secrets.push(access, refresh);
    expect(refresh).not.toBe(before);
    await expect(world.client().refresh({ ...(await world.file().load())! })).resolves.toBeDefined();
  });
});

describe('a call with a token that has ended', () => {
  it('is made again with a new one: refused, it was not looked at', async () => {
    const { keeper, rest } = await logIn();
    world.venue.oauth.expireAll(world.clock.wallMs());
    expect(await uidOf(rest)).toBe('uid1');
    expect(world.asked.filter((path) => path === CONFIG)).toHaveLength(2);
    expect([keeper.refreshes, keeper.state]).toEqual([1, TokenState.fresh]);
  });

  it('waits for the one renewal that is under way, many of them at once', async () => {
    const { keeper, rest } = await logIn();
    world.venue.oauth.expireAll(world.clock.wallMs());
    const uids = await Promise.all(Array.from({ length: 5 }, () => uidOf(rest)));
    expect(new Set(uids)).toEqual(new Set(['uid1']));
    expect(keeper.refreshes).toBe(1);
  });

  it('is not made a third time', async () => {
    const { rest } = await logIn();
    world.onRequest = ({ path }) => {
      if (path.startsWith(CONFIG)) world.venue.oauth.expireAll(world.clock.wallMs());
    };
    await expect(uidOf(rest)).rejects.toThrow('refused with 53002');
    expect(world.asked.filter((path) => path === CONFIG)).toHaveLength(2);
  });

  it('posts an order once, however often it is sent', async () => {
    const { rest } = await logIn();
    world.venue.oauth.expireAll(world.clock.wallMs());
    const order = {
      instId: 'BTC-USDT',
      tdMode: 'cash',
      side: 'buy',
      ordType: 'post_only',
      px: '100',
      sz: '1',
    };
    const path = '/api/v5/trade/order';
    await rest.post(path, { ...order, clOrdId: 'a1', tag: 'T1' });
    expect(world.asked.filter((each) => each === path)).toHaveLength(2);
    expect(world.venue.inspection.report(false)).toMatchObject({ counts: { place: 1, refused: 0 } });
  });
});

describe('tokens that are lost', () => {
  it('when the user takes the permission back: said once, without a token', async () => {
    const { keeper, rest } = await logIn();
    world.venue.oauth.cancelAll();
    await expect(uidOf(rest)).rejects.toThrow(RestError);
    expect(keeper.state).toBe(TokenState.lost);
    expect(keeper.reason).toBe(
      'refresh: expected to be accepted, was refused with 53001; the user took the authorization back; ' +
        'log in again: npm run -s okx-mm -- broker login',
    );
    const calls = world.asked.length;
    for (let look = 0; look < 10; look++) await keeper.look();
    expect(world.asked.length).toBe(calls);
  });

  it('when somebody who stole the refresh token uses it, either way round', async () => {
    const { keeper, rest, pair } = await logIn();
    // The thief is first: the owner's call is refused, and asking with what the thief has used ends both.
    const stolen = await world.client().refresh(pair);
    noteSecrets(stolen);
    await expect(uidOf(rest)).rejects.toThrow('refused with 53003');
    expect([
      keeper.state,
      keeper.reason.includes('53005; the refresh token was used before or is none: somebody else'),
    ]).toEqual([TokenState.lost, true]);
    await expect(world.client().refresh(stolen)).rejects.toThrow('53003');
    // The thief is second: the new pair ends with the old one's second use.
    const next = await logIn();
    world.advanceMs(2_400_000);
    await next.keeper.look();
    expect(next.keeper.refreshes).toBe(1);
    await expect(world.client().refresh(next.pair)).rejects.toThrow('53005');
    await expect(uidOf(next.rest)).rejects.toThrow('refused with 53003');
    expect(next.keeper.state).toBe(TokenState.lost);
  });

  it('when the venue made new ones and its answer was lost', async () => {
    const { keeper } = await logIn();
    world.advanceMs(2_400_000);
    world.venue.oauthFault = 'lostAnswer';
    await keeper.look();
    expect([keeper.state, keeper.failures]).toEqual([TokenState.fresh, 1]);
    world.venue.oauthFault = 'none';
    world.advanceMs(8_000);
    await keeper.look();
    expect([keeper.state, keeper.reason.includes('53005')]).toEqual([TokenState.lost, true]);
  });

  it('when the refresh token is too old', async () => {
    const { pair } = await logIn();
    const { keeper } = keeperOf({ ...pair, refreshUntilMs: pair.askedMs + 3_000_000 });
    world.venue.oauthFault = 'outage';
    world.advanceMs(3_000_000);
    await keeper.look();
    expect(keeper.state).toBe(TokenState.lost);
    expect(keeper.reason).toContain('the refresh token is too old');
  });

  it('come back when somebody logs in again, without a restart', async () => {
    const { keeper, rest } = await logIn();
    world.venue.oauth.cancelAll();
    await expect(uidOf(rest)).rejects.toThrow(RestError);
    world.advanceMs(10_000);
    const again = await world.login(world.client(), { deviceId: 'device-2' });
    noteSecrets(again);
    await world.file().save(again);
    await keeper.look();
    expect(keeper.state).toBe(TokenState.fresh);
    expect(await uidOf(rest)).toBe('uid1');
    expect(log).toContain('oauth: tokens taken from the file, which are newer');
  });
});
