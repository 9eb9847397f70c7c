/** A configuration, credential or tag that the engine must not start on. The text says which key, and what to change. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'BAD_CONFIG';
}
