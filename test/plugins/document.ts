// The OpenAPI document of a site, and its operations in a row.

import { send } from '../routes/evidence.ts'
import type { Instance } from '../support/site.ts'

export interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>
}

export interface OpenapiDocument {
  readonly openapi: string
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>
    readonly securitySchemes: Readonly<Record<string, object>>
  }
}

export interface RoutedOperation extends Operation {
  /** In upper case. */
  readonly method: string
  /** With parameters in braces. */
  readonly path: string
}

export async function readDocument(instance: Pick<Instance, 'app'>) {
  const text = (await send(instance, 'GET /docs/json')).body
  const document: OpenapiDocument = JSON.parse(text)
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]): RoutedOperation => ({ ...operation, path, method: method.toUpperCase() }),
    ),
  )
  return { text, document, operations }
}

/** Whether a credential is needed. */
export function isGuarded({ security }: Operation): boolean {
  return security.length > 0
}

/** `METHOD /path` with something in place of each parameter. */
export function callOf({ method, path }: RoutedOperation, parameter = 'zzzzzzzzzzzzzzzz'): string {
  return `${method} ${path.replace(/\{\w+\}/g, parameter)}`
}
