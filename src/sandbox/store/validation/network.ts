import { isIP, isIPv4, isIPv6 } from 'node:net';
import { at, listAt, textAt } from '../field.js';
import { jsonEqual } from '../immutable.js';
import type { KubeObject } from '../object.js';
import { type FieldProblem, duplicates, invalidValue, notSupported, required } from '../problem.js';
import { labelsProblems } from './metadata.js';
import { dnsLabelProblem, dnsSubdomainProblem, portNameProblem } from './name.js';
import { portProblems, protocols } from './port.js';

type Problems = readonly FieldProblem[];

const serviceTypes = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const trafficPolicies = ['Cluster', 'Local'];
const addressTypes = ['FQDN', 'IPv4', 'IPv6'];

export function serviceProblems(service: KubeObject, previous: KubeObject | undefined): Problems {
  const type = at(service, 'spec', 'type');
  const problems: FieldProblem[] = [];
  if (at(service, 'spec') === undefined) return [required('spec')];
  problems.push(...oneOf(service, ['spec', 'type'], serviceTypes));
  problems.push(...oneOf(service, ['spec', 'internalTrafficPolicy'], trafficPolicies));
  problems.push(...oneOf(service, ['spec', 'externalTrafficPolicy'], trafficPolicies));
  problems.push(...oneOf(service, ['spec', 'sessionAffinity'], ['ClientIP', 'None']));
  problems.push(...labelsProblems(at(service, 'spec', 'selector'), 'spec.selector'));
  problems.push(...servicePortsProblems(service));
  if (type === 'ExternalName') problems.push(...externalNameProblems(service));
  else problems.push(...clusterIpProblems(service, previous));
  return problems;
}

function oneOf(object: KubeObject, path: readonly string[], supported: readonly string[]): Problems {
  const value = at(object, ...path);
  if (value === undefined || (typeof value === 'string' && supported.includes(value))) return [];
  return [notSupported(path.join('.'), value, supported)];
}

function externalNameProblems(service: KubeObject): Problems {
  const name = textAt(service, 'spec', 'externalName') ?? '';
  if (name === '') return [required('spec.externalName')];
  const problem = dnsSubdomainProblem(name.endsWith('.') ? name.slice(0, -1) : name);
  return problem === undefined ? [] : [invalidValue('spec.externalName', name, problem)];
}

