import { flags, list, numbers, numbersOrTexts, object, opens, texts } from './shape.js';
import { labelSelector } from './metadata.js';

const keyToPath = object(texts('key', 'path'), numbers('mode'));
const items = { items: list(keyToPath) };

export const fieldReference = object(texts('apiVersion', 'fieldPath'));
export const resourceFieldReference = object(texts('containerName', 'resource'), numbersOrTexts('divisor'));

const downwardFile = object(texts('path'), numbers('mode'), {
  fieldRef: fieldReference,
  resourceFieldRef: resourceFieldReference,
});

const projection = object({
  clusterTrustBundle: object(texts('name', 'path', 'signerName'), flags('optional'), { labelSelector }),
  configMap: object(texts('name'), flags('optional'), items),
  downwardAPI: object({ items: list(downwardFile) }),
  podCertificate: object(
    texts('certificateChainPath', 'credentialBundlePath', 'keyPath', 'keyType', 'signerName'),
    numbers('maxExpirationSeconds'),
  ),
  secret: object(texts('name'), flags('optional'), items),
  serviceAccountToken: object(texts('audience', 'path'), numbers('expirationSeconds')),
});

/** core/v1 Volume. Sources that need storage of the cluster's own are not looked into. */
export const volume = object(
  texts('name'),
  {
    configMap: object(texts('name'), flags('optional'), numbers('defaultMode'), items),
    downwardAPI: object(numbers('defaultMode'), { items: list(downwardFile) }),
    emptyDir: object(texts('medium'), numbersOrTexts('sizeLimit')),
    hostPath: object(texts('path', 'type')),
    persistentVolumeClaim: object(texts('claimName'), flags('readOnly')),
    projected: object(numbers('defaultMode'), { sources: list(projection) }),
    secret: object(texts('secretName'), flags('optional'), numbers('defaultMode'), items),
  },
  opens(
    'awsElasticBlockStore',
    'azureDisk',
    'azureFile',
    'cephfs',
    'cinder',
    'csi',
    'ephemeral',
    'fc',
    'flexVolume',
    'flocker',
    'gcePersistentDisk',
    'gitRepo',
    'glusterfs',
    'image',
    'iscsi',
    'nfs',
    'photonPersistentDisk',
    'portworxVolume',
    'quobyte',
    'rbd',
    'scaleIO',
    'storageos',
    'vsphereVolume',
  ),
);
