import type { ToldProfileEvent } from '../client/profile.js';
import type { ToldProfile } from '../client/told-profile.js';
import type { WatchPrinter } from './ask.js';
import { lostLine } from './endpoints-json.js';
import { outageLines } from './failure-line.js';
import type { Io } from './io.js';
import { printableJson } from './printable.js';
import { profileDocument } from './profile-json.js';
import { profileText } from './profile-text.js';

/** Prints what is heard of the profiles of some authorities, in one format. */
export interface ProfilePrinter extends WatchPrinter<ToldProfileEvent> {
  /** The answer to a single question. */
  readonly answer: (authority: string, profile: ToldProfile) => void;
}

/** Sections to read: each is a whole profile, which replaces the one of the same authority before it. */
export function textPrinter(io: Io): ProfilePrinter {
  const outages = outageLines(io);
  /** The last section about each authority. */
  const sections = new Map<string, string>();
  const print = (authority: string, profile: ToldProfile) => {
    const section = profileText(authority, profile);
    // A stream that was lost and made again begins with what was known.
    if (sections.get(authority) === section) return;
    const gap = sections.size > 0 ? '\n' : '';
    io.stdout.write(`${gap}${section}`);
    sections.set(authority, section);
  };
  return {
    answer: print,
    event: (authority, { profile }) => {
      outages.heard(authority);
      print(authority, profile);
    },
    lost: outages.lost,
  };
}

/** The documents and lines of profile-json.ts. */
export function jsonPrinter(io: Io): ProfilePrinter {
  return {
    answer: (authority, profile) => {
      io.stdout.write(`${printableJson(profileDocument(authority, profile), { indent: 2 })}\n`);
    },
    event: (authority, { kind, profile }) => {
      io.stdout.write(`${printableJson({ kind, ...profileDocument(authority, profile) })}\n`);
    },
    lost: (authority, failure, retryInMs) => {
      io.stdout.write(`${printableJson(lostLine(authority, failure, retryInMs))}\n`);
    },
  };
}
