import { SystemClock } from '../base/clock.ts';
import { tokenParts } from '../host/account-tokens.ts';
import { ExitCode } from './exit-code.ts';
import { OAUTH_OPTIONS, asCommandErrors, readOAuthArguments } from './oauth-arguments.ts';

export const USAGE = `npm run -s okx-mm -- broker logout [--config FILE] [--state DIR] [--account NAME] [--forget]

Has OKX revoke the tokens of broker.oauth.tokenFile, and removes the file once OKX has said that it did. Stop the engine
first: without tokens it cannot cancel, and its orders are left to the dead man's switch.

  --config   a YAML configuration with broker.oauth.clientId
  --state    the engine's state directory, where the file of the tokens is (default .state)
  --account  of several in the configuration, the one to log out
  --forget   remove the file even if OKX does not say so; end the permission on OKX's page then`;

export async function run(argv: readonly string[]): Promise<ExitCode> {
  const args = readOAuthArguments(argv, { ...OAUTH_OPTIONS, forget: { type: 'boolean' } });
  return asCommandErrors(async () => {
    const { client, file } = tokenParts(args.config, args.stateDirectory, new SystemClock());
    return file.locked(async () => {
      const pair = await file.load();
      if (pair === undefined) {
        process.stdout.write(`${file.file}: no tokens, nothing to do\n`);
        return ExitCode.done;
      }
      try {
        await client.revoke(pair);
      } catch (error) {
        if (!args.flags.has('forget')) throw error;
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      }
      await file.remove();
      process.stdout.write(`logged out; ${file.file} removed\n`);
      return ExitCode.done;
    });
  });
}
