import { readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineProcess, Scratch, exampleConfig, newState, sumOf } from './engine-process.ts';
import type { ConfigFile } from './engine-process.ts';
import { ROOT, RunningProcess, until } from './running-process.ts';
import { expectEqualMoney } from './venue-money.ts';
import { KEYS, VenueProcess, freePort } from './venue-process.ts';

/** An account that is let in by token: login, orders by REST over many refreshes, and every way in which tokens end. */

const OKX_MM = join(ROOT, 'dist', 'engine', 'cli', 'okx-mm.js');
const TAG = 'E2EOAUTH1';
const CLIENT = 'e2e-client';
const TOKEN_SECONDS = 10;
/** The engine's own withdrawal, or the dead man's switch, whichever is to be relied on. */
const SWITCH_MS = 20_000;

const scratch = new Scratch();
let venue: VenueProcess;
let redirectPort = 0;
/** Every token that there was: none may stand in any text. */
const tokens = new Set<string>();

// Each with an account of its own: what an engine takes over is no trade of its.
beforeEach(async () => {
  const options = ['--oauth-client', CLIENT, '--token-seconds', String(TOKEN_SECONDS)];
  venue = await VenueProcess.start(0, options);
  redirectPort = await freePort();
});

afterEach(async () => {
  await RunningProcess.endAll();
});

afterAll(() => scratch.remove());

function configFile(changes: (config: ConfigFile) => void = () => {}): string {
  const config = exampleConfig({ ...venue.config, depthChannel: 'books' });
  changes(config);
  const oauth = { clientId: CLIENT, redirectPort };
  return scratch.write({ ...config, tag: TAG, broker: { mode: 'oauth', probe: true, oauth } });
}

interface Stored {
  readonly access: string;
  readonly refresh: string;
  readonly deviceId: string;
}

function stored(state: string): Stored {
  const pair = JSON.parse(readFileSync(join(state, 'oauth-tokens.json'), 'utf8')) as Stored;
  tokens.add(pair.access).add(pair.refresh);
  return pair;
}

function broker(word: string, config: string, state: string, ...args: readonly string[]): RunningProcess {
  return new RunningProcess(process.execPath, [
    OKX_MM,
    'broker',
    word,
    '--config',
    config,
    '--state',
    state,
    ...args,
  ]);
}

/** As a browser does: opens the page, agrees or does not, and goes where it is sent. */
async function login(config: string, state: string, approve = '1'): Promise<RunningProcess> {
  const command = broker('login', config, state, '--no-browser');
  const [, url] = await command.said(/Agree on this page:\s+(\S+)\s+waiting/);
  const answer = await fetch(`${url}&approve=${approve}`);
  expect(answer.status).toBe(200);
  await command.ended();
  return command;
}

async function loggedIn(config = configFile()): Promise<{ config: string; state: string }> {
  const state = newState();
  const command = await login(config, state);
  expect(command.exit, command.output).toEqual({ code: 0, signal: null });
  return { config, state };
}

function start({ config, state }: { config: string; state: string }): EngineProcess {
  return new EngineProcess(['--config', config, '--state', state]);
}

interface OAuthStatus {
  readonly oauth: { readonly state: string; readonly problem: string | null };
}

async function tokenState(engine: EngineProcess): Promise<OAuthStatus['oauth']> {
  return ((await engine.controlStatus()) as unknown as OAuthStatus).oauth;
}

function nothingRests(deadlineMs = SWITCH_MS): Promise<true> {
  return until(
    'nothing to rest',
    async () => ((await venue.resting()).length === 0 ? true : undefined),
    deadlineMs,
    100,
  );
}

function expectNoTokens(...texts: readonly string[]): void {
  const everything = [...texts, venue.process.output].join('\n');
  expect(tokens.size).toBeGreaterThan(1);
  for (const token of tokens) expect(everything).not.toContain(token);
}

/** Every byte of a folder's files. */
function textsIn(folder: string): string {
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('');
}

