/**
 * Validation by HTTP part: a body is taken as it is (unknown or wrongly typed members are refused), parameters and query
 * strings are text and so are coerced. Made for Fastify's `schemaController`, which runs before any plugin.
 */
import { AjvCompiler, type BuildCompilerFromPool } from '@fastify/ajv-compiler'

const common = { removeAdditional: false, useDefaults: true, allowUnionTypes: true } as const

export function createValidatorFactory(): BuildCompilerFromPool {
  const pool = AjvCompiler()
  return (externalSchemas, options) => {
    const strict = pool(externalSchemas, {
      ...options,
      customOptions: { ...common, coerceTypes: false },
    } as typeof options)
    const coercing = pool(externalSchemas, {
      ...options,
      customOptions: { ...common, coerceTypes: true },
    } as typeof options)
    return (route) => (isOfBody(route) ? strict(route) : coercing(route))
  }
}

/** The library's type says "schema"; what Fastify passes is the schema with the part of the request it is for. */
function isOfBody(route: unknown): boolean {
  return typeof route === 'object' && route !== null && 'httpPart' in route && route.httpPart === 'body'
}
