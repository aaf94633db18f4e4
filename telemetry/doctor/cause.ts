import { reasonOf } from '../export/outcome.ts';
import type { Reach } from './reach.ts';

/** Why something is wrong and what to do about it, a line each. */
export interface Diagnosis {
  cause: string;
  remedy: string;
}

/** An export that failed, and what a look at the address found. */
export interface Failed {
  exporter: string;
  target: string | undefined;
  isGrpc: boolean;
  failure: Error;
  reach: Reach | undefined;
  timeoutMillis: number;
}

/** The variable that says where an exporter sends. */
const ADDRESS: Record<string, string> = {
  otlp: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  jaeger: 'OTEL_EXPORTER_JAEGER_ENDPOINT',
  coralogix: 'CX_DOMAIN or CX_ENDPOINT',
  zipkin: 'OTEL_EXPORTER_ZIPKIN_ENDPOINT',
  xray: 'AWS_XRAY_DAEMON_ADDRESS',
};

/** Names the cause of a failed export: what the backend answered comes first, then how far one gets towards it. */
export function diagnose(failed: Failed): Diagnosis {
  return (
    credentials(failed) ??
    daemon(failed) ??
    refusal(failed) ??
    notReached(failed) ??
    otherProtocol(failed) ??
    silence(failed) ?? {
      cause: reasonOf(failed.failure),
      remedy: 'OTEL_LOG_LEVEL=debug says more of each export',
    }
  );
}

function credentials({ failure }: Failed): Diagnosis | undefined {
  if (!/credentials/i.test(`${failure.name} ${failure.message}`) || statusOf(failure) !== undefined) return undefined;
  return {
    cause: `there are no AWS credentials to sign with (${reasonOf(failure)})`,
    remedy: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE ("aws sso login" renews a session)',
  };
}

function daemon({ exporter, target, failure }: Failed): Diagnosis | undefined {
  if (exporter !== 'xray') return undefined;
  return {
    cause: `the X-Ray daemon is not heard at ${target} (${reasonOf(failure)})`,
    remedy: 'start the daemon (in Lambda: switch active tracing on), or correct AWS_XRAY_DAEMON_ADDRESS',
  };
}

/** gRPC's own codes: https://grpc.io/docs/guides/status-codes/ */
const GRPC = { permissionDenied: 7, unimplemented: 12, unauthenticated: 16 };

function refusal({ exporter, target, isGrpc, failure, reach }: Failed): Diagnosis | undefined {
  const status = statusOf(failure);
  const code = 'code' in failure ? failure.code : undefined;
  const said = reasonOf(failure);
  if (status === 401 || status === 403 || (isGrpc && (code === GRPC.unauthenticated || code === GRPC.permissionDenied)))
    return { cause: `it refuses our credentials: ${said}`, remedy: credentialsOf(exporter, target) };
  if (isGrpc && code === GRPC.unimplemented && reach?.speaks === 'http/2')
    return {
      cause: `it speaks gRPC, but takes no traces: ${said}`,
      remedy: "is this another service's port? A Collector needs an otlp receiver and a traces pipeline",
    };
  if (status === 404 || status === 405)
    return {
      cause: `it has nothing at ${pathOf(target)}: ${said}`,
      remedy:
        exporter === 'zipkin'
          ? 'OTEL_EXPORTER_ZIPKIN_ENDPOINT is the whole address, mostly …/api/v2/spans'
          : 'OTEL_EXPORTER_OTLP_ENDPOINT is the address without /v1/traces; the one for traces is used as it stands',
    };
  if (status === 400 || status === 415)
    return {
      cause: `it does not understand what it got: ${said}`,
      remedy:
        'OTEL_EXPORTER_OTLP_PROTOCOL says the form (http/protobuf, http/json), OTEL_EXPORTER_OTLP_COMPRESSION whether gzip is used',
    };
  if (status !== undefined || /retryable status/i.test(said))
    return {
      cause: `it cannot take it now: ${said}`,
      remedy: 'look at the backend: it is overloaded, or what it writes to is down',
    };
  return undefined;
}

