import type { Clock } from '../base/clock.ts';
import { TokenState } from '../base/token-state.ts';
import type { MetricsWriter } from '../metrics/cells.ts';
import { namesOf } from '../metrics/catalog.ts';
import type { TokenKeeper } from '../venue/token-keeper.ts';

const STATES = namesOf(TokenState);

/** Shows how an account's tokens stand; nothing where there are none. */
export class TokenFigures {
  readonly #tokens: TokenKeeper;
  readonly #writer: MetricsWriter;

  constructor(tokens: TokenKeeper, writer: MetricsWriter) {
    this.#tokens = tokens;
    this.#writer = writer;
  }

  post(): void {
    const { state, accessUntilMs, refreshUntilMs, refreshes, failures } = this.#tokens;
    const writer = this.#writer;
    writer.set(writer.cell('oauthState'), state);
    writer.set(writer.cell('oauthAccessEnd'), accessUntilMs / 1_000);
    writer.set(writer.cell('oauthRefreshEnd'), refreshUntilMs / 1_000);
    writer.set(writer.cell('oauthRefreshes'), refreshes);
    writer.set(writer.cell('oauthFailures'), failures);
  }
}

/** For the operator; no text of a token. */
export function tokenStatusOf(tokens: TokenKeeper, clock: Clock): Record<string, unknown> {
  const nowMs = clock.wallMs();
  return {
    state: STATES[tokens.state],
    // Why there is no good one; null while there is.
    problem: tokens.reason === '' ? null : tokens.reason,
    accessSecondsLeft: Math.max(0, (tokens.accessUntilMs - nowMs) / 1_000),
    refreshSecondsLeft: Math.max(0, (tokens.refreshUntilMs - nowMs) / 1_000),
  };
}
