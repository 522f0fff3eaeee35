import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  type FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  FieldDescriptorProto_Type,
} from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { type Descriptors, readDescriptors } from '../../src/grpc/descriptors.js';

function read(...file: MessageInitShape<typeof FileDescriptorProtoSchema>[]): Descriptors {
  return readDescriptors(toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file })));
}

const extend = (extendee: string, name: string, number: number) => ({
  extendee,
  name,
  number,
  type: FieldDescriptorProto_Type.STRING,
});

const shapes = read(
  { name: 'base.proto', messageType: [{ name: 'Unscoped' }] },
  { name: 'options.proto', package: 'opts', messageType: [{ name: 'Options' }], dependency: ['base.proto'] },
  {
    name: 'shapes.proto',
    package: 'a.b',
    dependency: ['options.proto', 'base.proto'],
    messageType: [
      {
        name: 'Outer',
        nestedType: [{ name: 'Inner', enumType: [{ name: 'Deep' }] }],
        extension: [extend('.opts.Options', 'nested', 9)],
      },
    ],
    enumType: [{ name: 'Color' }],
    extension: [extend('.opts.Options', 'top', 4), extend('.opts.Options', 'other', 7)],
    service: [{ name: 'Svc', method: [{ name: 'Do' }] }],
  },
);

describe('descriptors', () => {
  test.each([
    'a.b.Outer',
    'a.b.Outer.Inner',
    'a.b.Outer.Inner.Deep',
    'a.b.Outer.nested',
    'a.b.Color',
    'a.b.top',
    'a.b.Svc',
    'a.b.Svc.Do',
    '.a.b.Svc',
  ])('%s is found in its file', (symbol) => {
    expect(shapes.fileOfSymbol(symbol)).toBe('shapes.proto');
  });

  test.each([
    '',
    'a.b',
    'a.b.',
    'Outer',
    'a.b.Svc.Undo',
    'a.b.Outer.Inner.Deep.X',
  ])('"%s" is not', (symbol) => {
    expect(shapes.fileOfSymbol(symbol)).toBeUndefined();
  });

  test('a file without a package has unscoped names', () => {
    expect(shapes.fileOfSymbol('Unscoped')).toBe('base.proto');
  });

  test('extensions are found by what they extend and their number', () => {
    expect(shapes.fileOfExtension('opts.Options', 4)).toBe('shapes.proto');
    expect(shapes.fileOfExtension('.opts.Options', 9)).toBe('shapes.proto');
    expect(shapes.fileOfExtension('opts.Options', 5)).toBeUndefined();
    expect(shapes.fileOfExtension('a.b.Outer', 4)).toBeUndefined();
  });

  test('the extensions of a message are numbered in order; a message without any has none', () => {
    expect(shapes.extensionNumbers('opts.Options')).toEqual([4, 7, 9]);
    expect(shapes.extensionNumbers('.a.b.Outer')).toEqual([]);
    expect(shapes.extensionNumbers('a.b.Color')).toBeUndefined();
  });

  test('files come with their imports, byte by byte as they were, unknown fields included', () => {
    const base = Buffer.from([0x0a, 1, 0x61, 0xfa, 0x3f, 2, 0x68, 0x69]);
    const user = Buffer.from([0x0a, 1, 0x62, 0x1a, 1, 0x61]);
    const set = Buffer.concat([base, user].flatMap((file) => [Buffer.from([0x0a, file.length]), file]));
    const descriptors = readDescriptors(set);
    expect(descriptors.withImports('b')).toEqual([user, base]);
    expect(descriptors.withImports('a')).toEqual([base]);
    expect(descriptors.withImports('c')).toBeUndefined();
  });

  test('a set that lacks an imported file is a bug', () => {
    const lacking = read({ name: 'user.proto', dependency: ['gone.proto'] });
    expect(() => lacking.withImports('user.proto')).toThrow('lacks gone.proto, which user.proto needs');
  });
});
