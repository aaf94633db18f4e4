import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { transaction } from '../../../store/database.ts';
import { latestFile } from '../../../store/files.ts';
import { findPlacement, listPlacements } from '../../../store/placements.ts';
import { latestValidation } from '../../../store/validations.ts';
import type { Deps } from '../../connect.ts';
import { locationBelow, pathAsAsked } from '../../location.ts';
import { answerOnce } from '../../idempotency.ts';
import { page, pageQuery, readLimit } from '../../pages.ts';
import { cancelPlacement } from '../../placements/cancel.ts';
import { createPlacement } from '../../placements/create.ts';
import { regenerate } from '../../placements/regenerate.ts';
import { notFound } from '../../problems/problem.ts';
import { ById, created, found, listOf, NoFields, PostHeaders } from '../../wire/answers.ts';
import { Id } from '../../wire/fields.ts';
import {
  CommandAnswer,
  NewPlacement,
  PlacementAnswer,
  PlacementItem,
  placementAnswer,
  placementItem,
  readPlacement,
} from '../../wire/placement.ts';
import { postProblems, problemAnswers, readProblems, singleProblems } from '../../problems/schema.ts';

const tags = ['placements'];
const Query = Type.Object(
  { ...pageQuery, video_id: Type.Optional(Id('Only placements in this video.')) },
  { additionalProperties: false },
);

/** `/v1/placements`: products placed in videos. HTTP only; what happens is told in `api/placements`. */
export const placements =
  ({ db, say, publish }: Deps): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      '/v1/placements',
      {
        schema: {
          operationId: 'createPlacement',
          tags,
          summary: 'Place a product in a video',
          headers: PostHeaders,
          body: NewPlacement,
          response: {
            201: created('The placement. Its file and its validation follow.', PlacementAnswer),
            ...postProblems('placement-overlap', 'invalid-interval', 'unknown-video', 'unknown-product'),
          },
        },
      },
      (request, reply) => {
        const wanted = readPlacement(request.body);
        return answerOnce({ db, publish }, request, reply, async (tx) => {
          const { placement, said } = await createPlacement(tx, say, wanted);
          const headers = { location: locationBelow(request, placement.id) };
          return { answer: { status: 201, headers, body: placementAnswer(placement) }, said };
        });
      },
    );

    app.get(
      '/v1/placements',
      {
        preValidation: async (request) => readLimit(request.query),
        schema: {
          operationId: 'listPlacements',
          tags,
          summary: 'List placements',
          querystring: Query,
          response: { 200: found('A page of placements.', listOf(PlacementItem)), ...readProblems },
        },
      },
      ({ query }) => {
        const only = query.video_id === undefined ? {} : { videoId: query.video_id };
        return page(query, (at) => listPlacements(db, { ...at, ...only }), placementItem);
      },
    );

    app.get(
      '/v1/placements/:id',
      {
        schema: {
          operationId: 'getPlacement',
          tags,
          summary: 'Get a placement with its file and its validation',
          params: ById,
          response: { 200: found('The placement, also when it is cancelled.', PlacementAnswer), ...singleProblems },
        },
      },
      async ({ params: { id } }) => {
        const placement = await findPlacement(db, id);
        if (!placement) throw notFound('placement');
        const file = await latestFile(db, id);
        return placementAnswer(placement, { file, validation: await latestValidation(db, id) });
      },
    );

    app.delete(
      '/v1/placements/:id',
      {
        schema: {
          operationId: 'cancelPlacement',
          tags,
          summary: 'Cancel a placement, which frees its interval',
          params: ById,
          response: {
            204: { description: 'It is cancelled, now or before.', type: 'null' },
            ...singleProblems,
            ...problemAnswers('unsupported-media-type'),
          },
        },
      },
      async (request, reply) => {
        const { said } = await transaction(db, (tx) => cancelPlacement(tx, say, request.params.id));
        await publish(said);
        return reply.code(204).send(null);
      },
    );

    app.post(
      '/v1/placements/:id/regenerate',
      {
        preValidation: async (request) => void (request.body ??= {}),
        schema: {
          operationId: 'regeneratePlacementFile',
          tags,
          summary: "Make a placement's file again",
          headers: PostHeaders,
          params: ById,
          body: NoFields,
          response: {
            202: created('The file generator was asked to.', CommandAnswer),
            ...postProblems('not-found', 'placement-cancelled'),
          },
        },
      },
      (request, reply) => {
        const { id } = request.params;
        return answerOnce({ db, publish }, request, reply, async (tx) => {
          const { command, said } = await regenerate(tx, say, id);
          const headers = { location: pathAsAsked(request).replace(/\/regenerate$/, '') };
          return { answer: { status: 202, headers, body: { placement_id: id, command_id: command.id } }, said };
        });
      },
    );
  };
