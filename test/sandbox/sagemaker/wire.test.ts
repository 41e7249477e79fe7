import { AwsJson1_1Protocol } from '@aws-sdk/core/protocols';
import { NormalizedSchema } from '@smithy/core/schema';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OPERATIONS } from '../../../src/sandbox/sagemaker/operations.ts';
import { type OperationSchema, writeReply } from '../../../src/sandbox/sagemaker/wire.ts';

test.each([...OPERATIONS])(
  'a reply of %s is written byte by byte as by the codec of the SDK',
  (_, { schema }) => {
    fc.assert(
      fc.property(arbitraryOf(NormalizedSchema.of(schema[5])), (reply) => {
        const written = writeReply(schema, reply as object).toString();

        expect(written).toBe(writtenBySdk(schema, reply as object));
      }),
      { numRuns: 50 },
    );
  },
);

/** Of each type the values that are written in a way of their own, and many others. */
function arbitraryOf(schema: NormalizedSchema): fc.Arbitrary<unknown> {
  if (schema.isStructSchema()) {
    const members = [...schema.structIterator()].map(([name, member]) => [name, arbitraryOf(member)]);
    return fc.record(Object.fromEntries(members), { requiredKeys: [] });
  }
  if (schema.isListSchema()) return fc.array(arbitraryOf(schema.getValueSchema()), { maxLength: 3 });
  if (schema.isMapSchema()) {
    return fc.dictionary(fc.string(), arbitraryOf(schema.getValueSchema()), { maxKeys: 3 });
  }
  if (schema.isTimestampSchema()) return fc.date({ noInvalidDate: true });
  if (schema.isNumericSchema()) return fc.oneof(fc.integer(), fc.double());
  if (schema.isBooleanSchema()) return fc.boolean();
  return fc.string({ unit: 'binary' });
}

function writtenBySdk(schema: OperationSchema, reply: object): string {
  const protocol = new AwsJson1_1Protocol({
    defaultNamespace: 'com.amazonaws.sagemaker',
    serviceTarget: 'SageMaker',
  });
  const writer = protocol.getPayloadCodec().createSerializer();
  writer.write(NormalizedSchema.of(schema[5]), reply);
  const written: string | Uint8Array = writer.flush();
  return typeof written === 'string' ? written : Buffer.copyBytesFrom(written).toString();
}
