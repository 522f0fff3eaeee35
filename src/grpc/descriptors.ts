import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import {
  type DescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';

/** The files of a descriptor set, found by what they declare. */
export interface Descriptors {
  /** The name of the file that declares a service, method, message, enum or extension, by its full name. */
  fileOfSymbol(symbol: string): string | undefined;
  /** The name of the file that declares an extension. */
  fileOfExtension(message: string, number: number): string | undefined;
  /** The numbers of all extensions of a message, ascending; undefined if there is no such message. */
  extensionNumbers(message: string): readonly number[] | undefined;
  /** A file and all that it imports, itself first, each once, as serialized FileDescriptorProtos. */
  withImports(file: string): readonly Buffer[] | undefined;
}

interface File {
  /** As the compiler wrote it: encoding it anew could lose what this runtime does not know. */
  readonly bytes: Buffer;
  readonly imports: readonly string[];
}

/** Field 1 of google.protobuf.FileDescriptorSet: `repeated FileDescriptorProto file`. */
const fileField = 1;

/** Indexes a serialized google.protobuf.FileDescriptorSet that holds every file its files import. */
export function readDescriptors(descriptorSet: Uint8Array): Descriptors {
  const files = new Map<string, File>();
  const symbols = new Map<string, string>();
  const messages = new Set<string>();
  const extensions = new Map<string, Map<number, string>>();

  const addExtension = (scope: string, file: string, field: FieldDescriptorProto): void => {
    symbols.set(join(scope, field.name), file);
    const extended = withoutLeadingDot(field.extendee);
    const numbers = extensions.get(extended) ?? new Map<number, string>();
    numbers.set(field.number, file);
    extensions.set(extended, numbers);
  };
  const addMessage = (scope: string, file: string, message: DescriptorProto): void => {
    const name = join(scope, message.name);
    symbols.set(name, file);
    messages.add(name);
    for (const nested of message.nestedType) addMessage(name, file, nested);
    for (const nested of message.enumType) symbols.set(join(name, nested.name), file);
    for (const nested of message.extension) addExtension(name, file, nested);
  };
  const addFile = (file: FileDescriptorProto, bytes: Buffer): void => {
    files.set(file.name, { bytes, imports: file.dependency });
    for (const message of file.messageType) addMessage(file.package, file.name, message);
    for (const each of file.enumType) symbols.set(join(file.package, each.name), file.name);
    for (const each of file.extension) addExtension(file.package, file.name, each);
    for (const service of file.service) {
      const name = join(file.package, service.name);
      symbols.set(name, file.name);
      for (const method of service.method) symbols.set(join(name, method.name), file.name);
    }
  };
  for (const bytes of filesOf(descriptorSet)) addFile(fromBinary(FileDescriptorProtoSchema, bytes), bytes);

  return {
    fileOfSymbol: (symbol) => symbols.get(withoutLeadingDot(symbol)),
    fileOfExtension: (message, number) => extensions.get(withoutLeadingDot(message))?.get(number),
    extensionNumbers(message) {
      const name = withoutLeadingDot(message);
      if (!messages.has(name)) return undefined;
      return [...(extensions.get(name)?.keys() ?? [])].sort((a, b) => a - b);
    },
    withImports(name) {
      if (!files.has(name)) return undefined;
      // A Set visits what is added while it is walked.
      const wanted = new Set([name]);
      const found: Buffer[] = [];
      for (const each of wanted) {
        const file = files.get(each);
        if (file === undefined) throw new Error(`the descriptor set lacks ${each}, which ${name} needs`);
        found.push(file.bytes);
        for (const imported of file.imports) wanted.add(imported);
      }
      return found;
    },
  };
}

function* filesOf(descriptorSet: Uint8Array): Generator<Buffer> {
  const reader = new BinaryReader(descriptorSet);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === fileField && wireType === WireType.LengthDelimited) yield Buffer.from(reader.bytes());
    else reader.skip(wireType, field);
  }
}

function join(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`;
}

function withoutLeadingDot(name: string): string {
  return name.startsWith('.') ? name.slice(1) : name;
}
