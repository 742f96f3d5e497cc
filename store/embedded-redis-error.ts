// The one error of the embedded Redis. It is shared by the files that start it; callers take it from
// ./embedded-redis.ts. Messages are for the person who starts the server and say what to do next.

export type EmbeddedRedisErrorCode =
  | 'data_folder_in_use'
  | 'redis_server_missing'
  | 'redis_server_too_old'
  | 'redis_start_failed'

export class EmbeddedRedisError extends Error {
  readonly code: EmbeddedRedisErrorCode

  constructor(code: EmbeddedRedisErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EmbeddedRedisError'
    this.code = code
  }
}
