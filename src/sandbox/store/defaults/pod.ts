import { type Fields, at, fieldsAt, isFields, listAt, recordsAt, textAt } from '../field.js';
import type { KubeObject } from '../object.js';

/**
 * What the API server fills in where the author of a pod says nothing: the values that programs read back, and that users
 * are used to seeing. Source: Kubernetes API reference, core/v1 PodSpec and Container.
 */

export function podDefaults(pod: KubeObject): KubeObject {
  const spec = fieldsAt(pod, 'spec');
  if (!spec) return pod;
  const account = textAt(spec, 'serviceAccountName') ?? 'default';
  return {
    ...pod,
    spec: podSpecDefaults({ enableServiceLinks: true, serviceAccountName: account, ...spec }),
    status: { phase: 'Pending', qosClass: qosClassOf(spec), ...fieldsAt(pod, 'status') },
  };
}

/** The defaults of a workload's pod template at `spec.template`. */
export function templateDefaults(template: unknown): unknown {
  const spec = fieldsAt(template, 'spec');
  return isFields(template) && spec ? { ...template, spec: podSpecDefaults(spec) } : template;
}

function podSpecDefaults(spec: Fields): Fields {
  const hostNetwork = spec['hostNetwork'] === true;
  const containers = (field: string): Fields =>
    Array.isArray(spec[field])
      ? { [field]: listAt(spec, field).map((one) => containerDefaults(one, hostNetwork)) }
      : {};
  return {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    ...spec,
    ...containers('initContainers'),
    ...containers('containers'),
    ...(Array.isArray(spec['volumes']) && { volumes: spec['volumes'].map(volumeDefaults) }),
  };
}

function containerDefaults(container: unknown, hostNetwork: boolean): unknown {
  if (!isFields(container)) return container;
  const image = textAt(container, 'image');
  return {
    ...(image !== undefined && { imagePullPolicy: pullPolicyOf(image) }),
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    ...container,
    ...mapped(container, 'ports', (port) => ({
      protocol: 'TCP',
      // A port of the host's own network is the same on the host.
      ...(hostNetwork && { hostPort: port['containerPort'] }),
      ...port,
    })),
    ...mapped(container, 'env', envDefaults),
    ...Object.fromEntries(
      ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((name) => {
        const probe = fieldsAt(container, name);
        return probe ? [[name, probeDefaults(probe)]] : [];
      }),
    ),
  };
}

function pullPolicyOf(image: string): string {
  if (image.includes('@')) return 'IfNotPresent';
  const tag = /:([^:/]+)$/.exec(image)?.[1] ?? 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function probeDefaults(probe: Fields): Fields {
  const http = fieldsAt(probe, 'httpGet');
  return {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
    ...probe,
    ...(http && { httpGet: { path: '/', scheme: 'HTTP', ...http } }),
  };
}

function envDefaults(variable: Fields): Fields {
  const reference = fieldsAt(variable, 'valueFrom', 'fieldRef');
  if (!reference) return variable;
  return {
    ...variable,
    valueFrom: { ...fieldsAt(variable, 'valueFrom'), fieldRef: { apiVersion: 'v1', ...reference } },
  };
}

function volumeDefaults(volume: unknown): unknown {
  if (!isFields(volume)) return volume;
  if (Object.keys(volume).every((name) => name === 'name')) return { ...volume, emptyDir: {} };
  return Object.fromEntries(
    Object.entries(volume).map(([name, source]) => {
      const files =
        name === 'configMap' || name === 'secret' || name === 'downwardAPI' || name === 'projected';
      return [name, files && isFields(source) ? { defaultMode: 0o644, ...source } : source];
    }),
  );
}

function mapped(container: Fields, field: string, change: (one: Fields) => Fields): Fields {
  const list = at(container, field);
  return Array.isArray(list) ? { [field]: list.map((one) => (isFields(one) ? change(one) : one)) } : {};
}

function qosClassOf(spec: Fields): string {
  const resources = [...recordsAt(spec, 'initContainers'), ...recordsAt(spec, 'containers')].map(
    (container) => ({
      limits: fieldsAt(container, 'resources', 'limits') ?? {},
      requests: fieldsAt(container, 'resources', 'requests') ?? {},
    }),
  );
  const names = ['cpu', 'memory'];
  const any = resources.some(({ limits, requests }) =>
    names.some((name) => name in limits || name in requests),
  );
  if (!any) return 'BestEffort';
  const guaranteed = resources.every(({ limits, requests }) =>
    names.every((name) => name in limits && (requests[name] ?? limits[name]) === limits[name]),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
