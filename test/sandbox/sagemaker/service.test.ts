import {
  AddAssociationCommand,
  CreateActionCommand,
  CreateArtifactCommand,
  CreateContextCommand,
  DescribeActionCommand,
  ListAssociationsCommand,
} from '@aws-sdk/client-sagemaker';
import { expect, test } from 'vitest';
import { artifactId } from '../../../src/sandbox/artifact-id.ts';
import { ARN, startSageMaker, T0 } from './loopback.ts';

test('what a caller creates can be described and listed, with the times of the clock', async () => {
  const { client } = await startSageMaker();
  const { ActionArn } = await client.send(
    new CreateActionCommand({ ActionName: 'Build-1', ActionType: 'ModelBuild', Source: { SourceUri: 'u' } }),
  );
  const { ArtifactArn } = await client.send(
    new CreateArtifactCommand({ ArtifactType: 'Model', Source: { SourceUri: 's3://b/m' } }),
  );
  await client.send(new AddAssociationCommand({ SourceArn: ActionArn, DestinationArn: ArtifactArn }));

  const described = await client.send(new DescribeActionCommand({ ActionName: ActionArn }));
  const listed = await client.send(new ListAssociationsCommand({}));

  const { $metadata, ...action } = described;
  expect(action).toEqual({
    ActionArn: `${ARN}:action/build-1`,
    ActionName: 'Build-1',
    ActionType: 'ModelBuild',
    Source: { SourceUri: 'u' },
    CreationTime: new Date(T0),
    LastModifiedTime: new Date(T0),
    CreatedBy: {},
    LastModifiedBy: {},
    LineageGroupArn: `${ARN}:lineage-group/sagemaker-default-lineage-group`,
  });
  expect($metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(listed.AssociationSummaries).toEqual([
    {
      SourceArn: `${ARN}:action/build-1`,
      SourceType: 'ModelBuild',
      SourceName: 'Build-1',
      DestinationArn: `${ARN}:artifact/${artifactId('s3://b/m')}`,
      DestinationType: 'Model',
      CreationTime: new Date(T0 + 2000),
      CreatedBy: {},
    },
  ]);
});

test.each([
  ['no credential', {}, 403, 'MissingAuthenticationTokenException'],
  ['a credential for another service', signed('s3'), 403, 'InvalidSignatureException'],
  [
    'an unknown operation',
    { ...signed('sagemaker'), 'x-amz-target': 'SageMaker.Fly' },
    400,
    'UnknownOperationException',
  ],
  [
    'no operation',
    { ...signed('sagemaker'), 'x-amz-target': 'DynamoDB.ListTables' },
    400,
    'UnknownOperationException',
  ],
])('a request with %s is refused', async (_, headers, status, type) => {
  const { url } = await startSageMaker();

  const reply = await fetch(url, {
    method: 'POST',
    headers: { 'x-amz-target': 'SageMaker.ListArtifacts', ...headers },
    body: '{}',
  });

  expect(reply.status).toBe(status);
  expect(reply.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
  expect(await reply.json()).toEqual({ __type: type, message: expect.any(String) });
});

test.each([
  ['no JSON', '{', 'The request body is not JSON'],
  ['a list for a structure', '[]', 'Expected a structure at the top of the request, got []'],
  ['a number for text', '{"SourceUri":4}', 'Expected a string at SourceUri, got 4'],
  ['text for a number', '{"MaxResults":"x"}', 'Expected a number at MaxResults, got "x"'],
  ['text for a time', '{"CreatedAfter":"2024-01-01"}', 'Expected a number at CreatedAfter, got "2024-01-01"'],
])('a body with %s is a SerializationException', async (_, body, message) => {
  const { url } = await startSageMaker();

  const reply = await fetch(url, {
    method: 'POST',
    headers: { 'x-amz-target': 'SageMaker.ListArtifacts', ...signed('sagemaker') },
    body,
  });

  expect(reply.status).toBe(400);
  expect(await reply.json()).toEqual({ __type: 'SerializationException', message });
});

test('a region that the account holds nothing in is empty, and stays apart', async () => {
  const { client, url } = await startSageMaker();
  const inRegion = (region: string) =>
    fetch(url, {
      method: 'POST',
      headers: { 'x-amz-target': 'SageMaker.ListContexts', ...signed('sagemaker', region) },
      body: '{}',
    }).then((reply) => reply.json());
  await client.send(
    new CreateContextCommand({ ContextName: 'c', ContextType: 'T', Source: { SourceUri: 'u' } }),
  );

  expect(await inRegion('us-east-1')).toEqual({ ContextSummaries: [] });
  expect(await inRegion('eu-west-1')).toEqual({ ContextSummaries: [expect.anything()] });
});

function signed(service: string, region = 'eu-west-1') {
  const credential = `AKIDEXAMPLE/20240101/${region}/${service}/aws4_request`;
  return { authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=0` };
}
