/** Something that a peer needs and that a machine may lack: a compiler, a package. */
export type Availability<Thing> =
  | { readonly isAvailable: true; readonly thing: Thing }
  | { readonly isAvailable: false; readonly reason: string };

export function available<Thing>(thing: Thing): Availability<Thing> {
  return { isAvailable: true, thing };
}

export function unavailable(reason: string): Availability<never> {
  return { isAvailable: false, reason };
}

const said = new Set<string>();

/** The line that says which row is not there, and why; once a process. */
export function saySkipped(name: string, reason: string): void {
  const line = skipLine(name, reason);
  if (said.has(line)) return;
  said.add(line);
  console.log(line);
}

/** @testonly Printed by `saySkipped`. */
export function skipLine(name: string, reason: string): string {
  return `${name} skipped: ${reason}`;
}
