/**
 * Attribute names of the semantic conventions 1.45 that edges set, as plain text: the package that lists them all is
 * 550 kB of JavaScript, and half of these are still incubating there. A test compares the two.
 */
export const name = {
  awsRequestId: 'aws.request_id',
  awsExtendedRequestId: 'aws.extended_request_id',
  batchMessageCount: 'messaging.batch.message_count',
  bucket: 'aws.s3.bucket',
  cloudPlatform: 'cloud.platform',
  cloudProvider: 'cloud.provider',
  cloudRegion: 'cloud.region',
  cloudResourceId: 'cloud.resource_id',
  coldStart: 'faas.coldstart',
  dbCollection: 'db.collection.name',
  dbNamespace: 'db.namespace',
  dbOperation: 'db.operation.name',
  dbQueryText: 'db.query.text',
  dbReturnedRows: 'db.response.returned_rows',
  dbStatusCode: 'db.response.status_code',
  dbSystem: 'db.system.name',
  destination: 'messaging.destination.name',
  errorType: 'error.type',
  faasInstance: 'faas.instance',
  faasMaxMemory: 'faas.max_memory',
  faasName: 'faas.name',
  faasTrigger: 'faas.trigger',
  faasVersion: 'faas.version',
  httpMethod: 'http.request.method',
  httpRoute: 'http.route',
  httpStatus: 'http.response.status_code',
  invocationId: 'faas.invocation.id',
  key: 'aws.s3.key',
  messageBytes: 'messaging.message.body.size',
  messageId: 'messaging.message.id',
  messagingSystem: 'messaging.system.name',
  operationName: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  protocolVersion: 'network.protocol.version',
  queueUrl: 'aws.sqs.queue.url',
  resendCount: 'http.request.resend_count',
  rpcMethod: 'rpc.method',
  rpcService: 'rpc.service',
  rpcSystem: 'rpc.system',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  serviceName: 'service.name',
  serviceVersion: 'service.version',
  urlFull: 'url.full',
  urlPath: 'url.path',
  urlScheme: 'url.scheme',
  userId: 'user.id',
} as const;

/** Names of ours, for what the conventions have no word for. */
export const own = {
  /** The wire's and the log's own word, so that one search finds all three; the conventions have it for messaging alone (`messaging.message.conversation_id`). */
  correlationId: 'correlation_id',
  /** What is being done, as the code says it (`withCorrelation`). */
  operation: 'operation',
  /** Of a data pipeline: `bronze`, `silver`, `gold` or a word of its own. */
  stage: 'pipeline.stage',
  /** Integers: records that came into a stage, left it, and were turned away by it. */
  recordsIn: 'pipeline.records.in',
  recordsOut: 'pipeline.records.out',
  recordsRejected: 'pipeline.records.rejected',
  /** Integer, of a statement that changes rows; the conventions count rows that come back. */
  affectedRows: 'db.response.affected_rows',
  /** Milliseconds, from 1 on, a session was waited for: on the first statement that was sent over it. */
  poolWaitMs: 'db.client.connection.wait_ms',
  /** Integer, only when a message came more than once. */
  receiveCount: 'aws.sqs.message.receive_count',
  redriven: 'aws.sqs.message.redriven',
  eventId: 'aws.eventbridge.event_id',
  replayName: 'aws.eventbridge.replay_name',
  /** `missing` or `invalid`: why this trace begins here. */
  contextStatus: 'messaging.trace_context.status',
  /** Milliseconds, never negative: from when it was sent to the start of its processing. */
  waitMs: 'messaging.wait_ms',
  /** Milliseconds, never negative, from sent to first received. What is left of `messaging.wait_ms` it waited in the function, or for its retries. */
  firstReceiveMs: 'messaging.first_receive_ms',
  /** Milliseconds, never negative, from the event's own `time`, which counts whole seconds, to the queue. */
  busMs: 'aws.eventbridge.wait_ms',
  /** Of a message whose X-Ray header names no span that could be pointed at: `1-…-…`, as X-Ray's console takes it. */
  xrayTraceId: 'aws.xray.trace_id',
  /** JSON with its secrets masked; only where `TRACE_REQUEST_BODY` asks for it. */
  requestBody: 'http.request.body.text',
  /** The object was there already, and that is as good as having put it. */
  objectExisted: 'aws.s3.object_existed',
} as const;
