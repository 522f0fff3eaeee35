import { type FieldProblem, invalidValue } from '../problem.js';

export const protocols: readonly string[] = ['SCTP', 'TCP', 'UDP'];

/** Checks the number of a port at `field`. */
export function portProblems(port: unknown, field: string): readonly FieldProblem[] {
  if (typeof port !== 'number' || !Number.isInteger(port)) {
    return [invalidValue(field, port, 'must be an integer')];
  }
  if (port >= 1 && port <= 65_535) return [];
  return [invalidValue(field, port, 'must be between 1 and 65535, inclusive')];
}
