import { describe, expect, it } from 'vitest';
import { exists, filesUnder, importsOf, withoutComments, type SourceFile } from './source-tree.mjs';

/**
 * The rules of the architecture, as a test: who may import whom, and where sockets, time, chance, the environment and
 * exit codes may be touched. A new room needs a row here.
 */

const DOMAIN = [
  'engine/okx',
  'engine/book',
  'engine/handoff',
  'engine/flow',
  'engine/orders',
  'engine/attribution',
  'engine/risk',
  'engine/metrics',
];

const IMPORTS: Readonly<Record<string, readonly string[]>> = {
  'engine/base': [],
  'engine/okx': ['engine/base'],
  'engine/book': ['engine/base'],
  'engine/handoff': ['engine/base'],
  'engine/flow': ['engine/base'],
  'engine/orders': ['engine/base'],
  'engine/attribution': ['engine/base'],
  'engine/risk': ['engine/base'],
  'engine/metrics': ['engine/base'],
  'engine/venue': ['engine/base', 'engine/okx', 'engine/metrics'],
  'engine/broker': ['engine/base', 'engine/okx', 'engine/venue'],
  'engine/paper': ['engine/base', 'engine/okx/venue-limits.ts', 'engine/okx/shapes.ts', 'engine/okx/sign.ts'],
  'engine/config': ['engine/base', 'engine/okx', 'engine/venue/credentials.ts'],
  'engine/loop': ['engine/base', ...DOMAIN],
  'engine/control': ['engine/base', 'engine/loop'],
  // A process of its own beside those of engines: it tells them by control, and reads what their exporters say.
  'engine/fleet': [
    'engine/base',
    'engine/config',
    'engine/control',
    'engine/loop',
    'engine/risk/kill-ladder.ts',
    'engine/venue/credentials.ts',
    'monitoring',
  ],
  'engine/journal': ['engine/base', 'engine/handoff', 'engine/loop'],
  'engine/recording': ['engine/base'],
  'engine/report': ['engine/base', 'engine/loop', ...DOMAIN],
  'engine/replay': ['engine', 'workers'],
  'engine/backtest': ['engine', 'workers'],
  'engine/host': ['engine', 'workers', 'monitoring'],
  'engine/cli': ['engine', 'workers', 'monitoring'],
  workers: ['engine/base', 'engine/handoff', 'engine/metrics'],
  monitoring: ['engine/base', 'engine/metrics'],
  bench: ['engine', 'workers', 'monitoring', 'bench', 'test'],
  test: ['engine', 'workers', 'monitoring', 'bench', 'test'],
};

