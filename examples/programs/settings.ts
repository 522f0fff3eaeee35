import process from 'node:process';

/** What the environment says, or its absence means. */

export function textSetting(name: string, otherwise: string): string {
  const text = process.env[name] ?? '';
  return text === '' ? otherwise : text;
}

/** A program with a setting that makes no sense doesn't start. */
export function numberSetting(name: string, otherwise: number): number {
  const value = Number(textSetting(name, String(otherwise)));
  if (Number.isFinite(value) && value >= 0) return value;
  throw new Error(`${name}: expected a number from 0, found ${JSON.stringify(process.env[name])}`);
}

/** The address to listen on. */
export const listenHost = textSetting('LISTEN_ADDR', '127.0.0.1');