function notReached({ exporter, target, reach, failure, timeoutMillis }: Failed): Diagnosis | undefined {
  const where = hostOf(target);
  const variable = ADDRESS[exporter] ?? 'its address';
  const certificate = /CERT|SELF_SIGNED|ISSUER|ALTNAME/.exec(
    'code' in failure ? String(failure.code) : failure.message,
  );
  if (certificate)
    return {
      cause: `its certificate is not trusted: ${reasonOf(failure)}`,
      remedy: 'name its authority in OTEL_EXPORTER_OTLP_CERTIFICATE (a file), or correct the name in the address',
    };
  switch (reach?.at) {
    case 'name':
      return {
        cause: `the name ${where} leads nowhere (${reach.code})`,
        remedy: `correct ${variable}, or the name server`,
      };
    case 'connection':
      if (reach.code === 'timeout')
        return {
          cause: `no connection to ${where} within ${seconds(timeoutMillis)}: nobody answers, nobody refuses`,
          remedy: `look at firewall, security group and route, or correct ${variable}`,
        };
      if (reach.code === 'ECONNREFUSED')
        return {
          cause: `nobody listens at ${where} (ECONNREFUSED)`,
          remedy: `start the backend, or correct ${variable}`,
        };
      return {
        cause: `no way to ${where} (${reach.code})`,
        remedy: `look at the network and its routes, or correct ${variable}`,
      };
    case 'tls':
      return {
        cause: `${where} does not speak TLS (${reach.code})`,
        remedy: `say http:// in ${variable}, or name the port that speaks TLS`,
      };
    default:
      return undefined;
  }
}

function otherProtocol({ exporter, target, isGrpc, reach }: Failed): Diagnosis | undefined {
  const where = hostOf(target);
  if (reach?.speaks === 'tls')
    return { cause: `${where} speaks TLS, and http:// was used`, remedy: `say https:// in ${ADDRESS[exporter]}` };
  if (!isGrpc && reach?.speaks === 'http/2')
    return {
      cause: `wrong protocol: ${where} speaks gRPC (HTTP/2), and HTTP/1.1 was sent`,
      remedy: 'set OTEL_EXPORTER_OTLP_PROTOCOL=grpc, or name the HTTP port, mostly 4318',
    };
  if (isGrpc && reach?.speaks === 'http/1.1')
    return {
      cause: `wrong protocol: ${where} speaks HTTP/1.1, and gRPC was sent`,
      remedy: 'set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, or name the gRPC port, mostly 4317',
    };
  return undefined;
}

function silence({ exporter, target, reach, failure, timeoutMillis }: Failed): Diagnosis | undefined {
  if (reach?.speaks !== 'nothing' && !/no answer|timed? ?out|DEADLINE_EXCEEDED/i.test(failure.message))
    return undefined;
  return {
    cause: `${hostOf(target)} accepts the connection and never answers (waited ${seconds(timeoutMillis)})`,
    remedy: `restart what hangs there, look at the proxy in between, or correct ${ADDRESS[exporter]}`,
  };
}

function credentialsOf(exporter: string, target: string | undefined): string {
  if (exporter === 'coralogix')
    return 'set CX_TOKEN to a Send-Your-Data key of this region, and CX_DOMAIN to its region';
  if (/^https:\/\/xray[.-]/.test(target ?? ''))
    return 'give the role xray:PutTraceSegments (AWSXrayWriteOnlyAccess), and switch Transaction Search on';
  if (exporter === 'zipkin') return 'Zipkin itself asks for none: look at the proxy in front of it';
  return 'set OTEL_EXPORTER_OTLP_HEADERS (authorization=Bearer%20…), or renew what stands there';
}

/** The HTTP status an exporter's error is about; gRPC's codes are below 100. */
function statusOf(failure: Error): number | undefined {
  if ('code' in failure && typeof failure.code === 'number' && failure.code >= 100) return failure.code;
  const [, status] = /^answered (\d{3})\b/.exec(failure.message) ?? [];
  return status ? Number(status) : undefined;
}

const hostOf = (target = ''): string => URL.parse(target)?.host || target;
const pathOf = (target = ''): string => URL.parse(target)?.pathname ?? target;
const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1).replace('.0', '')} s`;
