/**
 * Serializers of answers, one for each different schema. Fastify would compile one for every status of every route, and most
 * of those are the same problem document: a start of a second instead of a blink. Made for Fastify's `schemaController`.
 */
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'

type Factory = ReturnType<typeof SerializerSelector>

export function createSerializerFactory(): Factory {
  const factory = SerializerSelector()
  return (externalSchemas, options) => {
    const compile = factory(externalSchemas, options)
    const compiled = new Map<string, ReturnType<typeof compile>>()
    return (route) => {
      const schema = JSON.stringify(route.schema)
      const serializer = compiled.get(schema) ?? compile(route)
      compiled.set(schema, serializer)
      return serializer
    }
  }
}
