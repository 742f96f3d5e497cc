// Every operation that an instance documents, and a request for each: for tests of what holds for all routes. A route that
// is added later is found by itself.

import type { App } from '../../app.ts'

export interface Operation {
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With something in the place of every parameter. */
  readonly url: string
  /** Left out: none, or one that who calls it is told about only after having been verified. */
  readonly payload?: object
  /** Whether it can do its work without Redis. */
  readonly needsRedis: boolean
}

const withoutRedis = ['getLive']

/** @param invitation for the operation that needs one instead of a caller */
export function operationsOf(app: App, invitation = ''): readonly Operation[] {
  const payloads: Readonly<Record<string, object>> = {
    postSession: { user: 'ada', password: 'correct horse battery staple' },
    postInvitationClaim: { invitation, password: 'correct horse battery staple' },
  }
  const paths = app.swagger().paths as Record<string, Record<string, { operationId: string }>>
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId: id }]) => {
      return {
        id,
        method: method.toUpperCase() as Operation['method'],
        url: path.replaceAll(/\{\w+\}/g, 'Ab3dEf6hIj9lMn2p'),
        needsRedis: !withoutRedis.includes(id),
        ...(method === 'get' || method === 'delete' ? {} : { payload: payloads[id] ?? {} }),
      }
    }),
  )
}
