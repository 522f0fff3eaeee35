import { type Fields, at, isFields, listAt, numberAt, textAt } from '../store/field.js';
import { badRequest, failure } from '../store/status.js';
import type { DeleteOptions } from '../store/store.js';
import { type Body, parseObjectBody } from './body.js';
import type { Checked } from './checked.js';

/** Whether a write is only to be tried: `dryRun=All`. */
export function readDryRun(values: readonly unknown[]): Checked<boolean> {
  const unknown = values.find((value) => value !== 'All' && value !== '');
  if (unknown !== undefined) {
    return {
      ok: false,
      status: failure({
        code: 422,
        reason: 'Invalid',
        message: `dryRun: Unsupported value: ${JSON.stringify(unknown)}: supported values: "All"`,
      }),
    };
  }
  return { ok: true, value: values.includes('All') };
}

/** Reads meta/v1 DeleteOptions from the body, or what the query has of it. */
export function readDeleteOptions(query: URLSearchParams, body: Body): Checked<DeleteOptions> {
  const parsed: Checked<unknown> = body.text === '' ? { ok: true, value: {} } : parseObjectBody(body);
  if (!parsed.ok) return parsed;
  const sent: Fields = isFields(parsed.value) ? parsed.value : {};
  const dryRun = readDryRun([...query.getAll('dryRun'), ...listAt(sent, 'dryRun')]);
  if (!dryRun.ok) return dryRun;
  const policy = textAt(sent, 'propagationPolicy') ?? query.get('propagationPolicy') ?? undefined;
  if (policy !== undefined && policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan') {
    return { ok: false, status: badRequest(`invalid propagationPolicy: ${JSON.stringify(policy)}`) };
  }
  const graceText = query.get('gracePeriodSeconds');
  const grace = numberAt(sent, 'gracePeriodSeconds') ?? (graceText === null ? undefined : Number(graceText));
  if (grace !== undefined && !(Number.isSafeInteger(grace) && grace >= 0)) {
    return { ok: false, status: badRequest(`invalid gracePeriodSeconds: ${grace}`) };
  }
  const orphan = at(sent, 'orphanDependents') === true || query.get('orphanDependents') === 'true';
  const uid = textAt(sent, 'preconditions', 'uid');
  const resourceVersion = textAt(sent, 'preconditions', 'resourceVersion');
  return {
    ok: true,
    value: {
      dryRun: dryRun.value,
      ...(grace !== undefined && { gracePeriodSeconds: grace }),
      ...(policy !== undefined ? { propagationPolicy: policy } : orphan && { propagationPolicy: 'Orphan' }),
      preconditions: {
        ...(uid !== undefined && { uid }),
        ...(resourceVersion !== undefined && { resourceVersion }),
      },
    },
  };
}
