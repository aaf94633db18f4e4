import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { traceAwsClient } from '../telemetry/edges/aws-client.ts';

/** The SDK has no request time-out of its own, and one that is set only warns unless it is told to throw. */
const requestHandler = { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true };

// Without `useQueueUrlAsEndpoint: false` the host of the queue's URL is called: neither AWS_ENDPOINT_URL nor the dual-stack endpoint counts then.
const sqsOptions = { requestHandler, useQueueUrlAsEndpoint: false };

/** SQS, three attempts of 1 s to connect and 3 s to answer. Region, credentials and endpoint come from the environment, at the first call. */
export const sqsClient = (): SQSClient => traceAwsClient(new SQSClient(sqsOptions));

/** SQS for the relay's nudge, which a request waits for before it commits: one attempt. */
export const nudgeClient = (): SQSClient => new SQSClient({ ...sqsOptions, maxAttempts: 1 });

/** EventBridge, with the same time-outs. */
export const eventBridgeClient = (): EventBridgeClient => traceAwsClient(new EventBridgeClient({ requestHandler }));

/** S3, with the same time-outs. An endpoint of our own has no name per bucket, so there the bucket stands in the path. */
export const s3Client = (): S3Client =>
  traceAwsClient(new S3Client({ requestHandler, forcePathStyle: Boolean(process.env['AWS_ENDPOINT_URL']) }));
