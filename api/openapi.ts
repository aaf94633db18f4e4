import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { version } from './version.ts';

/** Describes every route registered after this as OpenAPI 3.1, at `/openapi.json`: the document is made from the schemas that check the requests. */
export async function describe(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Nedlia',
        version,
        description:
          'Products placed in videos. Every answer that is not the one hoped for is `application/problem+json` (RFC 9457). ' +
          'Traced answers name their trace in `Server-Timing`; `traceparent` and `x-correlation-id` are read.',
        license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      },
      tags: [
        { name: 'videos', description: 'What products are placed in.' },
        { name: 'products', description: 'What is placed.' },
        { name: 'placements', description: 'A product, in a video, from one moment to another.' },
        { name: 'health', description: 'For machines that look after this one.' },
      ],
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) =>
        typeof json['$id'] === 'string' ? json['$id'] : `def-${index}`,
    },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
