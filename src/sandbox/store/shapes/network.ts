import { conditionsStatus, kindShape, objectReference } from './metadata.js';
import { flags, list, listBy, numbers, numbersOrTexts, object, textLists, textMap, texts } from './shape.js';

/** The shapes of services and their endpoints. */

const servicePort = object(
  texts('appProtocol', 'name', 'protocol'),
  numbers('nodePort', 'port'),
  numbersOrTexts('targetPort'),
);

export const service = kindShape({
  spec: object(
    texts(
      'clusterIP',
      'externalName',
      'externalTrafficPolicy',
      'internalTrafficPolicy',
      'ipFamilyPolicy',
      'loadBalancerClass',
      'loadBalancerIP',
      'sessionAffinity',
      'trafficDistribution',
      'type',
    ),
    numbers('healthCheckNodePort'),
    flags('allocateLoadBalancerNodePorts', 'publishNotReadyAddresses'),
    textLists('clusterIPs', 'externalIPs', 'ipFamilies', 'loadBalancerSourceRanges'),
    {
      ports: listBy('port', servicePort),
      selector: textMap,
      sessionAffinityConfig: object({ clientIP: object(numbers('timeoutSeconds')) }),
    },
  ),
  status: conditionsStatus,
});

const endpointPort = object(texts('appProtocol', 'name', 'protocol'), numbers('port'));
const address = object(texts('hostname', 'ip', 'nodeName'), { targetRef: objectReference });

export const endpoints = kindShape({
  subsets: list(
    object({ addresses: list(address), notReadyAddresses: list(address), ports: list(endpointPort) }),
  ),
});

const hint = list(object(texts('name')));

const endpoint = object(texts('hostname', 'nodeName', 'zone'), textLists('addresses'), {
  conditions: object(flags('ready', 'serving', 'terminating')),
  deprecatedTopology: textMap,
  hints: object({ forNodes: hint, forZones: hint }),
  targetRef: objectReference,
});

export const endpointSlice = kindShape({
  ...texts('addressType'),
  endpoints: list(endpoint),
  ports: list(endpointPort),
});
