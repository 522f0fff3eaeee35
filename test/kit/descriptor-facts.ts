import { fromBinary } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';

/**
 * All that decides how a contract's messages look on the wire, one line a fact: fields with number, type, repetition and
 * oneof, enum values, methods. Comments, files and the order of declarations are left out.
 */
export function descriptorFacts(descriptorSet: Uint8Array, packages: readonly string[]): readonly string[] {
  const facts: string[] = [];
  for (const file of fromBinary(FileDescriptorSetSchema, descriptorSet).file) {
    if (!packages.includes(file.package)) continue;
    for (const message of file.messageType) facts.push(...messageFacts(message, file.package));
    for (const each of file.enumType) facts.push(...enumFacts(each, file.package));
    for (const service of file.service) {
      for (const { name, inputType, outputType, clientStreaming, serverStreaming } of service.method) {
        const stream = (is: boolean): string => (is ? 'stream ' : '');
        const request = `${stream(clientStreaming)}${inputType.slice(1)}`;
        facts.push(
          `${file.package}.${service.name}/${name}(${request}) ${stream(serverStreaming)}${outputType.slice(1)}`,
        );
      }
    }
  }
  return facts.sort();
}

function messageFacts(message: DescriptorProto, scope: string): string[] {
  const name = `${scope}.${message.name}`;
  return [
    name,
    ...message.field.map((field) => {
      const repeated = field.label === FieldDescriptorProto_Label.REPEATED ? 'repeated ' : '';
      const type = field.typeName === '' ? FieldDescriptorProto_Type[field.type] : field.typeName.slice(1);
      const oneof = message.oneofDecl[field.oneofIndex ?? -1]?.name;
      const inOneof = Object.hasOwn(field, 'oneofIndex') && oneof !== undefined ? ` in ${oneof}` : '';
      return `${name}.${field.name} = ${field.number}: ${repeated}${type}${inOneof}`;
    }),
    ...message.nestedType.flatMap((nested) => messageFacts(nested, name)),
    ...message.enumType.flatMap((nested) => enumFacts(nested, name)),
  ];
}

function enumFacts(each: EnumDescriptorProto, scope: string): string[] {
  return each.value.map(({ name, number }) => `${scope}.${each.name}.${name} = ${number}`);
}
