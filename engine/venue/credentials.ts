/** What nobody may read by accident shows as this in every text, JSON and inspection. */
const REDACTED = '[redacted]';

/**
 * A text that must never reach a log, an error, a metric or a recording. Its value is only given by
 * `reveal()`, which is called where a signature or a login is made and nowhere else.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  /** What `console.log` and `util.inspect` show. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED;
  }
}

/**
 * An API key of the venue. Keys are bound to their region and to production or demo trading. The key's name
 * is wrapped too: it is no password, but it names the account.
 */
export class Credentials {
  readonly apiKey: Secret;
  readonly secret: Secret;
  readonly passphrase: Secret;

  constructor(apiKey: string, secret: Secret, passphrase: Secret) {
    this.apiKey = new Secret(apiKey);
    this.secret = secret;
    this.passphrase = passphrase;
  }
}
