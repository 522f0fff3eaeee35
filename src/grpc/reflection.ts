import { status } from '@grpc/grpc-js';
import {
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  type ServerReflectionServer,
  ServerReflectionService as ReflectionV1,
} from '../gen/grpc/reflection/v1/reflection.js';
import {
  type ServerReflectionServer as ServerReflectionServerV1alpha,
  ServerReflectionService as ReflectionV1alpha,
} from '../gen/grpc/reflection/v1alpha/reflection.js';
import type { Descriptors } from './descriptors.js';
import type { GrpcService } from './service.js';

type Answer = NonNullable<ServerReflectionResponse['messageResponse']>;

/**
 * Server reflection, in both versions that clients ask for: v1, and v1alpha, which is the same on the wire.
 * `serviceNames` are what it lists; their files, and any other of `descriptors`, can be fetched.
 */
export function createReflection(
  descriptors: Descriptors,
  serviceNames: () => readonly string[],
): readonly GrpcService[] {
  const answerOf = (request: ServerReflectionRequest): ServerReflectionResponse => ({
    validHost: request.host,
    originalRequest: request,
    messageResponse: answer(descriptors, serviceNames, request.messageRequest),
  });
  // One request is read when the answer to the last is out: a client that doesn't read can't fill our memory.
  const handlers: ServerReflectionServer & ServerReflectionServerV1alpha = {
    serverReflectionInfo(call) {
      call.on('data', (request: ServerReflectionRequest) => {
        call.pause();
        call.write(answerOf(request), () => call.resume());
      });
      call.on('end', () => call.end());
    },
  };
  return [
    { definition: ReflectionV1, implementation: handlers },
    { definition: ReflectionV1alpha, implementation: handlers },
  ];
}

function answer(
  descriptors: Descriptors,
  serviceNames: () => readonly string[],
  question: ServerReflectionRequest['messageRequest'],
): Answer {
  switch (question?.$case) {
    case 'listServices':
      return { $case: 'listServicesResponse', value: { service: serviceNames().map((name) => ({ name })) } };
    case 'fileByFilename':
      return file(descriptors, question.value, `no file ${question.value}`);
    case 'fileContainingSymbol':
      return file(descriptors, descriptors.fileOfSymbol(question.value), `no symbol ${question.value}`);
    case 'fileContainingExtension': {
      const { containingType, extensionNumber } = question.value;
      return file(
        descriptors,
        descriptors.fileOfExtension(containingType, extensionNumber),
        `no extension ${extensionNumber} of ${containingType}`,
      );
    }
    case 'allExtensionNumbersOfType': {
      const numbers = descriptors.extensionNumbers(question.value);
      return numbers === undefined
        ? problem(status.NOT_FOUND, `no message ${question.value}`)
        : {
            $case: 'allExtensionNumbersResponse',
            value: { baseTypeName: question.value, extensionNumber: [...numbers] },
          };
    }
    case undefined:
      return problem(status.INVALID_ARGUMENT, 'the request asks for nothing that is known here');
  }
}

function file(descriptors: Descriptors, name: string | undefined, otherwise: string): Answer {
  const files = name === undefined ? undefined : descriptors.withImports(name);
  return files === undefined
    ? problem(status.NOT_FOUND, otherwise)
    : { $case: 'fileDescriptorResponse', value: { fileDescriptorProto: [...files] } };
}

function problem(errorCode: number, errorMessage: string): Answer {
  return { $case: 'errorResponse', value: { errorCode, errorMessage } };
}
