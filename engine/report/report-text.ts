/** Numbers and texts as people read them, and HTML that cannot be broken by what it holds. */

/** Text for HTML, in content and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

const MINUS = '−';
const NONE = '–';
/** A number and its unit stay on one line. */
const JOINT = '\u00a0';
const GROUP = '\u202f';

/** With as many digits as matter, in groups of three. */
export function numberText(value: number | null, digits = 4): string {
  if (value === null || !Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-6) return plain(value.toExponential(1));
  const whole = size < 1 ? 0 : Math.floor(Math.log10(size)) + 1;
  const leadingZeros = size === 0 || size >= 1 ? 0 : Math.ceil(-Math.log10(size)) - 1;
  const decimals = size === 0 ? 0 : Math.max(0, Math.min(8, digits - whole + leadingZeros));
  return plain(grouped(value.toFixed(decimals)));
}

/** A size or a position as it is: what floats have added behind its tenth digit is left out. */
export function sizeText(value: number): string {
  return plain(String(Number(value.toPrecision(10))));
}

/** Money: cents from one unit on, more digits of less. */
export function moneyText(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  if (size >= 100_000) return plain(grouped(value.toFixed(0)));
  if (size >= 1 || size === 0) return plain(grouped(value.toFixed(2)));
  return numberText(value, 3);
}

/** With its sign, where gain and loss are told apart. */
export function signedText(value: number | null): string {
  if (value === null || !(value > 0)) return moneyText(value);
  return `+${moneyText(value)}`;
}

/** A large amount in few letters. */
export function shortText(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  for (const [unit, name] of [
    [1e9, 'bn'],
    [1e6, 'm'],
    [1e4, 'k'],
  ] as const) {
    if (size >= unit) {
      const scaled = value / (name === 'k' ? 1e3 : unit);
      return `${plain(scaled.toFixed(Math.abs(scaled) >= 100 ? 0 : 1))}${JOINT}${name}`;
    }
  }
  return size >= 1_000 ? plain(grouped(value.toFixed(0))) : moneyText(value);
}

export function percentText(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return NONE;
  const percent = share * 100;
  const size = Math.abs(percent);
  return `${plain(percent.toFixed(size >= 10 || size === 0 ? 1 : size >= 0.1 ? 2 : 3))}${JOINT}%`;
}

export function bpsText(bps: number | null): string {
  return bps === null ? NONE : `${bps > 0 ? '+' : ''}${plain(bps.toFixed(2))}`;
}

export function countText(count: number): string {
  return grouped(String(count));
}

/** "3 h 20 min", "5 min 0 s". */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  const days = Math.floor(whole / 86_400);
  const hours = Math.floor((whole % 86_400) / 3_600);
  const minutes = Math.floor((whole % 3_600) / 60);
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  if (minutes > 0) return `${minutes} min ${whole % 60} s`;
  return seconds < 10 ? `${seconds.toFixed(1)} s` : `${whole} s`;
}

/** "2026-11-21 18:04:05", UTC. */
export function timeText(ms: number): string {
  if (!Number.isFinite(ms)) return NONE;
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}

function plain(text: string): string {
  return text.startsWith('-') ? MINUS + text.slice(1) : text;
}

function grouped(text: string): string {
  const [whole = '', fraction] = text.split('.');
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, GROUP);
  return fraction === undefined ? groups : `${groups}.${fraction}`;
}
