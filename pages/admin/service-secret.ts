/**
 * The only place where pages show the secret of a service: the answer to a form that made it.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ServiceWithSecret } from '../../domain/services.ts'
import { showOnce } from './shown-once.ts'

/** @param sentence what holds from now on */
export async function showServiceSecret(
  request: FastifyRequest,
  reply: FastifyReply,
  { name, secret: made }: ServiceWithSecret,
  sentence: string,
): Promise<string> {
  const secret = made.reveal()
  return await showOnce(request, reply, {
    section: 'services',
    title: `Secret of ${name}`,
    label: 'Secret',
    text: secret,
    sentences: [
      `The service signs in with HTTP Basic: its name, ${name}, as the user name and this secret as the password.`,
      sentence,
    ],
    // A name has letters that no shell minds, and so has a secret.
    snippet: { title: 'Try it', text: `curl -u ${name}:${secret} ${request.server.publicUrl}/v1/me\n` },
    back: '/admin/services',
  })
}
