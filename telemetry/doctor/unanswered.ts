import { reasonOf } from '../export/outcome.ts';
import type { Diagnosis, Failed } from './diagnosis.ts';

const ADDRESS: Record<string, string> = {
  otlp: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  jaeger: 'OTEL_EXPORTER_JAEGER_ENDPOINT',
  coralogix: 'CX_DOMAIN or CX_ENDPOINT',
  zipkin: 'OTEL_EXPORTER_ZIPKIN_ENDPOINT',
  xray: 'AWS_XRAY_DAEMON_ADDRESS',
};

/** The variable that says where an exporter sends. */
const variableOf = (exporter: string): string => ADDRESS[exporter] ?? 'its address';

/** The look did not get as far as somebody who could answer. */
export function notReached({ exporter, target, reach, failure, timeoutMillis }: Failed): Diagnosis | undefined {
  const where = hostOf(target);
  const variable = variableOf(exporter);
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
        cause: `the name ${URL.parse(target ?? '')?.hostname} leads nowhere (${reach.code})`,
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

/** Somebody answers, in another language. */
export function otherProtocol({ exporter, target, isGrpc, reach }: Failed): Diagnosis | undefined {
  const where = hostOf(target);
  if (reach?.speaks === 'tls')
    return { cause: `${where} speaks TLS, and http:// was used`, remedy: `say https:// in ${variableOf(exporter)}` };
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

/** Somebody is there, and says nothing. */
export function silence({ exporter, target, reach, failure, timeoutMillis }: Failed): Diagnosis | undefined {
  if (reach?.speaks !== 'nothing' && !/no answer|timed? ?out|DEADLINE_EXCEEDED/i.test(failure.message))
    return undefined;
  return {
    cause: `${hostOf(target)} accepts the connection and never answers (waited ${seconds(timeoutMillis)})`,
    remedy: `restart what hangs there, look at the proxy in between, or correct ${variableOf(exporter)}`,
  };
}

const hostOf = (target = ''): string => URL.parse(target)?.host || target;
const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1).replace('.0', '')} s`;