function clusterIpProblems(service: KubeObject, previous: KubeObject | undefined): Problems {
  const ip = textAt(service, 'spec', 'clusterIP') ?? '';
  const before = textAt(previous, 'spec', 'clusterIP') ?? '';
  const field = 'spec.clusterIPs[0]';
  if (ip !== '' && ip !== 'None' && isIP(ip) === 0) {
    return [invalidValue(field, ip, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
  }
  const stays = before === '' || ip === before || textAt(previous, 'spec', 'type') === 'ExternalName';
  return stays ? [] : [invalidValue(field, ip, 'may not change once set')];
}

function servicePortsProblems(service: KubeObject): Problems {
  const ports = listAt(service, 'spec', 'ports');
  const headless = at(service, 'spec', 'clusterIP') === 'None';
  if (ports.length === 0) {
    return headless || at(service, 'spec', 'type') === 'ExternalName' ? [] : [required('spec.ports')];
  }
  const problems = ports.flatMap((port, index) =>
    servicePortProblems(port, `spec.ports[${index}]`, ports.length > 1),
  );
  const numbered = ports.map((port) => ({
    key: `${String(at(port, 'port'))}/${String(at(port, 'protocol'))}`,
  }));
  const repeated = duplicates(numbered, 'key', 'spec.ports').map((problem) => ({
    ...problem,
    field: problem.field.replace(/\.key$/, ''),
  }));
  return [...problems, ...duplicates(ports, 'name', 'spec.ports'), ...repeated];
}

function servicePortProblems(port: unknown, field: string, nameNeeded: boolean): Problems {
  const name = textAt(port, 'name') ?? '';
  const protocol = at(port, 'protocol');
  const problems: FieldProblem[] = [];
  if (name === '' && nameNeeded) problems.push(required(`${field}.name`));
  const nameProblem = name === '' ? undefined : dnsLabelProblem(name);
  if (nameProblem !== undefined) problems.push(invalidValue(`${field}.name`, name, nameProblem));
  problems.push(...portProblems(at(port, 'port') ?? 0, `${field}.port`));
  if (!protocols.includes(String(protocol))) {
    problems.push(notSupported(`${field}.protocol`, protocol, protocols));
  }
  const target = at(port, 'targetPort');
  // By default it is the port, of which one complaint is enough.
  if (target !== at(port, 'port')) problems.push(...targetPortProblems(target, `${field}.targetPort`));
  const nodePort = at(port, 'nodePort');
  if (nodePort !== undefined && nodePort !== 0) problems.push(...portProblems(nodePort, `${field}.nodePort`));
  return problems;
}

function targetPortProblems(target: unknown, field: string): Problems {
  if (typeof target !== 'string') return portProblems(target, field);
  const problem = portNameProblem(target);
  return problem === undefined ? [] : [invalidValue(field, target, problem)];
}

export function endpointsProblems(endpoints: KubeObject): Problems {
  return listAt(endpoints, 'subsets').flatMap((subset, index) => {
    const field = `subsets[${index}]`;
    const addresses = ['addresses', 'notReadyAddresses'].flatMap((list) =>
      listAt(subset, list).flatMap((address, position) =>
        ipProblems(at(address, 'ip'), `${field}.${list}[${position}].ip`),
      ),
    );
    return [...addresses, ...endpointPortsProblems(subset, `${field}.ports`, true)];
  });
}

export function endpointSliceProblems(slice: KubeObject, previous: KubeObject | undefined): Problems {
  const addressType = at(slice, 'addressType');
  const problems: FieldProblem[] = [];
  if (addressType === undefined) problems.push(required('addressType'));
  else problems.push(...oneOf(slice, ['addressType'], addressTypes));
  if (previous && !jsonEqual(addressType, previous['addressType'])) {
    problems.push(invalidValue('addressType', addressType, 'field is immutable'));
  }
  for (const [index, endpoint] of listAt(slice, 'endpoints').entries()) {
    problems.push(...endpointProblems(endpoint, `endpoints[${index}]`, addressType));
  }
  return [
    ...problems,
    ...endpointPortsProblems(slice, 'ports', false),
    ...duplicates(listAt(slice, 'ports'), 'name', 'ports'),
  ];
}

function endpointProblems(endpoint: unknown, field: string, addressType: unknown): Problems {
  const addresses = listAt(endpoint, 'addresses');
  if (addresses.length === 0) return [required(`${field}.addresses`, 'must contain at least 1 address')];
  return addresses.flatMap((address, index) => {
    const path = `${field}.addresses[${index}]`;
    if (addressType === 'IPv4' && !isIPv4(String(address))) {
      return [invalidValue(path, address, 'must be a valid IPv4 address')];
    }
    if (addressType === 'IPv6' && !isIPv6(String(address))) {
      return [invalidValue(path, address, 'must be a valid IPv6 address')];
    }
    if (addressType !== 'FQDN') return [];
    const problem = dnsSubdomainProblem(String(address));
    return problem === undefined ? [] : [invalidValue(path, address, problem)];
  });
}

/** An endpoint port without a number stands for all ports in a slice, and for none in Endpoints. */
function endpointPortsProblems(holder: unknown, field: string, numberNeeded: boolean): Problems {
  const ports = listAt(holder, 'ports');
  return ports.flatMap((port, index) => {
    const path = `${field}[${index}]`;
    const number = at(port, 'port');
    const protocol = at(port, 'protocol');
    const problems: FieldProblem[] = [];
    if (number !== undefined) problems.push(...portProblems(number, `${path}.port`));
    else if (numberNeeded) problems.push(...portProblems(0, `${path}.port`));
    if (!protocols.includes(String(protocol))) {
      problems.push(notSupported(`${path}.protocol`, protocol, protocols));
    }
    if (numberNeeded && ports.length > 1 && (textAt(port, 'name') ?? '') === '') {
      problems.push(required(`${path}.name`));
    }
    return problems;
  });
}

function ipProblems(ip: unknown, field: string): Problems {
  if (typeof ip === 'string' && isIP(ip) !== 0) return [];
  return [invalidValue(field, ip ?? '', 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
}
