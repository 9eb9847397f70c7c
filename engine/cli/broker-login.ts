import { spawn } from 'node:child_process';
import { SystemClock } from '../base/clock.ts';
import { unguessableText } from '../base/secure-random.ts';
import { processEnvironment, readTag } from '../config/environment.ts';
import { tokenParts } from '../host/account-tokens.ts';
import { Secret } from '../venue/credentials.ts';
import { RedirectListener } from '../venue/redirect-listener.ts';
import { ExitCode } from './exit-code.ts';
import { OAUTH_OPTIONS, asCommandErrors, readOAuthArguments } from './oauth-arguments.ts';

export const USAGE = `npm run -s okx-mm -- broker login [--config FILE] [--state DIR] [--account NAME] [--no-browser]

Has the user of an account let this engine in (broker.mode: oauth): opens OKX's page, or prints where it is, waits on
localhost for the browser to come back, and keeps the tokens in broker.oauth.tokenFile, mode 0600. A running engine whose
tokens have ended takes the new ones up by itself.

  --config      a YAML configuration with broker.oauth.clientId
  --state       the engine's state directory, where the file of the tokens is (default .state)
  --account     of several in the configuration, the one to log in
  --no-browser  only print the page's address`;

const WAIT_MS_MAX = 5 * 60_000;
/** 43 characters, which is what RFC 7636 asks for at least. */
const VERIFIER_BYTES = 32;

export async function run(argv: readonly string[]): Promise<ExitCode> {
  const args = readOAuthArguments(argv, { ...OAUTH_OPTIONS, 'no-browser': { type: 'boolean' } });
  return asCommandErrors(async () => {
    const { config, stateDirectory, account } = args;
    const { client, file } = tokenParts(config, stateDirectory, new SystemClock());
    const tag = readTag(config, processEnvironment(), account);
    const state = unguessableText(24);
    const listener = await RedirectListener.open(config.broker.oauth.redirectPort, state);
    try {
      const parts = {
        redirectUri: listener.redirectUri,
        deviceId: await deviceOf(() => file.load()),
        state,
        verifier: new Secret(unguessableText(VERIFIER_BYTES)),
      };
      const url = client.authorizeUrl(parts, tag);
      process.stdout.write(`Agree on this page:\n\n  ${url}\n\nwaiting for ${listener.redirectUri} ...\n`);
      if (!args.flags.has('no-browser')) openBrowser(url);
      const code = await listener.code(WAIT_MS_MAX);
      const pair = await client.exchange(code, parts);
      await file.locked(() => file.save(pair));
      process.stdout.write(`logged in; tokens in ${file.file}\n`);
      return ExitCode.done;
    } finally {
      await listener.close();
    }
  });
}

/** The device stays the same over logins; a file that is not ours is replaced. */
async function deviceOf(load: () => Promise<{ readonly deviceId: string } | undefined>): Promise<string> {
  const before = await load().catch(() => undefined);
  return before?.deviceId ?? unguessableText(18);
}

const BROWSERS: Readonly<Record<string, string>> = { darwin: 'open', linux: 'xdg-open' };

/** Where there is none, the address stands on the terminal. It may be seen: the code that comes of it serves us alone. */
function openBrowser(url: string): void {
  const command = BROWSERS[process.platform];
  if (command === undefined) return;
  const child = spawn(command, [url], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