const SEAMS: readonly { what: string; pattern: RegExp; rooms: readonly string[] }[] = [
  {
    what: 'sockets',
    pattern:
      /(from |import\(|require\()'((node:)?(net|tls|http|https|http2|dgram)|ws|undici|uWebSockets\.js)'/,
    rooms: ['engine/venue', 'engine/paper', 'engine/control', 'monitoring'],
  },
  {
    what: 'time',
    pattern: /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.(now|timeOrigin)\b|\bhrtime\b/,
    rooms: ['engine/base/clock.ts'],
  },
  {
    what: 'chance',
    pattern: /\bMath\.random\b|\brandomBytes\b|\brandomUUID\b|\bgetRandomValues\b|\brandomInt\b/,
    rooms: ['engine/base/random.ts', 'engine/base/secure-random.ts'],
  },
  { what: 'the environment', pattern: /\bprocess\.env\b/, rooms: ['engine/config'] },
  { what: 'exit codes', pattern: /\bprocess\.(exit|exitCode|abort|kill)\b/, rooms: ['engine/cli'] },
  {
    what: 'timers',
    pattern: /\bset(Timeout|Interval|Immediate)\(/,
    rooms: [
      'engine/venue',
      'engine/host',
      'engine/fleet',
      'engine/journal/journal.ts',
      'engine/cli',
      'engine/paper/server',
      'workers',
      'monitoring',
    ],
  },
];

const production = ['engine', 'workers', 'monitoring'].flatMap((folder) => filesUnder(folder, '.ts'));
const everything = [...production, ...filesUnder('bench', '.ts'), ...filesUnder('test', '.ts')];

function roomOf(path: string): string {
  if (path === 'engine/loop.ts') return 'engine/loop';
  return path.startsWith('engine/') ? path.split('/').slice(0, 2).join('/') : path.split('/')[0]!;
}

function isWithin(path: string, rooms: readonly string[]): boolean {
  return rooms.some(
    (room) =>
      path === room || path.startsWith(`${room}/`) || (room === 'engine/loop' && roomOf(path) === room),
  );
}

function breaches(files: readonly SourceFile[], find: (file: SourceFile) => string[]): string[] {
  return files.flatMap((file) => find(file).map((problem) => `${file.path}: ${problem}`));
}

describe('the import table', () => {
  it('has a row for every room', () => {
    const rooms = new Set(everything.map((file) => roomOf(file.path)));
    expect([...rooms].filter((room) => IMPORTS[room] === undefined)).toEqual([]);
  });

  it('holds', () => {
    const found = breaches(everything, (file) => {
      const room = roomOf(file.path);
      const allowed = [room, ...(IMPORTS[room] ?? [])];
      return importsOf(file).filter(
        (path) => /^(engine|workers|monitoring|bench|test)\//.test(path) && !isWithin(path, allowed),
      );
    });
    expect(found).toEqual([]);
  });

  it('resolves every relative import to a file', () => {
    const found = breaches(everything, (file) =>
      importsOf(file).filter(
        (path) => /^(engine|workers|monitoring|bench|test)\//.test(path) && !exists(path),
      ),
    );
    expect(found).toEqual([]);
  });
});

describe.each(SEAMS)('the seam of $what', ({ pattern, rooms }) => {
  it('is touched only where it belongs', () => {
    const found = breaches(production, (file) =>
      !isWithin(file.path, rooms) && pattern.test(withoutComments(file.text)) ? [String(pattern)] : [],
    );
    expect(found).toEqual([]);
  });

  it('would be noticed', () => {
    const samples = [
      "import net from 'node:net';",
      'Date.now()',
      'Math.random()',
      'process.env',
      'process.exit(1)',
      'setTimeout(f)',
    ];
    expect(samples.some((sample) => pattern.test(sample))).toBe(true);
  });
});

describe('the style', () => {
  it('keeps comments within 125 columns (the formatter keeps the code within 110)', () => {
    const found = breaches(production, (file) =>
      file.text
        .split('\n')
        .flatMap((line, index) =>
          /^\s*(\*|\/\/|\/\*)/.test(line) && line.length > 125
            ? [`line ${index + 1} has ${line.length} columns`]
            : [],
        ),
    );
    expect(found).toEqual([]);
  });

  it('has no barrels, enums, default exports or suppressed types', () => {
    const banned =
      /\b(TODO|FIXME|XXX|HACK)\b|^export \* from|^export default|^(export )?(const )?enum |@ts-ignore|@ts-nocheck|\bas any\b|: any\b/m;
    const found = breaches(production, (file) =>
      banned.test(withoutComments(file.text)) ? [String(banned.exec(withoutComments(file.text))?.[0])] : [],
    );
    expect(found).toEqual([]);
  });

  it('leaves no marks of unfinished work', () => {
    const found = breaches(everything, (file) =>
      /\b(TODO|FIXME|XXX)\b/.test(file.text) && !/tidy/.test(file.path) ? ['a mark'] : [],
    );
    expect(found).toEqual([]);
  });

  it('names no path that exists only on a maker’s machine', () => {
    const path = new RegExp(['/wo', 'rk/|\\.\\./sha', 'red'].join(''));
    expect(breaches(everything, (file) => (path.test(file.text) ? ['a private path'] : []))).toEqual([]);
  });
});
