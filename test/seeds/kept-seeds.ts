/**
 * Seeds that once failed, and what they found. They always run. A change of what histories are made of makes others of
 * them: then the failure is to be found again, with the fault put back, or its line to be dropped.
 */
export const keptSeeds: readonly (readonly [seed: number, found: string])[] = [
  [23, 'a port that passes by the sidecar had an identity where the sidecar could not be found'],
  [5, 'everything was told anew to clients whose zone became known, though no endpoint had a zone'],
  [65, 'a profile was told again that said what it had said before'],
  [82, 'a key that somebody came back to was dropped to make room while it was being brought up to date'],
  [156, 'a key was dropped with the last that held it while another was reading it'],
  [199, 'a client was not told of what came back, because its key had been dropped at work'],
];
