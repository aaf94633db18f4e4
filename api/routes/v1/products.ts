import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { v7 as newId } from 'uuid';
import { findProduct, insertProduct, listProducts } from '../../../store/products.ts';
import type { Deps } from '../../connect.ts';
import { locationBelow } from '../../location.ts';
import { answerOnce } from '../../idempotency.ts';
import { page, readLimit } from '../../pages.ts';
import { notFound } from '../../problems/problem.ts';
import { ById, created, found, ListQuery, listOf, PostHeaders } from '../../wire/answers.ts';
import { postProblems, readProblems, singleProblems } from '../../problems/schema.ts';
import { NewProduct, ProductAnswer, productAnswer } from '../../wire/product.ts';

/** `/v1/products`: what is placed. */
export const products =
  ({ db, publish }: Deps): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      '/v1/products',
      {
        schema: {
          operationId: 'createProduct',
          tags: ['products'],
          summary: 'Create a product',
          headers: PostHeaders,
          body: NewProduct,
          response: { 201: created('The product.', ProductAnswer), ...postProblems('already-exists') },
        },
      },
      (request, reply) => {
        const { id = newId(), name } = request.body;
        return answerOnce({ db, publish }, request, reply, async (tx) => {
          const product = await insertProduct(tx, { id, name });
          const headers = { location: locationBelow(request, id) };
          return { answer: { status: 201, headers, body: productAnswer(product) }, said: [] };
        });
      },
    );

    app.get(
      '/v1/products',
      {
        preValidation: async (request) => readLimit(request.query),
        schema: {
          operationId: 'listProducts',
          tags: ['products'],
          summary: 'List products',
          querystring: ListQuery,
          response: { 200: found('A page of products.', listOf(ProductAnswer)), ...readProblems },
        },
      },
      (request) => page(request.query, (at) => listProducts(db, at), productAnswer),
    );

    app.get(
      '/v1/products/:id',
      {
        schema: {
          operationId: 'getProduct',
          tags: ['products'],
          summary: 'Get a product',
          params: ById,
          response: { 200: found('The product.', ProductAnswer), ...singleProblems },
        },
      },
      async ({ params: { id } }) => {
        const product = await findProduct(db, id);
        if (!product) throw notFound('product');
        return productAnswer(product);
      },
    );
  };
