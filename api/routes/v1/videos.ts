import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { v7 as newId } from 'uuid';
import { findVideo, insertVideo, listVideos } from '../../../store/videos.ts';
import type { Deps } from '../../connect.ts';
import { locationBelow } from '../../location.ts';
import { answerOnce } from '../../idempotency.ts';
import { page, readLimit } from '../../pages.ts';
import { notFound } from '../../problems/problem.ts';
import { ById, created, found, ListQuery, listOf, PostHeaders } from '../../wire/answers.ts';
import { milliseconds } from '../../wire/fields.ts';
import { postProblems, readProblems, singleProblems } from '../../problems/schema.ts';
import { NewVideo, VideoAnswer, videoAnswer } from '../../wire/video.ts';

/** `/v1/videos`: what placements are placed in. */
export const videos =
  ({ db, publish }: Deps): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      '/v1/videos',
      {
        schema: {
          operationId: 'createVideo',
          tags: ['videos'],
          summary: 'Create a video',
          headers: PostHeaders,
          body: NewVideo,
          response: { 201: created('The video.', VideoAnswer), ...postProblems('already-exists') },
        },
      },
      (request, reply) => {
        const { id = newId(), title, duration } = request.body;
        const durationMs = milliseconds('duration', duration);
        return answerOnce({ db, publish }, request, reply, async (tx) => {
          const video = await insertVideo(tx, { id, title, durationMs });
          const headers = { location: locationBelow(request, id) };
          return { answer: { status: 201, headers, body: videoAnswer(video) }, said: [] };
        });
      },
    );

    app.get(
      '/v1/videos',
      {
        preValidation: async (request) => readLimit(request.query),
        schema: {
          operationId: 'listVideos',
          tags: ['videos'],
          summary: 'List videos',
          querystring: ListQuery,
          response: { 200: found('A page of videos.', listOf(VideoAnswer)), ...readProblems },
        },
      },
      (request) => page(request.query, (at) => listVideos(db, at), videoAnswer),
    );

    app.get(
      '/v1/videos/:id',
      {
        schema: {
          operationId: 'getVideo',
          tags: ['videos'],
          summary: 'Get a video',
          params: ById,
          response: { 200: found('The video.', VideoAnswer), ...singleProblems },
        },
      },
      async ({ params: { id } }) => {
        const video = await findVideo(db, id);
        if (!video) throw notFound('video');
        return videoAnswer(video);
      },
    );
  };