describe('a login', () => {
  it('leaves tokens that only their owner may read, and shows none', async () => {
    const { config, state } = await loggedIn();
    const file = join(state, 'oauth-tokens.json');
    const first = stored(state);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const again = await login(config, state);
    const second = stored(state);
    expect(second.access).not.toBe(first.access);
    expect(second.deviceId).toBe(first.deviceId);
    expectNoTokens(again.output);
  }, 30_000);

  it('that is declined, or answered by a stranger, brings nothing', async () => {
    const config = configFile();
    const state = newState();
    const command = broker('login', config, state, '--no-browser');
    const [, url] = await command.said(/Agree on this page:\s+(\S+)\s+waiting/);
    const stranger = await fetch(`http://127.0.0.1:${redirectPort}/callback?code=abc&state=another`);
    expect([stranger.status, await stranger.text()]).toEqual([
      400,
      expect.stringContaining('not the answer'),
    ]);
    expect((await fetch(`http://127.0.0.1:${redirectPort}/elsewhere`)).status).toBe(404);
    expect(command.exit).toBeUndefined();
    await fetch(`${url}&approve=no`);
    expect(await command.ended()).toEqual({ code: 78, signal: null });
    expect(command.stderr).toBe(
      "login: expected the user to agree on the venue's page, was access_denied; log in again\n",
    );
  }, 30_000);

  it('is asked for by an engine that has none, or one that others may read', async () => {
    const config = configFile();
    const bare = start({ config, state: newState() });
    expect(await bare.process.ended(), bare.process.output).toEqual({ code: 78, signal: null });
    expect(bare.process.stderr).toContain(
      'expected tokens, was none; log in first: npm run -s okx-mm -- broker login',
    );
    const open = await loggedIn();
    const file = join(open.state, 'oauth-tokens.json');
    const { access } = stored(open.state);
    writeFileSync(`${file}.copy`, readFileSync(file), { mode: 0o644 });
    renameSync(`${file}.copy`, file);
    const refused = start(open);
    expect(await refused.process.ended(), refused.process.output).toEqual({ code: 78, signal: null });
    expect(refused.process.stderr).toContain('expected mode 0600 (only its owner may read it), was 0644');
    expect(refused.process.output).not.toContain(access);
  }, 60_000);
});

