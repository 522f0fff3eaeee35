import type { ContainerSource } from '../containers/pod-runtime.js';
import type { LogBuffer } from '../containers/log-buffer.js';
import { at, recordsAt, textAt } from '../store/field.js';
import type { KubeObject } from '../store/object.js';
import type { ResourceType } from '../store/resource.js';
import { type Status, badRequest, notFound } from '../store/status.js';
import type { Store } from '../store/store.js';
import type { Checked } from './checked.js';

/** Which lines of a container's log a client wants, and how. */
export interface LogPlan {
  readonly log: LogBuffer;
  /** The number of the first line. */
  readonly from: number;
  readonly sinceMs: number;
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly maxBytes: number;
}

export interface LogRequest {
  readonly store: Store;
  readonly pods: ResourceType;
  readonly containers: ContainerSource;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly query: URLSearchParams;
  readonly nowMs: number;
}

/** Reads core/v1 PodLogOptions. Source: Kubernetes API reference, `GET …/pods/{name}/log`. */
export function planLog(request: LogRequest): Checked<LogPlan> {
  const { store, pods, namespace, name, query, nowMs } = request;
  const pod = store.get(pods, namespace, name);
  if (!pod) return refused(notFound(pods, name));
  const container = containerOf(pod, query.get('container') ?? '');
  if (!container.ok) return container;
  const found = findLog(request, pod, container.value);
  if (!found.ok) return found;
  const tail = wholeNumber(query, 'tailLines');
  const maxBytes = wholeNumber(query, 'limitBytes');
  const sinceSeconds = wholeNumber(query, 'sinceSeconds');
  const sinceTime = query.get('sinceTime');
  const sinceTimeMs = sinceTime === null ? undefined : Date.parse(sinceTime);
  if ([tail, maxBytes, sinceSeconds, sinceTimeMs].some(Number.isNaN)) {
    return refused(badRequest('tailLines, limitBytes, sinceSeconds or sinceTime makes no sense'));
  }
  const log = found.value;
  return {
    ok: true,
    value: {
      log,
      from: Math.max(log.first, tail === undefined ? 0 : log.next - tail),
      sinceMs: sinceTimeMs ?? (sinceSeconds === undefined ? 0 : nowMs - sinceSeconds * 1_000),
      follow: isTrue(query, 'follow'),
      timestamps: isTrue(query, 'timestamps'),
      maxBytes: maxBytes ?? Number.POSITIVE_INFINITY,
    },
  };
}

/** A pod with one container needs no name for it. */
function containerOf(pod: KubeObject, wanted: string): Checked<string> {
  const names = ['containers', 'initContainers'].flatMap((field) =>
    recordsAt(pod, 'spec', field).map((one) => textAt(one, 'name') ?? ''),
  );
  const { name } = pod.metadata;
  if (wanted !== '') {
    return names.includes(wanted)
      ? { ok: true, value: wanted }
      : refused(badRequest(`container ${wanted} is not valid for pod ${name}`));
  }
  const [only = ''] = names;
  return names.length === 1
    ? { ok: true, value: only }
    : refused(
        badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`),
      );
}

function findLog({ containers, query }: LogRequest, pod: KubeObject, name: string): Checked<LogBuffer> {
  const container = containers.container(pod.metadata.uid ?? '', name);
  const where = `container "${name}" in pod "${pod.metadata.name}"`;
  if (!container) {
    return refused(
      badRequest(`${where} is a mere address in this sandbox: nothing runs, so there is no log`),
    );
  }
  if (isTrue(query, 'previous')) {
    return container.previousLog
      ? { ok: true, value: container.previousLog }
      : refused(badRequest(`previous terminated ${where} not found`));
  }
  if (container.log) return { ok: true, value: container.log };
  const reason = textAt(at(container.status(), 'state'), 'waiting', 'reason') ?? 'ContainerCreating';
  return refused(badRequest(`${where} is waiting to start: ${reason}`));
}

function refused(status: Status): { readonly ok: false; readonly status: Status } {
  return { ok: false, status };
}

/** NaN where it isn't one. */
function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}

function isTrue(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  return text === 'true' || text === '1';
}
