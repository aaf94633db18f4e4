import type { FastifyInstance } from 'fastify';
import { readEnv } from '../core/env.ts';
import { buildApp } from './app.ts';
import { connect } from './connect.ts';
import { env as contract } from './env.ts';
import type { RequestDone } from './request-log.ts';

/** Requests still running when the server closes have this long; then their connections are cut. */
const DRAIN_MS = 3000;
const MOST_CONNECTIONS = 1000;
const MOST_PORTS = 20;
const LOOPBACK = /^(?:localhost|127\..+|::1)$/i;

export interface ServerOptions {
  /** The variables of `api/env.ts`, unread. */
  env: Record<string, string | undefined>;
  /** Where it is a loopback address or name, other Hosts are refused. */
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Takes one of the next ports when this one is taken; without it that is an error. */
  nextFreePort?: boolean;
  /** Hears what a person should know, a line at a time. */
  log?: (line: string) => void;
  /** Hears of every request when it is over, instead of the log. */
  onRequestDone?: (done: RequestDone) => void;
}

export interface RunningServer {
  url: string;
  /** Answers what is running (at most 3 s), then closes every connection. May be called again. */
  close: () => Promise<void>;
}

/**
 * Opens the local door: the API over HTTP, with its reference page at `/docs`.
 * @throws EnvironmentError for a wrong environment; an error with code EADDRINUSE when the port is taken.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const settings = readEnv(contract, options.env);
  const deps = connect(settings);
  const app = await buildApp(deps, {
    edge: settings.TRACE_EDGE,
    onlyLoopback: LOOPBACK.test(options.host),
    onRequestDone: options.onRequestDone,
  });
  app.server.maxConnections = MOST_CONNECTIONS;
  await addReferencePage(app);
  const close = once(async () => {
    const cut = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS);
    await app.close();
    clearTimeout(cut);
    await deps.close();
  });
  try {
    return { url: await listen(app, options), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Only this door shows it: loaded here so that the function's bundle does not carry a web page. */
async function addReferencePage(app: FastifyInstance): Promise<void> {
  const { default: swaggerUi } = await import('@fastify/swagger-ui');
  await app.register(swaggerUi, { routePrefix: '/docs' });
}

async function listen(app: FastifyInstance, { host, port, nextFreePort, log }: ServerOptions): Promise<string> {
  const last = nextFreePort && port > 0 ? port + MOST_PORTS : port;
  for (let candidate = port; ; candidate += 1) {
    try {
      return await app.listen({ host, port: candidate });
    } catch (error) {
      if (!isTaken(error) || candidate >= last) throw error;
      log?.(`port ${candidate} is taken, trying ${candidate + 1}`);
    }
  }
}

const isTaken = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}