describe('an engine that is let in by token', () => {
  it('trades by REST over refreshes: no order lost, none doubled, and the run is proven by its journal', async () => {
    const account = await loggedIn();
    const engine = start(account);
    await engine.quotesEverything();
    const refreshes = async (): Promise<number> =>
      sumOf(await engine.metrics(), 'okxmm_oauth_refreshes_total');
    const begun = await refreshes();
    await until(
      'three refreshes',
      async () => {
        stored(account.state);
        return (await refreshes()) >= begun + 3 || undefined;
      },
      4 * TOKEN_SECONDS * 1_000,
      200,
    );
    const before = (await venue.received()).length;
    await engine.quotesEverything();
    await until('orders to go on', async () =>
      (await venue.received()).length > before + 50 ? true : undefined,
    );
    expect(await expectEqualMoney(engine, venue, KEYS, TAG)).toBeGreaterThan(0);
    const metrics = await engine.metrics();
    expect(sumOf(metrics, 'okxmm_oauth_state', { oauth_state: 'fresh' })).toBe(1);
    // Nothing had to be asked for twice: no command without an answer, no trade that only an audit found.
    expect(sumOf(metrics, 'okxmm_orders_total', { event: 'unknown' })).toBe(0);
    expect(sumOf(metrics, 'okxmm_audit_findings_total')).toBe(0);
    expect(await tokenState(engine)).toMatchObject({ state: 'fresh', problem: null });
    engine.process.kill('SIGTERM');
    expect(await engine.process.ended(), engine.process.output).toEqual({ code: 0, signal: null });
    expect(engine.process.stdout).toContain('all orders cancelled and confirmed');
    expect(await venue.resting()).toEqual([]);
    const places = (await venue.received()).filter(({ kind }) => kind === 'place');
    expect(new Set(places.map(({ tag }) => tag))).toEqual(new Set([TAG]));
    expect(new Set(places.map(({ clOrdId }) => clOrdId)).size).toBe(places.length);
    const replay = new RunningProcess(process.execPath, [OKX_MM, 'replay', join(account.state, 'journal')]);
    expect(await replay.ended(60_000), replay.output).toEqual({ code: 0, signal: null });
    stored(account.state);
    expectNoTokens(engine.process.output, replay.output);
    const journal =
      textsIn(join(account.state, 'journal')) + readFileSync(join(account.state, 'state.json'), 'latin1');
    expectNoTokens(journal);
  }, 150_000);

  it('withdraws while its token still cancels when no new one comes, and goes on when one does', async () => {
    const account = await loggedIn();
    const engine = start(account);
    await engine.quotesEverything();
    await venue.fault({ kind: 'tokenOutage', isOn: true });
    await engine.process.said(
      /trade: down: .*expected tokens, the venue was busy/,
      3 * TOKEN_SECONDS * 1_000,
    );
    // Long before the dead man's switch, by REST, with what is left of the token.
    await nothingRests(4_000);
    await engine.process.said(/trade: down; \d+ orders cancelled by REST/, 4_000);
    await venue.fault({ kind: 'tokenOutage', isOn: false });
    await engine.quotesEverything(30_000);
    expect(await expectEqualMoney(engine, venue, KEYS, TAG)).toBeGreaterThan(0);
    stored(account.state);
    engine.process.kill('SIGTERM');
    expect(await engine.process.ended(), engine.process.output).toEqual({ code: 0, signal: null });
    expectNoTokens(engine.process.output);
  }, 120_000);

  it('goes on when access tokens end before their time', async () => {
    const account = await loggedIn();
    const engine = start(account);
    await engine.quotesEverything();
    for (let times = 0; times < 5; times++) {
      await venue.fault({ kind: 'expireTokens' });
      const before = (await venue.received()).length;
      await until('orders to go on', async () =>
        (await venue.received()).length > before + 10 ? true : undefined,
      );
    }
    expect(engine.process.output).not.toContain('down');
    const isTraded = async (): Promise<true | undefined> =>
      (await venue.fills(KEYS)).some(({ tag }) => tag === TAG) ? true : undefined;
    await until('a trade', isTraded, 60_000, 250);
    expect(await expectEqualMoney(engine, venue, KEYS, TAG)).toBeGreaterThan(0);
    engine.process.kill('SIGTERM');
    expect(await engine.process.ended(), engine.process.output).toEqual({ code: 0, signal: null });
  }, 150_000);

  it('stops quoting when its tokens are stolen or taken back, and goes on after another login', async () => {
    const account = await loggedIn();
    const engine = start(account);
    await engine.quotesEverything();
    const stolen = stored(account.state);
    const answer = await fetch(`${venue.rest}/v5/users/oauth/token`, {
      method: 'POST',
      body: JSON.stringify({
        grant_type: 'refresh_token',
        refresh_token: stolen.refresh,
        client_id: CLIENT,
        term_id: stolen.deviceId,
      }),
    });
    const thief = (await answer.json()) as { access_token: string };
    tokens.add(thief.access_token);
    await engine.process.said(
      /nothing is quoted until somebody logs in again: .*53005.*somebody else may have the tokens/,
    );
    expect((await tokenState(engine)).state).toBe('lost');
    // The thief's are gone with ours, and nothing of ours can be cancelled: the venue's own switch does.
    const asked = await fetch(`${venue.rest}/api/v5/account/balance`, {
      headers: { Authorization: `Bearer ${thief.access_token}`, TERMID: stolen.deviceId },
    });
    expect(((await asked.json()) as { code: string }).code).toBe('53003');
    await nothingRests();
    const again = await login(account.config, account.state);
    expect(again.exit, again.output).toEqual({ code: 0, signal: null });
    stored(account.state);
    await engine.quotesEverything(30_000);
    expect(await expectEqualMoney(engine, venue, KEYS, TAG)).toBeGreaterThan(0);
    await venue.fault({ kind: 'cancelTokens' });
    await engine.process.said(/logs in again: .*53001; the user took the authorization back/);
    await nothingRests();
    engine.process.kill('SIGTERM');
    // It cannot be confirmed, and it says so.
    expect((await engine.process.ended(30_000)).code, engine.process.output).toBe(1);
    expect(engine.process.output).toContain('orders may be left at the venue');
    expectNoTokens(engine.process.output);
  }, 150_000);

  it('is shown out by a logout', async () => {
    const account = await loggedIn();
    const { refresh } = stored(account.state);
    const out = broker('logout', account.config, account.state);
    expect(await out.ended(), out.output).toEqual({ code: 0, signal: null });
    expect(out.stdout).toContain('logged out');
    const body = { grant_type: 'refresh_token', refresh_token: refresh, client_id: CLIENT };
    const answer = await fetch(`${venue.rest}/v5/users/oauth/token`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    expect(((await answer.json()) as { code: string }).code).toBe('53003');
    const engine = start(account);
    expect(await engine.process.ended(), engine.process.output).toEqual({ code: 78, signal: null });
    expectNoTokens(out.output, engine.process.output);
  }, 60_000);
});
